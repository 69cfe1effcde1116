//! What stands behind the promises: how it stands follows from what is there, and it leaves as a file.

use std::{collections::BTreeSet, fs, path::Path};

use backend::{
    connections, incidents, jobs,
    promises::{Finding, look},
};
use chrono::Duration;
use model::{
    Environments, Role,
    audit::Action,
    promise::{Promise, Standing},
};
use sea_orm::ConnectionTrait;

use crate::{
    browser::Browser,
    house::{Furnished, House},
    on_both_databases,
    support::Stage,
};

async fn found(of: &Furnished, promise: Promise) -> Finding {
    let promises = look(&of.owner, &of.scope).await.unwrap();
    promises.findings.into_iter().find(|(one, _)| *one == promise).unwrap().1
}

/// Leaves a result as `make scan` and `make test` do.
fn leave(house: &House, name: &str, text: &str) {
    let folder = &house.stage.portal.settings.proofs_dir;
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

/// Every `fn` of the Rust sources, and every test of `on_both_databases!`.
fn functions_under(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions_under(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for mark in ["fn ", "on_both_databases!("] {
                let names = text.split(mark).skip(1);
                let word =
                    |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap().to_owned();
                found.extend(names.map(word));
            }
        }
    }
}

#[test]
fn every_test_that_a_promise_names_exists() {
    let mut known = BTreeSet::new();
    for folder in ["tests", "src", "backend", "../app"] {
        functions_under(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut known);
    }
    for promise in Promise::ALL {
        assert!(!promise.tests().is_empty(), "{promise:?}");
        for test in promise.tests() {
            assert!(known.contains(*test), "{promise:?} names {test}");
        }
    }
}

on_both_databases!(what_stands_behind_each_promise_follows_from_what_is_there, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let standing = async |promise| found(&ada, promise).await.standing;
    for promise in [Promise::Sealed, Promise::Disconnect, Promise::UnusedAccounts, Promise::KeysEnd, Promise::AuthorizedWork]
    {
        assert_eq!(standing(promise).await, Standing::Holds, "{promise:?}");
    }
    // Nothing is said of what nobody looked at.
    let tests = found(&ada, Promise::NoSecretInBrowsers).await;
    assert_eq!((tests.standing, tests.at), (Standing::Attention, None));
    assert_eq!(
        (standing(Promise::Scanned).await, standing(Promise::PointOfContact).await),
        (Standing::Attention, Standing::Attention)
    );
    leave(&house, "tests.json", r#"{"at": "2026-09-20T00:00:00Z", "commit": "abc", "passed": 900, "failed": 0}"#);
    assert_eq!(found(&ada, Promise::NoSecretInBrowsers).await.says, "All 900 tests of the suite passed, on commit abc.");
    leave(&house, "tests.json", r#"{"at": "2026-09-20T00:00:00Z", "commit": "abc", "passed": 899, "failed": 1}"#);
    assert_eq!(standing(Promise::NoSecretInBrowsers).await, Standing::Broken);
    let owner = house.stage.stepped_up(&ada.owner);
    let address: model::EmailAddress = "sec@example.com".parse().unwrap();
    incidents::set_contact(&owner, &ada.scope, "Ada", address.clone(), "", address).await.unwrap();
    assert_eq!(standing(Promise::PointOfContact).await, Standing::Holds);
    connections::disconnect(&owner, &ada.scope, ada.connection, "Shop").await.unwrap();
    assert!(found(&ada, Promise::Disconnect).await.says.starts_with("1 disconnected"));
    // A secret that somebody put there past the vault is found.
    let db = house.stage.portal.db.reader();
    db.execute_unprepared("UPDATE lwa_app SET secret = CAST('in clear' AS BLOB)")
        .await
        .or(db.execute_unprepared("UPDATE lwa_app SET secret = 'in clear'::bytea").await)
        .unwrap();
    assert_eq!(standing(Promise::Sealed).await, Standing::Broken);
    house.stage.advance(Duration::days(60));
    assert_eq!(
        (standing(Promise::UnusedAccounts).await, standing(Promise::KeysEnd).await),
        (Standing::Attention, Standing::Attention)
    );
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    house.stage.advance(Duration::days(4));
    assert_eq!(standing(Promise::LookedThrough).await, Standing::Attention);
});

on_both_databases!(the_promises_leave_as_a_file_for_those_who_may_read_the_log, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.member(&ada, "oscar", Role::Operator, Environments::BOTH).await;
    let path = |format: &str| format!("/teams/{}/promises/export?format={format}", ada.team);
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let text = browser.get(&path("text")).await.text().await.unwrap();
    let lines = browser.get(&path("csv")).await.text().await.unwrap();
    for promise in Promise::ALL {
        assert!(text.contains(promise.text()) && lines.contains(promise.as_str()), "{promise:?}");
    }
    assert_eq!(browser.get(&path("pdf")).await.status(), 400);
    assert_eq!(house.stage.events(&ada.scope, Action::PromisesExported).await.len(), 2);
    for (who, status) in [("oscar@example.com", 403), ("eve@example.com", 404)] {
        let mut other = Browser::signed_in_later(&house, who).await;
        assert_eq!(other.get(&path("text")).await.status(), status, "{who}");
    }
    assert_eq!(house.stage.events(&ada.scope, Action::PromisesExported).await.len(), 2);
});
