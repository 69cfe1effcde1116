//! Reading a request to the token endpoint: form-encoded, or JSON.

use std::collections::HashMap;

use url::form_urlencoded;

use super::refusals::{BAD_CLIENT, BAD_GRANT_TYPE, BAD_REQUEST, LwaRefusal};

/// Deliberately without `Debug`: everything in it is secret.
pub(super) struct TokenRequest {
    pub client_id: String,
    pub client_secret: String,
    pub grant: Grant,
}

#[derive(PartialEq, Eq)]
pub(super) enum Grant {
    RefreshToken(String),
    Code { code: String, redirect_uri: String },
    ClientCredentials { scope: String },
}

pub(super) fn parse(content_type: &str, body: &[u8]) -> Result<TokenRequest, LwaRefusal> {
    let mut fields = fields(content_type, body)?;
    let mut take = |name: &str| fields.remove(name).filter(|value| !value.is_empty());
    let grant_type = take("grant_type").ok_or(BAD_REQUEST)?;
    let grant = match grant_type.as_str() {
        "refresh_token" => Grant::RefreshToken(take("refresh_token").ok_or(BAD_REQUEST)?),
        "authorization_code" => {
            Grant::Code { code: take("code").ok_or(BAD_REQUEST)?, redirect_uri: take("redirect_uri").ok_or(BAD_REQUEST)? }
        }
        "client_credentials" => Grant::ClientCredentials { scope: take("scope").ok_or(BAD_REQUEST)? },
        _ => return Err(BAD_GRANT_TYPE),
    };
    let client_id = take("client_id").ok_or(BAD_REQUEST)?;
    Ok(TokenRequest { client_id, client_secret: take("client_secret").ok_or(BAD_CLIENT)?, grant })
}

fn fields(content_type: &str, body: &[u8]) -> Result<HashMap<String, String>, LwaRefusal> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return serde_json::from_slice(body).map_err(|_| BAD_REQUEST);
    }
    let mut fields = HashMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        // OAuth forbids to say a thing twice (RFC 6749, 3.2).
        if fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(BAD_REQUEST);
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";

    #[test]
    fn a_form_and_json_say_the_same() {
        let form = parse(FORM, b"grant_type=refresh_token&refresh_token=Atzr%7Cx&client_id=a&client_secret=b").ok().unwrap();
        let json = br#"{"grant_type":"refresh_token","refresh_token":"Atzr|x","client_id":"a","client_secret":"b"}"#;
        let json = parse("application/json", json).ok().unwrap();
        for asked in [form, json] {
            assert!(asked.grant == Grant::RefreshToken("Atzr|x".to_owned()));
            assert_eq!((asked.client_id.as_str(), asked.client_secret.as_str()), ("a", "b"));
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (body, refusal) in [
            ("", BAD_REQUEST),
            ("grant_type=refresh_token&client_id=a&client_secret=b", BAD_REQUEST),
            ("grant_type=authorization_code&code=c&client_id=a&client_secret=b", BAD_REQUEST),
            ("grant_type=client_credentials&client_id=a&client_secret=b", BAD_REQUEST),
            ("grant_type=password&client_id=a&client_secret=b", BAD_GRANT_TYPE),
            ("grant_type=refresh_token&refresh_token=r&client_id=a", BAD_CLIENT),
            ("grant_type=refresh_token&refresh_token=r&refresh_token=s&client_id=a&client_secret=b", BAD_REQUEST),
        ] {
            assert_eq!(parse(FORM, body.as_bytes()).err(), Some(refusal), "{body}");
        }
        for body in ["", "[]", r#"{"grant_type":5}"#] {
            assert_eq!(parse("application/json", body.as_bytes()).err(), Some(BAD_REQUEST), "{body}");
        }
    }
}
