//! OpenBao's and Vault's Transit engine: encrypt and decrypt with a named key, bound by associated data.
//! <https://openbao.org/api-docs/secret/transit/>

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Duration};
use model::egress::Purpose;
use reqwest::{Certificate, Method, RequestBuilder, StatusCode, header::HeaderValue};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;
use zeroize::Zeroizing;

use super::{ANSWERED, Ages, Bound, REACHED, ServiceError, Wrapped, key, unsent};
use crate::egress::{Client, Egress};

/// Which key, where, and who asks.
#[derive(Clone, Debug)]
pub struct TransitKey {
    pub url: Url,
    pub namespace: Option<String>,
    /// Where the engine is mounted.
    pub mount: String,
    pub key: String,
    /// What the key is called here: written beside what it wraps, so it stays when the server moves.
    pub name: String,
    /// Read for every question: an agent renews it.
    pub token_file: PathBuf,
}

#[derive(Clone, Debug)]
pub struct Transit {
    client: Client,
    of: TransitKey,
}

#[derive(Serialize)]
struct Question<'a> {
    #[serde(flatten)]
    what: What<'a>,
    associated_data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum What<'a> {
    Plaintext(&'a str),
    Ciphertext(&'a str),
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Encrypted {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: Zeroizing<String>,
}

/// Of a symmetric key the engine tells when each version was made, in seconds since 1970.
#[derive(Deserialize)]
struct Described {
    keys: BTreeMap<u32, i64>,
    /// Seconds after which the engine makes the next version; 0 when it is told to.
    #[serde(default)]
    auto_rotate_period: i64,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

impl Transit {
    pub fn new(egress: &Egress, of: TransitKey, roots: &[Certificate]) -> Self {
        Self { client: egress.client_that_trusts(Purpose::Keys, REACHED, ANSWERED, roots), of }
    }

    /// `transit:<name>:v<version>`; which version it was stands first in a ciphertext: `vault:v<version>:…`.
    fn id(&self, ciphertext: &str) -> Option<String> {
        let (version, _) = ciphertext.strip_prefix("vault:v")?.split_once(':')?;
        version.parse().ok().map(|version| self.version(version))
    }

    fn version(&self, version: u32) -> String {
        format!("transit:{}:v{version}", self.of.name)
    }

    pub(super) fn keeps(&self, id: &str) -> bool {
        let version = id.strip_prefix("transit:").and_then(|id| id.strip_prefix(&self.of.name));
        version.is_some_and(|version| version.starts_with(":v"))
    }

    pub(super) async fn wrap(&self, plain: &Zeroizing<[u8; 32]>, bound: Bound) -> Result<Wrapped, ServiceError> {
        let plain = Zeroizing::new(STANDARD.encode(plain.as_slice()));
        let Encrypted { ciphertext } = self.ask("encrypt", What::Plaintext(&plain), bound).await?;
        let id = self.id(&ciphertext).ok_or_else(|| ServiceError::Denied("its answer is no ciphertext".to_owned()))?;
        Ok(Wrapped { id, bytes: ciphertext.into_bytes() })
    }

    pub(super) async fn unwrap(&self, wrapped: &Wrapped, bound: Bound) -> Result<Zeroizing<[u8; 32]>, ServiceError> {
        let ciphertext = std::str::from_utf8(&wrapped.bytes).map_err(|_| ServiceError::Refused)?;
        // The row names the version that the ciphertext names: nobody makes an old one look new.
        if self.id(ciphertext).as_deref() != Some(&wrapped.id) {
            return Err(ServiceError::Refused);
        }
        let Decrypted { plaintext } = self.ask("decrypt", What::Ciphertext(ciphertext), bound).await?;
        key(&Zeroizing::new(STANDARD.decode(&*plaintext).map_err(|_| ServiceError::Refused)?))
    }

    /// How old each version is. <https://openbao.org/api-docs/secret/transit/#read-key>
    pub(super) async fn ages(&self) -> Result<Ages, ServiceError> {
        let Described { keys, auto_rotate_period } = self.answer("keys", self.request(Method::GET, "keys").await?).await?;
        let at = |(version, made): (u32, i64)| Some((version, DateTime::from_timestamp(made, 0)?));
        let made: Vec<_> = keys.into_iter().filter_map(at).collect();
        let period = Duration::try_seconds(auto_rotate_period).filter(|period| *period > Duration::zero());
        let next = made.last().zip(period).and_then(|((_, newest), period)| newest.checked_add_signed(period));
        Ok(Ages { made: made.into_iter().map(|(version, at)| (self.version(version), at)).collect(), next })
    }

    async fn ask<T: DeserializeOwned>(&self, verb: &str, what: What<'_>, bound: Bound) -> Result<T, ServiceError> {
        let question = Question { what, associated_data: STANDARD.encode(bound.bytes()) };
        let body = serde_json::to_vec(&question).map(Zeroizing::new).map_err(|error| denied(&error))?;
        let asked = self.request(Method::POST, verb).await?.header("Content-Type", "application/json");
        self.answer(verb, asked.body(body.to_vec())).await
    }

    async fn request(&self, method: Method, verb: &str) -> Result<RequestBuilder, ServiceError> {
        let path = format!("v1/{}/{verb}/{}", self.of.mount, self.of.key);
        let url = self.of.url.join(&path).map_err(|error| denied(&error))?;
        let asked = self.client.request(method, url).map_err(|denial| denied(&denial))?;
        let asked = asked.header("X-Vault-Token", self.token().await?);
        Ok(match &self.of.namespace {
            Some(namespace) => asked.header("X-Vault-Namespace", namespace),
            None => asked,
        })
    }

    async fn answer<T: DeserializeOwned>(&self, verb: &str, asked: RequestBuilder) -> Result<T, ServiceError> {
        let silent = |error: reqwest::Error| unsent(&error.without_url());
        let answer = asked.send().await.map_err(silent)?;
        let status = answer.status();
        let body = Zeroizing::new(answer.bytes().await.map_err(silent)?.to_vec());
        if status.is_success() {
            return serde_json::from_slice(&body).map(|answer: Answer<T>| answer.data).map_err(|error| denied(&error));
        }
        let said = serde_json::from_slice(&body).map(|said: Errors| said.errors.join("; ")).unwrap_or_default();
        Err(meaning(verb, status, &said))
    }

    /// The token, as it is by now.
    async fn token(&self) -> Result<HeaderValue, ServiceError> {
        let file = &self.of.token_file;
        let unread = |error: std::io::Error| ServiceError::Denied(format!("{} cannot be read: {error}", file.display()));
        if tokio::fs::metadata(file).await.map_err(unread)?.permissions().mode() & 0o007 != 0 {
            return Err(ServiceError::Denied(format!("everybody may read {}: run chmod o= on it", file.display())));
        }
        let token = tokio::fs::read_to_string(file).await.map(Zeroizing::new).map_err(unread)?;
        let mut value = HeaderValue::from_str(token.trim())
            .map_err(|_| ServiceError::Denied(format!("{} holds no token", file.display())))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn denied(error: &dyn std::error::Error) -> ServiceError {
    ServiceError::Denied(error.to_string())
}

/// What an answer that is no success means.
fn meaning(verb: &str, status: StatusCode, said: &str) -> ServiceError {
    let altered = ["message authentication failed", "invalid ciphertext"];
    match status {
        StatusCode::BAD_REQUEST if verb == "decrypt" && altered.iter().any(|part| said.contains(part)) => {
            ServiceError::Refused
        }
        status if status.is_redirection() => {
            ServiceError::Silent(format!("{status}: a standby answers, name the address of the active server"))
        }
        // 429 for quotas, 412 and 472 to 473 of standbys, 503 while it is sealed.
        StatusCode::TOO_MANY_REQUESTS | StatusCode::PRECONDITION_FAILED => ServiceError::Silent(format!("{status} {said}")),
        status if status.is_server_error() || status.as_u16() / 10 == 47 => ServiceError::Silent(format!("{status} {said}")),
        status => ServiceError::Denied(format!("{status} {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_altered_is_refused() {
        let of = |verb, status, said| meaning(verb, StatusCode::from_u16(status).unwrap(), said);
        assert_eq!(of("decrypt", 400, "cipher: message authentication failed"), ServiceError::Refused);
        assert_eq!(of("decrypt", 400, "invalid ciphertext: no prefix"), ServiceError::Refused);
        for (status, said) in [(400, "encryption key not found"), (400, "disallowed by policy (too old)"), (403, "denied")] {
            assert!(matches!(of("decrypt", status, said), ServiceError::Denied(_)), "{status} {said}");
        }
        assert!(matches!(of("encrypt", 400, "invalid ciphertext"), ServiceError::Denied(_)));
        for status in [307, 429, 412, 472, 473, 500, 502, 503] {
            assert!(matches!(of("encrypt", status, ""), ServiceError::Silent(_)), "{status}");
        }
    }
}
