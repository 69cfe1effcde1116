//! Who is in a Team, and what they ask of each other.

use super::*;

impl House {
    /// A person who joined the Team.
    pub async fn member(&self, of: &Furnished, name: &str, role: Role, environments: Environments) -> Cx {
        let invitation = self.invite(of, &format!("{name}@example.com"), role, environments).await;
        let person = self.stage.person(name).await;
        teams::accept(&person, invitation).await.unwrap();
        person
    }

    /// What somebody asks for and another one approves: the whole log, for a day.
    pub async fn approved_export(&self, of: &Furnished, asker: &Cx, approver: &Cx) {
        use backend::approvals::{approve, ask};
        use model::approval::GraveAct::ExportLog;
        self.stage.advance(Duration::seconds(1));
        let (asker, approver) = (self.stage.stepped_up(asker), self.stage.stepped_up(approver));
        let scope = backend::access::enter(&asker, of.team, Permission::ViewLog).await.unwrap();
        let asked = ask(&asker, &scope, ExportLog, "").await.unwrap();
        let scope = backend::access::enter(&approver, of.team, Permission::ViewLog).await.unwrap();
        approve(&approver, &scope, ExportLog, asked, "").await.unwrap();
    }

    pub async fn invite(&self, of: &Furnished, email: &str, role: Role, environments: Environments) -> InvitationId {
        let owner = self.stage.stepped_up(&of.owner);
        teams::invite(&owner, &of.scope, &email.parse().unwrap(), role, environments, Engagement::Employee).await.unwrap();
        let open = teams::invitations(&owner, &of.scope).await.unwrap();
        open.into_iter().find(|invitation| invitation.email.as_str() == email).unwrap().id
    }

    /// The same person in one more browser, a minute later.
    pub async fn another_session(&self, cx: &Cx) -> SessionId {
        self.stage.advance(Duration::seconds(61));
        let email = &cx.signed_in().unwrap().email;
        let cx = self.stage.visitor(&self.stage.next_address());
        let asked = login::ask(&cx, email.as_str()).await.unwrap();
        let code = self.stage.code_for(email.as_str()).await;
        login::sign_in(&cx, asked.challenge, &code).await.unwrap().session
    }

    /// A seller answers on Amazon's consent page, nobody by an empty name; gives where the browser is sent back to.
    pub async fn answer_consent(&self, page: &str, seller: &str) -> String {
        let amazon = url::Url::parse(page).unwrap();
        let mut asked: Vec<(String, String)> = amazon.query_pairs().into_owned().collect();
        asked.push(("seller_id".to_owned(), seller.to_owned()));
        let answered = self.http.post(format!("{}{}", self.amazon, amazon.path())).form(&asked).send().await.unwrap();
        let back = url::Url::parse(answered.headers()["location"].to_str().unwrap()).unwrap();
        format!("{}?{}", back.path(), back.query().unwrap())
    }
}
