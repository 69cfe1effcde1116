use backend::{
    access::{self, AccessError},
    incidents,
};
use chrono::Duration;
use model::{
    Environments, Permission, Role,
    incident::{Duty, EntryKind, Kind, Step, code},
};

use super::{Case, evidence::send, report};
use crate::{browser::Browser, on_both_databases, registry::pages, support::Stage};

on_both_databases!(who_has_no_part_in_a_restricted_incident_finds_nothing_of_it, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, of) = (&case.of.owner, &case.of);
    let olga = case.house.member(of, "olga", Role::Operator, Environments::BOTH).await;
    let title = "Zanzibar is the culprit";
    let new = incidents::Report { title: title.to_owned(), ..report(Kind::StolenSession, true) };
    let id = incidents::report(&olga, &of.scope, new).await.unwrap();
    let scope = incidents::enter(ada, &of.scope, id).await.unwrap();
    incidents::write(ada, &scope, EntryKind::Note, None, title).await.unwrap();
    incidents::take_step(ada, &scope, Step::Triage, None, title, None).await.unwrap();
    case.house.stage.advance(Duration::hours(13));
    case.house.watch().await;
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();

    let bob_scope = access::enter(&case.bob, of.team, Permission::RunIncidents).await.unwrap();
    assert!(matches!(incidents::enter(&case.bob, &bob_scope, id).await, Err(AccessError::NotFound)));
    assert_eq!(incidents::list(&case.bob, &bob_scope).await.unwrap().len(), 1, "the open one alone");
    for cx in [ada, &olga] {
        let scope = access::enter(cx, of.team, Permission::ReportIncident).await.unwrap();
        assert_eq!(incidents::list(cx, &scope).await.unwrap().len(), 2);
    }
    // Every page and every answer that an admin can ask for, the log, its export, counts and search among them.
    let mut things = case.house.things(of).await;
    things.incident = case.id.to_string();
    let mut browser = Browser::confirmed(&case.house, "bob@example.com").await;
    let forbidden = [title, "Zanzibar", &code(id), &id.to_string(), &id.0.simple().to_string()];
    let mut looked = 0;
    for page in pages().into_iter().filter(|page| page.contains("{team}")) {
        let text = browser.get(&crate::registry::address(&page, &things)).await.text().await.unwrap();
        assert!(forbidden.iter().all(|word| !text.contains(word)), "{page} tells of it");
        looked += 1;
    }
    for query in ["?text=Zanzibar", "?text=incident", "?action=incident", "?outcome=ok"] {
        let text = browser.get(&format!("/teams/{}/log{query}", of.team)).await.text().await.unwrap();
        assert!(!text.contains(&code(id)), "{query}");
    }
    let export = [("format", "csv"), ("action", ""), ("text", "")];
    let key = backend::audit::CheckpointKey::generate("portal.example/audit");
    backend::audit::Sequencer::new(&case.house.stage.portal, key).run().await.unwrap();
    case.house.approved_export(of, &case.bob, &of.owner).await;
    browser.step_up("bob@example.com").await;
    let request = browser.request(reqwest::Method::POST, &format!("/teams/{}/log/export", of.team)).form(&export);
    let export = browser.send(request.header("Sec-Fetch-Site", "same-origin")).await.text().await.unwrap();
    assert!(export.contains("team.created") && forbidden.iter().all(|word| !export.contains(word)));
    for function in crate::registry::functions().into_iter().filter(|f| f.permission.is_some() && f.name != "leave_team") {
        let text = browser.call(&function.name, &crate::registry::form(&function, |_| &things)).await.text().await.unwrap();
        assert!(forbidden.iter().all(|word| !text.contains(word)), "{} tells of it", function.name);
        looked += 1;
    }
    // Every function that names an incident answers of a restricted one as of one that does not exist.
    let mut hidden = things.clone();
    let mut missing = things.clone();
    (hidden.incident, missing.incident) = (id.to_string(), "inc_0190000000007000800000000000dead".to_owned());
    for function in crate::registry::functions().into_iter().filter(|f| f.takes("incident")) {
        let mut seen = Vec::new();
        for things in [&hidden, &missing] {
            let response = browser.call(&function.name, &crate::registry::form(&function, |_| things)).await;
            let status = response.status();
            let text = response.text().await.unwrap();
            seen.push((status, text.split("req_").next().unwrap().to_owned()));
        }
        assert_eq!(seen[0], seen[1], "{}", function.name);
        assert_eq!(seen[0].0, 404, "{}", function.name);
    }
    // Nor do the addresses that take bytes or give them.
    incidents::take_file(ada, &incidents::enter(ada, &of.scope, id).await.unwrap(), "a.txt", "text/plain", b"x".to_vec())
        .await
        .unwrap();
    let (kept, piece) = incidents::locker(ada, &scope).await.map(|mut all| (all.len(), all.remove(0).0.id)).unwrap();
    for incident in [&hidden.incident, &missing.incident] {
        let evidence = format!("/teams/{}/incidents/{incident}/evidence", of.team);
        assert_eq!(send(&mut browser, &evidence, "b.txt", b"x").await, (404, String::new()));
        let copy =
            browser.request(reqwest::Method::POST, &format!("{evidence}/{piece}")).header("Sec-Fetch-Site", "same-origin");
        assert_eq!(browser.send(copy).await.status(), 404);
    }
    assert_eq!(incidents::locker(ada, &scope).await.unwrap().len(), kept);
    // Nor does an open one that goes on in a restricted one lead there.
    incidents::take_step(ada, &case.scope(ada).await, Step::Merge, None, "The same", Some(id)).await.unwrap();
    let merged = browser.get(&format!("/teams/{}/incidents/{}", of.team, case.id)).await.text().await.unwrap();
    assert!(merged.contains("Merged") && forbidden.iter().all(|word| !merged.contains(word)));
    println!("{looked} pages and answers, 0 leaks");
    assert!(looked > 60, "{looked}");
    // Mails too: owners and those with a part hear, nobody else.
    let of_bob = case.house.stage.mails_to("bob@example.com").await;
    assert!(of_bob.iter().all(|mail| !mail.text.contains("Zanzibar") && !mail.subject.contains("Zanzibar")));
    assert!(case.house.stage.mails_to("ada@example.com").await.iter().any(|mail| mail.subject.contains(&code(id))));

    // A duty is a part in it.
    let scope = incidents::enter(ada, &of.scope, id).await.unwrap();
    incidents::give_duty(ada, &scope, Duty::Liaison, case.bob.signed_in().unwrap().user).await.unwrap();
    assert!(incidents::enter(&case.bob, &bob_scope, id).await.is_ok());
});
