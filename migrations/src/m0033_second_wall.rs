use sea_orm_migration::prelude::*;

use crate::wall;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Every table whose rows belong to Teams, and the column that says to which. A later migration that makes one builds the wall for it.
const OF_TEAMS: [(&str, &str); 53] = [
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

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        wall::build(manager, &OF_TEAMS).await?;
        wall::let_pass(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        wall::let_none_pass(manager).await?;
        wall::take_down(manager, &OF_TEAMS).await
    }
}
