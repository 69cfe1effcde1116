//! Telling people what runs out: each alarm once, whoever restarts.

use std::collections::BTreeMap;

use model::{
    Permission, Time,
    audit::Action,
    audit::SafeText,
    incident::{Clock, code, may_see},
};

use super::scope;
use crate::{
    Cx, Portal, access,
    audit::append,
    error::Outage,
    mail::{self, Mail, Message},
    store::{
        self, Tx,
        incident::{self, Incident},
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
    for clock in incident.running().clocks() {
        let word = clock.kind.as_str();
        let is_told = |at: &Time| told.iter().any(|(of, alarm)| of == word && alarm == at);
        let due: Vec<_> = clock.alarms.iter().copied().filter(|at| *at <= now && !is_told(at)).collect();
        if due.is_empty() {
            continue;
        }
        let tx = portal.db.begin().await?;
        let mut is_news = false;
        for at in due {
            is_news |= incident::tell(&*tx, incident, word, at, now).await?;
        }
        if is_news {
            tell(portal, &tx, incident, &clock).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

async fn tell(portal: &Portal, tx: &Tx, incident: &Incident, clock: &Clock) -> Result<(), Outage> {
    let (cx, team) = (Cx::system(portal, "incident clock"), access::job(incident.team));
    let duties = incident::duties(&**tx, incident.id).await?;
    let mut to = BTreeMap::new();
    for member in store::member::not_locked(&**tx, &team).await? {
        let on_duty = duties.iter().any(|on| on.user == member.user);
        let runs = member.role.may(Permission::RunIncidents) && may_see(incident.restricted, Some(member.role), false);
        if on_duty || runs {
            to.insert(member.user, member.email);
        }
    }
    let left = (clock.due - cx.now()).num_minutes();
    let drill = if incident.drill { "Drill: " } else { "" };
    let when = match left {
        ..=0 => format!("overdue since {}", clock.due.format("%H:%M UTC on %-d %B")),
        1..120 => format!("due in {left} minutes"),
        _ => format!("due in {} hours", (left + 30) / 60),
    };
    let headline = format!("{drill}{}: {}, {when}", code(incident.id), clock.kind.title());
    let text = format!(
        "The incident “{}” ({}): {}, {when}. {}/teams/{}/incidents/{}",
        incident.title,
        incident.severity.title(),
        clock.kind.title(),
        portal.settings.public_url,
        incident.team,
        incident.id
    );
    for to in to.into_values() {
        let message = Message::SecurityNotice { headline: headline.clone(), text: text.clone() };
        mail::queue(&**tx, &portal.vault, cx.now(), Mail { to, message }).await?;
    }
    let own = scope::own(&team, incident, duties);
    let event = own.event(Action::IncidentAlarm).with("clock", &SafeText::new(clock.kind.as_str(), 40));
    Ok(append(&**tx, &cx, event).await?)
}
