//! A17: passkeys. What an authenticator shows is taken once, for the question that was asked, at Portal's own address.

use backend::{
    Cx,
    access::{self, AccessError},
    login::{self, LoginError},
    passkeys::{self, PasskeyError, begin_registration, begin_sign_in, begin_step_up, register, remove, sign_in, step_up},
    teams::{self, TeamError},
};
use chrono::Duration;
use model::{
    Environments, Permission, Role,
    audit::Action,
    ids::PasskeyId,
    login::MISSES_PER_ADDRESS,
    passkey::{CEREMONY_LIFE, PASSKEYS_MOST},
    step_up::{DangerousAct, STEP_UP_LIFE},
};
use sea_orm::ConnectionTrait;

use crate::{authenticator::Authenticator, house::House, on_both_databases, support::Stage};

pub const ORIGIN: &str = "http://localhost:8080";

/// Adds a passkey of a person who has just confirmed who they are.
pub async fn add(cx: &Cx, device: &mut Authenticator) -> PasskeyId {
    let asked = begin_registration(cx).await.unwrap();
    register(cx, asked.id, "Laptop".parse().unwrap(), &device.create(&asked.options)).await.unwrap()
}

/// The person as they are after showing their passkey.
pub async fn shown(stage: &Stage, cx: &Cx, device: &mut Authenticator) -> Cx {
    let asked = begin_step_up(cx).await.unwrap();
    step_up(cx, asked.id, &device.get(&asked.options)).await.unwrap();
    stage.resumed(cx, cx.signed_in().unwrap().session).await
}

/// The only passkey of a person, in place of those that they have.
pub async fn instead(house: &House, person: &Cx, device: &mut Authenticator) -> PasskeyId {
    house.stage.portal.db.reader().execute_unprepared("DELETE FROM passkey").await.unwrap();
    add(&house.stage.stepped_up(person), device).await
}

async fn with_passkey(stage: &Stage, name: &str) -> (Cx, Authenticator) {
    let person = stage.stepped_up(&stage.person(name).await);
    let mut device = Authenticator::at(ORIGIN);
    add(&person, &mut device).await;
    (person, device)
}

fn refused<T: std::fmt::Debug>(result: Result<T, PasskeyError>, why: &str) {
    assert!(matches!(&result, Err(PasskeyError::Refused(word)) if *word == why), "{why}: {result:?}");
}

on_both_databases!(a_person_signs_in_with_a_passkey_and_without_an_address, async |stage: Stage| {
    let (ada, mut device) = with_passkey(&stage, "ada").await;
    let visitor = stage.visitor(&stage.next_address());
    let asked = begin_sign_in(&visitor).await.unwrap();
    // It names nobody.
    assert!(
        !asked.options.to_string().contains("ada")
            && asked.options["publicKey"]["allowCredentials"] == serde_json::json!([])
    );
    let person = sign_in(&visitor, asked.id, &device.get(&asked.options)).await.unwrap();
    assert_eq!(person.user, ada.signed_in().unwrap().user);
    assert!(person.proofs.are_strong() && person.proofs.stepped_up_at.is_none());
    let mine = passkeys::list(&ada).await.unwrap();
    assert_eq!((mine.len(), mine[0].uses, mine[0].last_used_at), (1, 1, Some(stage.portal.clock.now())));
    let mails = stage.mails_to("ada@example.com").await;
    assert!(mails.iter().any(|mail| mail.subject.contains("A passkey was added") && mail.text.contains("Laptop")));
});

on_both_databases!(nothing_but_the_answer_to_this_question_is_taken, async |stage: Stage| {
    let (_, mut device) = with_passkey(&stage, "ada").await;
    let visitor = stage.visitor(&stage.next_address());
    let begin = async || begin_sign_in(&visitor).await.unwrap();
    let recorded = async |action: &str| {
        let text = format!("SELECT COUNT(*) AS n FROM audit_event WHERE action = '{action}'");
        let db = stage.portal.db.reader();
        let row = db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), text)).await.unwrap();
        row.unwrap().try_get::<i64>("", "n").unwrap()
    };
    let before = recorded("auth.signed_in").await;
    // Another site's address.
    for origin in
        ["http://localhost:8081", "https://localhost:8080", "https://evil.example", "http://localhost.evil.example:8080"]
    {
        device.origin = origin.to_owned();
        let asked = begin().await;
        refused(sign_in(&visitor, asked.id, &device.get(&asked.options)).await, "not-proved");
    }
    device.origin = ORIGIN.to_owned();
    // Nobody was there.
    device.verifies = false;
    let asked = begin().await;
    refused(sign_in(&visitor, asked.id, &device.get(&asked.options)).await, "not-proved");
    device.verifies = true;
    // The same answer twice, also at the same time; the answer to another question; an answer that comes late.
    let asked = begin().await;
    let answer = device.get(&asked.options);
    let races = futures::future::join_all((0..16).map(|_| sign_in(&visitor, asked.id, &answer))).await;
    assert_eq!(races.iter().filter(|result| result.is_ok()).count(), 1);
    let other = begin().await;
    refused(sign_in(&visitor, other.id, &answer).await, "not-proved");
    let late = begin().await;
    stage.advance(CEREMONY_LIFE);
    refused(sign_in(&visitor, late.id, &device.get(&late.options)).await, "not-asked");
    // A device that was copied: its counter goes back.
    let asked = begin().await;
    sign_in(&visitor, asked.id, &device.get(&asked.options)).await.unwrap();
    device.counter -= 1;
    let asked = begin().await;
    let copied = sign_in(&visitor, asked.id, &device.get(&asked.options)).await;
    assert!(matches!(copied, Err(PasskeyError::Copied)), "{copied:?}");
    let mails = stage.mails_to("ada@example.com").await;
    assert!(mails.iter().any(|mail| mail.subject.contains("seems to have been copied")));
    // What makes no sense.
    for nonsense in ["", "{}", "[1]", "{\"id\":\"x\"}"] {
        let asked = begin().await;
        refused(sign_in(&visitor, asked.id, nonsense).await, "unreadable");
    }
    // Twice a good answer was among them: one of the sixteen at once, and the one before the copy.
    let (refused, taken) = (recorded("auth.sign_in_refused").await, recorded("auth.signed_in").await - before - 2);
    println!("figure A17: wrong origins, replayed challenges, counters that go back: {refused} refused, {taken} taken");
    assert!(refused >= 10 && taken == 0);
});

on_both_databases!(a_passkey_that_portal_did_not_write_is_none, async |stage: Stage| {
    let (ada, mut device) = with_passkey(&stage, "ada").await;
    let (eve, mut hers) = with_passkey(&stage, "eve").await;
    let visitor = stage.visitor(&stage.next_address());
    let [ada, eve] = [&ada, &eve].map(|cx| cx.signed_in().unwrap().user.0);
    // Whoever writes into the database gives their own passkey to somebody else.
    let db = stage.portal.db.reader();
    let text = "UPDATE passkey SET user_id = $1 WHERE user_id = $2";
    let values = [ada.into(), eve.into()];
    db.execute_raw(sea_orm::Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
    let asked = begin_sign_in(&visitor).await.unwrap();
    let answer = hers.get(&asked.options);
    refused(sign_in(&visitor, asked.id, &answer).await, "unknown");
    let asked = begin_sign_in(&visitor).await.unwrap();
    let mut answer: serde_json::Value = serde_json::from_str(&hers.get(&asked.options)).unwrap();
    answer["response"]["userHandle"] = serde_json::Value::Null;
    refused(sign_in(&visitor, asked.id, &answer.to_string()).await, "foreign");
    let asked = begin_sign_in(&visitor).await.unwrap();
    sign_in(&visitor, asked.id, &device.get(&asked.options)).await.unwrap();
});

on_both_databases!(whoever_reads_the_mail_alone_adds_and_takes_away_none, async |stage: Stage| {
    let (ada, mut device) = with_passkey(&stage, "ada").await;
    let id = passkeys::list(&ada).await.unwrap()[0].id;
    // A fresh code is enough for the first one, and for nothing after it.
    let by_code = stage.stepped_up(&ada);
    for result in [begin_registration(&by_code).await.map(drop), remove(&by_code, id).await] {
        assert!(matches!(result, Err(PasskeyError::Access(AccessError::PasskeyProofRequired(_)))), "{result:?}");
    }
    let renamed = passkeys::rename(&by_code, id, &"Mine".parse().unwrap()).await;
    assert!(matches!(renamed, Err(PasskeyError::Access(AccessError::PasskeyProofRequired(_)))), "{renamed:?}");
    let proved = shown(&stage, &ada, &mut device).await;
    assert!(proved.signed_in().unwrap().proofs.cover_by_passkey(stage.portal.clock.now()));
    let mut second = Authenticator::at(ORIGIN);
    add(&proved, &mut second).await;
    passkeys::rename(&proved, id, &"Old laptop".parse().unwrap()).await.unwrap();
    // Whoever came in with it elsewhere goes with it.
    let visitor = stage.visitor(&stage.next_address());
    let asked = begin_sign_in(&visitor).await.unwrap();
    let thief = sign_in(&visitor, asked.id, &device.get(&asked.options)).await.unwrap();
    remove(&proved, id).await.unwrap();
    assert!(backend::sessions::resume(&stage.portal, thief.session, None, true).await.unwrap().is_none());
    assert!(
        backend::sessions::resume(&stage.portal, proved.signed_in().unwrap().session, None, true).await.unwrap().is_some()
    );
    assert_eq!(passkeys::list(&ada).await.unwrap().len(), 1);
    // What was removed signs nobody in.
    let visitor = stage.visitor(&stage.next_address());
    let asked = begin_sign_in(&visitor).await.unwrap();
    refused(sign_in(&visitor, asked.id, &device.get(&asked.options)).await, "unknown");
    let told = stage.mails_to("ada@example.com").await;
    for words in ["A passkey was added", "A passkey was renamed", "A passkey was removed"] {
        assert!(told.iter().any(|mail| mail.subject.contains(words)), "{words}");
    }
    stage.advance(STEP_UP_LIFE + Duration::microseconds(1));
    let late = remove(&proved, passkeys::list(&ada).await.unwrap()[0].id).await;
    assert!(matches!(late, Err(PasskeyError::Access(AccessError::PasskeyProofRequired(DangerousAct::RemovePasskey)))));
});

on_both_databases!(a_question_is_for_one_session_and_one_person, async |stage: Stage| {
    let (ada, mut device) = with_passkey(&stage, "ada").await;
    let (eve, mut hers) = with_passkey(&stage, "eve").await;
    let asked = begin_step_up(&ada).await.unwrap();
    let answer = device.get(&asked.options);
    refused(step_up(&eve, asked.id, &answer).await, "not-asked");
    // Eve's own passkey confirms nobody else, even when the question is Ada's.
    let asked = begin_step_up(&ada).await.unwrap();
    let mut options = asked.options.clone();
    options["publicKey"]["allowCredentials"] = serde_json::json!([]);
    refused(step_up(&ada, asked.id, &hers.get(&options)).await, "unknown");
    // A question for signing in confirms nothing, and registers nothing.
    let asked = begin_sign_in(&ada).await.unwrap();
    refused(step_up(&ada, asked.id, &device.get(&asked.options)).await, "not-asked");
    assert!(
        !stage
            .resumed(&ada, ada.signed_in().unwrap().session)
            .await
            .signed_in()
            .unwrap()
            .proofs
            .cover(stage.portal.clock.now())
    );
});

on_both_databases!(ten_passkeys_are_enough_and_none_is_anybody_elses, async |stage: Stage| {
    let (ada, mut device) = with_passkey(&stage, "ada").await;
    let proved = shown(&stage, &ada, &mut device).await;
    for _ in 1..PASSKEYS_MOST {
        stage.advance(Duration::seconds(10));
        add(&proved, &mut device).await;
    }
    assert!(matches!(begin_registration(&proved).await, Err(PasskeyError::TooMany)));
    // The same credential, registered by somebody else; and an answer that is sent again.
    let eve = stage.stepped_up(&stage.person("eve").await);
    let asked = begin_registration(&eve).await.unwrap();
    let made = device.create(&asked.options);
    register(&eve, asked.id, "Hers".parse().unwrap(), &made).await.unwrap();
    let eve = shown(&stage, &eve, &mut device).await;
    refused(register(&eve, asked.id, "Again".parse().unwrap(), &made).await, "not-asked");
    let asked = begin_registration(&eve).await.unwrap();
    refused(register(&eve, asked.id, "Again".parse().unwrap(), &made).await, "not-proved");
    let db = stage.portal.db.reader();
    let theirs = backend::store::passkey::of_user(db, eve.signed_in().unwrap().user).await.unwrap().remove(0);
    let zoe = stage.stepped_up(&stage.person("zoe").await);
    let asked = begin_registration(&zoe).await.unwrap();
    let same = device.again(&asked.options);
    let known = register(&zoe, asked.id, "Again".parse().unwrap(), &same).await;
    assert!(matches!(known, Err(PasskeyError::Known)), "{known:?}");
    assert_eq!(theirs.name.as_str(), "Hers");
});

on_both_databases!(of_two_first_passkeys_at_once_one_is_added, async |stage: Stage| {
    for round in 0..10 {
        let ada = stage.stepped_up(&stage.person(&format!("ada-{round}")).await);
        let mut device = Authenticator::at(ORIGIN);
        let (one, two) = (begin_registration(&ada).await.unwrap(), begin_registration(&ada).await.unwrap());
        let made = [device.create(&one.options), device.create(&two.options)];
        let name = |text: &str| text.parse().unwrap();
        let added =
            tokio::join!(register(&ada, one.id, name("One"), &made[0]), register(&ada, two.id, name("Two"), &made[1]));
        assert!(added.0.is_ok() != added.1.is_ok(), "round {round}: {added:?}");
        stage.advance(Duration::minutes(2));
    }
});

on_both_databases!(a_passkey_works_while_codes_pause, async |stage: Stage| {
    let (_, mut device) = with_passkey(&stage, "ada").await;
    stage.advance(Duration::hours(2));
    let visitor = stage.visitor(&stage.next_address());
    for round in 0..MISSES_PER_ADDRESS / 5 {
        let asked = login::ask(&visitor, "ada@example.com").await.unwrap();
        let code = stage.code_for("ada@example.com").await;
        let wrong = format!("{}{}", if code.starts_with('0') { '1' } else { '0' }, &code[1..]);
        for _ in 0..5 {
            login::sign_in(&visitor, asked.challenge, &wrong).await.unwrap_err();
        }
        if round + 1 < MISSES_PER_ADDRESS / 5 {
            stage.advance(Duration::minutes(61));
        }
    }
    stage.advance(Duration::minutes(2));
    let asked = login::ask(&visitor, "ada@example.com").await.unwrap();
    let code = stage.code_for("ada@example.com").await;
    let paused = login::sign_in(&visitor, asked.challenge, &code).await;
    assert!(matches!(paused, Err(LoginError::Paused { .. })), "{paused:?}");
    let asked = begin_sign_in(&visitor).await.unwrap();
    sign_in(&visitor, asked.id, &device.get(&asked.options)).await.unwrap();
});

on_both_databases!(a_team_that_requires_passkeys_lets_no_owner_in_without_one, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let olga = house.member(&ada, "olga", Role::Operator, Environments::BOTH).await;
    let bob = house.member(&ada, "bob", Role::Admin, Environments::BOTH).await;
    let by_code = house.stage.stepped_up(&ada.owner);
    let rule = teams::require_passkeys(&by_code, &ada.scope, true).await;
    assert!(
        matches!(rule, Err(TeamError::Access(AccessError::PasskeyProofRequired(DangerousAct::ChangePasskeyRule)))),
        "nobody locks themselves out"
    );
    let mut device = Authenticator::at(ORIGIN);
    add(&by_code, &mut device).await;
    let proved = shown(&house.stage, &ada.owner, &mut device).await;
    // Not before every owner and admin has one.
    let lacking = teams::require_passkeys(&proved, &ada.scope, true).await;
    assert!(matches!(&lacking, Err(TeamError::WithoutPasskey(who)) if *who == ["bob@example.com"]), "{lacking:?}");
    let mut his = Authenticator::at(ORIGIN);
    add(&house.stage.stepped_up(&bob), &mut his).await;
    teams::require_passkeys(&proved, &ada.scope, true).await.unwrap();
    assert!(
        house
            .stage
            .mails_to("bob@example.com")
            .await
            .iter()
            .any(|mail| mail.text.contains("requires a passkey of its owners"))
    );
    let bob_elsewhere = house.another_session(&bob).await;
    let bob_elsewhere = house.stage.resumed(&bob, bob_elsewhere).await;
    // Nobody is made an admin who has none.
    let made =
        teams::change_member(&proved, &ada.scope, olga.signed_in().unwrap().user, Role::Admin, Environments::BOTH).await;
    assert!(matches!(made, Err(TeamError::WithoutPasskey(_))), "{made:?}");

    let enter = async |cx: &Cx| access::enter(cx, ada.team, Permission::ViewTeam).await;
    // Their other browsers were signed in with a code; Olga needs none.
    assert!(matches!(enter(&bob_elsewhere).await, Err(AccessError::PasskeyRequired)));
    let elsewhere = house.another_session(&ada.owner).await;
    let elsewhere = house.stage.resumed(&ada.owner, elsewhere).await;
    assert!(matches!(enter(&elsewhere).await, Err(AccessError::PasskeyRequired)));
    enter(&olga).await.unwrap();
    enter(&proved).await.unwrap();
    let seen = house.stage.events(&ada.scope, Action::AccessRefused).await;
    assert_eq!(seen.iter().filter(|event| event.reason.as_deref() == Some("passkey-required")).count(), 2);

    // Inside, a code confirms nothing any more.
    let scope = enter(&proved).await.unwrap();
    house.stage.advance(STEP_UP_LIFE + Duration::seconds(1));
    let by_code = house.stage.stepped_up(&proved);
    let scope_later = enter(&by_code).await.unwrap();
    for scope in [&scope, &scope_later] {
        let key = backend::gateways::create_key(&by_code, scope, ada.gateway, 30, None).await;
        assert!(format!("{key:?}").contains("PasskeyProofRequired"), "{key:?}");
    }
    let proved = shown(&house.stage, &by_code, &mut device).await;
    backend::gateways::create_key(&proved, &scope, ada.gateway, 30, None).await.unwrap();

    // Whoever is invited adds their first one with a code; the others hear of it. The last one stays.
    let dan = house.member(&ada_by(&ada, &proved), "dan", Role::Admin, Environments::BOTH).await;
    let dan = house.stage.stepped_up(&dan);
    add(&dan, &mut Authenticator::at(ORIGIN)).await;
    let dan = house.stage.resumed(&dan, dan.signed_in().unwrap().session).await;
    enter(&dan).await.unwrap();
    assert!(
        house.stage.mails_to("ada@example.com").await.iter().any(|mail| mail.subject.contains("A first passkey was added"))
    );
    assert_eq!(house.stage.events(&ada.scope, Action::PasskeyFirst).await.len(), 1);
    let only = passkeys::list(&proved).await.unwrap()[0].id;
    assert!(matches!(remove(&proved, only).await, Err(PasskeyError::LastOne)));
    // The operator's machine is the way out where nobody can show one.
    passkeys::waive_from_command_line(&house.stage.portal, ada.team).await.unwrap();
    enter(&elsewhere).await.unwrap();
    teams::require_passkeys(&proved, &scope, true).await.unwrap();
    teams::require_passkeys(&proved, &scope, false).await.unwrap();
    enter(&elsewhere).await.unwrap();
});

/// The same Team, whose owner has proved who they are.
fn ada_by(of: &crate::house::Furnished, owner: &Cx) -> crate::house::Furnished {
    crate::house::Furnished {
        owner: owner.clone(),
        scope: of.scope.clone(),
        team: of.team,
        app: of.app,
        connection: of.connection,
        gateway: of.gateway,
        key: of.key,
        secret: of.secret.clone(),
    }
}

on_both_databases!(the_operator_forgets_the_passkeys_of_somebody_who_lost_them, async |stage: Stage| {
    let (ada, _) = with_passkey(&stage, "ada").await;
    let email = "ada@example.com".parse().unwrap();
    assert_eq!(passkeys::forget_from_command_line(&stage.portal, &email).await.unwrap(), 1);
    assert_eq!(passkeys::forget_from_command_line(&stage.portal, &email).await.unwrap(), 0);
    let session = ada.signed_in().unwrap().session;
    assert!(backend::sessions::resume(&stage.portal, session, None, true).await.unwrap().is_none());
    let mails = stage.mails_to("ada@example.com").await;
    assert!(mails.iter().any(|mail| mail.subject.contains("Your passkeys were removed")));
    // A code is enough again.
    stage.advance(Duration::minutes(2));
    let again = stage.stepped_up(&stage.person("ada").await);
    add(&again, &mut Authenticator::at(ORIGIN)).await;
});

on_both_databases!(an_address_that_is_a_number_has_no_passkeys, async |stage: Stage| {
    let mut portal = stage.portal.clone();
    let mut settings = (*portal.settings).clone();
    settings.public_url = "http://127.0.0.1:8080".to_owned();
    portal.settings = std::sync::Arc::new(settings);
    assert!(!passkeys::are_offered(&portal) && passkeys::are_offered(&stage.portal));
    let visitor = Cx { portal, ..stage.visitor(&stage.next_address()) };
    assert!(matches!(begin_sign_in(&visitor).await, Err(PasskeyError::NotHere)));
});
