//! Proving a code: one transaction from counting the try to the session.

use chrono::Duration;
use model::{
    EmailAddress, Time,
    audit::{Action, SafeText},
    ids::{ChallengeId, UserId},
    login::{TRIES_PER_CODE, parse_code, pause_after},
    passkey::Proofs,
};

use super::{LoginError, ask::admits};
use crate::{
    Actor, Cx, access,
    audit::{self, Event, Target},
    cx::SignedIn,
    random,
    store::{
        self, Tx, login_address,
        login_challenge::{self, Challenge, Purpose},
        rate_limit::{self, Limit},
        session::Session,
        user::User,
    },
};

/// Signs in with the code of `challenge`, which the edge took from the asking browser's own cookie.
#[tracing::instrument(skip_all)]
pub async fn sign_in(cx: &Cx, challenge: ChallengeId, code: &str) -> Result<SignedIn, LoginError> {
    let code = parse_code(code)?;
    let tx = cx.portal.db.begin().await?;
    let challenge = login_challenge::unused(&*tx, challenge).await?.filter(|c| c.purpose == Purpose::SignIn);
    let Some(challenge) = challenge else {
        drop(tx);
        return over(cx, Action::SignInRefused).await;
    };
    let tx = prove(cx, tx, &challenge, &code, Action::SignInRefused).await?;
    if !admits(cx, &tx, &challenge.email).await? {
        drop(tx);
        return over(cx, Action::SignInRefused).await;
    }
    let (user, created) = user_of(cx, &tx, &challenge.email).await?;
    let person = open_session(cx, &tx, &user, None).await?;
    let as_person = Cx { actor: Actor::User(person.clone()), ..cx.clone() };
    if created {
        audit::append(&*tx, &as_person, Event::new(Action::UserCreated).on(Target::user(user.id, &user.email))).await?;
        if user.is_operator {
            audit::append(&*tx, &as_person, Event::new(Action::OperatorAppointed).on(Target::user(user.id, &user.email)))
                .await?;
        }
    }
    let event = Event::new(Action::SignedIn).on(Target::session(person.session));
    audit::append(&*tx, &as_person, event.with("by", "code")).await?;
    tx.commit().await?;
    Ok(person)
}

/// Confirms the signed-in person with the code of `challenge`.
#[tracing::instrument(skip_all)]
pub async fn step_up(cx: &Cx, challenge: ChallengeId, code: &str) -> Result<(), LoginError> {
    let person = access::signed_in(cx)?;
    let code = parse_code(code)?;
    let tx = cx.portal.db.begin().await?;
    let challenge = login_challenge::unused(&*tx, challenge).await?;
    let Some(challenge) = challenge.filter(|c| c.purpose == Purpose::StepUp(person.session)) else {
        drop(tx);
        return over(cx, Action::StepUpRefused).await;
    };
    let tx = prove(cx, tx, &challenge, &code, Action::StepUpRefused).await?;
    store::session::step_up(&*tx, person.session, cx.now()).await?;
    let event = Event::new(Action::SteppedUp).on(Target::session(person.session));
    audit::append(&*tx, cx, event.with("by", "code")).await?;
    tx.commit().await?;
    Ok(())
}

/// Under which name guesses at this code are counted.
fn guesser(challenge: &Challenge, person: Option<&SignedIn>) -> String {
    person.map_or_else(|| challenge.email.to_string(), |person| format!("step-up:{}", person.user.0.simple()))
}

/// The code was right and is used up; the transaction is still open.
async fn prove(cx: &Cx, tx: Tx, challenge: &Challenge, code: &str, refused: Action) -> Result<Tx, LoginError> {
    let now = cx.now();
    let guesser = guesser(challenge, cx.signed_in().filter(|_| refused == Action::StepUpRefused));
    let Some(guesses) = login_address::book_guess(&*tx, &guesser, now).await? else {
        let standing = login_address::standing(&*tx, &guesser).await?;
        record(cx, &tx, Event::new(refused).with("email", &challenge.email).refused("paused")).await?;
        tx.commit().await?;
        return Err(LoginError::Paused { retry_after: standing.paused_until.unwrap_or(now) - now });
    };
    // Dropping the transaction takes the guess back: it was never looked at.
    let Some(tries) = login_challenge::count_try(&*tx, challenge.id, TRIES_PER_CODE, now).await? else {
        drop(tx);
        return over(cx, refused).await;
    };
    let mac = cx.portal.vault.login_code_mac(challenge.id.0, challenge.email.as_str(), code);
    if cx.portal.vault.matches(mac, &challenge.code_mac) {
        if !login_challenge::use_up(&*tx, challenge.id, now).await? {
            drop(tx);
            return over(cx, refused).await;
        }
        login_address::forgive(&*tx, &guesser).await?;
        return Ok(tx);
    }
    let pause = pause_after(guesses);
    if let Some(pause) = pause {
        login_address::pause(&*tx, &guesser, now + pause).await?;
    }
    audit::append(&*tx, cx, Event::new(refused).with("email", &challenge.email).refused("wrong_code")).await?;
    tx.commit().await?;
    match pause {
        Some(retry_after) => Err(LoginError::Paused { retry_after }),
        None => Err(LoginError::Wrong { tries_left: TRIES_PER_CODE - tries }),
    }
}

/// The code is used, expired or out of tries.
async fn over<T>(cx: &Cx, refused: Action) -> Result<T, LoginError> {
    let tx = cx.portal.db.begin().await?;
    record(cx, &tx, Event::new(refused).refused("code_over")).await?;
    tx.commit().await?;
    Err(LoginError::Over)
}

/// Of refusals that cost the asker nothing, a network's first ones are recorded, and then one every ten seconds.
async fn record(cx: &Cx, tx: &Tx, event: Event) -> Result<(), LoginError> {
    let limit = Limit { burst: 10, every: Duration::seconds(10) };
    let taken = rate_limit::take(&**tx, &format!("code-miss:{}", cx.network()), limit, 1, cx.now()).await?;
    if taken.granted == 1 {
        audit::append(&**tx, cx, event).await?;
    }
    Ok(())
}

/// The user of an address; made now when there is none. The first user of an installation is its operator.
async fn user_of(cx: &Cx, tx: &Tx, email: &EmailAddress) -> Result<(User, bool), LoginError> {
    if let Some(user) = store::user::by_email(&**tx, email).await? {
        return Ok((user, false));
    }
    store::user::hold_table(&**tx).await?;
    let id: UserId = random::id(cx.now());
    let is_operator = store::user::none_yet(&**tx).await?;
    let new = User { id, email: email.clone(), is_operator, created_at: cx.now(), disabled_at: None };
    let user = store::user::insert_or_find(&**tx, &new).await?;
    let created = user.id == id;
    Ok((user, created))
}

/// Opens a session of somebody who has proved who they are, with a passkey at `passkey_at` or with a code.
pub(crate) async fn open_session(
    cx: &Cx,
    tx: &Tx,
    user: &User,
    passkey_at: Option<Time>,
) -> Result<SignedIn, sea_orm::DbErr> {
    let (now, proofs) = (cx.now(), Proofs { passkey_at, ..Proofs::default() });
    let session = Session {
        id: random::id(now),
        user: user.id,
        signed_in_at: now,
        last_seen_at: now,
        proofs,
        ended_at: None,
        address: cx.address.map(|a| a.to_string()),
        agent: cx.agent.as_ref().map(SafeText::to_string),
        renew_since: None,
    };
    let person = SignedIn {
        user: user.id,
        email: user.email.clone(),
        is_operator: user.is_operator,
        session: session.id,
        signed_in_at: now,
        proofs,
        renew: false,
        support: None,
    };
    store::session::insert(&**tx, session).await?;
    Ok(person)
}
