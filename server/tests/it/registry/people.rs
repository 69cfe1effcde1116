//! What people ask of each other, and what they have.

use super::*;
use crate::authenticator::Authenticator;

impl House {
    /// An access review of everybody and everything that is there.
    pub async fn an_access_review(&self, of: &Furnished) -> String {
        let made = "UPDATE team SET created_at = '2026-01-01 00:00:00+00:00'";
        self.stage.portal.db.reader().execute_unprepared(made).await.unwrap();
        backend::jobs::open_reviews(&self.stage.portal).await.unwrap();
        backend::access_reviews::list(&of.owner, &of.scope).await.unwrap()[0].id.to_string()
    }

    /// A passkey of the owner's, who shows it.
    pub(super) async fn a_passkey(&self, of: &Furnished) -> String {
        let owner = self.stage.stepped_up(&of.owner);
        crate::passkeys::add(&owner, &mut Authenticator::at(crate::passkeys::ORIGIN)).await.to_string()
    }

    /// Another person asks to export the whole log.
    pub(super) async fn an_approval(&self, of: &Furnished) -> String {
        let owner = of.owner.signed_in().unwrap();
        let name = owner.email.as_str().split('@').next().unwrap();
        let asker = self.member(of, &format!("{name}-asker"), Role::Auditor, Environments::BOTH).await;
        let scope = backend::access::enter(&asker, of.team, Permission::ViewLog).await.unwrap();
        let act = model::approval::GraveAct::ExportLog;
        backend::approvals::ask(&self.stage.stepped_up(&asker), &scope, act, "").await.unwrap().to_string()
    }

    /// Somebody who is in no Team asks to look into this one.
    pub(super) async fn an_impersonation(&self, of: &Furnished) -> ImpersonationId {
        let name = of.owner.signed_in().unwrap().email.as_str().split('@').next().unwrap().to_owned();
        let support = self.stage.person(&format!("{name}-support")).await;
        self.asks_to_look(of.team, support.signed_in().unwrap()).await
    }

    /// Somebody asks to look into a Team.
    pub async fn asks_to_look(&self, team: TeamId, by: &SignedIn) -> ImpersonationId {
        let (db, now) = (self.stage.portal.db.reader(), self.stage.portal.clock.now());
        let new = Impersonation {
            id: backend::random::id(now),
            team,
            team_name: store::team::name(db, team).await.unwrap().unwrap().parse().unwrap(),
            reason: format!("{} asks to help", by.email),
            asked: By { at: now, user: by.user, name: by.email.to_string() },
            approved: None,
            tries: 0,
            begun_at: None,
            pages: 0,
            ended_at: None,
        };
        store::impersonation::insert(db, &new).await.unwrap();
        new.id
    }
}
