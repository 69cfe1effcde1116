//! What the watch reads of the log: new events, folded into groups, and how many of a kind there were of late.

use model::{
    Time,
    audit::{Action, Outcome},
    ids::{EventId, TeamId},
};
use sea_orm::{DbBackend, QueryResult, Value, entity::prelude::*};

use super::{sql, stored};

/// How far the watch has read.
pub async fn next(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let row = db.query_one_raw(sql(db, "SELECT next_idx FROM audit_watch WHERE id = 1", [])).await?;
    row.map_or(Ok(0), |row| row.try_get::<i64>("", "next_idx").map(i64::unsigned_abs))
}

/// Moves on; false when another watch did so first.
pub async fn advance(db: &impl ConnectionTrait, from: u64, to: u64) -> Result<bool, DbErr> {
    let text = "UPDATE audit_watch SET next_idx = $2 WHERE id = 1 AND next_idx = $1";
    Ok(db.execute_raw(sql(db, text, [int(from), int(to)])).await?.rows_affected() == 1)
}

/// When the first event was recorded that the watch has not read, while there is one.
pub async fn unread_since(db: &impl ConnectionTrait) -> Result<Option<Time>, DbErr> {
    let text = "SELECT e.at FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id
        WHERE l.idx >= (SELECT next_idx FROM audit_watch WHERE id = 1) ORDER BY l.idx LIMIT 1";
    let row = db.query_one_raw(sql(db, text, [])).await?;
    row.map(|row| row.try_get("", "at")).transpose()
}

/// Behind the last of the next `most` places from `from` on.
pub async fn end(db: &impl ConnectionTrait, from: u64, most: u64) -> Result<u64, DbErr> {
    let text = "SELECT MAX(idx) AS last FROM (SELECT idx FROM audit_leaf WHERE idx >= $1 ORDER BY idx LIMIT $2) AS next";
    let row = db.query_one_raw(sql(db, text, [int(from), int(most)])).await?;
    let last = row.map_or(Ok(None), |row| row.try_get::<Option<i64>>("", "last"))?;
    Ok(last.map_or(from, |last| last.unsigned_abs() + 1))
}

/// Events that are alike in all that the rules look at.
#[derive(Clone, Debug)]
pub struct Group {
    pub team: Option<TeamId>,
    /// The day in UTC, like `2026-11-26`.
    pub day: String,
    pub action: Action,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub actor_kind: String,
    pub actor: Option<Uuid>,
    pub actor_name: String,
    pub target_kind: Option<String>,
    pub target: Option<Uuid>,
    pub target_name: Option<String>,
    pub credential: Option<Uuid>,
    pub address: Option<String>,
    /// Of the kinds of events whose details some rule reads; else empty.
    pub details: String,
    pub events: i64,
    pub first: Time,
    pub last: Time,
    /// The place of the last of them.
    pub last_idx: u64,
}

/// Whose details some rule reads.
const DETAILED: &str = "'auth.sign_in_refused', 'member.role_changed', 'member.joined', 'webhook.set', 'webhook.rotated', 'webhook.removed', 'egress.denied'";

/// The events with places from `first` on and below `end`, as groups.
pub async fn groups(db: &impl ConnectionTrait, first: u64, end: u64) -> Result<Vec<Group>, DbErr> {
    let day = match db.get_database_backend() {
        DbBackend::Sqlite => "substr(e.at, 1, 10)",
        _ => "to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    };
    let alike =
        "team_id, day, action, outcome, reason, actor_kind, actor_id, actor_name, target_kind, target_id, target_name,
        credential_id, address, details";
    let text = format!(
        "SELECT {alike}, COUNT(*) AS events, MIN(at) AS first, MAX(at) AS last, MAX(idx) AS last_idx FROM (
            SELECT l.idx, e.team_id, {day} AS day, e.action, e.outcome, e.reason, e.actor_kind, e.actor_id, e.actor_name,
                e.target_kind, e.target_id, e.target_name, e.credential_id, e.address, e.at,
                CASE WHEN e.action IN ({DETAILED}) THEN e.details ELSE '' END AS details
            FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id WHERE l.idx >= $1 AND l.idx < $2
        ) AS fresh GROUP BY {alike} ORDER BY last_idx"
    );
    let rows = db.query_all_raw(sql(db, &text, [int(first), int(end)])).await?;
    // A word that only a newer Portal knows holds up nothing that this one knows.
    rows.iter().filter(|row| is_known(row)).map(read).collect()
}

fn is_known(row: &QueryResult) -> bool {
    row.try_get::<String>("", "action").is_ok_and(|action| Action::parse(&action).is_some())
}

fn read(row: &QueryResult) -> Result<Group, DbErr> {
    let text = |column: &str| row.try_get::<String>("", column);
    Ok(Group {
        team: row.try_get::<Option<Uuid>>("", "team_id")?.map(TeamId),
        day: text("day")?,
        action: stored(Action::parse(&text("action")?), "action")?,
        outcome: stored(Outcome::parse(&text("outcome")?), "outcome")?,
        reason: row.try_get("", "reason")?,
        actor_kind: text("actor_kind")?,
        actor: row.try_get("", "actor_id")?,
        actor_name: text("actor_name")?,
        target_kind: row.try_get("", "target_kind")?,
        target: row.try_get("", "target_id")?,
        target_name: row.try_get("", "target_name")?,
        credential: row.try_get("", "credential_id")?,
        address: row.try_get("", "address")?,
        details: text("details")?,
        events: row.try_get("", "events")?,
        first: row.try_get("", "first")?,
        last: row.try_get("", "last")?,
        last_idx: row.try_get::<i64>("", "last_idx")?.unsigned_abs(),
    })
}

/// Which event has this place.
pub async fn event_at(db: &impl ConnectionTrait, idx: u64) -> Result<Option<EventId>, DbErr> {
    let row = db.query_one_raw(sql(db, "SELECT event_id FROM audit_leaf WHERE idx = $1", [int(idx)])).await?;
    row.map(|row| row.try_get::<Uuid>("", "event_id").map(EventId)).transpose()
}

/// What is counted: every part narrows.
#[derive(Clone, Debug, Default)]
pub struct Recent<'a> {
    /// Without one: events of no Team.
    pub team: Option<TeamId>,
    pub actions: &'a [Action],
    pub outcome: Option<Outcome>,
    pub actor: Option<Uuid>,
    pub details: Option<&'a str>,
}

/// How many there were after `since` and until `until`, counted up to `most`.
pub async fn count(db: &impl ConnectionTrait, what: &Recent<'_>, since: Time, until: Time, most: i64) -> Result<i64, DbErr> {
    let mut text = "SELECT COUNT(*) AS many FROM (SELECT 1 AS one FROM audit_event WHERE at > $1 AND at <= $2".to_owned();
    let mut values: Vec<Value> = vec![since.into(), until.into()];
    let mut narrow = |column: &str, value: Value| {
        values.push(value);
        text += &format!(" AND {column} = ${}", values.len());
    };
    if let Some(team) = what.team {
        narrow("team_id", team.0.into());
    }
    if let Some(actor) = what.actor {
        narrow("actor_id", actor.into());
    }
    if let Some(outcome) = what.outcome {
        narrow("outcome", outcome.as_str().into());
    }
    if let Some(details) = what.details {
        narrow("details", details.into());
    }
    if what.team.is_none() {
        text += " AND team_id IS NULL";
    }
    if !what.actions.is_empty() {
        let words: Vec<_> = what.actions.iter().map(|action| format!("'{}'", action.as_str())).collect();
        text += &format!(" AND action IN ({})", words.join(", "));
    }
    values.push(most.into());
    text += &format!(" LIMIT ${}) AS found", values.len());
    let row = db.query_one_raw(sql(db, &text, values)).await?;
    row.map_or(Ok(0), |row| row.try_get("", "many"))
}

/// The LWA app of a connection, and how many connections of that app failed after `since`.
pub async fn failed_beside(
    db: &impl ConnectionTrait,
    team: TeamId,
    connection: Uuid,
    since: Time,
) -> Result<Option<(Uuid, String, i64)>, DbErr> {
    let text =
        "SELECT a.id, a.name, (SELECT COUNT(DISTINCT c.grant_mac) + COUNT(DISTINCT CASE WHEN c.grant_mac IS NULL THEN c.id END) FROM audit_event e JOIN connection c ON c.id = e.target_id
            WHERE e.team_id = $1 AND e.action IN ('connection.reauthorization_required', 'connection.refresh_failed')
                AND e.reason NOT IN ('throttled', 'unavailable', 'bad_response', 'egress_refused') AND e.at > $3 AND c.lwa_app_id = a.id) AS many
        FROM lwa_app a JOIN connection one ON one.lwa_app_id = a.id WHERE one.id = $2 AND one.team_id = $1";
    let row = db.query_one_raw(sql(db, text, [team.0.into(), connection.into(), since.into()])).await?;
    row.map(|row| Ok((row.try_get("", "id")?, row.try_get("", "name")?, row.try_get("", "many")?))).transpose()
}

/// When a person signed in last before `before`.
pub async fn last_sign_in(db: &impl ConnectionTrait, user: Uuid, before: Time) -> Result<Option<Time>, DbErr> {
    let text = "SELECT MAX(at) AS last FROM audit_event
        WHERE team_id IS NULL AND actor_id = $1 AND action = 'auth.signed_in' AND at < $2";
    let row = db.query_one_raw(sql(db, text, [user.into(), before.into()])).await?;
    row.map_or(Ok(None), |row| row.try_get("", "last"))
}

/// When anything was recorded last.
pub async fn newest(db: &impl ConnectionTrait) -> Result<Option<Time>, DbErr> {
    // The ids of events begin with their time: the newest stands at the end of the primary key.
    let row = db.query_one_raw(sql(db, "SELECT at FROM audit_event ORDER BY id DESC LIMIT 1", [])).await?;
    row.map(|row| row.try_get("", "at")).transpose()
}

fn int(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}
