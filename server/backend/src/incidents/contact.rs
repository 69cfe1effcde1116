//! The Team's management point of contact, and where Amazon is told.

use model::{EmailAddress, Role, audit::Action, incident::notice::AMAZON_ADDRESS};

use super::{IncidentError, text};
use crate::{
    Cx, TeamScope,
    access::AccessError,
    audit::{Event, append},
    error::Outage,
    store::{
        self,
        contact::{self, Contact},
    },
};

/// Letters of a name or a telephone number.
const MOST: usize = 100;

/// Who speaks for the Team: whom it has set, and the owner who was there first until then.
pub async fn contact(cx: &Cx, scope: &TeamScope) -> Result<Contact, AccessError> {
    let db = cx.portal.db.reader();
    if let Some(set) = contact::of_team(db, scope).await? {
        return Ok(set);
    }
    let owners = store::member::all(db, scope).await?.into_iter().filter(|member| member.role == Role::Owner);
    let first = owners.min_by_key(|member| member.joined_at).ok_or(Outage::Corrupt("team without owner"))?;
    let amazon = AMAZON_ADDRESS.parse().map_err(|_| Outage::Corrupt("Amazon's address"))?;
    Ok(Contact { name: "The Team's owner".to_owned(), email: first.email, phone: String::new(), amazon })
}

/// Sets who speaks for the Team.
pub async fn set_contact(
    cx: &Cx,
    scope: &TeamScope,
    name: &str,
    email: EmailAddress,
    phone: &str,
    amazon: EmailAddress,
) -> Result<(), IncidentError> {
    let name = text::line("contact_name", name, MOST)?;
    let phone = text::maybe("contact_phone", phone, MOST)?;
    let tx = cx.portal.db.begin().await?;
    let event = Event::of(scope, Action::ContactChanged).with("to", &email).with("amazon", &amazon);
    contact::write(&*tx, scope, &Contact { name, email, phone, amazon }).await?;
    append(&*tx, cx, event).await?;
    Ok(tx.commit().await?)
}

impl Contact {
    /// In one line, as notices have it.
    pub fn line(&self) -> String {
        let phone = if self.phone.is_empty() { String::new() } else { format!(", {}", self.phone) };
        format!("{}, {}{phone}", self.name, self.email)
    }
}
