//! The one HTTP client outward.

use std::{sync::Arc, time::Duration};

use model::egress::{Denial, Purpose};
use reqwest::{Certificate, Method, RequestBuilder, redirect::Policy};
use url::Url;

use super::{Egress, resolve::Guard};

/// An HTTP client for one purpose. Follows no redirect and no proxy of the environment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    egress: Egress,
    purpose: Purpose,
}

impl Egress {
    /// `connect`, `whole`: how long it may take to be reached, and to answer.
    pub fn client(&self, purpose: Purpose, connect: Duration, whole: Duration) -> Client {
        self.client_that_trusts(purpose, connect, whole, &[])
    }

    /// The same, trusting these certificates too.
    pub fn client_that_trusts(&self, purpose: Purpose, connect: Duration, whole: Duration, roots: &[Certificate]) -> Client {
        let tls = self.of(purpose).all(|entry| entry.tls);
        #[expect(clippy::disallowed_methods, reason = "this is the client that the list guards")]
        let builder = reqwest::Client::builder()
            .connect_timeout(connect)
            .timeout(whole)
            .redirect(Policy::none())
            .no_proxy()
            .tls_certs_merge(roots.iter().cloned())
            .https_only(tls)
            .user_agent(concat!("Portal/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Guard { egress: self.clone(), purpose }));
        #[expect(clippy::expect_used, reason = "fails only without a TLS backend, which is compiled in")]
        let http = builder.build().expect("an HTTP client");
        Client { http, egress: self.clone(), purpose }
    }
}

impl Client {
    /// A request to a listed address.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Denial> {
        self.egress.check(self.purpose, &url)?;
        Ok(self.http.request(method, url))
    }

    /// Whether the list has the address.
    pub fn lists(&self, url: &Url) -> bool {
        self.egress.lists(self.purpose, url)
    }
}
