//! B7: the master key is kept by AWS KMS or by a Transit engine; Portal goes in, works, meets outages, and comes out again.

mod ages;
mod backups;
mod command;
mod refusals;
pub mod running;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use backend::{
    Cx, Portal,
    error::Outage,
    keys::{self, RetireError},
    mail::{Mail, Message},
    store::data_key,
    vault::{Keepers, KeyFile, KeyService, Place, Sealed, Vault, VaultError},
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::{
    house::{Furnished, House, known_app, new_app},
    on_both_databases,
    registry::dump,
    support::Stage,
};
use running::{Aws, OpenBao, Running};

/// The same installation, in a process that has opened nothing yet.
fn cold(stage: &Stage, keepers: Keepers) -> Portal {
    let keys = KeyFile::load(&stage.folder.join("keys")).unwrap();
    Portal { vault: Vault::kept_by(keys, keepers), ..stage.portal.clone() }
}

fn wraps(service: &KeyService) -> Keepers {
    Keepers { wraps: Some(service.clone()), opens: Vec::new() }
}

fn opens(service: &KeyService) -> Keepers {
    Keepers { wraps: None, opens: vec![service.clone()] }
}

impl House {
    async fn execute(&self, text: &str, values: Vec<sea_orm::Value>) {
        let db = self.stage.portal.db.reader();
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
    }
}

async fn wrapped_by(portal: &Portal) -> Vec<String> {
    data_key::wraps(portal.db.reader()).await.unwrap().into_iter().map(|one| one.kek_id).collect()
}

/// A new Team, without a data key.
async fn new_team(cx: &Cx) -> model::ids::TeamId {
    backend::teams::create(cx, &"New".parse().unwrap()).await.unwrap()
}

/// Seals something for the first time.
async fn first_seal(cx: &Cx, team: model::ids::TeamId) -> Result<(), backend::lwa_apps::LwaAppError> {
    let scope = backend::access::enter(cx, team, model::Permission::ManageGateways).await.unwrap();
    backend::lwa_apps::create(cx, &scope, new_app(known_app(), cx.now())).await.map(|_| ())
}

/// Everything that holds of each service.
async fn is_kept(house: &House, running: &Running, service: KeyService, gone: KeyService) {
    let (of, other) = (house.furnished("ada").await, house.furnished("bob").await);
    let (file, eve) = (house.stage.folder.join("keys"), house.stage.person("eve").await);
    let of_file = house.stage.portal.vault.master_keys().remove(0).id;
    into_the_service(house, &of, &service, &file, &of_file).await;
    outage(house, &of, &eve, running, &service).await;
    // Where nothing listens any more the answer is the same, and comes at once.
    let began = Instant::now();
    let (status, body) = house.issue_cold(&cold(&house.stage, wraps(&gone)), &of).await;
    assert_eq!((status, body["code"].as_str()), (503, Some("key-service-unavailable")), "{body}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // A key that was moved to another Team opens nothing there.
    let swap = "UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE team_id = $1) WHERE team_id = $2";
    let kept = data_key::all(house.stage.portal.db.reader(), Some(of.team)).await.unwrap();
    house.execute(swap, vec![other.team.0.into(), of.team.0.into()]).await;
    assert_eq!(house.issue_cold(&cold(&house.stage, wraps(&service)), &of).await.0, 500);
    for key in kept {
        house.execute("UPDATE data_key SET wrapped = $1 WHERE id = $2", vec![key.wrapped.0.into(), key.id.0.into()]).await;
    }
    out_again(house, &of, &service, &file).await;
}

/// From the file into the service, while Portal runs; the file's key is thrown away.
async fn into_the_service(house: &House, of: &Furnished, service: &KeyService, file: &std::path::Path, of_file: &str) {
    let portal = cold(&house.stage, wraps(service));
    // The file's key opens what it wrapped, and nothing more is sealed under that.
    assert_eq!(house.issue_cold(&portal, of).await.0, 200);
    let before = data_key::newest(portal.db.reader(), Some(of.team)).await.unwrap().unwrap();
    portal.vault.ready(portal.db.reader(), portal.clock.now(), Some(of.team)).await.unwrap();
    let sealed = seal(&portal, of.team).await.unwrap();
    let after = data_key::newest(portal.db.reader(), Some(of.team)).await.unwrap().unwrap();
    assert_eq!((before.kek_id.as_str(), after.version), (of_file, before.version + 1));
    assert!(service.keeps(&after.kek_id) && sealed.key() == Some(after.id));
    planted(house, of, &portal, &before).await;
    assert!(matches!(keys::retire(&portal, file, of_file).await, Err(RetireError::Needed { .. })));
    let all = keys::rewrap(&portal, |_| ()).await.unwrap();
    assert_eq!((all.left, all.failed.len()), (0, 0));
    assert!(wrapped_by(&portal).await.iter().all(|id| service.keeps(id)));
    assert!(matches!(keys::rotate(&portal, file).await, Err(RetireError::Served)));
    keys::retire(&portal, file, of_file).await.unwrap();
    assert!(!KeyFile::load(file).unwrap().has_master());
    assert_eq!(house.issue_cold(&cold(&house.stage, wraps(service)), of).await.0, 200);
    let listed = keys::inventory(&portal).await.unwrap().masters;
    assert!(listed.len() == 1 && listed[0].key.active && listed[0].present, "{listed:?}");
}

/// It stands still: clear answers in time, nothing is written, and nobody else waits. It goes on, and so does Portal.
async fn outage(house: &House, of: &Furnished, eve: &Cx, running: &Running, service: &KeyService) {
    let portal = cold(&house.stage, wraps(service));
    let eve = Cx { portal: portal.clone(), ..eve.clone() };
    let team = new_team(&eve).await;
    running.signal("STOP");
    let asked = Instant::now();
    let others = others(&eve);
    let (issued, sealed, slowest) = tokio::join!(house.issue_cold(&portal, of), first_seal(&eve, team), others);
    assert_eq!((issued.0, issued.1["code"].as_str()), (503, Some("key-service-unavailable")), "{}", issued.1);
    assert!(sealed.is_err() && asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(slowest < Duration::from_secs(1), "somebody else waited for {slowest:?}");
    assert_eq!(data_key::newest(portal.db.reader(), Some(team)).await.unwrap(), None);
    let apps = "SELECT COUNT(*) AS many FROM lwa_app WHERE team_id = $1";
    let db = portal.db.reader();
    let row = Statement::from_sql_and_values(db.get_database_backend(), apps, [team.0.into()]);
    assert_eq!(db.query_one_raw(row).await.unwrap().unwrap().try_get::<i64>("", "many").unwrap(), 0);
    // What wraps anew ends, and takes nothing for broken.
    let ended = keys::rewrap(&cold(&house.stage, wraps(service)), |_| ()).await;
    assert!(matches!(ended, Err(Outage::Keys(VaultError::ServiceUnavailable(_)))), "{ended:?}");
    // So it is with a start: Portal begins without it.
    server::custody::fits(&cold(&house.stage, wraps(service))).await.unwrap();
    running.signal("CONT");
    let back = Instant::now();
    while house.issue_cold(&portal, of).await.0 != 200 {
        assert!(back.elapsed() < Duration::from_secs(5));
    }
    let secret = known_app().client_secret;
    let clear: usize = dump(house, None, &[]).await.values().flatten().filter(|row| row.contains(secret)).count();
    println!(
        "figure B7: {}, {clear} written in the clear; others waited for {slowest:?} at most; back after {:?}",
        issued.0,
        back.elapsed()
    );
    assert_eq!(clear, 0);
    keys::watch((portal.clone(), Arc::default())).await.unwrap();
    queue_a_mail(&portal).await.unwrap();
    first_seal(&eve, team).await.unwrap();
}

/// What others do meanwhile in the same process, and how long the slowest took: some make Teams, some ask for a code, whose mail is
/// sealed with the installation's data key, which this process has not opened.
async fn others(cx: &Cx) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let begun = Instant::now();
        new_team(cx).await;
        slowest = slowest.max(begun.elapsed());
        let (begun, mailed) = (Instant::now(), queue_a_mail(&cx.portal).await);
        assert!(mailed.is_err());
        slowest = slowest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    slowest
}

async fn queue_a_mail(portal: &Portal) -> Result<(), backend::mail::MailError> {
    let message = Message::SecurityNotice { headline: "Hello".to_owned(), text: "Hello".to_owned() };
    let tx = portal.db.begin().await?;
    let mail = Mail { to: "ada@example.com".parse().unwrap(), message };
    backend::mail::queue(&*tx, &portal.vault, portal.clock.now(), mail).await?;
    Ok(tx.commit().await?)
}

/// Whoever has an old key file, and may write into the database, gets nothing sealed under a data key that they know.
async fn planted(house: &House, of: &Furnished, portal: &Portal, old: &data_key::WrappedKey) {
    let current = portal.vault.keepers().wraps.as_ref().and_then(KeyService::current).unwrap();
    let newest = data_key::newest(portal.db.reader(), Some(of.team)).await.unwrap().unwrap();
    // A copy of the old one, which this process has opened, said to be wrapped by the service and to be the newest.
    let plant = "UPDATE data_key SET kek_id = $1, version = 99, replaced_at = NULL WHERE id = $2";
    house.execute(plant, vec![current.into(), old.id.0.into()]).await;
    let sealed = seal(portal, of.team).await;
    assert!(matches!(sealed, Err(VaultError::Refused)), "{sealed:?}");
    let back = "UPDATE data_key SET kek_id = $1, version = $2, replaced_at = $3 WHERE id = $4";
    let values = vec![old.kek_id.clone().into(), old.version.into(), portal.clock.now().into(), old.id.0.into()];
    house.execute(back, values).await;
    assert_eq!(seal(portal, of.team).await.unwrap().key(), Some(newest.id));
}

async fn seal(portal: &Portal, team: model::ids::TeamId) -> Result<Sealed, VaultError> {
    let place = Place { team: Some(team), table: "webhook", row: uuid::Uuid::nil(), field: "secret" };
    let tx = portal.db.begin().await?;
    let sealed = portal.vault.seal(&*tx, portal.clock.now(), &place, &"x".to_owned().into()).await?;
    tx.commit().await?;
    Ok(sealed)
}

/// From the service back into the file.
async fn out_again(house: &House, of: &Furnished, service: &KeyService, file: &std::path::Path) {
    let portal = cold(&house.stage, opens(service));
    assert!(portal.vault.wrapping().await.is_err());
    let new = keys::rotate(&portal, file).await.unwrap();
    assert_eq!(house.issue_cold(&portal, of).await.0, 200);
    let all = keys::rewrap(&portal, |_| ()).await.unwrap();
    assert_eq!((all.left, all.failed.len()), (0, 0));
    assert_eq!(wrapped_by(&portal).await, [new]);
    assert_eq!(house.issue_cold(&cold(&house.stage, Keepers::default()), of).await.0, 200);
}

on_both_databases!(processes_that_are_started_anew_one_after_the_other_work_on, async |stage: Stage| {
    let house = House::on(stage).await;
    let aws = Aws::start().await;
    house.furnished("ada").await;
    // Both know the service; one of them wraps with it already, and so makes the installation's next data key.
    let (first, second) = (aws.service(&aws.arn), aws.service(&aws.arn));
    let (ahead, behind) = (cold(&house.stage, wraps(&first)), cold(&house.stage, opens(&second)));
    for portal in [&ahead, &behind] {
        server::custody::fits(portal).await.unwrap();
        queue_a_mail(portal).await.unwrap();
    }
    keys::rewrap(&ahead, |_| ()).await.unwrap();
    queue_a_mail(&behind).await.unwrap();
    let idle = cold(&house.stage, opens(&aws.service(&aws.arn)));
    keys::watch((idle.clone(), Arc::default())).await.unwrap();
    aws.running.signal("STOP");
    queue_a_mail(&idle).await.unwrap();
});

on_both_databases!(openbao_keeps_the_master_key, async |stage: Stage| {
    let house = House::on(stage).await;
    let bao = OpenBao::start(&house.stage).await;
    let service = bao.service(bao.key());
    is_kept(&house, &bao.running, service.clone(), bao.gone()).await;
    // It is rotated there: what the first version wrapped is wrapped by the second after a rewrap.
    let portal = cold(&house.stage, wraps(&service));
    for version in 1..=2 {
        assert!(keys::rewrap(&portal, |_| ()).await.unwrap().done > 2);
        assert_eq!(wrapped_by(&portal).await, [format!("transit:bao/transit/portal:v{version}")]);
        bao.running.ask("v1/transit/keys/portal/rotate", json!({})).await;
    }
});

on_both_databases!(aws_kms_keeps_the_master_key, async |stage: Stage| {
    let house = House::on(stage).await;
    let aws = Aws::start().await;
    let service = aws.service(&aws.arn);
    is_kept(&house, &aws.running, service, aws.gone()).await;
});
