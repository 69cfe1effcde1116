//! The forms in which the log leaves: JSON lines with proofs, CSV for a spreadsheet, OCSF for a SIEM.

use std::io::Write;

use backend::{
    Cx,
    audit::{
        self, Event,
        export::{End, Export, ExportError, Header, Proved, Which},
    },
    store::audit_event::Row,
};
use clap::ValueEnum;
use model::audit::{Action, Outcome};
use serde_json::{Value, json};

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON lines with inclusion proofs: `portal audit verify --export` checks them anywhere.
    Jsonl,
    /// For spreadsheets; no cell is a formula. Without proofs.
    Csv,
    /// One OCSF event (API Activity, 6003) a line. Without proofs.
    Ocsf,
}

/// Writes the events, and records that they were taken away before the first of them leaves.
pub async fn write(
    cx: &Cx,
    which: Which,
    size: Option<u64>,
    format: Format,
    mut out: impl Write,
) -> Result<u64, ExportError> {
    let mut export = Export::begin(cx.portal.db.reader(), which, size).await?;
    audit::append_alone(cx, Event::new(Action::LogExported).with("format", format.word())).await?;
    out.write_all(&format.head(&export.header())?)?;
    let mut many = 0;
    loop {
        let page = export.page().await?;
        if page.is_empty() {
            out.write_all(&format.end(many)?)?;
            out.flush()?;
            return Ok(many);
        }
        out.write_all(&format.page(&page)?)?;
        many += page.len() as u64;
    }
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::Ocsf => "ocsf",
        }
    }

    /// What stands before the first event.
    pub fn head(self, header: &Header) -> std::io::Result<Vec<u8>> {
        match self {
            Format::Jsonl => json_line(header),
            Format::Csv => csv_lines([COLUMNS.map(str::to_owned)]),
            Format::Ocsf => Ok(Vec::new()),
        }
    }

    /// Some events.
    pub fn page(self, page: &[(Row, Proved)]) -> std::io::Result<Vec<u8>> {
        match self {
            Format::Jsonl => Ok(page.iter().map(|(_, proved)| json_line(proved)).collect::<Result<Vec<_>, _>>()?.concat()),
            Format::Csv => csv_lines(page.iter().map(|(row, proved)| cells(row, proved.index).map(|cell| harmless(&cell)))),
            Format::Ocsf => {
                let lines = page.iter().map(|(row, proved)| json_line(&ocsf(row, proved.index)));
                Ok(lines.collect::<Result<Vec<_>, _>>()?.concat())
            }
        }
    }

    /// What stands behind the last event.
    pub fn end(self, events: u64) -> std::io::Result<Vec<u8>> {
        if self == Format::Jsonl { json_line(&End { events }) } else { Ok(Vec::new()) }
    }
}

const COLUMNS: [&str; 19] = [
    "index",
    "id",
    "at",
    "team_id",
    "actor_kind",
    "actor_id",
    "actor",
    "on_behalf_of",
    "action",
    "target_kind",
    "target_id",
    "target",
    "outcome",
    "reason",
    "credential_id",
    "address",
    "agent",
    "request_id",
    "details",
];

fn csv_lines(rows: impl IntoIterator<Item = [String; 19]>) -> std::io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    for row in rows {
        csv.write_record(row)?;
    }
    csv.into_inner().map_err(|error| error.into_error())
}

fn json_line(value: &impl serde::Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

fn cells(row: &Row, index: u64) -> [String; 19] {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        index.to_string(),
        row.id.to_string(),
        row.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        row.team.map(|team| team.to_string()).unwrap_or_default(),
        row.actor_kind.to_owned(),
        id(row.actor_id),
        row.actor_name.clone(),
        id(row.on_behalf_of),
        row.action.as_str().to_owned(),
        text(&row.target_kind),
        id(row.target_id),
        text(&row.target_name),
        row.outcome.as_str().to_owned(),
        text(&row.reason),
        id(row.credential_id),
        text(&row.address),
        text(&row.agent),
        row.request_id.to_string(),
        row.details.clone(),
    ]
}

/// Signs with which a spreadsheet begins a formula, the full-width ones too (OWASP, CSV injection).
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// An apostrophe makes it text. Where a list is separated by semicolons, a cell may begin behind one.
pub fn harmless(cell: &str) -> String {
    let part = |part: &str| if part.starts_with(FORMULA) { format!("'{part}") } else { part.to_owned() };
    cell.split(';').map(part).collect::<Vec<_>>().join(";")
}

/// OCSF 1.3.0, class API Activity. `scripts/ocsf-check.py` holds it against the published schema.
fn ocsf(row: &Row, index: u64) -> Value {
    let (activity, name) = activity(row.action);
    let (status_id, status) = if row.outcome == Outcome::Ok { (1, "Success") } else { (2, "Failure") };
    let (type_id, kind) = match row.actor_kind {
        "user" => (1, "User"),
        "system" => (3, "System"),
        "anonymous" => (0, "Unknown"),
        _ => (99, "Gateway"),
    };
    let mut user = json!({ "name": row.actor_name, "type_id": type_id, "type": kind });
    put(&mut user, "uid", row.actor_id);
    put(&mut user, "credential_uid", row.credential_id);
    let mut event = json!({
        "activity_id": activity,
        "activity_name": name,
        "category_uid": 6,
        "class_uid": 6003,
        "type_uid": 600_300 + activity,
        "severity_id": 1,
        "time": row.at.timestamp_millis(),
        "status_id": status_id,
        "status": status,
        "status_code": row.outcome.as_str(),
        "message": format!("{} {}", row.actor_name, row.action.sentence()),
        "metadata": {
            "version": "1.3.0",
            "uid": row.id.to_string(),
            "sequence": index,
            "log_name": "audit",
            "product": { "name": "Portal", "vendor_name": "Portal" },
        },
        "actor": { "user": user },
        "api": { "operation": row.action.as_str(), "request": { "uid": row.request_id.to_string() } },
        "src_endpoint": row.address.as_ref().map_or_else(|| json!({ "name": "unknown" }), |ip| json!({ "ip": ip })),
        "unmapped": { "details": serde_json::from_str::<Value>(&row.details).unwrap_or_default() },
    });
    put(&mut event["unmapped"], "on_behalf_of", row.on_behalf_of);
    put(&mut event["metadata"], "tenant_uid", row.team);
    put(&mut event, "status_detail", row.reason.as_ref());
    if let Some(agent) = &row.agent {
        event["http_request"] = json!({ "user_agent": agent });
    }
    let mut resource = json!({});
    put(&mut resource, "uid", row.target_id);
    put(&mut resource, "name", row.target_name.as_ref());
    if let Some(kind) = row.target_kind.as_ref().filter(|_| resource != json!({})) {
        resource["type"] = json!(kind);
        event["resources"] = json!([resource]);
    }
    event
}

/// What is not known is left out.
fn put(object: &mut Value, key: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        object[key] = json!(value.to_string());
    }
}

/// What was attempted: create, read, update, delete, or something of Portal's own, by its name.
fn activity(action: Action) -> (u32, &'static str) {
    use Action::*;
    match action {
        UserCreated
        | PasskeyAdded
        | TeamCreated
        | MemberInvited
        | LwaAppCreated
        | ConnectionCreated
        | ConnectionProofFailed
        | GatewayCreated
        | GatewayKeyCreated
        | CanaryPlanted
        | HoldPlaced
        | IncidentReported
        | ApprovalAsked
        | ImpersonationAsked
        | EvidenceTaken
        | LockPlaced
        | AccessReviewOpened
        | ReviewOpened => (1, "Create"),
        CredentialIssued | CredentialUnchanged | CredentialRefused | ConnectionStatusRead | GatewaySelfRead | LogRead
        | ImpersonationSeen | EvidenceCopied | AccessReviewExported | PromisesExported | LogExported => (2, "Read"),
        OperatorAppointed | AccessDecided | AccessSuspended | AccessReviewSigned | AccountEnabled | AccountDisabled
        | MemberDormant | MemberEnabled | PasskeyRenamed | PasskeyRuleChanged | TeamRenamed | ApprovalGiven
        | RoleChanged | MemberEngaged | LwaAppChanged | ClientSecretStaged | ClientSecretPromoted | ConnectionDisabled
        | ConnectionEnabled | RefreshTokenReplaced | AccessTokenRefreshed | RefreshFailed | GatewayChanged
        | GatewayDisabled | GatewayEnabled | AlertAcknowledged | AlertRuleChanged | AlertDeliveryChanged | WebhookSet
        | WebhookRotated | ReviewNoted | ReviewSigned | IncidentStepTaken | IncidentChanged | DataKeyRotated
        | IncidentDutyGiven | IncidentWritten | MeasureOrdered | MeasureDone | MeasureFailed | MeasureWithdrawn => {
            (3, "Update")
        }
        SessionRevoked
        | PasskeyRemoved
        | InvitationRevoked
        | MemberRemoved
        | MemberLeft
        | MemberEnded
        | TeamDeleted
        | ApprovalWithdrawn
        | ClientSecretDropped
        | LwaAppRemoved
        | ConnectionDisconnected
        | GatewayKeyRevoked
        | WebhookRemoved
        | LogPruned
        | LockLifted
        | HoldLifted
        | CanaryLifted => (4, "Delete"),
        other => (99, other.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＠x"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["ada", "1 = 1", "a@b", "", "Mozilla/5.0 (X11; Linux)"] {
            assert_eq!(harmless(cell), cell);
        }
        assert_eq!(harmless("x;=cmd|'/C calc'!A0"), "x;'=cmd|'/C calc'!A0");
    }

    /// Every kind of event, however it ended, whoever did it: written for `scripts/ocsf.sh`, which holds them against the
    /// published schema.
    #[test]
    fn every_kind_of_event_is_written_for_a_siem() {
        let id = uuid::Uuid::from_u128(7);
        let actors = [("user", Some(id)), ("gateway", Some(id)), ("system", None), ("anonymous", None)];
        let mut lines = Vec::new();
        for (n, action) in Action::ALL.iter().enumerate() {
            for (outcome, reason) in Outcome::ALL.into_iter().zip([None, Some("refused"), Some("failed")]) {
                for (actor_kind, actor_id) in actors {
                    let known = actor_id.is_some();
                    let row = Row {
                        id: model::ids::EventId(id),
                        team: known.then_some(model::ids::TeamId(id)),
                        at: model::Time::UNIX_EPOCH,
                        actor_kind,
                        actor_id,
                        actor_name: "ada@example.com".to_owned(),
                        on_behalf_of: None,
                        action: *action,
                        target_kind: (n % 3 > 0).then(|| "connection".to_owned()),
                        target_id: (n % 3 > 0).then_some(id),
                        target_name: (n % 3 > 1).then(|| "Shop".to_owned()),
                        outcome,
                        reason: reason.map(str::to_owned),
                        credential_id: actor_id,
                        request_id: id,
                        address: known.then(|| if n % 2 == 0 { "203.0.113.7" } else { "2001:db8::7" }.to_owned()),
                        agent: known.then(|| "orders-sync/2.1".to_owned()),
                        details: r#"{"generation":7}"#.to_owned(),
                        mac: None,
                    };
                    lines.push(ocsf(&row, n as u64).to_string());
                }
            }
        }
        assert_eq!(lines.len(), Action::ALL.len() * 12);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ocsf");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("events.jsonl"), lines.join("\n")).unwrap();
        // Keeping a credential changes nothing.
        assert_eq!(activity(Action::CredentialUnchanged), (2, "Read"));
    }
}
