//! From where keys are used.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;
use model::{
    Time,
    alert::Rule,
    audit::Outcome,
    ids::{GatewayKeyId, TeamId},
};
use sea_orm::{DatabaseConnection, DbErr};

use super::sign::{About, Sign, key};
use crate::store::{audit_watch::Group, key_network};

/// A network that a key was not known from.
pub(super) struct Fresh {
    pub team: TeamId,
    pub key: GatewayKeyId,
    pub network: String,
    pub at: Time,
    /// When the key was known from elsewhere.
    pub sign: Option<Sign>,
}

/// The network of an address that counts as one place: 24 bits of IPv4, 48 of IPv6.
fn network(address: &str) -> Option<String> {
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, bits).ok().map(|network| network.trunc().to_string())
}

/// The networks of these events that their keys were not known from.
pub(super) async fn fresh(db: &DatabaseConnection, groups: &[Group]) -> Result<Vec<Fresh>, DbErr> {
    let mut seen = BTreeMap::<GatewayKeyId, BTreeMap<String, (TeamId, &Group)>>::new();
    for group in groups.iter().filter(|group| group.actor_kind == "gateway" && group.outcome == Outcome::Ok) {
        let network = group.address.as_deref().and_then(network);
        if let (Some(team), Some(key), Some(network)) = (group.team, group.credential, network) {
            seen.entry(GatewayKeyId(key)).or_default().entry(network).or_insert((team, group));
        }
    }
    let mut known = BTreeMap::<GatewayKeyId, Vec<String>>::new();
    for (key, network) in key_network::known(db, &seen.keys().copied().collect::<Vec<_>>()).await? {
        known.entry(key).or_default().push(network);
    }
    let mut fresh = Vec::new();
    for (id, networks) in seen {
        let known = known.entry(id).or_default();
        for (network, (team, group)) in networks {
            if known.contains(&network) {
                continue;
            }
            let sign = (!known.is_empty()).then(|| Sign {
                about: About::new(Some(team), Rule::KeyFromNewNetwork, id.0.simple()),
                subject: key(group),
                finding: format!("Used from {network} for the first time."),
                seen: group.events,
                fresh: group.events,
                idx: Some(group.last_idx),
            });
            known.push(network.clone());
            fresh.push(Fresh { team, key: id, network, at: group.last, sign });
        }
    }
    Ok(fresh)
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn neighbours_are_one_place() {
        assert_eq!(network("203.0.113.7").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(network("2001:db8:1:2::3").as_deref(), Some("2001:db8:1::/48"));
        assert_eq!(network("not an address"), None);
    }
}
