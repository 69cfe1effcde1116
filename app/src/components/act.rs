use leptos::{
    prelude::*,
    server::ServerActionError,
    server_fn::{ServerFn, error::ServerFnUrlError},
};

use super::{FailureNotice, proof_left, step_up::opened_by};
use crate::{
    Failure,
    answer::{echo, ticked},
    islands::{Dangerous, Form},
};

/// A server function that changes something. On the page that answers a plain post of it, also why it failed.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    url: &'static str,
    failure: StoredValue<Option<Failure>>,
}

impl Act {
    pub fn of<S: ServerFn>() -> Self {
        let failed = use_context::<ServerActionError>().filter(|failed| failed.path() == S::PATH);
        let failure = failed.map(|failed| ServerFnUrlError::<Failure>::decode_err(failed.err()));
        Self { url: S::PATH, failure: StoredValue::new(failure) }
    }

    /// The address of the function.
    pub fn path(self) -> &'static str {
        self.url
    }

    /// It failed, on the page that answers its plain post: what its form stands in is open there.
    pub fn failed(self) -> bool {
        self.failure.with_value(Option::is_some)
    }

    /// It failed for the thing that this hidden field of the form names.
    pub fn failed_for(self, field: &str, id: &str) -> bool {
        self.failed() && echo(field).as_deref() == Some(id)
    }

    /// The same act in the form of one thing among several: what failed for another is not said here.
    pub fn only_for(self, field: &str, id: &str) -> Self {
        if self.failed_for(field, id) { self } else { Self { failure: StoredValue::new(None), ..self } }
    }

    /// What was typed into a field of the form that failed.
    pub fn typed(self, field: &str) -> Option<String> {
        if self.failed() { echo(field) } else { None }
    }

    /// Whether this choice of the form that failed was ticked; nothing where no form failed.
    pub fn ticked(self, field: &str, value: &str) -> Option<bool> {
        self.failed().then(|| ticked(field, value))
    }

    /// What is wrong with one field.
    pub fn message_for(self, field: &str) -> Option<String> {
        self.failure.with_value(|failure| failure.as_ref()?.0.message_for(field).map(str::to_owned))
    }
}

/// Why an act failed for a thing whose form is not on the page any more: somebody else was first, or its time is over. `field` is the
/// hidden one that names the thing, `there` are those that have a form.
#[component]
pub fn FailedElsewhere(act: Act, field: &'static str, there: Vec<String>) -> impl IntoView {
    let named = act.typed(field).filter(|id| !there.contains(id));
    let failure = named.and_then(|_| act.failure.get_value());
    failure.map(|failure| view! { <FailureNotice failure/> })
}

/// A form of an [`Act`].
#[component]
pub fn ActForm(act: Act, #[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    let of = use_context::<Dangerous>();
    view! { <Form url=act.url.to_owned() class=class.to_owned() failure=act.failure.get_value() of>{children()}</Form> }
}

/// A form of an [`Act`] whose answer is a page of its own: one that shows a secret, once. A page that asks for the proof of this very form
/// keeps its place.
#[component]
pub fn PlainForm(act: Act, #[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    let of = use_context::<Dangerous>();
    let timed = of.is_some() && !act.failed();
    view! {
        <form method="post" action=act.url class=class novalidate data-good-for=timed.then(good_for) data-proof=timed.then(|| opened_by(false))>
            {act.failure.get_value().map(|failure| view! { <FailureNotice failure of/> })}
            {children()}
        </form>
    }
}

/// A form whose answer is a file, which is given after a fresh proof.
#[component]
pub fn FileForm(action: String, #[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    view! { <form method="post" action=action class=class data-good-for=good_for() data-proof=opened_by(false)>{children()}</form> }
}

/// For a script: once these seconds are over, the form is answered in a tab of its own.
fn good_for() -> String {
    proof_left().unwrap_or_default().to_string()
}
