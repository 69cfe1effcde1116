//! Where requests enter: the only part of `app` that exists on the server alone.

pub mod browser;
mod document;
pub(crate) mod form;
pub mod live;
mod moment;
mod plain_post;
mod views;

use backend::{
    Cx, TeamScope, access,
    incidents::{self, IncidentScope},
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use model::{
    Permission, Problem, ProblemCode,
    ids::{IncidentId, TeamId},
};
use tower_sessions::Session;

pub use crate::answer::{CopyOf, Echo, Next, PasskeysOffered, Revealed, WayBack, Words};
pub(crate) use browser::{
    ceremony, challenge, forget_browser, open_session, own_ceremony, pending, remember_ceremony, remember_challenge,
    renew_browser,
};
pub use document::{Assets, Theme, document};
pub(crate) use moment::moment;
pub use plain_post::{NEVER_ECHOED, Reveal, echo_of};
pub(crate) use views::*;
pub use views::{log_filter, subject_id, viewer};

use crate::Failure;

/// The context of this request, which the server's middleware made.
pub(crate) fn cx() -> Cx {
    expect_context::<Cx>()
}

/// Enters a Team as the signed-in person.
pub(crate) async fn enter(team: TeamId, permission: Permission) -> Result<(Cx, TeamScope), Failure> {
    let cx = cx();
    let scope = access::enter(&cx, team, permission).await.map_err(fail)?;
    Ok((cx, scope))
}

/// Enters an incident of a Team as the signed-in person.
pub(crate) async fn enter_incident(
    team: TeamId,
    id: IncidentId,
    permission: Permission,
) -> Result<(Cx, IncidentScope), Failure> {
    let (cx, scope) = enter(team, permission).await?;
    let incident = incidents::enter(&cx, &scope, id).await.map_err(fail)?;
    Ok((cx, incident))
}

/// This browser's own store, signed in or not.
pub(crate) async fn browser() -> Result<Session, Failure> {
    leptos_axum::extract::<Session>().await.map_err(|_| refuse(Problem::of(ProblemCode::StoreUnavailable)))
}

/// An area's error as the browser gets it. Logged once, here, with what lies behind it.
pub(crate) fn fail<E>(error: E) -> Failure
where
    E: std::error::Error,
    for<'a> Problem: From<&'a E>,
{
    let problem = Problem::from(&error);
    if problem.code.status() >= 500 {
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain = format!("{chain}: {cause}");
            source = cause.source();
        }
        tracing::error!(error = chain, code = problem.code.as_str(), "request failed");
    }
    refuse(problem)
}

/// Sets the status that belongs to the problem and stamps it with the request id.
pub(crate) fn refuse(problem: Problem) -> Failure {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(
            http::StatusCode::from_u16(problem.code.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR),
        );
    }
    let instance = use_context::<Cx>().map(|cx| cx.request.to_string());
    Failure(Problem { instance, ..problem })
}

/// A path of our own to go to next; anything else leads home, so that no link can send people away from Portal.
pub fn local_path(next: &str) -> String {
    let own =
        next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.chars().any(char::is_control);
    if own { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_our_own_are_followed() {
        assert_eq!(local_path("/teams/x?y=1"), "/teams/x?y=1");
        for foreign in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\nx"] {
            assert_eq!(local_path(foreign), "/", "{foreign:?}");
        }
    }
}
