//! Forms whose proof ended while somebody typed: they stand, and say where it is given anew.

use std::collections::{BTreeSet, HashMap};

use sea_orm::ConnectionTrait;

use crate::{
    browser::Browser,
    coverage::unproved::{asks, is_read, needs_none},
    house::House,
    on_both_databases,
    registry::{address, form, functions, pages},
    support::Stage,
};

/// Dangerous functions whose form this house has not, by the reason. Each stands in the same gate as the others.
const ELSEWHERE: [(&str, &[&str]); 5] = [
    ("a device fills it in", &["add_passkey"]),
    ("only operators of the installation have it", &["ask_impersonation", "begin_impersonation", "enable_account"]),
    ("another person must have been there first", &["approve_deletion", "lift_measure"]),
    ("things stand otherwise", &["drop_other_secret", "promote_secret", "remove_lwa_app", "sign_access_review"]),
    ("it asks for a proof of more than it sends here", &["set_gateway_connections"]),
];

on_both_databases!(a_form_that_stands_apart_from_its_gate_is_there_when_the_proof_ended, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let hold = house.a_hold(&ada).await.to_string();
    let own = house.things(&ada).await;
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let team = ("team", &*own.team);
    let (rules, kept) = (format!("/teams/{}/alerts/rules", own.team), format!("/teams/{}/log/retention", own.team));
    let rule = [team, ("rule", "refused_calls"), ("threshold", "77"), ("page", &rules)];
    let html = browser.submit("set_alert_rule", &rule).await.text().await.unwrap();
    assert!(html.contains("value=\"77\"") && html.contains("To change the rule"), "{html}");
    assert_eq!((html.matches("notice-danger").count(), html.matches("data-gated").count()), (1, 0), "{html}");
    let html = browser.submit("lift_hold", &[team, ("hold", &hold), ("page", &kept)]).await.text().await.unwrap();
    assert!(html.contains("To lift the legal hold") && html.contains("Confirm in a new tab"), "{html}");
    assert_eq!((html.matches("notice-danger").count(), html.matches("data-gated").count()), (1, 0), "{html}");
});

on_both_databases!(in_a_team_that_asks_for_passkeys_a_page_waits_for_one, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let page = format!("/teams/{}/gateways/{}", own.team, own.gateway);
    let waits = |html: &str| ["proof", "passkey"].map(|kind| html.matches(&format!("data-gated=\"{kind}\"")).count());
    assert_eq!(waits(&browser.get(&page).await.text().await.unwrap()), [0, 0]);
    let execute = async |text: &str| house.stage.portal.db.reader().execute_unprepared(text).await.map(|_| ()).unwrap();
    execute("UPDATE session SET stepped_up_at = NULL").await;
    let [by_proof, none] = waits(&browser.get(&page).await.text().await.unwrap());
    assert!(by_proof > 0 && none == 0);
    // A code that was typed elsewhere opens nothing here.
    execute("UPDATE team SET passkeys_required = TRUE").await;
    execute("UPDATE session SET passkey_at = signed_in_at, stepped_up_at = signed_in_at").await;
    assert_eq!(waits(&browser.get(&page).await.text().await.unwrap()), [0, by_proof]);
});

on_both_databases!(no_page_loses_a_form_whose_proof_ended, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    // Where each form stands, while the proof is good.
    let mut stands = HashMap::new();
    for page in pages() {
        let path = address(&page, &own);
        let html = browser.get(&path).await.text().await.unwrap();
        for name in html.split("action=\"/act/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()) {
            stands.entry(name).or_insert_with(|| path.clone());
        }
    }
    let forgotten = "UPDATE session SET stepped_up_at = NULL, by_passkey_at = NULL";
    house.stage.portal.db.reader().execute_unprepared(forgotten).await.unwrap();
    // What stands before a form says of what it is, and in which Team.
    for page in pages().iter().filter(|page| page.starts_with("/teams/{team}")) {
        let html = browser.get(&address(page, &own)).await.text().await.unwrap();
        for gate in html.split("aria-label=\"Confirm: ").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(gate.ends_with("Team of ada"), "{page}: {gate}");
        }
    }
    let mut asked = Vec::new();
    for function in functions().iter().filter(|one| stands.contains_key(&one.name) && !needs_none(&one.name)) {
        let fields = form(function, |_| &own);
        let answer = browser.call(&function.name, &fields).await;
        if !asks(answer.status().as_u16(), &answer.text().await.unwrap()) {
            continue;
        }
        let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("page", &stands[&function.name]));
        let html = browser.submit(&function.name, &fields).await.text().await.unwrap();
        assert!(!html.contains("data-gated"), "{} is hidden on {}", function.name, stands[&function.name]);
        let action = format!("action=\"/act/{}\"", function.name);
        let form = html.split(&action).skip(1);
        // In its own words, which are nobody's to read in an address.
        let is_of_team = stands[&function.name].starts_with("/teams/");
        let has_notice = |form: &str| {
            let Some((form, _)) = form.split_once("</form>") else { return false };
            let named = form.contains("href=\"/confirm?about=") && form.contains("Team of ada, confirm that it is you.");
            form.contains("in a new tab") && (named || !is_of_team)
        };
        assert_eq!(form.filter(|form| has_notice(form)).count(), 1, "{} on {}", function.name, stands[&function.name]);
        asked.push(function.name.clone());
    }
    println!("{} forms stand when their proof has ended: {asked:?}", asked.len());
    assert!(ELSEWHERE.iter().all(|(_, names)| names.iter().all(|name| !asked.iter().any(|one| one == name))), "{asked:?}");
    asked.extend(ELSEWHERE.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned())));
    let dangerous = functions().into_iter().map(|one| one.name).filter(|name| !needs_none(name) && !is_read(name));
    assert_eq!(BTreeSet::from_iter(asked), dangerous.collect());
});

on_both_databases!(a_proof_that_ends_while_somebody_types_loses_nothing, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let page = format!("/teams/{}/apps/{}", own.team, own.app);
    // Behind its gate it is hidden.
    let is_open = |html: &str| html.contains("name=\"secret_made_on\"") && !html.contains("data-gated");
    // Somebody rotates a secret; the next one may be stored once the other slot is free.
    let drop = [("team", &*own.team), ("app", &own.app), ("page", &page)];
    browser.submit("drop_other_secret", &drop).await;
    assert!(is_open(&browser.get(&page).await.text().await.unwrap()), "the form is open while the proof is good");
    house.stage.advance(model::step_up::STEP_UP_LIFE + chrono::Duration::seconds(1));
    let secret = crate::house::known_app().client_secret;
    let typed = [("client_secret", secret), ("secret_made_on", "2026-09-03")];
    let refused = browser.submit("stage_secret", &[&drop[..], &typed[..]].concat()).await;
    assert_eq!(refused.status(), 403);
    let html = refused.text().await.unwrap();
    // The form stands with what was typed, but for the secret; and says where to confirm without leaving it.
    assert!(is_open(&html) && html.contains("value=\"2026-09-03\""), "what was typed is gone");
    assert!(!html.contains(secret), "a secret came back");
    assert!(html.contains("confirm that it is you") && html.contains("target=\"_blank\""), "nowhere to confirm");
    assert!(!is_open(&browser.get(&page).await.text().await.unwrap()), "behind its gate again");
});
