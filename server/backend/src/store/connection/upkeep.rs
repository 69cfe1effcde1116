//! Grants that Amazon is asked about again, and authorizations that end.

use model::{
    Environment, Time,
    connection::SellerIdSource,
    ids::{ConnectionId, TeamId},
};
use sea_orm::{QueryResult, entity::prelude::*};

use super::{
    super::{sql, stored},
    Connection,
};
use crate::{access::TeamScope, vault::Sealed};

/// Amazon accepted this very grant again. `other`: it gave another refresh token, sealed, and by what that is known again.
/// False when the grant was replaced since it was loaded. Access tokens stay as they are.
pub async fn proved(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    loaded: &Connection,
    marketplace_ids: &[String],
    other: Option<(Sealed, [u8; 32])>,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE connection SET proved_at = $4, tested_at = $4, test_failure = NULL, marketplace_ids = $5, failed_at = NULL,
            failure_code = NULL, failures = 0, retry_at = NULL, refresh_token = COALESCE($6, refresh_token),
            grant_mac = CASE WHEN profile_id IS NULL AND EXISTS (SELECT 1 FROM connection o WHERE o.team_id = $1 AND o.grant_mac = $7 AND o.id <> $2)
                THEN grant_mac ELSE COALESCE($7, grant_mac) END, version = version + 1
        WHERE team_id = $1 AND id = $2 AND grant_mac = $3";
    let (token, mac) = other.map(|(sealed, mac)| (sealed.0, mac.to_vec())).unzip();
    let values = [
        scope.team().0.into(),
        loaded.id.0.into(),
        loaded.grant_mac.clone().into(),
        now.into(),
        marketplace_ids.join(" ").into(),
        token.into(),
        mac.into(),
    ];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// This very grant was tested, in vain. What was said of it says nothing of one that has replaced it.
pub async fn test_failed(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    loaded: &Connection,
    word: &str,
    now: Time,
) -> Result<(), DbErr> {
    let text = "UPDATE connection SET tested_at = $4, test_failure = $5 WHERE team_id = $1 AND id = $2 AND grant_mac = $3";
    let values = [scope.team().0.into(), loaded.id.0.into(), loaded.grant_mac.clone().into(), now.into(), word.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Active connections of all Teams that are to be tested: not since `then`, or not since `soon` where the last test failed.
/// Those whose app Amazon refuses are left out, since that is known.
pub async fn untested_since(
    db: &impl ConnectionTrait,
    then: Time,
    soon: Time,
    most: u64,
) -> Result<Vec<(TeamId, Environment, ConnectionId)>, DbErr> {
    let text = "SELECT c.team_id, c.environment, c.id FROM connection c JOIN lwa_app a ON a.id = c.lwa_app_id
        WHERE c.state = 'active' AND a.rejected_at IS NULL
            AND COALESCE(c.tested_at, c.created_at) < CASE WHEN c.test_failure IS NULL THEN $1 ELSE $2 END
        ORDER BY COALESCE(c.tested_at, c.created_at) LIMIT $3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = db.query_all_raw(sql(db, text, [then.into(), soon.into(), most.into()])).await?;
    let row = |row: QueryResult| {
        let environment: String = row.try_get("", "environment")?;
        let environment = stored(Environment::parse(&environment), "environment")?;
        Ok((TeamId(row.try_get("", "team_id")?), environment, ConnectionId(row.try_get("", "id")?)))
    };
    rows.into_iter().map(row).collect()
}

/// Takes it upon the caller to test this grant; false when another did so since `then`.
pub async fn claim_test(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ConnectionId,
    then: Time,
    now: Time,
) -> Result<bool, DbErr> {
    let text =
        "UPDATE connection SET tested_at = $4 WHERE team_id = $1 AND id = $2 AND (tested_at IS NULL OR tested_at < $3)";
    let values = [scope.team().0.into(), id.0.into(), then.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// The authorizations of all Teams that sellers gave at Amazon: Team, connection, name, since when. For Portal's own job.
pub async fn authorizations(db: &impl ConnectionTrait) -> Result<Vec<(TeamId, Uuid, String, Time)>, DbErr> {
    let text = "SELECT team_id, id, name, authorized_at FROM connection
        WHERE disconnected_at IS NULL AND state <> 'needs_reauthorization' AND seller_id_source = $1 ORDER BY id";
    let rows = db.query_all_raw(sql(db, text, [SellerIdSource::Amazon.as_str().into()])).await?;
    let read = |row: QueryResult| {
        let authorized_at = row.try_get("", "authorized_at")?;
        Ok((TeamId(row.try_get("", "team_id")?), row.try_get("", "id")?, row.try_get("", "name")?, authorized_at))
    };
    rows.into_iter().map(read).collect()
}

/// Amazon gave another refresh token for the grant that this connection shares with others.
pub async fn follow(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    loaded: &Connection,
    token: Sealed,
    mac: [u8; 32],
) -> Result<(), DbErr> {
    let text = "UPDATE connection SET refresh_token = $4, grant_mac = $5, version = version + 1
        WHERE team_id = $1 AND id = $2 AND grant_mac = $3";
    let old = loaded.grant_mac.clone();
    let values = [scope.team().0.into(), loaded.id.0.into(), old.into(), token.0.into(), mac.to_vec().into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}
