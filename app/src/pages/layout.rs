use leptos::prelude::*;
use leptos_router::components::Outlet;

use super::{team, viewer};
use crate::{
    api::teams::read_overview,
    components::{AppFrame, loaded},
};

/// The frame of pages that belong to no Team.
#[component]
pub fn AccountLayout() -> impl IntoView {
    view! { <AppFrame viewer=viewer() team=None><Outlet/></AppFrame> }
}

/// The frame of a Team's pages. Who is not in the Team gets none of them, not even one that reads nothing.
#[component]
pub fn TeamLayout() -> impl IntoView {
    let id = team();
    let is_in = viewer().is_some_and(|viewer| viewer.teams.iter().any(|team| team.id == id));
    let page = if is_in {
        view! { <Outlet/> }.into_any()
    } else {
        loaded(read_overview(id), |_| view! { <Outlet/> }.into_any()).into_any()
    };
    view! { <AppFrame viewer=viewer() team=Some(id)>{page}</AppFrame> }
}
