use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Permission,
    connection::{ConnectionState, SellerIdSource},
    ids::{ConnectionId, TeamId},
};

use super::{may, param, stepped_up, team};
use crate::{
    api::connections::{
        AuthorizeAgain, ConnectionDetail, DisableConnection, Disconnect, EnableConnection, LeaseItem, ReplaceRefreshToken,
        connection,
    },
    components::{
        Act, ActForm, At, Badge, Confirm, CopyId, CountdownMeter, EnvironmentTag, Field, Hidden, Notice, PageHeader,
        Snippet, StateBadge, StepUpGate, Submit, loaded,
    },
};

/// One connection: how it stands, who may use it, how to use it, and what can be done.
#[component]
pub fn ConnectionPage() -> impl IntoView {
    let (team, id) = (team(), param::<ConnectionId>("connection"));
    view! {
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=format!("/teams/{}/connections", team)>"Connections"</a></li><li aria-current="page">"Connection"</li></ol></nav>
        {loaded(connection(team, id), move |detail| {
            let over = detail.item.state == ConnectionState::Disconnected;
            let acts = (!over && may(Permission::ManageConnections)).then(|| view! { <Acts team detail=detail.clone()/> });
            let usage = (!over).then(|| view! { <Usage team detail=detail.clone()/> });
            view! {
                <Head detail=detail.clone()/>
                <div class="grid-2"><Facts detail=detail.clone()/>{(!over).then(|| view! { <Clocks detail=detail.clone()/> })}</div>
                {(!over).then(|| view! { <Access team detail=detail.clone()/> })}
                {usage}
                {acts}
            }.into_any()
        })}
    }
}

#[component]
fn Head(detail: ConnectionDetail) -> impl IntoView {
    let item = detail.item;
    let tags = view! {
        <EnvironmentTag environment=item.environment/>
        <StateBadge state=item.state app_rejected=item.app_rejected.is_some() failing=item.failure.is_some()/>
    }
    .into_any();
    let trouble = match (item.state, &item.failure) {
        (ConnectionState::NeedsReauthorization, _) => Some((
            "Amazon refuses the refresh token",
            "The seller withdrew the consent, or it ran out. Authorize again, or replace the refresh token below. ",
            "invalid_grant".to_owned(),
        )),
        (ConnectionState::Active, Some((code, _))) => Some((
            "The last refresh failed",
            "Portal tries again by itself; a token that is still valid is served meanwhile. ",
            code.clone(),
        )),
        (ConnectionState::Disconnected, _) => Some((
            "Disconnected",
            "The credentials are destroyed. The log keeps the record as the deletion receipt. ",
            "connection.disconnected".to_owned(),
        )),
        _ => None,
    };
    view! {
        <Title text=item.name.clone()/>
        <PageHeader title=item.name lead=format!("{} · Seller {}", item.marketplace_name, item.seller_id) tags/>
        {trouble.map(|(title, text, code)| view! { <Notice tone="warning" title=title><p>{text}<code>{code}</code></p></Notice> })}
    }
}

#[component]
fn Facts(detail: ConnectionDetail) -> impl IntoView {
    let item = detail.item;
    let (tone, word) = match item.seller_id_source {
        SellerIdSource::Amazon => ("ok", "named by Amazon"),
        SellerIdSource::Declared => ("neutral", "declared"),
    };
    view! {
        <section class="card" aria-labelledby="facts-h">
            <h2 id="facts-h">"Facts"</h2>
            <dl class="facts">
                <div><dt>"Connection id"</dt><dd><CopyId id=item.id.to_string() what="connection id"/></dd></div>
                <div><dt>"Seller ID"</dt><dd><span class="mono">{item.seller_id}</span> " " <Badge tone word/></dd></div>
                <div><dt>"Marketplace"</dt><dd>{format!("{} ({})", item.marketplace_name, item.marketplace)}</dd></div>
                <div><dt>"Marketplace id"</dt><dd class="mono">{item.marketplace_id}</dd></div>
                <div><dt>"Region"</dt><dd>{item.region} " " <span class="muted">"derived"</span></dd></div>
                <div><dt>"Endpoint"</dt><dd class="mono">{item.endpoint}</dd></div>
                <div><dt>"LWA app"</dt><dd>{item.app_name}</dd></div>
                <div><dt>"Connected"</dt><dd><At moment=detail.created/>{format!(" by {}", detail.created_by)}</dd></div>
            </dl>
        </section>
    }
}

#[component]
fn Clocks(detail: ConnectionDetail) -> impl IntoView {
    let never = || view! { <span class="muted">"never"</span> }.into_any();
    view! {
        <section class="card" aria-labelledby="clocks-h">
            <h2 id="clocks-h">"Health"</h2>
            <CountdownMeter id="secret-clock" label="Client secret of the app" countdown=detail.secret note="Rotate before"/>
            <CountdownMeter id="authorization-clock" label="Authorization" countdown=detail.authorization note="Public apps: renew before"/>
            <dl class="facts">
                <div><dt>"Last proof"</dt><dd><At moment=detail.item.proved/></dd></div>
                <div><dt>"Last issue"</dt><dd>{detail.item.last_issue.map_or_else(never, |moment| view! { <At moment/> }.into_any())}</dd></div>
                <div><dt>"Generation"</dt><dd>{detail.generation.map_or_else(|| "none".to_owned(), |n| n.to_string())}</dd></div>
                <div><dt>"Access token ends"</dt><dd>{detail.token_expires.map_or_else(never, |moment| view! { <At moment/> }.into_any())}</dd></div>
            </dl>
        </section>
    }
}

#[component]
fn Access(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let gateways = detail
        .gateways
        .into_iter()
        .map(|(id, name)| view! { <li><a href=format!("/teams/{team}/gateways/{id}")>{name}</a></li> })
        .collect::<Vec<_>>();
    let gateways = if gateways.is_empty() {
        view! { <p class="muted">"No gateway may use it yet. " <a href=format!("/teams/{team}/gateways")>"Choose a gateway"</a> " and allow this connection there."</p> }.into_any()
    } else {
        view! { <ul class="prose">{gateways}</ul> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="access-h">
            <h2 id="access-h">"Gateways that may use it"</h2>
            {gateways}
        </section>
        <Leases leases=detail.leases/>
    }
}

/// Who holds a token, and until when.
#[component]
pub fn Leases(leases: Vec<LeaseItem>) -> impl IntoView {
    let body = if leases.is_empty() {
        view! { <p class="muted">"Nobody holds a token now."</p> }.into_any()
    } else {
        let rows = leases
            .into_iter()
            .map(|lease| {
                view! {
                    <tr>
                        <th scope="row">{lease.gateway}</th>
                        <td data-label="Connection">{lease.connection}</td>
                        <td data-label="Generation" class="num">{lease.generation}</td>
                        <td data-label="Fetched"><At moment=lease.issued/></td>
                        <td data-label="Ends"><At moment=lease.expires/></td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">"Live leases"</caption>
                    <thead><tr><th scope="col">"Gateway"</th><th scope="col">"Connection"</th><th scope="col" class="num">"Generation"</th><th scope="col">"Fetched"</th><th scope="col">"Ends"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="leases-h">
            <h2 id="leases-h">"Who holds a token"</h2>
            {body}
        </section>
    }
}

/// The call in three languages, with the real ids.
pub(super) fn snippets(origin: &str, team: TeamId, connection: &str, region: &str) -> Vec<(&'static str, String)> {
    let url = format!("{origin}/api/gateway/v1/teams/{team}/connections/{connection}/credentials");
    vec![
        (
            "curl",
            format!(
                "curl -sS -X POST '{url}' \\\n  -H \"Authorization: Bearer $PORTAL_GATEWAY_KEY\" \\\n  -H 'Portal-Gateway: 1' \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"purpose\":\"first try\"}}'"
            ),
        ),
        (
            "Python",
            format!(
                "import os, requests\n\nanswer = requests.post(\n    \"{url}\",\n    headers={{\"Authorization\": f\"Bearer {{os.environ['PORTAL_GATEWAY_KEY']}}\", \"Portal-Gateway\": \"1\"}},\n    json={{\"purpose\": \"orders-sync\"}},\n    timeout=30,\n)\nif not answer.ok:\n    raise RuntimeError(answer.json()[\"detail\"])\ncredential = answer.json()[\"credential\"]"
            ),
        ),
        (
            "TypeScript",
            format!(
                "const answer = await fetch(\"{url}\", {{\n  method: \"POST\",\n  headers: {{\n    Authorization: `Bearer ${{process.env.PORTAL_GATEWAY_KEY}}`,\n    \"Portal-Gateway\": \"1\",\n    \"Content-Type\": \"application/json\",\n  }},\n  body: JSON.stringify({{ purpose: \"orders-sync\" }}),\n}});\nif (!answer.ok) throw new Error((await answer.json()).detail);\nconst {{ credential }} = await answer.json();"
            ),
        ),
        (
            "SP-API SDK",
            format!(
                "import os\nfrom spapi import SPAPIClient, SPAPIConfig  # pip install amzn-sp-api\n\n# Portal stands where LWA stood\nconfig = SPAPIConfig(\n    client_id=os.environ[\"PORTAL_GATEWAY_KEY_ID\"],  # the key's id, on its gateway's page\n    client_secret=os.environ[\"PORTAL_GATEWAY_KEY\"],\n    refresh_token=\"{connection}\",\n    region=\"{}\",\n)\nclient = SPAPIClient(config, oauth_endpoint=\"{origin}/api/gateway/v1/lwa/token\")",
                region.to_uppercase()
            ),
        ),
    ]
}

#[component]
fn Usage(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let panels = snippets(&detail.origin, team, &detail.item.id.to_string(), &detail.item.region);
    view! {
        <section class="card" aria-labelledby="use-h">
            <h2 id="use-h">"Use it"</h2>
            <p class="muted">"With the key of a gateway that may use this connection. The answer names header, marketplace id and endpoint: use them, do not guess them."</p>
            <Snippet id="snippet" label="Ask for a credential" panels/>
        </section>
    }
}

#[component]
fn Acts(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let (id, name, state) = (detail.item.id, detail.item.name, detail.item.state);
    let again = Act::of::<AuthorizeAgain>();
    let replace = Act::of::<ReplaceRefreshToken>();
    let disconnect = Act::of::<Disconnect>();
    let ids =
        move || view! { <Hidden name="team" value=team.to_string()/> <Hidden name="connection" value=id.to_string()/> };
    let switch = if state == ConnectionState::Disabled {
        view! { <ActForm act={Act::of::<EnableConnection>()}>{ids()}<Submit label="Enable" class="btn-primary"/></ActForm> }
            .into_any()
    } else {
        view! { <ActForm act={Act::of::<DisableConnection>()}>{ids()}<Submit label="Disable" class="btn-secondary"/></ActForm> }
            .into_any()
    };
    view! {
        <section class="card" aria-labelledby="acts-h">
            <h2 id="acts-h">"Change it"</h2>
            <p class="muted">"While it is disabled, gateways are refused; the credentials stay sealed."</p>
            {switch}
            <details class="disclosure" open=state == ConnectionState::NeedsReauthorization>
                <summary>"Authorize again"</summary>
                <ActForm act=again>{ids()}<Submit label="Continue at Amazon" class="btn-secondary"/></ActForm>
                <ActForm act=replace class="form">
                    {ids()}
                    <Field name="refresh_token" label="Or paste a new refresh token" kind="password" mono=true autocomplete="new-password" hint="Proved against Amazon before it takes the place of the old one." act=replace/>
                    <Submit label="Prove and replace" class="btn-secondary"/>
                </ActForm>
            </details>
            {may(Permission::Disconnect).then(|| view! {
                <Confirm
                    summary="Disconnect…"
                    title=format!("Disconnect {name}?")
                    text="Gateways are refused at once and the credentials are destroyed. To come back, the seller must authorize again. Access tokens that are out end within an hour."
                >
                    <StepUpGate open=stepped_up() act="disconnect an account">
                        <ActForm act=disconnect class="form">
                            {ids()}
                            <Field name="confirm" label="Type the connection's name to confirm" hint=name.clone() act=disconnect/>
                            <Submit label="Disconnect for good" class="btn-danger"/>
                        </ActForm>
                    </StepUpGate>
                </Confirm>
            })}
        </section>
    }
}
