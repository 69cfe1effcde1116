//! A Team's webhook.

use backend::{Cx, TeamScope, store::webhook::Delivery, webhooks};
use model::{Permission, Time};

use crate::{
    Failure,
    api::webhooks::{MessageItem, MessageOutcome, WebhookDetail},
    edge::{fail, moment},
};

pub(crate) async fn webhook_detail(cx: &Cx, scope: &TeamScope) -> Result<WebhookDetail, Failure> {
    let (hook, sent) = webhooks::get(cx, scope).await.map_err(fail)?;
    let now = cx.now();
    let may_change = scope.role().is_some_and(|role| role.may(Permission::ManageAlerts));
    Ok(WebhookDetail {
        set: hook.as_ref().map(|hook| moment(hook.created_at, now)),
        // The rest of an address may be a secret of its own.
        url: hook.map(|hook| if may_change { hook.url } else { host(&hook.url) }),
        sent: sent.into_iter().map(|message| item(message, now)).collect(),
    })
}

fn host(url: &str) -> String {
    url.split('/').nth(2).unwrap_or_default().to_owned()
}

fn item(message: Delivery, now: Time) -> MessageItem {
    let outcome = match (message.sent_at, message.failed_at) {
        (Some(_), _) => MessageOutcome::Sent,
        (None, Some(_)) => MessageOutcome::GivenUp,
        (None, None) => MessageOutcome::OnItsWay,
    };
    MessageItem {
        id: message.id.to_string(),
        kind: message.kind,
        created: moment(message.created_at, now),
        attempts: message.attempts,
        outcome,
        answer: message.answer,
    }
}
