//! Alerts: what Portal noticed, and what people say to it.

use leptos::prelude::*;
use model::{
    alert::{Rule, Severity},
    egress::{Addresses, Purpose},
    ids::{AlertId, TeamId, UserId},
};
use serde::{Deserialize, Serialize};

use super::{Moment, log::LogState};
use crate::Failure;

/// An alert as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertItem {
    /// The id of what it is about, when an incident can be about it.
    pub about: Option<String>,
    pub id: AlertId,
    pub rule: Rule,
    pub severity: Severity,
    pub subject: Option<String>,
    /// Where the subject is looked at.
    pub subject_path: Option<String>,
    /// The event that it was noticed by.
    pub event_path: Option<String>,
    pub finding: String,
    pub occurrences: i64,
    pub opened: Moment,
    pub last: Moment,
    pub answer: Option<AnswerItem>,
}

/// Who acknowledged an alert, and what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerItem {
    pub by: String,
    pub at: Moment,
    pub note: String,
}

/// Alerts that wait for a person, and those that were answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertItems {
    pub open: Vec<AlertItem>,
    pub answered: Vec<AlertItem>,
}

/// A rule as the Team has set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleItem {
    pub rule: Rule,
    pub threshold: Option<i32>,
    pub off: bool,
}

/// Every rule, and how the Team is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRuleSet {
    pub rules: Vec<RuleItem>,
    pub mail_from: Severity,
    pub quiet: String,
}

/// What an operator sees of the installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Legal holds that stand: whose, since when. While one does, the log is not pruned beyond it.
    pub holds: Vec<(TeamId, Moment)>,
    pub alerts: AlertItems,
    pub log: LogState,
    /// Accounts that were disabled since nobody used them.
    pub disabled: Vec<DisabledAccount>,
    /// The keys of the installation.
    pub keys: KeysDetail,
    /// What Portal connects outward to, and what was refused lately.
    pub egress: Vec<EgressLine>,
    pub denied: Vec<DeniedItem>,
}

/// Master keys and data keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysDetail {
    pub masters: Vec<MasterKeyItem>,
    pub teams: DataKeysItem,
    pub installation: DataKeysItem,
}

/// Data keys in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataKeysItem {
    pub in_use: usize,
    /// When the oldest of them was made, and is to be replaced at the latest.
    pub oldest: Option<Moment>,
    pub due: Option<Moment>,
    pub overdue: bool,
}

/// A master key, without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterKeyItem {
    pub id: String,
    pub active: bool,
    /// In the keys' file of the process that serves the page.
    pub present: bool,
    /// A key service keeps it.
    pub served: bool,
    pub made: Option<Moment>,
    /// When the active one is to be replaced at the latest.
    pub due: Option<Moment>,
    pub overdue: bool,
    pub data_keys: i64,
    pub teams: i64,
}

/// One line of the list of connections outward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressLine {
    pub purpose: Purpose,
    pub hosts: Vec<String>,
    pub tls: bool,
    pub addresses: Addresses,
}

/// A connection that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeniedItem {
    pub at: Moment,
    pub purpose: String,
    pub host: String,
    pub reason: String,
    pub times: i64,
}

/// An account that was disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisabledAccount {
    pub user: UserId,
    pub email: String,
    pub disabled: Moment,
    pub last_use: Moment,
}

/// The Team's alerts.
#[server(prefix = "/act", endpoint = "alerts")]
pub async fn alerts(team: TeamId) -> Result<AlertItems, Failure> {
    use crate::edge::{alert_items, enter, fail};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    Ok(alert_items(&cx, backend::alerts::list(&cx, &scope).await.map_err(fail)?))
}

/// Acknowledges an alert.
#[server(prefix = "/act", endpoint = "acknowledge_alert")]
pub async fn acknowledge_alert(team: TeamId, alert: AlertId, note: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail};
    let (cx, scope) = enter(team, model::Permission::ManageAlerts).await?;
    backend::alerts::acknowledge(&cx, &scope, alert, &note).await.map_err(fail)
}

/// The Team's rules, and how it is told.
#[server(prefix = "/act", endpoint = "alert_rules")]
pub async fn alert_rules(team: TeamId) -> Result<AlertRuleSet, Failure> {
    use crate::edge::{alert_rules, enter};
    let (cx, scope) = enter(team, model::Permission::ViewLog).await?;
    alert_rules(&cx, &scope).await
}

/// Sets a rule's threshold, and whether it is switched off.
#[server(prefix = "/act", endpoint = "set_alert_rule")]
pub async fn set_alert_rule(
    team: TeamId,
    rule: String,
    #[server(default)] threshold: String,
    #[server(default)] off: bool,
) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageAlerts).await?;
    let (rule, setting) = form::alert_rule(&rule, &threshold, off)?;
    backend::alerts::set_rule(&cx, &scope, rule, setting).await.map_err(fail)
}

/// Sets from which severity on a mail goes out, and the quiet hours.
#[server(prefix = "/act", endpoint = "set_alert_delivery")]
pub async fn set_alert_delivery(team: TeamId, mail_from: String, #[server(default)] quiet: String) -> Result<(), Failure> {
    use crate::edge::{enter, fail, form};
    let (cx, scope) = enter(team, model::Permission::ManageAlerts).await?;
    backend::alerts::set_delivery(&cx, &scope, form::alert_delivery(&mail_from, &quiet)?).await.map_err(fail)
}

/// The installation, for its operators.
#[server(prefix = "/act", endpoint = "read_installation")]
pub async fn read_installation() -> Result<Installation, Failure> {
    use crate::edge::{cx, installation};
    installation(&cx()).await
}

/// Lets somebody in again whose account was disabled.
#[server(prefix = "/act", endpoint = "enable_account")]
pub async fn enable_account(user: UserId) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    backend::dormancy::enable(&cx(), user).await.map_err(fail)
}

/// Acknowledges an alert of the installation.
#[server(prefix = "/act", endpoint = "acknowledge_installation_alert")]
pub async fn acknowledge_installation_alert(alert: AlertId, note: String) -> Result<(), Failure> {
    use crate::edge::{cx, fail};
    backend::alerts::acknowledge_of_installation(&cx(), alert, &note).await.map_err(fail)
}
