//! Telling people: one mail for all that is due.

use std::{cmp::Reverse, collections::BTreeMap};

use model::{EmailAddress, Permission, ids::TeamId};

use crate::{
    Portal, access,
    error::Outage,
    mail::{self, AlertLine, Mail, Message},
    store::{
        self, Tx,
        alert::{self, Alert},
        alert_setting,
    },
    webhooks::{self, For},
};

/// Tells of every alert that is due.
pub(crate) async fn tell_due(portal: &Portal) -> Result<(), Outage> {
    let mut due = BTreeMap::<Option<TeamId>, Vec<Alert>>::new();
    for alert in alert::to_tell(portal.db.reader(), portal.clock.now()).await? {
        due.entry(alert.team).or_default().push(alert);
    }
    for (team, mut alerts) in due {
        alerts.sort_by_key(|alert| Reverse(alert.severity));
        let tx = portal.db.begin().await?;
        let mut mine = Vec::new();
        for alert in alerts {
            // Another worker may have told of it.
            if alert::told(&*tx, alert.id).await? {
                mine.push(alert);
            }
        }
        match team {
            Some(team) => tell_team(portal, &tx, team, mine).await?,
            None => tell_operators(portal, &tx, mine).await?,
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn tell_team(portal: &Portal, tx: &Tx, team: TeamId, alerts: Vec<Alert>) -> Result<(), Outage> {
    let delivery = alert_setting::delivery(&**tx, team).await?;
    let scope = access::job(team);
    for alert in &alerts {
        webhooks::queue(tx, &scope, For::Alerts, portal.clock.now(), "alert.opened", None, message(portal, team, alert))
            .await?;
    }
    let members = store::member::not_locked(&**tx, &scope).await?;
    let managers = members.into_iter().filter(|member| member.role.may(Permission::ManageAlerts));
    let by_mail =
        alerts.into_iter().filter(|alert| alert.severity >= delivery.mail_from || alert.rule.is_always_mailed()).collect();
    let place = store::team::name(&**tx, team).await?.unwrap_or_default();
    let url = format!("{}/teams/{team}/alerts", portal.settings.public_url);
    send(portal, tx, managers.map(|member| member.email), place, by_mail, url).await
}

/// An alert as a webhook tells it.
fn message(portal: &Portal, team: TeamId, alert: &Alert) -> serde_json::Value {
    let subject = alert.subject.as_ref();
    serde_json::json!({
        "id": alert.id,
        "team_id": team,
        "rule": alert.rule.as_str(),
        "severity": alert.severity.as_str(),
        "title": alert.rule.title(),
        "subject": subject.map(|subject| serde_json::json!({ "kind": subject.kind, "name": subject.name })),
        "finding": alert.finding,
        "opened_at": alert.opened_at,
        "url": format!("{}/teams/{team}/alerts", portal.settings.public_url),
    })
}

async fn tell_operators(portal: &Portal, tx: &Tx, alerts: Vec<Alert>) -> Result<(), Outage> {
    let operators = store::user::operators(&**tx).await?;
    let url = format!("{}/installation", portal.settings.public_url);
    send(portal, tx, operators.into_iter().map(|user| user.email), "Portal".to_owned(), alerts, url).await
}

async fn send(
    portal: &Portal,
    tx: &Tx,
    to: impl Iterator<Item = EmailAddress>,
    place: String,
    alerts: Vec<Alert>,
    url: String,
) -> Result<(), Outage> {
    if alerts.is_empty() {
        return Ok(());
    }
    let lines = alerts.into_iter().map(|alert| AlertLine {
        severity: alert.severity,
        title: alert.rule.title(),
        subject: alert.subject.map(|subject| subject.name),
        finding: alert.finding,
        advice: alert.rule.advice(),
    });
    let message = Message::Alerts { place, lines: lines.collect(), url };
    for to in to {
        let mail = Mail { to, message: message.clone() };
        mail::queue(&**tx, &portal.vault, portal.clock.now(), mail).await?;
    }
    Ok(())
}
