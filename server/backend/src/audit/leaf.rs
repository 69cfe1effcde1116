//! What of an event goes into the tree: every column, in one spelling that does not depend on the database.

use serde::Serialize;
use uuid::Uuid;

use crate::store::audit_event::Row;

/// The fields in the order in which they are spelled. A later version adds fields under another `v`; this one stays.
#[derive(Serialize)]
struct Leaf<'a> {
    v: u8,
    id: String,
    team: Option<String>,
    at: String,
    actor_kind: &'a str,
    actor: Option<Uuid>,
    actor_name: &'a str,
    on_behalf_of: Option<Uuid>,
    action: &'a str,
    target_kind: Option<&'a str>,
    target: Option<Uuid>,
    target_name: Option<&'a str>,
    outcome: &'a str,
    reason: Option<&'a str>,
    credential: Option<Uuid>,
    request: Uuid,
    address: Option<&'a str>,
    agent: Option<&'a str>,
    details: &'a str,
}

/// One line of JSON: the data whose hash is the event's leaf (RFC 6962, 2.1).
pub fn leaf(row: &Row) -> Vec<u8> {
    let leaf = Leaf {
        v: 1,
        id: row.id.to_string(),
        team: row.team.map(|team| team.to_string()),
        at: row.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        actor_kind: row.actor_kind,
        actor: row.actor_id,
        actor_name: &row.actor_name,
        on_behalf_of: row.on_behalf_of,
        action: row.action.as_str(),
        target_kind: row.target_kind.as_deref(),
        target: row.target_id,
        target_name: row.target_name.as_deref(),
        outcome: row.outcome.as_str(),
        reason: row.reason.as_deref(),
        credential: row.credential_id,
        request: row.request_id,
        address: row.address.as_deref(),
        agent: row.agent.as_deref(),
        details: &row.details,
    };
    serde_json::to_vec(&leaf).expect("texts and ids are JSON")
}

#[cfg(test)]
mod tests {
    use model::{
        Time,
        audit::{Action, Outcome},
        ids::{EventId, TeamId},
    };

    use super::*;

    #[test]
    fn the_spelling_of_an_event_never_changes() {
        let id = |n: u128| Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n);
        let row = Row {
            id: EventId(id(1)),
            team: Some(TeamId(id(2))),
            at: Time::from_timestamp_micros(1_790_000_000_000_100).unwrap(),
            actor_kind: "gateway",
            actor_id: Some(id(3)),
            actor_name: "orders \"sync\"".to_owned(),
            on_behalf_of: None,
            action: Action::CredentialIssued,
            target_kind: Some("connection".to_owned()),
            target_id: Some(id(4)),
            target_name: Some("Über".to_owned()),
            outcome: Outcome::Ok,
            reason: None,
            credential_id: Some(id(5)),
            request_id: id(6),
            address: Some("203.0.113.7".to_owned()),
            agent: None,
            details: r#"{"generation":18}"#.to_owned(),
            mac: None,
        };
        insta::assert_snapshot!(String::from_utf8(leaf(&row)).unwrap());
    }
}
