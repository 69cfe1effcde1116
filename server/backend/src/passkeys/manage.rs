//! A person's passkeys as they see them. Whoever reads their mail alone takes none away.

use model::{
    EmailAddress, Name,
    audit::Action,
    ids::{PasskeyId, UserId},
    step_up::DangerousAct,
};

use super::PasskeyError;
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    mail::{self, Mail, MailError, Message},
    store::{self, Tx, passkey::Passkey},
};

/// The person's passkeys, the oldest first.
pub async fn list(cx: &Cx) -> Result<Vec<Passkey>, AccessError> {
    let user = access::signed_in(cx)?.user;
    Ok(store::passkey::of_user(cx.portal.db.reader(), user).await?)
}

/// Who of the Team has one.
pub async fn holders(cx: &Cx, scope: &TeamScope) -> Result<Vec<UserId>, AccessError> {
    Ok(store::passkey::holders(cx.portal.db.reader(), scope).await?)
}

/// Calls a passkey something else.
#[tracing::instrument(skip_all, fields(passkey = %id))]
pub async fn rename(cx: &Cx, id: PasskeyId, name: &Name) -> Result<(), PasskeyError> {
    let person = access::signed_in(cx)?;
    let tx = cx.portal.db.begin().await?;
    tell(cx, &tx, &person.email, "A passkey was renamed", &format!("A passkey is called {name} now.")).await?;
    if !store::passkey::rename(&*tx, person.user, id, name).await? {
        return Err(AccessError::NotFound.into());
    }
    audit::append(&*tx, cx, Event::new(Action::PasskeyRenamed).on(Target::passkey(id, name))).await?;
    Ok(tx.commit().await?)
}

/// Removes a passkey, for whoever shows one.
#[tracing::instrument(skip_all, fields(passkey = %id))]
pub async fn remove(cx: &Cx, id: PasskeyId) -> Result<(), PasskeyError> {
    access::require_proof(cx, DangerousAct::RemovePasskey, true).await?;
    let person = access::signed_in(cx)?;
    let one = list(cx).await?.into_iter().find(|one| one.id == id).ok_or(AccessError::NotFound)?;
    let tx = cx.portal.db.begin().await?;
    tell(cx, &tx, &person.email, "A passkey was removed", &format!("The passkey {} was removed.", one.name)).await?;
    if !store::passkey::delete(&*tx, person.user, id).await? {
        return Err(AccessError::NotFound.into());
    }
    audit::append(&*tx, cx, Event::new(Action::PasskeyRemoved).on(Target::passkey(id, &one.name))).await?;
    Ok(tx.commit().await?)
}

/// Removes all passkeys of somebody who lost them, on Portal's own machine, and ends their sessions; answers how many.
pub async fn forget_from_command_line(portal: &Portal, email: &EmailAddress) -> Result<usize, PasskeyError> {
    let cx = Cx::system(portal, "command line");
    let tx = portal.db.begin().await?;
    let user = store::user::by_email(&*tx, email).await?.ok_or(AccessError::NotFound)?;
    let all = store::passkey::of_user(&*tx, user.id).await?;
    if all.is_empty() {
        return Ok(0);
    }
    let text = "The operator of this installation removed all your passkeys. Sign in with a code, and add one anew.";
    tell(&cx, &tx, email, "Your passkeys were removed", text).await?;
    for one in &all {
        store::passkey::delete(&*tx, user.id, one.id).await?;
        audit::append(&*tx, &cx, Event::new(Action::PasskeyRemoved).on(Target::passkey(one.id, &one.name))).await?;
    }
    store::session::end_all(&*tx, user.id, cx.now()).await?;
    audit::append(&*tx, &cx, Event::new(Action::SessionRevoked).on(Target::user(user.id, email))).await?;
    tx.commit().await?;
    Ok(all.len())
}

/// Every change of what somebody signs in with is told by mail, with what to do when it was not them.
pub(super) async fn tell(cx: &Cx, tx: &Tx, email: &EmailAddress, headline: &str, what: &str) -> Result<(), MailError> {
    let text = format!(
        "{what} If that was not you, end your other sessions at {}/account and tell an owner of your Team.",
        cx.portal.settings.public_url
    );
    let message = Message::SecurityNotice { headline: headline.to_owned(), text };
    mail::queue(&**tx, &cx.portal.vault, cx.now(), Mail { to: email.clone(), message }).await?;
    Ok(())
}
