//! All of a Team's things.

use super::*;

impl House {
    /// A Team's things, with a member beside its owner and an open invitation.
    pub async fn things(&self, of: &Furnished) -> Things {
        let owner = of.owner.signed_in().unwrap();
        let name = owner.email.as_str().split('@').next().unwrap();
        let user = self.member(of, &format!("{name}-second"), Role::Auditor, Environments::BOTH).await;
        let session = self.another_session(&of.owner).await;
        let invitation = self.invite(of, &format!("{name}-invited@example.com"), Role::Auditor, Environments::BOTH).await;
        let (incident, entry, measure) = self.an_incident(of).await;
        let (task, notice, action_item) = self.what_follows(of, incident).await;
        let (webhook, message) = self.a_webhook(of).await;
        let owner_proved = self.stage.stepped_up(&of.owner);
        let key = backend::notifications::create_key(&owner_proved, &of.scope, of.connection, None).await.unwrap();
        Things {
            incident: incident.to_string(),
            entry: entry.to_string(),
            measure: measure.to_string(),
            task: task.to_string(),
            notice: notice.to_string(),
            action_item: action_item.to_string(),
            approval: self.an_approval(of).await,
            passkey: self.a_passkey(of).await,
            access_review: self.an_access_review(of).await,
            notification_key: key.id.to_string(),
            impersonation: self.an_impersonation(of).await.to_string(),
            choice: self.a_choice(of).await.to_string(),
            webhook,
            message,
            team: of.team.to_string(),
            app: of.app.to_string(),
            connection: of.connection.to_string(),
            gateway: of.gateway.to_string(),
            key: of.key.to_string(),
            user: user.signed_in().unwrap().user.to_string(),
            session: session.to_string(),
            invitation: invitation.to_string(),
            event: self.an_event(of).await,
            alert: self.an_alert(Some(of.team)).await,
            review: self.a_review(of.team).await,
            hold: self.a_hold(of).await,
            secret: of.secret.clone(),
        }
    }
}
