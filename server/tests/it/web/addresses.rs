//! Nobody but Portal writes on Portal's pages, and no address of its leads elsewhere.

use base64::{Engine, engine::general_purpose::URL_SAFE};
use chrono::Duration;
use model::{Problem, ProblemCode};
use reqwest::{Method, header};

use crate::{
    browser::Browser,
    house::House,
    on_both_databases,
    registry::{address, functions, pages},
    support::Stage,
};

use super::*;

on_both_databases!(an_error_in_an_address_is_not_shown, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let words = "Call 0900 555 to unlock your account";
    let said = app::Failure(Problem::new(ProblemCode::Internal, words));
    let said = URL_SAFE.encode(serde_json::to_string(&said).unwrap());
    let mut pages: Vec<_> = pages().iter().map(|page| address(page, &own)).collect();
    pages.extend(["/nowhere".to_owned(), "/consent/return".to_owned(), "/sign-in/".to_owned()]);
    let (mut shown, mut tried) = (Vec::new(), 0);
    for page in &pages {
        // An error shows at its function's own form, if anywhere.
        let here =
            browser.get(page).await.text().await.unwrap() + &Browser::new(&house).get(page).await.text().await.unwrap();
        for function in functions().iter().filter(|function| here.contains(&format!("/act/{}\"", function.name))) {
            tried += 1;
            let path = format!("%2Fact%2F{}", function.name);
            for query in [
                format!("__path={path}&__err={said}"),
                format!("x=1&__err={said}&__path={path}"),
                format!("%5F%5Fpath={path}&%5F%5Ferr={said}"),
                format!("_%5fpath={path}&__er%72={said}"),
            ] {
                for visitor in [&mut browser, &mut Browser::new(&house)] {
                    let text = visitor.get(&format!("{page}?{query}")).await.text().await.unwrap();
                    if text.contains(words) {
                        shown.push(format!("{page}?{}", query.split(&said).next().unwrap()));
                    }
                }
            }
        }
    }
    assert!(tried > 40, "only {tried} forms were found");
    shown.dedup();
    assert!(shown.is_empty(), "{} addresses put words on a page, such as {:?}", shown.len(), &shown[..shown.len().min(3)]);
});

/// Places that are not Portal's, however they are spelled.
const ELSEWHERE: [&str; 14] = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "/\r\nSet-Cookie: x=y",
];

fn leads_home(what: &str, to: &str) {
    assert_eq!(to, "/", "{what:?}");
}

on_both_databases!(no_next_and_no_page_leads_away_from_portal, async |stage: Stage| {
    let house = House::on(stage).await;
    for (number, elsewhere) in ELSEWHERE.into_iter().enumerate() {
        let email = format!("person-{number}@example.com");
        let mut browser = Browser::new(&house);
        browser.post("ask_code", &[("email", &email), ("next", elsewhere)]).await;
        let code = house.stage.code_for(&email).await;
        // A failure is shown at home, not there.
        let failed = browser.submit("sign_in", &[("code", "nonsense"), ("page", elsewhere)]).await;
        assert_eq!((failed.status().as_u16(), failed.headers().get(header::LOCATION)), (422, None));
        let signed_in = browser.submit("sign_in", &[("code", &code)]).await;
        leads_home(elsewhere, location(&signed_in));
        house.stage.advance(Duration::seconds(1));
        browser.post("ask_confirmation", &[("next", elsewhere)]).await;
        let code = house.stage.code_for(&email).await;
        let confirmed = browser.submit("confirm", &[("code", &code)]).await;
        leads_home(elsewhere, location(&confirmed));
        // A function without a place to go to leads back to its page.
        let back = browser.submit("revoke_other_sessions", &[("page", elsewhere)]).await;
        leads_home(elsewhere, location(&back));
        let theme = browser.request(Method::POST, "/theme").header("Sec-Fetch-Site", "same-origin");
        let theme = theme.form(&[("theme", "dark"), ("page", elsewhere)]).send().await.unwrap();
        leads_home(elsewhere, location(&theme));
        let referer = browser.request(Method::POST, "/act/revoke_other_sessions").header("Sec-Fetch-Site", "same-origin");
        if let Ok(value) = header::HeaderValue::from_str(elsewhere) {
            let sent = referer.header(header::REFERER, value).header(header::ACCEPT, "text/html").send().await.unwrap();
            assert!(location(&sent).starts_with('/') && !location(&sent).starts_with("//"), "{elsewhere}");
        }
    }
});

on_both_databases!(any_place_of_portals_own_can_come_next, async |stage: Stage| {
    let house = House::on(stage).await;
    for (number, next) in
        ["/account", "/teams/x?actor=a%20b", "/teams/ü", "/teams/x?name=日本", "/a b"].into_iter().enumerate()
    {
        let email = format!("person-{number}@example.com");
        let mut browser = Browser::new(&house);
        browser.post("ask_code", &[("email", &email), ("next", next)]).await;
        let code = house.stage.code_for(&email).await;
        for accept in ["text/html", "application/json"] {
            let request = browser.request(Method::POST, "/act/sign_in").form(&[("code", &code)]);
            let sent = request.header("Sec-Fetch-Site", "same-origin").header(header::ACCEPT, accept).send().await;
            let answered = sent.map(|response| response.status().as_u16());
            assert!(matches!(answered, Ok(200 | 303 | 422)), "next={next}: {answered:?}");
        }
        let theme = browser.request(Method::POST, "/theme").header("Sec-Fetch-Site", "same-origin");
        let theme = theme.form(&[("theme", "dark"), ("page", next)]).send().await.unwrap();
        assert_eq!(theme.status(), 303, "page={next}");
    }
});

on_both_databases!(who_is_not_signed_in_is_led_to_the_sign_in_and_back, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    house.stage.advance(Duration::hours(2));
    const PUBLIC: [&str; 4] = ["/sign-in", "/sign-in/code", "/gateway-api", "/security"];
    for page in pages().iter().filter(|page| !PUBLIC.contains(&page.as_str()) && *page != "/consent/return") {
        let there = format!("{}?action=a%20b&x=%2F", address(page, &own));
        let led = Browser::new(&house).get(&there).await;
        let next: String = url::form_urlencoded::byte_serialize(there.as_bytes()).collect();
        assert_eq!((led.status().as_u16(), location(&led)), (303, &*format!("/sign-in?next={next}")), "{page}");
    }
    let there = address("/teams/{team}/log", &own) + "?action=connection&outcome=ok";
    let mut browser = Browser::new(&house);
    assert_eq!(asked_next(&mut browser, &there).await, there);
    browser.submit("ask_code", &[("email", "ada@example.com"), ("next", &there)]).await;
    let code = house.stage.code_for("ada@example.com").await;
    let signed_in = browser.submit("sign_in", &[("code", &code)]).await;
    assert_eq!(location(&signed_in), there);
    // Who is signed in has nothing to do there.
    for path in PUBLIC.iter().filter(|path| path.starts_with("/sign-in")) {
        assert_eq!(location(&browser.get(path).await), "/");
    }
});

/// What the sign-in form remembers of the page that somebody was led away from.
async fn asked_next(browser: &mut Browser<'_>, there: &str) -> String {
    let led = browser.get(there).await;
    let form = browser.get(location(&led)).await.text().await.unwrap();
    let field = form.split("name=\"next\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    field.split('"').next().unwrap().replace("&amp;", "&")
}

on_both_databases!(the_way_back_is_the_very_address_that_was_asked_for, async |stage: Stage| {
    let house = House::on(stage).await;
    for there in ["/account?x=a%20b", "/account?x=1%262", "/account?x=%C3%BC", "/account?x=100%25"] {
        assert_eq!(asked_next(&mut Browser::new(&house), there).await, there);
    }
});
