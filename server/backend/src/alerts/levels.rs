//! From how much on a rule speaks in a Team.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use model::{alert::Rule, ids::TeamId};
use sea_orm::{DatabaseConnection, DbErr};

use super::sign::About;
use crate::store::alert_setting::{self, Setting};

/// What Teams set, read once a turn.
#[derive(Default)]
pub(super) struct Levels(HashMap<TeamId, BTreeMap<Rule, Setting>>);

impl Levels {
    /// The level that holds, one for a rule without thresholds; `None` where the rule is switched off.
    pub async fn of(&mut self, db: &DatabaseConnection, about: &About) -> Result<Option<i64>, DbErr> {
        let own = match about.team {
            None => Setting::default(),
            Some(team) => {
                let settings = match self.0.entry(team) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(entry) => entry.insert(alert_setting::rules(db, team).await?),
                };
                settings.get(&about.rule).copied().unwrap_or_default()
            }
        };
        let level = about.rule.threshold().map_or(1, |threshold| threshold.or_own(own.threshold));
        Ok((!own.off || !about.rule.may_be_off()).then_some(i64::from(level)))
    }
}
