//! What a gateway may do, and from where.

use super::*;

/// Changes what the gateway may do, and from where.
pub(super) async fn change(house: &House, of: &Furnished, scopes: &[Scope], networks: &str) {
    let name = "orders-sync".parse().unwrap();
    let (scopes, networks) = (Scopes(scopes.to_vec()), networks.parse().unwrap());
    gateways::change(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, name, scopes, networks).await.unwrap();
}

on_both_databases!(what_a_gateway_may_do_is_narrowed_without_a_proof_and_widened_with_one, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let cx = &of.owner;
    let change = async |cx: &Cx, scopes: &[Scope], networks: &str| {
        let (name, networks) = ("orders-sync".parse().unwrap(), networks.parse().unwrap());
        gateways::change(cx, &of.scope, of.gateway, name, Scopes(scopes.to_vec()), networks).await
    };
    let asked = |changed: Result<(), GatewayError>| {
        assert!(matches!(changed, Err(GatewayError::Access(AccessError::StepUpRequired(DangerousAct::WidenGateway)))));
    };
    let few = &Scope::ALL[..1];
    change(cx, few, "192.0.2.0/24").await.unwrap();
    change(cx, few, "192.0.2.7").await.unwrap();
    asked(change(cx, few, "192.0.2.0/24").await);
    asked(change(cx, few, "192.0.2.7, 198.51.100.1").await);
    asked(change(cx, few, "").await);
    asked(change(cx, &Scope::ALL, "192.0.2.7").await);
    change(&house.stage.stepped_up(cx), &Scope::ALL, "").await.unwrap();
});

on_both_databases!(a_gateway_whose_key_works_gets_another_connection_with_a_proof_alone, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let second = second_connection(&of).await;
    let set =
        async |cx: &Cx, gateway, wanted: &[ConnectionId]| gateways::set_connections(cx, &of.scope, gateway, wanted).await;
    // Fewer, the same, and none take no proof; nor does anything before there is a key, which takes one itself.
    let (both, one) = ([of.connection, second], [of.connection]);
    let without = gateway_in(&of, Environment::Production).await;
    set(&of.owner, without, &both).await.unwrap();
    set(&of.owner, of.gateway, &one).await.unwrap();
    let refused = set(&of.owner, of.gateway, &both).await;
    assert!(matches!(refused, Err(GatewayError::Access(AccessError::StepUpRequired(DangerousAct::WidenGateway)))));
    assert_eq!(gateways::allowed(&of.owner, &of.scope, of.gateway).await.unwrap(), one);
    set(&of.owner, of.gateway, &[]).await.unwrap();
    assert!(set(&of.owner, of.gateway, &one).await.is_err(), "what was taken away comes back with a proof");
    set(&house.stage.stepped_up(&of.owner), of.gateway, &both).await.unwrap();
    set(&of.owner, of.gateway, &one).await.unwrap();
});

on_both_databases!(what_was_taken_away_meanwhile_comes_back_with_a_proof_alone, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let second = second_connection(&of).await;
    let both = [of.connection, second];
    gateways::set_connections(&house.stage.stepped_up(&of.owner), &of.scope, of.gateway, &both).await.unwrap();
    // Somebody takes one away, and somebody else saves the list as their page still shows it.
    let tx = house.stage.portal.db.begin_in(&of.scope).await.unwrap();
    store::team::hold(&*tx, &of.scope).await.unwrap();
    store::gateway::disallow(&*tx, &of.scope, of.gateway, second).await.unwrap();
    let (cx, scope, gateway) = (of.owner.clone(), of.scope.clone(), of.gateway);
    let saved = tokio::spawn(async move { gateways::set_connections(&cx, &scope, gateway, &both).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    tx.commit().await.unwrap();
    assert_eq!(why(saved.await.unwrap()), "Changed");
    assert_eq!(gateways::allowed(&of.owner, &of.scope, of.gateway).await.unwrap(), [of.connection]);
});

on_both_databases!(a_gateway_without_a_scope_is_none, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let nothing = || (Scopes::default(), Networks::default());
    let (scopes, networks) = nothing();
    let name = || "idle".parse().unwrap();
    let created = gateways::create(&of.owner, &of.scope, name(), Environment::Production, scopes, networks).await;
    let (scopes, networks) = nothing();
    let changed = gateways::change(&of.owner, &of.scope, of.gateway, name(), scopes, networks).await;
    assert_eq!((why(created), why(changed)), ("NoScope".to_owned(), "NoScope".to_owned()));
});

on_both_databases!(a_gateway_is_heard_from_its_networks_only, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let connection = format!("/api/gateway/v1/teams/{}/connections/{}", of.team, of.connection);
    let batch = format!("/api/gateway/v1/teams/{}/credentials:batch", of.team);
    let items = json!({ "items": [{ "connection_id": of.connection }] });
    let report = json!({ "generation": 1, "sp_api_status": 200 });
    let ask = async |address: Option<&str>| {
        let requests = [
            house.ask(Method::POST, &of.secret, &format!("{connection}/credentials")).json(&json!({})),
            house.ask(Method::POST, &of.secret, &batch).json(&items),
            house.ask(Method::GET, &of.secret, &connection),
            house.ask(Method::POST, &of.secret, &format!("{connection}/feedback")).json(&report),
            house.ask(Method::GET, &of.secret, "/api/gateway/v1/self"),
        ];
        let mut answers = Vec::new();
        for request in requests {
            let request = address.iter().fold(request, |request, address| request.header("X-Forwarded-For", *address));
            answers.push(heard(request).await);
        }
        answers
    };
    change(&house, &of, &Scope::ALL, "203.0.113.0/24\n2001:db8::/32").await;
    for inside in ["203.0.113.9", "2001:db8::7", "::ffff:203.0.113.9"] {
        assert!(ask(Some(inside)).await.iter().all(|(status, _)| matches!(status, 200 | 204)), "{inside}");
    }
    // Without a proxy's word the address is the test's own: 127.0.0.1.
    for outside in [None, Some("203.0.114.9"), Some("2001:db9::7")] {
        for answer in ask(outside).await {
            assert_eq!(answer, refused(403, "address-not-allowed"), "{outside:?}");
        }
    }
    change(&house, &of, &Scope::ALL, "127.0.0.1").await;
    assert_eq!(issue(&house, &of, &of.secret).await, ok());
});

on_both_databases!(a_gateway_does_what_its_scopes_say, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let connection = format!("/api/gateway/v1/teams/{}/connections/{}", of.team, of.connection);
    let credentials = format!("{connection}/credentials");
    let report = json!({ "generation": 1, "sp_api_status": 200 });
    for scopes in [vec![Scope::ConnectionStatus], vec![Scope::CredentialIssue], vec![Scope::FeedbackWrite]] {
        change(&house, &of, &scopes, "").await;
        let asked = [
            (Scope::ConnectionStatus, house.ask(Method::GET, &of.secret, &connection)),
            (Scope::CredentialIssue, house.ask(Method::POST, &of.secret, &credentials).json(&json!({}))),
            (Scope::FeedbackWrite, house.ask(Method::POST, &of.secret, &format!("{connection}/feedback")).json(&report)),
        ];
        for (needs, request) in asked {
            let (status, code) = heard(request).await;
            let allowed = scopes.contains(&needs);
            assert_eq!(matches!(status, 200 | 204), allowed, "{needs:?} with {scopes:?}: {status} {code}");
            assert!(allowed || (status, code.as_str()) == (403, "scope-missing"), "{needs:?}: {status} {code}");
        }
        assert_eq!(heard(house.ask(Method::GET, &of.secret, "/api/gateway/v1/self")).await, ok(), "needs none");
    }
    // Forcing is a scope of its own, on top of issuing.
    let force = || house.ask(Method::POST, &of.secret, &credentials).json(&json!({ "rejected_generation": 1 }));
    for (scopes, answer) in [
        (vec![Scope::CredentialIssue], refused(403, "scope-missing")),
        (vec![Scope::CredentialForce], refused(403, "scope-missing")),
        (vec![Scope::CredentialIssue, Scope::CredentialForce], ok()),
    ] {
        change(&house, &of, &scopes, "").await;
        assert_eq!(heard(force()).await, answer, "{scopes:?}");
    }
});
