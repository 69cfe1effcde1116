//! Mails to the people who look after a Team.

use model::Permission;

use crate::{
    Cx, TeamScope,
    error::Outage,
    mail::{self, Mail, Message},
    store::{self, Tx},
};

/// Queues a mail to every member who manages LWA apps and gateways.
pub(crate) async fn tell_managers(tx: &Tx, cx: &Cx, scope: &TeamScope, message: &Message) -> Result<(), Outage> {
    let members = store::member::not_locked(&**tx, scope).await?;
    for member in members.into_iter().filter(|member| member.role.may(Permission::ManageLwaApps)) {
        let mail = Mail { to: member.email, message: message.clone() };
        mail::queue(&**tx, &cx.portal.vault, cx.now(), mail).await?;
    }
    Ok(())
}
