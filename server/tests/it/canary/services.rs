//! What a key service is asked with, and the data keys that it opens, stay where they belong: also while it refuses and is silent.

use backend::{
    Portal, keys,
    store::data_key::{self, WrappedKey},
    vault::{Keepers, KeyFile, KeyService, Vault},
};
use serde_json::json;

use super::*;
use crate::{
    house::Furnished,
    key_services::running::{Aws, OpenBao, Running, WORK},
};

/// A house whose master key this service keeps.
async fn kept_by(mut stage: Stage, service: &KeyService) -> House {
    let keys = KeyFile::load(&stage.folder.join("keys")).unwrap();
    let keepers = Keepers { wraps: Some(service.clone()), opens: Vec::new() };
    stage.portal.vault = Vault::kept_by(keys, keepers);
    House::on(stage).await
}

/// Work with it, and without it when it is silent; what people, gateways and operators see of that.
async fn work(walk: &mut Walk<'_>, running: &Running) -> Furnished {
    let house = walk.house;
    let of = house.furnished("ada").await;
    keys::watch((house.stage.portal.clone(), Default::default())).await.unwrap();
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
    let mut ada = Browser::signed_in_later(house, "ada@example.com").await;
    let page = ada.get("/installation").await;
    walk.done("the operator's page", page, &[]).await;
    running.signal("STOP");
    let keys = KeyFile::load(&house.stage.folder.join("keys")).unwrap();
    let keepers = house.stage.portal.vault.keepers().clone();
    let cold = Portal { vault: Vault::kept_by(keys, keepers), ..house.stage.portal.clone() };
    let (status, body) = house.issue_cold(&cold, &of).await;
    assert_eq!(status, 503);
    walk.answers.push(("an outage".to_owned(), body.to_string().into_bytes(), Vec::new()));
    running.signal("CONT");
    let service = house.stage.portal.vault.keepers().wraps.as_ref().unwrap();
    for _ in 0..100 {
        if service.probe().await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    measured(walk).await;
    of
}

/// Wherever it has no business.
async fn searched(walk: &mut Walk<'_>, listening: Listening) {
    let log = listening.heard();
    assert!(text(&log).contains("the key service did not answer"), "what happened to it is logged");
    let mut leaks = walk.leaks();
    let (_, backup) = backend::backup::write(&walk.house.stage.portal, Vec::new()).await.unwrap();
    let rows = format!("{:?}", dump(walk.house, None, &[]).await);
    for (place, bytes) in [("the log", log), ("a backup", backup), ("the rows of all tables", rows.into_bytes())] {
        leaks.extend(walk.cage.found(&bytes).into_iter().map(|(name, spelling)| format!("{name} ({spelling}) in {place}")));
    }
    leaks.sort();
    leaks.dedup();
    assert_eq!(leaks, [""; 0]);
    assert_eq!(walk.cage.unused(), [""; 0], "these prove nothing");
}

/// The data keys of the installation and of a Team, each wrapped by the service.
async fn wrapped(house: &House, of: &Furnished, service: &KeyService) -> Vec<WrappedKey> {
    let mut all = Vec::new();
    for team in [None, Some(of.team)] {
        all.extend(data_key::all(house.stage.portal.db.reader(), team).await.unwrap());
    }
    assert!(all.len() == 2 && all.iter().all(|one| service.keeps(&one.kek_id)));
    all
}

on_both_databases!(the_token_of_openbao_stays_where_it_is, async |stage: Stage| {
    let listening = Listening::start();
    let bao = OpenBao::start(&stage).await;
    let token = bao.new_token().await;
    let service = bao.service(bao.key());
    let house = kept_by(stage, &service).await;
    let mut walk = Walk { house: &house, cage: Cage::default(), answers: Vec::new() };
    walk.cage.add("token of OpenBao", &token);
    let of = work(&mut walk, &bao.running).await;
    wrapped(&house, &of, &service).await;
    walk.cage.used("token of OpenBao");
    // A policy that says no is told with its reason.
    bao.allow(&[("keys", "read")]).await;
    assert!(service.probe().await.unwrap_err().to_string().contains("permission denied"));
    bao.allow(&WORK).await;
    searched(&mut walk, listening).await;
});

on_both_databases!(the_secret_of_aws_and_the_data_keys_that_it_opens_stay_where_they_are, async |stage: Stage| {
    let listening = Listening::start();
    let aws = Aws::start().await;
    let secret = "aws-s3cr3t-Tq71Xz0pLw9v";
    let service = aws.service_as(&aws.arn, "AKIDEXAMPLE4711", secret);
    let house = kept_by(stage, &service).await;
    let mut walk = Walk { house: &house, cage: Cage::default(), answers: Vec::new() };
    walk.cage.add("secret of AWS", secret);
    let of = work(&mut walk, &aws.running).await;
    walk.cage.used("secret of AWS");
    for key in wrapped(&house, &of, &service).await {
        let name = format!("data key {}", key.id);
        walk.cage.add(&name, aws.opened(&key).await);
        walk.cage.used(&name);
    }
    searched(&mut walk, listening).await;
});
