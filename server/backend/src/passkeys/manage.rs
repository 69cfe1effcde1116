//! A person's passkeys as they see them. Whoever reads their mail alone takes none away.

use model::{
    EmailAddress, Name,
    audit::Action,
    ids::{PasskeyId, TeamId, UserId},
    step_up::DangerousAct,
};

use super::PasskeyError;
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    cx::SignedIn,
    mail::{self, Mail, MailError, Message},
    store::{self, Tx, passkey::Passkey, team::Membership},
    teams,
};

/// The person's passkeys, the oldest first.
pub async fn list(cx: &Cx) -> Result<Vec<Passkey>, AccessError> {
    let user = access::signed_in(cx)?.user;
    Ok(store::passkey::of_user(cx.portal.db.reader(), user).await?)
}

/// Who of the Team has one.
pub async fn holders(cx: &Cx, scope: &TeamScope) -> Result<Vec<UserId>, AccessError> {
    Ok(store::passkey::holders(&cx.portal.db.of(scope), scope).await?)
}

/// Calls a passkey something else, for whoever shows one: who swaps two names has the wrong one removed.
#[tracing::instrument(skip_all, fields(passkey = %id))]
pub async fn rename(cx: &Cx, id: PasskeyId, name: &Name) -> Result<(), PasskeyError> {
    access::require_proof(cx, DangerousAct::RemovePasskey, true).await?;
    let person = access::signed_in(cx)?;
    let one = list(cx).await?.into_iter().find(|one| one.id == id).ok_or(AccessError::NotFound)?;
    if one.name == *name {
        return Ok(());
    }
    let tx = cx.portal.db.begin().await?;
    let what = format!("The passkey {} is called {name} now.", one.name);
    tell(cx, &tx, &person.email, "A passkey was renamed", &what).await?;
    if !store::passkey::rename(&*tx, person.user, id, name).await? {
        return Err(AccessError::NotFound.into());
    }
    audit::append(&*tx, cx, Event::new(Action::PasskeyRenamed).on(Target::passkey(id, name))).await?;
    Ok(tx.commit().await?)
}

/// Removes a passkey, for whoever shows one, and ends the person's other sessions: one of them may have come in with it. The last
/// one stays while a Team requires it.
#[tracing::instrument(skip_all, fields(passkey = %id))]
pub async fn remove(cx: &Cx, id: PasskeyId) -> Result<(), PasskeyError> {
    access::require_proof(cx, DangerousAct::RemovePasskey, true).await?;
    let person = access::signed_in(cx)?;
    let mine = list(cx).await?;
    let one = mine.iter().find(|one| one.id == id).ok_or(AccessError::NotFound)?;
    let tx = cx.portal.db.begin().await?;
    // Held as those who change the rule hold them, all in one order: the last one must not go while a Team begins to require it.
    for team in store::dormancy::teams(&*tx, person.user).await? {
        store::team::hold(&*tx, &access::job(team)).await?;
    }
    store::user::hold(&*tx, person.user).await?;
    let left = store::passkey::of_user(&*tx, person.user).await?.iter().any(|other| other.id != id);
    if !left && !requiring(cx, &tx, person.user).await?.is_empty() {
        return Err(PasskeyError::LastOne);
    }
    tell(cx, &tx, &person.email, "A passkey was removed", &format!("The passkey {} was removed.", one.name)).await?;
    if !store::passkey::delete(&*tx, person.user, id).await? {
        return Err(AccessError::NotFound.into());
    }
    store::session::end_others(&*tx, person.user, person.session, cx.now()).await?;
    audit::append(&*tx, cx, Event::new(Action::PasskeyRemoved).on(Target::passkey(id, &one.name))).await?;
    Ok(tx.commit().await?)
}

/// The Teams that require a passkey of this person.
async fn requiring(cx: &Cx, tx: &Tx, user: UserId) -> Result<Vec<Membership>, sea_orm::DbErr> {
    let all = store::team::memberships(&**tx, user, cx.now()).await?;
    Ok(all.into_iter().filter(Membership::by_passkey).collect())
}

/// Somebody's first passkey was added with a code: where a passkey is what keeps strangers out, the others hear of it, who know
/// whether it was them.
pub(super) async fn tell_teams(cx: &Cx, tx: &Tx, person: &SignedIn) -> Result<(), AccessError> {
    for membership in requiring(cx, tx, person.user).await? {
        let scope = access::job(membership.team);
        let text = format!(
            "{} of the Team {} added their first passkey, with a code from their e-mail, and comes in with it now. If you are not \
             sure that it was them, remove them, or ask the operator of this installation: {}/teams/{}/members",
            person.email, membership.name, cx.portal.settings.public_url, membership.team,
        );
        let message = Message::SecurityNotice { headline: "A first passkey was added".to_owned(), text };
        teams::tell_managers(tx, cx, &scope, &message).await?;
        let event = Event::of(&scope, Action::PasskeyFirst).on(Target::user(person.user, &person.email));
        audit::append(&**tx, cx, event).await?;
    }
    Ok(())
}

/// Removes all passkeys of somebody who lost them, on Portal's own machine, and ends their sessions; answers how many.
pub async fn forget_from_command_line(portal: &Portal, email: &EmailAddress) -> Result<usize, PasskeyError> {
    let cx = Cx::system(portal, "command line");
    let tx = portal.db.begin().await?;
    let user = store::user::by_email(&*tx, email).await?.ok_or(AccessError::NotFound)?;
    store::user::hold(&*tx, user.id).await?;
    let all = store::passkey::of_user(&*tx, user.id).await?;
    if !all.is_empty() {
        let text = "The operator of this installation removed all your passkeys. Sign in with a code, and add one anew.";
        tell(&cx, &tx, email, "Your passkeys were removed", text).await?;
    }
    for one in &all {
        store::passkey::delete(&*tx, user.id, one.id).await?;
        audit::append(&*tx, &cx, Event::new(Action::PasskeyRemoved).on(Target::passkey(one.id, &one.name))).await?;
    }
    store::session::end_all(&*tx, user.id, cx.now()).await?;
    audit::append(&*tx, &cx, Event::new(Action::SessionRevoked).on(Target::user(user.id, email))).await?;
    tx.commit().await?;
    Ok(all.len())
}

/// Requires no passkeys in a Team any more, on Portal's own machine: where nobody could show one, at a new address say.
pub async fn waive_from_command_line(portal: &Portal, team: TeamId) -> Result<(), PasskeyError> {
    let (cx, scope) = (Cx::system(portal, "command line"), access::job(team));
    let tx = portal.db.begin_in(&scope).await?;
    store::team::hold(&*tx, &scope).await?;
    teams::change_passkey_rule(&cx, &tx, &scope, false).await?;
    Ok(tx.commit().await?)
}

/// Every change of what somebody signs in with is told by mail, with what to do when it was not them.
pub(super) async fn tell(cx: &Cx, tx: &Tx, email: &EmailAddress, headline: &str, what: &str) -> Result<(), MailError> {
    let text = format!(
        "{what} If that was not you, end your other sessions at {}/account, and have the operator of this installation forget your \
         passkeys.",
        cx.portal.settings.public_url
    );
    let message = Message::SecurityNotice { headline: headline.to_owned(), text };
    mail::queue(&**tx, &cx.portal.vault, cx.now(), Mail { to: email.clone(), message }).await?;
    Ok(())
}
