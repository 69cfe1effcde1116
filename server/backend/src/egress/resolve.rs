//! From a name to the addresses that may be connected to.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use model::egress::{Addresses, Denial, Purpose, lists};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Egress, address::address_allowed};

/// Who answers where a name is.
#[derive(Clone, Debug)]
pub enum Names {
    /// The system's resolver.
    System,
    /// This table: for tests.
    Table(Arc<HashMap<String, Vec<SocketAddr>>>),
}

/// Lets a rule of [`Addresses`] look at an address.
pub(super) trait Allow {
    fn allow(self, address: IpAddr) -> bool;
}

impl Allow for Addresses {
    fn allow(self, address: IpAddr) -> bool {
        match self {
            Addresses::Public => address_allowed(address),
            Addresses::Loopback => address.to_canonical().is_loopback(),
            Addresses::Any => true,
        }
    }
}

impl Egress {
    /// Where a listed host is, as far as it may be connected to there. Asked anew for every connection: a name that was good a
    /// moment ago may lead elsewhere now.
    pub(crate) async fn addresses(&self, purpose: Purpose, host: &str, port: u16) -> Result<Vec<SocketAddr>, Denial> {
        let refuse = |denial| {
            self.0.denials.add(purpose, host, denial);
            Err(denial)
        };
        let listed = |pattern: &String| lists(pattern, host);
        let Some(entry) = self.of(purpose).find(|entry| entry.hosts.iter().any(listed)) else {
            return refuse(Denial::NotListed);
        };
        let found: Vec<SocketAddr> = match &self.0.names {
            Names::System => tokio::net::lookup_host((host, port)).await.map(Iterator::collect).unwrap_or_default(),
            Names::Table(table) => table.get(host).cloned().unwrap_or_default(),
        };
        if found.is_empty() {
            // The name leads nowhere: nothing was refused.
            return Ok(Vec::new());
        }
        let many = found.len();
        let allowed: Vec<_> = found.into_iter().filter(|socket| entry.addresses.allow(socket.ip())).collect();
        match allowed.len() {
            0 => refuse(Denial::Address),
            // A name that leads to good and bad addresses at once is how somebody would go round the list.
            some if some < many => {
                self.0.denials.add(purpose, host, Denial::Address);
                Ok(allowed)
            }
            _ => Ok(allowed),
        }
    }

    /// A listed host that leads to addresses of which none is allowed: what a start should say.
    pub async fn is_out_of_reach(&self, purpose: Purpose) -> Option<String> {
        for host in self.of(purpose).flat_map(|entry| &entry.hosts) {
            if matches!(self.addresses(purpose, host, 443).await, Err(Denial::Address)) {
                return Some(host.clone());
            }
        }
        None
    }
}

/// Resolves for an HTTP client.
pub(super) struct Guard {
    pub egress: Egress,
    pub purpose: Purpose,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (egress, purpose) = (self.egress.clone(), self.purpose);
        Box::pin(async move {
            let found = egress.addresses(purpose, name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
