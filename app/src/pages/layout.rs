use leptos::prelude::*;
use leptos_router::components::Outlet;

use super::{team, viewer};
use crate::components::AppFrame;

/// The frame of pages that belong to no Team.
#[component]
pub fn AccountLayout() -> impl IntoView {
    view! { <AppFrame viewer=viewer() team=None><Outlet/></AppFrame> }
}

/// The frame of a Team's pages.
#[component]
pub fn TeamLayout() -> impl IntoView {
    view! { <AppFrame viewer=viewer() team=Some(team())><Outlet/></AppFrame> }
}
