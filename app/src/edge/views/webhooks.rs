//! Webhooks of a Team.

use backend::{
    Cx, TeamScope,
    store::webhook::{Delivery, Webhook},
    webhooks::{self, For},
};
use model::{Environment, Permission, Time};

use super::people::last_day;
use crate::{
    Failure,
    api::webhooks::{MessageItem, MessageOutcome, WebhookDetail, WebhookItem},
    edge::{fail, moment},
};

pub(crate) async fn webhook_detail(cx: &Cx, scope: &TeamScope, of: For) -> Result<WebhookDetail, Failure> {
    let (hook, sent) = webhooks::get(cx, scope, of).await.map_err(fail)?;
    let needs = match of {
        For::Alerts => Permission::ManageAlerts,
        For::Gateway(_) => Permission::ManageGateways,
    };
    let environment = hook.as_ref().and_then(|hook| hook.gateway).map_or(Environment::Production, |(_, of)| of);
    let may_change = scope.role().is_some_and(|role| role.may(needs)) && scope.environments().contain(environment);
    let now = cx.now();
    Ok(WebhookDetail {
        present: hook.map(|hook| item(hook, may_change, now)),
        sent: sent.into_iter().map(|message| message_item(message, now)).collect(),
    })
}

fn item(hook: Webhook, may_change: bool, now: Time) -> WebhookItem {
    WebhookItem {
        id: hook.id,
        set: moment(hook.created_at, now),
        ends: hook.ends_at.map(|at| (moment(at, now), last_day(at))),
        overlap: hook.other.as_ref().filter(|(_, until)| now < *until).map(|(_, until)| moment(*until, now)),
        // The rest of an address may be a secret of its own.
        url: if may_change { hook.url } else { hook.host() },
    }
}

fn message_item(message: Delivery, now: Time) -> MessageItem {
    let outcome = match (message.sent_at, message.failed_at) {
        (Some(_), _) => MessageOutcome::Sent,
        (None, Some(_)) => MessageOutcome::GivenUp,
        (None, None) => MessageOutcome::OnItsWay,
    };
    MessageItem {
        id: message.id,
        kind: message.kind,
        created: moment(message.created_at, now),
        attempts: message.attempts,
        outcome,
        answer: message.answer,
    }
}
