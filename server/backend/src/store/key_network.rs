//! The networks that each gateway key was used from.

use model::{
    Time,
    ids::{GatewayKeyId, TeamId},
};
use sea_orm::{DbErr, entity::prelude::*};

use super::{pieces, sql};
use crate::access::TeamScope;

/// The networks that these keys are known from.
pub async fn known(db: &impl ConnectionTrait, keys: &[GatewayKeyId]) -> Result<Vec<(GatewayKeyId, String)>, DbErr> {
    let mut all = Vec::new();
    for piece in pieces(keys.to_vec()) {
        let places: Vec<_> = (1..=piece.len()).map(|n| format!("${n}")).collect();
        let text = format!("SELECT key_id, network FROM key_network WHERE key_id IN ({})", places.join(", "));
        for row in db.query_all_raw(sql(db, &text, piece.iter().map(|key| key.0.into()))).await? {
            all.push((GatewayKeyId(row.try_get("", "key_id")?), row.try_get("", "network")?));
        }
    }
    Ok(all)
}

/// Notes a network of a key.
pub async fn note(db: &impl ConnectionTrait, team: TeamId, key: GatewayKeyId, network: &str, at: Time) -> Result<(), DbErr> {
    let text = "INSERT INTO key_network (key_id, team_id, network, first_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (key_id, network) DO NOTHING";
    db.execute_raw(sql(db, text, [key.0.into(), team.0.into(), network.into(), at.into()])).await.map(|_| ())
}

/// A network that a key of the Team was first used from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNetwork {
    pub key: GatewayKeyId,
    pub network: String,
    pub first_at: Time,
}

/// The networks that came up from `first` on and before `end`.
pub async fn since(db: &impl ConnectionTrait, scope: &TeamScope, first: Time, end: Time) -> Result<Vec<NewNetwork>, DbErr> {
    let text = "SELECT key_id, network, first_at FROM key_network
        WHERE team_id = $1 AND first_at >= $2 AND first_at < $3 ORDER BY first_at, network";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), first.into(), end.into()])).await?;
    let read = |row: sea_orm::QueryResult| {
        Ok(NewNetwork {
            key: GatewayKeyId(row.try_get("", "key_id")?),
            network: row.try_get("", "network")?,
            first_at: row.try_get("", "first_at")?,
        })
    };
    rows.into_iter().map(read).collect()
}
