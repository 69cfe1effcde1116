//! Marks, wherever somebody can write.

use super::*;

/// Writes marks wherever a person or a gateway of the Team can write.
pub async fn mark(house: &House, ada: &Furnished, things: &Things) {
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
    let asked = ("impersonation", &*things.impersonation);
    assert_eq!(browser.post("approve_impersonation", &[team, asked]).await.status(), 200);
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
