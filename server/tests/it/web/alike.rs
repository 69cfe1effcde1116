//! A10: an address that Portal knows is answered as one that it does not know.

use backend::portal::{Settings, SignUp};
use chrono::Duration;
use reqwest::Response;

use crate::{browser::Browser, house::House, on_both_databases, support::Stage};

/// An answer in bytes, without what differs from request to request, and with the address taken out.
async fn bare(response: Response, email: &str) -> (u16, Vec<(String, String)>, String) {
    let status = response.status().as_u16();
    let headers: Vec<_> =
        response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let policy =
        headers.iter().find(|(name, _)| name == "content-security-policy").map(|(_, policy)| policy.clone()).unwrap();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let id = headers.iter().find(|(name, _)| name == "x-request-id").map(|(_, id)| id.clone()).unwrap();
    let cut = |text: &str| text.replace(&nonce, "NONCE").replace(&id, "REQUEST").replace(email, "EMAIL");
    let cookie = |name: &str, value: &str| match name {
        "set-cookie" => format!("portal={}", value.split_once(';').unwrap().1),
        _ => cut(value),
    };
    let headers =
        headers.iter().filter(|(name, _)| name != "date").map(|(name, value)| (name.clone(), cookie(name, value))).collect();
    (status, headers, cut(&response.text().await.unwrap()))
}

/// Everything that somebody with this address meets before the code that nobody else has.
async fn meets(house: &House, email: &str) -> Vec<(u16, Vec<(String, String)>, String)> {
    let mut all = Vec::new();
    let mut browser = Browser::new(house);
    all.push(bare(browser.post("ask_code", &[("email", email)]).await, email).await);
    all.push(bare(browser.get("/sign-in/code").await, email).await);
    all.push(bare(browser.post("read_pending_code", &[]).await, email).await);
    for _ in 0..6 {
        all.push(bare(browser.post("sign_in", &[("code", "00000000")]).await, email).await);
    }
    all.push(bare(browser.submit("sign_in", &[("code", "00000000"), ("page", "/sign-in/code")]).await, email).await);
    // Again within the minute: from the same browser, from another, as a plain form.
    all.push(bare(browser.post("ask_code", &[("email", email)]).await, email).await);
    let mut other = Browser::new(house);
    all.push(bare(other.submit("ask_code", &[("email", email), ("page", "/sign-in")]).await, email).await);
    house.stage.advance(Duration::seconds(61));
    all.push(bare(other.submit("ask_code", &[("email", email)]).await, email).await);
    all.push(bare(other.get("/sign-in/code").await, email).await);
    house.stage.advance(-Duration::seconds(61));
    all
}

on_both_databases!(known_and_unknown_addresses_are_answered_alike, async |mut stage: Stage| {
    stage.person("ada").await;
    stage.person("dan").await;
    let settings = Settings { sign_up: SignUp::Invitation, ..Settings::clone(&stage.portal.settings) };
    stage.portal.settings = settings.into();
    let house = House::on(stage).await;
    use sea_orm::ConnectionTrait;
    let tx = house.stage.portal.db.begin().await.unwrap();
    tx.execute_unprepared("UPDATE \"user\" SET disabled_at = created_at WHERE email = 'dan@example.com'").await.unwrap();
    tx.commit().await.unwrap();
    house.stage.advance(Duration::hours(2));
    let known = meets(&house, "ada@example.com").await;
    let (wrong, paused) = (&known[3], &known[9]);
    assert_eq!((known[0].0, wrong.0, paused.0), (200, 422, 422));
    for unknown in ["eve@example.com", "dan@example.com"] {
        let unknown = meets(&house, unknown).await;
        assert_eq!(unknown.len(), known.len());
        for (unknown, known) in unknown.iter().zip(&known) {
            assert_eq!(unknown, known);
        }
    }
    // Alike to the eye only: the mail goes to the known address alone.
    house.stage.advance(Duration::seconds(61));
    let codes = [house.stage.codes_for("ada@example.com").await.len(), house.stage.codes_for("eve@example.com").await.len()];
    assert_eq!(codes, [3, 0]);
    assert_eq!(house.stage.codes_for("dan@example.com").await.len(), 1, "before she was disabled");
});
