//! A Team's data key is rotated: everything that is not written once is sealed anew, and nothing is lost meanwhile.

use std::collections::BTreeMap;

use backend::{
    incidents::{self, order},
    lwa_apps, random,
    store::{data_key, measure::Measure, webhook},
    vault::{Place, Sealed},
};
use chrono::Duration;
use model::{
    audit::Action,
    ids::{DataKeyId, WebhookId},
    incident::{Kind, MeasureKind, MeasureState},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use secrecy::SecretString;

use super::{Case, report};
use crate::{on_both_databases, support::Stage};

impl Case {
    async fn newest(&self) -> (i32, DataKeyId) {
        let db = self.house.stage.portal.db.reader();
        let key = data_key::newest(db, Some(self.of.team)).await.unwrap().unwrap();
        (key.version, key.id)
    }

    async fn rotate(&self) -> Measure {
        let (ada, of) = (&self.of.owner, &self.of);
        let id = incidents::report(ada, &of.scope, report(Kind::DatabaseAccess, false)).await.unwrap();
        let scope = incidents::enter(ada, &of.scope, id).await.unwrap();
        order(ada, &scope, MeasureKind::RotateDataKey, of.team.0).await.unwrap();
        incidents::measures(ada, &scope).await.unwrap().remove(0)
    }

    /// Seals a webhook's secret and stores it, in one transaction.
    async fn set_webhook(&self) {
        let (portal, owner) = (&self.house.stage.portal, self.of.owner.signed_in().unwrap().user);
        let id: WebhookId = random::id(portal.clock.now());
        let place = Place { team: Some(self.of.team), table: "webhook", row: id.0, field: "secret" };
        let tx = portal.db.begin().await.unwrap();
        let secret = portal.vault.seal(&*tx, portal.clock.now(), &place, &SecretString::from("whsec_x")).await.unwrap();
        let url = "https://hooks.example/portal".to_owned();
        let new = webhook::Webhook {
            id,
            gateway: None,
            url,
            secret,
            other: None,
            ends_at: None,
            created_by: owner,
            created_at: portal.clock.now(),
        };
        webhook::set(&*tx, &self.of.scope, &new).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// How many values of each column were sealed by which data key, of all columns of bytes that there are.
    async fn sealed_by(&self) -> BTreeMap<(String, DataKeyId), usize> {
        let db = self.house.stage.portal.db.reader();
        let backend = db.get_database_backend();
        let columns = match backend {
            DbBackend::Postgres => {
                "SELECT table_name AS t, column_name AS c FROM information_schema.columns
                    WHERE table_schema = current_schema() AND data_type = 'bytea'"
            }
            _ => {
                "SELECT m.name AS t, p.name AS c FROM sqlite_schema m JOIN pragma_table_info(m.name) p
                    WHERE m.type = 'table' AND lower(p.type) LIKE '%blob%'"
            }
        };
        let mut found = BTreeMap::new();
        for row in db.query_all_raw(Statement::from_string(backend, columns)).await.unwrap() {
            let (table, column): (String, String) = (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap());
            let text = format!("SELECT {column} AS bytes FROM {table} WHERE {column} IS NOT NULL");
            for row in db.query_all_raw(Statement::from_string(backend, text)).await.unwrap() {
                let Some(key) = row.try_get::<Vec<u8>>("", "bytes").ok().and_then(|bytes| Sealed(bytes).key()) else {
                    continue;
                };
                let ours = data_key::by_id(db, key).await.unwrap().is_some_and(|row| row.team == Some(self.of.team));
                if ours {
                    *found.entry((format!("{table}.{column}"), key)).or_insert(0) += 1;
                }
            }
        }
        found
    }
}

on_both_databases!(a_new_data_key_seals_everything_that_is_not_written_once, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, of) = (case.house.stage.stepped_up(&case.of.owner), &case.of);
    assert_eq!(case.house.issue(of, serde_json::json!({})).await.0, 200);
    let secret = SecretString::from("amzn1.oa2-cs.v1.next");
    case.house.stage.advance(Duration::seconds(1));
    lwa_apps::stage_secret(&ada, &of.scope, of.app, secret, ada.now()).await.ok();
    case.set_webhook().await;
    // What was shredded is no secret that somebody changed.
    let spare = case.house.spare_app(of).await;
    lwa_apps::remove(&case.house.stage.stepped_up(&of.owner), &of.scope, spare, "Spare").await.unwrap();
    let scope = case.scope(&ada).await;
    let piece = incidents::take_file(&ada, &scope, "a.txt", "text/plain", b"abc".to_vec()).await.unwrap();
    let (version, old) = case.newest().await;
    let before: usize = case.sealed_by().await.values().sum();

    let measure = case.rotate().await;
    assert_eq!(measure.state, MeasureState::Done, "{measure:?}");
    let (after, new) = case.newest().await;
    assert_eq!(after, version + 1);
    let by = case.sealed_by().await;
    let columns = |key: DataKeyId| by.keys().filter(|of| of.1 == key).map(|of| of.0.as_str()).collect::<Vec<_>>();
    assert_eq!(columns(old), ["evidence.content"], "what is written once keeps its key");
    let resealed = ["connection.access_token", "connection.refresh_token", "lwa_app.secret", "webhook.secret"];
    assert!(resealed.iter().all(|column| columns(new).contains(column)), "{by:?}");
    assert_eq!(by.values().sum::<usize>(), before, "nothing is lost");
    let once: usize = by.iter().filter(|((column, _), _)| column == "evidence.content").map(|(_, many)| many).sum();
    assert!(
        measure.result.starts_with(&format!("Version {after} of the key; {} secrets", before - once)),
        "{}",
        measure.result
    );
    assert!(!measure.result.contains("did not open"), "{}", measure.result);
    assert_eq!(case.house.stage.events(&of.scope, Action::DataKeyRotated).await.len(), 1);

    // Everything opens: the access token, the grant and the app's secret behind it, and the evidence.
    assert_eq!(case.house.issue(of, serde_json::json!({})).await.0, 200);
    let confirmed = case.house.stage.stepped_up(&case.of.owner);
    backend::connections::test(&confirmed, &of.scope, of.connection).await.unwrap();
    let (_, content) = incidents::copy_evidence(&confirmed, &scope, piece).await.unwrap();
    assert_eq!(content, b"abc");

    // Ordered again it is the same one; of another incident it is another one, and what was altered is told and left.
    let db = case.house.stage.portal.db.reader();
    db.execute_unprepared("UPDATE connection SET access_token = refresh_token").await.unwrap();
    let second = case.rotate().await;
    assert_eq!((second.state, case.newest().await.0), (MeasureState::Done, after + 1));
    assert!(second.result.contains("1 did not open"), "{}", second.result);
});

on_both_databases!(who_seals_while_the_data_key_is_rotated_seals_with_the_new_one, async |stage: Stage| {
    let case = Case::on(stage).await;
    case.set_webhook().await;
    let first = case.newest().await.0;
    for round in 1..=5 {
        let sealing = futures::future::join_all((0..20).map(|_| case.set_webhook()));
        let issuing = futures::future::join_all((0..20).map(|_| case.house.issue(&case.of, serde_json::json!({}))));
        let (_, issued, measure) = tokio::join!(sealing, issuing, case.rotate());
        assert!(issued.iter().all(|(status, _)| *status == 200), "{issued:?}");
        assert_eq!(measure.state, MeasureState::Done, "{measure:?}");
        let (version, newest) = case.newest().await;
        assert_eq!(version, first + round);
        let by = case.sealed_by().await;
        assert!(by.keys().all(|(_, key)| *key == newest), "round {round}: {by:?}");
    }
});
