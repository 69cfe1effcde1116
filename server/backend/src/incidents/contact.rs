//! The Team's management point of contact, and where Amazon is told.

use model::{EmailAddress, Role, audit::Action, incident::notice::AMAZON_ADDRESS, step_up::DangerousAct};

use super::{IncidentError, text};
use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{Event, append},
    error::Outage,
    mail::{self, Mail, Message},
    store::{
        self,
        contact::{self, Contact},
    },
};

/// Letters of a name or a telephone number.
const MOST: usize = 100;

/// Who speaks for the Team: whom it has set, and the owner who was there first until then.
pub async fn contact(cx: &Cx, scope: &TeamScope) -> Result<Contact, AccessError> {
    let db = &cx.portal.db.of(scope);
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
    access::require_step_up(cx, scope, DangerousAct::ChangeContact).await?;
    let by = access::signed_in(cx)?.email.to_string();
    let name = text::line("contact_name", name, MOST)?;
    let phone = text::maybe("contact_phone", phone, MOST)?;
    let tx = cx.portal.db.begin_in(scope).await?;
    let told = format!(
        "{by} changed it: answers to notices of incidents go to {email}, and Amazon is told at {amazon}. {}/teams/{}/incidents/readiness",
        cx.portal.settings.public_url,
        scope.team()
    );
    let event = Event::of(scope, Action::ContactChanged).with("to", &email).with("amazon", &amazon);
    contact::write(&*tx, scope, &Contact { name, email, phone, amazon }).await?;
    append(&*tx, cx, event).await?;
    // Whoever changes where answers go is seen doing it.
    for member in store::member::not_locked(&*tx, scope).await?.into_iter().filter(|one| one.role == Role::Owner) {
        let headline = "Who speaks for your Team was changed".to_owned();
        let message = Message::SecurityNotice { headline, text: told.clone() };
        mail::queue(&*tx, &cx.portal.vault, cx.now(), Mail { to: member.email, message }).await.map_err(Outage::from)?;
    }
    Ok(tx.commit().await?)
}

impl Contact {
    /// In one line, as notices have it.
    pub fn line(&self) -> String {
        let phone = if self.phone.is_empty() { String::new() } else { format!(", {}", self.phone) };
        format!("{}, {}{phone}", self.name, self.email)
    }
}
