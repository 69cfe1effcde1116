//! A14: dangerous acts ask for a fresh proof of the person. Driven from the list, so that no act is forgotten.

use backend::{
    Cx, connections, incidents,
    login::{self, LoginError},
};
use chrono::Duration;
use model::{
    Environments, Problem, ProblemCode, Role,
    audit::{Action, SafeText},
    incident::{Kind, MeasureKind},
    login::CODE_LIFE,
    step_up::{DangerousAct, STEP_UP_LIFE},
};
use sea_orm::ConnectionTrait;

use crate::{browser::Browser, house::House, on_both_databases, support::Stage};

mod acts;

use acts::{Device, a_device, perform};

fn assert_refused(results: Vec<Result<(), Problem>>, act: DangerousAct, when: &str) -> usize {
    let tries = results.len();
    for result in results {
        let problem = result.expect_err(when);
        let codes = [ProblemCode::StepUpRequired, ProblemCode::PasskeyProofRequired];
        assert!(codes.contains(&problem.code), "{act:?} {when}: {problem:?}");
        assert!(problem.detail.contains(act.words()), "{}", problem.detail);
    }
    tries
}

/// The real way: a code by mail, and the session as it is resumed by the next request. A moment after any other mail, since
/// mails of one moment have no order.
async fn confirm(stage: &Stage, cx: &Cx, act: DangerousAct, device: Option<&Device>) -> Cx {
    stage.advance(Duration::seconds(1));
    let person = cx.signed_in().unwrap();
    if let (DangerousAct::RemovePasskey | DangerousAct::ChangePasskeyRule, Some(device)) = (act, device) {
        return crate::passkeys::shown(stage, cx, &mut *device.lock().await).await;
    }
    let asked = login::ask_step_up(cx, Some(&SafeText::new(act.words(), 100))).await.unwrap();
    let code = stage.code_for(person.email.as_str()).await;
    login::step_up(cx, asked.challenge, &code).await.unwrap();
    stage.resumed(cx, person.session).await
}

on_both_databases!(every_dangerous_act_needs_a_step_up_that_lasts_ten_minutes, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let device = a_device();
    let bob = house.member(&team, "bob", Role::Operator, Environments::BOTH).await;
    house.member(&team, "dana", Role::Owner, Environments::BOTH).await;
    let session = team.owner.signed_in().unwrap().session;
    house.spare_app(&team).await;
    house.a_review(team.team).await;
    house.an_access_review(&team).await;
    house.a_hold(&team).await;
    let nothing = incidents::Report::of(Kind::Other, "Nothing");
    let nothing = incidents::report(&team.owner, &team.scope, nothing).await.unwrap();
    // Its hold on the log stands before anything is counted.
    let nothing = incidents::enter(&team.owner, &team.scope, nothing).await.unwrap();
    incidents::take_evidence(&team.owner, &nothing).await.unwrap();
    house.stage.advance(Duration::seconds(1));
    let (incident, ..) = house.an_incident(&team).await;
    let incident = incidents::enter(&bob, &team.scope, incident).await.unwrap();
    incidents::order(&bob, &incident, MeasureKind::LockConnection, team.connection.0).await.unwrap();
    incidents::draft_notice(&bob, &incident, model::incident::Track::Staff).await.unwrap();
    // Making a canary needs no proof; taking it away does.
    connections::set_canary(&team.owner, &team.scope, team.connection, true).await.unwrap();
    let events = async || {
        // Refusals are events too, and so is what is taken in before something is destroyed, or follows in each Team.
        let beside = "'access.refused', 'evidence.taken', 'member.enabled'";
        let text = format!("SELECT COUNT(*) AS n FROM audit_event WHERE action NOT IN ({beside})");
        let db = house.stage.portal.db.reader();
        let row = db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), text)).await.unwrap();
        row.unwrap().try_get::<i64>("", "n").unwrap() as usize
    };
    let mut refused = 0;
    for act in DangerousAct::ALL {
        let before = events().await;
        let unconfirmed = house.stage.resumed(&team.owner, session).await;
        refused += assert_refused(perform(&house, &device, &team, &bob, &unconfirmed, act).await, act, "without a step-up");
        assert_eq!(events().await, before, "{act:?}");

        let confirmed = confirm(&house.stage, &team.owner, act, Some(&device)).await;
        let before = events().await;
        house.stage.advance(STEP_UP_LIFE);
        let done = perform(&house, &device, &team, &bob, &confirmed, act).await;
        assert!(done.iter().all(Result::is_ok), "{act:?}: {done:?}");
        assert_eq!(events().await - before, done.len(), "{act:?}");

        house.stage.advance(Duration::microseconds(1));
        let late = house.stage.resumed(&team.owner, session).await;
        for cx in [&confirmed, &late] {
            let when = "ten minutes and a microsecond after";
            refused += assert_refused(perform(&house, &device, &team, &bob, cx, act).await, act, when);
        }
    }
    println!("figure A14: {} dangerous acts, {refused} tries without a fresh proof, all refused", DangerousAct::ALL.len());
});

on_both_databases!(the_mail_names_the_act_and_the_code_is_for_one_use, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    for act in DangerousAct::ALL.into_iter().take(3) {
        house.stage.advance(Duration::seconds(1));
        let asked = login::ask_step_up(&team.owner, Some(&SafeText::new(act.words(), 100))).await.unwrap();
        let mail = house.stage.mails_to("ada@example.com").await.pop().unwrap();
        assert!(mail.text.contains(act.words()) && !mail.html.contains("http"), "{}", mail.text);
        let code = house.stage.code_for("ada@example.com").await;
        login::step_up(&team.owner, asked.challenge, &code).await.unwrap();
        let again = login::step_up(&team.owner, asked.challenge, &code).await;
        assert!(matches!(again, Err(LoginError::Over)), "{again:?}");
    }
});

on_both_databases!(a_code_confirms_only_the_session_that_asked, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let device = a_device();
    let session = team.owner.signed_in().unwrap().session;
    let elsewhere = house.another_session(&team.owner).await;
    let elsewhere = house.stage.resumed(&team.owner, elsewhere).await;
    let bob = house.stage.person("bob").await;
    house.stage.advance(Duration::seconds(1));
    let asked = login::ask_step_up(&team.owner, None).await.unwrap();
    let code = house.stage.code_for("ada@example.com").await;
    for other in [&elsewhere, &bob] {
        let refused = login::step_up(other, asked.challenge, &code).await;
        assert!(matches!(refused, Err(LoginError::Over)), "{refused:?}");
    }
    login::step_up(&team.owner, asked.challenge, &code).await.unwrap();
    // The person is confirmed in this browser, not in the other one.
    let (here, there) = (
        house.stage.resumed(&team.owner, session).await,
        house.stage.resumed(&team.owner, elsewhere.signed_in().unwrap().session).await,
    );
    let act = DangerousAct::CreateGatewayKey;
    assert_refused(perform(&house, &device, &team, &bob, &there, act).await, act, "in another session");
    assert!(perform(&house, &device, &team, &bob, &here, act).await.iter().all(Result::is_ok));
});

on_both_databases!(a_new_sign_in_is_no_step_up, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    let device = a_device();
    let bob = house.stage.person("bob").await;
    confirm(&house.stage, &team.owner, DangerousAct::CreateGatewayKey, None).await;
    let fresh = house.another_session(&team.owner).await;
    let fresh = house.stage.resumed(&team.owner, fresh).await;
    let act = DangerousAct::CreateGatewayKey;
    assert_refused(perform(&house, &device, &team, &bob, &fresh, act).await, act, "just after a sign-in");
});

on_both_databases!(codes_for_signing_in_and_codes_for_confirming_do_not_replace_each_other, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    house.stage.advance(Duration::minutes(2));
    let visitor = house.stage.visitor("192.0.2.1");
    let asked = login::ask(&visitor, "ada@example.com").await.unwrap();
    let code = house.stage.code_for("ada@example.com").await;
    let refused = login::step_up(&team.owner, asked.challenge, &code).await;
    assert!(matches!(refused, Err(LoginError::Over)), "{refused:?}");
    house.stage.advance(Duration::seconds(1));
    let asked = login::ask_step_up(&team.owner, None).await.unwrap();
    let code = house.stage.code_for("ada@example.com").await;
    let refused = login::sign_in(&visitor, asked.challenge, &code).await;
    assert!(matches!(refused, Err(LoginError::Over)), "{refused:?}");
});

on_both_databases!(a_confirmation_code_lives_ten_minutes_and_a_wrong_one_is_recorded, async |stage: Stage| {
    let house = House::on(stage).await;
    let team = house.furnished("ada").await;
    house.stage.advance(Duration::seconds(1));
    let asked = login::ask_step_up(&team.owner, None).await.unwrap();
    let code = house.stage.code_for("ada@example.com").await;
    let wrong = format!("{}{}", if code.starts_with('0') { '1' } else { '0' }, &code[1..]);
    let refused = login::step_up(&team.owner, asked.challenge, &wrong).await;
    assert!(matches!(refused, Err(LoginError::Wrong { tries_left: 4 })), "{refused:?}");
    assert_eq!(count(&house.stage, Action::StepUpRefused).await, 1);
    house.stage.advance(CODE_LIFE);
    let late = login::step_up(&team.owner, asked.challenge, &code).await;
    assert!(matches!(late, Err(LoginError::Over)), "{late:?}");
    assert_eq!(count(&house.stage, Action::SteppedUp).await, 0);
});

/// How many events of this kind the whole installation has.
async fn count(stage: &Stage, action: Action) -> i64 {
    let reader = stage.portal.db.reader();
    let text = format!("SELECT COUNT(*) AS n FROM audit_event WHERE action = '{}'", action.as_str());
    let statement = sea_orm::Statement::from_string(reader.get_database_backend(), text);
    reader.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}

on_both_databases!(the_page_that_a_notice_leads_to_names_the_act, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let mut ada = Browser::signed_in_later(&house, "ada@example.com").await;
    let page = async |ada: &mut Browser<'_>, query: &str| ada.get(&format!("/confirm{query}")).await.text().await.unwrap();
    let html = page(&mut ada, "?act=Disconnect").await;
    assert!(html.contains("To disconnect an Amazon account, confirm that it is you") && html.contains("Send code"));
    let hidden = |html: &str, name: &str| {
        html.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1.split('"').next().unwrap().to_owned()
    };
    let proof = hidden(&html, "act_proof");
    assert!(page(&mut ada, "?act=Nothing").await.contains("Some acts ask for a fresh proof"));
    let only = page(&mut ada, "?act=Disconnect&by=passkey").await;
    assert!(only.contains("It takes a passkey, and you have none yet") && !only.contains("Send code"));
    // A code that was sent for something else is not the one that is asked for here.
    house.stage.advance(Duration::seconds(61));
    ada.post("ask_confirmation", &[]).await;
    assert!(page(&mut ada, "").await.contains("We sent 8 digits"));
    let other = page(&mut ada, "?act=Disconnect").await;
    assert!(other.contains("To disconnect an Amazon account") && !other.contains("We sent 8 digits"));
    // One that has run out is waited for no more.
    house.stage.advance(Duration::minutes(11));
    ada.post("ask_confirmation", &[("act", "disconnect an Amazon account"), ("act_proof", &proof)]).await;
    assert!(page(&mut ada, "?act=Disconnect").await.contains("We sent 8 digits"));
    house.stage.advance(Duration::minutes(11));
    assert!(!page(&mut ada, "?act=Disconnect").await.contains("We sent 8 digits"));
    assert!(page(&mut ada, "").await.contains("has run out: send another one"));
    // Words that Portal did not write for this person's session name nothing.
    for about in ["send+money".to_owned(), proof] {
        assert!(page(&mut ada, &format!("?about={about}&act=Disconnect")).await.contains("To disconnect an Amazon account"));
    }
});

on_both_databases!(a_notice_leads_to_the_words_of_its_form, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    house.stage.advance(STEP_UP_LIFE + Duration::seconds(1));
    let page = format!("/teams/{}/connections/{}", own.team, own.connection);
    let fields = [("team", &*own.team), ("connection", &*own.connection), ("confirm", "x"), ("page", &page)];
    let html = browser.submit("disconnect", &fields).await.text().await.unwrap();
    let words = "disconnect Shop in the Team Team of ada";
    assert!(html.contains(&format!("To {words}, confirm that it is you.")), "{html}");
    let way = html.split("href=\"/confirm?about=").nth(1).expect("a way to confirm").split('"').next().unwrap();
    let asks = browser.get(&format!("/confirm?about={}", way.replace("&amp;", "&"))).await.text().await.unwrap();
    assert!(asks.contains(&format!("To {words}, confirm that it is you")), "{asks}");
    // Its code's mail says the same, and afterwards the tab says that it is done.
    let hidden = |name: &str| asks.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1.split('"').next().unwrap();
    let fields = [("act", words), ("act_proof", hidden("act_proof")), ("next", hidden("next"))];
    browser.post("ask_confirmation", &fields).await;
    let mail = house.stage.mails_to("ada@example.com").await.pop().unwrap();
    assert!(mail.text.contains(words), "{}", mail.text);
    let code = house.stage.code_for("ada@example.com").await;
    let done = browser.post("confirm", &[("code", &code)]).await;
    let next = done.headers()["location"].to_str().unwrap().to_owned();
    assert!(browser.get(&next).await.text().await.unwrap().contains("send the form again"), "{next}");
});
