//! The signed-in person: who they are, where they are signed in.

use leptos::prelude::*;
use model::ids::SessionId;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::Failure;

/// A row of the sessions list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionItem {
    pub id: SessionId,
    pub current: bool,
    pub device: String,
    pub address: Option<String>,
    pub signed_in: Moment,
    pub last_seen: Moment,
}

/// The person's open sessions.
#[server(prefix = "/act", endpoint = "sessions")]
pub async fn sessions() -> Result<Vec<SessionItem>, Failure> {
    use crate::edge::{cx, fail, session_item};
    let cx = cx();
    let sessions = backend::sessions::list(&cx).await.map_err(fail)?;
    Ok(sessions.into_iter().map(|session| session_item(session, cx.now())).collect())
}

/// Ends one of the person's sessions.
#[server(prefix = "/act", endpoint = "revoke_session")]
pub async fn revoke_session(session: SessionId) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    backend::sessions::revoke(&cx(), session).await.map_err(fail)
}

/// Ends all sessions of the person but this one.
#[server(prefix = "/act", endpoint = "revoke_other_sessions")]
pub async fn revoke_other_sessions() -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    backend::sessions::revoke_others(&cx()).await.map(|_| ()).map_err(fail)
}
