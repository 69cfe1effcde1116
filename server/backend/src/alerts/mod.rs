//! Alerts: what rules notice in the log, and what people say to it.

mod ends;
mod error;
mod events;
mod itself;
mod levels;
mod networks;
mod raise;
mod sign;
mod states;
mod tell;
mod watch;

use model::{
    alert::{NOTE_MOST, Rule},
    audit::{Action, SafeText},
    ids::AlertId,
    step_up::DangerousAct,
};

pub(crate) use ends::watch_ends;
pub use error::AlertError;
pub(crate) use itself::{evidence_does_not_hold, log_does_not_hold, watch_itself};
pub(crate) use tell::tell_due;
pub use watch::Watch;

use sea_orm::ConnectionTrait;

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    store::{
        alert::{self, Acknowledged, Alert, Whose},
        alert_setting::{self, Delivery, Setting},
    },
};

/// Acknowledged alerts that a page shows.
const SHOWN: u64 = 50;

/// Alerts that wait for a person, the gravest first, and those that were answered, the last first.
#[derive(Clone, Debug)]
pub struct Alerts {
    pub open: Vec<Alert>,
    pub acknowledged: Vec<Alert>,
}

async fn of(db: &impl ConnectionTrait, whose: Whose<'_>) -> Result<Alerts, AccessError> {
    Ok(Alerts { open: alert::open(db, whose).await?, acknowledged: alert::acknowledged(db, whose, SHOWN).await? })
}

/// The Team's alerts.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Alerts, AccessError> {
    of(&cx.portal.db.of(scope), Whose::Team(scope)).await
}

/// The installation's alerts, for its operators.
pub async fn list_of_installation(cx: &Cx) -> Result<Alerts, AccessError> {
    access::operator(cx)?;
    of(cx.portal.db.reader(), Whose::Installation).await
}

/// Acknowledges an alert of the Team with a note.
#[tracing::instrument(skip_all, fields(team = %scope.team(), alert = %id))]
pub async fn acknowledge(cx: &Cx, scope: &TeamScope, id: AlertId, note: &str) -> Result<(), AlertError> {
    answer(cx, Whose::Team(scope), Event::of(scope, Action::AlertAcknowledged), id, note).await
}

/// Acknowledges an alert of the installation with a note.
#[tracing::instrument(skip_all, fields(alert = %id))]
pub async fn acknowledge_of_installation(cx: &Cx, id: AlertId, note: &str) -> Result<(), AlertError> {
    access::operator(cx)?;
    answer(cx, Whose::Installation, Event::new(Action::AlertAcknowledged), id, note).await
}

async fn answer(cx: &Cx, whose: Whose<'_>, event: Event, id: AlertId, note: &str) -> Result<(), AlertError> {
    let person = access::signed_in(cx)?;
    let note = note.trim();
    if note.is_empty() {
        return Err(AlertError::NoteMissing);
    }
    let note = SafeText::new(note, NOTE_MOST);
    let said =
        Acknowledged { at: cx.now(), by: person.user, name: person.email.to_string(), note: note.as_str().to_owned() };
    let tx = match whose {
        Whose::Team(scope) => cx.portal.db.begin_in(scope).await?,
        Whose::Installation => cx.portal.db.begin().await?,
    };
    let found = alert::by_id(&*tx, whose, id).await?.ok_or(AccessError::NotFound)?;
    if !alert::acknowledge(&*tx, whose, id, &said).await? {
        return Err(AlertError::Answered);
    }
    let event = event.on(Target::alert(id, found.rule)).with("rule", found.rule).with("note", &note);
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

/// Every rule of a Team with what the Team set.
pub async fn rules(cx: &Cx, scope: &TeamScope) -> Result<Vec<(Rule, Setting)>, AccessError> {
    let own = alert_setting::rules(&cx.portal.db.of(scope), scope.team()).await?;
    let of_team = Rule::ALL.iter().copied().filter(|rule| rule.audience() == model::alert::Audience::Team);
    Ok(of_team.map(|rule| (rule, own.get(&rule).copied().unwrap_or_default())).collect())
}

/// Sets a rule's threshold, and whether it is switched off.
#[tracing::instrument(skip_all, fields(team = %scope.team(), rule = rule.as_str()))]
pub async fn set_rule(cx: &Cx, scope: &TeamScope, rule: Rule, setting: Setting) -> Result<(), AlertError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeWatch).await?;
    if setting.off && !rule.may_be_off() {
        return Err(AlertError::NeverOff);
    }
    if let Some((own, threshold)) = setting.threshold.zip(rule.threshold())
        && !(threshold.least..=threshold.most).contains(&own)
    {
        return Err(AlertError::Threshold { least: threshold.least, most: threshold.most });
    }
    let setting = Setting { threshold: setting.threshold.filter(|_| rule.threshold().is_some()), ..setting };
    let tx = cx.portal.db.begin_in(scope).await?;
    alert_setting::set_rule(&*tx, scope, rule, setting).await?;
    let mut event = Event::of(scope, Action::AlertRuleChanged).on(Target::rule(scope.team(), rule)).with("rule", rule);
    if let Some(threshold) = setting.threshold {
        event = event.with("threshold", i64::from(threshold));
    }
    audit::append(&*tx, cx, event.with("off", setting.off)).await?;
    Ok(tx.commit().await?)
}

/// How the Team is told.
pub async fn delivery(cx: &Cx, scope: &TeamScope) -> Result<Delivery, AccessError> {
    Ok(alert_setting::delivery(&cx.portal.db.of(scope), scope.team()).await?)
}

/// Sets from which severity on a mail goes out, and the quiet hours.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn set_delivery(cx: &Cx, scope: &TeamScope, delivery: Delivery) -> Result<(), AlertError> {
    access::require_step_up(cx, scope, DangerousAct::ChangeWatch).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    alert_setting::set_delivery(&*tx, scope, delivery).await?;
    let quiet = SafeText::new(&delivery.quiet.map(|quiet| quiet.to_string()).unwrap_or_default(), 10);
    let event = Event::of(scope, Action::AlertDeliveryChanged).with("mail_from", delivery.mail_from).with("quiet", &quiet);
    audit::append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}
