use leptos::prelude::*;

use super::FailureNotice;
use crate::Failure;

/// Shows what a resource holds, or why it does not: `Suspense`, the error and `Suspend`, wrapped once.
pub fn loaded<T, V>(resource: Resource<Result<T, Failure>>, show: V) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    view! {
        <Transition fallback=|| view! { <div class="stack stack-sm" aria-hidden="true"><span class="skeleton"></span><span class="skeleton skeleton-short"></span></div> }>
            {move || {
                let show = show.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => show(value),
                        Err(failure) => view! { <FailureNotice failure/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}
