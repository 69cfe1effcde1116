//! No working log, no operation (C2): the disk is full, or there is no log at all; a thousand tries each.

use backend::{connections, gateways, teams};
use futures::{StreamExt, stream};
use model::Permission;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;

use crate::{
    house::{Furnished, House},
    on_both_databases,
    registry::dump,
    support::Stage,
};

const TRIES: usize = 1000;
/// What refused requests write to: the fault itself keeps the log as it is.
const ASIDE: [&str; 1] = ["rate_limit"];

/// One try of an operation that must be recorded; true when it was done.
async fn attempt(house: &House, of: &Furnished, n: usize) -> bool {
    let owner = house.stage.stepped_up(&of.owner);
    match n % 4 {
        0 => house.issue(of, json!({})).await.0 == 200,
        1 => {
            let scope = backend::access::enter(&owner, of.team, Permission::ManageTeam).await;
            match scope {
                Ok(scope) => teams::rename(&owner, &scope, &"Renamed".parse().unwrap()).await.is_ok(),
                Err(_) => false,
            }
        }
        2 => gateways::create_key(&owner, &of.scope, of.gateway, 30, None).await.is_ok(),
        _ => connections::disable(&owner, &of.scope, of.connection).await.is_ok(),
    }
}

/// A thousand tries while the fault lasts; how many were done.
async fn tries(house: &House, of: &Furnished) -> usize {
    let done = stream::iter(0..TRIES).map(|n| attempt(house, of, n)).buffer_unordered(200);
    done.filter(|done| std::future::ready(*done)).count().await
}

async fn sql(house: &House, statements: &[&str]) {
    let tx = house.stage.portal.db.begin().await.unwrap();
    for statement in statements {
        tx.execute_unprepared(statement).await.unwrap();
    }
    tx.commit().await.unwrap();
}

on_both_databases!(without_a_working_log_nothing_is_done, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    assert!(attempt(&house, &of, 0).await);
    let sqlite = house.stage.portal.db.backend() == DbBackend::Sqlite;
    let kind = house.stage.portal.db.backend();
    // What breaks, how it is broken, and how it is mended.
    let full = if sqlite {
        "CREATE TRIGGER full BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    } else {
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION full_disk()"
    };
    let freed = if sqlite { "DROP TRIGGER full" } else { "DROP TRIGGER full_disk ON audit_event" };
    let faults: [(&str, &str, &str); 2] = [
        ("the disk is full", full, freed),
        (
            "there is no log at all",
            "ALTER TABLE audit_event RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO audit_event",
        ),
    ];
    for (name, broken, mended) in faults {
        let before = dump(&house, None, &ASIDE).await;
        sql(&house, &[broken]).await;
        let done = tries(&house, &of).await;
        sql(&house, &[mended]).await;
        assert_eq!(done, 0, "{name}");
        assert_eq!(dump(&house, None, &ASIDE).await, before, "{name}");
        println!("{kind:?}: {name}: {TRIES} tries, {done} unrecorded operations");
        assert!(attempt(&house, &of, 0).await, "after {name}");
    }
});
