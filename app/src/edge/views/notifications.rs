//! Notifications that come for a connection.

use backend::{
    Cx, TeamScope,
    notifications::{self, NewKey},
    store::{notification::Notification, notification_key::NotificationKey},
};
use leptos::prelude::use_context;
use model::{Time, ids::ConnectionId};
use secrecy::ExposeSecret;

use crate::{
    Failure,
    answer::Revealed,
    api::notifications::{InboxDetail, NotificationItem, NotificationKeyItem, ShownNotificationKey, TopicItem},
    edge::{Reveal, fail, moment},
};

pub(crate) async fn inbox_detail(cx: &Cx, scope: &TeamScope, of: ConnectionId) -> Result<InboxDetail, Failure> {
    let inbox = notifications::inbox(cx, scope, of).await.map_err(fail)?;
    let now = cx.now();
    Ok(InboxDetail {
        url: format!("{}/api/notifications/v1/connections/{of}", cx.portal.settings.public_url),
        known: inbox.keys.len(),
        keys: inbox.keys.into_iter().filter(|key| key.revoked_at.is_none()).map(|key| key_item(&key, now)).collect(),
        topics: inbox
            .topics
            .into_iter()
            .map(|topic| TopicItem { arn: topic.arn, confirmed: topic.confirmed_at.map(|at| moment(at, now)) })
            .collect(),
        marks: inbox.marks.into_iter().map(|(kind, at)| (kind, moment(at, now))).collect(),
        last: inbox.last.into_iter().map(|one| notification_item(one, now)).collect(),
    })
}

fn key_item(key: &NotificationKey, now: Time) -> NotificationKeyItem {
    NotificationKeyItem {
        id: key.id,
        created: moment(key.created_at, now),
        last_used: key.last_used_at.map(|at| moment(at, now)),
    }
}

fn notification_item(one: Notification, now: Time) -> NotificationItem {
    NotificationItem {
        source: one.source,
        way: one.way,
        notification_id: one.notification_id,
        kind: one.kind,
        event: one.event_at.map(|at| moment(at, now)),
        received: moment(one.received_at, now),
        late: one.late,
    }
}

/// The one place where such a key is shown. A plain form post gets it through [`Reveal`].
#[expect(clippy::disallowed_methods, reason = "a new key is shown once, to the person who made it")]
pub(crate) fn show_notification_key(new: NewKey) -> ShownNotificationKey {
    let shown = ShownNotificationKey { key: new.id, secret: new.secret.expose_secret().to_owned() };
    if let Some(reveal) = use_context::<Reveal>() {
        reveal.put(Revealed::NotificationKey(shown.clone()));
    }
    shown
}
