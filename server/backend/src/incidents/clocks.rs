//! Telling people what runs out: each alarm once, whoever restarts.

use std::collections::BTreeMap;

use model::{
    Permission, Time,
    audit::Action,
    ids::UserId,
    incident::{TaskState, code},
};

use super::{IncidentScope, measures::outage, notices, scope};
use crate::{
    Cx, Portal, access,
    audit::append,
    error::Outage,
    mail::{self, Mail, Message},
    store::{
        self,
        incident::{self, Incident},
        notice::{self, Mailed},
        task::{self, Task},
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
    let own = scope::own(&access::job(incident.team), incident, Vec::new());
    let told = incident::told(&portal.db.of(&own), incident.id).await?;
    let is_told = |word: &str, at: &Time| told.iter().any(|(of, alarm)| of == word && alarm == at);
    for clock in incident.running().clocks() {
        let word = clock.kind.as_str();
        let due: Vec<_> = clock.alarms.iter().copied().filter(|at| *at <= now && !is_told(word, at)).collect();
        if !due.is_empty() {
            let what = format!("{}, {}", clock.kind.title(), when(clock.due, now));
            let news: Vec<_> = due.into_iter().map(|at| (word.to_owned(), at)).collect();
            tell(portal, &own, &news, word, &what, None).await?;
        }
    }
    for mail in notice::mails(&portal.db.of(&own), &own).await? {
        if let Some(at) = mail.failed_at.filter(|at| !is_told(&mail.notice.to_string(), at)) {
            let what = format!("a notice was not delivered to {}; say it another way", mail.recipient);
            tell(portal, &own, &[(mail.notice.to_string(), at)], "notice", &what, None).await?;
        }
        if let Some(at) = mail.delivered_at.filter(|_| mail.settles && !incident.amazon_told) {
            amazon_has_it(portal, &own, &mail, at).await?;
        }
    }
    // One mail a person, however many tasks are overdue at once.
    let mut overdue: BTreeMap<Option<UserId>, Vec<Task>> = BTreeMap::new();
    for task in task::all(&portal.db.of(&own), &own).await? {
        if task.state == TaskState::Open && task.due_at <= now && !is_told(&task.id.to_string(), &task.due_at) {
            overdue.entry(task.owner.as_ref().map(|(user, _)| *user)).or_default().push(task);
        }
    }
    for (owner, tasks) in overdue {
        let news: Vec<_> = tasks.iter().map(|task| (task.id.to_string(), task.due_at)).collect();
        let titles: Vec<_> = tasks.iter().map(|task| task.title.trim_end_matches('.')).collect();
        let first = tasks.iter().map(|task| task.due_at).min().unwrap_or(now);
        tell(portal, &own, &news, "task", &format!("{} ({})", titles.join("; "), when(first, now)), owner).await?;
    }
    Ok(())
}

/// Amazon's mail server has taken a notice: its clock stops.
async fn amazon_has_it(portal: &Portal, own: &IncidentScope, mail: &Mailed, at: Time) -> Result<(), Outage> {
    let tx = portal.db.begin_in(own).await?;
    let held = own.held(&tx).await.map_err(outage)?;
    notices::settle(&tx, &held, at, format!("By mail to {}", mail.recipient)).await?;
    Ok(tx.commit().await?)
}

fn when(due: Time, now: Time) -> String {
    match (due - now).num_minutes() {
        ..=0 => format!("overdue since {}", due.format("%H:%M UTC on %-d %B")),
        left @ 1..120 => format!("due in {left} minutes"),
        left => format!("due in {} hours", (left + 30) / 60),
    }
}

/// Tells its `owner`; without one who sees the incident, those who run it. Each of the `news` once, whoever restarts: nothing is
/// mailed when all of them were told before.
async fn tell(
    portal: &Portal,
    own: &IncidentScope,
    news: &[(String, Time)],
    word: &'static str,
    what: &str,
    owner: Option<UserId>,
) -> Result<(), Outage> {
    let cx = Cx::system(portal, "incident clock");
    let now = cx.now();
    let tx = portal.db.begin_in(own).await?;
    // As it is now: who was kept from it meanwhile hears nothing.
    let held = own.held(&tx).await.map_err(outage)?;
    let incident = held.incident();
    let mut is_news = false;
    for (of, at) in news {
        is_news |= incident::tell(&*tx, incident, of, *at, now).await?;
    }
    if !is_news || incident.progress.state.is_over() {
        return Ok(tx.commit().await?);
    }
    let (mut to, mut others) = (Vec::new(), Vec::new());
    for member in store::member::not_locked(&*tx, held.team()).await?.into_iter().filter(|member| held.is_seen_by(member)) {
        let runs = member.role.may(Permission::RunIncidents) || held.duties().iter().any(|on| on.user == member.user);
        match owner == Some(member.user) {
            true => to.push(member.email),
            false if runs => others.push(member.email),
            false => {}
        }
    }
    let to = if to.is_empty() { others } else { to };
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
    for to in to {
        let message = Message::SecurityNotice { headline: headline.clone(), text: text.clone() };
        mail::queue(&*tx, &portal.vault, now, Mail { to, message }).await?;
    }
    append(&*tx, &cx, held.event(Action::IncidentAlarm).with("clock", word)).await?;
    Ok(tx.commit().await?)
}
