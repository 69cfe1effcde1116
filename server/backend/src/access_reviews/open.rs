//! What there is to look at when an access review opens.

use model::{
    Environments,
    access_review::Subject,
    counted,
    engagement::Engagement,
    gateway::{KeyPhase, key_phase},
};

use sea_orm::ConnectionTrait;

use crate::{
    Cx, TeamScope,
    store::{self, access_review::Item},
};

/// Every member, every gateway, and its live keys: one that is disabled can be enabled again.
pub(super) async fn subjects(cx: &Cx, db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Item>, sea_orm::DbErr> {
    let item = |kind, subject, name: String, facts| Item { kind, subject, name, facts, decided: None, lock: None };
    let mut all = Vec::new();
    for member in store::member::all(db, scope).await? {
        let works_as = match &member.engagement {
            Engagement::Employee => "employee".to_owned(),
            Engagement::Contractor { company, until } => {
                format!("contractor of {company} until {}", until.format("%Y-%m-%d"))
            }
        };
        let facts = format!("{}, {}, {works_as}", member.role.as_str(), environments(member.environments));
        all.push(item(Subject::Member, member.user.0, member.email.to_string(), facts));
    }
    let keys = store::gateway_key::all(db, scope, None).await?;
    let connections = store::gateway::connection_counts(db, scope).await?;
    for gateway in store::gateway::all(db, scope).await? {
        let connections = connections.get(&gateway.id).copied().unwrap_or_default();
        let connections = counted(connections, "connection");
        let disabled = if gateway.disabled_at.is_some() { "disabled, " } else { "" };
        let facts = format!("{disabled}{}, {connections}, {}", gateway.environment.as_str(), gateway.scopes.to_text());
        all.push(item(Subject::Gateway, gateway.id.0, gateway.name.to_string(), facts));
        let live_key = |key: &&store::gateway_key::GatewayKey| {
            key.gateway == gateway.id && key_phase(key.expires_at, key.revoked_at, cx.now()) == KeyPhase::Live && !key.canary
        };
        for key in keys.iter().filter(live_key) {
            let used = key
                .last_used_at
                .map_or_else(|| "never used".to_owned(), |at| format!("last used {}", at.format("%Y-%m-%d")));
            let facts =
                format!("made {}, ends {}, {used}", key.created_at.format("%Y-%m-%d"), key.expires_at.format("%Y-%m-%d"));
            all.push(item(Subject::GatewayKey, key.id.0, gateway.name.to_string(), facts));
        }
    }
    Ok(all)
}

fn environments(open: Environments) -> &'static str {
    match (open.production, open.sandbox) {
        (true, true) => "production and sandbox",
        (true, false) => "production",
        (false, true) => "sandbox",
        (false, false) => "no environment",
    }
}
