//! Connecting for the Advertising API, in two steps: a grant is proved and its profiles are listed, then one of them is chosen.

use chrono::Duration;
use model::{
    Name, Time,
    amazon::{Api, Profile, ProfileId, Region},
    audit::Action,
    connection::SellerIdSource,
    ids::{ConnectionId, LwaAppId, ProfileChoiceId},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Account, ConnectionError, app_of,
    prove::{self, For, ProofFailure, prove},
    refused, siblings, store_new,
};
use crate::{
    Cx, TeamScope, access,
    audit::{self, Event, Target},
    error::Outage,
    lwa_apps, random,
    store::{
        self,
        profile_choice::{self, ProfileChoice},
    },
    vault::Place,
};

/// A choice is open for so long: time to look up which account is meant.
pub const CHOICE_LIFE: Duration = Duration::minutes(30);

/// A grant of the Advertising API, as a person brings it.
#[derive(Debug)]
pub struct NewGrant {
    pub lwa_app: LwaAppId,
    pub region: Region,
    pub refresh_token: SecretString,
    /// When somebody consented at Amazon: the start of its 365 days.
    pub authorized_at: Time,
}

/// What there is to choose from.
#[derive(Debug)]
pub struct Choice {
    pub lwa_app: LwaAppId,
    pub region: Region,
    pub profiles: Vec<Profile>,
    pub expires_at: Time,
}

/// Proves a grant of the Advertising API, lists the profiles that it reaches in its region, and keeps both, sealed, until one is
/// chosen.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn list_profiles(cx: &Cx, scope: &TeamScope, new: NewGrant) -> Result<ProfileChoiceId, ConnectionError> {
    let NewGrant { lwa_app, region, refresh_token, authorized_at } = new;
    let person = access::signed_in(cx)?.user;
    let app = app_of(cx, scope, lwa_app, Api::Advertising).await?;
    if authorized_at > cx.now() {
        return Err(ConnectionError::ConsentedInFuture);
    }
    // Amazon may answer with another refresh token, the old one being worth nothing any more: what seals it is there before.
    cx.portal.vault.ready(&cx.portal.db.of(scope), cx.now(), Some(scope.team())).await?;
    let answer = match lwa_apps::exchange(cx, scope, &app, lwa_apps::Held::RefreshToken(&refresh_token)).await? {
        Ok(answer) => prove::profiles(cx, &app, region, &answer).await.map(|found| (answer, found)),
        Err(failure) => Err(ProofFailure::Lwa(failure)),
    };
    let answer = answer.and_then(
        |(answer, found)| {
            if found.is_empty() { Err(ProofFailure::NoProfiles(region)) } else { Ok((answer, found)) }
        },
    );
    let (answer, profiles) = match answer {
        Ok(reached) => reached,
        Err(failure) => {
            return Err(ConnectionError::NotProved(refused(cx, scope, ("lwa_app", &app.name), failure).await?));
        }
    };
    let (now, vault) = (cx.now(), &cx.portal.vault);
    let id: ProfileChoiceId = random::id(now);
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    // Held, so that nothing is kept in a Team that ends meanwhile, or for an app that is removed.
    store::team::hold(&*tx, scope).await?;
    store::lwa_app::by_id(&*tx, scope, app.id).await?.ok_or(ConnectionError::NoSuchApp)?;
    let token = answer.refresh_token.unwrap_or(refresh_token);
    let list = serde_json::to_string(&profiles).map_err(|_| Outage::Corrupt("profiles"))?;
    let choice = ProfileChoice {
        id,
        lwa_app: app.id,
        region,
        refresh_token: vault.seal(&*tx, now, &place(scope, id, "refresh_token"), &token).await?,
        grant_mac: vault.grant_mac(scope.team(), &token),
        profiles: vault.seal(&*tx, now, &place(scope, id, "profiles"), &SecretString::from(list)).await?,
        authorized_at,
        created_by: person,
        created_at: now,
        expires_at: now + CHOICE_LIFE,
    };
    profile_choice::insert(&*tx, scope, choice).await?;
    let event = Event::of(scope, Action::ProfilesListed).on(Target::lwa_app(app.id, &app.name));
    let many = i64::try_from(profiles.len()).unwrap_or(i64::MAX);
    audit::append(&*tx, cx, event.with("region", region.as_str()).with("profiles", many)).await?;
    tx.commit().await?;
    Ok(id)
}

/// A choice that is open to whoever asks.
pub async fn profile_choice(cx: &Cx, scope: &TeamScope, id: ProfileChoiceId) -> Result<Choice, ConnectionError> {
    let kept = open(cx, scope, id).await?;
    let sealed = &kept.profiles;
    let list = cx.portal.vault.open(&cx.portal.db.of(scope), &place(scope, id, "profiles"), sealed).await?;
    #[expect(clippy::disallowed_methods, reason = "names of accounts, for whoever brought the grant")]
    let profiles = serde_json::from_str(list.expose_secret()).map_err(|_| Outage::Corrupt("profiles"))?;
    Ok(Choice { lwa_app: kept.lwa_app, region: kept.region, profiles, expires_at: kept.expires_at })
}

async fn open(cx: &Cx, scope: &TeamScope, id: ProfileChoiceId) -> Result<ProfileChoice, ConnectionError> {
    let person = access::signed_in(cx)?.user;
    let found = profile_choice::open(&cx.portal.db.of(scope), scope, id, person, cx.now()).await?;
    found.ok_or(ConnectionError::ChoiceOver)
}

/// Connects one profile of a choice, which stays open for the others.
#[tracing::instrument(skip_all, fields(team = %scope.team(), profile = %profile))]
pub async fn choose_profile(
    cx: &Cx,
    scope: &TeamScope,
    id: ProfileChoiceId,
    profile: ProfileId,
    name: Name,
) -> Result<ConnectionId, ConnectionError> {
    let (kept, choice) = (open(cx, scope, id).await?, profile_choice(cx, scope, id).await?);
    let chosen = choice.profiles.into_iter().find(|one| one.id == profile).ok_or(ConnectionError::NoSuchProfile)?;
    let app = app_of(cx, scope, choice.lwa_app, Api::Advertising).await?;
    let place = place(scope, id, "refresh_token");
    let token = cx.portal.vault.open(&cx.portal.db.of(scope), &place, &kept.refresh_token).await?;
    let proof = match prove(cx, scope, &app, For::Profile(profile, choice.region), token).await? {
        Ok(proof) => proof,
        Err(failure) => return Err(ConnectionError::NotChosen(refused(cx, scope, ("name", &name), failure).await?)),
    };
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    siblings::follow(&tx, cx, scope, (None, &kept.grant_mac), &proof.refresh_token).await?;
    let mac = cx.portal.vault.grant_mac(scope.team(), &proof.refresh_token);
    let known = siblings::authorized_at(&tx, scope, &mac).await?;
    let account = Account {
        seller_id: chosen.account,
        source: SellerIdSource::Amazon,
        marketplace: chosen.marketplace,
        profile: Some(profile),
        authorized_at: known.map_or(kept.authorized_at, |known| known.min(kept.authorized_at)),
    };
    let connection = store_new(cx, &tx, scope, &app, &name, account, proof).await?;
    tx.commit().await?;
    Ok(connection)
}

pub(super) fn place(scope: &TeamScope, id: ProfileChoiceId, field: &'static str) -> Place {
    Place { team: Some(scope.team()), table: "profile_choice", row: id.0, field }
}
