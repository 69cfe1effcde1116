//! What leaves of a Team's log as a file, and that the whole of it takes two people.

use std::collections::BTreeSet;

use model::{
    approval::{ALONE_WITHIN, GraveAct, is_whole},
    audit::Action,
    step_up::DangerousAct,
};
use serde_json::Value;

use super::{Event, append, append_alone};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    approvals,
    store::{self, audit_event},
};

/// Records that so many acts of the log are taken away as a file, in a format. Refuses without a fresh proof of the person, and the
/// whole log without the approval of another one.
pub async fn note_export(cx: &Cx, scope: &TeamScope, format: &'static str, wanted: u64) -> Result<(), AccessError> {
    note(cx, scope, format, wanted, false).await
}

/// The same for what stands in the evidence of an incident: where nobody else could approve, an incident must not wait for them.
pub(crate) async fn note_evidence(cx: &Cx, scope: &TeamScope, texts: &[Vec<u8>]) -> Result<(), AccessError> {
    note(cx, scope, "jsonl", count(texts), true).await
}

async fn note(cx: &Cx, scope: &TeamScope, format: &'static str, wanted: u64, may_be_alone: bool) -> Result<(), AccessError> {
    let by = access::require_step_up(cx, scope, DangerousAct::ExportLog).await?;
    let all = audit_event::acts(&cx.portal.db.of(scope), scope).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    // Held, so that two halves at once are not both the first one.
    store::team::hold(&*tx, scope).await?;
    let before = audit_event::left_alone(&*tx, scope, cx.now() - ALONE_WITHIN).await?;
    let event = Event::of(scope, Action::LogExported).with("format", format);
    let event = event.with("acts", i64::try_from(wanted).unwrap_or(i64::MAX));
    let event = match approvals::standing(cx, &tx, scope, by, GraveAct::ExportLog).await? {
        Some(approval) => event.with("approval", approval),
        None if is_whole(wanted, before, all)
            && !(may_be_alone && approvals::is_alone(cx, &tx, scope, GraveAct::ExportLog).await?) =>
        {
            drop(tx);
            let refused = Event::of(scope, Action::AccessRefused).with("act", DangerousAct::ExportLog);
            append_alone(cx, refused.refused("approval-required")).await?;
            return Err(AccessError::ApprovalRequired(GraveAct::ExportLog));
        }
        None => event,
    };
    append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// How many acts stand in the lines of exports, each counted once.
fn count(texts: &[Vec<u8>]) -> u64 {
    let act = |line: &[u8]| {
        let line: Value = serde_json::from_slice(line).ok()?;
        let leaf = line["leaf"].as_str().map_or(Some(line.clone()), |leaf| serde_json::from_str(leaf).ok())?;
        let is_act = Action::parse(leaf["action"].as_str()?).is_some_and(Action::is_act);
        leaf["id"].as_str().filter(|_| is_act).map(str::to_owned)
    };
    let lines = texts.iter().flat_map(|text| text.split(|byte| *byte == b'\n'));
    lines.filter_map(act).collect::<BTreeSet<_>>().len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_counted_once_however_often_and_in_whatever_line_they_stand() {
        let leaf = |id: &str, action: &str| serde_json::json!({ "id": id, "action": action }).to_string();
        let proved =
            serde_json::json!({ "index": 1, "leaf": leaf("evt_1", "member.role_changed"), "proof": [] }).to_string();
        let text = |lines: &[&str]| lines.join("\n").into_bytes();
        let plain = leaf("evt_1", "member.role_changed");
        let texts = [
            text(&["{\"kind\":\"portal-audit-export\"}", &proved, "{\"events\":1}"]),
            text(&[&plain, &leaf("evt_2", "credential.issued"), &leaf("evt_3", "log.read"), "no json"]),
            text(&[&leaf("evt_4", "team.renamed")]),
        ];
        assert_eq!(count(&texts), 2);
    }
}
