//! The parts of pages that are sent anew when they change.

use backend::{Cx, access};
use leptos::prelude::*;
use model::{Permission, ids::TeamId};

pub use backend::store::lease::Of;

use super::{fail, views::lease_items};
use crate::{Failure, pages::leases::LeaseTable};

/// The table of live leases as HTML, for somebody who may see it.
pub async fn leases(cx: &Cx, team: TeamId, of: Of) -> Result<String, Failure> {
    let scope = access::enter(cx, team, Permission::ViewTeam).await.map_err(fail)?;
    match of {
        Of::Team => {}
        Of::Connection(id) => drop(backend::connections::get(cx, &scope, id).await.map_err(fail)?),
        Of::Gateway(id) => drop(backend::gateways::get(cx, &scope, id).await.map_err(fail)?),
    }
    let leases = lease_items(cx, &scope, of).await?;
    Ok(Owner::new().with(|| view! { <LeaseTable leases/> }.to_html()))
}
