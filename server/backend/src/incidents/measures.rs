//! Containment: each measure can be ordered again, tried again and taken up again after a crash; what fails stays to be seen.

use chrono::Duration;
use model::{
    audit::{Action, SafeText},
    ids::{GatewayKeyId, LockId, MeasureId, UserId},
    incident::{EvidenceKind, Kind, MeasureKind, MeasureState, TargetKind},
};
use uuid::Uuid;

use super::{
    IncidentError, IncidentScope, evidence,
    guards::{leaves_an_owner, may_still, may_stop, touch},
    neighbours::neighbours,
    report::target_named,
    rotation, scope,
};
use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::{Event, Target, append},
    error::Outage,
    random,
    store::{
        self, Tx,
        evidence::Evidence,
        incident::{self, AboutTarget},
        lock::{self, Lock},
        measure::{self, Measure},
    },
    teams::withdraw_invitations,
};

/// The log is taken in before a measure destroys, unless that was done so short a time before.
pub(super) const LOG_IS_FRESH: Duration = Duration::minutes(5);
/// A measure that was ordered and not tried for so long is taken up by a worker; one that failed, ever more seldom, down to once in
/// half an hour.
const TAKEN_UP_AFTER: Duration = Duration::seconds(30);
const MOST_DOUBLINGS: i32 = 6;

/// One measure that may be ordered.
#[derive(Clone, Debug)]
pub struct Choice {
    pub kind: MeasureKind,
    pub target: AboutTarget,
    /// It fits what seems to have happened, and what the incident is about.
    pub fits: bool,
}

/// Every measure of the incident, in the order in which they were ordered.
pub async fn measures(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Measure>, AccessError> {
    Ok(measure::all(&cx.portal.db.of(scope), scope).await?)
}

/// What may be ordered: each kind on each thing that the incident is about or that stands beside it, those that fit it first, and the
/// whole Team.
pub async fn choices(cx: &Cx, scope: &IncidentScope) -> Result<Vec<Choice>, AccessError> {
    let db = &cx.portal.db.of(scope);
    let standing: Vec<_> = measure::all(db, scope).await?;
    let is_open = |kind: MeasureKind, id: Uuid| {
        let same = |m: &&Measure| m.kind == kind && m.target_id == id && m.state != MeasureState::Lifted;
        !standing.iter().any(|m| same(&m))
    };
    let mut targets = incident::targets(db, scope).await?;
    targets.extend(neighbours(cx, scope, &targets).await?);
    let team = scope.team().team().0;
    targets.extend(target_named(cx, scope.team(), TargetKind::Team, team).await?);
    let mut all = Vec::new();
    for kind in MeasureKind::ALL {
        let place = scope.incident().kind.measures().iter().position(|fit| fit == kind);
        for target in targets.iter().filter(|target| target.kind == kind.target() && is_open(*kind, target.id)) {
            all.push((place, Choice { kind: *kind, target: target.clone(), fits: place.is_some() }));
        }
    }
    all.sort_by_key(|(place, _)| place.unwrap_or(usize::MAX));
    let all = all.into_iter().map(|(_, choice)| choice);
    Ok(all.filter(|choice| choice.fits || scope.incident().kind == Kind::Other).collect())
}

/// Orders a measure and does it at once. Ordered again, it goes on where it stands.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), kind = kind.as_str()))]
pub async fn order(cx: &Cx, scope: &IncidentScope, kind: MeasureKind, target: Uuid) -> Result<MeasureId, IncidentError> {
    let person = access::signed_in(cx)?;
    let target = target_named(cx, scope.team(), kind.target(), target).await?.ok_or(AccessError::NotFound)?;
    touch(cx, scope, kind, target.id).await?;
    if kind.target() == TargetKind::User {
        may_stop(cx, scope, UserId(target.id)).await?;
    }
    if kind == MeasureKind::LockUser && target.id == person.user.0 {
        return Err(IncidentError::OneSelf);
    }
    let now = cx.now();
    let new = Measure {
        id: random::id(now),
        incident: scope.id(),
        team: scope.team().team(),
        kind,
        target_id: target.id,
        target_name: target.name.clone(),
        state: MeasureState::Ordered,
        attempts: 0,
        result: String::new(),
        ordered_at: now,
        ordered_by: person.user,
        ordered_name: person.email.to_string(),
        tried_at: None,
        done_at: None,
        lock: None,
        lifted: None,
    };
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.open(&tx).await?;
    if kind == MeasureKind::LockUser {
        leaves_an_owner(&tx, &held, UserId(target.id)).await?;
    }
    let standing = measure::order(&*tx, &held, &new).await?;
    incident::add_target(&*tx, &held, &target).await?;
    let event = held.event(Action::MeasureOrdered).with("measure", &SafeText::new(kind.as_str(), 40));
    append(&*tx, cx, event.with("target", &SafeText::new(&target.name, 200))).await?;
    tx.commit().await?;
    run(cx, scope, &standing).await?;
    Ok(standing.id)
}

/// Tries a measure again that failed or is under way.
pub async fn retry(cx: &Cx, scope: &IncidentScope, id: MeasureId) -> Result<(), IncidentError> {
    let all = measures(cx, scope).await?;
    let found = all.into_iter().find(|measure| measure.id == id).ok_or(AccessError::NotFound)?;
    touch(cx, scope, found.kind, found.target_id).await?;
    run(cx, scope, &found).await
}

/// Withdraws a measure that is not done: it was a mistake, or somebody has done it another way.
pub async fn withdraw(cx: &Cx, scope: &IncidentScope, id: MeasureId) -> Result<(), IncidentError> {
    let name = access::signed_in(cx)?.email.to_string();
    let all = measures(cx, scope).await?;
    let found = all.into_iter().find(|measure| measure.id == id).ok_or(AccessError::NotFound)?;
    touch(cx, scope, found.kind, found.target_id).await?;
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.held(&tx).await?;
    if !measure::withdrawn(&*tx, &found, &name, cx.now()).await? {
        return Err(IncidentError::Changed);
    }
    let event = held.event(Action::MeasureWithdrawn).with("measure", &SafeText::new(found.kind.as_str(), 40));
    append(&*tx, cx, event.with("target", &SafeText::new(&found.target_name, 200))).await?;
    Ok(tx.commit().await?)
}

/// Does a measure, once: whatever it is, it is done and recorded in one transaction, or failed and shown.
async fn run(cx: &Cx, scope: &IncidentScope, measure: &Measure) -> Result<(), IncidentError> {
    if !matches!(measure.state, MeasureState::Ordered | MeasureState::Failed) {
        return Ok(());
    }
    let taken_in = if measure.kind.destroys() { take_in(cx, scope, measure).await } else { Ok(()) };
    let done = match taken_in {
        Ok(()) => attempt(cx, scope, measure).await,
        Err(error) => Err(error),
    };
    let Err(failed) = done else { return Ok(()) };
    tracing::error!(measure = %measure.id, error = &failed as &dyn std::error::Error, "measure not done");
    let tx = cx.portal.db.begin_in(scope).await?;
    let held = scope.held(&tx).await?;
    // Another one did it meanwhile: then nothing failed.
    if !measure::not_done(&*tx, measure, MeasureState::Failed, &format!("Not done: {failed}."), cx.now()).await? {
        return Ok(());
    }
    let event = held.event(Action::MeasureFailed).with("measure", &SafeText::new(measure.kind.as_str(), 40));
    append(&*tx, cx, event.failed("measure-failed")).await?;
    Ok(tx.commit().await?)
}

/// What there is now is gone afterwards: it is taken in first, once an order.
async fn take_in(cx: &Cx, scope: &IncidentScope, measure: &Measure) -> Result<(), IncidentError> {
    let pieces = store::evidence::all(&cx.portal.db.of(scope), scope).await?;
    let stands = |one: &Evidence| one.kind == EvidenceKind::Snapshot && one.taken_at >= measure.ordered_at;
    if pieces.iter().any(stands) {
        return Ok(());
    }
    evidence::take_stock(cx, scope, LOG_IS_FRESH).await
}

async fn attempt(cx: &Cx, scope: &IncidentScope, measure: &Measure) -> Result<(), IncidentError> {
    let (now, team) = (cx.now(), scope.team().team());
    let tx = match measure.kind {
        MeasureKind::RotateDataKey => cx.portal.begin_to_rotate(Some(team)).await?,
        _ => cx.portal.db.begin_in(scope).await?,
    };
    // The Team first, as everywhere: whoever acts in it at once waits.
    let held = scope.held(&tx).await?;
    if measure.kind.target() == TargetKind::User {
        may_still(&tx, &held, measure).await?;
    }
    let (lock, result) = match measure.kind {
        MeasureKind::LockUser => {
            // An invitation that they sent would be a way back.
            withdraw_invitations(cx, &tx, scope.team(), Some(UserId(measure.target_id))).await?;
            (Some(place_lock(&tx, cx, scope, measure).await?), "They see and do nothing in this Team.".to_owned())
        }
        kind if kind.is_lock() => (Some(place_lock(&tx, cx, scope, measure).await?), "No credential leaves.".to_owned()),
        MeasureKind::RevokeKey => (None, revoke(&tx, cx, scope, measure).await?),
        MeasureKind::EndSessions => (None, end_sessions(&tx, cx, scope, measure).await?),
        MeasureKind::RotateDataKey => (None, rotate_data_key(&tx, cx, scope, measure).await?),
        // The other kinds are locks.
        _ => match rotation::stands(&tx, scope, measure).await? {
            rotation::Stands::Done(result) => (None, result),
            // Nothing new is nothing to write.
            rotation::Stands::UnderWay(result) if result == measure.result => return Ok(()),
            rotation::Stands::UnderWay(result) => {
                measure::not_done(&*tx, measure, MeasureState::Ordered, &result, now).await?;
                return Ok(tx.commit().await?);
            }
        },
    };
    // Somebody else has just done it: then what was done here is undone with the transaction.
    if measure::done(&*tx, measure, lock, &result, now).await? {
        let event = held.event(Action::MeasureDone).with("measure", &SafeText::new(measure.kind.as_str(), 40));
        append(&*tx, cx, event.with("target", &SafeText::new(&measure.target_name, 200))).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What keeps a job from its incident keeps it from its database.
pub(super) fn outage(error: AccessError) -> Outage {
    match error {
        AccessError::Outage(outage) => outage,
        _ => Outage::Corrupt("incident"),
    }
}

pub(super) fn on_target(measure: &Measure) -> Target {
    Target::of_measure(measure.kind.target(), measure.target_id, &SafeText::new(&measure.target_name, 200))
}

async fn place_lock(tx: &Tx, cx: &Cx, scope: &IncidentScope, measure: &Measure) -> Result<LockId, Outage> {
    let id: LockId = random::id(cx.now());
    let new = Lock {
        id,
        target_kind: measure.kind.target().as_str(),
        target_id: measure.target_id,
        reason: measure.id.to_string(),
        author: Some(measure.ordered_by),
        created_at: cx.now(),
        expires_at: None,
    };
    lock::insert(&**tx, scope.team(), new).await?;
    // The lock stands in the Team's log: what it is for does not.
    append(&**tx, cx, Event::of(scope.team(), Action::LockPlaced).on(on_target(measure))).await?;
    Ok(id)
}

async fn revoke(tx: &Tx, cx: &Cx, scope: &IncidentScope, measure: &Measure) -> Result<String, Outage> {
    let key = GatewayKeyId(measure.target_id);
    if !store::gateway_key::revoke(&**tx, scope.team(), key, cx.now()).await? {
        return Ok("It was revoked already.".to_owned());
    }
    append(&**tx, cx, Event::of(scope.team(), Action::GatewayKeyRevoked).on(on_target(measure))).await?;
    Ok("Calls with it are refused.".to_owned())
}

async fn end_sessions(tx: &Tx, cx: &Cx, scope: &IncidentScope, measure: &Measure) -> Result<String, Outage> {
    let ended = store::session::end_all(&**tx, UserId(measure.target_id), cx.now()).await?;
    let event = Event::of(scope.team(), Action::SessionRevoked).on(on_target(measure));
    append(&**tx, cx, event.with("sessions", i64::try_from(ended).unwrap_or(i64::MAX))).await?;
    Ok(format!("{ended} sessions ended."))
}

async fn rotate_data_key(tx: &Tx, cx: &Cx, scope: &IncidentScope, measure: &Measure) -> Result<String, Outage> {
    let done = cx.portal.vault.rotate(&**tx, cx.now(), scope.team()).await?;
    let counted = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let event =
        Event::of(scope.team(), Action::DataKeyRotated).on(on_target(measure)).with("version", i64::from(done.version));
    let event = event.with("resealed", counted(done.resealed)).with("unopened", counted(done.unopened));
    append(&**tx, cx, event).await?;
    let unopened = match done.unopened {
        0 => String::new(),
        n => format!(" {n} did not open and stay as they were: somebody changed them."),
    };
    Ok(format!("Version {} of the key; {} secrets sealed anew.{unopened}", done.version, done.resealed))
}

/// Takes up what was ordered and not done, after a crash say.
pub(crate) async fn resume_due(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "containment");
    for measure in measure::open_since(portal.db.reader(), cx.now() - TAKEN_UP_AFTER).await? {
        let pause = TAKEN_UP_AFTER * 2_i32.pow(u32::try_from(measure.attempts.clamp(0, MOST_DOUBLINGS)).unwrap_or(0));
        let failed_at = measure.tried_at.filter(|_| measure.state == MeasureState::Failed);
        if failed_at.is_some_and(|at| cx.now() - at < pause) {
            continue;
        }
        let team = access::job(measure.team);
        let Some(found) = incident::by_id(&portal.db.of(&team), &team, measure.incident).await? else { continue };
        let own = scope::own(&team, &found, Vec::new());
        if let Err(error) = run(&cx, &own, &measure).await {
            tracing::error!(measure = %measure.id, error = &error as &dyn std::error::Error, "measure not taken up");
        }
    }
    Ok(())
}
