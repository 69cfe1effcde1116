//! Who of the installation asked to look into a Team, who of the Team let them, and for how long they did.

use model::{
    Name, Time,
    ids::{ImpersonationId, SessionId, TeamId, UserId},
    impersonation::{ImpersonationState, LENGTH, Moments},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{audit_hold::By, sql, stored};
use crate::access::TeamScope;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impersonation {
    pub id: ImpersonationId,
    pub team: TeamId,
    pub team_name: Name,
    pub reason: String,
    pub asked: By,
    pub approved: Option<By>,
    pub tries: i32,
    pub begun_at: Option<Time>,
    /// Pages that were looked at.
    pub pages: i32,
    pub ended_at: Option<Time>,
}

impl Impersonation {
    pub fn moments(&self) -> Moments {
        let approved = self.approved.as_ref().map(|by| by.at);
        Moments { asked: self.asked.at, approved, begun: self.begun_at, ended: self.ended_at }
    }

    pub fn state(&self, now: Time) -> ImpersonationState {
        self.moments().state(now)
    }
}

pub async fn insert(db: &impl ConnectionTrait, new: &Impersonation) -> Result<(), DbErr> {
    let text =
        "INSERT INTO impersonation (id, team_id, reason, asked_at, asked_by, asked_name) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        new.id.0.into(),
        new.team.0.into(),
        new.reason.clone().into(),
        new.asked.at.into(),
        new.asked.user.0.into(),
        new.asked.name.clone().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Notes who approved, and the code that begins it; false when somebody did, or it is over.
pub async fn approve(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ImpersonationId,
    by: &By,
    code_mac: [u8; 32],
) -> Result<bool, DbErr> {
    let text = "UPDATE impersonation SET approved_at = $3, approved_by = $4, approved_name = $5, code_mac = $6
        WHERE id = $1 AND team_id = $2 AND approved_at IS NULL AND ended_at IS NULL";
    let values = [
        id.0.into(),
        scope.team().0.into(),
        by.at.into(),
        by.user.0.into(),
        by.name.clone().into(),
        code_mac.to_vec().into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// The code's hash, with one more try counted; nothing once there were `most`.
pub async fn try_code(db: &impl ConnectionTrait, id: ImpersonationId, most: i32) -> Result<Option<Vec<u8>>, DbErr> {
    let text = "UPDATE impersonation SET tries = tries + 1
        WHERE id = $1 AND tries < $2 AND begun_at IS NULL AND ended_at IS NULL RETURNING code_mac";
    let row = db.query_one_raw(sql(db, text, [id.0.into(), most.into()])).await?;
    Ok(row.map(|row| row.try_get::<Option<Vec<u8>>>("", "code_mac")).transpose()?.flatten())
}

/// Notes the browser that looks; the code is of no more use. False when it began already, or is over.
pub async fn begin(db: &impl ConnectionTrait, id: ImpersonationId, session: SessionId, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE impersonation SET begun_at = $2, session_id = $3, code_mac = NULL
        WHERE id = $1 AND approved_at IS NOT NULL AND begun_at IS NULL AND ended_at IS NULL";
    let values = [id.0.into(), now.into(), session.0.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Counts a page that was looked at; false when it is over.
pub async fn count_page(db: &impl ConnectionTrait, id: ImpersonationId) -> Result<bool, DbErr> {
    let text = "UPDATE impersonation SET pages = pages + 1 WHERE id = $1 AND ended_at IS NULL";
    Ok(db.execute_raw(sql(db, text, [id.0.into()])).await?.rows_affected() == 1)
}

/// Ends it; false when it is over already.
pub async fn end(db: &impl ConnectionTrait, id: ImpersonationId, now: Time) -> Result<bool, DbErr> {
    let text = "UPDATE impersonation SET ended_at = $2, code_mac = NULL WHERE id = $1 AND ended_at IS NULL";
    Ok(db.execute_raw(sql(db, text, [id.0.into(), now.into()])).await?.rows_affected() == 1)
}

const ALL: &str = "SELECT i.*, t.name AS team_name FROM impersonation i JOIN team t ON t.id = i.team_id";

/// What was asked of a Team since `since`, the newest first.
pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope, since: Time) -> Result<Vec<Impersonation>, DbErr> {
    let text = format!("{ALL} WHERE i.team_id = $1 AND i.asked_at >= $2 ORDER BY i.asked_at DESC, i.id DESC");
    db.query_all_raw(sql(db, &text, [scope.team().0.into(), since.into()])).await?.iter().map(read).collect()
}

/// What an operator asked since `since`, the newest first.
pub async fn of_operator(db: &impl ConnectionTrait, user: UserId, since: Time) -> Result<Vec<Impersonation>, DbErr> {
    let text = format!("{ALL} WHERE i.asked_by = $1 AND i.asked_at >= $2 ORDER BY i.asked_at DESC, i.id DESC");
    db.query_all_raw(sql(db, &text, [user.0.into(), since.into()])).await?.iter().map(read).collect()
}

/// The one that this browser of the operator looks by: not over, and whoever approved it is an owner still.
pub async fn live(
    db: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
    now: Time,
) -> Result<Option<Impersonation>, DbErr> {
    let text = format!(
        "{ALL} JOIN member m ON m.team_id = i.team_id AND m.user_id = i.approved_by AND m.role = 'owner'
            AND (m.ends_at IS NULL OR m.ends_at > $3)
        WHERE i.asked_by = $1 AND i.session_id = $2 AND i.ended_at IS NULL AND i.begun_at > $4 AND t.deleted_at IS NULL"
    );
    let values = [user.0.into(), session.0.into(), now.into(), (now - LENGTH).into()];
    db.query_one_raw(sql(db, &text, values)).await?.map(|row| read(&row)).transpose()
}

/// Those that are under way.
pub async fn under_way(db: &impl ConnectionTrait, now: Time) -> Result<Vec<Impersonation>, DbErr> {
    let text = format!("{ALL} WHERE i.begun_at > $1 AND i.ended_at IS NULL");
    db.query_all_raw(sql(db, &text, [(now - LENGTH).into()])).await?.iter().map(read).collect()
}

/// Those that began so long ago that they are over, and nobody ended.
pub async fn run_out(db: &impl ConnectionTrait, now: Time) -> Result<Vec<Impersonation>, DbErr> {
    let text = format!("{ALL} WHERE i.begun_at <= $1 AND i.ended_at IS NULL ORDER BY i.begun_at");
    db.query_all_raw(sql(db, &text, [(now - LENGTH).into()])).await?.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Impersonation, DbErr> {
    let name: String = row.try_get("", "team_name")?;
    let approved = row.try_get::<Option<Time>>("", "approved_at")?;
    let approved = approved.map(|at| {
        Ok::<_, DbErr>(By { at, user: UserId(row.try_get("", "approved_by")?), name: row.try_get("", "approved_name")? })
    });
    Ok(Impersonation {
        id: ImpersonationId(row.try_get("", "id")?),
        team: TeamId(row.try_get("", "team_id")?),
        team_name: stored(name.parse().ok(), "name")?,
        reason: row.try_get("", "reason")?,
        asked: By {
            at: row.try_get("", "asked_at")?,
            user: UserId(row.try_get("", "asked_by")?),
            name: row.try_get("", "asked_name")?,
        },
        approved: approved.transpose()?,
        tries: row.try_get("", "tries")?,
        begun_at: row.try_get("", "begun_at")?,
        pages: row.try_get("", "pages")?,
        ended_at: row.try_get("", "ended_at")?,
    })
}
