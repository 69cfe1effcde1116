//! A message that SNS posted: from a listed topic, signed by Amazon, kept once, passed on; or the question whether it is wanted.

use chrono::Duration;
use model::{
    audit::{Action, SafeText},
    ids::ConnectionId,
    notification::{SNS_TOLERANCE, Way, is_fresh},
};

use super::{
    Refused, Taken,
    envelope::read,
    receive::{cx, refuse, take},
    sns::{Kind, SnsMessage, is_certificate},
};
use crate::{
    Actor, Cx, Portal, access,
    audit::{self, Event, Target},
    credentials::Origin,
    store::{
        notification,
        notification_key::{self, Addressee},
        rate_limit::{self, Limit},
    },
};

/// Certificates that are fetched for a connection: five at once, then one a minute. Whoever knows a topic's name cannot make Portal
/// fetch without end.
const FETCHED: Limit = Limit { burst: 5, every: Duration::minutes(1) };

/// Takes a message of SNS for a connection.
#[tracing::instrument(skip_all, fields(connection = %of))]
pub async fn receive_sns(portal: &Portal, origin: &Origin, of: ConnectionId, body: &[u8]) -> Result<Taken, Refused> {
    let db = portal.db.reader();
    let stranger = cx(portal, origin, Actor::Anonymous);
    let (to, message) = (notification_key::addressee(db, of).await?, SnsMessage::read(body));
    let Some((to, message)) = to.as_ref().zip(message) else {
        return refuse(&stranger, of, to.as_ref(), "invalid-signature", Refused::Signature).await;
    };
    let topics = notification::topics(db, &access::job(to.team), of).await?;
    if !topics.iter().any(|topic| topic.arn == message.topic_arn) {
        return refuse(&stranger, of, Some(to), "topic-not-listed", Refused::Signature).await;
    }
    if !message.sent_at().is_some_and(|at| is_fresh(at, SNS_TOLERANCE, stranger.now())) {
        return refuse(&stranger, of, Some(to), "stale", Refused::Signature).await;
    }
    if !is_signed(&stranger, of, &message).await? {
        return refuse(&stranger, of, Some(to), "invalid-signature", Refused::Signature).await;
    }
    let cx = Cx { actor: Actor::System("sns"), ..stranger };
    match message.kind {
        Kind::Notification => match read(message.message.as_bytes()) {
            Some(envelope) => take(&cx, of, to, Way::Sns, &message.message_id, envelope, None).await,
            None => refuse(&cx, of, Some(to), "no-notification", Refused::Envelope).await,
        },
        Kind::SubscriptionConfirmation => confirm(&cx, of, to, &message).await,
        Kind::UnsubscribeConfirmation => {
            subscribed(&cx, of, to, &message.topic_arn, false).await?;
            Ok(Taken::Known)
        }
    }
}

async fn is_signed(cx: &Cx, of: ConnectionId, message: &SnsMessage) -> Result<bool, Refused> {
    let Some(url) = message.certificate() else { return Ok(false) };
    let amazon = &cx.portal.amazon;
    if let Some(known) = amazon.known_certificate(&url) {
        return Ok(message.is_signed_by(&known, cx.now()));
    }
    let tx = cx.portal.db.begin().await?;
    let taken = rate_limit::take(&*tx, &format!("sns-certificate:{}", of.0.simple()), FETCHED, 1, cx.now()).await?;
    tx.commit().await?;
    if taken.granted == 0 {
        return Err(Refused::TooMany(u32::try_from(taken.wait.num_seconds()).unwrap_or(0) + 1));
    }
    // It is SNS's own, whoever asked for it: kept, whatever it did not sign.
    let fetched = amazon.sns(&url).await.filter(|fetched| is_certificate(fetched)).ok_or(Refused::Unproved)?;
    let signed = message.is_signed_by(&fetched, cx.now());
    amazon.keep_certificate(&url, fetched);
    Ok(signed)
}

/// Says to Amazon that a listed topic's messages are wanted.
async fn confirm(cx: &Cx, of: ConnectionId, to: &Addressee, message: &SnsMessage) -> Result<Taken, Refused> {
    let Some(url) = message.confirmation() else {
        return refuse(cx, of, Some(to), "no-notification", Refused::Envelope).await;
    };
    if cx.portal.amazon.sns(&url).await.is_none() {
        return Err(Refused::Unproved);
    }
    subscribed(cx, of, to, &message.topic_arn, true).await?;
    Ok(Taken::New)
}

async fn subscribed(cx: &Cx, of: ConnectionId, to: &Addressee, topic: &str, wanted: bool) -> Result<(), Refused> {
    let scope = access::job(to.team);
    let tx = cx.portal.db.begin().await?;
    if notification::confirm_topic(&*tx, &scope, of, topic, wanted.then(|| cx.now())).await? {
        let event = Event::of(&scope, Action::NotificationTopicConfirmed).on(Target::connection(of, &to.name));
        let event = event.with("topic", &SafeText::new(topic, 300)).with("wanted", wanted);
        audit::append(&*tx, cx, event).await?;
        tx.commit().await?;
    }
    Ok(())
}
