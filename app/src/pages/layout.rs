use leptos::prelude::*;
use leptos_router::components::Outlet;
use model::ids::TeamId;

use super::param;
use crate::{
    api::{Viewer, account::read_viewer},
    components::{AppFrame, FailureNotice},
};

/// Loads the signed-in person once, gives them to the pages, and draws the frame.
fn frame(team: Option<Memo<TeamId>>) -> impl IntoView {
    let person = Resource::new_blocking(move || team.map(|team| team.get()), |_| read_viewer());
    let seen = RwSignal::new(None);
    provide_context::<Signal<Option<Viewer>>>(seen.into());
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                match person.await {
                    Ok(viewer) => {
                        seen.set(Some(viewer.clone()));
                        match team {
                            Some(team) => view! { <AppFrame viewer team=team.get_untracked()><Outlet/></AppFrame> }.into_any(),
                            None => view! { <AppFrame viewer><Outlet/></AppFrame> }.into_any(),
                        }
                    }
                    Err(failure) => view! { <main class="main" id="main"><h1>"Portal"</h1><FailureNotice failure/></main> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The frame of pages that belong to no Team.
#[component]
pub fn AccountLayout() -> impl IntoView {
    frame(None)
}

/// The frame of a Team's pages.
#[component]
pub fn TeamLayout() -> impl IntoView {
    frame(Some(param("team")))
}
