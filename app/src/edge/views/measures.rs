//! Containment.

use std::collections::HashMap;

use backend::{
    Cx, connections as connection_verbs, gateways as gateway_verbs,
    incidents::{self, Choice, Effect, IncidentScope},
    store::measure::Measure,
    teams,
};
use model::{
    Time,
    approval::is_second_person,
    counted,
    ids::{ConnectionId, GatewayId, LwaAppId, UserId},
    incident::{MeasureKind, MeasureState, TargetKind},
};
use uuid::Uuid;

use crate::{
    Failure,
    api::measures::{Containment, Held, Holder, MeasureChoice, MeasureItem},
    edge::{fail, moment},
};

/// `runs`: the person may order something, so what each measure would stop is counted.
pub(super) async fn containment(cx: &Cx, scope: &IncidentScope, runs: bool) -> Result<Containment, Failure> {
    let me = cx.signed_in().map(|person| person.user);
    let members = teams::members(cx, scope.team()).await.map_err(fail)?;
    let me = members.into_iter().find(|member| Some(member.user) == me).map(|member| (member.user, member.joined_at));
    let measures = incidents::measures(cx, scope).await.map_err(fail)?;
    let mut choices = Vec::new();
    let offered = if runs { incidents::choices(cx, scope).await.map_err(fail)? } else { Vec::new() };
    for choice in offered {
        choices.push(choice_item(cx, scope, choice).await?);
    }
    let held = holders(cx, scope).await?;
    let measures = measures.into_iter().map(|measure| item(cx, measure, me)).collect();
    let alone = runs && incidents::is_alone_in_lifting(cx, scope).await.map_err(fail)?;
    Ok(Containment { measures, choices, held, alone })
}

/// Who still holds a token, and when the last of them dies.
pub(crate) async fn holders(cx: &Cx, scope: &IncidentScope) -> Result<Held, Failure> {
    let now = cx.now();
    let held = incidents::holders(cx, scope).await.map_err(fail)?;
    let gateways = gateway_verbs::list(cx, scope.team()).await.map_err(fail)?;
    let gateways: HashMap<GatewayId, String> = gateways.into_iter().map(|one| (one.id, one.name.to_string())).collect();
    let connections = connection_verbs::list(cx, scope.team()).await.map_err(fail)?;
    let connections: HashMap<ConnectionId, String> =
        connections.into_iter().map(|one| (one.id, one.name.to_string())).collect();
    let last_end = incidents::last_end(&held).map(|at| moment(at, now));
    let holder = |lease: backend::store::lease::Lease| Holder {
        gateway: gateways.get(&lease.gateway).cloned().unwrap_or_else(|| lease.gateway.to_string()),
        connection: connections.get(&lease.connection).cloned().unwrap_or_else(|| lease.connection.to_string()),
        ends: moment(lease.expires_at, now),
    };
    let measures = incidents::measures(cx, scope).await.map_err(fail)?;
    let stopped = measures.iter().any(Measure::stops);
    Ok(Held { stopped, holders: held.into_iter().map(holder).collect(), last_end })
}

fn item(cx: &Cx, measure: Measure, me: Option<(UserId, Time)>) -> MeasureItem {
    let now = cx.now();
    MeasureItem {
        id: measure.id,
        kind: measure.kind,
        // What people do on another page leads there.
        page: (measure.kind == MeasureKind::RotateSecret && measure.state == MeasureState::Ordered)
            .then(|| format!("/teams/{}/apps/{}", measure.team, LwaAppId(measure.target_id))),
        may_lift: measure.lock.is_some()
            && measure.state == MeasureState::Done
            && me.is_some_and(|(me, joined_at)| is_second_person(measure.ordered_by, measure.ordered_at, me, joined_at)),
        target: measure.target_name,
        state: measure.state,
        attempts: measure.attempts,
        result: measure.result,
        ordered: (measure.ordered_name, moment(measure.ordered_at, now)),
        done: measure.done_at.map(|at| moment(at, now)),
        lifted: measure.lifted.map(|(at, name)| (name, moment(at, now))),
    }
}

async fn choice_item(cx: &Cx, scope: &IncidentScope, choice: Choice) -> Result<MeasureChoice, Failure> {
    let effect = incidents::effect(cx, scope.team(), choice.target.kind, choice.target.id).await.map_err(fail)?;
    Ok(MeasureChoice {
        kind: choice.kind,
        target: choice.target.kind.write_id(choice.target.id),
        name: choice.target.name,
        stops: stops(choice.kind, effect),
    })
}

/// The id of what an alert or an event is about, when an incident can be about it.
pub(super) fn target(kind: &str, id: Uuid) -> Option<String> {
    TargetKind::parse(kind).map(|kind| kind.write_id(id))
}

/// What will stop, or that nothing does.
fn stops(kind: MeasureKind, effect: Effect) -> String {
    let connections = counted(effect.connections, "connection");
    match kind.target() {
        TargetKind::User => format!("Concerns {}.", counted(effect.sessions, "open session")),
        TargetKind::LwaApp => format!("Concerns {connections}, and stops nothing."),
        _ if !kind.stops_credentials() => "Stops nothing.".to_owned(),
        _ => {
            let (gateways, issues) = (counted(effect.gateways, "gateway"), counted(effect.issues, "issue"));
            format!("Concerns {gateways}, {connections}, {issues} in the last hour.")
        }
    }
}
