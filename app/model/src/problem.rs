//! The only error that leaves Portal: RFC 9457 for gateways, the server-function error for the browser.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::step_up::DangerousAct;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:literal $retryable:literal $title:literal $action:literal;)*) => {
        /// Stable machine-readable codes; `docs/gateway-api.md` lists those a gateway may meet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemCode { $($(#[$doc])* #[serde(rename = $code)] $name),* }

        impl ProblemCode {
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$name),*];
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $code),* } }
            /// HTTP status.
            pub fn status(self) -> u16 { match self { $(Self::$name => $status),* } }
            /// Whether the same request may succeed later without a change.
            pub fn retryable(self) -> bool { match self { $(Self::$name => $retryable == 1),* } }
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title),* } }
            /// What the caller should do.
            pub fn action(self) -> &'static str { match self { $(Self::$name => $action),* } }
        }
    };
}

codes! {
    InvalidRequest "invalid-request" 400 0 "The request is not valid" "Correct the request and send it again.";
    InvalidGatewayKey "invalid-gateway-key" 401 0 "The gateway key is not valid" "Check the key, or make a new one in Portal.";
    InvalidSignature "invalid-signature" 401 0 "The signature is not valid" "Sign with a live key of this connection, with a clock that is right.";
    SignInRequired "sign-in-required" 401 0 "Sign in first" "Sign in and try again.";
    ScopeMissing "scope-missing" 403 0 "The gateway lacks the scope" "Give the gateway this scope in Portal.";
    AddressNotAllowed "address-not-allowed" 403 0 "The address is not allowed" "Call from an allowed network, or change the gateway's networks.";
    NotPermitted "not-permitted" 403 0 "Your role does not allow this" "Ask an owner or admin of the Team.";
    SecondPerson "second-person" 403 0 "Another person must do this" "Ask somebody else of the Team.";
    StepUpRequired "step-up-required" 403 0 "Confirm that it is you" "Enter a fresh code, then send the form again.";
    PasskeyProofRequired "passkey-proof-required" 403 0 "Confirm with your passkey" "Show your passkey, then send the form again.";
    PasskeyRequired "passkey-required" 403 0 "This Team asks for a passkey" "Show a passkey, or add one, under Your account.";
    CrossSite "cross-site" 403 0 "The request came from another site" "Open Portal and use its own pages.";
    NotFound "not-found" 404 0 "Not found" "Check the address.";
    ConnectionNotFound "connection-not-found" 404 0 "No such connection for this gateway" "Check the team id, the connection id and the gateway's list of connections.";
    MethodNotAllowed "method-not-allowed" 405 0 "The method is not allowed here" "Use a method that the Allow header names.";
    Conflict "conflict" 409 0 "This has changed meanwhile" "Load the page again and look at what is there now.";
    NotYet "not-yet" 409 0 "Something comes first" "Do that, then send the form again.";
    ReauthorizationRequired "reauthorization-required" 409 0 "The seller must authorize again" "Reconnect the account in Portal.";
    LwaClientRejected "lwa-client-rejected" 409 0 "Amazon refused the LWA app" "Check the LWA app's client id and secret in Portal.";
    ConnectionDisabled "connection-disabled" 409 0 "The connection is disabled" "Enable the connection in Portal.";
    ContentTooLarge "content-too-large" 413 0 "The body is too large" "Send at most 16 KiB, of a notification at most 300 KiB.";
    UnsupportedMediaType "unsupported-media-type" 415 0 "The content type is not supported" "Send application/json.";
    Invalid "invalid" 422 0 "Some fields need another look" "Correct the fields and send the form again.";
    PasskeyRefused "passkey-refused" 422 0 "The passkey was not accepted" "Try again, or use a code from your e-mail.";
    ProofFailed "proof-failed" 422 0 "The account was not connected" "Start again from the page of the connection.";
    Locked "locked" 423 0 "Locked" "Wait until the lock is lifted in Portal.";
    RateLimited "rate-limited" 429 1 "Too many requests" "Wait as long as Retry-After says.";
    ForceRefreshCooldown "force-refresh-cooldown" 429 1 "A forced refresh was made a moment ago" "Use the current credential, or wait as long as Retry-After says.";
    Internal "internal" 500 0 "Something went wrong in Portal" "Tell your operator the request id.";
    LwaBadResponse "lwa-bad-response" 502 1 "Amazon's answer could not be read" "Try again later.";
    LwaUnavailable "lwa-unavailable" 503 1 "Amazon cannot be reached" "Try again later.";
    LwaThrottled "lwa-throttled" 503 1 "Amazon asks to slow down" "Wait as long as Retry-After says.";
    RefreshInProgress "refresh-in-progress" 503 1 "Another request is refreshing this credential" "Try again in a second.";
    StoreUnavailable "store-unavailable" 503 1 "Portal's database is not available" "Try again later.";
    AuditUnavailable "audit-unavailable" 503 1 "Portal cannot record the request, so it does not answer it" "Try again later.";
    KeyServiceUnavailable "key-service-unavailable" 503 1 "Portal's keys are not available" "Try again later.";
}

/// What is wrong with one field of a form or request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// A failure as its receiver sees it. Holds nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: ProblemCode,
    /// A sentence for people about this very case.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Seconds, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// The request id, filled in at the edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What a fresh proof of the person is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<DangerousAct>,
}

impl Problem {
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after_s: None, instance: None, act: None }
    }

    /// What a fresh proof is asked for.
    pub fn to(self, act: DangerousAct) -> Self {
        Self { act: Some(act), ..self }
    }

    /// The code with its own title as the sentence.
    pub fn of(code: ProblemCode) -> Self {
        Self::new(code, format!("{}.", code.title()))
    }

    /// One field of a form is wrong.
    pub fn field(field: &str, message: impl fmt::Display) -> Self {
        Self::fields(vec![FieldError { field: field.to_owned(), message: message.to_string() }])
    }

    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::of(ProblemCode::Invalid) }
    }

    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds.max(1)), ..self }
    }

    /// The message for one field, if it is wrong.
    pub fn message_for(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|e| e.field == field).map(|e| e.message.as_str())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

/// Collects what is wrong with a form, so that all of it can be said at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// The parsed value, or `None` with the message kept for `field`.
    pub fn take<T, E: fmt::Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|e| self.add(field, e)).ok()
    }

    pub fn add(&mut self, field: &str, message: impl fmt::Display) {
        self.0.push(FieldError { field: field.to_owned(), message: message.to_string() });
    }

    /// The problem, when anything was wrong.
    pub fn into_problem(self) -> Option<Problem> {
        (!self.0.is_empty()).then(|| Problem::fields(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_problem_codes() {
        let rows = ProblemCode::ALL.iter().map(|code| {
            format!(
                "{} {:<26} {:<9} {}",
                code.status(),
                code.as_str(),
                if code.retryable() { "retryable" } else { "final" },
                code.title()
            )
        });
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"));
    }
}
