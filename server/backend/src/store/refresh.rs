//! The refresh lease and the compare-and-set that decides whose token counts.

use chrono::Duration;
use model::{Time, ids::ConnectionId};
use sea_orm::entity::prelude::*;

use super::sql;
use crate::{access::TeamScope, vault::Sealed};

/// Takes the lease on a grant while its generation is still `generation`; an abandoned lease is taken over.
pub async fn take_lease(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ConnectionId,
    generation: i64,
    holder: Uuid,
    now: Time,
    life: Duration,
    forced: bool,
) -> Result<bool, DbErr> {
    let forced_at = if forced { ", forced_at = $5" } else { "" };
    let text = format!(
        "UPDATE connection SET refresh_holder = $4, refresh_until = $6{forced_at}
        WHERE team_id = $1 AND id = $2 AND generation = $3 AND state = 'active' AND (refresh_until IS NULL OR refresh_until <= $5)"
    );
    let values = [scope.team().0.into(), id.0.into(), generation.into(), holder.into(), now.into(), (now + life).into()];
    Ok(db.execute_raw(sql(db, &text, values)).await?.rows_affected() == 1)
}

/// A refreshed token.
#[derive(Clone, Debug)]
pub struct Refreshed {
    pub access_token: Sealed,
    /// Amazon gave another refresh token than the one it was sent: sealed, and by what it is known again.
    pub refresh_token: Option<(Sealed, [u8; 32])>,
    pub issued_at: Time,
    pub expires_at: Time,
    pub life_assumed: bool,
}

/// Stores the token as generation `generation + 1`; false when another refresher, a disable or a disconnect came first.
pub async fn store(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ConnectionId,
    generation: i64,
    new: Refreshed,
) -> Result<bool, DbErr> {
    let text = "UPDATE connection SET access_token = $4, refresh_token = COALESCE($5, refresh_token), grant_mac = CASE WHEN profile_id IS NULL AND EXISTS
                (SELECT 1 FROM connection o WHERE o.team_id = $1 AND o.grant_mac = $9 AND o.id <> $2)
                THEN grant_mac ELSE COALESCE($9, grant_mac) END, generation = generation + 1,
            access_issued_at = $6, access_expires_at = $7, life_assumed = $8, proved_at = $6, failed_at = NULL, failure_code = NULL,
            failures = 0, retry_at = NULL, refresh_holder = NULL, refresh_until = NULL, version = version + 1
        WHERE team_id = $1 AND id = $2 AND generation = $3 AND state = 'active'";
    let (refresh_token, mac) = new.refresh_token.map(|(sealed, mac)| (sealed.0, mac.to_vec())).unzip();
    let values = [
        scope.team().0.into(),
        id.0.into(),
        generation.into(),
        new.access_token.0.into(),
        refresh_token.into(),
        new.issued_at.into(),
        new.expires_at.into(),
        new.life_assumed.into(),
        mac.into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Notes a failure and gives the lease back. The count makes the next wait longer.
pub async fn fail(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ConnectionId,
    holder: Uuid,
    code: &str,
    now: Time,
    retry_at: Option<Time>,
) -> Result<(), DbErr> {
    let text = "UPDATE connection SET failed_at = $4, failure_code = $5, failures = failures + 1, retry_at = $6,
            refresh_holder = NULL, refresh_until = NULL
        WHERE team_id = $1 AND id = $2 AND refresh_holder = $3";
    let values = [scope.team().0.into(), id.0.into(), holder.into(), now.into(), code.into(), retry_at.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}
