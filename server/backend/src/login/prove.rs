//! Proving a code: one transaction from counting the try to the session.

use model::{
    EmailAddress,
    audit::{Action, SafeText},
    ids::{ChallengeId, UserId},
    login::{TRIES_PER_CODE, parse_code, pause_after},
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
    let challenge = challenge.ok_or(LoginError::Over)?;
    let Proved { tx } = prove(cx, tx, &challenge, &code, Action::SignInRefused).await?;
    if !admits(cx, &tx, &challenge.email).await? {
        return Err(LoginError::Over);
    }
    let (user, created) = user_of(cx, &tx, &challenge.email).await?;
    let person = open_session(cx, &tx, &user).await?;
    let as_person = Cx { actor: Actor::User(person.clone()), ..cx.clone() };
    if created {
        audit::append(&*tx, &as_person, Event::new(Action::UserCreated).on(Target::user(user.id, &user.email))).await?;
        if user.is_operator {
            audit::append(&*tx, &as_person, Event::new(Action::OperatorAppointed).on(Target::user(user.id, &user.email)))
                .await?;
        }
    }
    audit::append(&*tx, &as_person, Event::new(Action::SignedIn).on(Target::session(person.session))).await?;
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
    let challenge = challenge.filter(|c| c.purpose == Purpose::StepUp(person.session)).ok_or(LoginError::Over)?;
    let Proved { tx } = prove(cx, tx, &challenge, &code, Action::StepUpRefused).await?;
    store::session::step_up(&*tx, person.session, cx.now()).await?;
    audit::append(&*tx, cx, Event::new(Action::SteppedUp).on(Target::session(person.session))).await?;
    tx.commit().await?;
    Ok(())
}

/// The code was right and is used up; the transaction is still open.
struct Proved {
    tx: Tx,
}

async fn prove(cx: &Cx, tx: Tx, challenge: &Challenge, code: &str, refused: Action) -> Result<Proved, LoginError> {
    let now = cx.now();
    let Some(guesses) = login_address::book_guess(&*tx, &challenge.email, now).await? else {
        let standing = login_address::standing(&*tx, &challenge.email).await?;
        let retry_after = standing.paused_until.unwrap_or(now) - now;
        return Err(LoginError::Paused { retry_after });
    };
    // Dropping the transaction takes the guess back: it was never looked at.
    let Some(tries) = login_challenge::count_try(&*tx, challenge.id, TRIES_PER_CODE, now).await? else {
        return Err(LoginError::Over);
    };
    let mac = cx.portal.vault.login_code_mac(challenge.id.0, challenge.email.as_str(), code);
    if cx.portal.vault.matches(mac, &challenge.code_mac) {
        if !login_challenge::use_up(&*tx, challenge.id, now).await? {
            return Err(LoginError::Over);
        }
        login_address::forgive(&*tx, &challenge.email).await?;
        return Ok(Proved { tx });
    }
    let pause = pause_after(guesses);
    if let Some(pause) = pause {
        login_address::pause(&*tx, &challenge.email, now + pause).await?;
    }
    audit::append(&*tx, cx, Event::new(refused).with("email", &challenge.email).refused("wrong_code")).await?;
    tx.commit().await?;
    match pause {
        Some(retry_after) => Err(LoginError::Paused { retry_after }),
        None => Err(LoginError::Wrong { tries_left: TRIES_PER_CODE - tries }),
    }
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

async fn open_session(cx: &Cx, tx: &Tx, user: &User) -> Result<SignedIn, LoginError> {
    let now = cx.now();
    let session = Session {
        id: random::id(now),
        user: user.id,
        signed_in_at: now,
        last_seen_at: now,
        stepped_up_at: None,
        ended_at: None,
        address: cx.address.map(|a| a.to_string()),
        agent: cx.agent.as_ref().map(SafeText::to_string),
    };
    let person = SignedIn {
        user: user.id,
        email: user.email.clone(),
        is_operator: user.is_operator,
        session: session.id,
        signed_in_at: now,
        stepped_up_at: None,
    };
    store::session::insert(&**tx, session).await?;
    Ok(person)
}
