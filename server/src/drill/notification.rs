use std::time::Instant;

use backend::{
    connections,
    credentials::Origin,
    notifications::{self, Signed, Taken},
    random, webhooks,
};
use model::{audit::Action, ids::ConnectionId};
use secrecy::SecretString;

use super::{Done, Log, ground::Ground};

/// A notification as Amazon writes it.
const BODY: &str = r#"{"NotificationType": "ORDER_CHANGE", "EventTime": "2026-01-01T00:00:00Z", "Payload": {},
    "NotificationMetadata": {"NotificationId": "drill-1", "PublishTime": "2026-01-01T00:00:00Z"}}"#;

impl Ground {
    pub(super) async fn replay_notification(&self, log: &mut Log) -> Done<()> {
        let owner = self.stage.proved(&self.owner);
        let connection = connections::list(&owner, &self.scope).await?.pop().ok_or("no account")?.id;
        let at = Instant::now();
        let key = notifications::create_key(&owner, &self.scope, connection, None).await?;
        log.step("a key for notifications is made", true, at);
        let now = owner.now().timestamp();
        let good = webhooks::signature(&key.secret, "msg_1", now, BODY.as_bytes()).ok_or("no signature")?;
        let altered = BODY.replace("ORDER_CHANGE", "ORDER_CHANGES");
        let old = now - 360;
        let late = webhooks::signature(&key.secret, "msg_2", old, BODY.as_bytes()).ok_or("no signature")?;
        let stranger = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let strange = webhooks::signature(&stranger, "msg_3", now, BODY.as_bytes()).ok_or("no signature")?;
        let mut step = async |what: &str, id: &str, sent: i64, signature: &str, body: &str, wanted: Option<Taken>| {
            let at = Instant::now();
            let taken = self.send(connection, id, sent, signature, body).await;
            log.step(what, taken == wanted, at);
        };
        step("a signed notification is taken", "msg_1", now, &good, BODY, Some(Taken::New)).await;
        step("sent again it does nothing", "msg_1", now, &good, BODY, Some(Taken::Known)).await;
        step("altered by a letter it is refused", "msg_1", now, &good, &altered, None).await;
        step("of six minutes ago it is refused", "msg_2", old, &late, BODY, None).await;
        step("signed by somebody else it is refused", "msg_3", now, &strange, BODY, None).await;
        let at = Instant::now();
        notifications::revoke_key(&owner, &self.scope, connection, key.id).await?;
        let taken = self.send(connection, "msg_1", now, &good, BODY).await;
        log.step("signed by a key that was revoked it is refused", taken.is_none(), at);
        let at = Instant::now();
        let kept = notifications::inbox(&owner, &self.scope, connection).await?.last.len();
        log.step("one of them was kept", kept == 1, at);
        let at = Instant::now();
        let refused = self.recorded(Action::NotificationRefused).await?;
        log.step("each refusal is in the log", refused == 4, at);
        Ok(())
    }

    /// Sends it, and answers how it was taken; nothing when it was refused.
    async fn send(&self, to: ConnectionId, id: &str, sent: i64, signatures: &str, body: &str) -> Option<Taken> {
        let portal = &self.stage.portal;
        let origin = Origin { request: random::id(portal.clock.now()), address: "192.0.2.1".parse().ok(), agent: None };
        let message = Signed { id, timestamp: &sent.to_string(), signatures, body: body.as_bytes() };
        notifications::receive(portal, &origin, to, message).await.ok()
    }

    /// How many events of a kind stand in the Team's log.
    async fn recorded(&self, action: Action) -> Done<usize> {
        let filter = backend::store::audit_search::Filter { actions: vec![action], ..Default::default() };
        let db = self.stage.portal.db.reader();
        Ok(backend::store::audit_event::of_team(db, &self.scope, &filter, 100).await?.len())
    }
}
