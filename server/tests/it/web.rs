//! What the web edge promises browsers: whose session a cookie is, what other sites cannot do, what every answer carries,
//! and what an answer never repeats.

use std::collections::{BTreeSet, HashMap};

use backend::{
    mail::deliver_due,
    portal::{Settings, SignUp},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use chrono::Duration;
use futures::future::join_all;
use model::{Environments, Problem, ProblemCode, Role};
use reqwest::{
    Method, Response,
    header::{self, HeaderMap},
};

use crate::{
    browser::{AGENT, Browser},
    house::{self, House},
    on_both_databases,
    registry::{Things, address, column, dump, form, functions, pages},
    support::Stage,
};

/// Signed in means: the account page is there. Else the browser is led to the sign-in page.
async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    let response = browser.get("/account").await;
    match response.status().as_u16() {
        200 => true,
        303 => {
            assert_eq!(location(&response), "/sign-in?next=%2Faccount");
            false
        }
        other => panic!("{other}"),
    }
}

/// Another browser with this cookie: a thief's, or a victim's in which it was planted.
fn with_cookie<'a>(house: &'a House, cookie: Option<&str>) -> Browser<'a> {
    let mut browser = Browser::new(house);
    browser.cookie = cookie.map(str::to_owned);
    browser
}

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

/// A failure of a server function, without the request's id.
async fn problem(response: Response) -> Problem {
    let text = response.text().await.unwrap();
    let problem: Problem = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    Problem { instance: None, ..problem }
}

// A11: nothing that was known before a sign-in or a step-up is worth anything after it.

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
    // Nor does a second sign-in in the same browser keep the first one's.
    let stepped_up = ada.cookie.clone();
    house.stage.advance(Duration::seconds(61));
    ada.post("ask_code", &[("email", "ada@example.com")]).await;
    let code = house.stage.code_for("ada@example.com").await;
    assert_eq!(ada.post("sign_in", &[("code", &code)]).await.status(), 200);
    assert_ne!(ada.cookie, stepped_up);
    assert!(!is_signed_in(&mut with_cookie(&house, stepped_up.as_deref())).await);
});

// A12: what a cookie says of itself.

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

// A15: an end holds from the next request on.

/// What a person of this Team tries after the end of something, all at once: 0 requests are served.
async fn tries(house: &House, browser: &Browser<'_>, paths: &[&str]) -> Vec<(u16, String)> {
    let pages = paths.iter().cycle().take(20).map(|path| browser.request(Method::GET, path).send());
    let acts = ["sessions", "my_invitations", "create_team"].iter().cycle().take(12).map(|act| {
        let request = browser.request(Method::POST, &format!("/act/{act}")).header("Sec-Fetch-Site", "same-origin");
        request.form(&[("name", "One more")]).send()
    });
    let before = dump(house, None, &["audit_event"]).await;
    let mut found = Vec::new();
    for response in join_all(pages.map(futures::future::Either::Left).chain(acts.map(futures::future::Either::Right))).await
    {
        let response = response.unwrap();
        let to = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        found.push((response.status().as_u16(), to.unwrap_or_default()));
    }
    assert_eq!(dump(house, None, &["audit_event"]).await, before);
    found
}

fn all_out(answers: &[(u16, String)]) {
    assert_eq!(answers.len(), 32);
    for (status, to) in answers {
        assert!(*status == 401 || (*status == 303 && to.starts_with("/sign-in?next=")), "{status} {to}");
    }
}

on_both_databases!(a_session_that_was_ended_serves_no_more_requests, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let page = format!("/teams/{}", ada.team);
    let paths = ["/", "/account", &*page];
    let mut lost = Browser::signed_in_later(&house, "ada@example.com").await;
    let mut kept = Browser::signed_in_later(&house, "ada@example.com").await;
    assert!(is_signed_in(&mut lost).await && is_signed_in(&mut kept).await);

    let listed: serde_json::Value = kept.post("sessions", &[]).await.json().await.unwrap();
    let sessions: HashMap<_, _> =
        listed.as_array().unwrap().iter().map(|row| (row["address"].as_str().unwrap(), row)).collect();
    let lost_id = sessions[lost.address()]["id"].as_str().unwrap();
    assert_eq!((sessions.len(), &sessions[kept.address()]["current"]), (3, &serde_json::json!(true)));
    assert_eq!(kept.post("revoke_session", &[("session", lost_id)]).await.status(), 200);
    all_out(&tries(&house, &lost, &paths).await);
    assert!(is_signed_in(&mut kept).await);

    // All others at once; then the last one by itself.
    house.stage.advance(Duration::hours(1) - Duration::seconds(70));
    assert!(is_signed_in(&mut kept).await);
    house.stage.advance(Duration::seconds(10));
    let mut third = Browser::signed_in_later(&house, "ada@example.com").await;
    assert!(is_signed_in(&mut third).await);
    assert_eq!(kept.post("revoke_other_sessions", &[]).await.status(), 200);
    all_out(&tries(&house, &third, &paths).await);
    let cookie = kept.cookie.clone();
    assert_eq!(kept.post("sign_out", &[]).await.status(), 200);
    all_out(&tries(&house, &with_cookie(&house, cookie.as_deref()), &paths).await);
});

on_both_databases!(a_disabled_user_is_out_at_the_next_request, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    assert!(is_signed_in(&mut browser).await);
    // No page disables a user yet: the operator does it in the database.
    use sea_orm::ConnectionTrait;
    let tx = house.stage.portal.db.begin().await.unwrap();
    tx.execute_unprepared("UPDATE \"user\" SET disabled_at = created_at").await.unwrap();
    tx.commit().await.unwrap();
    all_out(&tries(&house, &browser, &["/", &format!("/teams/{}", ada.team)]).await);
    // And does not come back with a new code, though the answer is as ever.
    house.stage.advance(Duration::hours(2));
    let mut again = Browser::new(&house);
    let before = house.stage.codes_for("ada@example.com").await.len();
    assert_eq!(again.post("ask_code", &[("email", "ada@example.com")]).await.status(), 200);
    assert_eq!(house.stage.codes_for("ada@example.com").await.len(), before);
});

on_both_databases!(a_removed_member_finds_no_team_at_the_next_request, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let carol = house.member(&ada, "carol", Role::Admin, Environments::BOTH).await;
    let own = house.things(&ada).await;
    let mut browser = Browser::confirmed(&house, "carol@example.com").await;
    assert_eq!(browser.get(&address("/teams/{team}", &own)).await.status(), 200);
    let owner = house.stage.stepped_up(&ada.owner);
    backend::teams::remove_member(&owner, &ada.scope, carol.signed_in().unwrap().user).await.unwrap();
    let before = dump(&house, None, &["audit_event"]).await;
    for function in functions().iter().filter(|function| function.takes("team")) {
        let response = browser.call(&function.name, &form(function, |_| &own)).await;
        assert_eq!(response.status(), 404, "{}", function.name);
    }
    let mut nothing = Vec::new();
    for page in pages().iter().filter(|page| page.starts_with("/teams/{team}")) {
        let text = browser.get(&address(page, &own)).await.text().await.unwrap();
        nothing.extend(["Team of ada", "Our app", "Shop"].into_iter().filter(|name| text.contains(name)));
    }
    assert!(nothing.is_empty(), "{nothing:?}");
    assert_eq!(dump(&house, None, &["audit_event"]).await, before);
});

// A16: other sites change nothing.

on_both_databases!(no_other_site_changes_anything, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let browser = Browser::confirmed(&house, "ada@example.com").await;
    let cases: [&[(&str, &str)]; 11] = [
        &[],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        &[("Sec-Fetch-Site", "")],
        &[("Sec-Fetch-Site", "Same-Origin")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Origin", "http://127.0.0.1")],
        &[("Referer", &house.url)],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &house.url)],
    ];
    let mut paths: Vec<_> = functions().iter().map(|f| (format!("/act/{}", f.name), form(f, |_| &own))).collect();
    paths.push(("/theme".to_owned(), vec![("theme".to_owned(), "dark".to_owned())]));
    assert!(paths.len() > 40);
    // The whole database: not even a refused request is counted or recorded.
    let before = dump(&house, None, &[]).await;
    for (path, fields) in &paths {
        for (accept, headers) in ["application/json", "text/html"].iter().flat_map(|accept| cases.map(|case| (accept, case)))
        {
            let request = browser.request(Method::POST, path).form(fields).header(header::ACCEPT, *accept);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 403, "{path} {headers:?}");
            assert!(response.headers().get(header::SET_COOKIE).is_none(), "{path} {headers:?}");
            let refused = problem(response).await;
            assert_eq!(refused.code, ProblemCode::CrossSite);
        }
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        for method in [Method::GET, Method::HEAD] {
            for site in ["same-origin", "none", "cross-site"] {
                let request = browser.request(method.clone(), &format!("{path}?{query}")).header("Sec-Fetch-Site", site);
                let response = request.send().await.unwrap();
                assert_eq!((response.status().as_u16(), location(&response)), (303, "/"), "{method} {path}");
                assert!(response.headers().get(header::SET_COOKIE).is_none(), "{method} {path}");
            }
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            let response = browser.request(method.clone(), path).form(fields).send().await.unwrap();
            assert_eq!(response.status(), 403, "{method} {path}");
            let own = browser.request(method.clone(), path).form(fields).header("Sec-Fetch-Site", "same-origin");
            assert_eq!(own.send().await.unwrap().status(), 405, "{method} {path}");
        }
    }
    assert_eq!(dump(&house, None, &[]).await, before);
    // The same requests from a page of Portal's own are let through: by either header.
    for (name, value) in [("Sec-Fetch-Site", "same-origin"), ("Origin", &*house.url)] {
        let request = browser.request(Method::POST, "/act/rename_team").header(name, value);
        let sent = request.form(&[("team", &*own.team), ("name", "Renamed")]).send().await.unwrap();
        assert_eq!(sent.status(), 200, "{name}");
    }
});

// A9: a code works only in the browser that asked, and only for what it was asked for.

on_both_databases!(a_code_works_only_in_the_browser_that_asked, async |stage: Stage| {
    let house = House::on(stage).await;
    let mut asked = Browser::new(&house);
    asked.post("ask_code", &[("email", "ada@example.com")]).await;
    let code = house.stage.code_for("ada@example.com").await;
    let mut elsewhere = 0;
    for number in 0..100 {
        let mut other = Browser::new(&house);
        // Every other one waits for a code of its own.
        if number % 2 == 1 {
            other.post("ask_code", &[("email", &format!("other-{number}@example.com"))]).await;
        }
        let refused = other.post("sign_in", &[("code", &code)]).await;
        assert_eq!(refused.status(), 422, "{number}");
        elsewhere += usize::from(is_signed_in(&mut other).await);
    }
    assert_eq!(elsewhere, 0, "of 100");
    while deliver_due(&house.stage.portal).await.unwrap() > 0 {}
    // Nor does it for the same address in another browser.
    house.stage.advance(Duration::seconds(61));
    let mut other = Browser::new(&house);
    other.post("ask_code", &[("email", "ada@example.com")]).await;
    assert_eq!(other.post("sign_in", &[("code", &code)]).await.status(), 422);
    // Nor as the confirmation of somebody who is signed in.
    let mut bob = Browser::signed_in(&house, "bob@example.com").await;
    assert_eq!(bob.post("confirm", &[("code", &code)]).await.status(), 422);
    assert_eq!(asked.post("sign_in", &[("code", &code)]).await.status(), 200);
    assert_eq!(asked.post("sign_in", &[("code", &code)]).await.status(), 422, "once");
});

on_both_databases!(a_confirmation_code_works_only_in_the_session_that_asked, async |stage: Stage| {
    let house = House::on(stage).await;
    let mut first = Browser::signed_in(&house, "ada@example.com").await;
    let mut second = Browser::signed_in_later(&house, "ada@example.com").await;
    house.stage.advance(Duration::seconds(1));
    second.post("ask_confirmation", &[]).await;
    house.stage.advance(Duration::seconds(1));
    first.post("ask_confirmation", &[]).await;
    let code = house.stage.code_for("ada@example.com").await;
    assert_eq!(second.post("confirm", &[("code", &code)]).await.status(), 422);
    // A code that confirms does not sign in.
    assert_eq!(first.post("sign_in", &[("code", &code)]).await.status(), 422);
    assert_eq!(first.post("confirm", &[("code", &code)]).await.status(), 200);
});

// F1: what every answer carries.

/// Fails unless the answer carries all that it must; gives its nonce.
fn carries_everything(what: &str, headers: &HeaderMap, https: bool) -> String {
    let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let policy = value("content-security-policy");
    let directives: HashMap<&str, &str> =
        policy.split(';').map(|part| part.trim().split_once(' ').unwrap_or((part.trim(), ""))).collect();
    let is = |directive: &str, list: &str| assert_eq!(directives.get(directive), Some(&list), "{what}: {policy}");
    is("default-src", "'none'");
    is("base-uri", "'none'");
    is("object-src", "'none'");
    is("frame-ancestors", "'none'");
    is("connect-src", "'self'");
    is("require-trusted-types-for", "'script'");
    assert!(directives["form-action"].starts_with("'self'"), "{what}: {policy}");
    assert!(!policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
    assert!(!policy.contains("http:") && !policy.contains(" *"), "{what}: {policy}");
    let scripts: Vec<_> = directives["script-src"].split(' ').collect();
    let [nonce, "'strict-dynamic'", "'wasm-unsafe-eval'"] = scripts[..] else { panic!("{what}: {policy}") };
    let nonce = nonce.strip_prefix("'nonce-").unwrap().strip_suffix('\'').unwrap();
    assert!(nonce.len() >= 22, "128 bits: {nonce}");
    assert_eq!(value("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(value("x-frame-options"), "DENY", "{what}");
    assert_eq!(value("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(value("cross-origin-resource-policy"), "same-origin", "{what}");
    assert!(["same-origin", "no-referrer"].contains(&value("referrer-policy")), "{what}");
    for feature in ["camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"] {
        assert!(value("permissions-policy").contains(feature), "{what}");
    }
    let hsts = if https { "max-age=63072000; includeSubDomains" } else { "" };
    assert_eq!(value("strict-transport-security"), hsts, "{what}");
    assert_eq!(value("access-control-allow-origin"), "", "{what}");
    let kept = what.starts_with("file");
    assert_eq!(value("cache-control") == "no-store", !kept, "{what}: {}", value("cache-control"));
    nonce.to_owned()
}

on_both_databases!(every_answer_carries_what_protects_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let public = house.stage.folder.join("site/public");
    std::fs::create_dir_all(&public).unwrap();
    std::fs::write(public.join("favicon.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let https = house::serve_as(&house.stage, &house.credentials, "https://portal.example.com").await;
    let browser = Browser::confirmed(&house, "ada@example.com").await;
    let cookie = browser.cookie.clone().unwrap();
    let mut nonces = BTreeSet::new();
    let mut answers = 0;
    for url in [&house.url, &https] {
        // The cookie's name differs, its value does not.
        let cookie = if *url == https { cookie.replace("portal=", "__Host-portal=") } else { cookie.clone() };
        let mut asked = Vec::new();
        let get = |path: &str| house.http.get(format!("{url}{path}"));
        let post = |path: &str| house.http.post(format!("{url}{path}"));
        for page in pages() {
            let path = address(&page, &own);
            asked.push((format!("page {page}"), get(&path).header(header::COOKIE, &cookie)));
            asked.push((
                format!("page {page} of another"),
                get(&address(&page, &Things::nobodys())).header(header::COOKIE, &cookie),
            ));
            asked.push((format!("page {page} for nobody"), get(&path)));
        }
        for path in ["/nowhere", "/teams", "/pkg/nothing.js", "/pkg/", "/favicon.ico", "/act/sessions", "/theme", "/%ff"] {
            asked.push((format!("error {path}"), get(path)));
            asked.push((format!("error {path} signed in"), get(path).header(header::COOKIE, &cookie)));
        }
        for path in ["/pkg/portal-0.css", "/pkg/frontend-0.js", "/pkg/frontend-0_bg.wasm", "/favicon.svg"] {
            asked.push((format!("file {path}"), get(path)));
        }
        for function in functions() {
            let path = format!("/act/{}", function.name);
            for accept in ["application/json", "text/html"] {
                let fields = form(&function, |_| &own);
                let request = post(&path).form(&fields).header(header::ACCEPT, accept);
                asked.push((format!("cross-site {path}"), request.try_clone().unwrap()));
                asked.push((format!("act {path}"), request.header("Sec-Fetch-Site", "same-origin")));
            }
        }
        let own_site = |path: &str| post(path).header("Sec-Fetch-Site", "same-origin");
        asked.push(("too large".to_owned(), own_site("/act/sign_in").body("x".repeat(70_000))));
        asked.push(("no such function".to_owned(), own_site("/act/nothing")));
        asked.push(("no such method".to_owned(), own_site("/sign-in")));
        asked.push(("colours".to_owned(), own_site("/theme").form(&[("theme", "dark")])));
        asked.push(("broken colours".to_owned(), own_site("/theme").body("%")));
        asked.push(("the return from nowhere".to_owned(), get("/consent/return?state=x").header(header::COOKIE, &cookie)));
        for (what, request) in asked {
            let request = request.header("X-Forwarded-For", house.stage.next_address());
            let response = request.send().await.unwrap();
            let nonce = carries_everything(&what, response.headers(), *url == https);
            assert!(nonces.insert(nonce.clone()), "{what}: a nonce is of one answer only");
            answers += 1;
            let is_html = response
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
            if is_html {
                agrees_with_the_policy(&what, &response.text().await.unwrap(), &nonce);
            }
        }
    }
    assert!(answers > 400, "{answers}");
});

/// Nothing in the page that its policy forbids: scripts and styles carry the nonce, none stands in an attribute.
fn agrees_with_the_policy(what: &str, html: &str, nonce: &str) {
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap().to_ascii_lowercase();
        if name == "script" || name == "style" {
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{what}: <{tag}>");
        }
        // Whatever is quoted is text.
        let bare: String = tag.split('"').step_by(2).collect();
        let attributes = bare.split_ascii_whitespace().skip(1).map(|part| part.trim_end_matches('=').to_ascii_lowercase());
        for attribute in attributes {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{what}: <{tag}>");
        }
    }
    assert!(!html.contains("javascript:"), "{what}");
}

on_both_databases!(the_development_mailbox_protects_itself_from_the_mails_in_it, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let mut browser = Browser::new(&house);
    let list = browser.get("/dev/mailbox").await;
    let nonce = carries_everything("page /dev/mailbox", list.headers(), false);
    let html = list.text().await.unwrap();
    agrees_with_the_policy("/dev/mailbox", &html, &nonce);
    let mail = html.split("/dev/mailbox/").nth(1).unwrap().split('"').next().unwrap();
    let mail = browser.get(&format!("/dev/mailbox/{mail}")).await;
    let policy = mail.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && policy.contains("sandbox")
    );
    for path in ["/dev/mailbox/nothing.json", "/dev/mailbox/..%2f..%2fkeys", "/dev/mailbox/%2e%2e%2fkeys"] {
        assert_eq!(browser.get(path).await.status(), 404, "{path}");
    }
});

on_both_databases!(no_address_leads_out_of_the_folder_of_files, async |stage: Stage| {
    let house = House::on(stage).await;
    let secret = std::fs::read_to_string(house.stage.folder.join("keys")).unwrap();
    let line = secret.lines().find(|line| line.starts_with("pepper")).unwrap();
    for path in [
        "/../keys",
        "/..%2fkeys",
        "/%2e%2e/keys",
        "/%2e%2e%2fkeys",
        "/public/../../keys",
        "/pkg/../../keys",
        "/pkg/..%2f..%2fkeys",
        "/pkg/%2e%2e/%2e%2e/keys",
        "/pkg//keys",
        "/pkg/..%5c..%5ckeys",
        "/..%00/keys",
        "/pkg/%2e%2e%2fportal.db",
    ] {
        // A client mends such addresses, so it is told by hand.
        let text = raw(&house, &format!("GET {path} HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n")).await;
        assert!(
            text.starts_with("HTTP/1.1 40") && !text.contains(line) && !text.contains("SQLite format"),
            "{path}: {text}"
        );
    }
});

/// What Portal answers to these very bytes.
async fn raw(house: &House, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(house.url.strip_prefix("http://").unwrap()).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

// Nobody but Portal writes on Portal's pages, and no address of its leads elsewhere.

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
    let mut shown = Vec::new();
    for page in &pages {
        for function in functions() {
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
    const PUBLIC: [&str; 3] = ["/sign-in", "/sign-in/code", "/gateway-api"];
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

// A10: an address that Portal knows is answered as one that it does not know.

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

// Plain forms.

/// A function, its page, what is typed, and what of it the page keeps.
type Case<'a> = (&'a str, String, Vec<(&'a str, &'a str)>, &'a [&'a str]);

on_both_databases!(a_plain_form_that_fails_says_why_and_keeps_what_was_typed_but_no_secret, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let canary = "canary-0123456789abcdef";
    let mut visitor = Browser::new(&house);
    let failed = visitor
        .submit("ask_code", &[("email", "ada@nowhere@\"><script>x</script>"), ("page", "/sign-in?next=%2Faccount")])
        .await;
    assert_eq!(failed.status(), 422);
    let html = failed.text().await.unwrap();
    assert!(html.contains("An e-mail address has one @"), "{html}");
    assert!(html.contains("ada@nowhere@") && !html.contains("<script>x"), "{html}");
    assert!(html.contains("value=\"/account\""), "the page is the form's own");

    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let (team, connection) = (("team", &*own.team), ("connection", &*own.connection));
    let page = |end: &str| format!("/teams/{}{end}", own.team);
    let at = |path: &str| path.to_owned();
    browser.post("ask_confirmation", &[]).await;
    let cases: [Case; 6] = [
        (
            "create_lwa_app",
            page("/apps/new"),
            vec![
                team,
                ("name", "Typed name"),
                ("environment", "sandbox"),
                ("client_id", "typed-id"),
                ("client_secret", canary),
            ],
            &["Typed name", "typed-id"],
        ),
        (
            "create_connection",
            page("/connections/new"),
            vec![
                team,
                ("name", "Typed name"),
                ("lwa_app", &own.app),
                ("seller_id", "typed-seller"),
                ("marketplace", "DE"),
                ("refresh_token", canary),
            ],
            &["Typed name", "typed-seller"],
        ),
        ("stage_secret", page(&format!("/apps/{}", own.app)), vec![team, ("app", &own.app), ("client_secret", canary)], &[]),
        (
            "replace_refresh_token",
            page(&format!("/connections/{}", own.connection)),
            vec![team, connection, ("refresh_token", canary)],
            &[],
        ),
        ("disconnect", page(&format!("/connections/{}", own.connection)), vec![team, connection, ("confirm", canary)], &[]),
        ("confirm", at("/confirm"), vec![("code", canary)], &[]),
    ];
    for (function, page, mut fields, kept) in cases {
        fields.push(("page", &page));
        let response = browser.submit(function, &fields).await;
        assert_eq!(response.status(), 422, "{function}");
        assert!(response.headers().get(header::LOCATION).is_none(), "{function}: no address holds the failure");
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let html = response.text().await.unwrap();
        assert!(html.contains("notice-danger") && html.contains(&id), "{function}: {html}");
        assert!(!html.contains(canary), "{function}: {html}");
        for typed in kept {
            assert!(html.contains(typed), "{function} lost {typed}: {html}");
        }
    }
    // What nobody may change is said on the page too.
    let refused =
        browser.submit("rename_team", &[("team", &Things::nobodys().team), ("name", "x"), ("page", "/account")]).await;
    assert_eq!(refused.status(), 404);
});

on_both_databases!(a_plain_form_to_a_function_that_is_not_there_is_no_success, async |stage: Stage| {
    let house = House::on(stage).await;
    let mut browser = Browser::signed_in(&house, "ada@example.com").await;
    for (function, status) in [("sessions", 303), ("no_such_function", 404)] {
        let answered = browser.submit(function, &[("page", "/account")]).await;
        assert_eq!(answered.status(), status, "{function}");
        assert_eq!(answered.headers()[header::CACHE_CONTROL], "no-store");
    }
});

on_both_databases!(a_plain_form_that_succeeds_goes_back_to_its_page, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let page = format!("/teams/{}/settings", own.team);
    let done = browser.submit("rename_team", &[("team", &own.team), ("name", "Renamed"), ("page", &page)]).await;
    assert_eq!((done.status().as_u16(), location(&done)), (303, &*page));
    // A key is shown once, by the page that answers the post; no address and no later page has it.
    let page = format!("/teams/{}/gateways/{}", own.team, own.gateway);
    let shown = browser
        .submit("create_gateway_key", &[("team", &own.team), ("gateway", &own.gateway), ("days", "30"), ("page", &page)])
        .await;
    assert_eq!((shown.status().as_u16(), shown.headers().get(header::LOCATION)), (200, None));
    assert_eq!(shown.headers()[header::CACHE_CONTROL], "no-store");
    assert!(shown.text().await.unwrap().contains("ptl_gw_"));
    let later = browser.get(&page).await.text().await.unwrap();
    assert!(!later.replace("ptl_gw_…", "").contains("ptl_gw_0"), "{later}");
});

on_both_databases!(a_form_of_more_than_64_kib_is_refused, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let before = dump(&house, None, &[]).await;
    let team = ada.team.to_string();
    let long = "x".repeat(64 * 1024);
    for function in functions() {
        let request =
            browser.request(Method::POST, &format!("/act/{}", function.name)).header("Sec-Fetch-Site", "same-origin");
        for accept in ["application/json", "text/html"] {
            let request = request.try_clone().unwrap().header(header::ACCEPT, accept).header(header::USER_AGENT, AGENT);
            let response = request.form(&[("team", &team), ("name", &long)]).send().await.unwrap();
            assert_eq!(response.status(), 413, "{}", function.name);
            assert!(!response.text().await.unwrap().contains("xxxx"));
        }
    }
    assert_eq!(dump(&house, None, &[]).await, before);
    // One that just fits is read.
    let fits = "x".repeat(64 * 1024 - team.len() - 12);
    assert_eq!(browser.post("rename_team", &[("team", &team), ("name", &fits)]).await.status(), 422);
});

on_both_databases!(a_pending_code_is_not_told_to_other_browsers, async |stage: Stage| {
    let house = House::on(stage).await;
    let mut browser = Browser::new(&house);
    browser.post("ask_code", &[("email", "ada@example.com")]).await;
    assert!(browser.post("read_pending_code", &[]).await.text().await.unwrap().contains("ada@example.com"));
    assert_eq!(Browser::new(&house).post("read_pending_code", &[]).await.text().await.unwrap(), "null");
    // The store holds no code, and after the sign-in no challenge either.
    let code = house.stage.code_for("ada@example.com").await;
    let kept = column(&house, "SELECT data AS row FROM browser").await.join("");
    assert!(kept.contains("ada@example.com") && !kept.contains(&code));
    browser.post("sign_in", &[("code", &code)]).await;
    let kept = column(&house, "SELECT data AS row FROM browser").await.join("");
    assert!(!kept.contains("ada@example.com"), "{kept}");
});
