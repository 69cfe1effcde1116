//! Migrations go up, down and up again; the audit log refuses changes.

use backend::audit::{self, Event};
use migrations::MigratorTrait;
use model::audit::Action;
use sea_orm::ConnectionTrait;

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
