//! The forms in which the log leaves: JSON lines with proofs, CSV for a spreadsheet, OCSF for a SIEM.

use std::io::Write;

use backend::{
    Cx,
    audit::{
        self, Event,
        export::{Export, ExportError, Header, Proved, Which},
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
pub async fn write(cx: &Cx, which: Which, size: Option<u64>, format: Format, out: impl Write) -> Result<u64, ExportError> {
    let mut export = Export::begin(cx.portal.db.reader(), which, size).await?;
    audit::append_alone(cx, Event::new(Action::LogExported).with("format", word(format))).await?;
    let mut writer = Writer::begin(format, out, &export.header())?;
    let mut many = 0;
    loop {
        let page = export.page().await?;
        if page.is_empty() {
            writer.end()?;
            return Ok(many);
        }
        for (row, proved) in page {
            writer.line(&row, &proved)?;
            many += 1;
        }
    }
}

fn word(format: Format) -> &'static str {
    match format {
        Format::Jsonl => "jsonl",
        Format::Csv => "csv",
        Format::Ocsf => "ocsf",
    }
}

enum Writer<W: Write> {
    Jsonl(W),
    Csv(Box<csv::Writer<W>>),
    Ocsf(W),
}

const COLUMNS: [&str; 16] = [
    "index",
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor",
    "action",
    "target_kind",
    "target_id",
    "target",
    "outcome",
    "reason",
    "address",
    "agent",
    "request_id",
    "details",
];

impl<W: Write> Writer<W> {
    fn begin(format: Format, mut out: W, header: &Header) -> std::io::Result<Self> {
        Ok(match format {
            Format::Jsonl => {
                writeln!(out, "{}", json_line(header)?)?;
                Self::Jsonl(out)
            }
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(COLUMNS)?;
                Self::Csv(Box::new(csv))
            }
            Format::Ocsf => Self::Ocsf(out),
        })
    }

    fn line(&mut self, row: &Row, proved: &Proved) -> std::io::Result<()> {
        match self {
            Self::Jsonl(out) => writeln!(out, "{}", json_line(proved)?),
            Self::Csv(out) => Ok(out.write_record(cells(row, proved.index).iter().map(|cell| harmless(cell)))?),
            Self::Ocsf(out) => writeln!(out, "{}", ocsf(row, proved.index)),
        }
    }

    fn end(&mut self) -> std::io::Result<()> {
        match self {
            Self::Jsonl(out) | Self::Ocsf(out) => out.flush(),
            Self::Csv(out) => out.flush(),
        }
    }
}

fn json_line(value: &impl serde::Serialize) -> std::io::Result<String> {
    Ok(serde_json::to_string(value)?)
}

fn cells(row: &Row, index: u64) -> [String; 16] {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        index.to_string(),
        row.id.to_string(),
        row.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        row.actor_kind.to_owned(),
        id(row.actor_id),
        row.actor_name.clone(),
        row.action.as_str().to_owned(),
        text(&row.target_kind),
        id(row.target_id),
        text(&row.target_name),
        row.outcome.as_str().to_owned(),
        text(&row.reason),
        text(&row.address),
        text(&row.agent),
        row.request_id.to_string(),
        row.details.clone(),
    ]
}

/// A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection): an apostrophe makes it text.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

/// OCSF 1.3.0, class API Activity.
fn ocsf(row: &Row, index: u64) -> Value {
    let activity = activity(row.action.as_str());
    let (status_id, status) = if row.outcome == Outcome::Ok { (1, "Success") } else { (2, "Failure") };
    let mut event = json!({
        "activity_id": activity,
        "category_uid": 6,
        "class_uid": 6003,
        "type_uid": 600_300 + activity,
        "severity_id": 1,
        "time": row.at.timestamp_millis(),
        "status_id": status_id,
        "status": status,
        "message": format!("{} {}", row.actor_name, row.action.sentence()),
        "metadata": {
            "version": "1.3.0",
            "uid": row.id.to_string(),
            "sequence": index,
            "log_name": "audit",
            "product": { "name": "Portal", "vendor_name": "Portal" },
        },
        "actor": { "user": { "name": row.actor_name, "uid": row.actor_id.map(|id| id.to_string()).unwrap_or_default() } },
        "api": { "operation": row.action.as_str(), "request": { "uid": row.request_id.to_string() } },
        "src_endpoint": row.address.as_ref().map_or_else(|| json!({ "name": "unknown" }), |ip| json!({ "ip": ip })),
        "unmapped": { "details": row.details, "agent": row.agent, "credential": row.credential_id },
    });
    if let Some(reason) = &row.reason {
        event["status_detail"] = json!(reason);
    }
    if let Some(kind) = &row.target_kind {
        let uid = row.target_id.map(|id| id.to_string()).unwrap_or_default();
        event["resources"] = json!([{ "type": kind, "uid": uid, "name": row.target_name.clone().unwrap_or_default() }]);
    }
    event
}

/// Create, read, update, delete, or another.
fn activity(action: &str) -> u32 {
    let any = |ends: &[&str]| ends.iter().any(|end| action.ends_with(end));
    match () {
        () if any(&["created", "founded"]) => 1,
        () if any(&["read", "issued", "exported"]) => 2,
        () if any(&["changed", "replaced", "promoted", "enabled", "disabled", "renamed"]) => 3,
        () if any(&["removed", "revoked", "disconnected", "dropped"]) => 4,
        () => 99,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["ada", "1 = 1", "a@b", ""] {
            assert_eq!(harmless(cell), cell);
        }
    }
}
