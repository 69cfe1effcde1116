//! What a Team set about its alerts: thresholds, what is switched off, how it is told.

use std::collections::BTreeMap;

use model::{
    alert::{QuietHours, Rule, Severity},
    ids::TeamId,
};
use sea_orm::{DbErr, entity::prelude::*};

use super::{sql, stored};
use crate::access::TeamScope;

/// What a Team set about one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    pub threshold: Option<i32>,
    pub off: bool,
}

/// What a Team set, by rule; what is not there stands as the rule's own table says.
pub async fn rules(db: &impl ConnectionTrait, team: TeamId) -> Result<BTreeMap<Rule, Setting>, DbErr> {
    let text = "SELECT rule, threshold, off FROM alert_rule WHERE team_id = $1";
    let rows = db.query_all_raw(sql(db, text, [team.0.into()])).await?;
    let mut settings = BTreeMap::new();
    for row in rows {
        // A rule that is gone says nothing.
        if let Some(rule) = Rule::parse(&row.try_get::<String>("", "rule")?) {
            settings.insert(rule, Setting { threshold: row.try_get("", "threshold")?, off: row.try_get("", "off")? });
        }
    }
    Ok(settings)
}

pub async fn set_rule(db: &impl ConnectionTrait, scope: &TeamScope, rule: Rule, setting: Setting) -> Result<(), DbErr> {
    let text = "INSERT INTO alert_rule (team_id, rule, threshold, off) VALUES ($1, $2, $3, $4)
        ON CONFLICT (team_id, rule) DO UPDATE SET threshold = EXCLUDED.threshold, off = EXCLUDED.off";
    let values = [scope.team().0.into(), rule.as_str().into(), setting.threshold.into(), setting.off.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// How a Team is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The least grave alert that is also sent by mail.
    pub mail_from: Severity,
    pub quiet: Option<QuietHours>,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { mail_from: Severity::Warning, quiet: None }
    }
}

pub async fn delivery(db: &impl ConnectionTrait, team: TeamId) -> Result<Delivery, DbErr> {
    let text = "SELECT mail_from, quiet FROM alert_delivery WHERE team_id = $1";
    let Some(row) = db.query_one_raw(sql(db, text, [team.0.into()])).await? else { return Ok(Delivery::default()) };
    let quiet: Option<String> = row.try_get("", "quiet")?;
    Ok(Delivery {
        mail_from: stored(Severity::parse(&row.try_get::<String>("", "mail_from")?), "severity")?,
        quiet: quiet.map(|text| stored(text.parse().ok(), "quiet hours")).transpose()?,
    })
}

pub async fn set_delivery(db: &impl ConnectionTrait, scope: &TeamScope, delivery: Delivery) -> Result<(), DbErr> {
    let text = "INSERT INTO alert_delivery (team_id, mail_from, quiet) VALUES ($1, $2, $3)
        ON CONFLICT (team_id) DO UPDATE SET mail_from = EXCLUDED.mail_from, quiet = EXCLUDED.quiet";
    let quiet = delivery.quiet.map(|quiet| quiet.to_string());
    let values = [scope.team().0.into(), delivery.mail_from.as_str().into(), quiet.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}
