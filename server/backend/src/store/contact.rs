//! Who speaks for a Team about incidents, and where Amazon is told.

use model::EmailAddress;
use sea_orm::entity::prelude::*;

use super::{sql, stored};
use crate::access::TeamScope;

/// A Team's management point of contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    pub email: EmailAddress,
    /// May be empty.
    pub phone: String,
    /// Where Amazon is told of incidents.
    pub amazon: EmailAddress,
}

/// What the Team has set; nothing when it has not.
pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Option<Contact>, DbErr> {
    let text = "SELECT name, email, phone, amazon FROM incident_contact WHERE team_id = $1";
    let Some(row) = db.query_one_raw(sql(db, text, [scope.team().0.into()])).await? else { return Ok(None) };
    let address = |column: &str| stored(row.try_get::<String>("", column)?.parse().ok(), "address");
    Ok(Some(Contact {
        name: row.try_get("", "name")?,
        email: address("email")?,
        phone: row.try_get("", "phone")?,
        amazon: address("amazon")?,
    }))
}

pub async fn write(db: &impl ConnectionTrait, scope: &TeamScope, contact: &Contact) -> Result<(), DbErr> {
    let text = "INSERT INTO incident_contact (team_id, name, email, phone, amazon) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (team_id) DO UPDATE SET name = EXCLUDED.name, email = EXCLUDED.email, phone = EXCLUDED.phone,
        amazon = EXCLUDED.amazon";
    let values = [
        scope.team().0.into(),
        contact.name.clone().into(),
        contact.email.as_str().into(),
        contact.phone.clone().into(),
        contact.amazon.as_str().into(),
    ];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}
