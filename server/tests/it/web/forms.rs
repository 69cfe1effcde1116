//! Plain forms.

use model::{Environments, Role, gateway::Scope};
use reqwest::{Method, header};

use crate::{
    browser::{AGENT, Browser},
    house::House,
    on_both_databases,
    registry::{Things, column, dump, functions},
    support::Stage,
};

use super::*;

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

on_both_databases!(what_was_ticked_and_chosen_stays_so_when_a_form_fails, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let bob = house.member(&ada, "bob", Role::Operator, Environments::BOTH).await;
    let (own, bob) = (house.things(&ada).await, bob.signed_in().unwrap().user.to_string());
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let team = ("team", &*own.team);
    let gateway = format!("/teams/{}/gateways/{}", own.team, own.gateway);
    let wrong = [team, ("gateway", &own.gateway), ("name", "orders-sync"), ("networks", "nowhere"), ("page", &gateway)];
    let ticked = ["connection:status", "credential:force"].map(|scope| ("scopes[]", scope));
    let html = browser.submit("change_gateway", &[&wrong[..], &ticked[..]].concat()).await.text().await.unwrap();
    for scope in Scope::ALL {
        let is_checked = html.contains(&format!("value=\"{}\" checked", scope.as_str()));
        assert_eq!(is_checked, ticked.iter().any(|(_, one)| *one == scope.as_str()), "{scope:?}: {html}");
    }
    let members = format!("/teams/{}/members", own.team);
    let changed = [team, ("user", &*bob), ("role", "auditor"), ("sandbox", "true"), ("page", &members)];
    let html = browser.submit("change_member", &changed).await.text().await.unwrap();
    // In the form of that member, and said once.
    let form = html.split("action=\"/act/change_member\"").find(|form| form.contains(&format!("value=\"{bob}\""))).unwrap();
    let form = form.split_once("</form>").unwrap().0;
    assert!(form.contains("value=\"auditor\" selected"), "{form}");
    assert!(form.contains("name=\"sandbox\" value=\"true\" checked"), "{form}");
    assert!(!form.contains("name=\"production\" value=\"true\" checked"), "{form}");
    assert_eq!(html.matches("notice-danger").count(), 1, "{html}");
});

on_both_databases!(what_fails_for_a_thing_that_is_gone_is_said_once, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let team = ("team", &*own.team);
    let gateway = format!("/teams/{}/gateways/{}", own.team, own.gateway);
    let members = format!("/teams/{}/members", own.team);
    let gone = [
        ("revoke_session", vec![("session", &*own.session), ("page", "/account")]),
        ("revoke_gateway_key", vec![team, ("gateway", &own.gateway), ("key", &own.key), ("page", &gateway)]),
        ("revoke_invitation", vec![team, ("invitation", &own.invitation), ("page", &members)]),
    ];
    for (function, fields) in gone {
        assert_eq!(browser.submit(function, &fields).await.status(), 303, "{function}");
        // Somebody else was first.
        let again = browser.submit(function, &fields).await;
        assert!(again.status().is_client_error(), "{function}: {}", again.status());
        let html = again.text().await.unwrap();
        assert_eq!(html.matches("notice-danger").count(), 1, "{function}: {html}");
    }
    // Nor is it silent where the thing is there and its form is not this person's: an admin changes no owner.
    house.member(&ada, "carol", Role::Admin, Environments::BOTH).await;
    let mut carol = Browser::confirmed(&house, "carol@example.com").await;
    let owner = ada.owner.signed_in().unwrap().user.to_string();
    let change = [team, ("user", &*owner), ("role", "auditor"), ("production", "true"), ("page", &members)];
    let refused = carol.submit("change_member", &change).await;
    assert!(refused.status().is_client_error(), "{}", refused.status());
    assert_eq!(refused.text().await.unwrap().matches("notice-danger").count(), 1);
});

on_both_databases!(a_code_that_ran_out_says_so_and_where_another_comes_from, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    house.stage.advance(chrono::Duration::seconds(61));
    let mut browser = Browser::new(&house);
    browser.post("ask_code", &[("email", "ada@example.com"), ("next", "/account")]).await;
    let code = house.stage.code_for("ada@example.com").await;
    house.stage.advance(chrono::Duration::minutes(11));
    let late = browser.submit("sign_in", &[("code", &code), ("page", "/sign-in/code")]).await;
    assert_eq!(late.status(), 422);
    let html = late.text().await.unwrap();
    assert!(html.contains("Send another code") && html.contains("value=\"ada@example.com\""), "{html}");
    assert!(html.contains("value=\"/account\"") && html.contains("notice-danger"), "{html}");
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
    // Who loads that page anew posts again: no second key.
    let fields = [("team", &*own.team), ("gateway", &*own.gateway), ("days", "30"), ("page", &page), ("known_keys", "1")];
    let again = browser.submit("create_gateway_key", &fields).await;
    assert_eq!(again.status(), 409);
    assert!(!again.text().await.unwrap().replace("ptl_gw_…", "").contains("ptl_gw_0"));
    let later = browser.get(&page).await.text().await.unwrap();
    assert!(!later.replace("ptl_gw_…", "").contains("ptl_gw_0"), "{later}");
});

on_both_databases!(a_form_of_more_bytes_than_it_needs_is_refused, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let before = dump(&house, None, &[]).await;
    let team = ada.team.to_string();
    for function in functions() {
        // Where people write at length there is more room.
        let room = if ["write_post_mortem", "write_notice"].contains(&&*function.name) { 512 } else { 64 };
        let long = "x".repeat(room * 1024);
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

on_both_databases!(a_form_that_cannot_be_read_is_the_senders_fault, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let (team, canary) = (ada.team.to_string(), "canary-0123456789abcdef");
    let settings = format!("/teams/{team}/settings");
    for fields in [
        vec![("name", canary)],
        vec![("team", canary), ("name", "x")],
        vec![("team", &*team), ("team", &*team), ("name", "x")],
    ] {
        let asked = browser.post("rename_team", &fields).await;
        assert_eq!(asked.status(), 400, "{fields:?}");
        let text = asked.text().await.unwrap();
        assert!(text.contains("invalid-request") && !text.contains(canary), "{text}");
        let page = browser.submit("rename_team", &[fields.clone(), vec![("page", &settings)]].concat()).await;
        assert_eq!(page.status(), 400, "{fields:?}");
        let html = page.text().await.unwrap();
        assert!(html.contains("This form could not be read"), "{html}");
    }
});
