use leptos::prelude::*;
use model::{Environment, amazon::Marketplace};

use super::{Act, FieldError};

/// A marketplace, found by typing its country, its code or its id. What follows from it is shown below.
#[component]
pub fn MarketplaceField(id: &'static str, #[prop(into)] value: String, act: Act) -> impl IntoView {
    let message = act.message_for("marketplace");
    let options = Marketplace::all()
        .map(|m| {
            let endpoint = m.endpoint(Environment::Production).trim_start_matches("https://");
            let local = if m.local_name() == m.name() { String::new() } else { format!(" ({})", m.local_name()) };
            let facts = format!("{}{local} · {} · {} · {endpoint}", m.name(), m.marketplace_id(), m.region().name());
            view! { <option value=m.code() label=facts></option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id>"Marketplace" " " <span class="required" aria-hidden="true">"*"</span></label>
            <p class="hint" id=format!("{id}-hint")>"Type the country or its code. Marketplace id, region and endpoint follow from it."</p>
            <input
                id=id
                name="marketplace"
                list=format!("{id}-list")
                value=act.typed("marketplace").unwrap_or(value)
                required
                autocomplete="off"
                spellcheck="false"
                data-facts=format!("{id}-facts")
                aria-invalid=message.as_ref().map(|_| "true")
                autofocus=message.is_some()
                aria-describedby=format!("{id}-hint {id}-facts {id}-error")
            />
            <datalist id=format!("{id}-list")>{options}</datalist>
            <output class="hint" id=format!("{id}-facts") for=id></output>
            <FieldError id name="marketplace" message/>
        </div>
    }
}
