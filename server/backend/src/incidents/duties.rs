use model::{
    audit::{Action, SafeText},
    ids::UserId,
    incident::Duty,
};

use super::{IncidentError, IncidentScope};
use crate::{
    Cx,
    access::AccessError,
    audit::append,
    store::{
        self,
        incident::{self, OnDuty},
    },
};

/// Gives a duty to a member, whoever had it: at any time one person has it.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), duty = duty.as_str()))]
pub async fn give_duty(cx: &Cx, scope: &IncidentScope, duty: Duty, user: UserId) -> Result<(), IncidentError> {
    let member =
        store::member::by_user(&cx.portal.db.of(&scope.team()), scope.team(), user).await?.ok_or(AccessError::NotFound)?;
    let on = OnDuty { duty, user, name: member.email.to_string(), since: cx.now() };
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    incident::give_duty(&*tx, &held, &on).await?;
    let event = held.event(Action::IncidentDutyGiven).with("duty", &SafeText::new(duty.as_str(), 40));
    append(&*tx, cx, event.with("to", &member.email)).await?;
    Ok(tx.commit().await?)
}
