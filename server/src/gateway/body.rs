//! Reading bodies. A refusal says where a body is wrong, never what stood there: it may be a secret in the wrong place.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderMap, header},
};
use model::{Problem, ProblemCode, problem::FieldError};
use serde::de::DeserializeOwned;

use super::Refusal;

/// A JSON body; an empty one is `{}`.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let json = is(request.headers(), "application/json");
        let bytes = whole(request, state).await?;
        if bytes.is_empty() {
            return read(b"{}").map(Body);
        }
        if !json {
            return Err(Problem::of(ProblemCode::UnsupportedMediaType).into());
        }
        read(&bytes).map(Body)
    }
}

/// The whole body, within the limit.
pub async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(error) if error.status() == 413 => {
            Problem::of(ProblemCode::ContentTooLarge).into()
        }
        _ => Problem::new(ProblemCode::InvalidRequest, "The body did not arrive whole.").into(),
    })
}

/// True when the body is of this media type, whatever its parameters.
pub fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    named.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
}

/// Reads JSON into a type.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            data(&error.path().to_string(), &inner.to_string())
        } else {
            wrong("body", &format!("This is not JSON (line {}, column {}).", inner.line(), inner.column()))
        }
    })
}

/// The names of all bodies' fields. A name made up by the caller is none of these, and is not repeated.
const FIELDS: [&str; 13] = [
    "min_ttl_s",
    "known_generation",
    "rejected_generation",
    "purpose",
    "items",
    "connection_id",
    "generation",
    "sp_api_status",
    "sp_api_code",
    "sp_api_detail",
    "request_id",
    "grant_type",
    "refresh_token",
];

/// What is wrong with JSON that is no such body. `said`: how serde says it, with what the caller wrote in it.
fn data(path: &str, said: &str) -> Refusal {
    let field = known(path);
    if let Some(missing) = said.strip_prefix("missing field `") {
        let name = missing.split('`').next().filter(|name| FIELDS.contains(name)).unwrap_or("body");
        return wrong(name, "This field is missing.");
    }
    if said.starts_with("unknown field `") {
        // The fields that are expected stand after the caller's own, which is nobody else's business.
        let expected = said.rsplit("`, expected ").next().unwrap_or_default();
        let names: Vec<&str> = expected.split('`').filter(|part| FIELDS.contains(part)).collect();
        return wrong(&field, &format!("There is a field that is not known here. Known are: {}.", names.join(", ")));
    }
    wrong(&field, "This is of the wrong type or out of range.")
}

/// A field's path, when it is made of known names and numbers.
fn known(path: &str) -> String {
    let name = |part: &str| FIELDS.contains(&part.split('[').next().unwrap_or_default());
    if path.split('.').all(name) { path.to_owned() } else { "body".to_owned() }
}

pub fn wrong(field: &str, message: &str) -> Refusal {
    let errors = vec![FieldError { field: field.to_owned(), message: message.to_owned() }];
    Problem { errors, ..Problem::of(ProblemCode::InvalidRequest) }.into()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Some {
        min_ttl_s: Option<u32>,
        generation: u32,
    }

    #[test]
    fn a_refusal_names_the_field_and_repeats_nothing() {
        let said = |text: &str| {
            let refusal = read::<Some>(text.as_bytes()).unwrap_err();
            refusal.problem.errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<String>()
        };
        assert!(said(r#"{"min_ttl_s":"Atza|canary"}"#).starts_with("min_ttl_s: "));
        assert!(said(r#"{"Atza|canary":1}"#).starts_with("body: "));
        assert_eq!(said("{}"), "generation: This field is missing.");
        let known = "Known are: min_ttl_s, generation.";
        assert!(said(r#"{"purpos":1}"#).ends_with(known));
        // Whatever the caller's own name pretends to be.
        let sly = r#"{"x`, expected one of `Atza|canary`, `purpose":1}"#;
        assert!(said(sly).ends_with(known), "{}", said(sly));
        assert!(said("{").starts_with("body: This is not JSON (line 1"));
        for text in [r#"{"min_ttl_s":"Atza|canary"}"#, r#"{"Atza|canary":1}"#, r#""Atza|canary"#, r#"{"min_ttl_s":-1}"#] {
            assert!(!said(text).contains("canary"), "{text}");
        }
    }
}
