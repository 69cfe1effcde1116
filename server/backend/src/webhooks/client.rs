//! The one HTTP client that goes to Teams' own services, and where it may go.

use std::{sync::Arc, time::Duration};

use reqwest::Client;
use url::{Host, Url};

use super::WebhookError;
use crate::egress;

/// How long a service may take to be reached, and to answer.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);

/// Where webhooks may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MayCall {
    /// HTTPS to these hosts, at public addresses; `*.example.com` stands for any below it.
    Hosts(Vec<String>),
    /// Development: this machine too, without TLS.
    Loopback,
}

/// Cheap to clone; one per process.
#[derive(Clone, Debug)]
pub struct Hooks {
    client: Client,
    may: Arc<MayCall>,
}

impl Hooks {
    pub fn new(may: MayCall) -> Self {
        let client = egress::client(may != MayCall::Loopback, CONNECT, WHOLE);
        Self { client, may: Arc::new(may) }
    }

    /// The address, when a message may go there.
    pub fn allowed(&self, url: &str) -> Result<Url, WebhookError> {
        let url = Url::parse(url.trim()).map_err(|_| WebhookError::Address)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let fits = match (&*self.may, url.host()) {
            (MayCall::Hosts(hosts), Some(Host::Domain(host))) => {
                url.scheme() == "https" && url.port().is_none() && hosts.iter().any(|listed| is_listed(listed, host))
            }
            (MayCall::Loopback, Some(Host::Ipv4(address))) => url.scheme() == "http" && address.is_loopback(),
            (MayCall::Loopback, Some(Host::Domain(host))) => url.scheme() == "http" && host == "localhost",
            _ => false,
        };
        if plain && fits { Ok(url) } else { Err(WebhookError::Address) }
    }

    /// Sends a message; answers the status, or a word for why there is none.
    pub(super) async fn send(
        &self,
        url: Url,
        headers: [(&'static str, String); 3],
        body: String,
    ) -> Result<u16, &'static str> {
        let mut request = self.client.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // The answer's body is nobody's business.
        match request.send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) if error.is_timeout() => Err("timeout"),
            Err(_) => Err("unreachable"),
        }
    }
}

fn is_listed(listed: &str, host: &str) -> bool {
    match listed.strip_prefix("*.") {
        Some(below) => host.strip_suffix(below).is_some_and(|start| start.len() > 1 && start.ends_with('.')),
        None => listed.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_listed_hosts_over_tls_only() {
        let hooks = Hooks::new(MayCall::Hosts(vec!["hooks.example.com".to_owned(), "*.example.net".to_owned()]));
        for good in ["https://hooks.example.com/portal?x=1", " https://a.b.example.net/ "] {
            assert!(hooks.allowed(good).is_ok(), "{good}");
        }
        for bad in [
            "http://hooks.example.com/",
            "https://hooks.example.com:8443/",
            "https://user@hooks.example.com/",
            "https://example.com/",
            "https://example.net/",
            "https://evilexample.net/",
            "https://hooks.example.com.evil.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "hooks.example.com",
            "",
        ] {
            assert!(hooks.allowed(bad).is_err(), "{bad}");
        }
        assert!(Hooks::new(MayCall::Hosts(Vec::new())).allowed("https://hooks.example.com/").is_err());
        let here = Hooks::new(MayCall::Loopback);
        assert!(here.allowed("http://127.0.0.1:8099/hook").is_ok() && here.allowed("https://hooks.example.com/").is_err());
    }
}
