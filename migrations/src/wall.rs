//! The second wall, on PostgreSQL: a transaction sees and writes the rows of the Team that `portal.team` names, or of every Team
//! where it says so; without it, nothing. Whoever owns the tables is held to it too. SQLite has no such thing.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// What every table of Teams has: no more, and no less.
pub const OWN_TEAM: &str = "own_team";

/// The tables of Teams that there were when it was built, each with the column that says to which a row belongs. A later migration
/// that makes one builds the wall for it.
pub const OF_TEAMS: [(&str, &str); 53] = [
    ("access_review", "team_id"),
    ("access_review_item", "team_id"),
    ("action_item", "team_id"),
    ("alert", "team_id"),
    ("alert_delivery", "team_id"),
    ("alert_rule", "team_id"),
    ("approval", "team_id"),
    ("audit_event", "team_id"),
    ("audit_hold", "team_id"),
    ("audit_tally", "team_id"),
    ("audit_word", "team_id"),
    ("connection", "team_id"),
    ("consent", "team_id"),
    ("custody", "team_id"),
    ("data_key", "team_id"),
    ("drill", "team_id"),
    ("evidence", "team_id"),
    ("gateway", "team_id"),
    ("gateway_connection", "team_id"),
    ("gateway_key", "team_id"),
    ("impersonation", "team_id"),
    ("incident", "team_id"),
    ("incident_alarm", "team_id"),
    ("incident_contact", "team_id"),
    ("incident_duty", "team_id"),
    ("incident_entry", "team_id"),
    ("incident_plan", "team_id"),
    ("incident_step", "team_id"),
    ("incident_target", "team_id"),
    ("invitation", "team_id"),
    ("key_network", "team_id"),
    ("lease", "team_id"),
    ("lock", "team_id"),
    ("lwa_app", "team_id"),
    ("measure", "team_id"),
    ("member", "team_id"),
    ("notice", "team_id"),
    ("notice_mail", "team_id"),
    ("notification", "team_id"),
    ("notification_control", "team_id"),
    ("notification_key", "team_id"),
    ("notification_mark", "team_id"),
    ("notification_topic", "team_id"),
    ("playbook", "team_id"),
    ("playbook_task", "team_id"),
    ("post_mortem", "team_id"),
    ("profile_choice", "team_id"),
    ("review", "team_id"),
    ("review_note", "team_id"),
    ("task", "team_id"),
    ("webhook", "team_id"),
    ("webhook_delivery", "team_id"),
    ("team", "id"),
];

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
