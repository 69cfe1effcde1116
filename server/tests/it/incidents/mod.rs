//! Incidents: steps, duties, clocks, containment, restriction.

mod beside;
mod bundle;
mod clocks;
mod closing;
mod containment;
mod data_key;
mod drills;
mod evidence;
mod metrics;
mod notices;
mod restoring;
mod restricted;
mod running;

use backend::{
    Cx,
    incidents::{self, IncidentScope, Report},
};
use model::{
    Environments, Role,
    ids::IncidentId,
    incident::{Kind, Step},
};

use crate::{
    house::{Furnished, House},
    support::Stage,
};

/// A Team with two who run incidents, and one that was reported.
pub struct Case {
    pub house: House,
    pub of: Furnished,
    /// An admin beside the owner.
    pub bob: Cx,
    pub id: IncidentId,
}

pub fn report(kind: Kind, restricted: bool) -> Report {
    Report { restricted, ..Report::of(kind, "A key in a repository") }
}

impl Case {
    pub async fn on(stage: Stage) -> Self {
        let house = House::on(stage).await;
        let of = house.furnished("ada").await;
        let bob = house.member(&of, "bob", Role::Admin, Environments::BOTH).await;
        // Both were in the Team before anything happened.
        house.stage.advance(chrono::Duration::minutes(1));
        let id = incidents::report(&of.owner, &of.scope, report(Kind::Other, false)).await.unwrap();
        Self { house, of, bob, id }
    }

    /// The incident as it is now, for a person.
    pub async fn scope(&self, cx: &Cx) -> IncidentScope {
        incidents::enter(cx, &self.of.scope, self.id).await.unwrap()
    }

    /// The owner takes a step, just after a fresh proof.
    pub async fn step(&self, step: Step) -> Result<(), incidents::IncidentError> {
        let (ada, scope) = (self.house.stage.stepped_up(&self.of.owner), self.scope(&self.of.owner).await);
        incidents::take_step(&ada, &scope, step, None, "As it was", None).await
    }

    pub async fn settle_amazon(&self, scope: &IncidentScope) {
        let ada = self.house.stage.stepped_up(&self.of.owner);
        incidents::settle_amazon(&ada, scope, "Nothing of Amazon's was reached").await.unwrap();
    }
}
