//! What a request says of itself: its key, and the Team and connection that it names.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Path},
    http::{HeaderMap, header, request::Parts},
};
use model::ids::{ConnectionId, Id, NIL, TeamId};
use secrecy::SecretString;

/// The bearer key, if there is one.
pub struct Bearer(pub Option<SecretString>);

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Bearer(bearer(&parts.headers)))
    }
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    // RFC 9110, 11.1: the scheme's case does not matter.
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(key.trim()))
}

/// An id in a path. One that cannot be read is an id that does not exist: both get the same answer.
fn read<I: Id + std::str::FromStr>(text: Option<&String>) -> I {
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| I::from_uuid(NIL))
}

/// The Team of a path.
pub struct NamedTeam(pub TeamId);

/// The Team and the connection of a path.
pub struct Named(pub TeamId, pub ConnectionId);

impl<S: Send + Sync> FromRequestParts<S> for NamedTeam {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<Vec<String>>::from_request_parts(parts, state).await;
        let named = path.map(|Path(named)| named).unwrap_or_default();
        Ok(NamedTeam(read(named.first())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<Vec<String>>::from_request_parts(parts, state).await;
        let named = path.map(|Path(named)| named).unwrap_or_default();
        Ok(Named(read(named.first()), read(named.get(1))))
    }
}

/// A connection id of a body.
pub fn connection(text: &str) -> ConnectionId {
    read(Some(&text.to_owned()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_bearer_key_is_found_whatever_the_case_of_its_scheme() {
        #[expect(clippy::disallowed_methods, reason = "a test compares it")]
        let with = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            bearer(&headers).map(|key| key.expose_secret().to_owned())
        };
        assert_eq!(with("Bearer ptl_gw_x").as_deref(), Some("ptl_gw_x"));
        assert_eq!(with("bearer  ptl_gw_x").as_deref(), Some("ptl_gw_x"));
        assert_eq!(with("Basic ptl_gw_x"), None);
        assert_eq!(with("ptl_gw_x"), None);
    }
}
