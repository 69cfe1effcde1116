//! What the page Promises counts.

use model::Time;
use sea_orm::entity::prelude::*;

use super::super::sql;
use crate::access::TeamScope;

/// How many connections a Team has, and what became of those that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub production: i64,
    pub sandbox: i64,
    pub disconnected: i64,
    /// Disconnected ones that still hold a token.
    pub unshredded: i64,
    pub last_disconnected_at: Option<Time>,
}

pub async fn counts(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Counts, DbErr> {
    let text = "SELECT
        COALESCE(SUM(CASE WHEN state <> 'disconnected' AND environment = 'production' THEN 1 ELSE 0 END), 0) AS production,
        COALESCE(SUM(CASE WHEN state <> 'disconnected' AND environment = 'sandbox' THEN 1 ELSE 0 END), 0) AS sandbox,
        COALESCE(SUM(CASE WHEN state = 'disconnected' THEN 1 ELSE 0 END), 0) AS disconnected,
        COALESCE(SUM(CASE WHEN state = 'disconnected' AND (refresh_token IS NOT NULL OR access_token IS NOT NULL)
            THEN 1 ELSE 0 END), 0) AS unshredded,
        MAX(disconnected_at) AS last_at FROM connection WHERE team_id = $1";
    let row = db.query_one_raw(sql(db, text, [scope.team().0.into()])).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("counts of connections".to_owned()))?;
    Ok(Counts {
        production: row.try_get("", "production")?,
        sandbox: row.try_get("", "sandbox")?,
        disconnected: row.try_get("", "disconnected")?,
        unshredded: row.try_get("", "unshredded")?,
        last_disconnected_at: row.try_get("", "last_at")?,
    })
}
