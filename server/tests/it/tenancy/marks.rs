//! What is written in a Team is read by nobody outside: every column of text holds a mark, and no sight of others does.

use super::*;

/// What Team A's people write, wherever they can write: a word, and the same for fields of a fixed shape.
const MARK: &str = "quetzal7h3k";
const MARKED_SELLER: &str = "AQUETZAL7H3K9";
const MARKED_ADDRESS: &str = "203.0.113.77";
const MARKED_CLIENT: &str = "amzn1.application-oa2-client.e7a1e7a1e7a1e7a1e7a1e7a1e7a1e7a1";
const MARKED_APPLICATION: &str = "amzn1.sp.solution.e7a1c0de-7a64-4a0e-9d0b-51a0c0ffee77";
const MARKS: [&str; 4] = [MARK, MARKED_ADDRESS, "e7a1e7a1e7a1", "e7a1c0de"];

/// Columns of text that nobody writes freely.
const OWN_WORDS: [(&str, &str); 17] = [
    ("action", "a word of the catalogue"),
    ("actor_kind", "a word of a list"),
    ("ended_as", "a word of a list"),
    ("environment", "a word of a list"),
    ("test_failure", "a word of Portal's own"),
    ("failure_code", "a word of Portal's own"),
    ("kind", "a word of a list"),
    ("kek_id", "the name of a key"),
    ("marketplace", "a code of the table of marketplaces"),
    ("marketplace_ids", "ids of the table of marketplaces"),
    ("outcome", "a word of a list"),
    ("region", "a word of a list"),
    ("rejected_code", "a word of Portal's own"),
    ("role", "a word of a list"),
    ("rule", "a word of a list"),
    ("scopes", "words of a list"),
    ("state", "a word of a list"),
];
const OWN_WORDS_OF: [(&str, &str); 33] = [
    ("notification_control.message_id", "an id that Amazon made and signed"),
    ("notification.source", "a word of a list"),
    ("notification.way", "a word of a list"),
    ("access_review_item.subject_kind", "a word of a list"),
    ("access_review_item.decision", "a word of a list"),
    ("access_review_item.facts", "words of Portal's own, and of companies that other columns hold"),
    ("approval.act", "a word of a list"),
    ("drill.report", "words of Portal's own"),
    ("notice.track", "a word of a list"),
    ("task.phase", "a word of a list"),
    ("playbook_task.phase", "a word of a list"),
    ("custody.act", "a word of a list"),
    ("audit_word.field", "a word of a list"),
    ("webhook_delivery.answer", "a status or a word of Portal's own"),
    ("incident.severity", "a word of a list"),
    ("incident_duty.duty", "a word of a list"),
    ("incident_alarm.clock", "a word of a list"),
    ("measure.result", "words of Portal's own"),
    ("review.sample", "ids"),
    ("alert.about", "ids and words of lists"),
    ("alert.severity", "a word of a list"),
    ("alert.subject_kind", "a word of a list"),
    ("alert_delivery.mail_from", "a word of a list"),
    ("alert_delivery.quiet", "two hours"),
    ("audit_tally.day", "a day"),
    ("key_network.network", "a network, not an address"),
    ("audit_event.reason", "a word of Portal's own"),
    ("audit_event.target_kind", "a word of a list"),
    ("connection.seller_id_source", "a word of a list"),
    ("lock.reason", "the id of a measure"),
    ("lock.target_kind", "a word of a list"),
    ("lwa_app.other_slot", "a word of a list"),
    ("rate_limit.bucket", "an id"),
];

/// The marks in a text.
fn marks(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    MARKS.into_iter().filter(|mark| text.contains(mark)).collect()
}

/// Writes marks wherever a person or a gateway of the Team can write.
async fn mark(house: &House, ada: &Furnished, things: &Things) {
    let email = format!("{MARK}@example.com");
    let mut browser = Browser::confirmed(house, &email).await;
    let name = format!("{MARK} & <b>Co</b>");
    let seller = other_seller();
    let team = ("team", &*things.team);
    // First: what an alert of shown secrets says last is the marked gateway's name.
    mark_notifications(house, ada).await;
    let writes: [(&str, &[(&str, &str)]); 8] = [
        ("rename_team", &[("name", &name)]),
        (
            "create_lwa_app",
            &[
                ("name", &name),
                ("environment", "production"),
                ("client_id", MARKED_CLIENT),
                ("client_secret", crate::house::known_app().client_secret),
                ("application_id", MARKED_APPLICATION),
            ],
        ),
        (
            "create_connection",
            &[
                ("name", &name),
                ("lwa_app", &things.app),
                ("seller_id", MARKED_SELLER),
                ("marketplace", seller.marketplaces[0]),
                ("refresh_token", seller.refresh_token),
            ],
        ),
        ("start_consent", &[("name", &format!("{name} again")), ("lwa_app", &things.app), ("marketplace", "DE")]),
        (
            "change_gateway",
            &[
                ("gateway", &things.gateway),
                ("name", &name),
                ("scopes[]", "credential:issue"),
                ("scopes[]", "feedback:write"),
                ("networks", "203.0.113.77/32"),
            ],
        ),
        (
            "invite_member",
            &[
                ("email", "invited-quetzal7h3k@example.com"),
                ("role", "auditor"),
                ("production", "true"),
                ("works_as", "contractor"),
                ("company", MARK),
                ("until", "2027-01-31"),
            ],
        ),
        ("create_gateway_key", &[("gateway", &things.gateway), ("days", "30")]),
        ("log", &[("query[action]", MARK)]),
    ];
    for (function, fields) in writes {
        let response = browser.post(function, &[&[team], fields].concat()).await;
        assert_eq!(response.status(), 200, "{function}: {}", response.text().await.unwrap());
    }
    let path = format!("/api/gateway/v1/teams/{}/connections/{}", ada.team, ada.connection);
    let report =
        json!({ "generation": 1, "sp_api_status": 403, "sp_api_code": MARK, "sp_api_detail": MARK, "request_id": MARK });
    for (end, body) in [("credentials", json!({ "purpose": MARK })), ("feedback", report)] {
        let request = house.ask(Method::POST, &ada.secret, &format!("{path}/{end}")).json(&body);
        let request = request.header("X-Forwarded-For", MARKED_ADDRESS).header(header::USER_AGENT, MARK);
        assert!(request.send().await.unwrap().status().is_success(), "{end}");
    }
    let hook = format!("http://127.0.0.1:9/{MARK}");
    let fields = [team, ("url", &hook), ("webhook_secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
    assert_eq!(browser.post("set_webhook", &fields).await.status(), 200);
    mark_approvals(&mut browser, things).await;
    mark_access_review(house, ada, &mut browser, things).await;
    assert_eq!(browser.post("place_hold", &[team, ("reason", MARK)]).await.status(), 200);
    assert_eq!(browser.post("lift_hold", &[team, ("hold", &things.hold)]).await.status(), 200);
    mark_incident(house, ada, &mut browser, things).await;
    house.watch().await;
    backend::jobs::run_due(&house.stage.portal).await.unwrap();
    let noticed = backend::alerts::list(&ada.owner, &ada.scope).await.unwrap().open;
    let marked = noticed
        .iter()
        .find(|alert| {
            alert.finding.contains(MARK) && alert.subject.as_ref().is_some_and(|subject| subject.name.contains(MARK))
        })
        .unwrap()
        .id
        .to_string();
    let review = ("review", &*things.review);
    for (function, fields) in [("note_review", ("note", MARK)), ("sign_review", ("conclusion", MARK))] {
        assert_eq!(browser.post(function, &[team, review, fields]).await.status(), 200, "{function}");
    }
    let answered = browser.post("acknowledge_alert", &[team, ("alert", &marked), ("note", MARK)]).await;
    assert_eq!(answered.status(), 200);
}

/// Writes marks into an incident: what was noticed, what was done, who did it.
async fn mark_incident(house: &House, ada: &Furnished, browser: &mut Browser<'_>, things: &Things) {
    let team = ("team", &*things.team);
    let report: [(&str, &str); 6] =
        [team, ("kind", "other"), ("title", MARK), ("detected", ""), ("about", &things.connection), ("restricted", "false")];
    assert_eq!(browser.post("report_incident", &report).await.status(), 200);
    let incident = backend::incidents::list(&ada.owner, &ada.scope).await.unwrap().remove(0).id.to_string();
    let incident = ("incident", &*incident);
    let me = backend::teams::members(&ada.owner, &ada.scope).await.unwrap();
    let me = me.into_iter().find(|member| member.email.as_str().contains(MARK)).unwrap().user.to_string();
    let writes: [(&str, &[(&str, &str)]); 5] = [
        ("write_entry", &[("entry_kind", "note"), ("at", ""), ("body", MARK)]),
        ("take_step", &[("step", "triage"), ("at", ""), ("note", MARK)]),
        ("give_duty", &[("duty", "scribe"), ("user", &me)]),
        ("settle_amazon", &[("how", MARK)]),
        ("order_measure", &[("measure_kind", "lock_gateway"), ("target", &things.gateway)]),
    ];
    for (function, fields) in writes {
        let response = browser.post(function, &[&[team, incident], fields].concat()).await;
        assert_eq!(response.status(), 200, "{function}: {}", response.text().await.unwrap());
    }
    house.stage.advance(chrono::Duration::seconds(1));
    let writer = house.member(ada, "writer", Role::Admin, Environments::BOTH).await;
    let user = writer.signed_in().unwrap().user.to_string();
    let engaged = [team, ("user", &*user), ("works_as", "contractor"), ("company", MARK), ("until", "2027-01-31")];
    let back = [team, ("user", &*user), ("works_as", "employee"), ("company", MARK), ("until", "2027-01-31")];
    for fields in [&back, &engaged] {
        let answer = browser.post("engage_member", fields).await;
        let status = answer.status();
        assert_eq!(status, 200, "{}", answer.text().await.unwrap());
    }
    mark_what_follows(ada, browser, incident, &writer).await;
    // A file, with a mark in its name and in what it is said to be.
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{MARK}.txt\"\r\nContent-Type: text/{MARK}\r\n\r\n"
    );
    let path = format!("/teams/{}/incidents/{}/evidence", things.team, incident.1);
    let file = browser.request(Method::POST, &path).header("Sec-Fetch-Site", "same-origin");
    let file =
        file.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x").body(format!("{head}{MARK}\r\n--x--\r\n"));
    assert_eq!(browser.send(file).await.status(), 303);
    // Another admin orders a lock, which the marked person lifts.
    let other = house.member(ada, "helper", Role::Admin, Environments::BOTH).await;
    let scope = backend::incidents::enter(&other, &ada.scope, incident.1.parse().unwrap()).await.unwrap();
    let lock = backend::incidents::order(&other, &scope, MeasureKind::LockKey, ada.key.0).await.unwrap().to_string();
    let lifted = browser.post("lift_measure", &[team, incident, ("measure", &lock)]).await;
    assert_eq!(lifted.status(), 200, "{}", lifted.text().await.unwrap());
}

/// Writes marks into tasks, a playbook, notices and lessons.
async fn mark_what_follows(ada: &Furnished, browser: &mut Browser<'_>, incident: (&str, &str), writer: &backend::Cx) {
    let team = ada.team.to_string();
    let team = ("team", team.as_str());
    let members = backend::teams::members(&ada.owner, &ada.scope).await.unwrap();
    let me = members.into_iter().find(|member| member.email.as_str().contains(MARK)).unwrap().user.to_string();
    let scope = backend::incidents::enter(&ada.owner, &ada.scope, incident.1.parse().unwrap()).await.unwrap();
    let task = backend::incidents::tasks(&ada.owner, &scope).await.unwrap().remove(0).id.to_string();
    let parts = [("what_happened", MARK), ("impact", MARK), ("cause", MARK), ("went_well", MARK), ("went_badly", MARK)];
    let email = format!("{MARK}@example.com");
    let writes: [(&str, &[(&str, &str)]); 7] = [
        ("add_task", &[("phase", "document"), ("title", MARK), ("due", "")]),
        ("give_task", &[("task", &task), ("user", &me)]),
        ("end_task", &[("task", &task), ("task_end", "dropped"), ("note", MARK)]),
        ("write_post_mortem", &[&[("version", "0")], &parts[..]].concat()),
        ("add_action_item", &[("title", MARK), ("user", &me), ("due_on", "2030-01-31")]),
        ("draft_notice", &[("track", "affected")]),
        ("draft_notice", &[("track", "staff")]),
    ];
    for (function, fields) in writes {
        let response = browser.post(function, &[&[team, incident], fields].concat()).await;
        assert_eq!(response.status(), 200, "{function}: {}", response.text().await.unwrap());
    }
    let item = backend::incidents::action_items(&ada.owner, &scope).await.unwrap().remove(0).id.to_string();
    assert_eq!(browser.post("end_action_item", &[team, incident, ("action_item", &item)]).await.status(), 200);
    // One that the marked person wrote, and one that they approve and send.
    let words =
        [("recipients", email.as_str()), ("subject", MARK), ("body", MARK), ("for_amazon", "true"), ("request", MARK)];
    let all = backend::incidents::notices(&ada.owner, &scope).await.unwrap();
    let (first, second) = (all[0].id.to_string(), all[1].id.to_string());
    let first = ("notice", first.as_str());
    let written = browser.post("write_notice", &[&[team, incident, first, ("version", "1")], &words[..]].concat()).await;
    assert_eq!(written.status(), 200, "{}", written.text().await.unwrap());
    let theirs = all[1].words.clone();
    let other = backend::incidents::NewWords {
        recipients: vec![email.parse().unwrap()],
        subject: theirs.subject,
        body: theirs.body,
        for_amazon: false,
        request: String::new(),
    };
    backend::incidents::write_notice(writer, &scope, all[1].id, 1, other).await.unwrap();
    let second = ("notice", second.as_str());
    for (function, fields) in [("approve_notice", &[("version", "2")][..]), ("send_notice", &[("version", "2")])] {
        let response = browser.post(function, &[&[team, incident, second], fields].concat()).await;
        assert_eq!(response.status(), 200, "{function}: {}", response.text().await.unwrap());
    }
    let contact = [("contact_name", MARK), ("contact_email", &email), ("contact_phone", MARK), ("amazon_address", &email)];
    assert_eq!(browser.post("set_contact", &[&[team], &contact[..]].concat()).await.status(), 200);
    let task = [("kind", "other"), ("phase", "document"), ("title", MARK), ("hours", "12")];
    assert_eq!(browser.post("review_plan", &[team, ("note", MARK)]).await.status(), 200);
    assert_eq!(browser.post("ask_drill", &[team, ("drill", "revoke_key")]).await.status(), 200);
    assert_eq!(browser.post("add_playbook_task", &[&[team], &task[..]].concat()).await.status(), 200);
}

/// Something that is decided with a note, and the conclusion of another one.
async fn mark_access_review(house: &House, ada: &Furnished, browser: &mut Browser<'_>, things: &Things) {
    let of = [("team", &*things.team), ("access_review", &*things.access_review)];
    let one = [("subject_kind", "gateway"), ("reviewed", &*things.gateway), ("decision", "confirmed"), ("note", MARK)];
    assert_eq!(browser.post("decide_access", &[&of[..], &one[..]].concat()).await.status(), 200);
    house.stage.advance(chrono::Duration::seconds(1));
    let (db, now) = (house.stage.portal.db.reader(), house.stage.portal.clock.now());
    let team = ada.team;
    let empty = backend::store::access_review::AccessReview {
        id: backend::random::id(now),
        team,
        opened_at: now,
        due_at: now,
        reminded: None,
        suspended_at: None,
        signed: None,
    };
    backend::store::access_review::insert(db, &empty).await.unwrap();
    let id = empty.id.to_string();
    let signed = [("team", &*things.team), ("access_review", &*id), ("conclusion", MARK)];
    assert_eq!(browser.post("sign_access_review", &signed).await.status(), 200);
}

/// A question, and another one's answered.
async fn mark_approvals(browser: &mut Browser<'_>, things: &Things) {
    let team = ("team", &*things.team);
    assert_eq!(browser.post("ask_export", &[team]).await.status(), 200);
    let asked = ("approval", &*things.approval);
    assert_eq!(browser.post("approve_export", &[team, asked]).await.status(), 200);
}

/// A notification whose every word is a mark, and a topic.
async fn mark_notifications(house: &House, ada: &Furnished) {
    use backend::notifications::{add_topic, create_key};
    let owner = house.stage.stepped_up(&ada.owner);
    let key = create_key(&owner, &ada.scope, ada.connection, None).await.unwrap();
    let body = crate::notifications::offer(MARK, owner.now()).replace("ANY_OFFER_CHANGED", MARK);
    let message = crate::notifications::message(crate::support::reveal(&key.secret), MARK, owner.now(), &body);
    assert_eq!(crate::notifications::post(house, &ada.connection.to_string(), &message).await.0, 204);
    let topic = format!("arn:aws:sns:eu-west-1:123456789012:{MARK}");
    add_topic(&owner, &ada.scope, ada.connection, &topic).await.unwrap();
}

/// Every column of text of a Team's tables holds a mark, or is on the list.
async fn assert_all_marked(house: &House, team: &str) {
    let hex = team.strip_prefix("team_").unwrap();
    for (table, columns) in tables(house).await {
        let id = if table == "team" { "id" } else { "team_id" };
        if !columns.iter().any(|(name, _)| name == id) {
            continue;
        }
        for (name, kind) in columns {
            let own = |list: &[(&str, &str)], name: &str| list.iter().any(|(listed, _)| *listed == name);
            if kind != "text" || own(&OWN_WORDS, &name) || own(&OWN_WORDS_OF, &format!("{table}.{name}")) {
                continue;
            }
            let query = format!(
                "SELECT COALESCE(\"{name}\", '') AS row FROM \"{table}\" WHERE replace(CAST(\"{id}\" AS text), '-', '') = '{hex}'"
            );
            assert!(column(house, &query).await.iter().any(|text| !marks(text).is_empty()), "{table}.{name} holds no mark");
        }
    }
}

/// All that one can see with these things at hand: pages, server functions and, with a key, the gateway API.
async fn sight(
    house: &House,
    browser: &mut Browser<'_>,
    own: &Things,
    theirs: &[&Things],
    key: &str,
) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    let mut note = async |what: String, response: Response| {
        let headers = format!("{:?}", response.headers());
        seen.insert(what, headers + &response.text().await.unwrap());
    };
    for things in theirs {
        for page in pages() {
            let path = address(&page, things);
            note(format!("page {path}"), browser.get(&path).await).await;
        }
        for route in routes(house).await {
            let path = route.path.replace("{team_id}", &things.team).replace("{connection_id}", &things.connection);
            let request = house.ask(route.method.clone(), key, &path).header("X-Forwarded-For", house.stage.next_address());
            let request = if route.method == Method::GET { request } else { request.json(&body(&route, things)) };
            note(format!("{} {path}", route.method), request.send().await.unwrap()).await;
        }
        // Signing out comes last, and nobody else's things are taken with the own Team.
        let (ends, functions): (Vec<_>, Vec<_>) = functions()
            .into_iter()
            .partition(|function| ["sign_out", "leave_team", "disconnect"].contains(&&*function.name));
        for function in functions.into_iter().chain(ends) {
            for team in [&own.team, &things.team] {
                let mixed = Things { team: team.clone(), ..(*things).clone() };
                let what = format!("{} of {} in {team}", function.name, things.app);
                note(what, browser.call(&function.name, &form(&function, |_| &mixed)).await).await;
            }
        }
    }
    seen
}

on_both_databases!(what_is_written_in_a_team_is_read_by_nobody_outside, async |stage: Stage| {
    let house = House::on(stage).await;
    // The first person is the installation's operator: not even they look in.
    let bob = house.furnished("bob").await;
    let own = house.things(&bob).await;
    let ada = house.furnished(MARK).await;
    let foreign = house.things(&ada).await;
    mark(&house, &ada, &foreign).await;
    if house.stage.portal.db.backend() == DbBackend::Postgres {
        assert_all_marked(&house, &foreign.team).await;
    }

    let mut browser = Browser::confirmed(&house, "bob@example.com").await;
    let bobs = sight(&house, &mut browser, &own, &[&foreign, &own], &own.secret).await;
    let nobodys = sight(&house, &mut Browser::new(&house), &own, &[&foreign], &Things::nobodys().secret).await;
    for (what, text) in bobs.iter().chain(&nobodys) {
        assert_eq!(marks(text), [""; 0], "{what}: {text}");
    }
    assert!(bobs.len() > 150 && nobodys.len() > 80, "{} and {} answers", bobs.len(), nobodys.len());

    deliver_due(&house.stage.portal).await.unwrap();
    let mails = read_mailbox(&house.stage.folder.join("mail")).unwrap();
    let (to_bob, others): (Vec<_>, Vec<_>) = mails.into_iter().partition(|mail| mail.to.starts_with("bob"));
    assert!(!to_bob.is_empty());
    assert!(to_bob.iter().all(|mail| marks(&format!("{mail:?}")).is_empty()), "{to_bob:?}");

    // The marks are there for those who may see them; else nothing of this would be proved.
    assert!(others.iter().any(|mail| mail.to.starts_with("invited-") && marks(&mail.text).contains(&MARK)));
    house.stage.advance(Duration::hours(1));
    let mut browser = Browser::confirmed(&house, &format!("{MARK}@example.com")).await;
    for page in ["members", "apps", "connections", "gateways", "log", "settings"] {
        let text = browser.get(&format!("/teams/{}/{page}", foreign.team)).await.text().await.unwrap();
        assert!(marks(&text).contains(&MARK), "{page}");
    }
});
