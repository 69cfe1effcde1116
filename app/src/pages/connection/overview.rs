use leptos::prelude::*;
use model::{
    Permission,
    amazon::Api,
    connection::{ConnectionState, SellerIdSource},
    ids::{ConnectionId, TeamId},
};

use super::{SP_API_SDK, may, snippets};
use crate::{
    api::connections::{ConnectionDetail, TestConnection},
    components::{Act, ActForm, At, Badge, CopyId, CountdownMeter, Hidden, Snippet, Submit},
};

/// What it is.
#[component]
pub fn Facts(detail: ConnectionDetail) -> impl IntoView {
    let item = detail.item;
    let (tone, word) = match item.seller_id_source {
        SellerIdSource::Amazon => ("ok", "named by Amazon"),
        SellerIdSource::Declared => ("neutral", "declared"),
    };
    let account = if item.api == Api::Advertising { "Account" } else { "Seller ID" };
    view! {
        <section class="card" aria-labelledby="facts-h">
            <h2 id="facts-h">"Facts"</h2>
            <dl class="facts">
                <div><dt>"Connection id"</dt><dd><CopyId id=item.id.to_string() what="connection id"/></dd></div>
                <div><dt>"For"</dt><dd>{item.api.name()}</dd></div>
                {item.profile.map(|id| view! { <div><dt>"Profile"</dt><dd class="mono">{id}</dd></div> })}
                <div><dt>{account}</dt><dd><span class="mono">{item.seller_id}</span> " " <Badge tone word/></dd></div>
                <div><dt>"Marketplace"</dt><dd>{format!("{} ({})", item.marketplace_name, item.marketplace)}</dd></div>
                <div><dt>"Marketplace id"</dt><dd class="mono">{item.marketplace_id}</dd></div>
                <div><dt>"Region"</dt><dd>{item.region} " " <span class="muted">"derived"</span></dd></div>
                <div><dt>"Endpoint"</dt><dd class="mono">{item.endpoint}</dd></div>
                <div><dt>"LWA app"</dt><dd>{item.app_name}</dd></div>
                <div><dt>"Connected"</dt><dd><At moment=detail.created/>{format!(" by {}", detail.created_by)}</dd></div>
            </dl>
            {(!detail.siblings.is_empty()).then(|| view! {
                <p class="muted">{format!("The same grant serves {}. Amazon's access tokens are good for all of them; a lock on one stops all.", detail.siblings.join(", "))}</p>
            })}
        </section>
    }
}

/// How it stands: its clocks, its token, and a test of the grant.
#[component]
pub fn Clocks(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let testable = matches!(detail.item.state, ConnectionState::Active | ConnectionState::Disabled);
    let test = (testable && may(Permission::ManageConnections)).then(|| view! { <Test team id=detail.item.id/> });
    let sells_in = detail.marketplaces.join(", ");
    let renew = if detail.item.api == Api::Advertising { "Renew before" } else { "Public apps: renew before" };
    let never = || view! { <span class="muted">"never"</span> }.into_any();
    view! {
        <section class="card" aria-labelledby="clocks-h">
            <h2 id="clocks-h">"Health"</h2>
            {detail.secret.map(|countdown| view! { <CountdownMeter id="secret-clock" label="Client secret of the app" countdown note="Rotate before"/> })}
            <CountdownMeter id="authorization-clock" label="Authorization" countdown=detail.authorization note=renew/>
            <dl class="facts">
                <div><dt>"Last proof"</dt><dd><At moment=detail.item.proved/></dd></div>
                {detail.item.test_failure.map(|(word, moment)| view! { <div><dt>"Last test"</dt><dd>"failed " <At moment/> " " <code>{word}</code></dd></div> })}
                <div><dt>{if detail.item.api == Api::Advertising { "Advertises in" } else { "Sells in" }}</dt><dd>{sells_in}</dd></div>
                <div><dt>"Last issue"</dt><dd>{detail.item.last_issue.map_or_else(never, |moment| view! { <At moment/> }.into_any())}</dd></div>
                <div><dt>"Generation"</dt><dd>{detail.generation.map_or_else(|| "none".to_owned(), |n| n.to_string())}</dd></div>
                <div><dt>"Access token ends"</dt><dd>{detail.token_expires.map_or_else(never, |moment| view! { <At moment/> }.into_any())}</dd></div>
            </dl>
            {test}
        </section>
    }
}

/// Asks Amazon now. What comes of it stands above: no token is shown, none is given to a gateway.
#[component]
fn Test(team: TeamId, id: ConnectionId) -> impl IntoView {
    view! {
        <ActForm act={Act::of::<TestConnection>()}>
            <Hidden name="team" value=team.to_string()/>
            <Hidden name="connection" value=id.to_string()/>
            <Submit label="Test now" class="btn-secondary"/>
        </ActForm>
        <p class="muted small">"Asks Amazon whether the grant still holds and what it reaches. Portal does so by itself once a day."</p>
    }
}

/// The calls that fetch its credential.
#[component]
pub fn Usage(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let item = &detail.item;
    let mut panels = snippets(&detail.origin, team, &item.id.to_string(), &item.region, item.api);
    panels.retain(|(name, _)| item.api == Api::SellingPartner || *name != SP_API_SDK);
    view! {
        <section class="card" aria-labelledby="use-h">
            <h2 id="use-h">"Use it"</h2>
            <p class="muted">"With the key of a gateway that may use this connection. The answer names headers, marketplace id and endpoint: use them, do not guess them."</p>
            <Snippet id="snippet" label="Ask for a credential" panels/>
        </section>
    }
}
