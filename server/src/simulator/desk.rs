//! The control page: what this simulator is, what it knows, and what was asked of it.

use axum::{extract::State, http::StatusCode, response::Response};
use model::Time;

use super::{
    Part, Simulator,
    calls::{Call, Calls},
    cards::{advertiser_card, app_card, seller_card},
    faults::{Faults, Planned},
    known::{ADVERTISERS, SELLERS},
    page::{escape, page, time},
    presets::PRESETS,
    state,
};

/// `GET /`
pub(super) async fn show(State(simulator): State<Simulator>) -> Response {
    let now = simulator.clock.now();
    let body = simulator.with(|state| body(state, now));
    page(StatusCode::OK, "Amazon simulator", "", &body)
}

fn body(state: &state::State, now: Time) -> String {
    let apps: String = state.apps.iter().map(|app| app_card(app, state, now)).collect();
    let sellers: String = SELLERS.iter().map(|seller| seller_card(seller, state)).collect();
    let advertisers: String = ADVERTISERS.iter().map(|one| advertiser_card(one, state)).collect();
    format!(
        r#"<p class="banner">Nothing here is real: the shops are invented, and no key opens anything at Amazon.</p>
<h1>Amazon simulator</h1>
<p>Stands in for Login with Amazon, the consent page and a little of the Selling Partner API and the Advertising API while Portal is developed and
tested. It forgets everything when it stops.</p>
<h2>Apps</h2>
<div class="cards">
{apps}</div>
<h2>Sellers</h2>
<div class="cards">
{sellers}</div>
<h2>Advertisers</h2>
<div class="cards">
{advertisers}</div>
<h2>Faults</h2>
{planned}{form}<h2>Calls</h2>
{calls}"#,
        planned = planned(&state.faults),
        form = fault_form(),
        calls = calls(&state.calls),
    )
}

fn planned(faults: &Faults) -> String {
    let row = |planned: &Planned| {
        // As the JSON control takes it.
        let wire = serde_json::to_string(&planned.fault).unwrap_or_default();
        format!("<li>{}: <code>{}</code>, times left: {}</li>\n", name(planned.on), escape(&wire), planned.times)
    };
    let rows: String = faults.planned().map(row).collect();
    if rows.is_empty() { "<p class=\"quiet\">None is planned.</p>\n".to_owned() } else { format!("<ul>\n{rows}</ul>\n") }
}

fn fault_form() -> String {
    let options = |part: Part| -> String {
        let own = PRESETS.iter().enumerate().filter(|(_, preset)| preset.0 == part);
        own.map(|(place, preset)| format!("<option value=\"{place}\">{}</option>\n", escape(preset.2))).collect()
    };
    let groups = [Part::Lwa, Part::SpApi, Part::Ads]
        .map(|part| format!("<optgroup label=\"{}\">\n{}</optgroup>\n", name(part), options(part)));
    format!(
        r#"<div class="actions">
<form class="actions" method="post" action="/desk/fail">
<label>Fault
<select name="fault">
{groups}</select></label>
<label>Times
<input type="number" name="times" value="1" min="1" max="1000" required></label>
<button class="main">Plan</button>
</form>
<form method="post" action="/desk/heal"><button>Forget all faults</button></form>
</div>
"#,
        groups = groups.concat(),
    )
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Lwa => "Login with Amazon",
        Part::SpApi => "Selling Partner API",
        Part::Ads => "Advertising API",
    }
}

fn calls(calls: &Calls) -> String {
    let cells = |call: &Call| {
        let (at, method, path, status) = (time(call.at), &call.method, escape(&call.path), call.status);
        format!("<tr><td>{at}</td><td>{method}</td><td><code>{path}</code></td><td>{status}</td></tr>\n")
    };
    let rows: String = calls.last().map(cells).collect();
    if rows.is_empty() {
        return "<p class=\"quiet\">Nobody has asked yet.</p>\n".to_owned();
    }
    format!(
        r#"<div class="scroll" role="region" aria-label="The last calls" tabindex="0">
<table>
<thead>
<tr><th scope="col">Time</th><th scope="col">Method</th><th scope="col">Path</th><th scope="col">Status</th></tr>
</thead>
<tbody>
{rows}</tbody>
</table>
</div>
"#
    )
}
