use leptos::prelude::*;

use super::Icon;
use crate::{Failure, answer::echo};

fn message(
    failure: Signal<Option<Failure>>,
    name: &'static str,
) -> impl Fn() -> Option<String> + Copy + Send + Sync + 'static {
    move || failure.with(|failure| failure.as_ref().and_then(|f| f.0.message_for(name).map(str::to_owned)))
}

#[component]
fn FieldError(name: &'static str, failure: Signal<Option<Failure>>) -> impl IntoView {
    let message = message(failure, name);
    move || {
        message().map(|text| view! { <p class="field-error" id=format!("{name}-error")><Icon name="warning"/>{text}</p> })
    }
}

fn described(name: &'static str, hint: bool, wrong: bool) -> Option<String> {
    let ids: Vec<_> = [(hint, "hint"), (wrong, "error")]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, part)| format!("{name}-{part}"))
        .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// One line of text with its label, hint and error. Keeps what was typed when the form fails.
#[component]
pub fn Field(
    name: &'static str,
    label: &'static str,
    #[prop(into)] failure: Signal<Option<Failure>>,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] value: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] optional: bool,
    #[prop(optional)] mono: bool,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] list: Option<&'static str>,
) -> impl IntoView {
    let message = message(failure, name);
    let has_hint = !hint.is_empty();
    let value = echo(name).unwrap_or(value);
    let mark = if optional {
        view! { <span class="optional">"optional"</span> }.into_any()
    } else {
        view! { <span class="required" aria-hidden="true">"*"</span> }.into_any()
    };
    view! {
        <div class="field">
            <label for=name>{label} " " {mark}</label>
            {has_hint.then(|| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            <input
                id=name
                name=name
                type=kind
                class=mono.then_some("mono")
                value=value
                required=!optional
                list=list
                autocomplete=autocomplete
                spellcheck="false"
                aria-invalid=move || message().map(|_| "true")
                aria-describedby=move || described(name, has_hint, message().is_some())
            />
            <FieldError name failure/>
        </div>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    name: &'static str,
    label: &'static str,
    #[prop(into)] failure: Signal<Option<Failure>>,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] value: String,
) -> impl IntoView {
    let message = message(failure, name);
    let value = echo(name).unwrap_or(value);
    view! {
        <div class="field">
            <label for=name>{label} " " <span class="optional">"optional"</span></label>
            <p class="hint" id=format!("{name}-hint")>{hint}</p>
            <textarea
                id=name
                name=name
                rows="3"
                spellcheck="false"
                aria-invalid=move || message().map(|_| "true")
                aria-describedby=move || described(name, true, message().is_some())
            >{value}</textarea>
            <FieldError name failure/>
        </div>
    }
}

/// One of several values.
#[component]
pub fn Select(
    name: &'static str,
    label: &'static str,
    #[prop(into)] failure: Signal<Option<Failure>>,
    options: Vec<(String, String)>,
    #[prop(optional, into)] selected: String,
    #[prop(optional, into)] hint: String,
) -> impl IntoView {
    let message = message(failure, name);
    let selected = echo(name).unwrap_or(selected);
    let has_hint = !hint.is_empty();
    let options = options
        .into_iter()
        .map(|(value, text)| {
            let chosen = value == selected;
            view! { <option value=value selected=chosen>{text}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {has_hint.then(|| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            <select
                id=name
                name=name
                aria-invalid=move || message().map(|_| "true")
                aria-describedby=move || described(name, has_hint, message().is_some())
            >{options}</select>
            <FieldError name failure/>
        </div>
    }
}

/// A row to tick or to choose: the whole row is the target.
#[component]
pub fn Choice(
    name: &'static str,
    #[prop(into)] value: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] checked: bool,
    #[prop(default = "checkbox")] kind: &'static str,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input type=kind name=name value=value checked=checked/>
            <span>
                <span class="choice-label">{label}</span>
                {(!hint.is_empty()).then(|| view! { <span class="choice-hint">{hint}</span> })}
            </span>
        </label>
    }
}
