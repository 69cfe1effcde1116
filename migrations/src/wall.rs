//! The second wall, on PostgreSQL: a transaction sees and writes the rows of the Team that `portal.team` names, or of every Team
//! where it says so; without it, nothing. Whoever owns the tables is held to it too. SQLite has no such thing.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// What every table of Teams has: no more, and no less.
pub const OWN_TEAM: &str = "own_team";

/// What lets rows of no Team pass: table, command and rule. Events of a restricted incident are written in a transaction of their Team,
/// and mails are sealed there with the installation's own data key.
pub const OF_NOBODY: [(&str, &str, &str); 2] = [
    ("audit_event", "INSERT", "WITH CHECK (team_id IS NULL AND current_setting('portal.team', true) <> '')"),
    ("data_key", "ALL", "USING (team_id IS NULL AND current_setting('portal.team', true) <> '')"),
];

/// The rule of a table: `column` says to which Team a row belongs. The setting is asked once a statement, not once a row.
pub fn own_team(column: &str) -> String {
    format!(
        "(SELECT current_setting('portal.team', true)) = 'every'
            OR {column} = (SELECT NULLIF(NULLIF(current_setting('portal.team', true), ''), 'every')::uuid)"
    )
}

fn is_there(manager: &SchemaManager<'_>) -> bool {
    manager.get_connection().get_database_backend() == DbBackend::Postgres
}

/// Builds it for tables, each with the column that says to which Team a row belongs.
pub async fn build(manager: &SchemaManager<'_>, tables: &[(&str, &str)]) -> Result<(), DbErr> {
    for (table, column) in tables.iter().filter(|_| is_there(manager)) {
        let rule = own_team(column);
        let text = format!(
            "CREATE POLICY {OWN_TEAM} ON \"{table}\" USING ({rule});
            ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        );
        manager.get_connection().execute_unprepared(&text).await?;
    }
    Ok(())
}

/// Takes it down again.
pub async fn take_down(manager: &SchemaManager<'_>, tables: &[(&str, &str)]) -> Result<(), DbErr> {
    for (table, _) in tables.iter().filter(|_| is_there(manager)) {
        let text = format!(
            "DROP POLICY {OWN_TEAM} ON \"{table}\";
            ALTER TABLE \"{table}\" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"
        );
        manager.get_connection().execute_unprepared(&text).await?;
    }
    Ok(())
}

pub(crate) async fn let_pass(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (table, command, rule) in OF_NOBODY.iter().filter(|_| is_there(manager)) {
        let text = format!("CREATE POLICY of_nobody ON {table} FOR {command} {rule}");
        manager.get_connection().execute_unprepared(&text).await?;
    }
    Ok(())
}

pub(crate) async fn let_none_pass(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (table, _, _) in OF_NOBODY.iter().filter(|_| is_there(manager)) {
        manager.get_connection().execute_unprepared(&format!("DROP POLICY of_nobody ON {table}")).await?;
    }
    Ok(())
}
