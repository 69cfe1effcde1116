//! Passkeys: signing in with one, confirming with one, and the person's own.

use leptos::prelude::*;
use model::ids::{PasskeyId, TeamId};
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// One passkey of the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyItem {
    pub id: PasskeyId,
    pub name: String,
    pub added: Moment,
    pub last_used: Option<Moment>,
}

/// What the person signs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    pub passkeys: Vec<PasskeyItem>,
    /// This installation can have passkeys.
    pub offered: bool,
    /// One was shown in this browser.
    pub shown_here: bool,
    /// A passkey may be added now; and taken away.
    pub may_add: bool,
    pub may_remove: bool,
}

/// What the browser asks for to sign in, as JSON.
#[server(prefix = "/act", endpoint = "begin_passkey_sign_in")]
pub async fn begin_passkey_sign_in() -> Result<String, Failure> {
    use crate::edge::{browser, cx, fail, remember_ceremony};
    let question = backend::passkeys::begin_sign_in(&cx()).await.map_err(fail)?;
    remember_ceremony(&browser().await?, question).await
}

/// Signs in with the passkey that the browser showed.
#[server(prefix = "/act", endpoint = "sign_in_with_passkey")]
pub async fn sign_in_with_passkey(response: String, #[server(default)] next: String) -> Result<(), Failure> {
    use crate::edge::{browser, ceremony, cx, fail, local_path, open_session};
    let browser = browser().await?;
    let ceremony = ceremony(&browser).await?;
    let person = backend::passkeys::sign_in(&cx(), ceremony, &response).await.map_err(fail)?;
    open_session(&browser, person.session).await?;
    leptos_axum::redirect(&local_path(&next));
    Ok(())
}

/// What the browser asks for to confirm the signed-in person, as JSON.
#[server(prefix = "/act", endpoint = "begin_passkey_confirmation")]
pub async fn begin_passkey_confirmation() -> Result<String, Failure> {
    use crate::edge::{browser, cx, fail, remember_ceremony};
    let question = backend::passkeys::begin_step_up(&cx()).await.map_err(fail)?;
    remember_ceremony(&browser().await?, question).await
}

/// Confirms the signed-in person with a passkey; the browser's cookie is changed with it.
#[server(prefix = "/act", endpoint = "confirm_with_passkey")]
pub async fn confirm_with_passkey(response: String, #[server(default)] next: String) -> Result<(), Failure> {
    use crate::edge::{browser, cx, fail, local_path, own_ceremony, renew_browser};
    let browser = browser().await?;
    let ceremony = own_ceremony(&cx(), &browser).await?;
    backend::passkeys::step_up(&cx(), ceremony, &response).await.map_err(fail)?;
    renew_browser(&browser).await?;
    if !next.is_empty() {
        leptos_axum::redirect(&local_path(&next));
    }
    Ok(())
}

/// What the browser asks for to make a new passkey, as JSON.
#[server(prefix = "/act", endpoint = "begin_passkey")]
pub async fn begin_passkey(name: String) -> Result<String, Failure> {
    use crate::edge::{browser, cx, fail, form::one, remember_ceremony};
    // Before the device makes anything: what it made and Portal refused would be offered for ever.
    one("name", name.parse::<model::Name>())?;
    let question = backend::passkeys::begin_registration(&cx()).await.map_err(fail)?;
    remember_ceremony(&browser().await?, question).await
}

/// Adds the passkey that the browser made.
#[server(prefix = "/act", endpoint = "add_passkey")]
pub async fn add_passkey(name: String, response: String) -> Result<(), Failure> {
    use crate::edge::{browser, cx, fail, form::one, own_ceremony, renew_browser};
    let (name, browser) = (one("name", name.parse())?, browser().await?);
    let ceremony = own_ceremony(&cx(), &browser).await?;
    backend::passkeys::register(&cx(), ceremony, name, &response).await.map_err(fail)?;
    renew_browser(&browser).await
}

/// The person's passkeys.
#[server(prefix = "/act", endpoint = "read_factors")]
pub async fn read_factors() -> Result<Factors, Failure> {
    use crate::edge::{cx, factors_of, fail};
    let cx = cx();
    factors_of(&cx, backend::passkeys::list(&cx).await.map_err(fail)?)
}

/// Calls a passkey something else.
#[server(prefix = "/act", endpoint = "rename_passkey")]
pub async fn rename_passkey(passkey: PasskeyId, name: String) -> Result<(), Failure> {
    use crate::edge::{cx, fail, form::one};
    let name = one("name", name.parse())?;
    backend::passkeys::rename(&cx(), passkey, &name).await.map_err(fail)
}

/// Takes a passkey away.
#[server(prefix = "/act", endpoint = "remove_passkey")]
pub async fn remove_passkey(passkey: PasskeyId) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    backend::passkeys::remove(&cx(), passkey).await.map_err(fail)
}

/// Requires passkeys of owners and admins, or no longer.
#[server(prefix = "/act", endpoint = "require_passkeys")]
pub async fn require_passkeys(team: TeamId, #[server(default)] required: bool) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageTeam).await?;
    backend::teams::require_passkeys(&cx, &scope, required).await.map_err(fail)
}
