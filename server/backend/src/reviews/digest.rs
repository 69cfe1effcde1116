//! What matters of a period: figures beside the period before, new networks, refusals, changes, alerts, and the sample.

use std::collections::BTreeMap;

use chrono::Duration;
use model::{
    Time,
    audit::{Action, Outcome},
    review::{LISTED, PERIOD},
};

use crate::{
    Cx, TeamScope,
    access::AccessError,
    audit::{self, Event},
    store::{
        alert::{self, Alert},
        audit_event::{self, Filter, Row},
        audit_tally,
        key_network::{self, NewNetwork},
        review::Review,
    },
};

/// How often something was done, beside the period before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub action: Action,
    pub outcome: Outcome,
    pub now: i64,
    pub before: i64,
}

/// What a reviewer looks at.
#[derive(Clone, Debug)]
pub struct Digest {
    pub figures: Vec<Figure>,
    pub networks: Vec<NewNetwork>,
    /// Refused calls of gateways, the newest first.
    pub refused: Vec<Row>,
    /// Changes of roles, members and secrets, the newest first.
    pub changes: Vec<Row>,
    pub alerts: Vec<Alert>,
    pub sample: Vec<Row>,
}

/// Who may do what, and which secrets there are.
const CHANGES: &[Action] = &[
    Action::MemberInvited,
    Action::MemberJoined,
    Action::MemberRemoved,
    Action::MemberLeft,
    Action::MemberEnded,
    Action::MemberDormant,
    Action::AccessSuspended,
    Action::AccessReviewSigned,
    Action::MemberEngaged,
    Action::RoleChanged,
    Action::PasskeyRuleChanged,
    Action::ApprovalAsked,
    Action::ApprovalGiven,
    Action::TeamDeleted,
    Action::LwaAppCreated,
    Action::LwaAppRemoved,
    Action::ClientSecretStaged,
    Action::ClientSecretPromoted,
    Action::ClientSecretDropped,
    Action::ConnectionCreated,
    Action::ConnectionDisconnected,
    Action::RefreshTokenReplaced,
    Action::GatewayCreated,
    Action::GatewayChanged,
    Action::GatewayKeyCreated,
    Action::GatewayKeyRevoked,
    Action::AlertRuleChanged,
    Action::AlertDeliveryChanged,
    Action::NotificationKeyCreated,
    Action::NotificationKeyRevoked,
    Action::NotificationTopicAdded,
    Action::NotificationTopicRemoved,
    Action::WebhookSet,
    Action::WebhookRotated,
    Action::WebhookRemoved,
    Action::HoldPlaced,
    Action::HoldLifted,
    Action::CanaryPlanted,
    Action::CanaryLifted,
];

const REFUSED: &[Action] =
    &[Action::CredentialRefused, Action::GatewayRefused, Action::AccessRefused, Action::NotificationRefused];

/// Reads a period for a Review. Reading the log is an event.
pub async fn digest(cx: &Cx, scope: &TeamScope, review: &Review) -> Result<Digest, AccessError> {
    audit::append_alone(cx, Event::of(scope, Action::LogRead)).await?;
    let db = &cx.portal.db.of(scope);
    let within = |actions: &[Action]| Filter {
        actions: actions.to_vec(),
        from: Some(review.from),
        until: Some(review.until),
        ..Filter::default()
    };
    let refusals = Filter { outcome: Some(Outcome::Refused), ..within(REFUSED) };
    let mut sample = Vec::new();
    for id in &review.sample {
        sample.extend(audit_event::by_id(db, scope, *id).await?);
    }
    Ok(Digest {
        figures: figures(cx, scope, review.from, review.until).await?,
        networks: key_network::since(db, scope, review.from, review.until).await?,
        refused: audit_event::of_team(db, scope, &refusals, LISTED).await?,
        changes: audit_event::of_team(db, scope, &within(CHANGES), LISTED).await?,
        alerts: alert::opened_between(db, scope, review.from, review.until).await?,
        sample,
    })
}

async fn figures(cx: &Cx, scope: &TeamScope, from: Time, until: Time) -> Result<Vec<Figure>, AccessError> {
    let db = &cx.portal.db.of(scope);
    let day = |at: Time| at.format("%Y-%m-%d").to_string();
    let mut figures = BTreeMap::<(Action, Outcome), (i64, i64)>::new();
    for (action, outcome, many) in audit_tally::by_action(db, scope, &day(from), &day(until)).await? {
        figures.entry((action, outcome)).or_default().0 = many;
    }
    let before: Time = from - Duration::days(PERIOD.num_days());
    for (action, outcome, many) in audit_tally::by_action(db, scope, &day(before), &day(from)).await? {
        figures.entry((action, outcome)).or_default().1 = many;
    }
    let figure = |((action, outcome), (now, before))| Figure { action, outcome, now, before };
    Ok(figures.into_iter().map(figure).collect())
}
