//! Registering a passkey.

use model::{
    Name,
    audit::Action,
    ids::{CeremonyId, PasskeyId},
    passkey::PASSKEYS_MOST,
    step_up::DangerousAct,
};
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::{
    PasskeyError, Question,
    ceremony::{ask, asked, begin_within, known, read, refuse, site, written},
    manage::{tell, tell_teams},
};
use crate::{
    Cx,
    access::{self, AccessError},
    audit::{self, Event, Target},
    cx::SignedIn,
    random,
    store::{
        self,
        passkey::{Passkey, Purpose},
    },
};

/// Asks the browser for a new passkey. Who has one shows it first: whoever reads a person's mail must not add their own.
#[tracing::instrument(skip_all)]
pub async fn begin_registration(cx: &Cx) -> Result<Question, PasskeyError> {
    let (person, mine) = allowed(cx).await?;
    let exclude = mine.iter().filter_map(|one| Some(known(&cx.portal.vault, one).ok()?.cred_id().clone())).collect();
    let (email, user) = (person.email.as_str(), person.user.0);
    let (options, state) = site(&cx.portal)?
        .start_passkey_registration(user, email, email, Some(exclude))
        .map_err(|_| PasskeyError::Refused("options"))?;
    let mut options = serde_json::to_value(options).map_err(|_| PasskeyError::Refused("options"))?;
    // So that it signs in without an address being typed.
    let selection = &mut options["publicKey"]["authenticatorSelection"];
    selection["residentKey"] = "required".into();
    selection["requireResidentKey"] = true.into();
    let tx = begin_within(cx, Some(format!("passkey-of:{}", person.user.0.simple()))).await?;
    let question = ask(cx, &tx, Purpose::Register(person.session), options, state).await?;
    tx.commit().await?;
    Ok(question)
}

/// Takes the new passkey that the browser answered with.
#[tracing::instrument(skip_all)]
pub async fn register(cx: &Cx, ceremony: CeremonyId, name: Name, response: &str) -> Result<PasskeyId, PasskeyError> {
    let (person, _) = allowed(cx).await?;
    match made(cx, &person, ceremony, name, response).await {
        Ok(new) => add(cx, &person, new).await,
        Err(error) => Err(refuse(cx, Action::PasskeyAdded, error).await),
    }
}

async fn made(
    cx: &Cx,
    person: &SignedIn,
    ceremony: CeremonyId,
    name: Name,
    response: &str,
) -> Result<Passkey, PasskeyError> {
    let state: PasskeyRegistration = asked(cx, ceremony, Purpose::Register(person.session)).await?;
    let answer: RegisterPublicKeyCredential = read(response)?;
    let one = site(&cx.portal)?.finish_passkey_registration(&answer, &state).map_err(|error| {
        tracing::info!(error = &error as &dyn std::error::Error, "a new passkey was not accepted");
        PasskeyError::Refused("not-proved")
    })?;
    let (credential, mac) = written(&cx.portal.vault, person.user, &one)?;
    Ok(Passkey {
        id: random::id(cx.now()),
        user: person.user,
        name,
        credential_id: one.cred_id().to_vec(),
        credential,
        mac,
        uses: 0,
        created_at: cx.now(),
        last_used_at: None,
    })
}

async fn add(cx: &Cx, person: &SignedIn, new: Passkey) -> Result<PasskeyId, PasskeyError> {
    let tx = cx.portal.db.begin().await?;
    store::user::hold(&*tx, person.user).await?;
    let mine = store::passkey::of_user(&*tx, person.user).await?;
    if mine.len() >= PASSKEYS_MOST {
        return Err(PasskeyError::TooMany);
    }
    // Of two first ones at once the second is not the first any more.
    if !mine.is_empty() && !person.proofs.cover_by_passkey(cx.now()) {
        return Err(AccessError::PasskeyProofRequired(DangerousAct::AddPasskey).into());
    }
    if store::passkey::by_credential(&*tx, &new.credential_id).await?.is_some() {
        return Err(PasskeyError::Known);
    }
    tell(cx, &tx, &person.email, "A passkey was added", &format!("The passkey {} was added.", new.name)).await?;
    if mine.is_empty() {
        tell_teams(cx, &tx, person).await?;
    }
    store::passkey::insert(&*tx, &new).await?;
    store::session::passkey_made(&*tx, person.session, cx.now()).await?;
    audit::append(&*tx, cx, Event::new(Action::PasskeyAdded).on(Target::passkey(new.id, &new.name))).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// The person and their passkeys, when they may have one more.
async fn allowed(cx: &Cx) -> Result<(SignedIn, Vec<Passkey>), PasskeyError> {
    let person = access::signed_in(cx)?.clone();
    let mine = store::passkey::of_user(cx.portal.db.reader(), person.user).await?;
    access::require_proof(cx, DangerousAct::AddPasskey, !mine.is_empty()).await?;
    if mine.len() >= PASSKEYS_MOST {
        return Err(PasskeyError::TooMany);
    }
    Ok((person, mine))
}
