//! Showing a passkey: to sign in, or to confirm a dangerous act.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{audit::Action, ids::CeremonyId};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, DiscoverableKey, PublicKeyCredential, WebauthnError,
};

use super::{
    PasskeyError, Question,
    ceremony::{ask, asked, begin_within, known, read, refuse, site, written},
    manage::tell,
};
use crate::{
    Actor, Cx, access,
    audit::{self, Event, Target},
    cx::SignedIn,
    login::open_session,
    store::{
        self, Tx,
        passkey::{self, Passkey, Purpose},
    },
};

/// Asks the browser for a passkey to sign in with. No address is named, so that nothing can be probed.
#[tracing::instrument(skip_all)]
pub async fn begin_sign_in(cx: &Cx) -> Result<Question, PasskeyError> {
    let (options, state) = question(cx)?;
    // Without an address there is nobody to limit: everybody would be one.
    let network = cx.address.map(|_| format!("passkey:{}", cx.network()));
    let tx = begin_within(cx, network).await?;
    let question = ask(cx, &tx, Purpose::SignIn, options, state).await?;
    tx.commit().await?;
    Ok(question)
}

/// Signs in with the passkey that the browser showed.
#[tracing::instrument(skip_all)]
pub async fn sign_in(cx: &Cx, ceremony: CeremonyId, response: &str) -> Result<SignedIn, PasskeyError> {
    let (row, result) = match shown(cx, ceremony, Purpose::SignIn, response).await {
        Ok(found) => found,
        Err(error) => return Err(refuse(cx, Action::SignInRefused, error).await),
    };
    let tx = cx.portal.db.begin().await?;
    let user = store::user::by_id(&*tx, row.user).await?.filter(|user| user.disabled_at.is_none());
    let (Some(user), true) = (user, note_use(cx, &tx, row.clone(), &result).await?) else {
        drop(tx);
        return Err(refuse(cx, Action::SignInRefused, PasskeyError::Refused("gone")).await);
    };
    let person = open_session(cx, &tx, &user, Some(cx.now())).await?;
    let as_person = Cx { actor: Actor::User(person.clone()), ..cx.clone() };
    let event = Event::new(Action::SignedIn).on(Target::session(person.session));
    audit::append(&*tx, &as_person, event.with("by", "passkey").with("passkey", row.id)).await?;
    tx.commit().await?;
    Ok(person)
}

/// Asks the browser for one of the person's own passkeys.
#[tracing::instrument(skip_all)]
pub async fn begin_step_up(cx: &Cx) -> Result<Question, PasskeyError> {
    let person = access::signed_in(cx)?;
    let mine = store::passkey::of_user(cx.portal.db.reader(), person.user).await?;
    if mine.is_empty() {
        return Err(PasskeyError::Refused("none"));
    }
    let (mut options, state) = question(cx)?;
    let id = |one: &Passkey| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&one.credential_id) });
    options["publicKey"]["allowCredentials"] = mine.iter().map(id).collect();
    let tx = begin_within(cx, Some(format!("passkey-of:{}", person.user.0.simple()))).await?;
    let question = ask(cx, &tx, Purpose::StepUp(person.session), options, state).await?;
    tx.commit().await?;
    Ok(question)
}

/// Confirms the signed-in person with the passkey that the browser showed.
#[tracing::instrument(skip_all)]
pub async fn step_up(cx: &Cx, ceremony: CeremonyId, response: &str) -> Result<(), PasskeyError> {
    let person = access::signed_in(cx)?;
    let (row, result) = match own(cx, person, ceremony, response).await {
        Ok(found) => found,
        Err(error) => return Err(refuse(cx, Action::StepUpRefused, error).await),
    };
    let tx = cx.portal.db.begin().await?;
    if !note_use(cx, &tx, row.clone(), &result).await? {
        drop(tx);
        return Err(refuse(cx, Action::StepUpRefused, PasskeyError::Refused("gone")).await);
    }
    store::session::passkey_shown(&*tx, person.session, cx.now()).await?;
    let event = Event::new(Action::SteppedUp).on(Target::session(person.session));
    audit::append(&*tx, cx, event.with("by", "passkey").with("passkey", row.id)).await?;
    Ok(tx.commit().await?)
}

/// What the library asks for, and what it remembers of it. The person asks with a button, so nothing waits in a field.
fn question(cx: &Cx) -> Result<(Value, DiscoverableAuthentication), PasskeyError> {
    let asked = site(&cx.portal)?.start_discoverable_authentication();
    let (mut options, state) = asked.map_err(|_| PasskeyError::Refused("options"))?;
    options.mediation = None;
    Ok((serde_json::to_value(options).map_err(|_| PasskeyError::Refused("options"))?, state))
}

/// Which passkey was shown, and that it was it. Looked at against what is stored now, its counter among it, and not against
/// what was stored when the question was asked.
async fn shown(
    cx: &Cx,
    ceremony: CeremonyId,
    purpose: Purpose,
    response: &str,
) -> Result<(Passkey, AuthenticationResult), PasskeyError> {
    let state: DiscoverableAuthentication = asked(cx, ceremony, purpose).await?;
    let answer: PublicKeyCredential = read(response)?;
    let row = passkey::by_credential(cx.portal.db.reader(), answer.get_credential_id()).await?;
    let is_theirs = |row: &Passkey| answer.get_user_unique_id().is_none_or(|user| user == row.user.0.as_bytes());
    let row = row.filter(is_theirs).ok_or(PasskeyError::Refused("unknown"))?;
    let key = DiscoverableKey::from(&known(&cx.portal.vault, &row)?);
    match site(&cx.portal)?.finish_discoverable_authentication_v2(&answer, state, &key) {
        Ok(result) => Ok((row, result)),
        Err(error) => Err(not_proved(cx, &row, error).await?),
    }
}

async fn own(
    cx: &Cx,
    person: &SignedIn,
    ceremony: CeremonyId,
    response: &str,
) -> Result<(Passkey, AuthenticationResult), PasskeyError> {
    let found = shown(cx, ceremony, Purpose::StepUp(person.session), response).await?;
    if found.0.user == person.user { Ok(found) } else { Err(PasskeyError::Refused("unknown")) }
}

/// A counter that went back is told to the person: two devices have the passkey, and one of them is not theirs.
async fn not_proved(cx: &Cx, row: &Passkey, error: WebauthnError) -> Result<PasskeyError, PasskeyError> {
    tracing::info!(error = &error as &dyn std::error::Error, "a passkey was not accepted");
    if !matches!(error, WebauthnError::CredentialPossibleCompromise) {
        return Ok(PasskeyError::Refused("not-proved"));
    }
    let tx = cx.portal.db.begin().await?;
    if let Some(user) = store::user::by_id(&*tx, row.user).await? {
        let what = format!(
            "The passkey {} was shown by a device whose counter went back: it seems to have been copied. Remove it.",
            row.name
        );
        tell(cx, &tx, &user.email, "A passkey seems to have been copied", &what).await?;
        let event = Event::new(Action::SignInRefused).on(Target::passkey(row.id, &row.name)).with("email", &user.email);
        audit::append(&*tx, cx, event.with("by", "passkey").refused("counter")).await?;
    }
    tx.commit().await?;
    Ok(PasskeyError::Copied)
}

/// Writes down that it was used, with its counter; false when somebody used it at the same time, or removed it.
async fn note_use(cx: &Cx, tx: &Tx, row: Passkey, result: &AuthenticationResult) -> Result<bool, PasskeyError> {
    let mut one = known(&cx.portal.vault, &row)?;
    one.update_credential(result);
    let (credential, mac) = written(&cx.portal.vault, row.user, &one)?;
    Ok(passkey::used(&**tx, &Passkey { credential, mac, ..row }, cx.now()).await?)
}
