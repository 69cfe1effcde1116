//! The rules that look at events: which of them a group of events concerns, about whom, and whether it is enough.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};
use model::{
    EmailAddress, Role, Time,
    alert::{CANARY, Rule},
    audit::{Action, Outcome},
    ids::{TeamId, UserId},
};
use sea_orm::{DatabaseConnection, DbErr};

use super::{
    levels::Levels,
    sign::{About, Sign, actor, detail, key, target},
};
use crate::store::{
    self,
    alert::Subject,
    audit_tally,
    audit_watch::{self, Group, Recent},
};

/// Within which repeated refusals count.
const WINDOW: Duration = Duration::minutes(10);
/// Fewer credentials in an hour are usual for anybody.
const USUAL_FOR_ANYBODY: i64 = 100;

/// Which rules these events concern.
fn rules(group: &Group) -> Vec<Rule> {
    let canary = group.reason.as_deref() == Some(CANARY);
    let by_action: &[Rule] = match (group.action, group.outcome) {
        (Action::CredentialRefused | Action::GatewayRefused, _) => &[Rule::RefusedCalls],
        (Action::ConnectionStatusRead | Action::FeedbackReceived, Outcome::Refused) => &[Rule::RefusedCalls],
        (Action::CredentialIssued, Outcome::Ok) => &[Rule::UnusualRate],
        (Action::LwaAppRejected | Action::RefreshFailed, _) => &[Rule::AppFailing],
        (Action::ReauthorizationRequired, _) => &[Rule::AppFailing, Rule::NeedsReauthorization],
        (Action::SignInRefused, _) => &[Rule::SignInRefused, Rule::SignInStorm],
        (Action::StepUpRefused, _) => &[Rule::StepUpRefused],
        (Action::AccessRefused, _) => &[Rule::AccessRefused],
        (Action::EgressDenied, _) => &[Rule::EgressRefused],
        (Action::RoleChanged, Outcome::Ok) if is_owner(detail(group, "to")) => &[Rule::OwnerMade],
        (Action::MemberJoined, Outcome::Ok) if is_owner(detail(group, "role")) => &[Rule::OwnerMade],
        (Action::SignedIn, Outcome::Ok) => &[Rule::DormantUser],
        (Action::GatewayKeyCreated | Action::NotificationKeyCreated, Outcome::Ok) => &[Rule::SecretShown],
        (Action::NotificationRefused, _) => &[Rule::NotificationsRefused],
        (Action::LogExported, Outcome::Ok) => &[Rule::LogExported],
        (Action::AlertRuleChanged | Action::AlertDeliveryChanged | Action::CanaryLifted, Outcome::Ok) => {
            &[Rule::WatchChanged]
        }
        (Action::HoldLifted | Action::PasskeyRuleChanged, Outcome::Ok) => &[Rule::WatchChanged],
        // Where alerts are sent; not where a gateway's messages go.
        (Action::WebhookSet | Action::WebhookRotated | Action::WebhookRemoved, Outcome::Ok)
            if detail(group, "gateway").is_none() =>
        {
            &[Rule::WatchChanged]
        }
        _ => &[],
    };
    canary.then_some(Rule::CanaryUsed).into_iter().chain(by_action.iter().copied()).collect()
}

fn is_owner(role: Option<String>) -> bool {
    role.as_deref().and_then(Role::parse) == Some(Role::Owner)
}

/// Its newest event sees all that an older one does: looking once is enough, however many there are.
fn is_window(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::RefusedCalls
            | Rule::UnusualRate
            | Rule::SignInRefused
            | Rule::SignInStorm
            | Rule::StepUpRefused
            | Rule::AccessRefused
            | Rule::NotificationsRefused
    )
}

/// What the rules notice in these groups. Each subject is looked at once, by its newest group.
pub(super) async fn notice(db: &DatabaseConnection, levels: &mut Levels, groups: &[Group]) -> Result<Vec<Sign>, DbErr> {
    let mut look = Look { db, levels };
    let mut noticed = BTreeMap::<About, Option<Sign>>::new();
    for group in groups.iter().rev() {
        for rule in rules(group) {
            for (team, subject) in look.subjects(rule, group).await? {
                let what = subject.as_ref().map_or_else(|| "any".to_owned(), |subject| subject.id.simple().to_string());
                let about = About::new(team, rule, what);
                match noticed.get_mut(&about) {
                    Some(Some(sign)) => sign.fresh += group.events,
                    Some(None) if is_window(rule) => {}
                    // What one event does not show, an older one of the same turn may.
                    Some(None) | None => {
                        let sign = look.judge(&about, subject, group).await?;
                        noticed.insert(about, sign);
                    }
                }
            }
        }
    }
    Ok(noticed.into_values().flatten().collect())
}

struct Look<'a> {
    db: &'a DatabaseConnection,
    levels: &'a mut Levels,
}

impl Look<'_> {
    /// Whom a rule concerns, and in which Teams.
    async fn subjects(&self, rule: Rule, group: &Group) -> Result<Vec<(Option<TeamId>, Option<Subject>)>, DbErr> {
        let subject = match rule {
            Rule::SignInStorm | Rule::EgressRefused => return Ok(vec![(None, None)]),
            Rule::SignInRefused => self.guessed(group).await?,
            Rule::CanaryUsed => target(group).or_else(|| key(group)),
            Rule::AppFailing if group.action != Action::LwaAppRejected => self.app_of(group).await?,
            Rule::NotificationsRefused if group.team.is_none() => None,
            Rule::AppFailing | Rule::NeedsReauthorization | Rule::OwnerMade | Rule::NotificationsRefused => target(group),
            _ => actor(group),
        };
        let Some(subject) = subject else { return Ok(Vec::new()) };
        if let Some(team) = group.team {
            return Ok(vec![(Some(team), Some(subject))]);
        }
        // What people do outside any Team concerns all of theirs.
        let teams = store::team::memberships(self.db, UserId(subject.id), group.last).await?;
        Ok(teams.into_iter().map(|membership| (Some(membership.team), Some(subject.clone()))).collect())
    }

    /// The user whose codes were guessed at.
    async fn guessed(&self, group: &Group) -> Result<Option<Subject>, DbErr> {
        let Some(email) = detail(group, "email").and_then(|email| email.parse::<EmailAddress>().ok()) else {
            return Ok(None);
        };
        let user = store::user::by_email(self.db, &email).await?;
        Ok(user.map(|user| Subject { kind: "user".to_owned(), id: user.id.0, name: user.email.to_string() }))
    }

    async fn app_of(&self, group: &Group) -> Result<Option<Subject>, DbErr> {
        let Some((team, connection)) = group.team.zip(group.target) else { return Ok(None) };
        let failed = audit_watch::failed_beside(self.db, team, connection, group.last).await?;
        Ok(failed.map(|(id, name, _)| Subject { kind: "lwa_app".to_owned(), id, name }))
    }

    async fn judge(&mut self, about: &About, subject: Option<Subject>, group: &Group) -> Result<Option<Sign>, DbErr> {
        let Some(level) = self.levels.of(self.db, about).await? else { return Ok(None) };
        let found = match about.rule {
            Rule::RefusedCalls
            | Rule::StepUpRefused
            | Rule::AccessRefused
            | Rule::SignInRefused
            | Rule::SignInStorm
            | Rule::NotificationsRefused => self.repeated(about.rule, group, level).await?,
            Rule::UnusualRate => self.rate(about, group, level).await?,
            Rule::AppFailing => self.failing(group, level).await?,
            Rule::DormantUser => self.dormant(group, level).await?,
            _ => Some((group.events, once(about.rule, group))),
        };
        Ok(found.map(|(seen, finding)| {
            let (fresh, idx) = (group.events, Some(group.last_idx));
            Sign { about: about.clone(), subject, finding, seen, fresh, idx }
        }))
    }

    async fn repeated(&self, rule: Rule, group: &Group, level: i64) -> Result<Option<(i64, String)>, DbErr> {
        let refused =
            [Action::CredentialRefused, Action::GatewayRefused, Action::ConnectionStatusRead, Action::FeedbackReceived];
        let actions = if rule == Rule::RefusedCalls { &refused[..] } else { std::slice::from_ref(&group.action) };
        let details = (rule == Rule::SignInRefused).then_some(group.details.as_str());
        let actor =
            group.actor.filter(|_| !matches!(rule, Rule::SignInRefused | Rule::SignInStorm | Rule::NotificationsRefused));
        let what = Recent { team: group.team, actions, outcome: Some(Outcome::Refused), actor, details };
        let many = audit_watch::count(self.db, &what, group.last - WINDOW, group.last, level.max(1_000)).await?;
        // What people do outside any Team is told to all of theirs: from where they did it is none of those Teams' business.
        let address = group.address.as_ref().filter(|_| group.team.is_some() || rule == Rule::SignInStorm);
        let from = address.map(|address| format!(", the last from {address}")).unwrap_or_default();
        Ok((many >= level).then(|| (many, format!("{many} within 10 minutes{from}."))))
    }

    async fn rate(&self, about: &About, group: &Group, level: i64) -> Result<Option<(i64, String)>, DbErr> {
        let Some((team, gateway)) = about.team.zip(group.actor) else { return Ok(None) };
        let Ok(today) = group.day.parse::<NaiveDate>() else { return Ok(None) };
        let week = (today - Duration::days(7)).to_string();
        let (issued, days) = audit_tally::issued(self.db, team, gateway, &week, &group.day).await?;
        if days == 0 {
            return Ok(None);
        }
        let usual = issued / (days * 24);
        let much = (usual * level).max(USUAL_FOR_ANYBODY);
        let what =
            Recent { team: group.team, actions: &[Action::CredentialIssued], actor: group.actor, ..Recent::default() };
        let many = audit_watch::count(self.db, &what, group.last - Duration::hours(1), group.last, much).await?;
        Ok((many >= much).then(|| (many, format!("At least {many} credentials within an hour; {usual} are usual."))))
    }

    async fn failing(&self, group: &Group, level: i64) -> Result<Option<(i64, String)>, DbErr> {
        if group.action == Action::LwaAppRejected {
            return Ok(Some((1, "Amazon refuses the app itself.".to_owned())));
        }
        let Some((team, connection)) = group.team.zip(group.target) else { return Ok(None) };
        let since: Time = group.last - Duration::hours(1);
        let many = audit_watch::failed_beside(self.db, team, connection, since).await?.map_or(0, |(_, _, many)| many);
        Ok((many >= level).then(|| (many, format!("{many} of its connections failed within an hour."))))
    }

    async fn dormant(&self, group: &Group, level: i64) -> Result<Option<(i64, String)>, DbErr> {
        let Some(user) = group.actor else { return Ok(None) };
        let before = audit_watch::last_sign_in(self.db, user, group.first).await?;
        let days = before.map_or(0, |before| (group.first - before).num_days());
        Ok((days >= level).then(|| (1, format!("Not signed in for {days} days before."))))
    }
}

/// What a rule says that needs no more than one event.
fn once(rule: Rule, group: &Group) -> String {
    let from = group.address.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
    match rule {
        Rule::CanaryUsed => format!("Used by {}{from}.", group.actor_name),
        Rule::EgressRefused => {
            let host = detail(group, "host").unwrap_or_default();
            format!("{host}: {}.", group.reason.as_deref().unwrap_or("refused"))
        }
        Rule::NeedsReauthorization => "Amazon does not accept its refresh token any more.".to_owned(),
        Rule::SecretShown => format!("Made a key of {}{from}.", group.target_name.as_deref().unwrap_or("a gateway")),
        Rule::LogExported => format!("Exported{from}."),
        Rule::WatchChanged => format!("Changed what Portal watches for, whom it tells, or who needs a passkey{from}."),
        _ => format!("By {}{from}.", group.actor_name),
    }
}
