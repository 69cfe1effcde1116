use backend::{connections, gateways};
use chrono::Duration;
use model::{
    alert::{Rule, Severity},
    ids::ConnectionId,
};
use serde_json::json;

use super::Guarded;

crate::on_both_databases!(repeated_refusals_of_one_gateway, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let made = &guarded.made;
    let foreign: ConnectionId = "con_0190000000007000800000000000dead".parse().unwrap();
    for _ in 0..19 {
        let (status, _) = guarded.house.issue_at(&guarded.house.url, &made.secret, made.team, foreign, json!({})).await;
        assert_eq!(status, 404);
    }
    assert!(guarded.fired(Rule::RefusedCalls).await.is_empty());
    guarded.house.stage.advance(Duration::minutes(11));
    guarded.house.issue_at(&guarded.house.url, &made.secret, made.team, foreign, json!({})).await;
    assert!(guarded.fired(Rule::RefusedCalls).await.is_empty(), "the others lie behind the ten minutes");
    for _ in 0..19 {
        guarded.house.issue_at(&guarded.house.url, &made.secret, made.team, foreign, json!({})).await;
    }
    let fired = guarded.fired(Rule::RefusedCalls).await;
    assert_eq!(fired.len(), 1);
    assert_eq!((fired[0].severity, fired[0].occurrences), (Severity::Warning, 20));
    assert_eq!(fired[0].subject.as_ref().unwrap().name, "orders-sync");
    assert!(fired[0].event.is_some());
    guarded.house.issue_at(&guarded.house.url, &made.secret, made.team, foreign, json!({})).await;
    assert_eq!(guarded.fired(Rule::RefusedCalls).await[0].occurrences, 21, "one more is one more");
});

crate::on_both_databases!(a_key_from_a_new_network, |stage| async move {
    let guarded = Guarded::on(stage).await;
    for address in ["198.51.100.7", "198.51.100.99"] {
        assert_eq!(guarded.call_from(address).await, 200);
    }
    assert!(guarded.fired(Rule::KeyFromNewNetwork).await.is_empty(), "a first network is not new, nor is a neighbour");
    for _ in 0..3 {
        guarded.call_from("203.0.113.5").await;
    }
    let fired = guarded.fired(Rule::KeyFromNewNetwork).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("203.0.113.0/24"), "{}", fired[0].finding);
    guarded.call_from("203.0.113.6").await;
    assert_eq!(guarded.fired(Rule::KeyFromNewNetwork).await[0].occurrences, 3, "known by now");
    // Many networks are one alert, and what is refused makes no network known.
    guarded.call_from("192.0.2.1").await;
    let made = &guarded.made;
    gateways::revoke_key(&made.owner, &made.scope, made.gateway, made.key).await.unwrap();
    assert_eq!(guarded.call_from("198.18.0.1").await, 401);
    assert_eq!(guarded.fired(Rule::KeyFromNewNetwork).await[0].occurrences, 4);
});

crate::on_both_databases!(an_unusual_rate_of_credentials, |stage| async move {
    let guarded = Guarded::on(stage).await;
    for _ in 0..100 {
        guarded.call_from("198.51.100.7").await;
    }
    assert!(guarded.fired(Rule::UnusualRate).await.is_empty(), "nothing is usual on the first day");
    guarded.house.stage.advance(Duration::days(1));
    for _ in 0..99 {
        guarded.call_from("198.51.100.7").await;
    }
    assert!(guarded.fired(Rule::UnusualRate).await.is_empty());
    guarded.call_from("198.51.100.7").await;
    let fired = guarded.fired(Rule::UnusualRate).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("100 credentials within an hour"), "{}", fired[0].finding);
});

crate::on_both_databases!(a_canary_connection_is_refused_and_told_of, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let made = &guarded.made;
    assert_eq!(guarded.call_from("198.51.100.7").await, 200);
    assert!(guarded.fired(Rule::CanaryUsed).await.is_empty());
    connections::set_canary(&made.owner, &made.scope, made.connection, true).await.unwrap();
    let (status, body) = guarded.house.issue(made, json!({})).await;
    assert_eq!((status, body["code"].as_str()), (409, Some("connection-disabled")), "the caller learns nothing");
    let status = format!("/api/gateway/v1/teams/{}/connections/{}", made.team, made.connection);
    let asked = guarded.house.ask(reqwest::Method::GET, &made.secret, &status).send().await.unwrap();
    assert_eq!(asked.status(), 409);
    let fired = guarded.fired(Rule::CanaryUsed).await;
    assert_eq!(fired.len(), 1);
    assert_eq!((fired[0].severity, fired[0].occurrences), (Severity::Critical, 2));
    assert_eq!(fired[0].subject.as_ref().unwrap().name, "Shop");
    connections::set_canary(&guarded.house.stage.stepped_up(&made.owner), &made.scope, made.connection, false)
        .await
        .unwrap();
    assert_eq!(guarded.call_from("198.51.100.7").await, 200);
});

crate::on_both_databases!(a_canary_key_opens_nothing_and_is_told_of, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let made = &guarded.made;
    gateways::make_canary_key(&made.owner, &made.scope, made.gateway, made.key).await.unwrap();
    assert!(guarded.fired(Rule::CanaryUsed).await.is_empty());
    let (status, body) = guarded.house.issue(made, json!({})).await;
    assert_eq!((status, body["code"].as_str()), (401, Some("invalid-gateway-key")));
    let fired = guarded.fired(Rule::CanaryUsed).await;
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].subject.as_ref().unwrap().kind, "gateway_key");
});
