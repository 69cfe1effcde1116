//! E6: accounts that nobody uses are warned at 30 and 40 days and disabled at 45; the last owner stays.

use backend::{Cx, Portal, access::AccessError, dormancy, jobs, login, passkeys, sessions, store::dormancy::account, teams};
use chrono::Duration;
use model::{Environments, Role, audit::Action, dormancy::DISABLED_AFTER, ids::UserId};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    authenticator::Authenticator,
    house::{Furnished, House},
    on_both_databases,
    support::Stage,
};

fn user(cx: &Cx) -> UserId {
    cx.signed_in().unwrap().user
}

/// Somebody uses Portal now.
async fn uses(stage: &Stage, cx: &Cx) {
    let text = "UPDATE session SET last_seen_at = $1 WHERE user_id = $2";
    let db = stage.portal.db.reader();
    let values = [stage.portal.clock.now().into(), user(cx).0.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
}

async fn is_disabled(stage: &Stage, cx: &Cx) -> bool {
    account(stage.portal.db.reader(), user(cx)).await.unwrap().unwrap().disabled_at.is_some()
}

async fn told(stage: &Stage, who: &str, words: &str) -> usize {
    let mails = stage.mails_to(&format!("{who}@example.com")).await;
    mails.iter().filter(|mail| mail.subject.contains(words)).count()
}

/// A Team with an owner who is there every day, and Bob who is not.
async fn with_bob(stage: Stage) -> (House, Furnished, Cx) {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let bob = house.member(&ada, "bob", Role::Admin, Environments::BOTH).await;
    (house, ada, bob)
}

/// Days pass, one after another, in which `there` are there.
async fn days(stage: &Stage, many: i64, there: &[&Cx]) {
    for _ in 0..many {
        stage.advance(Duration::days(1));
        for cx in there {
            uses(stage, cx).await;
        }
        jobs::run_due(&stage.portal).await.unwrap();
        jobs::run_due(&stage.portal).await.unwrap();
    }
}

on_both_databases!(an_unused_account_is_warned_twice_and_disabled, async |stage: Stage| {
    let (house, ada, bob) = with_bob(stage).await;
    let stage = &house.stage;
    let about = "Your account is about to be disabled";
    let (mut warned, mut disabled) = (Vec::new(), Vec::new());
    for day in 1..=45 {
        days(stage, 1, &[&ada.owner]).await;
        if told(stage, "bob", about).await > warned.len() {
            warned.push(day);
        }
        if is_disabled(stage, &bob).await {
            disabled.push(day);
        }
    }
    println!("figure E6: warned on the days {warned:?}, disabled on {disabled:?}");
    assert_eq!((&*warned, &*disabled), (&[30, 40][..], &[45][..]));
    assert!(is_disabled(stage, &bob).await && !is_disabled(stage, &ada.owner).await);
    assert_eq!(told(stage, "bob", "Your account is disabled").await, 1);
    assert_eq!(told(stage, "ada", "An unused account was disabled").await, 1);
    assert_eq!(stage.events(&ada.scope, Action::MemberDormant).await.len(), 1);
    // Neither a session nor a code brings them in.
    let session = bob.signed_in().unwrap().session;
    assert!(sessions::resume(&stage.portal, session, None, true).await.unwrap().is_none());
    let visitor = stage.visitor(&stage.next_address());
    let codes = stage.codes_for("bob@example.com").await.len();
    login::ask(&visitor, "bob@example.com").await.unwrap();
    assert_eq!(stage.codes_for("bob@example.com").await.len(), codes);
    days(stage, 20, &[&ada.owner]).await;
    assert_eq!(told(stage, "bob", "disabled").await, 3, "told of it once");
    let members = teams::members(&ada.owner, &ada.scope).await.unwrap();
    assert!(members.iter().any(|member| member.user == user(&bob)), "a member is not removed by it");
});

on_both_databases!(whoever_comes_back_begins_anew, async |stage: Stage| {
    let (house, ada, bob) = with_bob(stage).await;
    let stage = &house.stage;
    let about = "Your account is about to be disabled";
    days(stage, 44, &[&ada.owner]).await;
    assert_eq!(told(stage, "bob", about).await, 2);
    uses(stage, &bob).await;
    days(stage, 29, &[&ada.owner]).await;
    assert!(!is_disabled(stage, &bob).await);
    assert_eq!(told(stage, "bob", about).await, 2);
    days(stage, 1, &[&ada.owner]).await;
    assert_eq!(told(stage, "bob", about).await, 3);
});

on_both_databases!(the_last_owner_and_the_last_operator_stay, async |stage: Stage| {
    // Ada came first: she operates the installation.
    let (house, ada, bob) = with_bob(stage).await;
    let stage = &house.stage;
    let carol = house.furnished("carol").await;
    // She is in no Team: only that she operates the installation keeps her.
    let dan = house.member(&ada, "dan", Role::Owner, Environments::BOTH).await;
    let dan = stage.stepped_up(&dan);
    let scope = backend::access::enter(&dan, ada.team, model::Permission::ManageMembers).await.unwrap();
    teams::remove_member(&dan, &scope, user(&ada.owner)).await.unwrap();
    days(stage, DISABLED_AFTER + 10, &[]).await;
    assert!(!is_disabled(stage, &ada.owner).await && !is_disabled(stage, &carol.owner).await);
    assert!(is_disabled(stage, &bob).await);
    for who in ["ada", "carol"] {
        assert_eq!(told(stage, who, "Your account is unused").await, 1, "{who}, once");
    }
});

on_both_databases!(of_two_owners_who_are_not_there_one_stays, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let stage = &house.stage;
    let carol = house.furnished("carol").await;
    let dan = house.member(&carol, "dan", Role::Owner, Environments::BOTH).await;
    for round in 0..10 {
        stage.advance(Duration::days(DISABLED_AFTER));
        uses(stage, &ada.owner).await;
        // Nobody is disabled who was not warned five days before.
        jobs::look_after_members(&stage.portal).await.unwrap();
        assert!(!is_disabled(stage, &carol.owner).await && !is_disabled(stage, &dan).await);
        stage.advance(Duration::days(5));
        uses(stage, &ada.owner).await;
        // Two workers at once.
        let other: Portal = stage.replica().await;
        let turns = tokio::join!(jobs::look_after_members(&stage.portal), jobs::look_after_members(&other));
        turns.0.unwrap();
        turns.1.unwrap();
        let disabled = [is_disabled(stage, &carol.owner).await, is_disabled(stage, &dan).await];
        assert_eq!(disabled.iter().filter(|one| **one).count(), 1, "round {round}");
        let operator = stage.stepped_up(&ada.owner);
        let gone = if disabled[0] { user(&carol.owner) } else { user(&dan) };
        dormancy::enable(&operator, gone).await.unwrap();
    }
});

on_both_databases!(an_operator_lets_somebody_in_again, async |stage: Stage| {
    let (house, ada, bob) = with_bob(stage).await;
    let stage = &house.stage;
    let mut device = Authenticator::at(crate::passkeys::ORIGIN);
    crate::passkeys::add(&stage.stepped_up(&bob), &mut device).await;
    days(stage, DISABLED_AFTER, &[&ada.owner]).await;
    let visitor = stage.visitor(&stage.next_address());
    let asked = passkeys::begin_sign_in(&visitor).await.unwrap();
    let refused = passkeys::sign_in(&visitor, asked.id, &device.get(&asked.options)).await;
    assert!(refused.is_err(), "a passkey brings nobody in whose account is disabled");
    let eve = stage.stepped_up(&stage.person("eve").await);
    assert!(matches!(dormancy::enable(&eve, user(&bob)).await, Err(AccessError::NotFound)));
    assert!(matches!(dormancy::disabled(&eve).await, Err(AccessError::NotFound)));
    assert!(matches!(dormancy::enable(&ada.owner, user(&bob)).await, Err(AccessError::StepUpRequired(_))));
    let operator = stage.stepped_up(&ada.owner);
    assert_eq!(dormancy::disabled(&operator).await.unwrap()[0].email.as_str(), "bob@example.com");
    dormancy::enable(&operator, user(&bob)).await.unwrap();
    assert!(matches!(dormancy::enable(&operator, user(&bob)).await, Err(AccessError::NotFound)));
    assert_eq!(told(stage, "bob", "Your account is enabled again").await, 1);
    assert_eq!(told(stage, "ada", "An account is enabled again").await, 1);
    assert_eq!(stage.events(&ada.scope, Action::MemberEnabled).await.len(), 1);
    stage.advance(Duration::minutes(2));
    stage.person("bob").await;
    // From then on it counts anew, also when they do not come.
    days(stage, 29, &[&ada.owner]).await;
    assert!(!is_disabled(stage, &bob).await);
    days(stage, 16, &[&ada.owner]).await;
    assert!(is_disabled(stage, &bob).await);
    let email = "bob@example.com".parse().unwrap();
    dormancy::enable_from_command_line(&stage.portal, &email).await.unwrap();
    assert!(!is_disabled(stage, &bob).await);
});
