//! Apps and sellers on the control page, with everything that one pastes into Portal.

use model::Time;

use super::{
    known::{Advertiser, Seller},
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
<p class="quiet">{api} · {environment} · access tokens alive: {alive}</p>
<dl>
{id}{secret}{application}</dl>
{old}<form method="post" action="/desk/rotate">
<input type="hidden" name="client_id" value="{client_id}">
<button aria-label="Rotate the secret of {name}">Rotate the secret</button>
</form>
</section>
"#,
        name = escape(app.known.name),
        api = app.known.api.name(),
        environment = app.known.environment.as_str(),
        alive = state.tokens.alive(app.known.client_id, now),
        id = fact("Client id", app.known.client_id),
        secret = fact("Client secret", &app.secret),
        application = match app.known.application_id {
            "" => String::new(),
            id => fact("Application id", id),
        },
        old = old.unwrap_or_default(),
        client_id = escape(app.known.client_id),
    )
}

pub(super) fn seller_card(seller: &Seller, state: &State) -> String {
    let (known, fresh) = state.tokens.grants();
    let own = |grant: &&Grant| grant.seller_id == seller.seller_id;
    let tokens: String = known.iter().filter(own).map(|grant| fact(&title(grant, state), &grant.refresh_token)).collect();
    let any = |revoked: bool| known.iter().chain(fresh).filter(own).any(|grant| grant.revoked == revoked);
    let revoke = if any(false) { button(seller.name, seller.seller_id, "revoke") } else { String::new() };
    let restore = if any(true) { button(seller.name, seller.seller_id, "restore") } else { String::new() };
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

pub(super) fn advertiser_card(advertiser: &Advertiser, state: &State) -> String {
    let mut grants = state.tokens.grants().0.iter().filter(|grant| grant.seller_id == advertiser.id);
    let (token, revoked) =
        grants.next().map(|grant| (fact(&title(grant, state), &grant.refresh_token), grant.revoked)).unwrap_or_default();
    let profiles: Vec<_> = advertiser.profiles.iter().map(|one| format!("{} {}", one.name, one.marketplace)).collect();
    format!(
        r#"<section class="card">
<h3>{name}</h3>
<p class="quiet">{profiles}</p>
<dl>
{token}</dl>
<div class="actions">
{button}</div>
</section>
"#,
        name = escape(advertiser.name),
        profiles = escape(&profiles.join(", ")),
        button = button(advertiser.name, advertiser.id, if revoked { "restore" } else { "revoke" }),
    )
}

/// Withdraws or restores a consent.
fn button(name: &str, id: &str, act: &str) -> String {
    let label = if act == "revoke" { "Withdraw consent" } else { "Restore consent" };
    format!(
        r#"<form method="post" action="/desk/{act}">
<input type="hidden" name="seller_id" value="{id}">
<button aria-label="{label} of {name}">{label}</button>
</form>
"#,
        id = escape(id),
        name = escape(name),
    )
}
