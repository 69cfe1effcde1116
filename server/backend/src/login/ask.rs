//! Asking for a code. Known and unknown addresses take the same path and get the same answer.

use chrono::Duration;
use model::{
    EmailAddress, Time,
    audit::{Action, SafeText},
    ids::ChallengeId,
    login::{ASK_BURST, ASK_EVERY, CODE_LIFE, MAIL_GAP, MAIL_WINDOW, STEP_UP_BURST, STEP_UP_EVERY, next_mail_at},
};
use secrecy::{ExposeSecret, SecretString};

use super::LoginError;
use crate::{
    Cx, access,
    audit::{self, Event},
    mail::{self, Mail, Message},
    random,
    store::{
        self, Tx,
        login_challenge::{Challenge, Purpose},
        rate_limit::{self, Limit},
    },
};

/// A code is on its way (as far as the asker can know).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub challenge: ChallengeId,
    pub email: EmailAddress,
    pub expires_at: Time,
    /// From when another code may be asked for.
    pub resend_at: Time,
}

/// Asks for a sign-in code.
#[tracing::instrument(skip_all)]
pub async fn ask(cx: &Cx, email: &str) -> Result<Asked, LoginError> {
    let email: EmailAddress = email.parse()?;
    // Asked first without a transaction: who is over the limit must not hold up those who write.
    let taken = rate_limit::look(cx.portal.db.reader(), &network_bucket(cx), ASKS, cx.now()).await?;
    if cx.address.is_some() && taken.granted == 0 {
        return Err(LoginError::TooManyAsks { retry_after: taken.wait });
    }
    let tx = cx.portal.db.begin().await?;
    limit(cx, &tx, &email).await?;
    let admitted = admits(cx, &tx, &email).await?;
    let message = |code| Message::SignInCode {
        code,
        device: device(cx),
        address: address(cx),
        expires_minutes: CODE_LIFE.num_minutes(),
    };
    let asked = send(cx, &tx, &email, Purpose::SignIn, message, admitted).await?;
    let event = Event::new(Action::SignInCodeSent).with("email", &email);
    audit::append(&*tx, cx, if admitted { event } else { event.refused("not_admitted") }).await?;
    tx.commit().await?;
    Ok(asked)
}

/// Asks for a code that confirms an act of the signed-in person, which the mail names in the words of the page.
#[tracing::instrument(skip_all)]
pub async fn ask_step_up(cx: &Cx, act: Option<&SafeText>) -> Result<Asked, LoginError> {
    let person = access::signed_in(cx)?;
    let tx = cx.portal.db.begin().await?;
    // Only the person themselves can ask here, so a sign-in a moment ago does not stand in the way.
    let limit = Limit { burst: STEP_UP_BURST, every: STEP_UP_EVERY };
    take(&tx, &format!("step-up:{}", person.user.0.simple()), limit, cx.now()).await?;
    let words = act.map_or("confirm that it is you", SafeText::as_str);
    let message = |code| Message::StepUpCode { code, act: words.to_owned(), device: device(cx), address: address(cx) };
    let asked = send(cx, &tx, &person.email, Purpose::StepUp(person.session), message, true).await?;
    audit::append(&*tx, cx, Event::new(Action::StepUpCodeSent)).await?;
    tx.commit().await?;
    Ok(asked)
}

/// Questions of one network.
const ASKS: Limit = Limit { burst: ASK_BURST, every: ASK_EVERY };

fn network_bucket(cx: &Cx) -> String {
    format!("ask:{}", cx.network())
}

/// Anybody may ask for a sign-in code for any address, so both ends are protected: the asker's network and the mailbox.
async fn limit(cx: &Cx, tx: &Tx, email: &EmailAddress) -> Result<(), LoginError> {
    let now = cx.now();
    if cx.address.is_some() {
        take(tx, &network_bucket(cx), ASKS, now).await?;
    }
    if store::login_address::book_mail(&**tx, email, now, MAIL_GAP, MAIL_WINDOW).await? {
        return Ok(());
    }
    let (newest, third) = store::login_address::mails(&**tx, email).await?;
    let retry_after = next_mail_at(newest, third).map_or(Duration::zero(), |at| at - now);
    Err(LoginError::TooManyMails { retry_after })
}

async fn take(tx: &Tx, bucket: &str, limit: Limit, now: Time) -> Result<(), LoginError> {
    let taken = rate_limit::take(&**tx, bucket, limit, 1, now).await?;
    if taken.granted == 1 { Ok(()) } else { Err(LoginError::TooManyAsks { retry_after: taken.wait }) }
}

/// Whether the owner of this address may sign in.
pub(super) async fn admits(cx: &Cx, tx: &Tx, email: &EmailAddress) -> Result<bool, LoginError> {
    // All questions are asked whatever the first ones say, so that the answer takes as long for every address.
    let (known, enabled) = store::user::standing(&**tx, email).await?;
    let invited = !store::invitation::to_address(&**tx, email, cx.now()).await?.is_empty();
    let first = store::user::none_yet(&**tx).await?;
    let open = cx.portal.settings.sign_up.admits(email);
    Ok(if known { enabled } else { invited || first || open })
}

async fn send(
    cx: &Cx,
    tx: &Tx,
    email: &EmailAddress,
    purpose: Purpose,
    message: impl FnOnce(SecretString) -> Message,
    deliver: bool,
) -> Result<Asked, LoginError> {
    let now = cx.now();
    let code = SecretString::from(random::login_code());
    let challenge = Challenge {
        id: random::id(now),
        purpose,
        email: email.clone(),
        code_mac: [0; 32],
        created_at: now,
        expires_at: now + CODE_LIFE,
    };
    #[expect(clippy::disallowed_methods, reason = "only its MAC is kept")]
    let code_mac = cx.portal.vault.login_code_mac(challenge.id.0, email.as_str(), code.expose_secret());
    store::login_challenge::insert(&**tx, &Challenge { code_mac, ..challenge.clone() }).await?;
    let mail = Mail { to: email.clone(), message: message(code) };
    // A mail that must not go out is written all the same, and marked: the work is the same for every address.
    if deliver {
        mail::queue(&**tx, &cx.portal.vault, now, mail).await?;
    } else {
        mail::queue_undelivered(&**tx, &cx.portal.vault, now, mail).await?;
    }
    Ok(Asked { challenge: challenge.id, email: email.clone(), expires_at: challenge.expires_at, resend_at: now + MAIL_GAP })
}

fn device(cx: &Cx) -> String {
    cx.agent.as_ref().map_or_else(|| "an unknown device".to_owned(), |agent| crate::sessions::device(agent.as_str()))
}

fn address(cx: &Cx) -> String {
    cx.address.map_or_else(|| "an unknown address".to_owned(), |address| address.to_string())
}
