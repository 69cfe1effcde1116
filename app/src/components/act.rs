//! Forms that change something. One implementation for all server functions, so that the bundle does not hold one for each:
//! the browser sends the form as it is, and only how it went comes back.

use leptos::{
    ev::SubmitEvent,
    prelude::*,
    server::ServerActionError,
    server_fn::{
        ServerFn,
        error::{FromServerFnError, ServerFnErrorErr, ServerFnUrlError},
    },
    task::spawn_local,
};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, FormData, Headers, HtmlFormElement, RequestInit, Response, UrlSearchParams};

use crate::Failure;

/// What a form does, and how it went the last time.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    url: &'static str,
    pending: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    /// The body of the last success.
    answer: RwSignal<Option<String>>,
    done: RwSignal<usize>,
}

impl Act {
    /// The act of a server function. On the page that answers a plain post, its failure is there from the start.
    pub fn of<S: ServerFn>() -> Self {
        let failed = use_context::<ServerActionError>().filter(|failed| failed.path() == S::PATH);
        let failure = failed.map(|failed| ServerFnUrlError::<Failure>::decode_err(failed.err()));
        Self {
            url: S::PATH,
            pending: RwSignal::new(false),
            failure: RwSignal::new(failure),
            answer: RwSignal::new(None),
            done: RwSignal::new(0),
        }
    }

    pub fn pending(self) -> bool {
        self.pending.get()
    }

    pub fn failure(self) -> Signal<Option<Failure>> {
        self.failure.into()
    }

    /// Grows with every success: what it changed is asked for again.
    pub fn done(self) -> usize {
        self.done.get()
    }

    /// What the last success answered.
    pub fn answer<T: DeserializeOwned>(self) -> Option<T> {
        self.answer.with(|answer| serde_json::from_str(answer.as_ref()?).ok())
    }
}

/// A form of an [`Act`]: a plain one until the bundle is there, and when it is, one that keeps the page.
#[component]
pub fn ActForm(act: Act, children: Children) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        if event.default_prevented() {
            return;
        }
        event.prevent_default();
        act.pending.set(true);
        spawn_local(async move {
            let sent = send(act.url, &form).await.unwrap_or_else(|_| Err(unreachable()));
            // The page may be gone by now, and its signals with it.
            act.pending.try_set(false);
            match sent {
                // Loaded anew: it may be a page without a bundle, and who looks may have changed.
                Ok(Answer::Elsewhere(url)) => drop(window().location().set_href(&url)),
                Ok(Answer::Here(body)) => {
                    // What was typed, secrets too, does not stay on the page.
                    form.reset();
                    drop(Event::new("portal-done").map(|done| document().dispatch_event(&done)));
                    act.failure.try_set(None);
                    act.answer.try_set(Some(body));
                    act.done.try_update(|done| *done += 1);
                }
                Err(failure) => drop(act.failure.try_set(Some(failure))),
            }
        });
    };
    view! { <form method="post" action=act.url on:submit=submit>{children()}</form> }
}

enum Answer {
    Here(String),
    /// Go there: a page of Portal's own, or an address of Amazon's.
    Elsewhere(String),
}

async fn send(url: &str, form: &HtmlFormElement) -> Result<Result<Answer, Failure>, JsValue> {
    let fields = FormData::new_with_form(form)?;
    let body = UrlSearchParams::new_with_str_sequence_sequence(&fields)?;
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&body);
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(url, &request)).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    if !response.ok() {
        return Ok(Err(Failure::de(text.into())));
    }
    let location = response.headers().get("location")?;
    Ok(Ok(location.map_or(Answer::Here(text), Answer::Elsewhere)))
}

fn unreachable() -> Failure {
    Failure::from_server_fn_error(ServerFnErrorErr::Request(String::new()))
}
