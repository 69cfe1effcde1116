//! Lifting locks takes another person than the one who ordered them.

use model::{
    Permission,
    approval::is_second_person,
    audit::Action,
    ids::{IncidentId, MeasureId, TeamId},
    incident::MeasureState,
    step_up::DangerousAct,
};

use super::{
    IncidentError, IncidentScope,
    guards::touch,
    measures::{measures, on_target},
    scope,
};
use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::{Event, append},
    store::{
        self, incident, lock,
        measure::{self, Measure},
        member::Member,
    },
};

/// Lifts a lock: by another person than the one who ordered it, with a fresh proof.
#[tracing::instrument(skip_all, fields(incident = %scope.id(), measure = %id))]
pub async fn lift(cx: &Cx, scope: &IncidentScope, id: MeasureId) -> Result<(), IncidentError> {
    let by = access::require_step_up(cx, scope.team(), DangerousAct::LiftLock).await?;
    let all = measures(cx, scope).await?;
    let found = all.into_iter().find(|measure| measure.id == id).ok_or(AccessError::NotFound)?;
    let Some(lock) = found.lock.filter(|_| found.state == MeasureState::Done) else { return Err(IncidentError::Changed) };
    touch(cx, scope, found.kind, found.target_id).await?;
    let member =
        store::member::by_user(&cx.portal.db.of(&scope.team()), scope.team(), by).await?.ok_or(AccessError::NotFound)?;
    if !is_second_person(found.ordered_by, found.ordered_at, by, member.joined_at) {
        return Err(IncidentError::Alone);
    }
    let name = access::signed_in(cx)?.email.to_string();
    let tx = cx.portal.db.begin_in(scope).await?;
    if !measure::lifted(&*tx, &found, lock, &name, cx.now()).await? {
        return Err(IncidentError::Changed);
    }
    lock::lift(&*tx, scope.team(), lock, Some(by), cx.now()).await?;
    append(&*tx, cx, Event::of(scope.team(), Action::LockLifted).on(on_target(&found))).await?;
    Ok(tx.commit().await?)
}

/// Whether somebody else of the Team could lift what this person orders now.
pub async fn is_alone_in_lifting(cx: &Cx, scope: &IncidentScope) -> Result<bool, AccessError> {
    let me = access::signed_in(cx)?.user;
    let members = store::member::not_locked(&cx.portal.db.of(&scope.team()), scope.team()).await?;
    Ok(!members.iter().any(|member| member.user != me && runs(scope, member)))
}

fn runs(scope: &IncidentScope, member: &Member) -> bool {
    member.role.may(Permission::RunIncidents) && scope.is_seen_by(member)
}

/// Lifts, on Portal's own machine, the locks of an incident that nobody of the Team could lift; answers what they were on.
pub async fn lift_from_command_line(portal: &Portal, team: TeamId, id: IncidentId) -> Result<Vec<String>, IncidentError> {
    const NAME: &str = "command line";
    let (cx, team, db) = (Cx::system(portal, NAME), access::job(team), portal.db.reader());
    let found = incident::by_id(db, &team, id).await?.ok_or(AccessError::NotFound)?;
    let own = scope::own(&team, &found, incident::duties(db, id).await?);
    let members = store::member::not_locked(db, &team).await?;
    let could = |one: &Measure, member: &Member| {
        runs(&own, member) && is_second_person(one.ordered_by, one.ordered_at, member.user, member.joined_at)
    };
    let mut lifted = Vec::new();
    for one in measure::all(db, &own).await?.into_iter().filter(|one| one.state == MeasureState::Done) {
        let Some(lock) = one.lock.filter(|_| !members.iter().any(|member| could(&one, member))) else { continue };
        let tx = portal.db.begin_in(&team).await?;
        if measure::lifted(&*tx, &one, lock, NAME, cx.now()).await? {
            lock::lift(&*tx, &team, lock, None, cx.now()).await?;
            append(&*tx, &cx, Event::of(&team, Action::LockLifted).on(on_target(&one))).await?;
            tx.commit().await?;
            lifted.push(format!("{}: {}", one.kind.title(), one.target_name));
        }
    }
    Ok(lifted)
}
