//! The error of every server function: a [`Problem`], public by construction.

use std::fmt;

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use model::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};

/// A [`Problem`] on its way to the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure(pub Problem);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure(problem)
    }
}

impl Failure {
    /// Portal was not reached.
    pub fn unreachable() -> Self {
        Self::from_server_fn_error(ServerFnErrorErr::Request(String::new()))
    }

    /// Reads what a server function answered in place of a result.
    pub fn read(answer: &str) -> Self {
        serde_json::from_str(answer).unwrap_or_else(|_| Self(Problem::of(ProblemCode::Internal)))
    }
}

impl FromServerFnError for Failure {
    type Encoder = JsonEncoding;

    /// The transport failed, not Portal: what it says may hold parts of the request, so it is not shown.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let problem = match error {
            ServerFnErrorErr::Request(_) => {
                Problem::new(ProblemCode::StoreUnavailable, "Portal cannot be reached. Check your connection and try again.")
            }
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Problem::new(ProblemCode::InvalidRequest, "This form could not be read. Load the page again.")
            }
            _ => Problem::of(ProblemCode::Internal),
        };
        Failure(problem)
    }
}
