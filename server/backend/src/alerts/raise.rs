//! From a sign to an alert: counted where one is open, opened otherwise, unless a person has just answered it.

use model::{
    alert::{Again, QuietHours},
    audit::Action,
};

use super::sign::Sign;
use crate::{
    Cx, Portal,
    audit::{self, Event, Target},
    error::Outage,
    random,
    store::{
        Tx,
        alert::{self, Alert},
        alert_setting::{self, Delivery},
        audit_watch,
    },
};

/// Raises or counts, inside the caller's transaction.
pub(super) async fn raise(tx: &Tx, cx: &Cx, sign: Sign) -> Result<(), Outage> {
    let now = cx.now();
    let about = sign.about.key();
    if alert::count_in(&**tx, &about, sign.fresh, &sign.finding, now).await? {
        return Ok(());
    }
    let answered = alert::last_acknowledged(&**tx, &about).await?;
    let rule = sign.about.rule;
    let rests = answered.is_some_and(|at| match rule.again() {
        Again::AtNext => false,
        Again::After(pause) => now < at + pause,
        Again::Never => true,
    });
    if rests {
        return Ok(());
    }
    let delivery = match sign.about.team {
        Some(team) => alert_setting::delivery(&**tx, team).await?,
        None => Delivery::default(),
    };
    let event = match sign.idx {
        Some(idx) => audit_watch::event_at(&**tx, idx).await?,
        None => None,
    };
    let alert = Alert {
        id: random::id(now),
        team: sign.about.team,
        rule,
        severity: rule.severity(),
        about,
        subject: sign.subject,
        finding: sign.finding,
        occurrences: sign.seen.max(sign.fresh),
        event,
        opened_at: now,
        last_at: now,
        acknowledged: None,
    };
    let recorded = match alert.team {
        Some(team) => Event::of(&crate::access::job(team), Action::AlertRaised),
        None => Event::new(Action::AlertRaised),
    };
    let recorded = recorded.on(Target::alert(alert.id, rule)).with("rule", rule).with("severity", rule.severity());
    audit::append(&**tx, cx, recorded).await?;
    Ok(alert::insert(&**tx, alert, QuietHours::tell_at(delivery.quiet, rule.severity(), now)).await?)
}

/// Opens what is not open: a state that lasts is not counted again and again.
pub(super) async fn open(portal: &Portal, signs: Vec<Sign>) -> Result<(), Outage> {
    for sign in signs {
        if alert::is_open(portal.db.reader(), &sign.about.key()).await? {
            continue;
        }
        let tx = portal.db.begin().await?;
        raise(&tx, &Cx::system(portal, "watch"), sign).await?;
        tx.commit().await?;
    }
    Ok(())
}
