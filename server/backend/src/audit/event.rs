//! An event before it is stored. Built from ids, names and details that cannot hold a secret.

use model::{
    EmailAddress, Name, Time,
    access_review::Subject,
    alert::Rule,
    approval::GraveAct,
    audit::{Action, Detail, Outcome, SafeText},
    ids::{
        AccessReviewId, AlertId, ApprovalId, ConnectionId, EventId, GatewayId, GatewayKeyId, HoldId, Id, IncidentId,
        InvitationId, LwaAppId, PasskeyId, ReviewId, SessionId, TeamId, UserId, WebhookId,
    },
    incident::{TargetKind, code},
};
use uuid::Uuid;

use super::leaf::leaf;
use crate::{Actor, Cx, TeamScope, random, store::audit_event::Row, vault::Vault};

/// What an event is about.
#[derive(Clone, Debug)]
pub struct Target {
    kind: &'static str,
    id: Uuid,
    name: Option<String>,
}

macro_rules! targets {
    ($($function:ident $kind:literal $id:ty, $name:ty;)*) => {
        impl Target {$(
            pub fn $function(id: $id, name: &$name) -> Self {
                Self { kind: $kind, id: id.uuid(), name: Some(name.to_string()) }
            }
        )*}
    };
}

targets! {
    team "team" TeamId, Name;
    user "user" UserId, EmailAddress;
    invitation "invitation" InvitationId, EmailAddress;
    lwa_app "lwa_app" LwaAppId, Name;
    connection "connection" ConnectionId, Name;
    gateway "gateway" GatewayId, Name;
}

impl Target {
    /// By its code: what it is about is not the log's to tell.
    pub fn incident(id: IncidentId) -> Self {
        Self { kind: "incident", id: id.0, name: Some(code(id)) }
    }

    /// Whatever a measure was done to.
    pub fn of_measure(kind: TargetKind, id: Uuid, name: &SafeText) -> Self {
        Self { kind: kind.as_str(), id, name: Some(name.as_str().to_owned()) }
    }

    pub fn hold(id: HoldId) -> Self {
        Self { kind: "hold", id: id.0, name: None }
    }

    /// By the day on which it opened.
    pub fn access_review(id: AccessReviewId, opened: Time) -> Self {
        Self { kind: "access_review", id: id.0, name: Some(opened.format("%Y-%m-%d").to_string()) }
    }

    /// What is looked at there, by its name.
    pub fn reviewed(kind: Subject, id: Uuid, name: &str) -> Self {
        Self { kind: kind.as_str(), id, name: Some(SafeText::new(name, 100).as_str().to_owned()) }
    }

    /// By the act that takes two.
    pub fn approval(id: ApprovalId, act: GraveAct) -> Self {
        Self { kind: "approval", id: id.0, name: Some(act.words().to_owned()) }
    }

    pub fn passkey(id: PasskeyId, name: &Name) -> Self {
        Self { kind: "passkey", id: id.0, name: Some(name.to_string()) }
    }

    pub fn session(id: SessionId) -> Self {
        Self { kind: "session", id: id.0, name: None }
    }

    /// By the title of its rule.
    pub fn alert(id: AlertId, rule: Rule) -> Self {
        Self { kind: "alert", id: id.0, name: Some(rule.title().to_owned()) }
    }

    /// By its host: the rest of an address may say too much.
    pub fn webhook(id: WebhookId, host: &str) -> Self {
        Self { kind: "webhook", id: id.0, name: Some(SafeText::new(host, 100).as_str().to_owned()) }
    }

    /// By its period.
    pub fn review(id: ReviewId, from: Time, until: Time) -> Self {
        let day = |at: Time| at.format("%Y-%m-%d");
        Self { kind: "review", id: id.0, name: Some(format!("{} to {}", day(from), day(until))) }
    }

    /// A rule as one Team has set it.
    pub fn rule(team: TeamId, rule: Rule) -> Self {
        Self { kind: "alert_rule", id: team.0, name: Some(rule.title().to_owned()) }
    }

    pub fn gateway_key(id: GatewayKeyId, gateway: &Name) -> Self {
        Self { kind: "gateway_key", id: id.0, name: Some(gateway.to_string()) }
    }

    /// A connection that was asked for and may not exist.
    pub fn asked_connection(id: ConnectionId) -> Self {
        Self { kind: "connection", id: id.0, name: None }
    }
}

/// One fact: what, on what, with what result. Who, when and from where come from the [`Cx`].
#[derive(Clone, Debug)]
pub struct Event {
    team: Option<TeamId>,
    action: Action,
    target: Option<Target>,
    outcome: Outcome,
    reason: Option<&'static str>,
    on_behalf_of: Option<UserId>,
    details: Vec<(&'static str, Detail)>,
}

impl Event {
    pub(super) fn team(&self) -> Option<TeamId> {
        self.team
    }

    /// An event of the whole installation.
    pub fn new(action: Action) -> Self {
        Self {
            team: None,
            action,
            target: None,
            outcome: Outcome::Ok,
            reason: None,
            on_behalf_of: None,
            details: Vec::new(),
        }
    }

    /// An event of a Team.
    pub fn of(scope: &TeamScope, action: Action) -> Self {
        Self { team: Some(scope.team()), ..Self::new(action) }
    }

    /// Done for somebody else, who let them.
    pub fn for_whom(self, user: UserId, name: &str) -> Self {
        Self { on_behalf_of: Some(user), ..self }.with("for", &SafeText::new(name, 200))
    }

    pub fn on(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Refused, for a reason that is a stable word.
    pub fn refused(self, reason: &'static str) -> Self {
        Self { outcome: Outcome::Refused, reason: Some(reason), ..self }
    }

    /// Tried, and failed.
    pub fn failed(self, reason: &'static str) -> Self {
        Self { outcome: Outcome::Failed, reason: Some(reason), ..self }
    }

    pub fn with(mut self, key: &'static str, value: impl Into<Detail>) -> Self {
        self.details.push((key, value.into()));
        self
    }

    /// As it is stored, with the mark that Portal wrote it.
    pub(crate) fn into_row(self, cx: &Cx) -> Row {
        marked(&cx.portal.vault, self.plain_row(cx))
    }

    fn plain_row(self, cx: &Cx) -> Row {
        if let Some(support) = cx.support(self.team).filter(|_| self.on_behalf_of.is_none()) {
            return self.for_whom(support.owner, &support.owner_name).plain_row(cx);
        }
        let now = cx.now();
        let (actor_kind, actor_id, actor_name, credential_id) = match &cx.actor {
            Actor::Anonymous => ("anonymous", None, "somebody".to_owned(), None),
            Actor::User(person) => ("user", Some(person.user.0), person.email.to_string(), Some(person.session.0)),
            Actor::Gateway(gateway) => ("gateway", Some(gateway.gateway.0), gateway.name.clone(), Some(gateway.key.0)),
            Actor::Relay(key) => ("system", None, "relay".to_owned(), Some(key.0)),
            Actor::System(what) => ("system", None, (*what).to_owned(), None),
        };
        let details: serde_json::Map<_, _> = self
            .details
            .into_iter()
            .map(|(key, value)| {
                let value = match value {
                    Detail::Number(number) => number.into(),
                    Detail::Flag(flag) => flag.into(),
                    Detail::Text(text) => text.into(),
                };
                (key.to_owned(), value)
            })
            .collect();
        Row {
            id: random::id::<EventId>(now),
            team: self.team,
            at: now,
            actor_kind,
            actor_id,
            actor_name,
            on_behalf_of: self.on_behalf_of.map(|user| user.0),
            action: self.action,
            target_kind: self.target.as_ref().map(|t| t.kind.to_owned()),
            target_id: self.target.as_ref().map(|t| t.id),
            target_name: self.target.and_then(|t| t.name),
            outcome: self.outcome,
            reason: self.reason.map(str::to_owned),
            credential_id,
            request_id: cx.request.0,
            address: cx.address.map(|a| a.to_string()),
            agent: cx.agent.as_ref().map(|a: &SafeText| a.to_string()),
            details: serde_json::Value::Object(details).to_string(),
            mac: None,
        }
    }
}

/// Marks a row as Portal's own; again, when something of it was changed before it is stored.
pub(super) fn marked(vault: &Vault, row: Row) -> Row {
    let mac = vault.event_mac(&leaf(&row)).to_vec();
    Row { mac: Some(mac), ..row }
}
