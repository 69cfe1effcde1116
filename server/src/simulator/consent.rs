//! Amazon's consent page: a seller lets an app act for it, or does not.

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::{Host, Url};

use super::{
    Simulator,
    known::{APPS, App, SELLERS},
    page::{escape, page},
};

/// What the asking app says, and in the form the seller who was chosen: nobody is a "no".
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    application_id: String,
    state: String,
    redirect_uri: String,
    /// `beta` for a draft app.
    version: String,
    seller_id: String,
}

/// `GET /apps/authorize/consent`
pub(super) async fn ask(Query(asked): Query<Asked>) -> Response {
    match asked.understand() {
        Ok((app, _)) => page(StatusCode::OK, "Consent", "narrow", &question(&asked, &app)),
        Err(why) => refusal(why, &asked),
    }
}

/// `POST /apps/authorize/consent`
pub(super) async fn answer(State(simulator): State<Simulator>, Form(asked): Form<Asked>) -> Response {
    let (app, mut back) = match asked.understand() {
        Ok(understood) => understood,
        Err(why) => return refusal(why, &asked),
    };
    back.query_pairs_mut().append_pair("state", &asked.state);
    if let Some(seller) = SELLERS.into_iter().find(|seller| seller.seller_id == asked.seller_id) {
        let now = simulator.clock.now();
        let code = simulator.with(|state| state.tokens.consent(app.client_id, seller.seller_id, &asked.redirect_uri, now));
        back.query_pairs_mut().append_pair("selling_partner_id", seller.seller_id).append_pair("spapi_oauth_code", &code);
    }
    Redirect::to(back.as_str()).into_response()
}

impl Asked {
    fn understand(&self) -> Result<(App, Url), &'static str> {
        let app = APPS.into_iter().find(|app| !app.application_id.is_empty() && app.application_id == self.application_id);
        let app = app.ok_or("No app of the simulator has this application id. The control page lists those it has.")?;
        let back = Url::parse(&self.redirect_uri).ok().filter(may_return_to);
        let back =
            back.ok_or("The redirect_uri must be an https address, or one of http://127.0.0.1 or http://localhost.")?;
        Ok((app, back))
    }
}

fn may_return_to(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        _ => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    plain && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

fn question(asked: &Asked, app: &App) -> String {
    let hidden = [("application_id", &asked.application_id), ("state", &asked.state), ("redirect_uri", &asked.redirect_uri)];
    let hidden = hidden
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escape(value)))
        .concat();
    let sellers = SELLERS.map(|seller| {
        let (name, id, places) = (escape(seller.name), seller.seller_id, seller.marketplaces.join(", "));
        format!(
            r#"<button class="choice" name="seller_id" value="{id}">
<strong>{name}</strong> <span class="quiet">{places} · {id}</span>
</button>
"#
        )
    });
    let draft = if asked.version == "beta" { " (a draft)" } else { "" };
    format!(
        r#"<p class="banner">This is a simulated Amazon. The shops and their orders are invented.</p>
<h1>Which shop lets {name} act for it?</h1>
<p>{name}{draft} is a {environment} app. It asks to read the shop’s marketplaces and orders until the
shop withdraws its consent.</p>
<form method="post" action="/apps/authorize/consent">
{hidden}<div class="choices" role="group" aria-label="Shops that can consent">
{sellers}</div>
<button name="seller_id" value="">Cancel</button>
</form>
<p class="quiet">Either way you return to <code>{back}</code>.</p>
"#,
        name = escape(app.name),
        environment = app.environment.as_str(),
        sellers = sellers.concat(),
        back = escape(&asked.redirect_uri),
    )
}

fn refusal(why: &str, asked: &Asked) -> Response {
    let body = format!(
        r#"<p class="banner">This is a simulated Amazon.</p>
<h1>This consent cannot be asked for</h1>
<p>{why}</p>
<dl>
<dt>application_id</dt><dd><code>{}</code></dd>
<dt>redirect_uri</dt><dd><code>{}</code></dd>
</dl>
<p><a href="/">Go to the control page</a></p>
"#,
        escape(&asked.application_id),
        escape(&asked.redirect_uri),
    );
    page(StatusCode::BAD_REQUEST, "This consent cannot be asked for", "narrow", &body)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::Duration;

    use super::*;
    use crate::simulator::stage;

    const BACK: &str = "http://127.0.0.1:3000/consent/return";

    async fn consent(simulator: &Simulator, seller_id: &str) -> HashMap<String, String> {
        let form =
            [("application_id", APPS[0].application_id), ("state", "s&1"), ("redirect_uri", BACK), ("seller_id", seller_id)];
        let answer = stage::post_form(simulator, "/apps/authorize/consent", &form).await;
        assert_eq!(answer.status, 303);
        let location = Url::parse(answer.headers["location"].to_str().unwrap()).unwrap();
        assert!(location.as_str().starts_with(BACK));
        location.query_pairs().into_owned().collect()
    }

    fn grant<'a>(code: &'a str, back: &'a str) -> [(&'a str, &'a str); 3] {
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", back)]
    }

    #[tokio::test]
    async fn a_consent_gives_a_code_that_works_once() {
        let (_, simulator) = stage::start();
        let seller = SELLERS[1];
        let returned = consent(&simulator, seller.seller_id).await;
        assert_eq!((returned["state"].as_str(), returned["selling_partner_id"].as_str()), ("s&1", seller.seller_id));
        let code = &returned["spapi_oauth_code"];
        let answer = stage::token(&simulator, &APPS[0], &grant(code, BACK)).await.json();
        let fresh = answer["refresh_token"].as_str().unwrap();
        assert_ne!(fresh, seller.refresh_token);
        assert_eq!(stage::refresh(&simulator, &APPS[0], fresh).await.status, 200);
        assert_eq!(stage::token(&simulator, &APPS[0], &grant(code, BACK)).await.json()["error"], "invalid_grant");
    }

    #[tokio::test]
    async fn a_code_is_bound_to_its_app_its_address_and_five_minutes() {
        let (clock, simulator) = stage::start();
        for (app, back, minutes, status) in
            [(0, BACK, 4, 200), (0, BACK, 5, 400), (1, BACK, 0, 400), (0, "http://127.0.0.1:3000/elsewhere", 0, 400)]
        {
            let returned = consent(&simulator, SELLERS[0].seller_id).await;
            clock.advance(Duration::minutes(minutes));
            let answer = stage::token(&simulator, &APPS[app], &grant(&returned["spapi_oauth_code"], back)).await;
            assert_eq!(answer.status, status, "{app} {back} {minutes}");
        }
    }

    #[tokio::test]
    async fn nobodys_consent_returns_the_state_alone() {
        let (_, simulator) = stage::start();
        assert_eq!(consent(&simulator, "").await, HashMap::from([("state".to_owned(), "s&1".to_owned())]));
    }

    #[tokio::test]
    async fn the_page_names_the_app_and_escapes_what_came_from_outside() {
        let (_, simulator) = stage::start();
        let ask = async |id: &str, back: &str| {
            let path = format!("/apps/authorize/consent?application_id={id}&state=%22%3E%3Cscript%3E&redirect_uri={back}");
            stage::get(&simulator, &path, None).await
        };
        let page = ask(APPS[0].application_id, BACK).await;
        let html = page.text();
        assert!(page.status == 200 && html.contains("Maple &amp; Main Outfitters") && !html.contains("<script"));
        for back in [
            "http://portal.example/return",
            "javascript:alert(1)",
            "ftp://localhost/",
            "http://127.0.0.2/",
            "https://a@b/",
            "",
        ] {
            assert_eq!(ask(APPS[0].application_id, back).await.status, 400, "{back}");
        }
        assert_eq!(ask(APPS[0].application_id, "https://portal.example/return").await.status, 200);
        assert_eq!(ask("amzn1.sp.solution.unknown", BACK).await.status, 400);
    }
}
