//! Who can reach what.

use backend::{
    Cx, TeamScope,
    store::{gateway::Gateway, gateway_key::GatewayKey, member::Member, notification_key::NotificationKey},
    teams,
};
use model::{Environment, Time, ids::GatewayId};

use super::people::contractor;
use crate::{
    Failure,
    api::reach::{ConnectionReach, KeyReach, NotificationKeyReach, PersonReach, ReachDetail},
    edge::{fail, moment},
};

pub(crate) async fn reach_detail(cx: &Cx, scope: &TeamScope) -> Result<ReachDetail, Failure> {
    let now = cx.now();
    let reach = teams::reach(cx, scope).await.map_err(fail)?;
    let connections = reach.connections.iter().map(|connection| ConnectionReach {
        id: connection.id,
        name: connection.name.to_string(),
        environment: connection.environment,
        gateways: reach.of(connection.id).map(|(gateway, keys)| gateway_item(gateway, keys, now)).collect(),
        notification_keys: reach.notification_keys_of(connection.id).map(|key| notification_key(key, now)).collect(),
    });
    let is_idle = |uses: &[model::ids::ConnectionId]| !reach.connections.iter().any(|one| uses.contains(&one.id));
    let idle = reach.gateways.iter().filter(|(_, _, uses)| is_idle(uses));
    Ok(ReachDetail {
        at: moment(now, now),
        people: reach.members.iter().map(|member| person(member, now)).collect(),
        idle: idle.map(|(gateway, keys, _)| gateway_item(gateway, keys, now)).collect(),
        connections: connections.collect(),
    })
}

fn person(member: &Member, now: Time) -> PersonReach {
    PersonReach {
        email: member.email.to_string(),
        role: member.role,
        contractor: contractor(&member.engagement, now).map(|(company, until, _)| (company, until)),
        changes: Environment::ALL.into_iter().filter(|one| member.role.changes(member.environments, *one)).collect(),
    }
}

fn notification_key(key: &NotificationKey, now: Time) -> NotificationKeyReach {
    let last_used = key.last_used_at.map(|at| moment(at, now));
    NotificationKeyReach { id: key.id.to_string(), made: moment(key.created_at, now), last_used }
}

fn gateway_item(gateway: &Gateway, keys: &[GatewayKey], now: Time) -> (GatewayId, String, Vec<KeyReach>) {
    let key = |key: &GatewayKey| KeyReach {
        id: key.id.to_string(),
        ends: moment(key.expires_at, now),
        last_used: key.last_used_at.map(|at| moment(at, now)),
    };
    (gateway.id, gateway.name.to_string(), keys.iter().map(key).collect())
}
