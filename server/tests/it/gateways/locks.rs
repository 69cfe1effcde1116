//! Locks on any part of the way from a key to a credential.

use super::*;

/// Locks what `target_id` names, as an incident does.
async fn lock(house: &House, by: &Furnished, target_kind: &'static str, target_id: Uuid, expires_at: Option<Time>) {
    let now = house.stage.portal.clock.now();
    let tx = house.stage.portal.db.begin().await.unwrap();
    let author = Some(by.owner.signed_in().unwrap().user);
    let id = backend::random::id(now);
    let new = Lock { id, target_kind, target_id, reason: "a drill".to_owned(), author, created_at: now, expires_at };
    lock::insert(&*tx, &by.scope, new).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_databases!(a_lock_on_any_part_of_the_way_holds_from_the_next_request_until_it_expires, async |stage: Stage| {
    let house = House::on(stage).await;
    for kind in ["team", "connection", "gateway", "gateway_key"] {
        let of = house.furnished(&format!("owner-of-{}", kind.replace('_', "-"))).await;
        let target = match kind {
            "team" => of.team.0,
            "connection" => of.connection.0,
            "gateway" => of.gateway.0,
            _ => of.key.0,
        };
        // Another way that meets the locked part only where the two meet.
        let second = second_connection(&of).await;
        let gateway = gateway_in(&of, Environment::Production).await;
        gateways::set_connections(&of.owner, &of.scope, gateway, &[second]).await.unwrap();
        let (_, secret) = house.key(&of.owner, &of.scope, gateway).await;
        let elsewhere = async || house.issue_at(&house.url, &secret, of.team, second, json!({})).await.0;
        assert_eq!((issue(&house, &of, &of.secret).await, elsewhere().await), (ok(), 200), "{kind}");

        lock(&house, &of, kind, target, Some(of.owner.now() + Duration::minutes(10))).await;
        assert_eq!(issue(&house, &of, &of.secret).await, refused(423, "locked"), "{kind}");
        assert_eq!(elsewhere().await, if kind == "team" { 423 } else { 200 }, "{kind}");
        let known = heard(house.issue_request(&house.url, &of).json(&json!({ "known_generation": 1 }))).await;
        assert_eq!(known, refused(423, "locked"), "{kind}");
        let batch = format!("/api/gateway/v1/teams/{}/credentials:batch", of.team);
        let items = json!({ "items": [{ "connection_id": of.connection }] });
        let body: Value =
            house.ask(Method::POST, &of.secret, &batch).json(&items).send().await.unwrap().json().await.unwrap();
        assert_eq!((&body["items"][0]["status"], &body["items"][0]["problem"]["code"]), (&json!(423), &json!("locked")));
        let path = format!("/api/gateway/v1/teams/{}/connections/{}", of.team, of.connection);
        let status: Value = house.ask(Method::GET, &of.secret, &path).send().await.unwrap().json().await.unwrap();
        assert_eq!(status["locked"], true, "{kind}: {status}");

        house.stage.advance(Duration::minutes(10) - Duration::microseconds(1));
        assert_eq!(issue(&house, &of, &of.secret).await, refused(423, "locked"), "{kind}");
        house.stage.advance(Duration::microseconds(1));
        assert_eq!(issue(&house, &of, &of.secret).await, ok(), "{kind}");
    }
});

on_both_databases!(a_lock_without_an_end_stands_and_is_told_before_anything_else, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    connections::disable(&of.owner, &of.scope, of.connection).await.unwrap();
    assert_eq!(issue(&house, &of, &of.secret).await, refused(409, "connection-disabled"));
    lock(&house, &of, "connection", of.connection.0, None).await;
    house.stage.advance(Duration::days(30));
    assert_eq!(issue(&house, &of, &of.secret).await, refused(423, "locked"));
    let token = house.http.post(format!("{}/api/gateway/v1/lwa/token", house.url)).form(&[
        ("grant_type", "refresh_token"),
        ("client_id", &of.key.to_string()),
        ("client_secret", &of.secret),
        ("refresh_token", &of.connection.to_string()),
    ]);
    let response = token.send().await.unwrap();
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");
});

on_both_databases!(a_lock_of_another_team_is_not_heard, async |stage: Stage| {
    let house = House::on(stage).await;
    let (of, other) = (house.furnished("ada").await, house.furnished("bob").await);
    for (kind, target) in
        [("team", of.team.0), ("connection", of.connection.0), ("gateway", of.gateway.0), ("gateway_key", of.key.0)]
    {
        lock(&house, &other, kind, target, None).await;
    }
    assert_eq!(issue(&house, &of, &of.secret).await, ok());
});
