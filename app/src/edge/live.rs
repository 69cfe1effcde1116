//! The parts of pages that are sent anew when they change.

use backend::{
    Cx, access, audit,
    incidents::{self, IncidentScope},
};
use leptos::prelude::*;
use model::{
    Permission,
    ids::{IncidentId, TeamId},
};

pub use backend::store::lease::Of;

use super::{
    fail,
    views::{lease_items, log_filter, log_rows},
};
use crate::{
    Failure,
    api::log::LogQuery,
    pages::{
        incident::{containment::Holders, timeline::Lines},
        leases::LeaseTable,
        log::Days,
    },
};

/// What somebody looks at.
#[derive(Clone, Debug)]
pub enum Part {
    /// The table of live leases.
    Leases(Of),
    /// The newest events that fit.
    Log(LogQuery),
    /// What happened in an incident.
    Timeline(IncidentId),
    /// Who still holds a token after its measures.
    Holders(IncidentId),
}

/// The part as HTML, for somebody who may see it. `first`: a look begins, which at the log is an event.
pub async fn part(cx: &Cx, team: TeamId, part: &Part, first: bool) -> Result<String, Failure> {
    match part {
        Part::Leases(of) => leases(cx, team, *of).await,
        Part::Log(query) => log(cx, team, query, first).await,
        Part::Timeline(id) => {
            let scope = incident(cx, team, *id).await?;
            if first {
                incidents::note_reading(cx, &scope).await.map_err(fail)?;
            }
            let timeline = super::views::timeline(cx, &scope).await?;
            Ok(Owner::new().with(|| view! { <Lines timeline/> }.to_html()))
        }
        Part::Holders(id) => {
            let held = super::views::holders(cx, &incident(cx, team, *id).await?).await?;
            Ok(Owner::new().with(|| view! { <Holders held/> }.to_html()))
        }
    }
}

async fn incident(cx: &Cx, team: TeamId, id: IncidentId) -> Result<IncidentScope, Failure> {
    let scope = access::enter(cx, team, Permission::ReportIncident).await.map_err(fail)?;
    incidents::enter(cx, &scope, id).await.map_err(fail)
}

async fn leases(cx: &Cx, team: TeamId, of: Of) -> Result<String, Failure> {
    let scope = access::enter(cx, team, Permission::ViewTeam).await.map_err(fail)?;
    match of {
        Of::Team | Of::Key(_) => {}
        Of::Connection(id) => drop(backend::connections::get(cx, &scope, id).await.map_err(fail)?),
        Of::Gateway(id) => drop(backend::gateways::get(cx, &scope, id).await.map_err(fail)?),
    }
    let leases = lease_items(cx, &scope, of).await?;
    Ok(Owner::new().with(|| view! { <LeaseTable leases/> }.to_html()))
}

async fn log(cx: &Cx, team: TeamId, query: &LogQuery, first: bool) -> Result<String, Failure> {
    let scope = access::enter(cx, team, Permission::ViewLog).await.map_err(fail)?;
    let filter = log_filter(cx, &scope, query).await?;
    let page = if first { audit::read(cx, &scope, &filter).await } else { audit::follow(cx, &scope, &filter).await };
    let items = log_rows(page.map_err(fail)?.rows, cx.now());
    let home = format!("/teams/{team}/log");
    Ok(Owner::new().with(|| view! { <Days items home/> }.to_html()))
}
