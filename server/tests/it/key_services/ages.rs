//! How old a service's keys are: known once it was asked, as far as it tells.

use backend::Clock;
use chrono::Duration;

use super::*;

async fn active(portal: &Portal) -> keys::Custody {
    let masters = keys::inventory(portal).await.unwrap().masters;
    masters.into_iter().find(|one| one.key.active).unwrap()
}

/// The next look of the process, which is the twelfth in a minute.
async fn next_minute(portal: &Portal) {
    keys::watch((portal.clone(), Arc::new(12.into()))).await.unwrap();
}

/// Services live by the real clock.
fn is_new(custody: &keys::Custody) -> bool {
    custody.key.made_at.is_some_and(|made| (Clock::system().now() - made).abs() < Duration::hours(1))
}

on_both_databases!(openbao_tells_how_old_each_version_is_and_when_it_makes_the_next, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let bao = OpenBao::start(&house.stage).await;
    let service = bao.service(bao.key());
    let portal = cold(&house.stage, wraps(&service));
    keys::rewrap(&portal, |_| ()).await.unwrap();
    assert!(active(&portal).await.key.made_at.is_none() && service.lacks_ages());
    next_minute(&portal).await;
    let first = active(&portal).await;
    assert!(is_new(&first) && first.served, "{first:?}");
    assert_eq!(first.due, first.key.made_at.map(|made| made + Duration::days(365)));
    // It is told to make the next one by itself.
    bao.running.ask("v1/transit/keys/portal/config", json!({ "auto_rotate_period": "720h" })).await;
    service.ask_ages().await.unwrap();
    assert_eq!(active(&portal).await.due, first.key.made_at.map(|made| made + Duration::days(30)));
    // A service that takes its time does not make the year longer.
    bao.running.ask("v1/transit/keys/portal/config", json!({ "auto_rotate_period": "87600h" })).await;
    service.ask_ages().await.unwrap();
    assert_eq!(active(&portal).await.due, first.due);
    // Of two versions the older one keeps its age, and is not to be replaced any more.
    bao.running.ask("v1/transit/keys/portal/rotate", json!({})).await;
    next_minute(&portal).await;
    let masters = keys::inventory(&portal).await.unwrap().masters;
    let [second, _, older] = masters.as_slice() else { panic!("{masters:?}") };
    assert!(second.key.id.ends_with(":v2") && is_new(second), "{second:?}");
    assert_eq!((older.key.made_at, older.due), (first.key.made_at, None));
    // Whoever may not read the key is not told, and works; what was told before stands.
    bao.allow(&[("encrypt", "update"), ("decrypt", "update")]).await;
    assert!(service.ask_ages().await.is_err() && is_new(&active(&portal).await));
    let portal = cold(&house.stage, wraps(&bao.service(bao.key())));
    next_minute(&portal).await;
    let unknown = active(&portal).await;
    assert_eq!((unknown.key.made_at, unknown.due, unknown.served), (None, None, true));
    queue_a_mail(&portal).await.unwrap();
});

on_both_databases!(aws_kms_tells_how_old_its_key_is_and_an_old_one_opens_an_alert, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let aws = Aws::start().await;
    let service = aws.service(&aws.arn);
    let portal = cold(&house.stage, wraps(&service));
    keys::rewrap(&portal, |_| ()).await.unwrap();
    next_minute(&portal).await;
    let first = active(&portal).await;
    assert!(is_new(&first), "{first:?}");
    assert_eq!(first.due, first.key.made_at.map(|made| made + Duration::days(365)));
    // The key is the same after a rotation; what it is made of is new.
    tokio::time::sleep(Duration::milliseconds(1100).to_std().unwrap()).await;
    aws.call("RotateKeyOnDemand", json!({ "KeyId": aws.arn })).await;
    service.ask_ages().await.unwrap();
    let rotated = active(&portal).await;
    assert!(rotated.key.id == first.key.id && rotated.key.made_at > first.key.made_at, "{rotated:?}");
    // A year after that nobody did it again.
    house.stage.advance(Clock::system().now() - house.stage.portal.clock.now() + Duration::days(364));
    let told = async || {
        backend::jobs::run_due(&portal).await.unwrap();
        let open = backend::alerts::list_of_installation(&of.owner).await.unwrap().open;
        open.into_iter().filter(|alert| alert.finding.starts_with("The master key is")).count()
    };
    assert_eq!(told().await, 0);
    house.stage.advance(Duration::days(2));
    assert_eq!(told().await, 1);
});
