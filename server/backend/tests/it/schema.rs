//! Migrations go up, down and up again; the audit log refuses changes.

use backend::audit::{self, Event};
use migrations::MigratorTrait;
use model::audit::Action;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{on_both_databases, support::Stage};

on_both_databases!(migrations_go_down_and_up_again, async |stage: Stage| {
    let db = stage.portal.db.reader();
    migrations::Migrator::down(db, None).await.unwrap();
    migrations::Migrator::up(db, None).await.unwrap();
    stage.person("ada").await;
});

// As a power cut in its middle would: the index stands in the way of a later statement.
on_both_databases!(half_a_migration_leaves_nothing, async |stage: Stage| {
    let db = stage.portal.db.reader();
    migrations::Migrator::down(db, None).await.unwrap();
    migrations::Migrator::up(db, Some(6)).await.unwrap();
    db.execute_unprepared("CREATE INDEX mail_outbox_waiting ON mail_outbox (id)").await.unwrap();
    migrations::Migrator::up(db, None).await.unwrap_err();
    db.execute_unprepared("DROP INDEX mail_outbox_waiting").await.unwrap();
    migrations::Migrator::up(db, None).await.unwrap();
    stage.person("ada").await;
});

on_both_databases!(the_audit_log_takes_no_change, async |stage: Stage| {
    let cx = stage.person("ada").await;
    audit::append_alone(&cx, Event::new(Action::SignedOut)).await.unwrap();
    let db = stage.portal.db.reader();
    for statement in ["UPDATE audit_event SET reason = 'x'", "DELETE FROM audit_event"] {
        let refused = db.execute_unprepared(statement).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
});

/// The columns of a table, sorted.
async fn columns(stage: &Stage, table: &str) -> String {
    let db = stage.portal.db.reader();
    let text = match db.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
        _ => format!("SELECT column_name AS name FROM information_schema.columns WHERE table_name = '{table}'"),
    };
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await.unwrap();
    let mut names: Vec<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    names.sort();
    names.join(" ")
}

// A new column here is a new promise to Amazon: `Promise::StoredData` says what is stored.
on_both_databases!(what_is_stored_of_amazon_is_this_and_nothing_else, async |stage: Stage| {
    let stored =
        [columns(&stage, "connection").await, columns(&stage, "lwa_app").await, columns(&stage, "profile_choice").await];
    let ours = [
        "access_expires_at access_issued_at access_token authorized_at canary created_at created_by disconnected_at environment \
         failed_at failure_code failures forced_at generation grant_mac id life_assumed lwa_app_id marketplace marketplace_ids \
         name profile_id proved_at refresh_holder refresh_token refresh_until region retry_at seller_id seller_id_source state team_id \
         test_failure tested_at version",
        "api application_id client_id created_at created_by environment id is_draft name other_made_at other_secret other_slot \
         other_until rejected_at rejected_code removed_at secret secret_made_at team_id version",
        "authorized_at created_at created_by expires_at grant_mac id lwa_app_id profiles refresh_token region team_id",
    ];
    assert_eq!(stored, ours);
});
