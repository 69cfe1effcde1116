//! A14: dangerous acts ask for a fresh proof of the person. Driven from the list, so that no act is forgotten.

use backend::{
    Cx, alerts, approvals, connections, gateways, incidents,
    login::{self, LoginError},
    lwa_apps, reviews,
    store::{approval::Approval, audit_hold::By, member::Member},
    teams, webhooks,
};
use chrono::Duration;
use model::{
    Environments, Problem, ProblemCode, Role,
    approval::GraveAct,
    audit::{Action, SafeText},
    engagement::Engagement,
    ids::ApprovalId,
    incident::{Kind, MeasureKind, Step},
    login::CODE_LIFE,
    step_up::{DangerousAct, STEP_UP_LIFE},
};
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::{
    authenticator::Authenticator,
    house::{Furnished, House, known_app},
    on_both_databases,
    support::Stage,
};

fn problem<T, E>(result: Result<T, E>) -> Result<(), Problem>
where
    for<'a> Problem: From<&'a E>,
{
    result.map(|_| ()).map_err(|error| Problem::from(&error))
}

/// What the owner shows passkeys with.
type Device = Mutex<Authenticator>;

fn a_device() -> Device {
    Mutex::new(Authenticator::at(crate::passkeys::ORIGIN))
}

/// Does everything that counts as this act. A new act does not compile without its case.
async fn perform(
    house: &House,
    device: &Device,
    team: &Furnished,
    bob: &Cx,
    cx: &Cx,
    act: DangerousAct,
) -> Vec<Result<(), Problem>> {
    let scope = &team.scope;
    let bob = bob.signed_in().unwrap().user;
    match act {
        DangerousAct::CreateGatewayKey => vec![problem(gateways::create_key(cx, scope, team.gateway, 90, None).await)],
        DangerousAct::ChangeClientSecret => {
            let secret = SecretString::from(house.simulator.rotate(known_app().client_id).unwrap());
            vec![
                problem(lwa_apps::stage_secret(cx, scope, team.app, secret, cx.now()).await),
                problem(lwa_apps::promote_secret(cx, scope, team.app).await),
                problem(lwa_apps::drop_other_secret(cx, scope, team.app).await),
            ]
        }
        DangerousAct::RemoveLwaApp => {
            let apps = lwa_apps::list(cx, scope).await.unwrap();
            let spare = apps.into_iter().find(|app| app.name.as_str() == "Spare").map_or(team.app, |app| app.id);
            vec![problem(lwa_apps::remove(cx, scope, spare, "Spare").await)]
        }
        DangerousAct::Disconnect => vec![problem(connections::disconnect(cx, scope, team.connection, "Shop").await)],
        DangerousAct::ChangeRole => {
            vec![
                problem(teams::change_member(cx, scope, bob, Role::Auditor, Environments::BOTH).await),
                problem(teams::engage(cx, scope, bob, Engagement::Employee).await),
            ]
        }
        DangerousAct::RemoveMember => vec![problem(teams::remove_member(cx, scope, bob).await)],
        DangerousAct::InviteMember => {
            let carol = "carol@example.com".parse().unwrap();
            vec![problem(teams::invite(cx, scope, &carol, Role::Auditor, Environments::BOTH, Engagement::Employee).await)]
        }
        DangerousAct::ChangeWatch => {
            use backend::store::alert_setting::Setting;
            vec![
                problem(alerts::set_rule(cx, scope, model::alert::Rule::RefusedCalls, Setting::default()).await),
                problem(alerts::set_delivery(cx, scope, Default::default()).await),
                problem(connections::set_canary(cx, scope, team.connection, false).await),
            ]
        }
        DangerousAct::SetWebhook => {
            let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
            vec![
                problem(webhooks::set(cx, scope, "http://127.0.0.1:9/hook", secret).await),
                problem(webhooks::remove(cx, scope).await),
            ]
        }
        DangerousAct::ExportLog => vec![
            problem(backend::audit::note_export(cx, scope, "csv", 1).await),
            problem(approvals::ask(cx, scope, GraveAct::ExportLog, "").await),
            problem(approvals::approve(cx, scope, GraveAct::ExportLog, asked(house, team).await, "").await),
        ],
        DangerousAct::AddPasskey => {
            // Others of the Team's owners have theirs.
            if let Some(dana) = dana(team).await {
                give_passkey(house, dana.user).await;
            }
            let asked = match backend::passkeys::begin_registration(cx).await {
                Ok(asked) => asked,
                Err(error) => return vec![Err(Problem::from(&error))],
            };
            let made = device.lock().await.create(&asked.options);
            vec![problem(backend::passkeys::register(cx, asked.id, "Laptop".parse().unwrap(), &made).await)]
        }
        DangerousAct::SignAccessReview => {
            let review = backend::access_reviews::list(cx, scope).await.unwrap()[0].id;
            let decided =
                "UPDATE access_review_item SET decision = 'confirmed', note = '', decided_at = '2026-01-01 00:00:00+00:00',
                decided_by = subject_id, decided_name = ''";
            house.stage.portal.db.reader().execute_unprepared(decided).await.unwrap();
            vec![problem(backend::access_reviews::sign(cx, scope, review, "As it should be").await)]
        }
        DangerousAct::EnableAccount => {
            let dana = dana(team).await.map_or(model::ids::UserId(model::ids::NIL), |dana| dana.user);
            backend::store::dormancy::disable(house.stage.portal.db.reader(), dana, cx.now()).await.unwrap();
            vec![problem(backend::dormancy::enable(cx, dana).await)]
        }
        DangerousAct::ChangePasskeyRule => vec![
            problem(teams::require_passkeys(cx, scope, true).await),
            problem(teams::require_passkeys(cx, scope, false).await),
        ],
        DangerousAct::RemovePasskey => {
            let mine = backend::passkeys::list(cx).await.unwrap();
            let one = mine.first().map_or(model::ids::PasskeyId(model::ids::NIL), |one| one.id);
            vec![problem(backend::passkeys::remove(cx, one).await)]
        }
        DangerousAct::DeleteTeam => {
            make(team, Role::Owner).await;
            // What is looked into keeps the Team.
            for over in [
                "UPDATE incident SET state = 'dismissed'",
                "UPDATE audit_hold SET lifted_at = placed_at, lifted_by = placed_by, lifted_name = ''",
            ] {
                house.stage.portal.db.reader().execute_unprepared(over).await.unwrap();
            }
            vec![problem(approvals::ask(cx, scope, GraveAct::DeleteTeam, "Team of ada").await)]
        }
        DangerousAct::ChangeHold => {
            let holds = backend::audit::retention(cx, scope).await.unwrap().holds;
            let standing = holds.into_iter().find(|hold| hold.lifted.is_none());
            let hold = standing.map_or(model::ids::HoldId(model::ids::NIL), |hold| hold.id);
            vec![
                problem(backend::audit::lift_hold(cx, scope, hold).await),
                problem(backend::audit::place_hold(cx, scope, "Case 4712").await),
            ]
        }
        DangerousAct::LiftLock => {
            let incident = incidents::list(cx, scope).await.unwrap().remove(0).id;
            let incident = incidents::enter(cx, scope, incident).await.unwrap();
            let lock = incidents::measures(cx, &incident).await.unwrap().into_iter().find(|one| one.lock.is_some());
            vec![problem(incidents::lift(cx, &incident, lock.unwrap().id).await)]
        }
        DangerousAct::CopyEvidence => {
            let incident = incidents::list(cx, scope).await.unwrap().remove(0).id;
            let incident = incidents::enter(cx, scope, incident).await.unwrap();
            let piece = incidents::locker(cx, &incident).await.unwrap().remove(0).0.id;
            vec![problem(incidents::copy_evidence(cx, &incident, piece).await)]
        }
        DangerousAct::SettleAmazon => {
            let all = incidents::list(cx, scope).await.unwrap();
            let enter = async |id| incidents::enter(cx, scope, id).await.unwrap();
            let nothing = all.iter().find(|one| one.title == "Nothing").unwrap().id;
            vec![
                problem(incidents::settle_amazon(cx, &enter(all[0].id).await, "Nothing of Amazon's was reached").await),
                problem(incidents::take_step(cx, &enter(nothing).await, Step::Dismiss, None, "It was a test", None).await),
            ]
        }
        DangerousAct::ApproveNotice => {
            make(team, Role::Auditor).await;
            let incident = incidents::list(cx, scope).await.unwrap().remove(0).id;
            let incident = incidents::enter(cx, scope, incident).await.unwrap();
            let notice = incidents::notices(cx, &incident).await.unwrap().remove(0);
            vec![
                problem(incidents::approve_notice(cx, &incident, notice.id, notice.version).await),
                problem(incidents::told_amazon_alone(cx, &incident, "By telephone").await),
            ]
        }
        DangerousAct::ChangeContact => {
            let (email, amazon) = ("ciso@example.com".parse().unwrap(), "security@amazon.com".parse().unwrap());
            vec![problem(incidents::set_contact(cx, scope, "Grace", email, "", amazon).await)]
        }
        DangerousAct::SignReview => {
            let review = reviews::list(cx, scope).await.unwrap().remove(0).id;
            vec![problem(reviews::sign(cx, scope, review, "As it should be").await)]
        }
    }
}

/// The second owner, where there is one.
async fn dana(team: &Furnished) -> Option<Member> {
    let all = teams::members(&team.owner, &team.scope).await.unwrap();
    all.into_iter().find(|one| one.email.as_str().starts_with("dana"))
}

/// Where some acts ask for a second person, others ask that there be none.
async fn make(team: &Furnished, role: Role) {
    let dana = dana(team).await.unwrap().user;
    let db = team.owner.portal.db.reader();
    backend::store::member::change(db, &team.scope, dana, role, Environments::BOTH).await.unwrap();
}

/// As if they had one: nobody shows it.
async fn give_passkey(house: &House, user: model::ids::UserId) {
    let now = house.stage.portal.clock.now();
    let one = backend::store::passkey::Passkey {
        id: backend::random::id(now),
        user,
        name: "Hers".parse().unwrap(),
        credential_id: user.0.as_bytes().to_vec(),
        credential: "{}".to_owned(),
        mac: Vec::new(),
        uses: 0,
        created_at: now,
        last_used_at: None,
    };
    let db = house.stage.portal.db.reader();
    if backend::store::passkey::of_user(db, user).await.unwrap().is_empty() {
        backend::store::passkey::insert(db, &one).await.unwrap();
    }
}

/// What the second owner asks for.
async fn asked(house: &House, team: &Furnished) -> ApprovalId {
    let db = house.stage.portal.db.reader();
    let Some(dana) = dana(team).await else { return ApprovalId(model::ids::NIL) };
    let by = By { at: house.stage.portal.clock.now(), user: dana.user, name: dana.email.to_string() };
    let id = backend::random::id(by.at);
    let new = Approval { id, act: GraveAct::ExportLog, asked: by, given: None, ended_at: None };
    backend::store::approval::insert(db, &team.scope, &new).await.unwrap();
    id
}

fn assert_refused(results: Vec<Result<(), Problem>>, act: DangerousAct, when: &str) {
    for result in results {
        let problem = result.expect_err(when);
        let codes = [ProblemCode::StepUpRequired, ProblemCode::PasskeyProofRequired];
        assert!(codes.contains(&problem.code), "{act:?} {when}: {problem:?}");
        assert!(problem.detail.contains(act.words()), "{}", problem.detail);
    }
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
    for act in DangerousAct::ALL {
        let before = events().await;
        let unconfirmed = house.stage.resumed(&team.owner, session).await;
        assert_refused(perform(&house, &device, &team, &bob, &unconfirmed, act).await, act, "without a step-up");
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
            assert_refused(perform(&house, &device, &team, &bob, cx, act).await, act, "ten minutes and a microsecond after");
        }
    }
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
