//! What the rules notice, and what becomes of it.

mod answer;
mod connections;
mod gateways;
mod installation;
mod people;

use backend::{
    alerts::{self, Watch},
    audit::{self, CheckpointKey, Event, Sequencer},
    store::alert::Alert,
};
use model::{alert::Rule, audit::Action};

use crate::house::{Furnished, House};

/// A house whose log is watched.
pub struct Guarded {
    pub house: House,
    pub made: Furnished,
    pub sequencer: Sequencer,
    pub watch: Watch,
}

impl Guarded {
    /// With a Team of Ada's, whose first alerts (of her own first steps) are answered.
    pub async fn on(stage: crate::support::Stage) -> Self {
        let house = House::on(stage).await;
        let portal = house.credentials.portal.clone();
        let sequencer = Sequencer::new(&portal, CheckpointKey::generate("portal.example/test"));
        let watch = Watch::new(&portal);
        let made = house.furnished("ada").await;
        let guarded = Self { house, made, sequencer, watch };
        for alert in guarded.open().await {
            alerts::acknowledge(&guarded.made.owner, &guarded.made.scope, alert.id, "first steps").await.unwrap();
        }
        guarded
    }

    /// What is recorded gets its place, and the watch reads it.
    pub async fn look(&self) {
        self.sequencer.run().await.unwrap();
        self.watch.run().await.unwrap();
    }

    /// The Team's open alerts, after a look.
    pub async fn open(&self) -> Vec<Alert> {
        self.look().await;
        alerts::list(&self.made.owner, &self.made.scope).await.unwrap().open
    }

    /// The open alerts of one rule, after a look.
    pub async fn fired(&self, rule: Rule) -> Vec<Alert> {
        self.open().await.into_iter().filter(|alert| alert.rule == rule).collect()
    }

    /// An event of the Team by its owner.
    pub async fn plant(&self, event: Event) {
        audit::append_alone(&self.made.owner, event).await.unwrap();
    }

    pub fn event(&self, action: Action) -> Event {
        Event::of(&self.made.scope, action)
    }

    /// A call for a credential from an address.
    pub async fn call_from(&self, address: &str) -> u16 {
        let request = self.house.issue_request(&self.house.url, &self.made).header("X-Forwarded-For", address);
        request.send().await.unwrap().status().as_u16()
    }
}
