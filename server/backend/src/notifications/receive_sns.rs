//! A message that SNS posted: from a listed topic, signed by Amazon, kept once, passed on; or the question whether it is wanted.

use chrono::Duration;
use model::{
    audit::{Action, SafeText},
    ids::ConnectionId,
    notification::{SNS_TOLERANCE, is_fresh},
};

use super::{
    Refused, Taken,
    envelope::read,
    receive::{By, cx, known, refuse, take},
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
            Some(envelope) => take(&cx, of, to, &message.message_id, envelope, By::Topic(&message.topic_arn)).await,
            None => refuse(&cx, of, Some(to), "no-notification", Refused::Envelope).await,
        },
        Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => control(&cx, of, to, &message).await,
    }
}

async fn is_signed(cx: &Cx, of: ConnectionId, message: &SnsMessage) -> Result<bool, Refused> {
    let Some(url) = message.certificate() else { return Ok(false) };
    let amazon = &cx.portal.amazon;
    if let Some(known) = amazon.known_certificate(&url) {
        return Ok(known.is_some_and(|known| message.is_signed_by(&known, cx.now())));
    }
    // One at a time: whoever waited finds what the one before fetched.
    let _turn = amazon.fetching().await;
    if let Some(known) = amazon.known_certificate(&url) {
        return Ok(known.is_some_and(|known| message.is_signed_by(&known, cx.now())));
    }
    let tx = cx.portal.db.begin().await?;
    for bucket in [format!("sns-certificate:{}", of.0.simple()), format!("sns-certificate-by:{}", cx.network())] {
        let taken = rate_limit::take(&*tx, &bucket, FETCHED, 1, cx.now()).await?;
        if taken.granted == 0 {
            tx.rollback().await?;
            return Err(Refused::TooMany(taken.wait_s()));
        }
    }
    tx.commit().await?;
    // It is SNS's own, whoever asked for it: kept, whatever it did not sign; and that there is none is kept for a while too.
    let fetched = amazon.sns(&url).await.filter(|fetched| is_certificate(fetched));
    amazon.keep_certificate(&url, fetched.clone());
    let fetched = fetched.ok_or(Refused::Unproved)?;
    Ok(message.is_signed_by(&fetched, cx.now()))
}

/// What SNS says of a subscription, each message once: Portal says that a listed topic is wanted, or hears that it ended.
async fn control(cx: &Cx, of: ConnectionId, to: &Addressee, message: &SnsMessage) -> Result<Taken, Refused> {
    let (scope, now) = (access::job(to.team), cx.now());
    let Some(sent_at) = message.sent_at() else { return Err(Refused::Envelope) };
    let tx = cx.portal.db.begin_in(&scope).await?;
    let taken = rate_limit::take(&*tx, &format!("sns-control:{}", of.0.simple()), FETCHED, 1, now).await?;
    if taken.granted == 0 {
        tx.rollback().await?;
        return Err(Refused::TooMany(taken.wait_s()));
    }
    if notification::is_controlled(&*tx, &scope, of, &message.message_id).await? {
        tx.rollback().await?;
        return known(cx, of, to).await;
    }
    tx.commit().await?;
    let wanted = message.kind == Kind::SubscriptionConfirmation;
    if wanted {
        let Some(url) = message.confirmation() else {
            return refuse(cx, of, Some(to), "no-notification", Refused::Envelope).await;
        };
        cx.portal.amazon.sns(&url).await.ok_or(Refused::Unproved)?;
    }
    let (tx, topic) = (cx.portal.db.begin_in(&scope).await?, &message.topic_arn);
    // Kept only now: what failed is asked again under the same id.
    if !notification::control(&*tx, &scope, of, &message.message_id, now).await? {
        tx.rollback().await?;
        return known(cx, of, to).await;
    }
    if notification::confirm_topic(&*tx, &scope, of, topic, wanted.then_some(now), sent_at).await? {
        let event = Event::of(&scope, Action::NotificationTopicConfirmed).on(Target::connection(of, &to.name));
        let event = event.with("topic", &SafeText::new(topic, 300)).with("wanted", wanted);
        audit::append(&*tx, cx, event).await?;
    }
    tx.commit().await?;
    Ok(Taken::New)
}
