//! The one HTTP client that goes to Teams' own services, and where it may go.

use std::time::Duration;

use model::egress::Purpose;
use reqwest::Method;
use url::Url;

use super::WebhookError;
use crate::egress::{Client, Egress};

/// How long a service may take to be reached, and to answer.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);

/// Cheap to clone; one per process and purpose.
#[derive(Clone, Debug)]
pub struct Hooks(Client);

impl Hooks {
    pub fn new(egress: &Egress) -> Self {
        Self::of(egress, Purpose::Webhooks)
    }

    pub(super) fn of(egress: &Egress, purpose: Purpose) -> Self {
        Self(egress.client(purpose, CONNECT, WHOLE))
    }

    /// The address, when a message may go there.
    pub fn allowed(&self, url: &str) -> Result<Url, WebhookError> {
        let url = Url::parse(url.trim()).map_err(|_| WebhookError::Address)?;
        if url.fragment().is_none() && self.0.lists(&url) { Ok(url) } else { Err(WebhookError::Address) }
    }

    /// Sends a message; answers the status, or a word for why there is none.
    pub(super) async fn send(
        &self,
        url: Url,
        headers: [(&'static str, String); 3],
        body: String,
    ) -> Result<u16, &'static str> {
        let request = self.0.request(Method::POST, url).map_err(|_| "refused")?;
        let mut request = request.header("content-type", "application/json").body(body);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::OperatorsHosts;

    fn hooks(hosts: &[&str]) -> Hooks {
        let webhooks = hosts.iter().map(|host| (*host).to_owned()).collect();
        Hooks::new(&Egress::production(OperatorsHosts { webhooks, ..OperatorsHosts::default() }))
    }

    #[test]
    fn messages_go_to_listed_hosts_over_tls_only() {
        let listed = hooks(&["hooks.example.com", "*.example.net"]);
        for good in ["https://hooks.example.com/portal?x=1", " https://a.b.example.net/ "] {
            assert!(listed.allowed(good).is_ok(), "{good}");
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
            assert!(listed.allowed(bad).is_err(), "{bad}");
        }
        assert!(hooks(&[]).allowed("https://hooks.example.com/").is_err());
        let here = Hooks::new(&Egress::development(None, None));
        assert!(here.allowed("http://127.0.0.1:8099/hook").is_ok() && here.allowed("https://hooks.example.com/").is_err());
    }
}
