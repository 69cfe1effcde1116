use model::{
    Environment,
    amazon::SellerId,
    connection::SellerIdSource::{self, Declared},
    ids::ConnectionId,
};

use super::ConnectionError;
use crate::{
    Cx, TeamScope,
    store::{Tx, lock},
};

/// Refuses what would be a way round a lock, which two people lift: a second connection of a locked seller; and, while a
/// connection of the environment is locked, a grant of which nobody but the person says whose it is. `own`: the connection that the
/// grant is for.
pub(super) async fn not_round(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    environment: Environment,
    (seller, source): (&SellerId, SellerIdSource),
    own: Option<ConnectionId>,
) -> Result<(), ConnectionError> {
    let mut locked = lock::on_connections(&**tx, scope, environment, cx.now()).await?;
    locked.retain(|(id, _)| Some(*id) != own);
    if locked.iter().any(|(_, of)| of == seller.as_str()) {
        return Err(ConnectionError::SellerLocked);
    }
    if source == Declared && !locked.is_empty() {
        return Err(ConnectionError::OthersLocked);
    }
    Ok(())
}
