use leptos::{
    ev::SubmitEvent,
    prelude::*,
    task::{spawn_local, tick},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, EventInit, FormData, Headers, HtmlFormElement, RequestInit, Response, UrlSearchParams};

use super::{Dangerous, FailureNotice, fields};
use crate::Failure;

/// A form that posts to `url`: a plain one until the bundle is there, and then one that keeps what was typed, secrets too,
/// when it fails. `failure` is why it failed, on the page that answers its plain post; `of`, what it does that is dangerous.
#[island]
pub fn Form(
    url: String,
    class: String,
    failure: Option<Failure>,
    of: Option<Dangerous>,
    children: Children,
) -> impl IntoView {
    let failed = RwSignal::new(failure);
    let pending = RwSignal::new(false);
    let action = url.clone();
    let submit = move |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        if event.default_prevented() {
            return;
        }
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let action = action.clone();
        spawn_local(async move {
            match send(&action, &form).await.unwrap_or_else(|_| Err(Failure::unreachable())) {
                // A script that took it over may have taken it away meanwhile.
                Ok(_) if !form.is_connected() || is_taken_over(&form) => {
                    pending.set(false);
                    failed.set(None);
                    fields::mark(&form, None);
                }
                // The form stays pending: another page is on its way.
                Ok(next) => follow(next),
                Err(failure) => {
                    pending.set(false);
                    fields::mark(&form, Some(&failure.0));
                    // A notice that comes anew takes the focus, and is read out; one that only changes does neither.
                    failed.set(None);
                    tick().await;
                    failed.set(Some(failure));
                }
            }
        });
    };
    // What was said of another try is not said any more. A script says so, too, of a form that keeps what was typed.
    let reset = move |event: Event| {
        failed.set(None);
        if let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) {
            fields::mark(&form, None);
        }
    };
    view! {
        <form method="post" action=url class=class novalidate aria-busy=move || pending.get().then_some("true") on:submit=submit on:reset=reset>
            {move || failed.get().map(|failure| view! { <FailureNotice failure of=of.clone()/> })}
            {children()}
        </form>
    }
}

/// Where a success leads: a page of Portal's own, an address of Amazon's, or, without one, this page anew.
async fn send(url: &str, form: &HtmlFormElement) -> Result<Result<Option<String>, Failure>, JsValue> {
    let fields = FormData::new_with_form(form)?;
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    let body = UrlSearchParams::new_with_str_sequence_sequence(&fields)?;
    request.set_body(&body);
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(url, &request)).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    if response.ok() { Ok(Ok(response.headers().get("location")?)) } else { Ok(Err(Failure::read(&text))) }
}

/// Whether a script of the page knows what comes after this form, so that the page stays: see `gate.js`.
fn is_taken_over(form: &HtmlFormElement) -> bool {
    let init = EventInit::new();
    init.set_bubbles(true);
    init.set_cancelable(true);
    let sent = Event::new_with_event_init_dict("sent", &init);
    sent.is_ok_and(|event| !form.dispatch_event(&event).unwrap_or(true))
}

fn follow(next: Option<String>) {
    let location = window().location();
    drop(match next {
        Some(url) => location.set_href(&url),
        None => {
            // What was done may show nowhere near the button: the page that comes says it.
            drop(window().session_storage().ok().flatten().map(|kept| kept.set_item("done", "")));
            location.reload()
        }
    });
}
