//! What a key service refuses is told from its silence, and from what somebody altered.

use backend::{
    Portal,
    store::data_key,
    vault::{KeyService, ServiceError, TransitKey, VaultError},
};

use super::*;

async fn refuses(service: &KeyService, part: &str) {
    match service.probe().await {
        Err(ServiceError::Denied(why)) => assert!(why.contains(part), "{part}: {why}"),
        other => panic!("{part}: {other:?}"),
    }
}

/// Opens the installation's data key in a process that has not met it.
async fn opening(stage: &Stage, service: &KeyService) -> Result<(), VaultError> {
    let portal = cold(stage, wraps(service));
    portal.vault.fits(portal.db.reader()).await
}

on_both_databases!(what_openbao_refuses_is_said, async |stage: Stage| {
    let house = House::on(stage).await;
    let bao = OpenBao::start(&house.stage).await;
    let key = || bao.key();
    let service = bao.service(key());
    house.furnished("ada").await;
    keys::rewrap(&cold(&house.stage, wraps(&service)), |_| ()).await.unwrap();
    // A start with a wrong name, namespace, token or certificate ends with a sentence.
    refuses(&bao.service(TransitKey { key: "portel".to_owned(), ..key() }), "403").await;
    refuses(&bao.service(TransitKey { mount: "elsewhere".to_owned(), ..key() }), "403").await;
    refuses(&bao.service(TransitKey { token_file: "/nonexistent".into(), ..key() }), "cannot be read").await;
    let wrong = cold(&house.stage, wraps(&bao.service(TransitKey { key: "portel".to_owned(), ..key() })));
    assert!(server::custody::fits(&wrong).await.is_err());
    let untrusted = KeyService::transit(backend::vault::Transit::new(&bao.egress, key(), &[]));
    refuses(&untrusted, "certificate").await;
    assert!(server::custody::fits(&cold(&house.stage, wraps(&untrusted))).await.is_err());
    refuses(&bao.service(TransitKey { namespace: Some("elsewhere".to_owned()), ..key() }), "40").await;
    // A token that is revoked; another one is taken up without a start.
    let token = std::fs::read_to_string(&bao.token_file).unwrap();
    bao.running.ask("v1/auth/token/revoke", json!({ "token": token.trim() })).await;
    refuses(&service, "403").await;
    assert!(matches!(opening(&house.stage, &service).await, Err(VaultError::ServiceUnavailable(ServiceError::Denied(_)))));
    bao.new_token().await;
    opening(&house.stage, &service).await.unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&bao.token_file, std::fs::Permissions::from_mode(0o644)).unwrap();
    refuses(&service, "everybody may read").await;
    std::fs::set_permissions(&bao.token_file, std::fs::Permissions::from_mode(0o640)).unwrap();
    // An old version that is said to be a new one, and one that the engine does not decrypt with any more.
    let portal = &house.stage.portal;
    let row = data_key::newest(portal.db.reader(), None).await.unwrap().unwrap();
    house.execute("UPDATE data_key SET kek_id = 'transit:bao/transit/portal:v2' WHERE id = $1", vec![row.id.0.into()]).await;
    assert!(matches!(opening(&house.stage, &service).await, Err(VaultError::Refused)));
    house.execute("UPDATE data_key SET kek_id = $1 WHERE id = $2", vec![row.kek_id.into(), row.id.0.into()]).await;
    bao.running.ask("v1/transit/keys/portal/rotate", json!({})).await;
    bao.running.ask("v1/transit/keys/portal/config", json!({ "min_decryption_version": 2 })).await;
    assert!(matches!(opening(&house.stage, &service).await, Err(VaultError::ServiceUnavailable(ServiceError::Denied(_)))));
    bao.running.ask("v1/transit/keys/portal/config", json!({ "min_decryption_version": 1 })).await;
    opening(&house.stage, &service).await.unwrap();
    altered(&house, portal, &service, 1).await;
});

/// What was altered is refused, whatever it is kept by.
async fn altered(house: &House, portal: &Portal, service: &KeyService, first: usize) {
    let row = data_key::newest(portal.db.reader(), None).await.unwrap().unwrap();
    for at in [first, row.wrapped.0.len() / 2, row.wrapped.0.len() - 3] {
        let mut bad = row.wrapped.0.clone();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        house.execute("UPDATE data_key SET wrapped = $1 WHERE id = $2", vec![bad.into(), row.id.0.into()]).await;
        let opened = opening(&house.stage, service).await;
        assert!(matches!(opened, Err(VaultError::Refused)), "byte {at}: {opened:?}");
    }
    let values = vec![row.wrapped.0.into(), row.id.0.into()];
    house.execute("UPDATE data_key SET wrapped = $1 WHERE id = $2", values).await;
    opening(&house.stage, service).await.unwrap();
}

on_both_databases!(what_aws_kms_refuses_is_said, async |stage: Stage| {
    let house = House::on(stage).await;
    let aws = Aws::start().await;
    let service = aws.service(&aws.arn);
    house.furnished("ada").await;
    keys::rewrap(&cold(&house.stage, wraps(&service)), |_| ()).await.unwrap();
    let other = aws.arn.replace(&aws.arn[aws.arn.len() - 4..], "0000");
    refuses(&aws.service(&other), "NotFoundException").await;
    // In what `moto` makes, the id of the key stands before.
    altered(&house, &house.stage.portal, &service, 40).await;
});
