//! Roles of PostgreSQL for the processes that serve: neither owns a table, so neither can take the log's guards away.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, TransactionTrait};

/// What each may do with the log and with evidence, the one that serves (`web`, `gateway`) and the one that works (`worker`); with every other
/// table both may do everything but own it.
const LOG: [(&str, &[&str], &[&str]); 16] = [
    ("audit_event", &["SELECT", "INSERT"], &["SELECT", "INSERT", "DELETE"]),
    ("audit_pending", &["SELECT", "INSERT"], &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("audit_leaf", &["SELECT"], &["SELECT", "INSERT", "DELETE"]),
    ("audit_tile", &["SELECT"], &["SELECT", "INSERT", "UPDATE"]),
    ("audit_checkpoint", &["SELECT"], &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("audit_horizon", &["SELECT"], &["SELECT", "INSERT"]),
    ("audit_hold", &["SELECT", "INSERT", "UPDATE"], &["SELECT", "INSERT", "UPDATE"]),
    ("audit_witness", &["SELECT", "INSERT", "UPDATE"], &["SELECT", "INSERT", "UPDATE"]),
    ("audit_watch", &["SELECT"], &["SELECT", "UPDATE"]),
    ("audit_tally", &["SELECT"], &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("audit_word", &["SELECT"], &["SELECT", "INSERT", "DELETE"]),
    ("evidence", &["SELECT", "INSERT"], &["SELECT", "INSERT"]),
    ("custody", &["SELECT", "INSERT"], &["SELECT", "INSERT"]),
    ("retired_master_key", &["SELECT"], &["SELECT", "INSERT"]),
    ("restored_copy", &["SELECT"], &["SELECT"]),
    ("seaql_migrations", &["SELECT"], &["SELECT"]),
];
const RIGHTS: [&str; 5] = ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"];

/// The two roles of one database: roles belong to the whole cluster, and another installation may be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    pub serving: String,
    pub working: String,
}

async fn word(db: &impl ConnectionTrait, text: &str) -> Result<String, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, format!("SELECT {text} AS word"))).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(text.to_owned()))?.try_get("", "word")
}

impl Roles {
    /// By the database's name: `portal_serving` and `portal_working` for one that is called `portal`.
    pub async fn of(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let name = word(db, "current_database()::text").await?;
        Ok(Self { serving: format!("{name}_serving"), working: format!("{name}_working") })
    }

    /// Makes both, and gives them what they need of the tables that there are: again after each migration. All at once, so that
    /// no process meets a moment with less or more.
    pub async fn grant(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        let tx = db.begin().await?;
        tx.execute_unprepared("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await?;
        let database = word(&tx, "current_database()::text").await?;
        let all = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'";
        let tables = tx.query_all_raw(Statement::from_string(DbBackend::Postgres, all)).await?;
        let tables = tables.iter().map(|row| row.try_get("", "name")).collect::<Result<Vec<String>, _>>()?;
        for (role, is_serving) in [(&self.serving, true), (&self.working, false)] {
            let create = format!(
                "DO $$ BEGIN CREATE ROLE \"{role}\" NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            );
            tx.execute_unprepared(&create).await?;
            // Tables of a transaction of its own: see `second_wall`.
            tx.execute_unprepared(&format!("GRANT TEMPORARY ON DATABASE \"{database}\" TO \"{role}\"")).await?;
            tx.execute_unprepared(&format!("GRANT USAGE ON SCHEMA public TO \"{role}\"")).await?;
            for table in &tables {
                let of_log = LOG.iter().find(|(log, _, _)| log == table);
                let rights = match of_log {
                    Some((_, serving, working)) => if is_serving { serving } else { working }.join(", "),
                    None => "SELECT, INSERT, UPDATE, DELETE".to_owned(),
                };
                let regrant =
                    format!("REVOKE ALL ON \"{table}\" FROM \"{role}\"; GRANT {rights} ON \"{table}\" TO \"{role}\"");
                tx.execute_unprepared(&regrant).await?;
            }
        }
        tx.commit().await
    }
}

/// What the database role of this process may do with the log and must not; nothing on SQLite, which has no roles.
pub async fn excess(db: &DatabaseConnection, works: bool) -> Result<Option<String>, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(None);
    }
    for (table, serving, working) in LOG {
        let needed = if works { working } else { serving };
        for right in RIGHTS.iter().filter(|right| !needed.contains(right)) {
            let text = format!("SELECT has_table_privilege(current_user, '{table}', '{right}') AS may");
            let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await?;
            let may = |row: QueryResult| row.try_get::<bool>("", "may");
            if row.map(may).transpose()?.unwrap_or(false) {
                let role = word(db, "current_user::text").await?;
                return Ok(Some(format!("The database role {role} may {right} on {table}")));
            }
        }
    }
    Ok(None)
}
