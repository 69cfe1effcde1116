//! Login with Amazon: exchanging refresh tokens and consent codes.

use std::fmt;

use model::amazon::check_refresh_token;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Amazon, LwaFailure, client::Answer, failure::retry_after};

/// The app in whose name LWA is asked.
pub struct LwaClient<'a> {
    pub client_id: String,
    pub client_secret: &'a SecretString,
}

/// What LWA gave.
pub struct TokenAnswer {
    pub access_token: SecretString,
    /// The same as was sent, as far as is known; missing in some answers.
    pub refresh_token: Option<SecretString>,
    /// Seconds; missing in some answers.
    pub expires_in: Option<u32>,
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl Amazon {
    /// Exchanges a refresh token for an access token.
    #[tracing::instrument(skip_all)]
    #[expect(clippy::disallowed_methods, reason = "Amazon is asked with it")]
    pub async fn refresh(&self, client: &LwaClient<'_>, refresh_token: &SecretString) -> Result<TokenAnswer, LwaFailure> {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())]).await
    }

    /// Exchanges the code of a consent, which lives five minutes.
    #[tracing::instrument(skip_all)]
    #[expect(clippy::disallowed_methods, reason = "Amazon is asked with it")]
    pub async fn exchange_code(
        &self,
        client: &LwaClient<'_>,
        code: &SecretString,
        redirect_uri: &str,
    ) -> Result<TokenAnswer, LwaFailure> {
        let form = [("grant_type", "authorization_code"), ("code", code.expose_secret()), ("redirect_uri", redirect_uri)];
        self.token(client, &form).await
    }

    #[expect(clippy::disallowed_methods, reason = "Amazon is asked with it")]
    async fn token(&self, client: &LwaClient<'_>, grant: &[(&str, &str)]) -> Result<TokenAnswer, LwaFailure> {
        let mut form =
            vec![("client_id", client.client_id.as_str()), ("client_secret", client.client_secret.expose_secret())];
        form.extend_from_slice(grant);
        let request = self.request(Method::POST, &self.lwa_url())?.form(&form);
        read(&self.send(request).await?)
    }
}

#[derive(Deserialize)]
struct Success {
    access_token: SecretText,
    refresh_token: Option<SecretText>,
    expires_in: Option<u32>,
}

#[derive(Deserialize)]
struct Failure {
    error: String,
}

/// Deserializes straight into a secret.
struct SecretText(SecretString);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(|text| Self(SecretString::from(text)))
    }
}

/// No access token of Amazon lives longer than an hour; whatever claims to is asked for again after one.
const LONGEST_LIFE_S: u32 = 3600;

#[expect(clippy::disallowed_methods, reason = "its shape is checked")]
fn is_refresh_token(token: &SecretString) -> bool {
    check_refresh_token(token.expose_secret()).is_ok()
}

/// Classes an answer. Pure, so that every wire form can be tested.
fn read(answer: &Answer) -> Result<TokenAnswer, LwaFailure> {
    match answer.status {
        200 => {
            let success: Success = serde_json::from_slice(&answer.body).map_err(|_| LwaFailure::BadResponse)?;
            #[expect(clippy::disallowed_methods, reason = "an empty token is none")]
            let empty = success.access_token.0.expose_secret().is_empty();
            if empty || success.expires_in == Some(0) {
                return Err(LwaFailure::BadResponse);
            }
            Ok(TokenAnswer {
                access_token: success.access_token.0,
                // Only what looks like a refresh token may take the place of one that works.
                refresh_token: success.refresh_token.map(|token| token.0).filter(is_refresh_token),
                expires_in: success.expires_in.map(|life| life.min(LONGEST_LIFE_S)),
            })
        }
        429 => Err(LwaFailure::Throttled { retry_after: retry_after(&answer.headers) }),
        500.. => Err(LwaFailure::Unavailable),
        400..=499 => Err(refusal(&answer.body)),
        _ => Err(LwaFailure::BadResponse),
    }
}

fn refusal(body: &[u8]) -> LwaFailure {
    let Ok(failure) = serde_json::from_slice::<Failure>(body) else { return LwaFailure::BadResponse };
    match failure.error.as_str() {
        "invalid_grant" => LwaFailure::Permanent,
        "invalid_client" => LwaFailure::Configuration { code: "invalid_client" },
        "unauthorized_client" => LwaFailure::Configuration { code: "unauthorized_client" },
        "invalid_scope" => LwaFailure::Configuration { code: "invalid_scope" },
        "invalid_request" => LwaFailure::OurMistake { code: "invalid_request" },
        "unsupported_grant_type" => LwaFailure::OurMistake { code: "unsupported_grant_type" },
        "server_error" | "temporarily_unavailable" => LwaFailure::Unavailable,
        _ => LwaFailure::BadResponse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: Default::default(), body: body.as_bytes().to_vec() }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test compares it")]
    fn a_recorded_success_is_read() {
        let body = r#"{"access_token":"Atza|IQEB","refresh_token":"Atzr|IQEB","token_type":"bearer","expires_in":3600}"#;
        let token = read(&answer(200, body)).unwrap();
        assert_eq!((token.access_token.expose_secret(), token.expires_in), ("Atza|IQEB", Some(3600)));
        let token = read(&answer(200, r#"{"access_token":"Atza|IQEB","token_type":"bearer"}"#)).unwrap();
        assert!(token.refresh_token.is_none() && token.expires_in.is_none());
        let odd = r#"{"access_token":"Atza|IQEB","refresh_token":"","token_type":"bearer","expires_in":4294967295}"#;
        let token = read(&answer(200, odd)).unwrap();
        assert!(token.refresh_token.is_none(), "nothing takes the place of a grant that works");
        assert_eq!(token.expires_in, Some(3600));
        assert!(read(&answer(200, r#"{"access_token":"Atza|IQEB","expires_in":0}"#)).is_err());
        assert!(!format!("{token:?}").contains("Atza"));
    }

    #[test]
    fn each_error_has_its_class() {
        let error = |code: &str| format!(r#"{{"error":"{code}","error_description":"x","error_index":"opaque"}}"#);
        for (status, code, class) in [
            (400, "invalid_grant", LwaFailure::Permanent),
            (401, "invalid_client", LwaFailure::Configuration { code: "invalid_client" }),
            (400, "unauthorized_client", LwaFailure::Configuration { code: "unauthorized_client" }),
            (400, "invalid_request", LwaFailure::OurMistake { code: "invalid_request" }),
            (400, "something_new", LwaFailure::BadResponse),
            (503, "temporarily_unavailable", LwaFailure::Unavailable),
            (500, "server_error", LwaFailure::Unavailable),
            (429, "throttled", LwaFailure::Throttled { retry_after: None }),
        ] {
            assert_eq!(read(&answer(status, &error(code))).err(), Some(class), "{code}");
        }
        for body in ["", "<html>", "{}", r#"{"access_token":""}"#, r#"{"access_token":5}"#, "[]"] {
            assert_eq!(read(&answer(200, body)).err(), Some(LwaFailure::BadResponse), "{body}");
        }
        assert_eq!(read(&answer(302, "")).err(), Some(LwaFailure::BadResponse));
    }

    #[test]
    fn retry_after_is_honoured_up_to_an_hour() {
        let mut throttled = answer(429, "");
        throttled.headers.insert("retry-after", "17".parse().unwrap());
        let wait = std::time::Duration::from_secs(17);
        assert_eq!(read(&throttled).err(), Some(LwaFailure::Throttled { retry_after: Some(wait) }));
    }
}
