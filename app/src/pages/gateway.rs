use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Permission, counted,
    gateway::{KEY_LIVES_DAYS, KeyPhase},
    ids::{GatewayId, TeamId},
    incident::Kind,
};

use super::{
    ReportLink,
    connection::snippets,
    gateways::GatewayBadge,
    leases::Leases,
    may,
    new_gateway::{NETWORKS_HINT, ScopeChoices},
    param, stepped_up, team,
    webhook::GatewayWebhookCard,
};
use crate::{
    answer::revealed_key,
    api::gateways::{
        ChangeGateway, CreateGatewayKey, DisableGateway, EnableGateway, GatewayDetail, KeyItem, MakeCanaryKey,
        RevokeGatewayKey, SetGatewayConnections, ShownKey, gateway,
    },
    components::{
        Act, ActForm, Approves, At, Badge, Choice, CodeBlock, CopyId, Crumbs, EnvironmentTag, FailedElsewhere, Field, Here,
        Hidden, Icon, Notice, PageHeader, PlainForm, Select, StepUpGate, Submit, TextArea, UntilProved, loaded,
    },
};

/// One gateway: its keys, its connections, who holds what, its settings.
#[component]
pub fn GatewayPage() -> impl IntoView {
    let (team, id) = (team(), param::<GatewayId>("gateway"));
    view! {
        {loaded(gateway(team, id), move |detail| {
            let origin = detail.origin.clone();
            view! {
                <Head team detail=detail.clone()/>
                {revealed_key().map(|key| view! { <KeyOnce team origin key/> })}
                <Connections team detail=detail.clone()/>
                <Keys team detail=detail.clone()/>
                <Leases live=format!("/live/teams/{team}/gateways/{id}/leases") leases=detail.leases.clone()/>
                <GatewayWebhookCard team gateway=id name=detail.item.name.clone() environment=detail.item.environment/>
                {may(Permission::ManageGateways).then(|| view! { <Settings team detail/> })}
            }.into_any()
        })}
    }
}

#[component]
fn Ids(team: TeamId, gateway: GatewayId) -> impl IntoView {
    view! { <Hidden name="team" value=team.to_string()/> <Hidden name="gateway" value=gateway.to_string()/> }
}

#[component]
fn Head(team: TeamId, detail: GatewayDetail) -> impl IntoView {
    let item = detail.item;
    let title = format!("{}: ", item.name);
    let report = view! { <ReportLink about=item.id.to_string() title kind=Kind::MisusedGateway/> };
    let tags = view! { <EnvironmentTag environment=item.environment/> <GatewayBadge disabled=item.disabled connections=item.connections live_keys=item.live_keys/> }.into_any();
    view! {
        <Title text=item.name.clone()/>
        <Crumbs home=format!("/teams/{team}/gateways") place="Gateways" here=item.name.clone()/>
        <PageHeader title=item.name lead=format!("May use {}.", counted(item.connections, "connection")) tags actions=report.into_any()/>
        <p><CopyId id=item.id.to_string() what="gateway id"/></p>
    }
}

/// The key at its only moment, with a call that works as pasted.
#[component]
fn KeyOnce(team: TeamId, origin: String, key: ShownKey) -> impl IntoView {
    let connection = key.connection.map_or_else(|| "CONNECTION_ID".to_owned(), |id| id.to_string());
    let curl = snippets(&origin, team, &connection, "", model::amazon::Api::SellingPartner)
        .swap_remove(0)
        .1
        .replace("$PORTAL_GATEWAY_KEY", &key.secret);
    view! {
        <section class="secret" aria-labelledby="sec-h">
            <h2 id="sec-h"><Icon name="key"/>"Your new gateway key"</h2>
            <p>"Copy it now. You will not see it again: Portal keeps only its fingerprint."</p>
            <code class="secret-value" id="sec-v" translate="no">{key.secret.clone()}</code>
            <div class="row">
                <button type="button" class="btn btn-primary copy js-only" data-copy="sec-v"><Icon name="copy"/><Icon name="check"/>"Copy key"</button>
                <button type="button" class="btn btn-secondary js-only" data-download="sec-v" data-name="PORTAL_GATEWAY_KEY"><Icon name="download"/>"Download .env"</button>
            </div>
            <CodeBlock id="first-curl" caption="Try it in a terminal" code=curl/>
        </section>
    }
}

#[component]
fn Keys(team: TeamId, detail: GatewayDetail) -> impl IntoView {
    let gateway = detail.item.id;
    let known = detail.keys.len().to_string();
    let live = detail.keys.iter().filter(|key| key.phase == KeyPhase::Live).map(|key| key.id.to_string());
    let live = live.collect::<Vec<_>>();
    let rows = detail.keys.into_iter().map(|key| view! { <KeyRow team gateway key/> }).collect::<Vec<_>>();
    let create = Act::of::<CreateGatewayKey>();
    let idle = (detail.item.connections == 0).then(|| {
        view! {
            <Notice tone="warning" title="This gateway may use no connection yet">
                <p>"A key made now fetches nothing. Choose its connections above and save the list first."</p>
            </Notice>
        }
    });
    let lives = KEY_LIVES_DAYS.iter().map(|days| (days.to_string(), format!("{days} days"))).collect::<Vec<_>>();
    let list = if rows.is_empty() {
        view! { <p class="muted">"No key yet."</p> }.into_any()
    } else {
        view! {
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">"Keys"</caption>
                    <thead><tr><th scope="col">"Key"</th><th scope="col">"Status"</th><th scope="col">"Ends"</th><th scope="col">"Last use"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="keys-h">
            <h2 id="keys-h">"Keys"</h2>
            <FailedElsewhere act={Act::of::<RevokeGatewayKey>()} field="key" there=live.clone()/>
            <FailedElsewhere act={Act::of::<MakeCanaryKey>()} field="key" there=live/>
            <p class="muted">"Two may live at once: make the second, change the service over, revoke the first."</p>
            {list}
            {may(Permission::ManageGateways).then(|| view! {
                <StepUpGate open=stepped_up() act=format!("create a gateway key of {}", detail.item.name)>
                    {idle}
                    <PlainForm act=create class="form">
                        <Ids team gateway/>
                        <Hidden name="known_keys" value=known/>
                        <Select name="days" label="Life of the new key" options=lives selected="90" act=create/>
                        <Submit label="Create key"/>
                    </PlainForm>
                </StepUpGate>
            })}
        </section>
    }
}

#[component]
fn KeyRow(team: TeamId, gateway: GatewayId, key: KeyItem) -> impl IntoView {
    let (tone, word) = match key.phase {
        KeyPhase::Live if key.canary => ("attention", "Canary"),
        KeyPhase::Live => ("ok", "Live"),
        KeyPhase::Expired => ("neutral", "Expired"),
        KeyPhase::Revoked => ("neutral", "Revoked"),
    };
    let [revoke, canary] =
        [Act::of::<RevokeGatewayKey>(), Act::of::<MakeCanaryKey>()].map(|act| act.only_for("key", &key.id.to_string()));
    let revocable = key.phase == KeyPhase::Live && may(Permission::ManageGateways);
    let unused = key.unused_days.map(
        |days| view! { <span class="cell-sub">{format!("Unused for {days} days: revoke it, if nothing needs it.")}</span> },
    );
    let used = [key.last_used_address, key.last_used_agent].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <tr>
            <th scope="row"><CopyId id=key.id.to_string() what="key id"/><span class="cell-sub">"made " <At moment=key.created/></span></th>
            <td data-label="Status"><Badge tone word/>{unused}</td>
            <td data-label="Ends"><At moment=key.expires/></td>
            <td data-label="Last use">{match key.last_used {
                Some(moment) => view! { <div><At moment/><span class="cell-sub truncate">{used}</span></div> }.into_any(),
                None => view! { <span class="muted">"never"</span> }.into_any(),
            }}</td>
        </tr>
        {revocable.then(|| view! {
            <tr class="row-more"><td colspan="4">
                <ReportLink about=key.id.to_string() title="A key leaked: " kind=Kind::LeakedSecret/>
                <details class="disclosure" open=revoke.failed()>
                    <summary>"Revoke…"</summary>
                    <p>"Whatever still calls with this key is refused at its next request. This cannot be undone."</p>
                    <ActForm act=revoke>
                        <Ids team gateway/>
                        <Hidden name="key" value=key.id.to_string()/>
                        <Here/>
                        <button type="submit" class="btn btn-danger btn-sm">"Revoke this key"</button>
                    </ActForm>
                </details>
                {(!key.canary).then(|| view! {
                    <details class="disclosure" open=canary.failed()>
                        <summary>"Make a canary…"</summary>
                        <p>"From then on it opens nothing, and whoever uses it raises a critical alert. Lay it out where only a thief would look. This cannot be undone."</p>
                        <ActForm act=canary>
                            <Ids team gateway/>
                            <Hidden name="key" value=key.id.to_string()/>
                            <Here/>
                            <button type="submit" class="btn btn-secondary btn-sm">"Make this key a canary"</button>
                        </ActForm>
                    </details>
                })}
            </td></tr>
        })}
    }
}

#[component]
fn Connections(team: TeamId, detail: GatewayDetail) -> impl IntoView {
    let (gateway, act) = (detail.item.id, Act::of::<SetGatewayConnections>());
    let asks = detail.item.live_keys > 0 && may(Permission::ManageGateways);
    let rows = detail
        .choices
        .into_iter()
        .map(|choice| view! { <Choice name="connections[]" value=choice.id.to_string() label=choice.name hint=choice.hint checked=choice.allowed act/> })
        .collect::<Vec<_>>();
    let body = if rows.is_empty() {
        view! { <p class="muted">"There is no connection in this environment yet. " <a href=format!("/teams/{team}/connections/new")>"Connect an account"</a> "."</p> }.into_any()
    } else {
        view! {
            <Approves act=format!("widen what {} may do", detail.item.name)>
            <ActForm act class="form">
                <Ids team gateway/>
                <fieldset class="group" disabled=!may(Permission::ManageGateways)><legend class="visually-hidden">"Connections"</legend><div class="choices">{rows}</div></fieldset>
                {asks.then(|| view! { <UntilProved>"This gateway has a key that works: to add a connection, confirm that it is you."</UntilProved> })}
                {may(Permission::ManageGateways).then(|| view! { <Submit label="Save list" class="btn-secondary"/> })}
            </ActForm>
            </Approves>
        }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="list-h">
            <h2 id="list-h">"Connections it may use"</h2>
            {body}
        </section>
    }
}

#[component]
fn Settings(team: TeamId, detail: GatewayDetail) -> impl IntoView {
    let gateway = detail.item.id;
    let change = Act::of::<ChangeGateway>();
    let switch = if detail.item.disabled {
        view! { <ActForm act={Act::of::<EnableGateway>()}><Ids team gateway/><Submit label="Enable gateway"/></ActForm> }
            .into_any()
    } else {
        view! { <ActForm act={Act::of::<DisableGateway>()}><Ids team gateway/><p class="muted">"While it is disabled, all its keys are refused."</p><Submit label="Disable gateway" class="btn-danger-quiet"/></ActForm> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="settings-h">
            <h2 id="settings-h">"Settings"</h2>
            <Approves act=format!("widen what {} may do", detail.item.name)>
            <ActForm act=change class="form">
                <Ids team gateway/>
                <Field name="name" label="Name" value=detail.item.name act=change/>
                <ScopeChoices chosen=detail.scopes act=change/>
                <TextArea name="networks" label="Networks" hint=NETWORKS_HINT value=detail.networks act=change/>
                <UntilProved>"More scopes or wider networks ask for a fresh proof that it is you."</UntilProved>
                <Submit label="Save" class="btn-secondary"/>
            </ActForm>
            </Approves>
            {switch}
        </section>
    }
}
