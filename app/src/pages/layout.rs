use leptos::{prelude::*, task::spawn_local};
use leptos_router::{components::Outlet, hooks::use_location};
use model::ids::TeamId;

use super::param;
use crate::{
    api::{Viewer, account::read_viewer},
    components::AppFrame,
};

/// The signed-in person, once for the whole application: the server hands them over with the first page, so that no part of
/// a page waits for them or is made twice. Sign-in pages have nobody.
pub fn provide_viewer() {
    let first = SharedValue::new(use_context::<Viewer>).into_inner();
    provide_context(RwSignal::new(first));
    provide_context(FirstPage(StoredValue::new(true)));
}

/// Whether the page is still the one that came from the server.
#[derive(Clone, Copy)]
struct FirstPage(StoredValue<bool>);

/// In the browser, every move to another page asks again who looks: Teams and roles may have changed.
fn stay_current(viewer: RwSignal<Option<Viewer>>) {
    let path = use_location().pathname;
    let FirstPage(first) = expect_context();
    Effect::new(move |_| {
        path.track();
        if first.try_update_value(std::mem::take) == Some(false) {
            spawn_local(async move {
                if let Ok(now) = read_viewer().await
                    && viewer.with_untracked(|then| then.as_ref() != Some(&now))
                {
                    viewer.set(Some(now));
                }
            });
        }
    });
}

fn frame(team: Option<Memo<TeamId>>) -> impl IntoView {
    let viewer = expect_context::<RwSignal<Option<Viewer>>>();
    stay_current(viewer);
    let team = Signal::derive(move || team.map(|team| team.get()));
    view! { <AppFrame viewer team><Outlet/></AppFrame> }
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
