//! What a browser's own store keeps: the code it waits for, and the session it is signed in with.

use backend::{
    Cx,
    login::Asked,
    passkeys::{PasskeyError, Question},
};
use model::{
    Problem, ProblemCode, Time,
    audit::SafeText,
    ids::{CeremonyId, ChallengeId, SessionId},
};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{cx, moment, refuse};
use crate::{Failure, api::login::PendingCode};

/// The key under which the middleware finds the signed-in session.
pub const SESSION: &str = "session";
const CHALLENGE: &str = "challenge";
const CEREMONY: &str = "ceremony";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    challenge: ChallengeId,
    email: String,
    expires_at: Time,
    resend_at: Time,
    next: String,
    #[serde(default)]
    act: Option<String>,
}

fn unavailable<E>(_: E) -> Failure {
    refuse(Problem::of(ProblemCode::StoreUnavailable))
}

/// Remembers the challenge in the browser that asked: a code is of no use anywhere else.
pub(crate) async fn remember_challenge(
    browser: &Session,
    asked: &Asked,
    next: &str,
    act: Option<&SafeText>,
) -> Result<(), Failure> {
    let waiting = Waiting {
        challenge: asked.challenge,
        email: asked.email.to_string(),
        expires_at: asked.expires_at,
        resend_at: asked.resend_at,
        next: next.to_owned(),
        act: act.map(ToString::to_string),
    };
    browser.insert(CHALLENGE, waiting).await.map_err(unavailable)
}

async fn waiting(browser: &Session) -> Result<Option<Waiting>, Failure> {
    browser.get(CHALLENGE).await.map_err(unavailable)
}

/// The challenge of this browser and where to go afterwards.
pub(crate) async fn challenge(browser: &Session) -> Result<(ChallengeId, String), Failure> {
    let waiting = waiting(browser).await?;
    let waiting = waiting
        .ok_or_else(|| refuse(Problem::field("code", "This browser has not asked for a code. Ask for one first.")))?;
    Ok((waiting.challenge, waiting.next))
}

/// Remembers a question in the browser that asked: its answer is of no use anywhere else. Gives what the browser asks its
/// authenticator, as JSON.
pub(crate) async fn remember_ceremony(browser: &Session, question: Question) -> Result<String, Failure> {
    browser.insert(CEREMONY, question.id).await.map_err(unavailable)?;
    Ok(question.options.to_string())
}

/// The question that this browser asked, for one answer.
pub(crate) async fn ceremony(browser: &Session) -> Result<CeremonyId, Failure> {
    let asked = browser.remove(CEREMONY).await.map_err(unavailable)?;
    asked.ok_or_else(|| super::fail(PasskeyError::Refused("not-asked")))
}

/// The same, of the signed-in person.
pub(crate) async fn own_ceremony(cx: &Cx, browser: &Session) -> Result<CeremonyId, Failure> {
    backend::access::signed_in(cx).map_err(super::fail)?;
    ceremony(browser).await
}

/// What the code page says.
pub(crate) async fn pending(browser: &Session) -> Result<Option<PendingCode>, Failure> {
    let cx = cx();
    let now = cx.now();
    Ok(waiting(browser).await?.map(|waiting| PendingCode {
        email: waiting.email,
        is_over: waiting.expires_at <= now,
        expires: moment(waiting.expires_at, now),
        resend_in_s: (waiting.resend_at - now).num_seconds().max(0),
        next: waiting.next,
        act: waiting.act,
        mailbox: cx.portal.mailer.is_folder(),
    }))
}

/// Signs the browser in under a new cookie, so that one planted before is worth nothing.
pub(crate) async fn open_session(browser: &Session, session: SessionId) -> Result<(), Failure> {
    browser.cycle_id().await.map_err(unavailable)?;
    browser.remove::<Waiting>(CHALLENGE).await.map_err(unavailable)?;
    browser.insert(SESSION, session).await.map_err(unavailable)
}

/// A new cookie for the same session, after a step-up.
pub(crate) async fn renew_browser(browser: &Session) -> Result<(), Failure> {
    browser.cycle_id().await.map_err(unavailable)?;
    browser.remove::<Waiting>(CHALLENGE).await.map(|_| ()).map_err(unavailable)
}

/// Forgets everything about the browser.
pub(crate) async fn forget_browser(browser: &Session) -> Result<(), Failure> {
    browser.flush().await.map_err(unavailable)
}
