//! Apps and sellers on the control page, with everything that one pastes into Portal.

use model::Time;

use super::{
    known::Seller,
    page::{escape, fact, time},
    state::{AppState, State},
    tokens::Grant,
};

pub(super) fn app_card(app: &AppState, state: &State, now: Time) -> String {
    let old = app.old_secret_until(now);
    let old = old.map(|until| format!("<p class=\"quiet\">The secret before this one works until {}.</p>\n", time(until)));
    format!(
        r#"<section class="card">
<h3>{name}</h3>
<p class="quiet">{environment} · access tokens alive: {alive}</p>
<dl>
{id}{secret}{application}</dl>
{old}<form method="post" action="/desk/rotate">
<input type="hidden" name="client_id" value="{client_id}">
<button aria-label="Rotate the secret of {name}">Rotate the secret</button>
</form>
</section>
"#,
        name = escape(app.known.name),
        environment = app.known.environment.as_str(),
        alive = state.tokens.alive(app.known.client_id, now),
        id = fact("Client id", app.known.client_id),
        secret = fact("Client secret", &app.secret),
        application = fact("Application id", app.known.application_id),
        old = old.unwrap_or_default(),
        client_id = escape(app.known.client_id),
    )
}

pub(super) fn seller_card(seller: &Seller, state: &State) -> String {
    let (known, fresh) = state.tokens.grants();
    let own = |grant: &&Grant| grant.seller_id == seller.seller_id;
    let tokens: String = known.iter().filter(own).map(|grant| fact(&title(grant, state), &grant.refresh_token)).collect();
    let any = |revoked: bool| known.iter().chain(fresh).filter(own).any(|grant| grant.revoked == revoked);
    let revoke = if any(false) { button(seller, "revoke", "Withdraw consent") } else { String::new() };
    let restore = if any(true) { button(seller, "restore", "Restore consent") } else { String::new() };
    format!(
        r#"<section class="card">
<h3>{name}</h3>
<p class="quiet">{places} · consents given here: {fresh}</p>
<dl>
{id}{tokens}</dl>
<div class="actions">
{revoke}{restore}</div>
</section>
"#,
        name = escape(seller.name),
        places = seller.marketplaces.join(", "),
        fresh = fresh.iter().filter(own).count(),
        id = fact("Seller ID", seller.seller_id),
    )
}

fn title(grant: &Grant, state: &State) -> String {
    let app = state.apps.iter().find(|app| app.known.client_id == grant.client_id);
    let standing = if grant.revoked { ": withdrawn" } else { "" };
    format!("Refresh token for {}{standing}", app.map(|app| app.known.name).unwrap_or_default())
}

fn button(seller: &Seller, act: &str, label: &str) -> String {
    format!(
        r#"<form method="post" action="/desk/{act}">
<input type="hidden" name="seller_id" value="{id}">
<button aria-label="{label} of {name}">{label}</button>
</form>
"#,
        id = escape(seller.seller_id),
        name = escape(seller.name),
    )
}
