//! Rotating a client secret is done by people at Amazon and on the app's page: a measure looks how far they came.

use model::{ids::LwaAppId, lwa_app::OtherSecret};

use super::IncidentScope;
use crate::{
    error::Outage,
    store::{Tx, lwa_app, measure::Measure},
};

pub(super) enum Stands {
    Done(String),
    UnderWay(String),
}

/// How far the rotation of the app's secret is. One that was made after the incident was noticed is a new one, whoever ordered
/// it when.
pub(super) async fn stands(tx: &Tx, scope: &IncidentScope, measure: &Measure) -> Result<Stands, Outage> {
    let Some(app) = lwa_app::by_id(&**tx, scope.team(), LwaAppId(measure.target_id)).await? else {
        return Ok(Stands::Done("The app is gone, and its secrets with it.".to_owned()));
    };
    let is_new = app.secret_made_at > scope.incident().detected_at;
    let under_way = |words: &str| Ok(Stands::UnderWay(words.to_owned()));
    match (is_new, &app.other) {
        (true, OtherSecret::Empty) => Ok(Stands::Done("The new secret is in use, and the old one is dropped.".to_owned())),
        (true, _) => under_way("Step 3 of 3: the new secret is in use; drop the old one on the app's page."),
        (false, OtherSecret::Next { .. }) => {
            under_way("Step 2 of 3: the new secret is stored and proved; promote it on the app's page.")
        }
        (false, _) => under_way("Step 1 of 3: make a new secret at Amazon and store it on the app's page."),
    }
}
