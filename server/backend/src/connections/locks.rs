use model::{
    Environment,
    amazon::SellerId,
    connection::SellerIdSource::{self, Declared},
    ids::ConnectionId,
};

use super::ConnectionError;
use crate::{
    Cx, TeamScope,
    store::{
        Tx,
        lock::{self, Locked},
    },
};

/// Refuses what would be a way round a lock, which two people lift: a second connection of a locked seller, or of a locked grant; and, while a
/// connection of the environment is locked, a grant of which nobody but the person says whose it is. `own`: the connection that the
/// grant is for.
pub(super) async fn not_round(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    environment: Environment,
    (seller, source): (&SellerId, SellerIdSource),
    grant_mac: &[u8; 32],
    own: Option<ConnectionId>,
) -> Result<(), ConnectionError> {
    let mut locked = lock::on_connections(&**tx, scope, environment, cx.now()).await?;
    locked.retain(|one| Some(one.connection) != own);
    let same = |one: &Locked| one.seller == seller.as_str() || one.grant_mac.as_deref() == Some(grant_mac);
    if locked.iter().any(same) {
        return Err(ConnectionError::SellerLocked);
    }
    if source == Declared && !locked.is_empty() {
        return Err(ConnectionError::OthersLocked);
    }
    Ok(())
}
