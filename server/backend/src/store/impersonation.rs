//! Who of the installation asked to look into a Team, who of the Team let them, and for how long they did.

use model::{
    Name, Time,
    ids::{ImpersonationId, SessionId, TeamId, UserId},
    impersonation::{ASKED_FOR, CODE_LIFE, ImpersonationState, LENGTH, Moments, PAGES_MOST},
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

/// Notes who approved, and the code that begins it, in the place of one before; false when it began, or is over.
pub async fn approve(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ImpersonationId,
    by: &By,
    code_mac: [u8; 32],
) -> Result<bool, DbErr> {
    let text = "UPDATE impersonation SET approved_at = $3, approved_by = $4, approved_name = $5, code_mac = $6, tries = 0
        WHERE id = $1 AND team_id = $2 AND begun_at IS NULL AND ended_at IS NULL";
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

/// Counts a page that was looked at; false when it is over, or there were as many as anybody needs.
pub async fn count_page(db: &impl ConnectionTrait, id: ImpersonationId) -> Result<bool, DbErr> {
    let text = "UPDATE impersonation SET pages = pages + 1 WHERE id = $1 AND ended_at IS NULL AND pages < $2";
    Ok(db.execute_raw(sql(db, text, [id.0.into(), PAGES_MOST.into()])).await?.rows_affected() == 1)
}

/// Ends it, and gives how it stood then: when it had begun, and the pages. Nothing when it is over already.
pub async fn end(db: &impl ConnectionTrait, id: ImpersonationId, now: Time) -> Result<Option<(Option<Time>, i32)>, DbErr> {
    let text = "UPDATE impersonation SET ended_at = $2, code_mac = NULL WHERE id = $1 AND ended_at IS NULL RETURNING begun_at, pages";
    let row = db.query_one_raw(sql(db, text, [id.0.into(), now.into()])).await?;
    row.map(|row| Ok((row.try_get("", "begun_at")?, row.try_get("", "pages")?))).transpose()
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

/// What must hold while it lasts. $1 is now, $2 so long ago that those who began before are over: who approved is an owner still, and
/// neither locked out nor disabled; whoever looks operates the installation still, with a session that is open, and is in the Team no
/// other way.
const STANDS: &str = "i.ended_at IS NULL AND i.begun_at > $2 AND t.deleted_at IS NULL
    AND EXISTS (SELECT 1 FROM member m JOIN \"user\" u ON u.id = m.user_id
        WHERE m.team_id = i.team_id AND m.user_id = i.approved_by AND m.role = 'owner'
        AND (m.ends_at IS NULL OR m.ends_at > $1) AND u.disabled_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM lock l WHERE l.team_id = i.team_id AND l.target_id = i.approved_by AND l.lifted_at IS NULL)
    AND EXISTS (SELECT 1 FROM session s JOIN \"user\" u ON u.id = s.user_id
        WHERE s.id = i.session_id AND s.ended_at IS NULL AND u.is_operator AND u.disabled_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM member x WHERE x.team_id = i.team_id AND x.user_id = i.asked_by
        AND (x.ends_at IS NULL OR x.ends_at > $1))";

/// The one that this browser of the operator looks by.
pub async fn live(
    db: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
    now: Time,
) -> Result<Option<Impersonation>, DbErr> {
    let text = format!("{ALL} WHERE {STANDS} AND i.asked_by = $3 AND i.session_id = $4");
    let values = [now.into(), (now - LENGTH).into(), user.0.into(), session.0.into()];
    db.query_one_raw(sql(db, &text, values)).await?.map(|row| read(&row)).transpose()
}

/// Those that are under way.
pub async fn under_way(db: &impl ConnectionTrait, now: Time) -> Result<Vec<Impersonation>, DbErr> {
    let text = format!("{ALL} WHERE {STANDS}");
    db.query_all_raw(sql(db, &text, [now.into(), (now - LENGTH).into()])).await?.iter().map(read).collect()
}

/// Those that began, are under way no more, and nobody ended.
pub async fn run_out(db: &impl ConnectionTrait, now: Time) -> Result<Vec<Impersonation>, DbErr> {
    let text = format!("{ALL} WHERE i.begun_at IS NOT NULL AND i.ended_at IS NULL AND NOT ({STANDS}) ORDER BY i.begun_at");
    db.query_all_raw(sql(db, &text, [now.into(), (now - LENGTH).into()])).await?.iter().map(read).collect()
}

/// Forgets the codes of those that nobody began in time.
pub async fn lapse(db: &impl ConnectionTrait, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE impersonation SET ended_at = $1, code_mac = NULL WHERE ended_at IS NULL AND begun_at IS NULL
        AND (approved_at <= $2 OR (approved_at IS NULL AND asked_at <= $3))";
    db.execute_raw(sql(db, text, [now.into(), (now - CODE_LIFE).into(), (now - ASKED_FOR).into()])).await.map(|_| ())
}

/// Deletes those that were over before `then`; the log has them for longer.
pub async fn delete_before(db: &impl ConnectionTrait, then: Time) -> Result<(), DbErr> {
    let text = "DELETE FROM impersonation WHERE ended_at < $1";
    db.execute_raw(sql(db, text, [then.into()])).await.map(|_| ())
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
