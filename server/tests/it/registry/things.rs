//! Things that a sweep names: somebody's, or nobody's.

use backend::connections::NewGrant;
use model::{
    amazon::Region,
    ids::{LwaAppId, ProfileChoiceId},
};
use secrecy::SecretString;
use server::simulator::known;

use super::*;
use crate::{authenticator::Authenticator, house::new_app};

/// Arguments that name a thing, or several.
pub(super) const THINGS: [&str; 32] = [
    "access_review",
    "action_item",
    "alert",
    "app",
    "approval",
    "choice",
    "connection",
    "connections",
    "entry",
    "event",
    "gateway",
    "hold",
    "impersonation",
    "incident",
    "into",
    "invitation",
    "key",
    "lwa_app",
    "measure",
    "message",
    "notice",
    "notification_key",
    "passkey",
    "query",
    "review",
    "reviewed",
    "session",
    "target",
    "task",
    "team",
    "user",
    "webhook",
];

/// Things that can be named: somebody's, or nobody's.
#[derive(Clone, Debug)]
pub struct Things {
    pub team: String,
    pub app: String,
    pub connection: String,
    pub gateway: String,
    pub key: String,
    pub user: String,
    pub session: String,
    pub invitation: String,
    /// An event of the Team's log.
    pub event: String,
    pub alert: String,
    /// A Review that nobody has signed.
    pub review: String,
    /// A legal hold that stands.
    pub hold: String,
    /// An incident that is open; an entry in its timeline, a measure that is under way, a task, a notice that another person
    /// wrote, and something that follows.
    pub incident: String,
    pub entry: String,
    pub measure: String,
    pub task: String,
    pub notice: String,
    pub action_item: String,
    /// What another person asked for.
    pub approval: String,
    /// The owner's passkey.
    pub passkey: String,
    /// An access review that is open.
    pub access_review: String,
    /// The gateway's webhook, and a message that did not arrive there.
    pub webhook: String,
    pub message: String,
    /// A key that signs the connection's notifications.
    pub notification_key: String,
    /// A grant of the Advertising API whose profile is to be chosen.
    pub choice: String,
    /// Somebody outside asks to look into the Team.
    pub impersonation: String,
    /// The secret of `key`.
    pub secret: String,
}

impl Things {
    pub fn named(&self, argument: &str) -> Option<&str> {
        Some(match argument {
            "team" | "team_id" => &self.team,
            "app" | "lwa_app" => &self.app,
            "connection" | "connections" | "connection_id" => &self.connection,
            "gateway" => &self.gateway,
            "key" => &self.key,
            "user" => &self.user,
            "session" => &self.session,
            "invitation" => &self.invitation,
            "event" => &self.event,
            "alert" => &self.alert,
            "review" => &self.review,
            "hold" => &self.hold,
            "incident" | "into" => &self.incident,
            "entry" => &self.entry,
            "measure" => &self.measure,
            "task" => &self.task,
            "notice" => &self.notice,
            "action_item" => &self.action_item,
            "approval" => &self.approval,
            "passkey" => &self.passkey,
            "access_review" => &self.access_review,
            "webhook" => &self.webhook,
            "message" => &self.message,
            "notification_key" => &self.notification_key,
            "impersonation" => &self.impersonation,
            "choice" => &self.choice,
            "reviewed" => &self.user,
            "target" => &self.connection,
            _ => return None,
        })
    }

    /// Every id, for taking them out of an answer.
    pub fn ids(&self) -> [&str; 26] {
        let Self {
            team,
            app,
            connection,
            gateway,
            key,
            user,
            session,
            invitation,
            event,
            alert,
            review,
            hold,
            incident,
            entry,
            measure,
            task,
            notice,
            action_item,
            approval,
            passkey,
            access_review,
            webhook,
            message,
            notification_key,
            impersonation,
            choice,
            secret: _,
        } = self;
        [
            team,
            app,
            connection,
            gateway,
            key,
            user,
            session,
            invitation,
            event,
            alert,
            review,
            hold,
            incident,
            entry,
            measure,
            task,
            notice,
            action_item,
            approval,
            passkey,
            access_review,
            webhook,
            message,
            notification_key,
            impersonation,
            choice,
        ]
    }

    /// Ids of the right kinds that do not exist.
    pub fn nobodys() -> Self {
        let id = |prefix: &str| format!("{prefix}_0190000000007000800000000000dead");
        let secret = format!("ptl_gw_0190000000007000800000000000dead_{}", "x".repeat(43));
        Self {
            team: id("team"),
            app: id("app"),
            connection: id("con"),
            gateway: id("gw"),
            key: id("gwk"),
            user: id("usr"),
            session: id("ses"),
            invitation: id("inv"),
            event: id("evt"),
            alert: id("alt"),
            review: id("rev"),
            hold: id("hld"),
            incident: id("inc"),
            entry: id("ent"),
            measure: id("msr"),
            task: id("tsk"),
            notice: id("ntc"),
            action_item: id("act"),
            approval: id("apr"),
            passkey: id("pky"),
            access_review: id("acr"),
            webhook: id("wh"),
            message: id("msg"),
            notification_key: id("ntk"),
            impersonation: id("imp"),
            choice: id("pch"),
            secret,
        }
    }
}

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

/// The first advertiser's grant, as a person brings it.
pub fn new_grant(of: &Furnished, lwa_app: LwaAppId, region: Region, days_ago: i64) -> NewGrant {
    let refresh_token = SecretString::from(known::ADVERTISERS[0].refresh_token);
    NewGrant { lwa_app, region, refresh_token, authorized_at: of.owner.now() - chrono::Duration::days(days_ago) }
}

impl House {
    /// An app of the Advertising API.
    pub async fn ads_app(&self, of: &Furnished) -> LwaAppId {
        let known = new_app(&known::APPS[2], of.owner.now());
        backend::lwa_apps::create(&of.owner, &of.scope, known).await.unwrap()
    }

    /// A grant to such an app whose profile is still to be chosen.
    pub async fn profiles(&self, of: &Furnished, app: LwaAppId) -> ProfileChoiceId {
        backend::connections::list_profiles(&of.owner, &of.scope, new_grant(of, app, Region::Eu, 0)).await.unwrap()
    }

    async fn a_choice(&self, of: &Furnished) -> ProfileChoiceId {
        let app = self.ads_app(of).await;
        self.profiles(of, app).await
    }
}

impl House {
    /// The first event of a Team's log.
    async fn an_event(&self, of: &Furnished) -> String {
        let all = store::audit_event::of_team(self.stage.portal.db.reader(), &of.scope, &Default::default(), 1000).await;
        all.unwrap().pop().unwrap().id.to_string()
    }
}

impl House {
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

    /// An incident about the Team's app, with an entry and a measure that waits for people.
    pub async fn an_incident(&self, of: &Furnished) -> (IncidentId, EntryId, MeasureId) {
        use backend::incidents::{Report, enter, order, report, write};
        use model::incident::{EntryKind, Kind, MeasureKind};
        let id = report(&of.owner, &of.scope, Report::of(Kind::Other, "Something odd")).await.unwrap();
        let scope = enter(&of.owner, &of.scope, id).await.unwrap();
        let entry = write(&of.owner, &scope, EntryKind::Note, None, "We look into it").await.unwrap();
        let measure = order(&of.owner, &scope, MeasureKind::RotateSecret, of.app.0).await.unwrap();
        (id, entry, measure)
    }

    /// A task of an incident, a notice that another person wrote, and something that follows.
    async fn what_follows(&self, of: &Furnished, incident: IncidentId) -> (TaskId, NoticeId, ActionItemId) {
        use backend::incidents::{add_action_item, draft_notice, enter, tasks};
        let scope = enter(&of.owner, &of.scope, incident).await.unwrap();
        let task = tasks(&of.owner, &scope).await.unwrap().remove(0).id;
        let owner = of.owner.signed_in().unwrap();
        let name = owner.email.as_str().split('@').next().unwrap();
        let writer = self.member(of, &format!("{name}-writer"), Role::Admin, Environments::BOTH).await;
        let notice = draft_notice(&writer, &scope, model::incident::Track::Staff).await.unwrap();
        let soon = of.owner.now() + chrono::Duration::days(7);
        let follows = add_action_item(&of.owner, &scope, "Scan for keys", owner.user, soon).await.unwrap();
        (task, notice, follows)
    }

    /// An access review of everybody and everything that is there.
    pub async fn an_access_review(&self, of: &Furnished) -> String {
        let made = "UPDATE team SET created_at = '2026-01-01 00:00:00+00:00'";
        self.stage.portal.db.reader().execute_unprepared(made).await.unwrap();
        backend::jobs::open_reviews(&self.stage.portal).await.unwrap();
        backend::access_reviews::list(&of.owner, &of.scope).await.unwrap()[0].id.to_string()
    }

    /// A passkey of the owner's, who shows it.
    async fn a_passkey(&self, of: &Furnished) -> String {
        let owner = self.stage.stepped_up(&of.owner);
        crate::passkeys::add(&owner, &mut Authenticator::at(crate::passkeys::ORIGIN)).await.to_string()
    }

    /// Another person asks to export the whole log.
    async fn an_approval(&self, of: &Furnished) -> String {
        let owner = of.owner.signed_in().unwrap();
        let name = owner.email.as_str().split('@').next().unwrap();
        let asker = self.member(of, &format!("{name}-asker"), Role::Auditor, Environments::BOTH).await;
        let scope = backend::access::enter(&asker, of.team, Permission::ViewLog).await.unwrap();
        let act = model::approval::GraveAct::ExportLog;
        backend::approvals::ask(&self.stage.stepped_up(&asker), &scope, act, "").await.unwrap().to_string()
    }

    /// Somebody who is in no Team asks to look into this one.
    async fn an_impersonation(&self, of: &Furnished) -> ImpersonationId {
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
