use chrono::Duration;
use model::{
    Permission, Time,
    audit::{Action, SafeText},
    ids::{ConnectionId, GatewayId, IncidentId, TeamId, UserId},
    incident::{Kind, Progress, Severity, TITLE_MOST, TargetKind, code},
};
use uuid::Uuid;

use super::{IncidentError, scope, tasks, text};
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::append,
    mail::{self, Mail, Message},
    random,
    store::{
        self,
        incident::{self, AboutTarget, Incident},
        rate_limit::{self, Limit},
    },
};

/// Reports of one person in a Team: twenty at once, then one every six minutes.
const REPORTS: Limit = Limit { burst: 20, every: Duration::minutes(6) };

/// What somebody noticed.
#[derive(Clone, Debug)]
pub struct Report {
    pub kind: Kind,
    pub title: String,
    /// When it was noticed; now unless somebody says otherwise.
    pub detected_at: Option<Time>,
    /// How grave it seems; what its kind is taken for until somebody has judged it.
    pub severity: Option<Severity>,
    pub restricted: bool,
    pub drill: bool,
    pub about: Vec<AboutTarget>,
}

impl Report {
    /// Noticed now, open to the Team, about nothing in particular.
    pub fn of(kind: Kind, title: impl Into<String>) -> Self {
        let title = title.into();
        Self { kind, title, detected_at: None, severity: None, restricted: false, drill: false, about: Vec::new() }
    }
}

/// A thing of the Team by its id as people write it, of whatever kind.
pub async fn any_target(cx: &Cx, scope: &TeamScope, text: &str) -> Result<Option<AboutTarget>, AccessError> {
    for kind in TargetKind::ALL {
        if let Ok(id) = kind.read_id(text.trim()) {
            return target_named(cx, scope, *kind, id).await;
        }
    }
    Ok(None)
}

/// A thing of the Team by its kind and id, as an incident names it; nothing when there is no such thing.
pub async fn target_named(
    cx: &Cx,
    scope: &TeamScope,
    kind: TargetKind,
    id: Uuid,
) -> Result<Option<AboutTarget>, AccessError> {
    let db = &cx.portal.db.of(scope);
    let name = match kind {
        TargetKind::Team => (id == scope.team().0).then(|| scope.name().map(ToString::to_string).unwrap_or_default()),
        TargetKind::Connection => {
            store::connection::by_id(db, scope, ConnectionId(id)).await?.map(|found| found.name.to_string())
        }
        TargetKind::Gateway => store::gateway::by_id(db, scope, GatewayId(id)).await?.map(|found| found.name.to_string()),
        TargetKind::GatewayKey => {
            let keys = store::gateway_key::all(db, scope, None).await?;
            match keys.into_iter().find(|key| key.id.0 == id) {
                Some(key) => {
                    let gateway = store::gateway::by_id(db, scope, key.gateway).await?;
                    gateway.map(|gateway| format!("{} ({})", gateway.name, key.id))
                }
                None => None,
            }
        }
        TargetKind::User => store::member::by_user(db, scope, UserId(id)).await?.map(|member| member.email.to_string()),
        TargetKind::LwaApp => {
            store::lwa_app::by_id(db, scope, model::ids::LwaAppId(id)).await?.map(|app| app.name.to_string())
        }
    };
    Ok(name.map(|name| AboutTarget { kind, id, name }))
}

/// Reports an incident. Whoever may see it and runs incidents is told by mail.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn report(cx: &Cx, scope: &TeamScope, new: Report) -> Result<IncidentId, IncidentError> {
    let person = access::signed_in(cx)?;
    open(cx, scope, random::id(cx.now()), new, By::Person(person.user, person.email.to_string())).await
}

/// The same from a terminal on Portal's own machine. `about`: ids of what it was noticed at.
pub async fn report_from_command_line(
    portal: &Portal,
    team: TeamId,
    mut new: Report,
    about: &[String],
) -> Result<IncidentId, IncidentError> {
    let cx = Cx::system(portal, "command line");
    if store::team::name(portal.db.reader(), team).await?.is_none() {
        return Err(AccessError::NotFound.into());
    }
    for text in about {
        new.about.push(any_target(&cx, &access::job(team), text).await?.ok_or(AccessError::NotFound)?);
    }
    open(&cx, &access::job(team), random::id(cx.now()), new, By::CommandLine).await
}

/// Who reports.
pub(super) enum By {
    Person(UserId, String),
    CommandLine,
    /// Portal itself, of what it rehearsed: over before anybody reads of it, so nobody is told, and no people do anything.
    Rehearsal,
}

pub(super) async fn open(
    cx: &Cx,
    scope: &TeamScope,
    id: IncidentId,
    new: Report,
    by: By,
) -> Result<IncidentId, IncidentError> {
    let now = cx.now();
    let is_rehearsed = matches!(by, By::Rehearsal);
    let (reported_by, reported_name) = match by {
        By::Person(user, name) => (Some(user), name),
        By::CommandLine => (None, "command line".to_owned()),
        By::Rehearsal => (None, "Portal".to_owned()),
    };
    let title = text::line("title", &new.title, TITLE_MOST)?;
    let detected_at = text::said(new.detected_at, now).map_err(|_| IncidentError::Detected)?;
    let incident = Incident {
        id,
        team: scope.team(),
        title,
        kind: new.kind,
        severity: new.severity.unwrap_or(new.kind.first_severity()),
        restricted: new.restricted,
        drill: new.drill,
        began_at: None,
        detected_at,
        reported_at: now,
        reported_by,
        reported_name,
        updated_at: None,
        amazon: None,
        amazon_told: false,
        merged_into: None,
        progress: Progress::reported(now),
    };
    let own = scope::own(scope, &incident, Vec::new());
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    // Each report is a mail to several people.
    if let Some(person) = reported_by {
        let bucket = format!("report:{}:{}", scope.team().0.simple(), person.0.simple());
        let taken = rate_limit::take(&*tx, &bucket, REPORTS, 1, now).await?;
        if taken.granted == 0 {
            return Err(IncidentError::TooMany(taken.wait_s()));
        }
    }
    incident::insert(&*tx, scope, &incident).await?;
    for target in &new.about {
        incident::add_target(&*tx, &own, target).await?;
    }
    if !is_rehearsed {
        tasks::plan(&tx, &own).await?;
    }
    let kind = SafeText::new(incident.kind.as_str(), 40);
    let event = own.event(Action::IncidentReported).with("kind", &kind).with("drill", incident.drill);
    let event = event.with("detected", incident.detected_at).with("severity", incident.severity.as_str());
    append(&*tx, cx, event).await?;
    for member in store::member::not_locked(&*tx, scope).await?.into_iter().filter(|_| !is_rehearsed) {
        let sees = model::incident::may_see(incident.restricted, Some(member.role), false);
        if sees && member.role.may(Permission::RunIncidents) && Some(member.user) != reported_by {
            let mail = Mail { to: member.email, message: told(cx, &incident) };
            mail::queue(&*tx, &cx.portal.vault, now, mail).await.map_err(crate::error::Outage::from)?;
        }
    }
    tx.commit().await?;
    Ok(incident.id)
}

fn told(cx: &Cx, incident: &Incident) -> Message {
    let drill = if incident.drill { "Drill: " } else { "" };
    Message::SecurityNotice {
        headline: format!("{drill}{} was reported: {}", code(incident.id), incident.title),
        text: format!(
            "{} reported an incident ({}, {} until somebody has judged it). Judge it and take command: {}/teams/{}/incidents/{}",
            incident.reported_name,
            incident.kind.title(),
            incident.severity.title(),
            cx.portal.settings.public_url,
            incident.team,
            incident.id
        ),
    }
}
