//! What nothing used for thirty days is listed and stopped in one step; what was used meanwhile is not.

use super::*;

on_both_databases!(what_nothing_uses_is_stopped_in_one_step, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (second, _) = house.key(&of.owner, &of.scope, of.gateway).await;
    let quiet = gateway_in(&of, Environment::Sandbox).await;
    let (canary, _) = house.key(&of.owner, &of.scope, quiet).await;
    gateways::make_canary_key(&house.stage.stepped_up(&of.owner), &of.scope, quiet, canary).await.unwrap();
    let idle = async || {
        let all = gateways::idle(&of.owner, &of.scope).await.unwrap();
        let keys = |one: &gateways::Idle| one.keys.iter().map(|(key, days)| (key.id, *days)).collect::<Vec<_>>();
        all.iter().map(|one| (one.gateway.id, one.days, keys(one))).collect::<Vec<_>>()
    };
    house.stage.advance(Duration::days(29));
    assert_eq!(issue(&house, &of, &of.secret).await, ok());
    assert!(idle().await.is_empty());
    house.stage.advance(Duration::days(1));
    // One key of a gateway that is used; a gateway with nothing but a canary, which is never used and stays.
    let mut found = idle().await;
    found.sort_by_key(|(_, days, _)| *days);
    assert_eq!(found, [(of.gateway, None, vec![(second, 30)]), (quiet, Some(30), Vec::new())]);

    let ada = &of.owner;
    let stop = async |gateways: &[GatewayId], keys: &[model::ids::GatewayKeyId]| {
        gateways::stop_idle(ada, &of.scope, gateways, keys).await
    };
    assert!(why(stop(&[], &[]).await).contains("NothingChosen"));
    // What is in use stops nothing, and nothing else with it.
    for (gateways, keys) in [(vec![quiet, of.gateway], vec![]), (vec![], vec![second, of.key]), (vec![], vec![canary])] {
        assert!(why(stop(&gateways, &keys).await).contains("Changed"));
    }
    assert_eq!(idle().await.len(), 2);
    stop(&[quiet], &[second]).await.unwrap();
    assert!(idle().await.is_empty());
    assert_eq!(issue(&house, &of, &of.secret).await, ok());
    let keys = gateways::keys(ada, &of.scope, of.gateway).await.unwrap();
    assert!(keys.iter().all(|key| key.revoked_at.is_some() == (key.id == second)));
    for action in [Action::GatewayDisabled, Action::GatewayKeyRevoked] {
        assert_eq!(house.stage.events(&of.scope, action).await.len(), 1, "{action:?}");
    }
});

on_both_databases!(who_may_not_touch_an_environment_stops_nothing_there, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let sam = house.member(&of, "sam", Role::Operator, SANDBOX).await;
    let scope = backend::access::enter(&sam, of.team, model::Permission::ManageGateways).await.unwrap();
    house.stage.advance(Duration::days(31));
    let refused = gateways::stop_idle(&sam, &scope, &[of.gateway], &[of.key]).await;
    assert!(why(refused).contains("EnvironmentClosed"));
    assert!(gateways::keys(&of.owner, &of.scope, of.gateway).await.unwrap()[0].revoked_at.is_none());
});
