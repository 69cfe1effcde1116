//! The one list of connections outward: what for, to which hosts, at which addresses. It is checked against the address that a name
//! resolves to at the moment of connecting; what it refuses is kept for the log.

mod address;
mod client;
mod denials;
mod resolve;

use std::sync::Arc;

use crate::notifications::SNS_HOSTS;
use model::egress::{Addresses, Denial, Purpose, lists};
use url::{Host, Url};

pub use client::Client;
use denials::Denials;
pub use denials::{denied, note, note_all};
use resolve::Allow;
pub use resolve::Names;

/// Amazon's hosts: LWA, the SP-API endpoints of three regions, production and sandbox, and those of the Advertising API.
const AMAZON: [&str; 10] = [
    "api.amazon.com",
    "sellingpartnerapi-na.amazon.com",
    "sellingpartnerapi-eu.amazon.com",
    "sellingpartnerapi-fe.amazon.com",
    "sandbox.sellingpartnerapi-na.amazon.com",
    "sandbox.sellingpartnerapi-eu.amazon.com",
    "sandbox.sellingpartnerapi-fe.amazon.com",
    "advertising-api.amazon.com",
    "advertising-api-eu.amazon.com",
    "advertising-api-fe.amazon.com",
];

/// Who tells a machine at AWS the credentials of its role: EC2, ECS and EKS. Over plain HTTP, at link-local addresses.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
const ROLE: [&str; 3] = ["169.254.169.254", "169.254.170.2", "169.254.170.23"];

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub purpose: Purpose,
    /// Names, with stars for labels; see [`lists`].
    pub hosts: Vec<String>,
    /// Over TLS only.
    pub tls: bool,
    /// Over TLS another port than 443.
    pub port: Option<u16>,
    pub addresses: Addresses,
}

/// What the operator adds to the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorsHosts {
    pub webhooks: Vec<String>,
    pub mail: Option<String>,
    pub checkpoints: Option<Url>,
    /// Where key services are.
    pub keys: Vec<Url>,
    /// Whether AWS is asked, as this machine's role maybe.
    pub role: bool,
    /// Of these, those that may stand at private addresses.
    pub private: Vec<String>,
}

/// The list. Cheap to clone; one per process.
#[derive(Clone, Debug)]
pub struct Egress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    entries: Vec<Entry>,
    names: Names,
    denials: Denials,
}

impl Egress {
    pub fn new(entries: Vec<Entry>, names: Names) -> Self {
        Self(Arc::new(Inner { entries, names, denials: Denials::default() }))
    }

    /// Production: everything over TLS, and at public addresses but for hosts of the operator's own.
    pub fn production(hosts: OperatorsHosts) -> Self {
        let OperatorsHosts { webhooks, mail, checkpoints, keys, role, private } = hosts;
        let entry = |purpose, hosts, addresses| Entry { purpose, hosts, tls: true, port: None, addresses };
        let mut entries = vec![
            entry(Purpose::Amazon, AMAZON.map(str::to_owned).to_vec(), Addresses::Public),
            entry(Purpose::Sns, vec![SNS_HOSTS.to_owned()], Addresses::Public),
            entry(Purpose::Webhooks, webhooks, Addresses::Public),
        ];
        let own = |host: &str| private.iter().any(|pattern| lists(pattern, host));
        if let Some(host) = mail {
            let addresses = if own(&host) { Addresses::Any } else { Addresses::Public };
            entries.push(entry(Purpose::Mail, vec![host], addresses));
        }
        for (url, host) in keys.iter().filter_map(|url| Some((url, url.host_str()?))) {
            let addresses = if own(host) { Addresses::Any } else { Addresses::Public };
            entries.push(Entry { port: url.port(), ..entry(Purpose::Keys, vec![host.to_owned()], addresses) });
        }
        if role {
            let hosts = ROLE.map(str::to_owned).to_vec();
            entries.push(Entry { tls: false, ..entry(Purpose::Role, hosts, Addresses::Any) });
        }
        if let Some(entry) = checkpoints.as_ref().and_then(Entry::receiver) {
            // Without TLS it goes to this machine alone, whatever stands in the list of private hosts.
            let may = entry.tls && entry.hosts.iter().any(|host| own(host));
            let addresses = if may { Addresses::Any } else { entry.addresses };
            entries.push(Entry { addresses, ..entry });
        }
        Self::new(entries, Names::System)
    }

    /// Development: Amazon is the simulator, and webhooks go to this machine.
    pub fn development(simulator: Option<&Url>, mail: Option<String>) -> Self {
        let entry = |purpose, hosts, addresses| Entry { purpose, hosts, tls: false, port: None, addresses };
        let played = |purpose, real: Vec<String>| match simulator.and_then(Url::host_str) {
            Some(host) => entry(purpose, vec![host.to_owned()], Addresses::Any),
            None => Entry { tls: true, ..entry(purpose, real, Addresses::Public) },
        };
        let amazon = played(Purpose::Amazon, AMAZON.map(str::to_owned).to_vec());
        let sns = played(Purpose::Sns, vec![SNS_HOSTS.to_owned()]);
        let here = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mail = entry(Purpose::Mail, mail.into_iter().collect(), Addresses::Any);
        let hooks = [Purpose::Webhooks, Purpose::Checkpoints, Purpose::Keys, Purpose::Role]
            .map(|one| entry(one, here.clone(), Addresses::Loopback));
        Self::new(hooks.into_iter().chain([amazon, sns, mail]).collect(), Names::System)
    }

    /// Of this list those lines alone.
    pub fn only(&self, purposes: &[Purpose]) -> Self {
        let entries = self.0.entries.iter().filter(|entry| purposes.contains(&entry.purpose)).cloned().collect();
        Self::new(entries, self.0.names.clone())
    }

    /// A witness: it tells of its alarms, by a mail server of its own operator's.
    pub fn witness(receiver: Option<&Url>, mail: Option<String>) -> Self {
        let mail = mail.map(|host| Entry {
            purpose: Purpose::Mail,
            hosts: vec![host],
            tls: true,
            port: None,
            addresses: Addresses::Any,
        });
        Self::new(receiver.and_then(Entry::receiver).into_iter().chain(mail).collect(), Names::System)
    }

    pub fn entries(&self) -> &[Entry] {
        &self.0.entries
    }

    /// Whether the list has the address, whatever it resolves to.
    pub fn lists(&self, purpose: Purpose, url: &Url) -> bool {
        let plain = url.username().is_empty() && url.password().is_none();
        plain && self.of(purpose).any(|entry| entry.has(url))
    }

    /// The same before a connection: what is not listed is kept for the log.
    fn check(&self, purpose: Purpose, url: &Url) -> Result<(), Denial> {
        if self.lists(purpose, url) {
            return Ok(());
        }
        self.0.denials.add(purpose, url.host_str().unwrap_or_default(), Denial::NotListed);
        Err(Denial::NotListed)
    }

    fn of(&self, purpose: Purpose) -> impl Iterator<Item = &Entry> {
        self.0.entries.iter().filter(move |entry| entry.purpose == purpose)
    }
}

impl Entry {
    /// Whoever receives signed heads or a witness's alarms: over TLS in the public Internet, or without it on this very machine.
    pub fn receiver(url: &Url) -> Option<Self> {
        let (hosts, tls) = (vec![url.host_str()?.to_owned()], url.scheme() == "https");
        let addresses = if tls { Addresses::Public } else { Addresses::Loopback };
        Some(Self { purpose: Purpose::Checkpoints, hosts, tls, port: None, addresses })
    }

    fn has(&self, url: &Url) -> bool {
        let listed = |host: &str| self.hosts.iter().any(|pattern| lists(pattern, host));
        // A literal address never reaches the resolver: it is looked at here.
        let host = match url.host() {
            Some(Host::Domain(host)) => listed(host),
            Some(Host::Ipv4(ip)) => listed(&ip.to_string()) && self.addresses.allow(ip.into()),
            Some(Host::Ipv6(_)) | None => false,
        };
        let scheme =
            if self.tls { url.scheme() == "https" && url.port() == self.port } else { url.scheme().starts_with("http") };
        host && scheme
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_names_over_https_are_reached() {
        let egress = Egress::production(OperatorsHosts::default());
        let listed = |url: &str| egress.lists(Purpose::Amazon, &Url::parse(url).unwrap());
        assert!(listed("https://api.amazon.com/auth/o2/token"));
        assert!(listed("https://sandbox.sellingpartnerapi-fe.amazon.com/x"));
        for bad in [
            "http://api.amazon.com/",
            "https://api.amazon.com:8443/",
            "https://api.amazon.com.evil.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://user@api.amazon.com/",
            "https://evil.example/?api.amazon.com",
        ] {
            assert!(!listed(bad), "{bad}");
        }
    }

    #[test]
    fn only_the_operators_own_hosts_stand_at_private_addresses() {
        let addresses = |private: &[&str]| {
            let private = private.iter().map(|host| (*host).to_owned()).collect();
            let mail = Some("mail.internal".to_owned());
            let egress = Egress::production(OperatorsHosts { mail, private, ..OperatorsHosts::default() });
            let of = |purpose| egress.of(purpose).next().map(|entry| entry.addresses);
            (of(Purpose::Mail), of(Purpose::Amazon))
        };
        assert_eq!(addresses(&[]), (Some(Addresses::Public), Some(Addresses::Public)));
        assert_eq!(addresses(&["*.internal", "*.amazon.com"]), (Some(Addresses::Any), Some(Addresses::Public)));
        // Signed heads leave the machine over TLS alone.
        for (url, allowed) in
            [("https://heads.internal/", Addresses::Any), ("http://heads.internal:9999/", Addresses::Loopback)]
        {
            let (checkpoints, private) = (url.parse().ok(), vec!["*.internal".to_owned()]);
            let egress = Egress::production(OperatorsHosts { checkpoints, private, ..OperatorsHosts::default() });
            assert_eq!(egress.of(Purpose::Checkpoints).next().unwrap().addresses, allowed, "{url}");
        }
    }
    #[test]
    fn key_services_are_reached_at_their_own_ports_and_a_role_only_where_aws_tells_it() {
        let keys = ["https://bao.internal:8200/", "https://sts.eu-west-1.amazonaws.com/"].map(|url| url.parse().unwrap());
        let private = vec!["bao.internal".to_owned()];
        let egress =
            Egress::production(OperatorsHosts { keys: keys.into(), role: true, private, ..OperatorsHosts::default() });
        let listed = |purpose, url: &str| egress.lists(purpose, &Url::parse(url).unwrap());
        assert!(listed(Purpose::Keys, "https://bao.internal:8200/v1/transit/encrypt/portal"));
        assert!(listed(Purpose::Keys, "https://sts.eu-west-1.amazonaws.com/"));
        for bad in ["https://bao.internal/", "http://bao.internal:8200/", "https://sts.eu-west-1.amazonaws.com:8200/"] {
            assert!(!listed(Purpose::Keys, bad), "{bad}");
        }
        assert!(listed(Purpose::Role, "http://169.254.169.254/latest/api/token"));
        for bad in ["http://169.254.169.253/", "http://10.0.0.1/", "http://localhost/"] {
            assert!(!listed(Purpose::Role, bad), "{bad}");
        }
        let none = Egress::production(OperatorsHosts::default());
        assert!(!none.lists(Purpose::Role, &Url::parse("http://169.254.169.254/").unwrap()));
    }
}
