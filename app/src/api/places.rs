//! What of a Team the command palette finds.

use leptos::prelude::*;
use model::ids::TeamId;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// A thing of a Team with a page of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub name: String,
    pub kind: String,
    pub hint: String,
    pub path: String,
}

/// Connections, gateways, LWA apps and members of the Team.
#[server(prefix = "/act", endpoint = "places")]
pub async fn places(team: TeamId) -> Result<Vec<Place>, Failure> {
    use crate::edge::{enter, places};
    let (cx, scope) = enter(team, model::Permission::ViewTeam).await?;
    places(&cx, &scope).await
}
