//! Telling people what runs out: each alarm once, whoever restarts.

use std::collections::BTreeMap;

use model::{
    Permission, Time,
    audit::Action,
    audit::SafeText,
    ids::{NoticeId, UserId},
    incident::{TaskState, Track, code, may_see},
};

use super::{IncidentScope, scope};
use crate::{
    Cx, Portal, access,
    audit::append,
    error::Outage,
    mail::{self, Mail, Message},
    store::{
        self, Tx,
        incident::{self, Incident},
        notice, task,
    },
};

/// Tells of every alarm that is due. Of several of one clock, as after a long stop, the last alone is mailed. One incident
/// that cannot be read or told of silences no other.
pub(crate) async fn tell_due(portal: &Portal) -> Result<(), Outage> {
    for incident in incident::all_open(portal.db.reader()).await? {
        if let Err(outage) = tell_of(portal, &incident).await {
            tracing::error!(incident = %incident.id, error = &outage as &dyn std::error::Error, "a clock was not told of");
        }
    }
    Ok(())
}

async fn tell_of(portal: &Portal, incident: &Incident) -> Result<(), Outage> {
    let now = portal.clock.now();
    let told = incident::told(portal.db.reader(), incident.id).await?;
    let is_told = |word: &str, at: &Time| told.iter().any(|(of, alarm)| of == word && alarm == at);
    for clock in incident.running().clocks() {
        let word = clock.kind.as_str();
        let due: Vec<_> = clock.alarms.iter().copied().filter(|at| *at <= now && !is_told(word, at)).collect();
        if due.is_empty() {
            continue;
        }
        let tx = portal.db.begin().await?;
        let mut is_news = false;
        for at in due {
            is_news |= incident::tell(&*tx, incident, word, at, now).await?;
        }
        if is_news {
            let when = when(clock.due, now);
            tell(portal, &tx, incident, word, &format!("{}, {when}", clock.kind.title()), None).await?;
            tx.commit().await?;
        }
    }
    let own = scope::own(&access::job(incident.team), incident, Vec::new());
    for lost in notice::mails(portal.db.reader(), &own).await? {
        let Some(at) = lost.failed_at else { continue };
        let word = lost.notice.to_string();
        if is_told(&word, &at) {
            continue;
        }
        let tx = portal.db.begin().await?;
        if incident::tell(&*tx, incident, &word, at, now).await? {
            not_said(&tx, &own, lost.notice).await?;
            let what = format!("a notice was not delivered to {}; say it another way", lost.recipient);
            tell(portal, &tx, incident, "notice", &what, None).await?;
            tx.commit().await?;
        }
    }
    for task in task::all(portal.db.reader(), &own).await? {
        let word = task.id.to_string();
        if task.state != TaskState::Open || task.due_at > now || is_told(&word, &task.due_at) {
            continue;
        }
        let tx = portal.db.begin().await?;
        if incident::tell(&*tx, incident, &word, task.due_at, now).await? {
            let owner = task.owner.map(|(user, _)| user);
            tell(portal, &tx, incident, "task", &format!("{} ({})", task.title, when(task.due_at, now)), owner).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// What did not arrive was not said: Amazon's clock runs on.
async fn not_said(tx: &Tx, own: &IncidentScope, lost: NoticeId) -> Result<(), Outage> {
    let all = notice::all(&**tx, own).await?;
    let is_lost = |one: &&notice::Notice| one.id == lost && one.track == Track::Amazon;
    let how = all.iter().find(is_lost).and_then(|one| one.sent.as_ref()).map(|(_, _, how)| how);
    let Some(now) = incident::by_id(&**tx, own.team(), own.id()).await? else { return Ok(()) };
    if how.is_some_and(|how| now.amazon.as_ref().is_some_and(|(_, settled)| settled == how)) {
        incident::write(&**tx, own, &Incident { amazon: None, ..now }).await?;
    }
    Ok(())
}

fn when(due: Time, now: Time) -> String {
    match (due - now).num_minutes() {
        ..=0 => format!("overdue since {}", due.format("%H:%M UTC on %-d %B")),
        left @ 1..120 => format!("due in {left} minutes"),
        left => format!("due in {} hours", (left + 30) / 60),
    }
}

/// Tells its `owner`, and without one those who run the incident.
async fn tell(
    portal: &Portal,
    tx: &Tx,
    incident: &Incident,
    word: &str,
    what: &str,
    owner: Option<UserId>,
) -> Result<(), Outage> {
    let (cx, team) = (Cx::system(portal, "incident clock"), access::job(incident.team));
    let duties = incident::duties(&**tx, incident.id).await?;
    let mut to = BTreeMap::new();
    for member in store::member::not_locked(&**tx, &team).await? {
        let on_duty = duties.iter().any(|on| on.user == member.user);
        let runs = member.role.may(Permission::RunIncidents) && may_see(incident.restricted, Some(member.role), false);
        // Who has a task of an incident that was restricted since sees no more of it.
        let sees = may_see(incident.restricted, Some(member.role), on_duty);
        if owner.map_or(on_duty || runs, |owner| owner == member.user && sees) {
            to.insert(member.user, member.email);
        }
    }
    let drill = if incident.drill { "Drill: " } else { "" };
    let headline = format!("{drill}{}: {what}", code(incident.id));
    let text = format!(
        "The incident “{}” ({}): {what}. {}/teams/{}/incidents/{}",
        incident.title,
        incident.severity.title(),
        portal.settings.public_url,
        incident.team,
        incident.id
    );
    for to in to.into_values() {
        let message = Message::SecurityNotice { headline: headline.clone(), text: text.clone() };
        mail::queue(&**tx, &portal.vault, cx.now(), Mail { to, message }).await?;
    }
    let own = scope::own(&team, incident, duties);
    let event = own.event(Action::IncidentAlarm).with("clock", &SafeText::new(word, 40));
    Ok(append(&**tx, &cx, event).await?)
}
