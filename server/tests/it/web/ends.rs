//! A15: an end holds from the next request on.

use std::collections::HashMap;

use backend::gateways;
use chrono::Duration;
use futures::future::join_all;
use model::{Environments, Role};
use reqwest::{Method, header};

use crate::{
    browser::Browser,
    house::House,
    on_both_databases,
    registry::{address, dump, files, form, functions, pages},
    support::Stage,
    tenancy::files::{address_of, ask},
};

use super::*;

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

fn all_out(who: &str, answers: &[(u16, String)]) {
    let is_out = |(status, to): &&(u16, String)| *status == 401 || (*status == 303 && to.starts_with("/sign-in?next="));
    let served = answers.len() - answers.iter().filter(is_out).count();
    println!("figure A15: {served} of {} requests served of {who}", answers.len());
    assert_eq!((answers.len(), served), (32, 0), "{answers:?}");
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
    all_out("a session that was ended", &tries(&house, &lost, &paths).await);
    assert!(is_signed_in(&mut kept).await);

    // All others at once; then the last one by itself.
    house.stage.advance(Duration::hours(1) - Duration::seconds(70));
    assert!(is_signed_in(&mut kept).await);
    house.stage.advance(Duration::seconds(10));
    let mut third = Browser::signed_in_later(&house, "ada@example.com").await;
    assert!(is_signed_in(&mut third).await);
    assert_eq!(kept.post("revoke_other_sessions", &[]).await.status(), 200);
    all_out("a session that was ended", &tries(&house, &third, &paths).await);
    let cookie = kept.cookie.clone();
    assert_eq!(kept.post("sign_out", &[]).await.status(), 200);
    all_out("a session that was ended", &tries(&house, &with_cookie(&house, cookie.as_deref()), &paths).await);
});

on_both_databases!(a_disabled_user_is_out_at_the_next_request, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    assert!(is_signed_in(&mut browser).await);
    // As the job does it to an account that nobody used for 45 days, whose sessions would be over by age.
    use sea_orm::ConnectionTrait;
    let tx = house.stage.portal.db.begin().await.unwrap();
    tx.execute_unprepared("UPDATE \"user\" SET disabled_at = created_at").await.unwrap();
    tx.commit().await.unwrap();
    all_out("a disabled user", &tries(&house, &browser, &["/", &format!("/teams/{}", ada.team)]).await);
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
    let mut log = browser.get(&format!("/live/teams/{}/log", own.team)).await;
    assert_eq!(log.status(), 200);
    let owner = house.stage.stepped_up(&ada.owner);
    backend::teams::remove_member(&owner, &ada.scope, carol.signed_in().unwrap().user).await.unwrap();
    // What was open tells nothing more, and ends; what is a file is not there.
    gateways::disable(&owner, &ada.scope, ada.gateway).await.unwrap();
    let rest = async {
        let mut rest = Vec::new();
        while let Ok(Some(chunk)) = log.chunk().await {
            rest.extend_from_slice(&chunk);
        }
        String::from_utf8_lossy(&rest).into_owned()
    };
    let rest = tokio::time::timeout(std::time::Duration::from_secs(20), rest).await.expect("the stream ends");
    assert!(!rest.contains("disabled"), "{rest}");
    let mut answers = Vec::new();
    for (method, path) in files().into_iter().filter(|(_, path)| path.starts_with("/teams/") || path.starts_with("/live/")) {
        let path = address_of(&path, |name| own.named(name).unwrap().to_owned());
        answers.push((ask(&browser, &method, &path).await.0, path));
    }
    let before = dump(&house, None, &["audit_event"]).await;
    for function in functions().iter().filter(|function| function.takes("team")) {
        let response = browser.call(&function.name, &form(function, |_| &own)).await;
        answers.push((response.status().as_u16(), function.name.clone()));
    }
    let mut nothing = Vec::new();
    for page in pages().iter().filter(|page| page.starts_with("/teams/{team}")) {
        let response = browser.get(&address(page, &own)).await;
        answers.push((response.status().as_u16(), page.clone()));
        let text = response.text().await.unwrap();
        nothing.extend(["Team of ada", "Our app", "Shop"].into_iter().filter(|name| text.contains(name)));
    }
    assert!(nothing.is_empty(), "{nothing:?}");
    assert_eq!(dump(&house, None, &["audit_event"]).await, before);
    let served: Vec<_> = answers.iter().filter(|(status, _)| *status != 404).collect();
    println!("figure A15: {} of {} requests served of a removed member", served.len(), answers.len());
    assert!(served.is_empty() && answers.len() > 150, "{served:?}");
});
