//! Whether a Team's owners and admins need a passkey.

use model::{audit::Action, passkey::is_required_of, step_up::DangerousAct};

use super::{TeamError, tell_managers};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    mail::Message,
    store::{self, Tx, member::Member},
};

/// Requires passkeys of owners and admins from now on, or no longer. Whoever says so shows one; and all of them have one by then, so
/// that nobody who only reads an owner's mail adds a first one in their name.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn require_passkeys(cx: &Cx, scope: &TeamScope, required: bool) -> Result<(), TeamError> {
    access::require_passkey(cx, scope, DangerousAct::ChangePasskeyRule).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    if required {
        let members = store::member::all(&*tx, scope).await?;
        let holders = store::passkey::holders(&*tx, scope).await?;
        let lacks = |member: &&Member| is_required_of(member.role) && !holders.contains(&member.user);
        let lacking: Vec<_> = members.iter().filter(lacks).map(|member| member.email.to_string()).collect();
        if !lacking.is_empty() {
            return Err(TeamError::WithoutPasskey(lacking));
        }
    }
    change_passkey_rule(cx, &tx, scope, required).await?;
    Ok(tx.commit().await?)
}

/// Writes it down, and tells those whom it is about.
pub(crate) async fn change_passkey_rule(cx: &Cx, tx: &Tx, scope: &TeamScope, required: bool) -> Result<(), AccessError> {
    let name = store::team::name(&**tx, scope.team()).await?.unwrap_or_default();
    let by = access::signed_in(cx).map_or_else(|_| "The operator".to_owned(), |person| person.email.to_string());
    let what = if required { "requires a passkey of its owners and admins" } else { "requires no passkeys any more" };
    let text = format!(
        "The Team {name} {what} from now on. {by} said so: {}/teams/{}/settings",
        cx.portal.settings.public_url,
        scope.team()
    );
    let message = Message::SecurityNotice { headline: "Who needs a passkey was changed".to_owned(), text };
    tell_managers(tx, cx, scope, &message).await?;
    store::team::require_passkeys(&**tx, scope, required).await?;
    let event = Event::of(scope, Action::PasskeyRuleChanged).with("required", required);
    let event = scope.name().into_iter().fold(event, |event, name| event.on(Target::team(scope.team(), name)));
    Ok(audit::append(&**tx, cx, event).await?)
}

/// Refuses a role that needs a passkey to somebody who has none.
pub(super) async fn may_have(tx: &Tx, scope: &TeamScope, after: &Member) -> Result<(), TeamError> {
    let is_required = is_required_of(after.role) && store::team::requires_passkeys(&**tx, scope).await?;
    if is_required && !store::passkey::holders(&**tx, scope).await?.contains(&after.user) {
        return Err(TeamError::WithoutPasskey(vec![after.email.to_string()]));
    }
    Ok(())
}
