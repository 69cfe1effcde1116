use std::future::Future;

use leptos::prelude::*;
use leptos_meta::Title;

use super::FailureNotice;
use crate::Failure;

/// Shows what a reading gives, or why it gives nothing.
pub fn loaded<T, V>(reading: impl Future<Output = Result<T, Failure>> + Send + 'static, show: V) -> impl IntoView
where
    T: 'static,
    V: FnOnce(T) -> AnyView + Send + 'static,
{
    let shown = async move {
        match reading.await {
            Ok(value) => show(value),
            Err(failure) => view! { <Title text=failure.0.code.title()/> <FailureNotice failure/> }.into_any(),
        }
    };
    view! { <Suspense>{Suspend::new(shown)}</Suspense> }
}
