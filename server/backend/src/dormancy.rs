//! Accounts that nobody uses are warned, then disabled; an operator lets somebody in again. The last owner of a Team and the last
//! operator stay: nobody could let them in.

use chrono::Duration;
use model::{
    EmailAddress, Role,
    audit::Action,
    dormancy::{DISABLED_AFTER, Due, WARNED_AFTER, disabled_at, due},
    ids::{TeamId, UserId},
    step_up::DangerousAct,
};

use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    error::Outage,
    mail::{self, Mail, Message},
    store::{
        self, Tx,
        dormancy::{self, Account},
    },
    teams::{self, TeamError},
};

/// Accounts that are disabled, the latest first: for operators.
pub async fn disabled(cx: &Cx) -> Result<Vec<Account>, AccessError> {
    access::operator(cx)?;
    Ok(dormancy::disabled(cx.portal.db.reader()).await?)
}

/// How the Team's members use their accounts.
pub async fn of_team(cx: &Cx, scope: &TeamScope) -> Result<Vec<Account>, AccessError> {
    Ok(dormancy::of_team(&cx.portal.db.of(scope), scope).await?)
}

/// Lets somebody in again whose account was disabled: for operators, with a fresh proof.
#[tracing::instrument(skip_all, fields(user = %user))]
pub async fn enable(cx: &Cx, user: UserId) -> Result<(), AccessError> {
    access::operator(cx)?;
    access::require_proof(cx, DangerousAct::EnableAccount, false).await?;
    let_in(cx, user).await
}

/// The same on Portal's own machine, where no operator could.
pub async fn enable_from_command_line(portal: &Portal, email: &EmailAddress) -> Result<(), AccessError> {
    let user = store::user::by_email(portal.db.reader(), email).await?.ok_or(AccessError::NotFound)?;
    let_in(&Cx::system(portal, "command line"), user.id).await
}

/// Their Teams hear of it as they heard of the end.
async fn let_in(cx: &Cx, user: UserId) -> Result<(), AccessError> {
    let tx = cx.portal.db.begin().await?;
    let account = dormancy::account(&*tx, user).await?.ok_or(AccessError::NotFound)?;
    if !dormancy::enable(&*tx, user, cx.now()).await? {
        return Err(AccessError::NotFound);
    }
    let target = || Target::user(user, &account.email);
    audit::append(&*tx, cx, Event::new(Action::AccountEnabled).on(target())).await?;
    for team in dormancy::teams(&*tx, user).await? {
        let scope = access::job(team);
        audit::append(&*tx, cx, Event::of(&scope, Action::MemberEnabled).on(target())).await?;
        let text = format!(
            "The account of {} is enabled again: they come into the Team as before. If they should not, remove them: \
             {}/teams/{team}/members",
            account.email, cx.portal.settings.public_url,
        );
        let message = Message::SecurityNotice { headline: "An account is enabled again".to_owned(), text };
        teams::tell_managers(&tx, cx, &scope, &message).await?;
    }
    let text = format!("Your account is enabled again. Sign in at {}/sign-in", cx.portal.settings.public_url);
    tell(cx, &tx, &account, "Your account is enabled again", &text).await?;
    Ok(tx.commit().await?)
}

/// Warns and disables whom it is due for.
pub(crate) async fn tell_due(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "dormancy");
    let first = Duration::days(WARNED_AFTER[0]);
    for account in dormancy::unused_since(portal.db.reader(), cx.now() - first).await? {
        // Nobody's Team is held every minute for what is not due.
        if due(account.last_use, account.warned, cx.now()) == Due::Nothing || is_kept(&account) {
            continue;
        }
        if let Err(error) = one(&cx, account.user).await {
            tracing::error!(user = %account.user, error = &error as &dyn std::error::Error, "an unused account was left as it is");
        }
    }
    Ok(())
}

async fn one(cx: &Cx, user: UserId) -> Result<(), TeamError> {
    let tx = cx.portal.db.begin().await?;
    // Held, all of them in one order: two owners must not both be taken for the one who stays.
    let teams = dormancy::teams(&*tx, user).await?;
    for team in &teams {
        store::team::hold(&*tx, &access::job(*team)).await?;
    }
    store::user::hold(&*tx, user).await?;
    // They may have come meanwhile.
    let Some(account) = dormancy::account(&*tx, user).await?.filter(|account| account.disabled_at.is_none()) else {
        return Ok(());
    };
    match due(account.last_use, account.warned, cx.now()) {
        Due::Nothing => return Ok(()),
        Due::Warning(days) => warn(cx, &tx, &account, days).await?,
        Due::Disabling => match stays(&tx, &account, &teams).await? {
            Some(why) => keep(cx, &tx, &account, &why).await?,
            None => disable(cx, &tx, &account, &teams).await?,
        },
    }
    Ok(tx.commit().await?)
}

async fn warn(cx: &Cx, tx: &Tx, account: &Account, days: i64) -> Result<(), TeamError> {
    let text = format!(
        "You have not used Portal for {days} days. On {} UTC your account is disabled by itself. To keep it, sign in: {}/sign-in",
        disabled_at(account.last_use, cx.now()).format("%-d %B %Y, %H:%M"),
        cx.portal.settings.public_url,
    );
    tell(cx, tx, account, "Your account is about to be disabled", &text).await?;
    dormancy::warned(&**tx, account, days, cx.now()).await?;
    let event = Event::new(Action::AccountWarned).on(Target::user(account.user, &account.email));
    Ok(audit::append(&**tx, cx, event.with("days", days)).await?)
}

/// Why somebody stays although they were not there for so long.
async fn stays(tx: &Tx, account: &Account, teams: &[TeamId]) -> Result<Option<String>, TeamError> {
    if account.is_operator && store::user::operators(&**tx).await?.iter().all(|one| one.id == account.user) {
        return Ok(Some("you are the only operator of this installation".to_owned()));
    }
    for team in teams {
        let scope = access::job(*team);
        let member = store::member::by_user(&**tx, &scope, account.user).await?;
        if member.is_some_and(|member| member.role == Role::Owner)
            && let Err(TeamError::LastOwner | TeamError::LastOwnerOf(_)) =
                teams::leaves_an_owner(tx, &scope, account.user).await
        {
            let name = store::team::name(&**tx, *team).await?.unwrap_or_default();
            return Ok(Some(format!("nobody else could take your place as an owner of the Team {name}")));
        }
    }
    Ok(None)
}

/// Told that they stay: they do until they come, or an operator removes them.
fn is_kept(account: &Account) -> bool {
    account.warned.is_some_and(|(days, _)| days >= DISABLED_AFTER)
}

/// Says so, once.
async fn keep(cx: &Cx, tx: &Tx, account: &Account, why: &str) -> Result<(), TeamError> {
    if is_kept(account) {
        return Ok(());
    }
    let text = format!(
        "You have not used Portal for {DISABLED_AFTER} days. Your account stays enabled only because {why}. Sign in, or let \
         somebody else in beside you: {}/sign-in",
        cx.portal.settings.public_url,
    );
    tell(cx, tx, account, "Your account is unused", &text).await?;
    dormancy::warned(&**tx, account, DISABLED_AFTER, cx.now()).await?;
    let event = Event::new(Action::AccountWarned).on(Target::user(account.user, &account.email));
    Ok(audit::append(&**tx, cx, event.with("days", DISABLED_AFTER)).await?)
}

async fn disable(cx: &Cx, tx: &Tx, account: &Account, teams: &[TeamId]) -> Result<(), TeamError> {
    let now = cx.now();
    if !dormancy::disable(&**tx, account.user, now).await? {
        return Ok(());
    }
    store::session::end_all(&**tx, account.user, now).await?;
    let target = || Target::user(account.user, &account.email);
    audit::append(&**tx, cx, Event::new(Action::AccountDisabled).on(target())).await?;
    for team in teams {
        let scope = access::job(*team);
        // What somebody offered to others would be a way back.
        teams::withdraw_invitations(cx, tx, &scope, Some(account.user)).await?;
        audit::append(&**tx, cx, Event::of(&scope, Action::MemberDormant).on(target())).await?;
        let name = store::team::name(&**tx, *team).await?.unwrap_or_default();
        let text = format!(
            "{} of the Team {name} has not used Portal for {DISABLED_AFTER} days: the account is disabled. An operator of this \
             installation can enable it; if they should not come back, remove them: {}/teams/{team}/members",
            account.email, cx.portal.settings.public_url,
        );
        let message = Message::SecurityNotice { headline: "An unused account was disabled".to_owned(), text };
        teams::tell_managers(tx, cx, &scope, &message).await?;
    }
    let text = format!(
        "You have not used Portal for {DISABLED_AFTER} days, so your account is disabled. The operator of this installation can \
         enable it again."
    );
    Ok(tell(cx, tx, account, "Your account is disabled", &text).await?)
}

async fn tell(cx: &Cx, tx: &Tx, account: &Account, headline: &str, text: &str) -> Result<(), Outage> {
    let message = Message::SecurityNotice { headline: headline.to_owned(), text: text.to_owned() };
    mail::queue(&**tx, &cx.portal.vault, cx.now(), Mail { to: account.email.clone(), message }).await?;
    Ok(())
}
