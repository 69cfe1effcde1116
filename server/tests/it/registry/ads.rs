//! Grants of the Advertising API, whose profile is to be chosen.

use backend::connections::NewGrant;
use model::{
    amazon::Region,
    ids::{LwaAppId, ProfileChoiceId},
};
use secrecy::SecretString;
use server::simulator::known;

use super::*;
use crate::house::new_app;

/// The first advertiser's grant, as a person brings it.
pub fn new_grant(of: &Furnished, lwa_app: LwaAppId, region: Region, days_ago: i64) -> NewGrant {
    let refresh_token = SecretString::from(known::ADVERTISERS[0].refresh_token);
    NewGrant { lwa_app, region, refresh_token, authorized_at: of.owner.now() - chrono::Duration::days(days_ago) }
}

impl House {
    /// The Team's app of the Advertising API.
    pub async fn ads_app(&self, of: &Furnished) -> LwaAppId {
        let known = new_app(&known::APPS[2], of.owner.now());
        let there = backend::lwa_apps::list(&of.owner, &of.scope).await.unwrap();
        if let Some(app) = there.into_iter().find(|app| app.client_id == known::APPS[2].client_id) {
            return app.id;
        }
        backend::lwa_apps::create(&of.owner, &of.scope, known).await.unwrap()
    }

    /// A grant to such an app whose profile is still to be chosen.
    pub async fn profiles(&self, of: &Furnished, app: LwaAppId) -> ProfileChoiceId {
        backend::connections::list_profiles(&of.owner, &of.scope, new_grant(of, app, Region::Eu, 0)).await.unwrap()
    }

    pub(super) async fn a_choice(&self, of: &Furnished) -> ProfileChoiceId {
        let app = self.ads_app(of).await;
        self.profiles(of, app).await
    }
}
