use leptos::prelude::*;

use super::{Act, Icon};

/// Where it stands what is wrong with a field; the form's island writes there too.
#[component]
pub fn FieldError(#[prop(into)] id: String, name: &'static str, message: Option<String>) -> impl IntoView {
    view! { <p class="field-error" id=format!("{id}-error")><Icon name="warning"/><span data-error-of=name>{message}</span></p> }
}

fn described(id: &str, hint: bool) -> String {
    if hint { format!("{id}-hint {id}-error") } else { format!("{id}-error") }
}

/// The id of a field: in the form that failed, the field's name, which is where the list of what is wrong leads.
fn id_of(name: &str, id: String, act: Act) -> String {
    if id.is_empty() || act.failed() { name.to_owned() } else { id }
}

/// One line of text with its label, hint and error. Keeps what was typed when the form fails.
#[component]
pub fn Field(
    name: &'static str,
    label: &'static str,
    act: Act,
    /// Where a page has two fields of a name.
    #[prop(optional, into)]
    id: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] value: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] optional: bool,
    #[prop(optional)] mono: bool,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] list: Option<&'static str>,
) -> impl IntoView {
    let id = id_of(name, id, act);
    let message = act.message_for(name);
    let has_hint = !hint.is_empty();
    let value = act.typed(name).unwrap_or(value);
    let mark = if optional {
        view! { <span class="optional">"optional"</span> }.into_any()
    } else {
        view! { <span class="required" aria-hidden="true">"*"</span> }.into_any()
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label} " " {mark}</label>
            {has_hint.then(|| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
            <input
                id=id.clone()
                name=name
                type=kind
                class=mono.then_some("mono")
                value=value
                required=!optional
                list=list
                autocomplete=autocomplete
                spellcheck="false"
                aria-invalid=message.as_ref().map(|_| "true")
                autofocus=message.is_some()
                aria-describedby=described(&id, has_hint)
            />
            <FieldError id name message/>
        </div>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    name: &'static str,
    label: &'static str,
    act: Act,
    /// Where a page has two fields of a name.
    #[prop(optional, into)]
    id: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] value: String,
    #[prop(default = 3)] rows: u8,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let id = id_of(name, id, act);
    let mark = if required {
        view! { <span class="required" aria-hidden="true">"*"</span> }.into_any()
    } else {
        view! { <span class="optional">"optional"</span> }.into_any()
    };
    let message = act.message_for(name);
    let value = act.typed(name).unwrap_or(value);
    view! {
        <div class="field">
            <label for=id.clone()>{label} " " {mark}</label>
            <p class="hint" id=format!("{id}-hint")>{hint}</p>
            <textarea
                id=id.clone()
                name=name
                rows=rows.to_string()
                required=required
                spellcheck="false"
                aria-invalid=message.as_ref().map(|_| "true")
                autofocus=message.is_some()
                aria-describedby=described(&id, true)
            >{value}</textarea>
            <FieldError id name message/>
        </div>
    }
}

/// One of several values.
#[component]
pub fn Select(
    name: &'static str,
    label: &'static str,
    act: Act,
    /// Where a page has two fields of a name.
    #[prop(optional, into)]
    id: String,
    options: Vec<(String, String)>,
    #[prop(optional, into)] selected: String,
    #[prop(optional, into)] hint: String,
) -> impl IntoView {
    let id = id_of(name, id, act);
    let message = act.message_for(name);
    let selected = act.typed(name).unwrap_or(selected);
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
            <label for=id.clone()>{label}</label>
            {has_hint.then(|| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
            <select
                id=id.clone()
                name=name
                aria-invalid=message.as_ref().map(|_| "true")
                autofocus=message.is_some()
                aria-describedby=described(&id, has_hint)
            >{options}</select>
            <FieldError id name message/>
        </div>
    }
}

/// A row to tick: the whole row is the target. Keeps what was ticked, and what was not, when the form fails.
#[component]
pub fn Choice(
    name: &'static str,
    #[prop(into)] value: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] checked: bool,
    act: Act,
) -> impl IntoView {
    let checked = act.ticked(name, &value).unwrap_or(checked);
    view! {
        <label class="choice">
            <input type="checkbox" name=name value=value checked=checked/>
            <span>
                <span class="choice-label">{label}</span>
                {(!hint.is_empty()).then(|| view! { <span class="choice-hint">{hint}</span> })}
            </span>
        </label>
    }
}
