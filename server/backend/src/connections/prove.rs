//! Proving a grant against Amazon before anything is stored: one exchange, then one SP-API call.

use chrono::Duration;
use model::{
    amazon::Marketplace,
    credential::{ASSUMED_LIFE_S, Cached},
};
use secrecy::SecretString;

use crate::{
    Cx, TeamScope,
    amazon::{LwaFailure, SpApiFailure, TokenAnswer},
    error::Outage,
    lwa_apps,
    store::lwa_app::LwaApp,
};

/// What a proof leaves in hand.
#[derive(Debug)]
pub(super) struct Proof {
    pub refresh_token: SecretString,
    pub access_token: SecretString,
    pub cached: Cached,
    pub life_assumed: bool,
    /// Where the seller participates, the chosen marketplace first.
    pub marketplace_ids: Vec<String>,
}

/// Why a grant was not proved.
#[derive(Debug)]
pub enum ProofFailure {
    Lwa(LwaFailure),
    SpApi(SpApiFailure),
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
            ProofFailure::SpApi(failure) => failure.word(),
            ProofFailure::NotInMarketplace { .. } => "not_in_marketplace",
        }
    }
}

/// Proves a refresh token with an app.
pub(super) async fn prove(
    cx: &Cx,
    scope: &TeamScope,
    app: &LwaApp,
    marketplace: Marketplace,
    refresh_token: SecretString,
) -> Result<Result<Proof, ProofFailure>, Outage> {
    let asked_at = cx.now();
    match lwa_apps::exchange(cx, scope, app, lwa_apps::Held::RefreshToken(&refresh_token)).await? {
        Ok(answer) => Ok(participations(cx, app, marketplace, refresh_token, answer, asked_at).await),
        Err(failure) => Ok(Err(ProofFailure::Lwa(failure))),
    }
}

/// Goes on from LWA's answer: asks SP-API where the seller participates.
pub(super) async fn participations(
    cx: &Cx,
    app: &LwaApp,
    marketplace: Marketplace,
    refresh_token: SecretString,
    answer: TokenAnswer,
    asked_at: model::Time,
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
    let life = answer.expires_in.unwrap_or(ASSUMED_LIFE_S);
    Ok(Proof {
        // LWA gives the same token back; should it ever give another one, that is the one that lives.
        refresh_token: answer.refresh_token.unwrap_or(refresh_token),
        access_token: answer.access_token,
        cached: Cached { generation: 1, issued_at: asked_at, expires_at: asked_at + Duration::seconds(i64::from(life)) },
        life_assumed: answer.expires_in.is_none(),
        marketplace_ids: ids,
    })
}
