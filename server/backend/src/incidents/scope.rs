use model::{audit::Action, ids::IncidentId, incident::may_see};

use super::IncidentError;
use uuid::Uuid;

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{Event, Target},
    store::{
        self, InTeam, Tx,
        incident::{self, Incident, OnDuty},
        member::Member,
    },
};

/// Proof that the actor may see an incident. Every query on an incident's tables starts here.
#[derive(Clone, Debug)]
pub struct IncidentScope {
    team: TeamScope,
    incident: Incident,
    duties: Vec<OnDuty>,
}

/// Enters an incident of a Team. A restricted one does not exist for those who have no part in it.
pub async fn enter(cx: &Cx, team: &TeamScope, id: IncidentId) -> Result<IncidentScope, AccessError> {
    let db = &cx.portal.db.of(team);
    let person = access::signed_in(cx)?.user;
    let incident = incident::by_id(db, team, id).await?.ok_or(AccessError::NotFound)?;
    let duties = incident::duties(db, id).await?;
    // An operator who looks in sees what the Team's auditors see, whatever part they had once.
    let has_part = !team.looks() && (incident.reported_by == Some(person) || duties.iter().any(|on| on.user == person));
    if !may_see(incident.restricted, team.role(), has_part) {
        return Err(AccessError::NotFound);
    }
    Ok(IncidentScope { team: team.clone(), incident, duties })
}

/// The scope of an incident that is made in this very transaction, or that Portal's own job looks at.
pub(super) fn own(team: &TeamScope, incident: &Incident, duties: Vec<OnDuty>) -> IncidentScope {
    IncidentScope { team: team.clone(), incident: incident.clone(), duties }
}

impl InTeam for IncidentScope {
    fn in_team(&self) -> Uuid {
        self.team.in_team()
    }
}

impl IncidentScope {
    /// The same incident as it is now, held until the transaction ends: what is decided about it is decided about this.
    pub(super) async fn held(&self, tx: &Tx) -> Result<Self, AccessError> {
        store::team::hold(&**tx, &self.team).await?;
        let incident = incident::by_id(&**tx, &self.team, self.id()).await?.ok_or(AccessError::NotFound)?;
        let duties = incident::duties(&**tx, self.id()).await?;
        Ok(Self { team: self.team.clone(), incident, duties })
    }

    /// The same, held, when it is not over: nothing of one that is over changes any more.
    pub(super) async fn open(&self, tx: &Tx) -> Result<Self, IncidentError> {
        let held = self.held(tx).await?;
        if held.incident.progress.state.is_over() { Err(IncidentError::Over) } else { Ok(held) }
    }

    /// Whether a member may see it.
    pub(super) fn is_seen_by(&self, member: &Member) -> bool {
        let has_part = self.incident.reported_by == Some(member.user) || self.duties.iter().any(|on| on.user == member.user);
        may_see(self.incident.restricted, Some(member.role), has_part)
    }

    /// The same, with what is about to be changed.
    pub(super) fn with(&self, incident: Incident) -> Self {
        Self { incident, ..self.clone() }
    }

    pub fn id(&self) -> IncidentId {
        self.incident.id
    }

    pub fn team(&self) -> &TeamScope {
        &self.team
    }

    /// As it was when it was entered.
    pub fn incident(&self) -> &Incident {
        &self.incident
    }

    pub fn duties(&self) -> &[OnDuty] {
        &self.duties
    }

    /// An event of this incident. One that is restricted stands in no Team's log, and in the tree all the same.
    pub(super) fn event(&self, action: Action) -> Event {
        let event = if self.incident.restricted { Event::new(action) } else { Event::of(&self.team, action) };
        event.on(Target::incident(self.incident.id))
    }
}
