//! The one SP-API call that Portal itself makes: where does the seller participate? The natural proof of a connection.

use model::{Environment, amazon::Marketplace};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Amazon, CallFailure, client::Answer, failure::retry_after};

/// A marketplace in which the seller may sell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participation {
    pub marketplace_id: String,
    pub is_participating: bool,
}

impl Amazon {
    /// `GET /sellers/v1/marketplaceParticipations` at the endpoint of `marketplace`.
    #[tracing::instrument(skip_all, fields(marketplace = marketplace.code(), environment = environment.as_str()))]
    pub async fn participations(
        &self,
        marketplace: Marketplace,
        environment: Environment,
        access_token: &SecretString,
    ) -> Result<Vec<Participation>, CallFailure> {
        let url = self.sp_api_url(marketplace, environment, "/sellers/v1/marketplaceParticipations");
        #[expect(clippy::disallowed_methods, reason = "Amazon is asked with it")]
        let request = self.request(Method::GET, &url)?.header("x-amz-access-token", access_token.expose_secret());
        read(&self.send(request).await?)
    }
}

#[derive(Deserialize)]
struct Success {
    payload: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    marketplace: Id,
    participation: Standing,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    is_participating: bool,
}

#[derive(Deserialize)]
struct Failure {
    errors: Vec<ErrorRow>,
}

#[derive(Deserialize)]
struct ErrorRow {
    #[serde(default)]
    details: Option<String>,
}

/// Classes an answer. Pure, so that every wire form can be tested.
fn read(answer: &Answer) -> Result<Vec<Participation>, CallFailure> {
    match answer.status {
        200 => {
            let success: Success = serde_json::from_slice(&answer.body).map_err(|_| CallFailure::BadResponse)?;
            let rows = success.payload.into_iter();
            Ok(rows
                .map(|r| Participation {
                    marketplace_id: r.marketplace.id,
                    is_participating: r.participation.is_participating,
                })
                .collect())
        }
        401 | 403 => Err(refusal(&answer.body)),
        429 => Err(CallFailure::Throttled { retry_after: retry_after(&answer.headers) }),
        500.. => Err(CallFailure::Unavailable),
        _ => Err(CallFailure::BadResponse),
    }
}

fn refusal(body: &[u8]) -> CallFailure {
    let failure = serde_json::from_slice::<Failure>(body).ok();
    let details =
        failure.and_then(|f| f.errors.into_iter().find_map(|e| e.details)).unwrap_or_default().to_ascii_lowercase();
    if details.contains("lwa secret token you provided has expired") {
        CallFailure::SecretExpired
    } else if details.contains("access token you provided has expired") {
        CallFailure::TokenExpired
    } else {
        CallFailure::AccessDenied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: Default::default(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn participations_are_read_as_the_public_model_writes_them() {
        let body = r#"{"payload":[{"marketplace":{"id":"A1PA6795UKMFR9","countryCode":"DE","name":"Amazon.de","defaultCurrencyCode":"EUR",
            "defaultLanguageCode":"de_DE","domainName":"www.amazon.de"},"participation":{"isParticipating":true,"hasSuspendedListings":false},
            "storeName":"Northwind"}]}"#;
        let expected = Participation { marketplace_id: "A1PA6795UKMFR9".to_owned(), is_participating: true };
        assert_eq!(read(&answer(200, body)), Ok(vec![expected]));
        assert_eq!(read(&answer(200, "{}")), Err(CallFailure::BadResponse));
    }

    #[test]
    fn a_403_is_told_by_its_details() {
        let body = |details: &str| {
            format!(
                r#"{{"errors":[{{"code":"Unauthorized","message":"Access to requested resource is denied.","details":"{details}"}}]}}"#
            )
        };
        for (details, class) in [
            ("The access token you provided has expired.", CallFailure::TokenExpired),
            ("The LWA secret token you provided has expired.", CallFailure::SecretExpired),
            ("", CallFailure::AccessDenied),
        ] {
            assert_eq!(read(&answer(403, &body(details))), Err(class));
        }
        assert_eq!(read(&answer(503, "")), Err(CallFailure::Unavailable));
        assert_eq!(read(&answer(429, "")), Err(CallFailure::Throttled { retry_after: None }));
    }
}
