//! Reviews: opened every fourteen days, looked through, signed; and what happens when nobody does (C8).

use backend::{
    alerts, jobs,
    reviews::{self, ReviewError},
    store::review::Review,
};
use chrono::Duration;
use model::{
    Environments, Permission, Role, Time,
    alert::Rule,
    audit::{Action, Outcome},
    ids::ConnectionId,
};
use reqwest::Method;
use serde_json::json;

use crate::{
    house::{Furnished, House},
    on_both_databases,
    support::Stage,
};

/// The jobs of the calendar at this time.
async fn due(house: &House, of: &Furnished) -> Vec<Review> {
    house.watch().await;
    jobs::run_due(&house.stage.portal).await.unwrap();
    reviews::list(&of.owner, &of.scope).await.unwrap()
}

async fn overdue(house: &House, of: &Furnished) -> Vec<String> {
    jobs::run_due(&house.stage.portal).await.unwrap();
    let open = alerts::list(&of.owner, &of.scope).await.unwrap().open;
    open.into_iter().filter(|alert| alert.rule == Rule::ReviewOverdue).map(|alert| alert.finding).collect()
}

on_both_databases!(a_cycle_of_done_and_missed_reviews, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    assert_eq!(due(&house, &ada).await, []);
    // The tests' clock begins at 14:13; periods begin at midnight.
    house.stage.advance(Duration::days(13));
    assert_eq!(due(&house, &ada).await, []);
    house.stage.advance(Duration::hours(10));
    let all = due(&house, &ada).await;
    assert_eq!(all.len(), 1);
    assert_eq!(due(&house, &ada).await, all, "opened once");
    let first = &all[0];
    assert_eq!(first.until - first.from, Duration::days(14));
    assert_eq!(first.sample.len(), 5);
    let signer = house.stage.stepped_up(&ada.owner);
    reviews::note(&signer, &ada.scope, first.id, "orders-sync moved to another network", true).await.unwrap();
    reviews::sign(&signer, &ada.scope, first.id, "As it should be").await.unwrap();
    house.stage.advance(Duration::days(4));
    assert_eq!(overdue(&house, &ada).await, [""; 0], "it was done");

    // The second is missed.
    house.stage.advance(Duration::days(10));
    let all = due(&house, &ada).await;
    assert_eq!((all.len(), all[0].from), (2, first.until));
    house.stage.advance(Duration::hours(71));
    assert_eq!(overdue(&house, &ada).await, [""; 0]);
    house.stage.advance(Duration::hours(1));
    assert_eq!(overdue(&house, &ada).await, ["Open for 3 days."]);
    // Nobody acts: the third opens all the same, and the second stays open.
    house.stage.advance(Duration::days(11));
    let all = due(&house, &ada).await;
    assert_eq!(all.iter().filter(|review| review.signed.is_none()).count(), 2);
    assert_eq!(all.len(), 3);
    // Portal stands still for six weeks: no period is left out.
    house.stage.advance(Duration::days(42));
    let all = due(&house, &ada).await;
    assert_eq!(all.len(), 6);
    assert!(all.windows(2).all(|pair| pair[0].from == pair[1].until));
    // Signed late is signed, and the log tells when.
    let late = all.iter().rfind(|review| review.signed.is_none()).unwrap();
    reviews::sign(&house.stage.stepped_up(&ada.owner), &ada.scope, late.id, "Late, and in order").await.unwrap();
    let signed = house.stage.events(&ada.scope, Action::ReviewSigned).await;
    assert_eq!(signed.len(), 2);
    assert!(signed[1].details.contains("\"findings\":1") && signed[0].details.contains("Late, and in order"));
});

on_both_databases!(a_review_shows_what_matters_of_its_period, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let call = async |address: &str| {
        let request = house.issue_request(&house.url, &ada).header("X-Forwarded-For", address);
        request.send().await.unwrap().status().as_u16()
    };
    call("198.51.100.7").await;
    house.watch().await;
    house.stage.advance(Duration::days(14));
    let first = due(&house, &ada).await.remove(0);
    for _ in 0..3 {
        assert_eq!(call("203.0.113.5").await, 200);
    }
    let foreign = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_dead);
    let path = format!("/api/gateway/v1/teams/{}/connections/{}/credentials", ada.team, ConnectionId(foreign));
    let refused = house.ask(Method::POST, &ada.secret, &path).header("X-Forwarded-For", "203.0.113.5").json(&json!({}));
    assert_eq!(refused.send().await.unwrap().status(), 404);
    house.member(&ada, "bob", Role::Auditor, Environments::BOTH).await;
    house.watch().await;
    house.stage.advance(Duration::days(14));
    let second = due(&house, &ada).await.remove(0);
    assert_eq!(second.from, first.until);
    let digest = reviews::digest(&ada.owner, &ada.scope, &second).await.unwrap();
    let figure = |action, outcome| {
        let found = digest.figures.iter().find(|figure| figure.action == action && figure.outcome == outcome);
        found.map(|figure| (figure.now, figure.before))
    };
    assert_eq!(figure(Action::CredentialIssued, Outcome::Ok), Some((3, 1)));
    assert_eq!(figure(Action::CredentialRefused, Outcome::Refused), Some((1, 0)));
    assert_eq!(figure(Action::GatewayCreated, Outcome::Ok), Some((0, 1)));
    let networks: Vec<_> = digest.networks.iter().map(|network| network.network.as_str()).collect();
    assert_eq!(networks, ["203.0.113.0/24"]);
    assert_eq!(digest.refused.len(), 1);
    let changes: Vec<_> = digest.changes.iter().map(|row| row.action).collect();
    assert_eq!(changes, [Action::MemberJoined, Action::MemberInvited]);
    assert!(digest.alerts.iter().any(|alert| alert.rule == Rule::KeyFromNewNetwork));
    let within = |at: Time| at >= second.from && at < second.until;
    assert!(!digest.sample.is_empty() && digest.sample.iter().all(|row| within(row.at)));
});

on_both_databases!(a_signature_needs_a_fresh_proof_and_ends_the_review, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.stage.advance(Duration::days(14));
    let review = due(&house, &ada).await.remove(0);
    let refused = reviews::sign(&ada.owner, &ada.scope, review.id, "As it should be").await;
    assert!(format!("{refused:?}").contains("StepUpRequired"), "{refused:?}");
    // An auditor reviews; that is what auditors are for.
    let eve = house.member(&ada, "eve", Role::Auditor, Environments::BOTH).await;
    let scope = backend::access::enter(&eve, ada.team, Permission::ReviewLog).await.unwrap();
    let eve = house.stage.stepped_up(&eve);
    let empty = reviews::sign(&eve, &scope, review.id, " ").await;
    assert!(matches!(empty, Err(ReviewError::Missing("conclusion"))), "{empty:?}");
    reviews::sign(&eve, &scope, review.id, "As it should be").await.unwrap();
    let twice = reviews::sign(&eve, &scope, review.id, "Another opinion").await;
    assert!(matches!(twice, Err(ReviewError::Signed)), "{twice:?}");
    let noted = reviews::note(&eve, &scope, review.id, "One thing more", false).await;
    assert!(matches!(noted, Err(ReviewError::Signed)), "{noted:?}");
    let kept = reviews::list(&eve, &scope).await.unwrap().remove(0).signed.unwrap();
    assert_eq!((kept.name.as_str(), kept.conclusion.as_str()), ("eve@example.com", "As it should be"));
    // An operator does not even enter.
    let oscar = house.member(&ada, "oscar", Role::Operator, Environments::BOTH).await;
    assert!(backend::access::enter(&oscar, ada.team, Permission::ReviewLog).await.is_err());
});
