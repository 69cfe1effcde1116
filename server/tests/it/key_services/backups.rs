//! A backup is sealed by the service that keeps the master key, and opens with it alone.

use backend::{backup, store::Db};
use server::restore::{RestoreError, restore};

use super::*;
use crate::backup::empty;

async fn opens_with_it_alone(house: &House, service: &KeyService) {
    let of = house.furnished("ada").await;
    let portal = cold(&house.stage, wraps(service));
    keys::rewrap(&portal, |_| ()).await.unwrap();
    let (_, bytes) = backup::write(&portal, Vec::new()).await.unwrap();
    let file = house.stage.folder.join("backup");
    std::fs::write(&file, bytes).unwrap();
    let into = async |vault: &Vault| {
        let copy = Db::connect(&empty(&house.stage, false).await, 2).await.unwrap();
        restore(vault, &copy, &file, portal.clock.now()).await.map(|_| copy)
    };
    // Whoever has the keys' file and not the service opens nothing of it.
    let without = into(&cold(&house.stage, Keepers::default()).vault).await;
    assert!(matches!(without, Err(RestoreError::Backup(backup::BackupError::NoKey(_)))), "{:?}", without.err());
    let copy = into(&cold(&house.stage, opens(service)).vault).await.unwrap();
    let (opened, all) = backup::samples(&portal, &copy, of.team).await.unwrap();
    assert!(opened == all && all >= 3, "{opened} of {all}");
}

on_both_databases!(openbao_seals_backups, async |stage: Stage| {
    let house = House::on(stage).await;
    let bao = OpenBao::start(&house.stage).await;
    let service = bao.service(bao.key());
    opens_with_it_alone(&house, &service).await;
    // What an older version sealed opens after a rotation.
    bao.running.ask("v1/transit/keys/portal/rotate", json!({})).await;
    let copy = Db::connect(&empty(&house.stage, false).await, 2).await.unwrap();
    let vault = cold(&house.stage, wraps(&service)).vault;
    restore(&vault, &copy, &house.stage.folder.join("backup"), house.stage.portal.clock.now()).await.unwrap();
});

on_both_databases!(aws_kms_seals_backups, async |stage: Stage| {
    let house = House::on(stage).await;
    let aws = Aws::start().await;
    opens_with_it_alone(&house, &aws.service(&aws.arn)).await;
});
