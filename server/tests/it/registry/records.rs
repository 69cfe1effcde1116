//! What is kept: events, Reviews, holds, alerts, messages.

use secrecy::SecretString;

use super::*;

impl House {
    /// The first event of a Team's log.
    pub(super) async fn an_event(&self, of: &Furnished) -> String {
        let all = store::audit_event::of_team(self.stage.portal.db.reader(), &of.scope, &Default::default(), 1000).await;
        all.unwrap().pop().unwrap().id.to_string()
    }

    /// A Review of the last fourteen days.
    pub async fn a_review(&self, team: TeamId) -> String {
        let now = self.stage.portal.clock.now();
        let from = now - chrono::Duration::days(14);
        let review =
            Review { id: backend::random::id(now), from, until: now, opened_at: now, sample: Vec::new(), signed: None };
        let tx = self.stage.portal.db.begin().await.unwrap();
        store::review::insert(&*tx, team, &review).await.unwrap();
        tx.commit().await.unwrap();
        review.id.to_string()
    }

    /// A webhook of the Team's gateway, and a message that was given up.
    pub async fn a_webhook(&self, of: &Furnished) -> (String, String) {
        use backend::webhooks::{For, get, send_test, set};
        let (owner, gateway) = (self.stage.stepped_up(&of.owner), For::Gateway(of.gateway));
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        set(&owner, &of.scope, gateway, "http://127.0.0.1:9/hook", secret, None).await.unwrap();
        let id = get(&owner, &of.scope, gateway).await.unwrap().0.unwrap().id;
        send_test(&owner, &of.scope, id).await.unwrap();
        let message = get(&owner, &of.scope, gateway).await.unwrap().1.remove(0).id;
        let over = "UPDATE webhook_delivery SET due_at = NULL, failed_at = created_at WHERE kind = 'webhook.test'";
        self.stage.portal.db.reader().execute_unprepared(over).await.unwrap();
        (id.to_string(), message.to_string())
    }

    /// A legal hold that stands.
    pub async fn a_hold(&self, of: &Furnished) -> String {
        backend::audit::place_hold(&self.stage.stepped_up(&of.owner), &of.scope, "Case 4711").await.unwrap().to_string()
    }

    /// An alert that nobody has answered.
    pub async fn an_alert(&self, team: Option<TeamId>) -> String {
        let now = self.stage.portal.clock.now();
        let alert = Alert {
            id: backend::random::id(now),
            team,
            rule: Rule::LogExported,
            severity: Rule::LogExported.severity(),
            about: backend::random::id::<AlertId>(now).to_string(),
            subject: None,
            finding: "By somebody.".to_owned(),
            occurrences: 1,
            event: None,
            opened_at: now,
            last_at: now,
            acknowledged: None,
        };
        let id = alert.id.to_string();
        let tx = self.stage.portal.db.begin().await.unwrap();
        store::alert::insert(&*tx, alert, now).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}
