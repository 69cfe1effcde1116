//! Roles of PostgreSQL for the processes that serve: neither owns a table, so neither can take the log's guards away.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// For the roles `web` and `gateway` of Portal.
pub const SERVING: &str = "portal_serving";
/// For the role `worker`: it places events, signs heads and prunes.
pub const WORKING: &str = "portal_working";

/// What each may do with the log; with every other table both may do everything but own it.
const LOG: [(&str, &str, &str); 11] = [
    ("audit_event", "SELECT, INSERT", "SELECT, INSERT, DELETE"),
    ("audit_pending", "SELECT, INSERT", "SELECT, INSERT, UPDATE, DELETE"),
    ("audit_leaf", "SELECT", "SELECT, INSERT, DELETE"),
    ("audit_tile", "SELECT", "SELECT, INSERT, UPDATE"),
    ("audit_checkpoint", "SELECT", "SELECT, INSERT, UPDATE, DELETE"),
    ("audit_horizon", "SELECT", "SELECT, INSERT"),
    ("audit_witness", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE"),
    ("audit_watch", "SELECT", "SELECT, UPDATE"),
    ("audit_tally", "SELECT", "SELECT, INSERT, UPDATE, DELETE"),
    ("audit_word", "SELECT", "SELECT, INSERT, DELETE"),
    ("seaql_migrations", "SELECT", "SELECT"),
];

/// Makes both roles, and gives them what they need of the tables that there are: again after each migration.
pub async fn grant(db: &DatabaseConnection) -> Result<(), DbErr> {
    for role in [SERVING, WORKING] {
        // Roles are the whole cluster's: they may be there already.
        let create = format!(
            "DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        db.execute_unprepared(&create).await?;
        db.execute_unprepared(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")).await?;
        let all = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}");
        db.execute_unprepared(&all).await?;
    }
    for (table, serving, working) in LOG {
        for (role, rights) in [(SERVING, serving), (WORKING, working)] {
            db.execute_unprepared(&format!("REVOKE ALL ON {table} FROM {role}; GRANT {rights} ON {table} TO {role}"))
                .await?;
        }
    }
    Ok(())
}

/// The database role of this process, when it could take the log's guards away.
pub async fn owner_of_the_log(db: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(None);
    }
    let text = "SELECT current_user::text AS name FROM pg_class
        WHERE oid = 'audit_event'::regclass AND pg_has_role(current_user, relowner, 'MEMBER')";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await?;
    row.map(|row| row.try_get("", "name")).transpose()
}
