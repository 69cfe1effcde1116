//! Tells a Team of a gateway key's end before it comes.

use chrono::Duration;
use model::{
    audit::Action,
    gateway::{KEY_WARNING_DAYS, key_warning},
};

use crate::{
    Cx, Portal, access,
    audit::{self, Event, Target},
    error::Outage,
    mail::Message,
    store::gateway_key::{self, Ending},
    teams,
};

pub(super) async fn run(portal: Portal) -> Result<(), Outage> {
    let now = portal.clock.now();
    let until = now + Duration::days(i64::from(KEY_WARNING_DAYS[KEY_WARNING_DAYS.len() - 1]));
    for key in gateway_key::ending(portal.db.reader(), now, until).await? {
        if let Some(days) = key_warning(key.expires_at, key.told_days, now) {
            tell(&portal, &key, days).await?;
        }
    }
    Ok(())
}

async fn tell(portal: &Portal, key: &Ending, days: i32) -> Result<(), Outage> {
    let cx = Cx::system(portal, "key ends");
    let scope = access::gateway(key.team, key.environment);
    let tx = portal.db.begin_in(&scope).await?;
    if !gateway_key::told(&*tx, key.key, days).await? {
        return Ok(());
    }
    let name = &key.gateway_name;
    let message = Message::SecurityNotice {
        headline: format!("A key of the gateway “{name}” ends soon"),
        text: format!(
            "The key {} of the gateway “{name}” ends on {} UTC. Make a second key, change the service over, then revoke the first: \
             {}/teams/{}/gateways/{}",
            key.key,
            key.expires_at.format("%d %B %Y, %H:%M"),
            portal.settings.public_url,
            key.team,
            key.gateway,
        ),
    };
    teams::tell_managers(&tx, &cx, &scope, &message).await?;
    let event = Event::of(&scope, Action::GatewayKeyEndAnnounced).on(Target::gateway(key.gateway, name));
    audit::append(&*tx, &cx, event.with("key", key.key).with("days", i64::from(days))).await?;
    Ok(tx.commit().await?)
}
