//! Connecting for the Advertising API, in two steps: a grant is proved and its profiles are listed, then one of them is chosen.

use chrono::Duration;
use model::{
    Name,
    amazon::{Api, ProfileId, Region},
    audit::Action,
    connection::SellerIdSource,
    ids::{ConnectionId, LwaAppId, ProfileChoiceId},
};
use secrecy::SecretString;

use super::{
    Account, ConnectionError, app_of,
    prove::{self, For, ProofFailure, prove},
    refused, store_new,
};
use crate::{
    Cx, TeamScope, access,
    audit::{self, Event, Target},
    lwa_apps, random,
    store::profile_choice::{self, ProfileChoice},
    vault::Place,
};

/// A choice is open for so long: time to look up which account is meant.
pub const CHOICE_LIFE: Duration = Duration::minutes(30);

/// Proves a refresh token of the Advertising API, lists the profiles that it reaches in a region, and keeps it, sealed, until one is
/// chosen.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn list_profiles(
    cx: &Cx,
    scope: &TeamScope,
    app: LwaAppId,
    region: Region,
    refresh_token: SecretString,
) -> Result<ProfileChoiceId, ConnectionError> {
    let person = access::signed_in(cx)?.user;
    let app = app_of(cx, scope, app, Api::Advertising).await?;
    // Amazon may answer with another refresh token, the old one being worth nothing any more: what seals it is there before.
    cx.portal.vault.ready(cx.portal.db.reader(), cx.now(), Some(scope.team())).await?;
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
        Err(failure) => return Err(ConnectionError::NotProved(refused(cx, scope, ("lwa_app", &app.name), failure).await?)),
    };
    let now = cx.now();
    let id: ProfileChoiceId = random::id(now);
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    let token = answer.refresh_token.unwrap_or(refresh_token);
    let refresh_token = cx.portal.vault.seal(&*tx, now, &place(scope, id), &token).await?;
    let event = Event::of(scope, Action::ProfilesListed).on(Target::lwa_app(app.id, &app.name));
    let event = event.with("region", region.as_str()).with("profiles", i64::try_from(profiles.len()).unwrap_or(i64::MAX));
    let expires_at = now + CHOICE_LIFE;
    let choice = ProfileChoice {
        id,
        lwa_app: app.id,
        region,
        refresh_token,
        profiles,
        created_by: person,
        created_at: now,
        expires_at,
    };
    profile_choice::insert(&*tx, scope, choice).await?;
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(id)
}

/// A choice that is open to whoever asks.
pub async fn profile_choice(cx: &Cx, scope: &TeamScope, id: ProfileChoiceId) -> Result<ProfileChoice, ConnectionError> {
    let person = access::signed_in(cx)?.user;
    let found = profile_choice::open(cx.portal.db.reader(), scope, id, person, cx.now()).await?;
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
    let choice = profile_choice(cx, scope, id).await?;
    let chosen = choice.profiles.into_iter().find(|one| one.id == profile).ok_or(ConnectionError::NoSuchProfile)?;
    let app = app_of(cx, scope, choice.lwa_app, Api::Advertising).await?;
    let token = cx.portal.vault.open(cx.portal.db.reader(), &place(scope, id), &choice.refresh_token).await?;
    let proof = match prove(cx, scope, &app, For::Profile(profile, choice.region), token).await? {
        Ok(proof) => proof,
        Err(failure) => return Err(ConnectionError::NotChosen(refused(cx, scope, ("name", &name), failure).await?)),
    };
    let account = Account {
        seller_id: chosen.account,
        source: SellerIdSource::Amazon,
        marketplace: chosen.marketplace,
        profile: Some(profile),
    };
    let tx = cx.portal.begin_to_seal(Some(scope.team())).await?;
    let connection = store_new(cx, &tx, scope, &app, &name, account, proof).await?;
    tx.commit().await?;
    Ok(connection)
}

fn place(scope: &TeamScope, id: ProfileChoiceId) -> Place {
    Place { team: Some(scope.team()), table: "profile_choice", row: id.0, field: "refresh_token" }
}
