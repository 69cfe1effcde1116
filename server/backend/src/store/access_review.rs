//! Access reviews: what there was when one opened, and what became of each.

use model::{
    Time,
    access_review::{Decision, Subject},
    ids::{AccessReviewId, LockId, TeamId, UserId},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{audit_hold::By, sql, stored};
use crate::access::TeamScope;

/// One access review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessReview {
    pub id: AccessReviewId,
    pub team: TeamId,
    pub opened_at: Time,
    pub due_at: Time,
    /// How many days were left when people were reminded last.
    pub reminded: Option<i64>,
    /// When what nobody had confirmed was suspended.
    pub suspended_at: Option<Time>,
    /// Who signed, and what they concluded.
    pub signed: Option<(By, String)>,
}

/// One member, gateway or key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: Subject,
    pub subject: Uuid,
    pub name: String,
    /// What it could reach when the review opened.
    pub facts: String,
    pub decided: Option<(Decision, String, By)>,
    /// The lock by which it was suspended; it is still, when nothing is decided.
    pub lock: Option<LockId>,
}

/// Opens one; false when another worker has.
pub async fn insert(db: &impl ConnectionTrait, new: &AccessReview) -> Result<bool, DbErr> {
    let text = "INSERT INTO access_review (id, team_id, opened_at, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let values = [new.id.0.into(), new.team.0.into(), new.opened_at.into(), new.due_at.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

pub async fn add(db: &impl ConnectionTrait, of: &AccessReview, item: &Item) -> Result<(), DbErr> {
    let text = "INSERT INTO access_review_item (review_id, team_id, subject_kind, subject_id, name, facts)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        of.id.0.into(),
        of.team.0.into(),
        item.kind.as_str().into(),
        item.subject.into(),
        item.name.clone().into(),
        item.facts.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Teams and when their last one opened, or when they were made: for Portal's own job.
pub async fn last_opened(db: &impl ConnectionTrait) -> Result<Vec<(TeamId, Time)>, DbErr> {
    let text = "SELECT t.id, t.created_at, (SELECT MAX(r.opened_at) FROM access_review r WHERE r.team_id = t.id) AS last
        FROM team t WHERE t.deleted_at IS NULL ORDER BY t.id";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    let read = |row: &QueryResult| {
        let last = row.try_get::<Option<Time>>("", "last")?;
        Ok((TeamId(row.try_get("", "id")?), last.map_or_else(|| row.try_get("", "created_at"), Ok)?))
    };
    rows.iter().map(read).collect()
}

/// Those that nobody has signed, of every Team that stands: for Portal's own job.
pub async fn unsigned(db: &impl ConnectionTrait) -> Result<Vec<AccessReview>, DbErr> {
    let text = "SELECT r.* FROM access_review r JOIN team t ON t.id = r.team_id
        WHERE r.signed_at IS NULL AND t.deleted_at IS NULL ORDER BY r.opened_at, r.id";
    db.query_all_raw(sql(db, text, [])).await?.iter().map(read).collect()
}

/// The Team's, the newest first.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<AccessReview>, DbErr> {
    let text = "SELECT * FROM access_review WHERE team_id = $1 ORDER BY opened_at DESC";
    db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?.iter().map(read).collect()
}

pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: AccessReviewId) -> Result<Option<AccessReview>, DbErr> {
    let text = "SELECT * FROM access_review WHERE team_id = $1 AND id = $2";
    db.query_one_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?.as_ref().map(read).transpose()
}

/// Members first, then gateways and keys, by name.
pub async fn items(db: &impl ConnectionTrait, of: &AccessReview) -> Result<Vec<Item>, DbErr> {
    let text = "SELECT * FROM access_review_item WHERE review_id = $1 ORDER BY name, subject_id";
    let rows = db.query_all_raw(sql(db, text, [of.id.0.into()])).await?;
    let mut items = rows.iter().map(item).collect::<Result<Vec<_>, _>>()?;
    items.sort_by_key(|item| item.kind);
    Ok(items)
}

/// Writes a decision down. One that was confirmed may still be removed; what was removed stays so. False when that was so, or the
/// review is signed.
pub async fn decide(
    db: &impl ConnectionTrait,
    of: &AccessReview,
    item: &Item,
    decision: Decision,
    note: &str,
    by: &By,
) -> Result<bool, DbErr> {
    let text = "UPDATE access_review_item SET decision = $4, note = $5, decided_at = $6, decided_by = $7, decided_name = $8
        WHERE review_id = $1 AND subject_kind = $2 AND subject_id = $3 AND (decision IS NULL OR decision <> 'removed')
            AND EXISTS (SELECT 1 FROM access_review r WHERE r.id = $1 AND r.signed_at IS NULL)";
    let values = [
        of.id.0.into(),
        item.kind.as_str().into(),
        item.subject.into(),
        decision.as_str().into(),
        note.into(),
        by.at.into(),
        by.user.0.into(),
        by.name.clone().into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Whether the last that somebody decided of it was that it goes.
pub async fn is_removed(db: &impl ConnectionTrait, scope: &TeamScope, kind: Subject, subject: Uuid) -> Result<bool, DbErr> {
    let text = "SELECT decision FROM access_review_item WHERE team_id = $1 AND subject_kind = $2 AND subject_id = $3
            AND decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT 1";
    let row = db.query_one_raw(sql(db, text, [scope.team().0.into(), kind.as_str().into(), subject.into()])).await?;
    let decision: Option<String> = row.map(|row| row.try_get("", "decision")).transpose()?;
    Ok(decision.as_deref() == Some(Decision::Removed.as_str()))
}

/// Notes by which lock it is suspended; false when somebody decided meanwhile.
pub async fn suspended(db: &impl ConnectionTrait, of: &AccessReview, item: &Item, lock: LockId) -> Result<bool, DbErr> {
    let text = "UPDATE access_review_item SET lock_id = $4
        WHERE review_id = $1 AND subject_kind = $2 AND subject_id = $3 AND decision IS NULL AND lock_id IS NULL";
    let values = [of.id.0.into(), item.kind.as_str().into(), item.subject.into(), lock.0.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Notes that all that nobody confirmed was suspended.
pub async fn all_suspended(db: &impl ConnectionTrait, of: &AccessReview, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE access_review SET suspended_at = $2 WHERE id = $1 AND suspended_at IS NULL";
    db.execute_raw(sql(db, text, [of.id.0.into(), now.into()])).await.map(|_| ())
}

/// Notes that people were reminded; false when another worker has.
pub async fn reminded(db: &impl ConnectionTrait, of: &AccessReview, days: i64) -> Result<bool, DbErr> {
    let text = "UPDATE access_review SET reminded = $2 WHERE id = $1 AND (reminded IS NULL OR reminded > $2)";
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    Ok(db.execute_raw(sql(db, text, [of.id.0.into(), days.into()])).await?.rows_affected() == 1)
}

/// Signs; false when somebody has, or something is not decided.
pub async fn sign(db: &impl ConnectionTrait, of: &AccessReview, by: &By, conclusion: &str) -> Result<bool, DbErr> {
    let text = "UPDATE access_review SET signed_at = $2, signed_by = $3, signed_name = $4, conclusion = $5
        WHERE id = $1 AND signed_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM access_review_item i WHERE i.review_id = $1 AND i.decision IS NULL)";
    let values = [of.id.0.into(), by.at.into(), by.user.0.into(), by.name.clone().into(), conclusion.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

fn by(row: &QueryResult, at: Time, who: &str) -> Result<By, DbErr> {
    Ok(By { at, user: UserId(row.try_get("", &format!("{who}_by"))?), name: row.try_get("", &format!("{who}_name"))? })
}

fn read(row: &QueryResult) -> Result<AccessReview, DbErr> {
    let signed = row.try_get::<Option<Time>>("", "signed_at")?;
    let signed = signed.map(|at| Ok::<_, DbErr>((by(row, at, "signed")?, row.try_get("", "conclusion")?)));
    Ok(AccessReview {
        id: AccessReviewId(row.try_get("", "id")?),
        team: TeamId(row.try_get("", "team_id")?),
        opened_at: row.try_get("", "opened_at")?,
        due_at: row.try_get("", "due_at")?,
        reminded: row.try_get::<Option<i32>>("", "reminded")?.map(i64::from),
        suspended_at: row.try_get("", "suspended_at")?,
        signed: signed.transpose()?,
    })
}

fn item(row: &QueryResult) -> Result<Item, DbErr> {
    let kind: String = row.try_get("", "subject_kind")?;
    let decided = row.try_get::<Option<Time>>("", "decided_at")?;
    let decided = decided.map(|at| {
        let word: String = row.try_get("", "decision")?;
        Ok::<_, DbErr>((stored(Decision::parse(&word), "decision")?, row.try_get("", "note")?, by(row, at, "decided")?))
    });
    Ok(Item {
        kind: stored(Subject::parse(&kind), "subject")?,
        subject: row.try_get("", "subject_id")?,
        name: row.try_get("", "name")?,
        facts: row.try_get("", "facts")?,
        decided: decided.transpose()?,
        lock: row.try_get::<Option<Uuid>>("", "lock_id")?.map(LockId),
    })
}
