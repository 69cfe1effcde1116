//! The end of a Team. Its secrets are shredded and its people let go; its log stays for as long as logs are kept.

use model::{
    Problem, ProblemCode,
    audit::Action,
    gateway::{KeyPhase, key_phase},
};

use super::withdraw_invitations;
use crate::{
    Cx, TeamScope,
    audit::{self, Event, Target},
    error::Outage,
    mail::{self, Mail, Message},
    store::{self, Tx, audit_hold::By, member::Member},
};

/// Why a Team goes on.
#[derive(Debug, thiserror::Error)]
pub enum NotEnded {
    #[error("something of the Team is still looked into")]
    LookedInto,
    #[error("something of the Team changed meanwhile")]
    Changed,
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl From<sea_orm::DbErr> for NotEnded {
    fn from(error: sea_orm::DbErr) -> Self {
        NotEnded::Outage(error.into())
    }
}

impl From<&NotEnded> for Problem {
    fn from(error: &NotEnded) -> Self {
        match error {
            // One answer for both: of a restricted incident not everybody may know.
            NotEnded::LookedInto => Problem::new(
                ProblemCode::NotYet,
                "A legal hold stands on the log of this Team, or an incident is not closed: both end first.".to_owned(),
            ),
            NotEnded::Changed => {
                Problem::new(ProblemCode::Conflict, "A connection or an app changed a moment ago. Approve it again.")
            }
            NotEnded::Outage(outage) => outage.into(),
        }
    }
}

/// Refuses to end a Team while an incident is open or a legal hold stands.
pub(crate) async fn may_end(tx: &Tx, scope: &TeamScope) -> Result<(), NotEnded> {
    let held = store::audit_hold::of_team(&**tx, scope).await?.iter().any(|hold| hold.lifted.is_none());
    let open = !store::incident::open_of(&**tx, scope, 1).await?.is_empty();
    if held || open { Err(NotEnded::LookedInto) } else { Ok(()) }
}

/// Ends a Team that the caller holds: keys revoked, secrets shredded, people let go.
pub(crate) async fn end(cx: &Cx, tx: &Tx, scope: &TeamScope, asked: &By, approved: &By) -> Result<(), NotEnded> {
    may_end(tx, scope).await?;
    let members = store::member::all(&**tx, scope).await?;
    withdraw_invitations(cx, tx, scope, None).await?;
    stop_gateways(cx, tx, scope).await?;
    shred(cx, tx, scope).await?;
    for member in &members {
        store::member::delete(&**tx, scope, member.user).await?;
        let event = Event::of(scope, Action::MemberRemoved).on(Target::user(member.user, &member.email));
        audit::append(&**tx, cx, event.with("role", member.role)).await?;
    }
    store::team::end(&**tx, scope, cx.now()).await?;
    let event = Event::of(scope, Action::TeamDeleted).with("asked_by", asked.user);
    let event = scope.name().into_iter().fold(event, |event, name| event.on(Target::team(scope.team(), name)));
    audit::append(&**tx, cx, event).await?;
    // At the end, as whoever changes a connection tells of it: mails are sealed with a key that everybody's are sealed with.
    Ok(tell_all(cx, tx, scope, members, asked, approved).await?)
}

async fn tell_all(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    members: Vec<Member>,
    asked: &By,
    approved: &By,
) -> Result<(), Outage> {
    let text = format!(
        "The Team {} was deleted. {} asked for it and {} approved it. Its gateway keys are revoked and its Amazon credentials \
         shredded; access tokens that are out end within an hour. Its log stays for as long as this installation keeps logs.",
        scope.name().map(ToString::to_string).unwrap_or_default(),
        asked.name,
        approved.name,
    );
    for member in members {
        let message = Message::SecurityNotice { headline: "A Team was deleted".to_owned(), text: text.clone() };
        mail::queue(&**tx, &cx.portal.vault, cx.now(), Mail { to: member.email, message }).await?;
    }
    Ok(())
}

async fn stop_gateways(cx: &Cx, tx: &Tx, scope: &TeamScope) -> Result<(), sea_orm::DbErr> {
    let (now, gateways) = (cx.now(), store::gateway::all(&**tx, scope).await?);
    let mut keys = store::gateway_key::all(&**tx, scope, None).await?;
    // In the order in which their uses are written down.
    keys.sort_by_key(|key| key.id.0);
    for key in keys {
        let Some(gateway) = gateways.iter().find(|gateway| gateway.id == key.gateway) else { continue };
        if key_phase(key.expires_at, key.revoked_at, now) == KeyPhase::Live
            && store::gateway_key::revoke(&**tx, scope, key.id, now).await?
        {
            let event = Event::of(scope, Action::GatewayKeyRevoked).on(Target::gateway_key(key.id, &gateway.name));
            audit::append(&**tx, cx, event).await?;
        }
    }
    Ok(())
}

async fn shred(cx: &Cx, tx: &Tx, scope: &TeamScope) -> Result<(), NotEnded> {
    let now = cx.now();
    for connection in store::connection::all(&**tx, scope).await? {
        if connection.disconnected_at.is_none() {
            if !store::connection::shred(&**tx, scope, &connection, now).await? {
                return Err(NotEnded::Changed);
            }
            store::gateway::disallow_everywhere(&**tx, scope, connection.id).await?;
            store::notification_key::revoke_all(&**tx, scope, connection.id, now).await?;
            let target = Target::connection(connection.id, &connection.name);
            audit::append(&**tx, cx, Event::of(scope, Action::ConnectionDisconnected).on(target)).await?;
        }
    }
    store::profile_choice::delete_all(&**tx, scope).await?;
    for app in store::lwa_app::all(&**tx, scope).await? {
        if !store::lwa_app::remove(&**tx, scope, &app, now).await? {
            return Err(NotEnded::Changed);
        }
        audit::append(&**tx, cx, Event::of(scope, Action::LwaAppRemoved).on(Target::lwa_app(app.id, &app.name))).await?;
    }
    for found in store::webhook::all(&**tx, scope).await? {
        store::webhook::remove(&**tx, scope, found.id).await?;
        audit::append(&**tx, cx, Event::of(scope, Action::WebhookRemoved).on(Target::webhook(found.id, &found.host())))
            .await?;
    }
    Ok(())
}
