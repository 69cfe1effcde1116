//! Evidence of incidents: sealed, written once, with its custody record.

use std::collections::HashMap;

use model::{
    Time,
    ids::{EventId, EvidenceId, IncidentId, TeamId, UserId},
    incident::{CustodyAct, EvidenceKind},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{sql, stored};
use crate::{incidents::IncidentScope, random, vault::Sealed};

/// One piece, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub id: EvidenceId,
    pub incident: IncidentId,
    pub team: TeamId,
    pub kind: EvidenceKind,
    pub name: String,
    /// What it is said to be.
    pub media: String,
    /// Bytes of the content.
    pub size: i64,
    pub sha256: [u8; 32],
    pub taken_at: Time,
    pub taken_name: String,
    /// The event that says in the log that it was taken in.
    pub event: EventId,
}

/// Who had it in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    pub act: CustodyAct,
    pub at: Time,
    pub by: Option<UserId>,
    pub name: String,
}

pub async fn insert(db: &impl ConnectionTrait, new: &Evidence, content: &Sealed, by: Option<UserId>) -> Result<(), DbErr> {
    let text =
        "INSERT INTO evidence (id, incident_id, team_id, kind, name, media, size, sha256, content, taken_at, taken_by,
            taken_name, event_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let values = [
        new.id.0.into(),
        new.incident.0.into(),
        new.team.0.into(),
        new.kind.as_str().into(),
        new.name.clone().into(),
        new.media.clone().into(),
        new.size.into(),
        new.sha256.to_vec().into(),
        content.0.clone().into(),
        new.taken_at.into(),
        by.map(|user| user.0).into(),
        new.taken_name.clone().into(),
        new.event.0.into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Adds to the custody record.
pub async fn add_custody(db: &impl ConnectionTrait, id: EvidenceId, team: TeamId, custody: &Custody) -> Result<(), DbErr> {
    let text = "INSERT INTO custody (id, evidence_id, team_id, act, at, by_id, by_name) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        random::id::<EvidenceId>(custody.at).0.into(),
        id.0.into(),
        team.0.into(),
        custody.act.as_str().into(),
        custody.at.into(),
        custody.by.map(|user| user.0).into(),
        custody.name.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

const COLUMNS: &str = "id, incident_id, team_id, kind, name, media, size, sha256, taken_at, taken_name, event_id";

/// Everything that was taken in an incident, the first first.
pub async fn all(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<Vec<Evidence>, DbErr> {
    let text = format!("SELECT {COLUMNS} FROM evidence WHERE incident_id = $1 ORDER BY taken_at, id");
    db.query_all_raw(sql(db, &text, [scope.id().0.into()])).await?.into_iter().map(read).collect()
}

/// One piece of an incident.
pub async fn by_id(db: &impl ConnectionTrait, scope: &IncidentScope, id: EvidenceId) -> Result<Option<Evidence>, DbErr> {
    let text = format!("SELECT {COLUMNS} FROM evidence WHERE incident_id = $1 AND id = $2");
    db.query_one_raw(sql(db, &text, [scope.id().0.into(), id.0.into()])).await?.map(read).transpose()
}

/// Bytes of the files that people took in in an incident.
pub async fn bytes(db: &impl ConnectionTrait, scope: &IncidentScope) -> Result<i64, DbErr> {
    let text = "SELECT CAST(COALESCE(SUM(size), 0) AS bigint) AS bytes FROM evidence
        WHERE incident_id = $1 AND kind = 'file'";
    let row = db.query_one_raw(sql(db, text, [scope.id().0.into()])).await?;
    row.map_or(Ok(0), |row| row.try_get("", "bytes"))
}

/// A piece that is to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub id: EvidenceId,
    pub team: TeamId,
    pub incident: IncidentId,
}

/// Every piece that was not looked at since then, of every Team: for Portal's own job. A look in the future is none.
pub async fn unchecked_since(db: &impl ConnectionTrait, then: Time, now: Time, most: u64) -> Result<Vec<Due>, DbErr> {
    let text = "SELECT e.id, e.team_id, e.incident_id FROM evidence e WHERE NOT EXISTS
            (SELECT 1 FROM custody c WHERE c.evidence_id = e.id AND c.act IN ('taken', 'checked', 'damaged')
                AND c.at > $1 AND c.at <= $2)
        ORDER BY e.id LIMIT $3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = db.query_all_raw(sql(db, text, [then.into(), now.into(), most.into()])).await?;
    rows.into_iter().map(due).collect()
}

fn due(row: QueryResult) -> Result<Due, DbErr> {
    Ok(Due {
        id: EvidenceId(row.try_get("", "id")?),
        team: TeamId(row.try_get("", "team_id")?),
        incident: IncidentId(row.try_get("", "incident_id")?),
    })
}

/// Every piece, of every Team: for Portal's own job.
pub async fn every(db: &impl ConnectionTrait) -> Result<Vec<Due>, DbErr> {
    let rows = db.query_all_raw(sql(db, "SELECT id, team_id, incident_id FROM evidence ORDER BY id", [])).await?;
    rows.into_iter().map(due).collect()
}

/// Pieces that the log speaks of and that are not there, by the ids of their events, with their incidents: for Portal's own job.
pub async fn vanished(db: &impl ConnectionTrait, most: u64) -> Result<Vec<(String, IncidentId)>, DbErr> {
    let text = "SELECT a.id, a.target_id FROM audit_event a LEFT JOIN evidence e ON e.event_id = a.id
        WHERE a.action = 'evidence.taken' AND e.id IS NULL ORDER BY a.at LIMIT $1";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = db.query_all_raw(sql(db, text, [most.into()])).await?;
    let read = |row: QueryResult| {
        let incident: Option<Uuid> = row.try_get("", "target_id")?;
        Ok((EventId(row.try_get("", "id")?).to_string(), IncidentId(incident.unwrap_or_default())))
    };
    rows.into_iter().map(read).collect()
}

/// Any piece: for Portal's own job.
pub async fn any(db: &impl ConnectionTrait, id: EvidenceId) -> Result<Option<Evidence>, DbErr> {
    let text = format!("SELECT {COLUMNS} FROM evidence WHERE id = $1");
    db.query_one_raw(sql(db, &text, [id.0.into()])).await?.map(read).transpose()
}

/// The sealed content.
pub async fn content(db: &impl ConnectionTrait, id: EvidenceId) -> Result<Option<Sealed>, DbErr> {
    let row = db.query_one_raw(sql(db, "SELECT content FROM evidence WHERE id = $1", [id.0.into()])).await?;
    row.map(|row| row.try_get("", "content").map(Sealed)).transpose()
}

/// Who had each piece of an incident in hand, the first first; of the daily looks that found nothing, the last.
pub async fn custody_of(
    db: &impl ConnectionTrait,
    scope: &IncidentScope,
) -> Result<HashMap<EvidenceId, Vec<Custody>>, DbErr> {
    let text = "SELECT c.evidence_id, c.act, c.at, c.by_id, c.by_name FROM custody c JOIN evidence e ON e.id = c.evidence_id
        WHERE e.incident_id = $1 AND (c.act <> 'checked' OR c.at =
            (SELECT MAX(l.at) FROM custody l WHERE l.evidence_id = c.evidence_id AND l.act = 'checked'))
        ORDER BY c.at, c.id";
    let mut found: HashMap<EvidenceId, Vec<Custody>> = HashMap::new();
    for row in db.query_all_raw(sql(db, text, [scope.id().0.into()])).await? {
        let act: String = row.try_get("", "act")?;
        let custody = Custody {
            act: stored(CustodyAct::parse(&act), "custody act")?,
            at: row.try_get("", "at")?,
            by: row.try_get::<Option<Uuid>>("", "by_id")?.map(UserId),
            name: row.try_get("", "by_name")?,
        };
        found.entry(EvidenceId(row.try_get("", "evidence_id")?)).or_default().push(custody);
    }
    Ok(found)
}

fn read(row: QueryResult) -> Result<Evidence, DbErr> {
    let kind: String = row.try_get("", "kind")?;
    Ok(Evidence {
        id: EvidenceId(row.try_get("", "id")?),
        incident: IncidentId(row.try_get("", "incident_id")?),
        team: TeamId(row.try_get("", "team_id")?),
        kind: stored(EvidenceKind::parse(&kind), "evidence kind")?,
        name: row.try_get("", "name")?,
        media: row.try_get("", "media")?,
        size: row.try_get("", "size")?,
        sha256: stored(row.try_get::<Vec<u8>>("", "sha256")?.try_into().ok(), "sha256")?,
        event: EventId(row.try_get("", "event_id")?),
        taken_at: row.try_get("", "taken_at")?,
        taken_name: row.try_get("", "taken_name")?,
    })
}
