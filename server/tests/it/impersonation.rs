//! E4: an operator of the installation looks into a Team, as an owner lets them: for fifteen minutes, changing nothing, seen by everybody.

use backend::{access, impersonations, jobs, mail::read_mailbox};
use chrono::Duration;
use model::{
    Environments, Permission, Role,
    audit::Action,
    ids::{ImpersonationId, UserId},
};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::{
    browser::Browser,
    house::{Furnished, House},
    on_both_databases,
    registry::{Things, address, column, dump, files, form, functions, pages},
    support::{Stage, reveal},
    tenancy::files::{address_of, ask},
};

/// Tables that looking writes to.
const SEEN: [&str; 5] = ["audit_event", "audit_pending", "rate_limit", "session", "impersonation"];
/// Tables that a refused request may write to.
const ASIDE: [&str; 4] = ["audit_event", "audit_pending", "rate_limit", "session"];

/// The operator, who was here first, and another one's Team with everything in it.
struct Scene {
    house: House,
    of: Furnished,
    things: Things,
}

impl Scene {
    async fn on(stage: Stage) -> Self {
        let house = House::on(stage).await;
        house.stage.person("ada").await;
        let of = house.furnished("bob").await;
        let things = house.things(&of).await;
        house.stage.advance(Duration::seconds(61));
        Self { house, of, things }
    }

    fn team(&self) -> String {
        format!("/teams/{}", self.of.team)
    }

    /// The operator's browser, which has asked; the question.
    async fn asks(&self, browser: &mut Browser<'_>) -> ImpersonationId {
        let fields = [("which", &*self.team()), ("reason", "No leases since noon")];
        let asked = browser.post("ask_impersonation", &fields).await;
        assert_eq!(asked.status(), 200, "{}", asked.text().await.unwrap());
        let all: Value = browser.post("my_impersonations", &[]).await.json().await.unwrap();
        all[0]["id"].as_str().unwrap().parse().unwrap()
    }

    /// The owner's code.
    async fn approved(&self, asked: ImpersonationId) -> String {
        let owner = self.house.stage.stepped_up(&self.of.owner);
        reveal(&impersonations::approve(&owner, &self.of.scope, asked).await.unwrap()).to_owned()
    }

    async fn begins(&self, browser: &mut Browser<'_>) -> ImpersonationId {
        let asked = self.asks(browser).await;
        let code = self.approved(asked).await;
        let begun = browser.post("begin_impersonation", &[("impersonation", &asked.to_string()), ("code", &code)]).await;
        assert_eq!(begun.status(), 200, "{}", begun.text().await.unwrap());
        asked
    }

    /// Whatever the operator did in the Team has the owner beside them.
    async fn both_on_every_event(&self) {
        let alone = "SELECT e.action || ' ' || COALESCE(e.reason, '') AS row FROM audit_event e
            JOIN \"user\" a ON a.id = e.actor_id WHERE a.email = 'ada@example.com' AND e.team_id IS NOT NULL
            AND e.on_behalf_of IS NULL AND e.action <> 'impersonation.asked'";
        assert!(column(&self.house, alone).await.is_empty());
    }

    /// What the owner was mailed of it.
    async fn mails(&self) -> Vec<String> {
        backend::mail::deliver_due(&self.house.stage.portal).await.unwrap();
        let mails = read_mailbox(&self.house.stage.folder.join("mail")).unwrap();
        let mut mine: Vec<_> =
            mails.into_iter().filter(|mail| mail.to == "bob@example.com" && mail.subject.contains("Support")).collect();
        mine.sort_by_key(|mail| mail.file.clone());
        mine.into_iter().map(|mail| mail.subject).collect()
    }
}

on_both_databases!(an_operator_looks_into_a_team_as_its_owner_lets_them, async |stage: Stage| {
    let scene = Scene::on(stage).await;
    let mut ada = Browser::confirmed(&scene.house, "ada@example.com").await;
    assert_eq!(ada.get(&scene.team()).await.status(), 404);
    let asked = scene.begins(&mut ada).await;
    let other = &mut Browser::signed_in_later(&scene.house, "ada@example.com").await;
    assert_eq!(other.get(&scene.team()).await.status(), 404, "another browser of the same operator");
    let (mut seen, mut refused) = (Vec::new(), Vec::new());
    let before = dump(&scene.house, Some(&scene.things.team), &SEEN).await;
    for page in pages().iter().filter(|page| page.starts_with("/teams/{team}")) {
        let path = address(page, &scene.things);
        let answer = ada.get(&path).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(text.contains("You look into Team of bob as support"), "{path}: {status}");
        assert!(text.contains("as bob@example.com approved"), "{path}");
        assert!(!text.contains("data-live=") && !text.contains("data-team="), "{path} asks for more by itself");
        if status == 200 { seen.push(path) } else { refused.push((page.clone(), status.as_u16())) }
    }
    println!("{} pages of the Team seen, {} refused: {refused:?}", seen.len(), refused.len());
    assert!(seen.len() > 30 && refused.iter().all(|(_, status)| *status == 403), "{refused:?}");
    let after = dump(&scene.house, Some(&scene.things.team), &SEEN).await;
    for (table, rows) in &after {
        assert_eq!(rows, &before[table], "looking changed {table}");
    }
    // Everywhere else the banner stands too; what leads away shows no page.
    let mut elsewhere = vec!["/nowhere".to_owned()];
    elsewhere.extend(pages().into_iter().filter(|page| !page.starts_with("/teams/{team}")));
    let mut shown = 0;
    for path in &elsewhere {
        let answer = ada.get(path).await;
        if !answer.status().is_redirection() {
            assert_eq!(answer.text().await.unwrap().matches("You look into Team of bob as support").count(), 1, "{path}");
            shown += 1;
        }
    }
    assert!(shown >= 8, "{shown} of {elsewhere:?}");
    // The Team sees it on each of its pages.
    let bob = &mut Browser::signed_in_later(&scene.house, "bob@example.com").await;
    for page in pages().iter().filter(|page| page.starts_with("/teams/{team}")) {
        let text = bob.get(&address(page, &scene.things)).await.text().await.unwrap();
        assert_eq!(text.matches("ada@example.com looks into this Team as support").count(), 1, "{page}");
    }
    // Each page is in the Team's log, with both of them.
    let many = format!(
        "SELECT CAST(COUNT(*) AS TEXT) AS row FROM audit_event e JOIN \"user\" a ON a.id = e.actor_id
         JOIN \"user\" o ON o.id = e.on_behalf_of WHERE e.action = 'impersonation.seen' AND a.email = 'ada@example.com'
         AND o.email = 'bob@example.com' AND e.details LIKE '%{asked}%'"
    );
    let noted: usize = column(&scene.house, &many).await[0].parse().unwrap();
    assert_eq!(noted, seen.len() + refused.len());
    scene.both_on_every_event().await;
    assert_eq!(scene.mails().await, ["Support asks to look into your Team", "Support looks into your Team"]);
    // People read both names.
    let log = bob.get(&format!("{}/log", scene.team())).await.text().await.unwrap();
    assert!(log.contains("ada@example.com for bob@example.com"));
    // After fifteen minutes it is over, whatever they do, and the owner hears of it.
    scene.house.stage.advance(Duration::minutes(15));
    assert_eq!(ada.get(&scene.team()).await.status(), 404);
    jobs::run_due(&scene.house.stage.portal).await.unwrap();
    assert_eq!(scene.mails().await.last().unwrap(), "Support looks into your Team no longer");
    let item = impersonations::list(&scene.of.owner, &scene.of.scope).await.unwrap().remove(0);
    assert_eq!((item.pages, item.ended_at.is_some()), (i32::try_from(noted).unwrap(), true));
});

on_both_databases!(whoever_looks_in_changes_nothing_and_watches_nothing, async |stage: Stage| {
    let scene = Scene::on(stage).await;
    let mut ada = Browser::confirmed(&scene.house, "ada@example.com").await;
    scene.begins(&mut ada).await;
    let before = dump(&scene.house, Some(&scene.things.team), &ASIDE).await;
    let (mut asked, mut did) = (0, Vec::new());
    for function in functions().iter().filter(|function| function.permission.is_some()) {
        let answer = ada.call(&function.name, &form(function, |_| &scene.things)).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        if status != 403 || !text.contains("You look into this Team as support") {
            did.push((function.name.clone(), status.as_u16(), text));
        }
        asked += 1;
    }
    println!("figure E4: {asked} functions of a Team asked by an impersonator, {} forbidden acts done", did.len());
    assert!(asked > 100 && did.is_empty(), "{asked}: {did:?}");
    // An address that is written otherwise, or asked for otherwise, is no way to look.
    let encoded = format!("{}/connections/%63on{}", scene.team(), &scene.things.connection[3..]);
    assert_eq!(ada.get(&encoded).await.status(), 403);
    let head = ada.request(reqwest::Method::HEAD, &scene.team());
    assert_eq!(ada.send(head).await.status(), 403);
    let form = [("impersonation", "x"), ("page", &*scene.team())];
    let answered = ada.submit("stop_impersonation", &form).await.text().await.unwrap();
    assert!(!answered.contains("Live leases"), "a page that answers a form shows the Team");
    // So do the routes that are no server functions; nor is anything watched that nobody notes.
    for (_, route) in files().into_iter().filter(|(_, path)| path.starts_with("/live/")) {
        let path = address(&route, &scene.things);
        assert_eq!(ada.get(&path).await.status(), 403, "{path}");
    }
    for (method, path) in files().into_iter().filter(|(_, path)| path.starts_with("/teams/")) {
        let path = address_of(&path, |name| scene.things.named(name).unwrap().to_owned());
        assert_eq!(ask(&ada, &method, &path).await.0, 403, "{method} {path}");
    }
    scene.both_on_every_event().await;
    let after = dump(&scene.house, Some(&scene.things.team), &ASIDE).await;
    for (table, rows) in &after {
        assert_eq!(rows, &before[table], "{table}");
    }
    // Their own things are theirs.
    assert_eq!(ada.post("create_team", &[("name", "Mine")]).await.status(), 200);
});

on_both_databases!(whoever_looks_into_another_team_looks_into_the_first_no_longer, async |stage: Stage| {
    let scene = Scene::on(stage).await;
    let mut ada = Browser::confirmed(&scene.house, "ada@example.com").await;
    scene.begins(&mut ada).await;
    let eve = scene.house.furnished("eve").await;
    let second = format!("/teams/{}", eve.team);
    let fields = [("which", &*second), ("reason", "Their gateway is refused")];
    assert_eq!(ada.post("ask_impersonation", &fields).await.status(), 200);
    let asked = impersonations::list(&eve.owner, &eve.scope).await.unwrap().remove(0).id;
    let owner = scene.house.stage.stepped_up(&eve.owner);
    let code = impersonations::approve(&owner, &eve.scope, asked).await.unwrap();
    let begun = ada.post("begin_impersonation", &[("impersonation", &*asked.to_string()), ("code", reveal(&code))]).await;
    assert_eq!(begun.status(), 200, "{}", begun.text().await.unwrap());
    assert!(impersonations::list(&scene.of.owner, &scene.of.scope).await.unwrap()[0].ended_at.is_some());
    assert_eq!(
        (ada.get(&scene.team()).await.status(), ada.get(&second).await.status()),
        (404.try_into().unwrap(), 200.try_into().unwrap())
    );
    assert_eq!(scene.mails().await.last().unwrap(), "Support looks into your Team no longer");
});

on_both_databases!(either_side_ends_it_at_once, async |stage: Stage| {
    let scene = Scene::on(stage).await;
    let mut ada = Browser::confirmed(&scene.house, "ada@example.com").await;
    let first = scene.begins(&mut ada).await;
    assert_eq!(ada.get(&scene.team()).await.status(), 200);
    impersonations::end_of_team(&scene.of.owner, &scene.of.scope, first).await.unwrap();
    assert_eq!(ada.get(&scene.team()).await.status(), 404);
    let second = scene.begins(&mut ada).await;
    assert_eq!(ada.get(&scene.team()).await.status(), 200);
    assert_eq!(ada.post("stop_impersonation", &[("impersonation", &second.to_string())]).await.status(), 200);
    assert_eq!(ada.get(&scene.team()).await.status(), 404);
    // An approval is worth what its owner is.
    scene.begins(&mut ada).await;
    let carol = scene.house.member(&scene.of, "carol", Role::Owner, Environments::BOTH).await;
    let scope = access::enter(&carol, scene.of.team, Permission::ManageMembers).await.unwrap();
    let bob = scene.of.owner.signed_in().unwrap().user;
    let carol = scene.house.stage.stepped_up(&carol);
    backend::teams::change_member(&carol, &scope, bob, Role::Admin, Environments::BOTH).await.unwrap();
    assert_eq!(ada.get(&scene.team()).await.status(), 404);
    // The job notices, and the owners hear of it.
    jobs::run_due(&scene.house.stage.portal).await.unwrap();
    let ended = "SELECT CAST(COUNT(*) AS TEXT) AS row FROM audit_event WHERE action = 'impersonation.ended' AND on_behalf_of IS NOT NULL";
    assert_eq!(column(&scene.house, ended).await, ["3"]);
    // Whoever ended it, both of them stand in it.
    let operator = "SELECT LOWER(CAST(id AS TEXT)) AS row FROM \"user\" WHERE email = 'ada@example.com'";
    let operator = match scene.house.stage.portal.db.reader().get_database_backend() {
        sea_orm::DbBackend::Sqlite => operator.replace("CAST(id AS TEXT)", "HEX(id)"),
        _ => operator.to_owned(),
    };
    let operator = UserId(column(&scene.house, &operator).await[0].parse().unwrap());
    let ended = scene.house.stage.events(&scene.of.scope, Action::ImpersonationEnded).await;
    assert_eq!(ended.len(), 3);
    for event in ended {
        assert!(event.details.contains(&operator.to_string()), "{event:?}");
        assert_eq!(event.on_behalf_of, Some(bob.0), "{event:?}");
    }
});

on_both_databases!(it_stands_no_longer_than_those_who_made_it, async |stage: Stage| {
    let scene = Scene::on(stage).await;
    let db = scene.house.stage.portal.db.reader();
    let (bob, team) = (scene.of.owner.signed_in().unwrap().user.0, scene.of.team);
    let ada = scene.house.stage.person("ada-in-the-morning").await.signed_in().unwrap().user;
    scene.house.stage.advance(Duration::seconds(61));
    let run = async |text: &str| db.execute_unprepared(text).await.unwrap();
    let of = |user: uuid::Uuid| match db.get_database_backend() {
        sea_orm::DbBackend::Sqlite => format!("x'{}'", user.simple()),
        _ => format!("'{user}'"),
    };
    let (owner, in_team) = (of(bob), of(team.0));
    run("UPDATE \"user\" SET is_operator = true WHERE email = 'ada-in-the-morning@example.com'").await;
    let changes = [
        (
            format!("UPDATE \"user\" SET disabled_at = created_at WHERE id = {owner}"),
            format!("UPDATE \"user\" SET disabled_at = NULL WHERE id = {owner}"),
        ),
        (
            format!(
                "UPDATE member SET company = 'Keepers', ends_at = joined_at WHERE team_id = {in_team} AND user_id = {owner}"
            ),
            format!("UPDATE member SET company = NULL, ends_at = NULL WHERE team_id = {in_team} AND user_id = {owner}"),
        ),
        (
            "UPDATE \"user\" SET is_operator = false WHERE email LIKE 'ada-in%'".to_owned(),
            "UPDATE \"user\" SET is_operator = true WHERE email LIKE 'ada-in%'".to_owned(),
        ),
    ];
    for (change, back) in changes {
        scene.house.stage.advance(Duration::hours(2));
        let mut browser = Browser::confirmed(&scene.house, "ada-in-the-morning@example.com").await;
        scene.begins(&mut browser).await;
        assert_eq!(browser.get(&scene.team()).await.status(), 200);
        run(&change).await;
        assert_eq!(browser.get(&scene.team()).await.status(), 404, "{change}");
        jobs::run_due(&scene.house.stage.portal).await.unwrap();
        run(&back).await;
        // It does not come back with its cause.
        assert_eq!(browser.get(&scene.team()).await.status(), 404, "{back}");
    }
    // So it is when whoever looks comes into the Team, or signs out.
    scene.house.stage.advance(Duration::hours(2));
    let mut browser = Browser::confirmed(&scene.house, "ada-in-the-morning@example.com").await;
    scene.begins(&mut browser).await;
    let now = scene.house.stage.portal.clock.now();
    let employee = model::engagement::Engagement::Employee;
    backend::store::member::insert(db, team, ada, Role::Admin, Environments::BOTH, &employee, now).await.unwrap();
    let page = browser.get(&scene.team()).await.text().await.unwrap();
    assert!(page.contains("Team of bob") && !page.contains("You look into"));
    run(&format!("DELETE FROM member WHERE team_id = {in_team} AND user_id = {}", of(ada.0))).await;
    jobs::run_due(&scene.house.stage.portal).await.unwrap();
    scene.house.stage.advance(Duration::hours(2));
    browser = Browser::confirmed(&scene.house, "ada-in-the-morning@example.com").await;
    scene.begins(&mut browser).await;
    browser.post("sign_out", &[]).await;
    jobs::run_due(&scene.house.stage.portal).await.unwrap();
    assert!(
        impersonations::list(&scene.of.owner, &scene.of.scope)
            .await
            .unwrap()
            .iter()
            .all(|one| one.ended_at.is_some() || one.begun_at.is_none())
    );
});

on_both_databases!(a_code_is_good_once_for_five_minutes_and_five_tries, async |stage: Stage| {
    let scene = Scene::on(stage).await;
    let mut ada = Browser::confirmed(&scene.house, "ada@example.com").await;
    let begin = async |browser: &mut Browser<'_>, id: ImpersonationId, code: &str| {
        browser.post("begin_impersonation", &[("impersonation", &id.to_string()), ("code", code)]).await.status().as_u16()
    };
    let asked = scene.asks(&mut ada).await;
    assert_eq!(begin(&mut ada, asked, "12345678").await, 422, "nobody approved");
    let code = scene.approved(asked).await;
    // Whoever did not write it down makes another one; the one before is worth nothing.
    let lost = code;
    let code = scene.approved(asked).await;
    assert!(lost == code || begin(&mut ada, asked, &lost).await == 422);
    let code = if lost == code { code } else { scene.approved(asked).await };
    assert!(impersonations::approve(&scene.of.owner, &scene.of.scope, asked).await.is_err(), "without a fresh proof");
    let wrong = if code == "12345678" { "12345679" } else { "12345678" };
    for _ in 0..5 {
        assert_eq!(begin(&mut ada, asked, wrong).await, 422);
    }
    assert_eq!(begin(&mut ada, asked, &code).await, 422, "mistyped too often");
    let asked = scene.asks(&mut ada).await;
    let code = scene.approved(asked).await;
    scene.house.stage.advance(Duration::minutes(5));
    assert_eq!(begin(&mut ada, asked, &code).await, 422, "five minutes are over");
    let asked = scene.asks(&mut ada).await;
    let code = scene.approved(asked).await;
    assert_eq!(begin(&mut ada, asked, &code).await, 200);
    assert_eq!(begin(&mut ada, asked, &code).await, 422, "it is good once");
    // What is stored is no code.
    let kept = "SELECT CAST(COUNT(*) AS TEXT) AS row FROM impersonation WHERE code_mac IS NOT NULL AND begun_at IS NOT NULL";
    assert_eq!(column(&scene.house, kept).await, ["0"]);
});

on_both_databases!(only_operators_ask_and_only_with_a_reason, async |stage: Stage| {
    let scene = Scene::on(stage).await;
    let ask = async |browser: &mut Browser<'_>, which: &str, reason: &str| {
        let answer = browser.post("ask_impersonation", &[("which", which), ("reason", reason)]).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let team = scene.of.team.to_string();
    let mut carol = Browser::signed_in_later(&scene.house, "carol@example.com").await;
    assert_eq!(ask(&mut carol, &team, "No leases since noon").await.0, 404);
    assert_eq!(carol.get("/installation/support").await.status(), 404);
    let mut ada = Browser::confirmed(&scene.house, "ada@example.com").await;
    assert!(ask(&mut ada, &team, "because").await.1.contains("in 10 letters at least"));
    assert!(ask(&mut ada, "Team of bob", "No leases since noon").await.1.contains("no Team's id"));
    let nobodys = Things::nobodys().team;
    assert!(ask(&mut ada, &nobodys, "No leases since noon").await.1.contains("There is no Team with this id"));
    let own: Value = ada.post("create_team", &[("name", "Mine")]).await.json().await.unwrap();
    assert!(ask(&mut ada, own.as_str().unwrap(), "No leases since noon").await.1.contains("You are in this Team"));
    // Four questions are more than owners want to hear.
    for _ in 0..3 {
        assert_eq!(ask(&mut ada, &team, "No leases since noon").await.0, 200);
    }
    assert_eq!(ask(&mut ada, &team, "No leases since noon").await.0, 429);
    let open: Value = ada.post("my_impersonations", &[]).await.json().await.unwrap();
    let asked = open.as_array().unwrap().iter().filter(|one| one["state"] == "asked").count();
    assert_eq!(asked, 1, "a question takes the place of the one before");
    let id = open[0]["id"].as_str().unwrap().parse().unwrap();
    impersonations::decline(&scene.of.owner, &scene.of.scope, id).await.unwrap();
    assert!(impersonations::decline(&scene.of.owner, &scene.of.scope, id).await.is_err());
});
