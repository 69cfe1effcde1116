//! The handle: where Amazon is, and the one HTTP client that goes there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use model::{Environment, amazon::Marketplace, egress::Purpose};
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};
use url::Url;

use crate::egress::{Client, Egress};

/// LWA has one host for the whole world, sandbox included.
const LWA: &str = "https://api.amazon.com";
/// How long Amazon may take to be reached, and to answer.
const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(10);
/// No honest answer of LWA's or SP-API's is longer.
const BODY_LIMIT: usize = 64 * 1024;

/// Where Amazon is: the real one, or the simulator in development.
#[derive(Clone, Debug)]
pub struct Amazon {
    client: Client,
    sns: Client,
    simulator: Option<Arc<Url>>,
    /// Certificates of SNS, by their addresses.
    certificates: Certificates,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What stands at an address, or since when it is known that nothing does.
type Certificates = Arc<Mutex<HashMap<Url, Result<Vec<u8>, Instant>>>>;

/// That nothing stands at an address is believed for so long.
const NONE_FOR: Duration = Duration::from_secs(60);

/// Certificates that are kept; Amazon has one a region, and a new one now and then.
const CERTIFICATES: usize = 100;

/// An answer, read whole and within bounds.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// The request did not get an answer that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The egress list does not allow the address.
    Refused,
    /// No connection, a cut one, or too slow.
    Unavailable,
    /// Longer than any honest answer.
    TooLong,
}

impl Amazon {
    /// The real Amazon, or the simulator at this address, for development and tests.
    pub fn new(egress: &Egress, simulator: Option<Url>) -> Self {
        let client = |purpose| egress.client(purpose, CONNECT, WHOLE);
        let (client, sns) = (client(Purpose::Amazon), client(Purpose::Sns));
        Self { client, sns, simulator: simulator.map(Arc::new), certificates: Certificates::default(), turn: Arc::default() }
    }

    pub fn is_simulated(&self) -> bool {
        self.simulator.is_some()
    }

    pub(super) fn lwa_url(&self) -> String {
        format!("{}/auth/o2/token", self.base(LWA))
    }

    pub(super) fn sp_api_url(&self, marketplace: Marketplace, environment: Environment, path: &str) -> String {
        format!("{}{path}", self.base(marketplace.endpoint(environment)))
    }

    pub(super) fn base(&self, real: &str) -> String {
        self.simulator.as_ref().map_or_else(|| real.to_owned(), |url| url.as_str().trim_end_matches('/').to_owned())
    }

    /// Amazon's consent page for a seller of `marketplace`. Only this proves a Seller ID.
    pub fn consent_url(
        &self,
        marketplace: Marketplace,
        application_id: &str,
        state: &str,
        redirect_uri: &str,
        draft: bool,
    ) -> Url {
        let page = format!("{}/apps/authorize/consent", self.base(marketplace.seller_central()));
        let mut parameters = vec![("application_id", application_id), ("state", state), ("redirect_uri", redirect_uri)];
        if draft {
            parameters.push(("version", "beta"));
        }
        #[expect(clippy::expect_used, reason = "every base of the table, and a simulator's, is an address")]
        Url::parse_with_params(&page, parameters).expect("an address of the table")
    }

    /// Fetches from SNS; nothing when it does not answer well. The simulator plays it under `/sns`.
    pub(crate) async fn sns(&self, url: &Url) -> Option<Vec<u8>> {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let url = match &self.simulator {
            Some(_) => Url::parse(&format!("{}/sns{}{query}", self.base(""), url.path())).ok()?,
            None => url.clone(),
        };
        let answer = self.send(self.sns.request(Method::GET, url).ok()?).await.ok()?;
        (answer.status == 200).then_some(answer.body)
    }

    /// The certificate at an address, or that there is none; nothing when that is not known.
    pub(crate) fn known_certificate(&self, url: &Url) -> Option<Option<Vec<u8>>> {
        match self.certificates.lock().unwrap_or_else(PoisonError::into_inner).get(url)? {
            Ok(certificate) => Some(Some(certificate.clone())),
            Err(since) => (since.elapsed() < NONE_FOR).then_some(None),
        }
    }

    /// Keeps what stands at an address, or that nothing does.
    pub(crate) fn keep_certificate(&self, url: &Url, certificate: Option<Vec<u8>>) {
        let mut kept = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CERTIFICATES {
            // What led nowhere goes first.
            kept.retain(|_, one| one.is_ok());
            let one = kept.keys().next().cloned().filter(|_| kept.len() >= CERTIFICATES);
            one.and_then(|one| kept.remove(&one));
        }
        kept.insert(url.clone(), certificate.ok_or_else(Instant::now));
    }

    /// Waits until nobody else fetches a certificate.
    pub(crate) async fn fetching(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(super) fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, NoAnswer> {
        let url = Url::parse(url).map_err(|_| NoAnswer::Refused)?;
        self.client.request(method, url).map_err(|_| NoAnswer::Refused)
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, NoAnswer> {
        self.send_within(request, BODY_LIMIT).await
    }

    /// Reads an answer of at most so many bytes.
    pub(super) async fn send_within(&self, request: RequestBuilder, limit: usize) -> Result<Answer, NoAnswer> {
        let mut response: Response = request.send().await.map_err(|_| NoAnswer::Unavailable)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| NoAnswer::Unavailable)? {
            if body.len() + chunk.len() > limit {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}
