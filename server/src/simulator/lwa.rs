//! Login with Amazon: the token endpoint.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use model::Time;
use serde_json::json;

use super::{
    Fault, Simulator,
    calls::RequestId,
    grant::{self, Grant, TokenRequest},
    refusals::{BAD_CLIENT, BAD_CODE, BAD_REFRESH_TOKEN, BAD_SCOPE, LwaRefusal},
    state,
    tokens::ACCESS_LIFE,
};

const SCOPES: [&str; 2] = ["sellingpartnerapi::notifications", "sellingpartnerapi::client_credential:rotation"];

/// `POST /auth/o2/token`
pub(super) async fn token(
    State(simulator): State<Simulator>,
    Extension(RequestId(id)): Extension<RequestId>,
    fault: Option<Extension<Fault>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = simulator.clock.now();
    let issued = grant::parse(content_type, &body).and_then(|asked| simulator.with(|state| issue(state, asked, now)));
    match issued {
        Ok(issued) => issued.answer(fault.and_then(|fault| fault.0.missing_field())),
        Err(refusal) => refusal.answer(&id),
    }
}

struct Issued {
    access_token: String,
    refresh_token: Option<String>,
    scope: Option<String>,
}

impl Issued {
    fn answer(self, missing: Option<&str>) -> Response {
        let mut body =
            json!({ "access_token": self.access_token, "token_type": "bearer", "expires_in": ACCESS_LIFE.num_seconds() });
        if let Some(fields) = body.as_object_mut() {
            fields.extend(self.refresh_token.map(|token| ("refresh_token".to_owned(), token.into())));
            fields.extend(self.scope.map(|scope| ("scope".to_owned(), scope.into())));
            if let Some(name) = missing {
                fields.remove(name);
            }
        }
        ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(body)).into_response()
    }
}

fn issue(state: &mut state::State, asked: TokenRequest, now: Time) -> Result<Issued, LwaRefusal> {
    let app = state.apps.iter().find(|app| app.known.client_id == asked.client_id).ok_or(BAD_CLIENT)?;
    if !app.accepts(&asked.client_secret, now) {
        return Err(BAD_CLIENT);
    }
    let client_id = app.known.client_id;
    let refresh_token = match asked.grant {
        Grant::RefreshToken(token) => token,
        Grant::Code { code, redirect_uri } => state.tokens.redeem(&code, client_id, &redirect_uri, now).ok_or(BAD_CODE)?,
        Grant::ClientCredentials { scope } => {
            if !scope.split(' ').all(|scope| SCOPES.contains(&scope)) {
                return Err(BAD_SCOPE);
            }
            return Ok(Issued {
                access_token: state.tokens.issue(client_id, None, now),
                refresh_token: None,
                scope: Some(scope),
            });
        }
    };
    let seller_id = state.tokens.seller_of(client_id, &refresh_token).ok_or(BAD_REFRESH_TOKEN)?;
    let access_token = state.tokens.issue(client_id, Some(seller_id), now);
    Ok(Issued { access_token, refresh_token: Some(refresh_token), scope: None })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::simulator::{known::*, stage};

    #[tokio::test]
    async fn a_refresh_token_gives_a_fresh_access_token_and_stays_the_same() {
        let (_, simulator) = stage::start();
        let first = stage::refresh(&simulator, &APPS[0], SELLERS[1].refresh_token).await;
        assert_eq!((first.status, first.json()["refresh_token"].as_str()), (200, Some(SELLERS[1].refresh_token)));
        assert!(first.headers.contains_key("x-amzn-requestid") && first.headers.contains_key("x-amz-rid"));
        let second = stage::refresh(&simulator, &APPS[0], SELLERS[1].refresh_token).await;
        assert!(first.json()["access_token"].as_str().unwrap().starts_with("Atza|"));
        assert_ne!(first.json()["access_token"], second.json()["access_token"]);
        assert_eq!(simulator.token_calls(), 2);
    }

    #[tokio::test]
    async fn foreign_unknown_and_revoked_refresh_tokens_are_invalid_grants() {
        let (_, simulator) = stage::start();
        simulator.revoke(SELLERS[2].seller_id);
        for token in [SANDBOX_SELLER.refresh_token, "Atzr|unknown", SELLERS[2].refresh_token] {
            let answer = stage::refresh(&simulator, &APPS[0], token).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_grant")), "{token}");
        }
        assert_eq!(stage::refresh(&simulator, &APPS[1], SANDBOX_SELLER.refresh_token).await.status, 200);
    }

    #[tokio::test]
    async fn the_old_secret_works_until_its_week_is_over() {
        let (clock, simulator) = stage::start();
        assert!(simulator.rotate(APPS[0].client_id).is_some() && simulator.rotate("unknown").is_none());
        clock.advance(Duration::days(6));
        assert_eq!(stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.status, 200);
        clock.advance(Duration::days(1));
        let answer = stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_client")));
    }

    #[tokio::test]
    async fn only_known_scopes_are_granted_without_a_seller() {
        let (_, simulator) = stage::start();
        let ask = async |scope: &str| {
            stage::token(&simulator, &APPS[0], &[("grant_type", "client_credentials"), ("scope", scope)]).await
        };
        let granted = ask(SCOPES[0]).await;
        assert_eq!((granted.status, granted.json()["scope"].as_str()), (200, Some(SCOPES[0])));
        assert_eq!(ask("profile").await.json()["error"], "invalid_scope");
    }
}
