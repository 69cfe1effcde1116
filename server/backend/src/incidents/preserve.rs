use super::{IncidentError, evidence, measures::LOG_IS_FRESH, scope};
use crate::{Cx, TeamScope, access::AccessError, error::Outage, store::incident};

/// Everybody may report: of more than these, what is destroyed waits for none.
const MOST: i64 = 5;

/// Takes in how the Team stands, for each of its incidents that is not over, before something is destroyed that no measure
/// destroys. When it cannot be kept, nothing may be destroyed.
pub(crate) async fn preserve(cx: &Cx, team: &TeamScope) -> Result<(), AccessError> {
    for incident in incident::open_of(&cx.portal.db.of(team), team, MOST).await? {
        let own = scope::own(team, &incident, Vec::new());
        match evidence::take_stock(cx, &own, LOG_IS_FRESH).await {
            // It ended meanwhile.
            Ok(()) | Err(IncidentError::Over) => {}
            Err(IncidentError::Access(error)) => return Err(error),
            Err(_) => return Err(Outage::Corrupt("evidence").into()),
        }
    }
    Ok(())
}
