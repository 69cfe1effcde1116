//! Proving a grant against Amazon before anything is stored: one exchange, then one call of the interface that
//! it is for.

use chrono::Duration;
use model::{
    Time,
    amazon::{Marketplace, Profile, ProfileId, Region},
    credential::{ASSUMED_LIFE_S, Cached},
};
use secrecy::SecretString;

use crate::{
    Cx, TeamScope,
    amazon::{CallFailure, LwaFailure, TokenAnswer},
    error::Outage,
    lwa_apps,
    store::{connection::Connection, lwa_app::LwaApp},
};

/// What a proof leaves in hand.
#[derive(Debug)]
pub(super) struct Proof {
    pub refresh_token: SecretString,
    pub access_token: SecretString,
    pub cached: Cached,
    pub life_assumed: bool,
    /// Where the seller participates, the chosen marketplace first; the one of a profile.
    pub marketplace_ids: Vec<String>,
}

impl Proof {
    fn new(refresh_token: SecretString, answer: TokenAnswer, asked_at: Time, marketplace_ids: Vec<String>) -> Self {
        let life = answer.expires_in.unwrap_or(ASSUMED_LIFE_S);
        Self {
            // LWA gives the same token back; should it ever give another one, that is the one that lives.
            refresh_token: answer.refresh_token.unwrap_or(refresh_token),
            access_token: answer.access_token,
            cached: Cached { generation: 1, issued_at: asked_at, expires_at: asked_at + Duration::seconds(i64::from(life)) },
            life_assumed: answer.expires_in.is_none(),
            marketplace_ids,
        }
    }
}

/// What a grant is to be proved for.
#[derive(Clone, Copy, Debug)]
pub(super) enum For {
    Seller(Marketplace),
    Profile(ProfileId, Region),
}

impl For {
    pub fn connection(connection: &Connection) -> Self {
        match connection.profile {
            Some(profile) => For::Profile(profile, connection.marketplace.region()),
            None => For::Seller(connection.marketplace),
        }
    }
}

/// Why a grant was not proved.
#[derive(Debug)]
pub enum ProofFailure {
    Lwa(LwaFailure),
    SpApi(CallFailure),
    Ads(CallFailure),
    /// Amazon accepts the grant, but it does not reach this profile.
    NoSuchProfile,
    /// Amazon accepts the grant, but it reaches no profile of this region.
    NoProfiles(Region),
    /// Amazon accepts the grant, but the seller does not sell there.
    NotInMarketplace {
        marketplace: Marketplace,
        participates_in: Vec<&'static str>,
    },
}

impl ProofFailure {
    /// The stable word for the log.
    pub(super) fn word(&self) -> &'static str {
        match self {
            ProofFailure::Lwa(failure) => failure.word(),
            ProofFailure::SpApi(failure) | ProofFailure::Ads(failure) => failure.word(),
            ProofFailure::NoSuchProfile => "no_such_profile",
            ProofFailure::NoProfiles(_) => "no_profiles",
            ProofFailure::NotInMarketplace { .. } => "not_in_marketplace",
        }
    }
}

/// Proves a refresh token with an app.
pub(super) async fn prove(
    cx: &Cx,
    scope: &TeamScope,
    app: &LwaApp,
    what: For,
    refresh_token: SecretString,
) -> Result<Result<Proof, ProofFailure>, Outage> {
    let asked_at = cx.now();
    let answer = match lwa_apps::exchange(cx, scope, app, lwa_apps::Held::RefreshToken(&refresh_token)).await? {
        Ok(answer) => answer,
        Err(failure) => return Ok(Err(ProofFailure::Lwa(failure))),
    };
    Ok(match what {
        For::Seller(marketplace) => participations(cx, app, marketplace, refresh_token, answer, asked_at).await,
        For::Profile(id, region) => {
            let found = profiles(cx, app, region, &answer).await;
            found.and_then(|all| {
                let profile = all.into_iter().find(|one| one.id == id).ok_or(ProofFailure::NoSuchProfile)?;
                let ids = vec![profile.marketplace.marketplace_id().to_owned()];
                Ok(Proof::new(refresh_token, answer, asked_at, ids))
            })
        }
    })
}

/// Goes on from LWA's answer: asks the Advertising API which profiles the grant reaches.
pub(super) async fn profiles(
    cx: &Cx,
    app: &LwaApp,
    region: Region,
    answer: &TokenAnswer,
) -> Result<Vec<Profile>, ProofFailure> {
    let found = cx.portal.amazon.profiles(region, &app.client_id, &answer.access_token).await;
    found.map_err(ProofFailure::Ads)
}

/// Goes on from LWA's answer: asks SP-API where the seller participates.
pub(super) async fn participations(
    cx: &Cx,
    app: &LwaApp,
    marketplace: Marketplace,
    refresh_token: SecretString,
    answer: TokenAnswer,
    asked_at: Time,
) -> Result<Proof, ProofFailure> {
    let found = cx.portal.amazon.participations(marketplace, app.environment, &answer.access_token).await;
    let found = found.map_err(ProofFailure::SpApi)?;
    let mut ids: Vec<String> = found.into_iter().filter(|p| p.is_participating).map(|p| p.marketplace_id).collect();
    // The static sandbox answers with Amazon's own sample seller: only production can be held to its word.
    if app.environment == model::Environment::Production && !ids.iter().any(|id| id == marketplace.marketplace_id()) {
        let participates_in = ids.iter().filter_map(|id| Marketplace::by_id(id)).map(|m| m.code()).collect();
        return Err(ProofFailure::NotInMarketplace { marketplace, participates_in });
    }
    ids.retain(|id| id != marketplace.marketplace_id());
    ids.insert(0, marketplace.marketplace_id().to_owned());
    Ok(Proof::new(refresh_token, answer, asked_at, ids))
}
