//! Alerts.

use backend::{
    Cx, TeamScope,
    alerts::{self, Alerts},
    egress::{self, Entry},
    keys::{self, Custody, DataKeys},
    store::{alert::Alert, audit_event::Row},
};
use model::{
    Time,
    ids::{ConnectionId, GatewayId, LwaAppId, ReviewId, TeamId},
};

use crate::{
    Failure,
    api::alerts::{
        AlertItem, AlertItems, AlertRuleSet, AnswerItem, DataKeysItem, DeniedItem, DisabledAccount, EgressLine,
        Installation, KeysDetail, MasterKeyItem, RuleItem,
    },
    edge::{fail, moment},
};

pub(crate) fn alert_items(cx: &Cx, alerts: Alerts) -> AlertItems {
    let now = cx.now();
    let items = |alerts: Vec<Alert>| alerts.into_iter().map(|alert| item(alert, now)).collect();
    AlertItems { open: items(alerts.open), answered: items(alerts.acknowledged) }
}

pub(super) fn item(alert: Alert, now: Time) -> AlertItem {
    let path = |team: TeamId, kind: &str, id: uuid::Uuid| {
        let place = match kind {
            "connection" => format!("connections/{}", ConnectionId(id)),
            "gateway" => format!("gateways/{}", GatewayId(id)),
            "lwa_app" => format!("apps/{}", LwaAppId(id)),
            "user" => "members".to_owned(),
            "review" => format!("reviews/{}", ReviewId(id)),
            _ => return None,
        };
        Some(format!("/teams/{team}/{place}"))
    };
    let about = alert.team.zip(alert.subject.as_ref());
    AlertItem {
        id: alert.id,
        rule: alert.rule,
        severity: alert.severity,
        about: alert.subject.as_ref().and_then(|subject| super::measures::target(&subject.kind, subject.id)),
        subject_path: about.and_then(|(team, subject)| path(team, &subject.kind, subject.id)),
        subject: alert.subject.map(|subject| subject.name),
        event_path: alert
            .team
            .zip(alert.event)
            .filter(|_| alert.rule.stands_in_team_log())
            .map(|(team, event)| format!("/teams/{team}/log/{event}")),
        finding: alert.finding,
        occurrences: alert.occurrences,
        opened: moment(alert.opened_at, now),
        last: moment(alert.last_at, now),
        answer: alert.acknowledged.map(|said| AnswerItem { by: said.name, at: moment(said.at, now), note: said.note }),
    }
}

pub(crate) async fn alert_rules(cx: &Cx, scope: &TeamScope) -> Result<AlertRuleSet, Failure> {
    let rules = alerts::rules(cx, scope).await.map_err(fail)?;
    let delivery = alerts::delivery(cx, scope).await.map_err(fail)?;
    Ok(AlertRuleSet {
        rules: rules.into_iter().map(|(rule, own)| RuleItem { rule, threshold: own.threshold, off: own.off }).collect(),
        mail_from: delivery.mail_from,
        quiet: delivery.quiet.map(|quiet| quiet.to_string()).unwrap_or_default(),
    })
}

pub(crate) async fn installation(cx: &Cx) -> Result<Installation, Failure> {
    let alerts = alerts::list_of_installation(cx).await.map_err(fail)?;
    let holds = backend::audit::standing_holds(cx).await.map_err(fail)?;
    let holds = holds.into_iter().map(|(team, at)| (team, moment(at, cx.now()))).collect();
    let disabled = backend::dormancy::disabled(cx).await.map_err(fail)?.into_iter().map(|one| DisabledAccount {
        user: one.user,
        email: one.email.to_string(),
        disabled: moment(one.disabled_at.unwrap_or(one.last_use), cx.now()),
        last_use: moment(one.last_use, cx.now()),
    });
    Ok(Installation {
        alerts: alert_items(cx, alerts),
        log: super::log::state(cx).await?,
        holds,
        disabled: disabled.collect(),
        keys: keys_detail(cx).await?,
        egress: cx.portal.egress.entries().iter().map(egress_line).collect(),
        denied: egress::denied(cx).await.map_err(fail)?.into_iter().map(|row| denied_item(row, cx.now())).collect(),
    })
}

async fn keys_detail(cx: &Cx) -> Result<KeysDetail, Failure> {
    let (found, now) = (keys::list(cx).await.map_err(fail)?, cx.now());
    let item = |one: Custody| MasterKeyItem {
        made: one.key.made_at.map(|at| moment(at, now)),
        due: one.due.map(|at| moment(at, now)),
        overdue: one.overdue_at().is_some_and(|at| at <= now),
        id: one.key.id,
        active: one.key.active,
        present: one.present,
        served: one.served,
        data_keys: one.data_keys,
        teams: one.teams,
    };
    Ok(KeysDetail {
        masters: found.masters.into_iter().map(item).collect(),
        teams: data_keys(found.teams, now),
        installation: data_keys(found.installation, now),
    })
}

fn data_keys(keys: DataKeys, now: Time) -> DataKeysItem {
    let due = keys.due();
    DataKeysItem {
        in_use: keys.in_use,
        oldest: keys.oldest.map(|at| moment(at, now)),
        due: due.map(|at| moment(at, now)),
        overdue: due.is_some_and(|at| at <= now),
    }
}

fn egress_line(entry: &Entry) -> EgressLine {
    let Entry { purpose, hosts, tls, port, addresses } = entry.clone();
    let at = |host| port.map_or_else(|| String::clone(&host), |port| format!("{host}:{port}"));
    let hosts = hosts.into_iter().map(at).collect();
    EgressLine { purpose, hosts, tls, addresses }
}

fn denied_item(row: Row, now: Time) -> DeniedItem {
    let details: serde_json::Value = serde_json::from_str(&row.details).unwrap_or_default();
    let text = |key: &str| details[key].as_str().unwrap_or_default().to_owned();
    DeniedItem {
        at: moment(row.at, now),
        purpose: text("purpose"),
        host: text("host"),
        reason: row.reason.unwrap_or_default(),
        times: details["times"].as_i64().unwrap_or(1),
    }
}
