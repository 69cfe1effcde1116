//! A16, A9: other sites change nothing, and a code works only in the browser that asked, for what it was asked for.

use backend::mail::deliver_due;
use chrono::Duration;
use model::ProblemCode;
use reqwest::{Method, header};

use crate::{
    browser::Browser,
    house::House,
    on_both_databases,
    registry::{dump, form, functions},
    support::Stage,
};

use super::*;

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
