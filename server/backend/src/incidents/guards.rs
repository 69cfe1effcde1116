//! Who may order what: environments, roles, and that somebody is left.

use model::{
    Environments, Permission, Role,
    audit::Action,
    ids::{ConnectionId, GatewayId, LwaAppId, UserId},
    incident::{MeasureKind, TargetKind},
};
use uuid::Uuid;

use super::{IncidentError, IncidentScope};
use crate::{
    Cx,
    access::AccessError,
    audit::{Event, append_alone},
    store::{self, Tx, measure::Measure},
};

/// Refuses what is in an environment that is closed to the actor; a whole Team and an app's people are in both.
pub(super) async fn touch(cx: &Cx, scope: &IncidentScope, kind: MeasureKind, id: Uuid) -> Result<(), AccessError> {
    let (db, team) = (&cx.portal.db.of(&scope.team()), scope.team());
    let environment = match kind.target() {
        TargetKind::Team => return team.give(cx, Environments::BOTH).await,
        TargetKind::User => return Ok(()),
        TargetKind::Connection => store::connection::by_id(db, team, ConnectionId(id)).await?.map(|one| one.environment),
        TargetKind::Gateway => store::gateway::by_id(db, team, GatewayId(id)).await?.map(|one| one.environment),
        TargetKind::LwaApp => store::lwa_app::by_id(db, team, LwaAppId(id)).await?.map(|one| one.environment),
        TargetKind::GatewayKey => {
            let keys = store::gateway_key::all(db, team, None).await?;
            match keys.into_iter().find(|key| key.id.0 == id) {
                Some(key) => store::gateway::by_id(db, team, key.gateway).await?.map(|one| one.environment),
                None => None,
            }
        }
    };
    team.touch(cx, environment.ok_or(AccessError::NotFound)?).await
}

/// Nobody stops a person whose role is above their own.
pub(super) async fn may_stop(cx: &Cx, scope: &IncidentScope, user: UserId) -> Result<(), IncidentError> {
    let member =
        store::member::by_user(&cx.portal.db.of(&scope.team()), scope.team(), user).await?.ok_or(AccessError::NotFound)?;
    if scope.team().role().is_some_and(|role| role.may_give(member.role)) {
        return Ok(());
    }
    let refused = Event::of(scope.team(), Action::AccessRefused).with("role", member.role).refused("above-own-role");
    append_alone(cx, refused).await?;
    Err(AccessError::NotPermitted(Permission::ManageMembers).into())
}

/// What was allowed when it was ordered may not be any more: roles change, and of two owners who lock each other out one stays.
pub(super) async fn may_still(tx: &Tx, held: &IncidentScope, measure: &Measure) -> Result<(), IncidentError> {
    let user = UserId(measure.target_id);
    let Some(member) = store::member::by_user(&**tx, held.team(), user).await? else { return Ok(()) };
    let orderer = store::member::by_user(&**tx, held.team(), measure.ordered_by).await?;
    if !orderer.is_some_and(|orderer| orderer.role.may_give(member.role)) {
        return Err(AccessError::NotPermitted(Permission::ManageMembers).into());
    }
    if measure.kind == MeasureKind::LockUser { leaves_an_owner(tx, held, user).await } else { Ok(()) }
}

/// Somebody must be left who can do everything, lifting the lock among it.
pub(super) async fn leaves_an_owner(tx: &Tx, held: &IncidentScope, user: UserId) -> Result<(), IncidentError> {
    let left = store::member::not_locked(&**tx, held.team()).await?;
    if left.iter().any(|member| member.role == Role::Owner && member.user != user) {
        Ok(())
    } else {
        Err(IncidentError::LastOwner)
    }
}
