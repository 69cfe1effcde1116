//! A11, A12: what was known before a sign-in or a step-up is worth nothing after it, and what a cookie says of itself.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use reqwest::header::{self, HeaderMap};

use crate::{
    browser::Browser,
    house::{self, House},
    on_both_databases,
    registry::{column, dump},
    support::Stage,
};

use super::*;

on_both_databases!(a_cookie_planted_before_the_sign_in_is_worth_nothing_after_it, async |stage: Stage| {
    let house = House::on(stage).await;
    // The thief's own cookie, of a browser that Portal knows.
    let mut thief = Browser::new(&house);
    thief.post("ask_code", &[("email", "thief@example.com")]).await;
    let mut victim = with_cookie(&house, thief.cookie.as_deref());
    victim.post("ask_code", &[("email", "victim@example.com")]).await;
    let kept = column(&house, "SELECT data AS row FROM browser").await;
    assert_eq!(kept.len(), 1, "both are one browser to Portal: the planting worked");
    let code = house.stage.code_for("victim@example.com").await;
    assert_eq!(victim.post("sign_in", &[("code", &code)]).await.status(), 200);
    assert_ne!(victim.cookie, thief.cookie);
    assert!(is_signed_in(&mut victim).await);
    assert!(!is_signed_in(&mut thief).await, "0 fixations");

    // One that Portal never made is not taken over either.
    for planted in ["portal=AAAAAAAAAAAAAAAAAAAAAA", "portal=", "portal=../../etc", "portal=%00"] {
        let mut victim = with_cookie(&house, Some(planted));
        let email = format!("victim-{}@example.com", planted.len());
        victim.post("ask_code", &[("email", &email)]).await;
        let waiting = victim.cookie.clone().unwrap();
        assert_ne!(waiting, planted);
        let code = house.stage.code_for(&email).await;
        assert_eq!(victim.post("sign_in", &[("code", &code)]).await.status(), 200);
        let signed_in = victim.cookie.clone().unwrap();
        assert!(signed_in != waiting && signed_in != planted);
        assert!(is_signed_in(&mut victim).await);
        for stolen in [planted, &waiting] {
            assert!(!is_signed_in(&mut with_cookie(&house, Some(stolen))).await, "{stolen}");
        }
    }
});

on_both_databases!(the_cookie_from_before_a_step_up_is_worth_nothing_after_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let mut ada = Browser::signed_in(&house, "ada@example.com").await;
    let before = ada.cookie.clone();
    house.stage.advance(Duration::seconds(1));
    ada.step_up("ada@example.com").await;
    assert_ne!(ada.cookie, before);
    assert!(is_signed_in(&mut ada).await);
    assert!(!is_signed_in(&mut with_cookie(&house, before.as_deref())).await);
    // A request that left with it takes the new one from nobody, whenever its answer comes.
    let late = with_cookie(&house, before.as_deref());
    for path in ["/account", "/act/places", "/sign-in"] {
        let answer = late.request(reqwest::Method::GET, path).send().await.unwrap();
        assert_eq!(cookies(answer.headers()), [], "{path}");
    }
    // Nor does a second sign-in in the same browser keep the first one's.
    let stepped_up = ada.cookie.clone();
    house.stage.advance(Duration::seconds(61));
    ada.post("ask_code", &[("email", "ada@example.com")]).await;
    let code = house.stage.code_for("ada@example.com").await;
    assert_eq!(ada.post("sign_in", &[("code", &code)]).await.status(), 200);
    assert_ne!(ada.cookie, stepped_up);
    assert!(!is_signed_in(&mut with_cookie(&house, stepped_up.as_deref())).await);
});

/// Every cookie that Portal sets: name, value, attributes in lower case.
fn cookies(headers: &HeaderMap) -> Vec<(String, String, BTreeSet<String>)> {
    let set = headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    set.map(|text| {
        let (pair, attributes) = text.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let attributes = attributes.split(';').map(|attribute| attribute.trim().to_ascii_lowercase());
        (name.to_owned(), value.to_owned(), attributes.collect())
    })
    .collect()
}

/// Signs in, steps up, chooses colours and signs out at `url`; gives every answer's headers.
async fn life_of_a_browser(house: &House, url: &str, email: &str) -> Vec<HeaderMap> {
    let mut all = Vec::new();
    let mut cookie = String::new();
    let mut send = async |path: &str, fields: Vec<(&'static str, String)>| {
        let request = house.http.post(format!("{url}{path}")).header("Sec-Fetch-Site", "same-origin");
        let response = request.header(header::COOKIE, &cookie).form(&fields).send().await.unwrap();
        assert!(response.status().as_u16() < 400, "{path}: {}", response.status());
        for (name, value, _) in cookies(response.headers()) {
            if name.ends_with("portal") {
                cookie = format!("{name}={value}");
            }
        }
        all.push(response.headers().clone());
    };
    send("/act/ask_code", vec![("email", email.to_owned())]).await;
    send("/act/sign_in", vec![("code", house.stage.code_for(email).await)]).await;
    house.stage.advance(Duration::seconds(1));
    send("/act/ask_confirmation", vec![]).await;
    send("/act/confirm", vec![("code", house.stage.code_for(email).await)]).await;
    send("/theme", vec![("theme", "dark".to_owned())]).await;
    send("/act/sign_out", vec![]).await;
    all
}

on_both_databases!(every_cookie_is_for_this_host_over_https_and_no_script, async |stage: Stage| {
    let house = House::on(stage).await;
    let https = house::serve_as(&house.stage, &house.credentials, "https://portal.example.com").await;
    for (url, email, name) in [(&https, "ada@example.com", "__Host-portal"), (&house.url, "bob@example.com", "portal")] {
        let secure = *url == https;
        let answers = life_of_a_browser(&house, url, email).await;
        let set: Vec<_> = answers.iter().flat_map(cookies).collect();
        let sessions: Vec<_> = set.iter().filter(|(found, _, _)| found == name).collect();
        assert!(sessions.len() >= 5, "{set:?}");
        for (found, _, attributes) in set.iter().filter(|(_, value, _)| !value.is_empty()) {
            let has = |attribute: &str| attributes.contains(attribute);
            assert!(found == name || found == if secure { "__Host-theme" } else { "theme" }, "{found}");
            assert!(has("httponly") && has("samesite=lax") && has("path=/"), "{found} {attributes:?}");
            // Browsers refuse a `__Host-` cookie with a domain.
            assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")), "{found} {attributes:?}");
            assert_eq!(has("secure"), secure, "{found} {attributes:?}");
        }
    }
});

on_both_databases!(signing_out_takes_the_cookie_away, async |stage: Stage| {
    let house = House::on(stage).await;
    let https = house::serve_as(&house.stage, &house.credentials, "https://portal.example.com").await;
    for (url, email) in [(&house.url, "ada@example.com"), (&https, "bob@example.com")] {
        let answers = life_of_a_browser(&house, url, email).await;
        let (name, value, attributes) = cookies(answers.last().unwrap()).pop().unwrap();
        assert!(value.is_empty() && attributes.contains("max-age=0") && attributes.contains("path=/"), "{attributes:?}");
        // RFC 6265bis, 4.1.3.2: a browser ignores a `__Host-` cookie that is not `Secure`, and keeps the one it has.
        assert_eq!(name.starts_with("__Host-"), attributes.contains("secure"), "{name}: {attributes:?}");
    }
});

on_both_databases!(a_cookie_tells_nothing_to_who_reads_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = Browser::signed_in(&house, "ada@example.com").await;
    let bob = Browser::signed_in(&house, "bob@example.com").await;
    let value = |browser: &Browser| browser.cookie.as_deref().unwrap().split_once('=').unwrap().1.replace("%2B", "+");
    let (ada, bob) = (value(&ada).replace("%2F", "/").replace("%3D", "="), value(&bob));
    assert!(ada != bob && ada.len() == bob.len());
    let bytes = STANDARD.decode(&ada).unwrap();
    // A nonce of 12 bytes, 22 of an id that is encrypted, a tag of 16.
    assert_eq!(bytes.len(), 12 + 22 + 16);
    let shown =
        |haystack: &[u8], needle: &[u8]| haystack.windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle));
    for query in ["SELECT id AS row FROM session", "SELECT id AS row FROM \"user\"", "SELECT id_hash AS row FROM browser"] {
        let db = house.stage.portal.db.reader();
        use sea_orm::{ConnectionTrait, Statement};
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), query)).await.unwrap();
        assert_eq!(rows.len(), 2);
        for row in rows {
            let id: Vec<u8> = row
                .try_get::<uuid::Uuid>("", "row")
                .map_or_else(|_| row.try_get("", "row").unwrap(), |id| id.into_bytes().to_vec());
            let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!shown(&bytes, &id) && !shown(ada.as_bytes(), hex.as_bytes()), "{query}");
        }
    }
    // Nor does the database tell the cookie: whoever reads it finds a hash.
    let everything = dump(&house, None, &[]).await;
    assert!(!format!("{everything:?}").contains(&ada));
});
