//! Rehearsals and the plan's own date. What a rehearsal does is done elsewhere, on something disposable; here it is asked for and
//! kept, as an incident that says that it is a drill.

use chrono::Duration;
use model::{
    Time,
    alert::Rule,
    audit::Action,
    ids::{DrillId, IncidentId, TeamId},
    incident::{
        DrillKind, Kind, Step, TEXT_MOST,
        drill::{DRILL_DAYS, PLAN_DAYS, due_at},
    },
};

use super::{
    IncidentError, Report, bundle,
    evidence::take_file,
    report::{self, By},
    scope,
    steps::take_step,
    text,
};
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::{Event, append},
    random,
    store::{
        alert_setting,
        drill::{self, Drill, Ended},
        incident,
        rate_limit::{self, Limit},
    },
};

/// Rehearsals that a Team asks for: four at once, then one an hour.
const ASKED: Limit = Limit { burst: 4, every: Duration::hours(1) };

/// A rehearsal that began so long ago and has no end was cut off: it is taken up again.
const CUT_OFF: Duration = Duration::hours(1);

/// How a rehearsal went.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    pub passed: bool,
    /// One line a step, with how long it took.
    pub report: String,
}

/// The Team's rehearsals, the newest first.
pub async fn drills(cx: &Cx, scope: &TeamScope) -> Result<Vec<Drill>, AccessError> {
    Ok(drill::all(&cx.portal.db.of(scope), scope).await?)
}

/// How ready a Team is.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// When somebody looked at the plan last, who, and what they said.
    pub reviewed: Option<(Time, String, String)>,
    pub review_due: Time,
    /// When each kind of rehearsal went well last, and until when it is due.
    pub kinds: Vec<(DrillKind, Option<Time>, Time)>,
}

/// How ready the Team is, by what it set itself.
pub async fn readiness(cx: &Cx, scope: &TeamScope) -> Result<Readiness, AccessError> {
    let db = &cx.portal.db.of(scope);
    let (made, reviewed) = drill::plan(db, scope).await?;
    let went_well = drill::went_well(db, scope).await?;
    let own = alert_setting::rules(db, scope.team()).await?;
    let days = |rule: Rule, default: i32| {
        let own = own.get(&rule).and_then(|setting| setting.threshold);
        rule.threshold().map_or(default, |threshold| threshold.or_own(own))
    };
    let kind = |kind: &DrillKind| {
        let last = went_well.iter().find(|(of, _)| of == kind).map(|(_, at)| *at);
        (*kind, last, due_at(last, made, days(Rule::DrillOverdue, DRILL_DAYS)))
    };
    Ok(Readiness {
        review_due: due_at(reviewed.as_ref().map(|(at, ..)| *at), made, days(Rule::PlanOverdue, PLAN_DAYS)),
        reviewed,
        kinds: DrillKind::ALL.iter().map(kind).collect(),
    })
}

/// Says that somebody looked at the plan, and that it is right.
pub async fn review_plan(cx: &Cx, scope: &TeamScope, note: &str) -> Result<(), IncidentError> {
    let name = access::signed_in(cx)?.email.to_string();
    let note = text::lines("note", note, TEXT_MOST)?;
    let tx = cx.portal.db.begin_in(scope).await?;
    drill::review_plan(&*tx, scope, cx.now(), &name, &note).await?;
    append(&*tx, cx, Event::of(scope, Action::PlanReviewed)).await?;
    Ok(tx.commit().await?)
}

/// Asks for a rehearsal: a worker runs it within seconds.
pub async fn ask_drill(cx: &Cx, scope: &TeamScope, kind: DrillKind) -> Result<DrillId, IncidentError> {
    let name = access::signed_in(cx)?.email.to_string();
    let tx = cx.portal.db.begin_in(scope).await?;
    let taken = rate_limit::take(&*tx, &format!("drill:{}", scope.team().0.simple()), ASKED, 1, cx.now()).await?;
    if taken.granted == 0 {
        return Err(IncidentError::TooMany(taken.wait_s()));
    }
    let new = asked(cx, scope.team(), kind, name, None);
    drill::insert(&*tx, &new).await?;
    append(&*tx, cx, Event::of(scope, Action::DrillAsked).with("kind", kind.as_str())).await?;
    tx.commit().await?;
    Ok(new.id)
}

fn asked(cx: &Cx, team: TeamId, kind: DrillKind, asked_name: String, started_at: Option<Time>) -> Drill {
    Drill { id: random::id(cx.now()), team, kind, asked_at: cx.now(), asked_name, started_at, ended: None }
}

/// The next rehearsal that somebody asked for, taken up; nothing when none waits.
pub async fn next_drill(portal: &Portal) -> Result<Option<Drill>, sea_orm::DbErr> {
    let now = portal.clock.now();
    for waiting in drill::asked(portal.db.reader(), now - CUT_OFF).await? {
        let tx = portal.db.begin_in(&access::job(waiting.team)).await?;
        let mine = drill::start(&*tx, waiting.id, now - CUT_OFF, now).await?;
        tx.commit().await?;
        if mine {
            return Ok(Some(Drill { started_at: Some(now), ..waiting }));
        }
    }
    Ok(None)
}

/// A rehearsal that begins now, from the command line.
pub async fn begin_drill(portal: &Portal, team: TeamId, kind: DrillKind) -> Result<Drill, IncidentError> {
    let cx = Cx::system(portal, "command line");
    if crate::store::team::name(portal.db.reader(), team).await?.is_none() {
        return Err(AccessError::NotFound.into());
    }
    let new = asked(&cx, team, kind, "command line".to_owned(), Some(cx.now()));
    let tx = portal.db.begin_in(&access::job(team)).await?;
    crate::store::team::hold(&*tx, &access::job(team)).await?;
    drill::insert(&*tx, &new).await?;
    append(&*tx, &cx, Event::of(&access::job(team), Action::DrillAsked).with("kind", kind.as_str())).await?;
    tx.commit().await?;
    Ok(new)
}

/// Keeps how it went: an incident that says that it is a drill, with its report as evidence and its bundle, closed at once. The
/// incident has the rehearsal's own id: a second try, after one that was cut off, goes on with it.
#[tracing::instrument(skip_all, fields(team = %of.team, drill = %of.id))]
pub async fn keep_drill(portal: &Portal, of: &Drill, went: Rehearsed) -> Result<Ended, IncidentError> {
    let cx = Cx::system(portal, "drill");
    let (team, id) = (access::job(of.team), IncidentId(of.id.0));
    let result = if went.passed { "went well" } else { "failed" };
    let found = async || incident::by_id(&portal.db.of(&team), &team, id).await;
    let enter = async || -> Result<_, IncidentError> {
        Ok(scope::own(&team, &found().await?.ok_or(AccessError::NotFound)?, Vec::new()))
    };
    if found().await?.is_none() {
        let report = Report { detected_at: of.started_at, drill: true, ..Report::of(Kind::LeakedSecret, of.kind.title()) };
        report::open(&cx, &team, id, report, By::Rehearsal).await?;
    }
    let note = format!("A rehearsal, asked for by {}: it {result}.", of.asked_name);
    if !enter().await?.incident().progress.state.is_over() {
        take_file(&cx, &enter().await?, "drill.txt", "text/plain", went.report.clone().into_bytes()).await?;
    }
    // From wherever it stands to its end.
    let on = |step: &Step| !matches!(step, Step::Dismiss | Step::Merge);
    while let Some(step) = enter().await?.incident().progress.state.steps().find(on) {
        take_step(&cx, &enter().await?, step, None, &note, None).await?;
    }
    bundle::bundle(&cx, &enter().await?).await?;
    end(portal, of, Ended { at: cx.now(), passed: went.passed, report: went.report, incident: Some(id) }).await
}

/// Ends a rehearsal that could not be kept: then it did not go well.
pub async fn end_drill(portal: &Portal, of: &Drill, went: Rehearsed) -> Result<Ended, IncidentError> {
    let report = format!("{}FAILED  it could not be kept as an incident\n", went.report);
    end(portal, of, Ended { at: portal.clock.now(), passed: false, report, incident: None }).await
}

async fn end(portal: &Portal, of: &Drill, ended: Ended) -> Result<Ended, IncidentError> {
    let tx = portal.db.begin_in(&access::job(of.team)).await?;
    drill::end(&*tx, of.id, &ended).await?;
    let event = Event::of(&access::job(of.team), Action::DrillRun).with("kind", of.kind.as_str());
    append(&*tx, &Cx::system(portal, "drill"), event.with("passed", ended.passed)).await?;
    tx.commit().await?;
    Ok(ended)
}
