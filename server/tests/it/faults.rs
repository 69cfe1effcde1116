//! No working log, no operation (C2): the disk is full, there is no log, it is read-only, it hangs, the database is down; a
//! thousand tries each.

use backend::{
    connections, gateways,
    store::{Db, Tx},
    teams,
};
use futures::{StreamExt, future::join_all, stream};
use model::Permission;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;

use crate::{
    house::{Furnished, House},
    on_both_databases,
    registry::dump,
    support::Stage,
};

const TRIES: usize = 1000;
/// Connections of the stage.
const CONNECTIONS: usize = 8;

/// What is wrong with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    DiskFull,
    NoLog,
    ReadOnly,
    Hangs,
    /// Of PostgreSQL alone: SQLite has no server that could be down.
    Down,
}

impl Fault {
    const ALL: [Fault; 5] = [Fault::DiskFull, Fault::NoLog, Fault::ReadOnly, Fault::Hangs, Fault::Down];

    /// What refused requests may write. Where the log hangs, an event whose asker gave up may be written later: recorded and
    /// not done is the harmless way round.
    fn aside(self) -> &'static [&'static str] {
        match self {
            Fault::Hangs => &["rate_limit", "audit_event", "audit_pending", "lease", "gateway_key"],
            _ => &["rate_limit"],
        }
    }

    /// Breaks the database; what it answers keeps it broken.
    async fn begin(self, house: &House) -> Option<Tx> {
        let sqlite = house.stage.portal.db.backend() == DbBackend::Sqlite;
        match self {
            Fault::DiskFull if sqlite => {
                let full = "CREATE TRIGGER full BEFORE INSERT ON audit_event
                    BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
                sql(house, full).await;
            }
            Fault::DiskFull => {
                let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
                    CREATE TRIGGER full_disk BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION full_disk()";
                sql(house, full).await;
            }
            Fault::NoLog => sql(house, "ALTER TABLE audit_event RENAME TO elsewhere").await,
            Fault::ReadOnly if sqlite => query_only(house, true).await,
            Fault::ReadOnly => from_outside(house, "SET default_transaction_read_only = on").await,
            Fault::Hangs => {
                let tx = Db::connect(&house.stage.url, 1).await.unwrap().begin().await.unwrap();
                if !sqlite {
                    tx.execute_unprepared("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE").await.unwrap();
                }
                return Some(tx);
            }
            Fault::Down => from_outside(house, "ALLOW_CONNECTIONS false").await,
        }
        None
    }

    async fn end(self, house: &House, held: Option<Tx>) {
        let sqlite = house.stage.portal.db.backend() == DbBackend::Sqlite;
        match self {
            Fault::DiskFull if sqlite => sql(house, "DROP TRIGGER full").await,
            Fault::DiskFull => sql(house, "DROP TRIGGER full_disk ON audit_event; DROP FUNCTION full_disk()").await,
            Fault::NoLog => sql(house, "ALTER TABLE elsewhere RENAME TO audit_event").await,
            Fault::ReadOnly if sqlite => query_only(house, false).await,
            Fault::ReadOnly => from_outside(house, "RESET default_transaction_read_only").await,
            Fault::Hangs => held.unwrap().commit().await.unwrap(),
            Fault::Down => from_outside(house, "ALLOW_CONNECTIONS true").await,
        }
        // What lost its connection finds another one.
        for _ in 0..100 {
            if join_all((0..CONNECTIONS).map(|_| house.stage.portal.db.ping())).await.iter().all(Result::is_ok) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the database does not come back");
    }
}

async fn count(house: &House, what: &str) -> i64 {
    let db = house.stage.portal.db.reader();
    let all = Statement::from_string(db.get_database_backend(), format!("SELECT COUNT(*) AS n FROM {what}"));
    db.query_one_raw(all).await.unwrap().unwrap().try_get("", "n").unwrap()
}

async fn sql(house: &House, statement: &str) {
    let tx = house.stage.portal.db.begin().await.unwrap();
    tx.execute_unprepared(statement).await.unwrap();
    tx.commit().await.unwrap();
}

/// Makes every connection to SQLite one that cannot write, or one that can.
async fn query_only(house: &House, on: bool) {
    let pool = house.stage.portal.db.reader().get_sqlite_connection_pool();
    let mut all = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = pool.acquire().await.unwrap();
        sea_orm::sqlx::query(if on { "PRAGMA query_only = ON" } else { "PRAGMA query_only = OFF" })
            .execute(&mut *connection)
            .await
            .unwrap();
        all.push(connection);
    }
}

/// Alters the database of PostgreSQL as its administrator does, and throws everybody out.
async fn from_outside(house: &House, how: &str) {
    let (base, name) = house.stage.url.rsplit_once('/').unwrap();
    let admin = Db::connect(&format!("{base}/postgres"), 1).await.unwrap();
    admin.reader().execute_unprepared(&format!("ALTER DATABASE {name} {how}")).await.unwrap();
    let out = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.reader().execute_unprepared(&out).await.unwrap();
}

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
    let done = stream::iter(0..TRIES).map(|n| attempt(house, of, n)).buffer_unordered(500);
    done.filter(|done| std::future::ready(*done)).count().await
}

on_both_databases!(without_a_working_log_nothing_is_done, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    assert!(attempt(&house, &of, 0).await);
    let kind = house.stage.portal.db.backend();
    for fault in Fault::ALL {
        if fault == Fault::Down && kind == DbBackend::Sqlite {
            continue;
        }
        let before = dump(&house, None, fault.aside()).await;
        let keys = count(&house, "gateway_key").await;
        let held = fault.begin(&house).await;
        let since = std::time::Instant::now();
        let done = tries(&house, &of).await;
        let took = since.elapsed();
        fault.end(&house, held).await;
        assert_eq!(done, 0, "{fault:?}");
        assert_eq!(count(&house, "gateway_key").await, keys, "{fault:?}");
        let leased = "lease l WHERE NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.action = 'credential.issued'
            AND e.target_id = l.connection_id)";
        assert_eq!(count(&house, leased).await, 0, "{fault:?}: every lease has its event");
        assert_eq!(dump(&house, None, fault.aside()).await, before, "{fault:?}");
        println!("{kind:?}: {fault:?}: {TRIES} tries in {took:.0?}, {done} unrecorded operations");
        assert!(attempt(&house, &of, 0).await, "after {fault:?}");
    }
});
