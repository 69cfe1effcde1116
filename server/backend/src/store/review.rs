//! Reviews of Teams' logs, and what was noted at them.

use model::{
    Time,
    ids::{EventId, ReviewId, TeamId, UserId},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::sql;
use crate::access::TeamScope;

/// A look through a period of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub from: Time,
    pub until: Time,
    pub opened_at: Time,
    /// Events drawn by lot when it opened.
    pub sample: Vec<EventId>,
    pub signed: Option<Signed>,
}

/// Who signed, and what they concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub at: Time,
    pub by: UserId,
    pub name: String,
    pub conclusion: String,
}

/// Something that a person wrote at a Review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub at: Time,
    pub by: UserId,
    pub name: String,
    pub body: String,
    /// It needs somebody to follow it up.
    pub finding: bool,
}

fn review(row: QueryResult) -> Result<Review, DbErr> {
    let sample: String = row.try_get("", "sample")?;
    let signed_at: Option<Time> = row.try_get("", "signed_at")?;
    let signed = match signed_at {
        Some(at) => Some(Signed {
            at,
            by: UserId(row.try_get("", "signed_by")?),
            name: row.try_get("", "signed_name")?,
            conclusion: row.try_get("", "conclusion")?,
        }),
        None => None,
    };
    Ok(Review {
        id: ReviewId(row.try_get("", "id")?),
        from: row.try_get("", "from_at")?,
        until: row.try_get("", "until_at")?,
        opened_at: row.try_get("", "opened_at")?,
        sample: sample.split_whitespace().filter_map(|id| id.parse().ok()).collect(),
        signed,
    })
}

/// Teams with the time where their last Review's period ended, or when they began: for Portal's own job.
pub async fn last_ends(db: &impl ConnectionTrait) -> Result<Vec<(TeamId, Time)>, DbErr> {
    let text = "SELECT t.id, t.created_at, (SELECT MAX(r.until_at) FROM review r WHERE r.team_id = t.id) AS last FROM team t
            WHERE t.deleted_at IS NULL";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    let read = |row: QueryResult| {
        let last: Option<Time> = row.try_get("", "last")?;
        Ok((TeamId(row.try_get("", "id")?), last.map_or_else(|| row.try_get("", "created_at"), Ok)?))
    };
    rows.into_iter().map(read).collect()
}

/// Opens a Review; false when another worker did so first.
pub async fn insert(db: &impl ConnectionTrait, team: TeamId, new: &Review) -> Result<bool, DbErr> {
    let text = "INSERT INTO review (id, team_id, from_at, until_at, opened_at, sample) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (team_id, from_at) DO NOTHING";
    let sample = new.sample.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let values = [new.id.0.into(), team.0.into(), new.from.into(), new.until.into(), new.opened_at.into(), sample.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// The Team's Reviews, the newest period first.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Review>, DbErr> {
    let text = "SELECT * FROM review WHERE team_id = $1 ORDER BY from_at DESC LIMIT 200";
    db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?.into_iter().map(review).collect()
}

pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: ReviewId) -> Result<Option<Review>, DbErr> {
    let text = "SELECT * FROM review WHERE team_id = $1 AND id = $2";
    db.query_one_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?.map(review).transpose()
}

/// Signs; false when it was signed before.
pub async fn sign(db: &impl ConnectionTrait, scope: &TeamScope, id: ReviewId, signed: &Signed) -> Result<bool, DbErr> {
    let text = "UPDATE review SET signed_at = $3, signed_by = $4, signed_name = $5, conclusion = $6
        WHERE team_id = $1 AND id = $2 AND signed_at IS NULL";
    let values = [
        scope.team().0.into(),
        id.0.into(),
        signed.at.into(),
        signed.by.0.into(),
        signed.name.clone().into(),
        signed.conclusion.clone().into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Holds a Review until the transaction ends: a note and a signature wait for each other. SQLite has one writer.
pub async fn hold(db: &impl ConnectionTrait, scope: &TeamScope, id: ReviewId) -> Result<(), DbErr> {
    if db.get_database_backend() == sea_orm::DbBackend::Postgres {
        let text = "SELECT id FROM review WHERE team_id = $1 AND id = $2 FOR UPDATE";
        db.query_one_raw(sql(db, text, [scope.team().0.into(), id.0.into()])).await?;
    }
    Ok(())
}

/// Adds a note to a Review that is not signed; false when it is.
pub async fn note(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    review: ReviewId,
    id: Uuid,
    note: &Note,
) -> Result<bool, DbErr> {
    let text = "INSERT INTO review_note (id, team_id, review_id, at, by_id, by_name, body, finding)
        SELECT $3, team_id, id, $4, $5, $6, $7, $8 FROM review WHERE team_id = $1 AND id = $2 AND signed_at IS NULL";
    let values = [
        scope.team().0.into(),
        review.0.into(),
        id.into(),
        note.at.into(),
        note.by.0.into(),
        note.name.clone().into(),
        note.body.clone().into(),
        note.finding.into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// What was noted at a Review, the first first.
pub async fn notes(db: &impl ConnectionTrait, scope: &TeamScope, review: ReviewId) -> Result<Vec<Note>, DbErr> {
    let text =
        "SELECT at, by_id, by_name, body, finding FROM review_note WHERE team_id = $1 AND review_id = $2 ORDER BY at, id";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), review.0.into()])).await?;
    let read = |row: QueryResult| {
        Ok(Note {
            at: row.try_get("", "at")?,
            by: UserId(row.try_get("", "by_id")?),
            name: row.try_get("", "by_name")?,
            body: row.try_get("", "body")?,
            finding: row.try_get("", "finding")?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Reviews of all Teams that nobody has signed: Team, Review, since when it is open, the period's days. For Portal's own job.
pub async fn unsigned(db: &impl ConnectionTrait) -> Result<Vec<(TeamId, ReviewId, Time, Time, Time)>, DbErr> {
    let text = "SELECT team_id, id, opened_at, from_at, until_at FROM review WHERE signed_at IS NULL
        AND team_id IN (SELECT id FROM team WHERE deleted_at IS NULL) ORDER BY opened_at";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    let read = |row: QueryResult| {
        let (opened, from, until) =
            (row.try_get("", "opened_at")?, row.try_get("", "from_at")?, row.try_get("", "until_at")?);
        Ok((TeamId(row.try_get("", "team_id")?), ReviewId(row.try_get("", "id")?), opened, from, until))
    };
    rows.into_iter().map(read).collect()
}
