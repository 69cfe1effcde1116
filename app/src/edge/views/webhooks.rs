//! A Team's webhook.

use backend::{Cx, TeamScope, store::webhook::Delivery, webhooks};
use model::Time;

use crate::{
    Failure,
    api::webhooks::{MessageItem, MessageOutcome, WebhookDetail},
    edge::{fail, moment},
};

pub(crate) async fn webhook_detail(cx: &Cx, scope: &TeamScope) -> Result<WebhookDetail, Failure> {
    let (hook, sent) = webhooks::get(cx, scope).await.map_err(fail)?;
    let now = cx.now();
    Ok(WebhookDetail {
        set: hook.as_ref().map(|hook| moment(hook.created_at, now)),
        url: hook.map(|hook| hook.url),
        sent: sent.into_iter().map(|message| item(message, now)).collect(),
    })
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
