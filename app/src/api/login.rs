//! Sign-in, sign-out and step-up.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// What the code page says about the code that is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCode {
    pub email: String,
    pub expires: Moment,
    /// It has run out, and another one must be asked for.
    pub is_over: bool,
    /// Seconds until another code may be asked for.
    pub resend_in_s: i64,
    /// Where to go afterwards.
    pub next: String,
    /// What is being confirmed.
    pub act: Option<String>,
    /// Captured mail can be read at `/dev/mailbox`.
    pub mailbox: bool,
}

/// Sends a sign-in code and shows the code page.
#[server(prefix = "/act", endpoint = "ask_code")]
pub async fn ask_code(email: String, #[server(default)] next: String) -> Result<(), Failure> {
    use crate::edge::{browser, cx, fail, local_path, remember_challenge};
    let asked = backend::login::ask(&cx(), &email).await.map_err(fail)?;
    remember_challenge(&browser().await?, &asked, &local_path(&next), None).await?;
    leptos_axum::redirect("/sign-in/code");
    Ok(())
}

/// The code that this browser waits for, if any.
#[server(prefix = "/act", endpoint = "read_pending_code")]
pub async fn read_pending_code() -> Result<Option<PendingCode>, Failure> {
    use crate::edge::{browser, pending};
    pending(&browser().await?).await
}

/// Signs in with the code of the challenge that this browser asked for.
#[server(prefix = "/act", endpoint = "sign_in")]
pub async fn sign_in(code: String) -> Result<(), Failure> {
    use crate::edge::{browser, challenge, cx, fail, open_session};
    let browser = browser().await?;
    let (challenge, next) = challenge(&browser).await?;
    let person = backend::login::sign_in(&cx(), challenge, &code).await.map_err(fail)?;
    open_session(&browser, person.session).await?;
    leptos_axum::redirect(&next);
    Ok(())
}

/// Ends this session.
#[server(prefix = "/act", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Failure> {
    use crate::edge::{browser, cx, fail, forget_browser};
    backend::sessions::sign_out(&cx()).await.map_err(fail)?;
    forget_browser(&browser().await?).await?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// Sends a code that confirms the signed-in person, and shows the page to type it.
#[server(prefix = "/act", endpoint = "ask_confirmation")]
pub async fn ask_confirmation(
    #[server(default)] next: String,
    #[server(default)] act: String,
    #[server(default)] act_proof: String,
) -> Result<(), Failure> {
    use crate::edge::{browser, cx, fail, form, local_path, remember_challenge};
    let cx = cx();
    let act = form::act(&cx, &act, &act_proof);
    let asked = backend::login::ask_step_up(&cx, act.as_ref()).await.map_err(fail)?;
    remember_challenge(&browser().await?, &asked, &local_path(&next), act.as_ref()).await?;
    leptos_axum::redirect("/confirm");
    Ok(())
}

/// Confirms the signed-in person with a fresh code; the browser's cookie is changed with it.
#[server(prefix = "/act", endpoint = "confirm")]
pub async fn confirm(code: String) -> Result<(), Failure> {
    use crate::edge::{browser, challenge, cx, fail, renew_browser};
    let browser = browser().await?;
    let (challenge, next) = challenge(&browser).await?;
    backend::login::step_up(&cx(), challenge, &code).await.map_err(fail)?;
    renew_browser(&browser).await?;
    leptos_axum::redirect(&next);
    Ok(())
}
