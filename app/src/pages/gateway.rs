use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    gateway::{KEY_LIVES_DAYS, KeyPhase},
    ids::{GatewayId, TeamId},
};

use super::{
    connection::{Leases, snippets},
    counted,
    gateways::GatewayBadge,
    new_gateway::{NETWORKS_HINT, ScopeChoices},
    param, stepped_up, team,
};
use crate::{
    answer::revealed_key,
    api::gateways::{
        ChangeGateway, CreateGatewayKey, DisableGateway, EnableGateway, GatewayDetail, KeyItem, RevokeGatewayKey,
        SetGatewayConnections, ShownKey, gateway,
    },
    components::{
        Act, ActForm, At, Badge, Choice, CodeBlock, CopyId, EnvironmentTag, Field, Here, Hidden, Icon, PageHeader, Select,
        StepUpGate, Submit, TextArea, loaded,
    },
};

/// One gateway: its keys, its connections, who holds what, its settings.
#[component]
pub fn GatewayPage() -> impl IntoView {
    let (team, id) = (team(), param::<GatewayId>("gateway"));
    let acts = Acts {
        create: Act::of::<CreateGatewayKey>(),
        revoke: Act::of::<RevokeGatewayKey>(),
        set: Act::of::<SetGatewayConnections>(),
        change: Act::of::<ChangeGateway>(),
        disable: Act::of::<DisableGateway>(),
        enable: Act::of::<EnableGateway>(),
    };
    let detail = Resource::new(move || (team.get(), id.get(), acts.done()), |(team, id, _)| gateway(team, id));
    let shown = move || acts.create.answer().or_else(revealed_key);
    view! {
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=format!("/teams/{}/gateways", team.get_untracked())>"Gateways"</a></li><li aria-current="page">"Gateway"</li></ol></nav>
        {loaded(detail, move |detail| {
            let team = team.get_untracked();
            let origin = detail.origin.clone();
            view! {
                <Head detail=detail.clone()/>
                {move || shown().map(|key| view! { <KeyOnce team origin=origin.clone() key/> })}
                <Keys team detail=detail.clone() acts/>
                <Connections team detail=detail.clone() acts/>
                <Leases leases=detail.leases.clone()/>
                <Settings team detail acts/>
            }.into_any()
        })}
    }
}

#[derive(Clone, Copy)]
struct Acts {
    create: Act,
    revoke: Act,
    set: Act,
    change: Act,
    disable: Act,
    enable: Act,
}

impl Acts {
    /// Grows with every change of the gateway.
    fn done(&self) -> usize {
        [self.create, self.revoke, self.set, self.change, self.disable, self.enable].map(Act::done).iter().sum()
    }
}

#[component]
fn Ids(team: TeamId, gateway: GatewayId) -> impl IntoView {
    view! { <Hidden name="team" value=team.to_string()/> <Hidden name="gateway" value=gateway.to_string()/> }
}

#[component]
fn Head(detail: GatewayDetail) -> impl IntoView {
    let item = detail.item;
    let tags = view! { <EnvironmentTag environment=item.environment/> <GatewayBadge disabled=item.disabled live_keys=item.live_keys/> }.into_any();
    view! {
        <Title text=item.name.clone()/>
        <PageHeader title=item.name lead=format!("May use {}.", counted(item.connections, "connection")) tags/>
        <p><CopyId id=item.id.to_string() what="gateway id"/></p>
    }
}

/// The key at its only moment, with a call that works as pasted.
#[component]
fn KeyOnce(team: TeamId, origin: String, key: ShownKey) -> impl IntoView {
    let connection = key.connection.map_or_else(|| "CONNECTION_ID".to_owned(), |id| id.to_string());
    let curl = snippets(&origin, team, &connection, "").swap_remove(0).1.replace("$PORTAL_GATEWAY_KEY", &key.secret);
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
fn Keys(team: TeamId, detail: GatewayDetail, acts: Acts) -> impl IntoView {
    let gateway = detail.item.id;
    let rows =
        detail.keys.into_iter().map(|key| view! { <KeyRow team gateway key revoke=acts.revoke/> }).collect::<Vec<_>>();
    let failure = acts.create.failure();
    let lives =
        StoredValue::new(KEY_LIVES_DAYS.iter().map(|days| (days.to_string(), format!("{days} days"))).collect::<Vec<_>>());
    let list = if rows.is_empty() {
        view! { <p class="muted">"No key yet."</p> }.into_any()
    } else {
        view! {
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">"Keys"</caption>
                    <thead><tr><th scope="col">"Key"</th><th scope="col">"Status"</th><th scope="col">"Ends"</th><th scope="col">"Last use"</th><th scope="col"><span class="visually-hidden">"Actions"</span></th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="keys-h">
            <h2 id="keys-h">"Keys"</h2>
            <p class="muted">"Two may live at once: make the second, change the service over, revoke the first."</p>
            {list}
            {move || acts.revoke.failure().get().map(|failure| view! { <crate::components::FailureNotice failure/> })}
            <StepUpGate open=stepped_up() act="create a gateway key">
                <ActForm act=acts.create attr:class="form">
                    <Ids team gateway/>
                    <Select name="days" label="Life of the new key" options=lives.get_value() selected="90" failure/>
                    <Submit label="Create key" act=acts.create/>
                </ActForm>
            </StepUpGate>
        </section>
    }
}

#[component]
fn KeyRow(team: TeamId, gateway: GatewayId, key: KeyItem, revoke: Act) -> impl IntoView {
    let (tone, word) = match key.phase {
        KeyPhase::Live => ("ok", "Live"),
        KeyPhase::Expired => ("neutral", "Expired"),
        KeyPhase::Revoked => ("neutral", "Revoked"),
    };
    let used = [key.last_used_address, key.last_used_agent].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <tr>
            <th scope="row"><CopyId id=key.id.to_string() what="key id"/><span class="cell-sub">"made " <At moment=key.created/></span></th>
            <td data-label="Status"><Badge tone word/></td>
            <td data-label="Ends"><At moment=key.expires/></td>
            <td data-label="Last use">{match key.last_used {
                Some(moment) => view! { <At moment/><span class="cell-sub truncate">{used}</span> }.into_any(),
                None => view! { <span class="muted">"never"</span> }.into_any(),
            }}</td>
            <td class="cell-actions">
                {(key.phase == KeyPhase::Live).then(|| view! {
                    <ActForm act=revoke>
                        <Ids team gateway/>
                        <Hidden name="key" value=key.id.to_string()/>
                        <Here/>
                        <button type="submit" class="btn btn-danger-quiet btn-sm">"Revoke"</button>
                    </ActForm>
                })}
            </td>
        </tr>
    }
}

#[component]
fn Connections(team: TeamId, detail: GatewayDetail, acts: Acts) -> impl IntoView {
    let gateway = detail.item.id;
    let rows = detail
        .choices
        .into_iter()
        .map(|choice| view! { <Choice name="connections[]" value=choice.id.to_string() label=choice.name hint=choice.hint checked=choice.allowed/> })
        .collect::<Vec<_>>();
    let body = if rows.is_empty() {
        view! { <p class="muted">"There is no connection in this environment yet. " <a href=format!("/teams/{team}/connections/new")>"Connect an account"</a> "."</p> }.into_any()
    } else {
        view! {
            <ActForm act=acts.set attr:class="form">
                <Ids team gateway/>
                <fieldset class="group"><legend class="visually-hidden">"Connections"</legend><div class="choices">{rows}</div></fieldset>
                <Submit label="Save list" act=acts.set class="btn-secondary"/>
            </ActForm>
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
fn Settings(team: TeamId, detail: GatewayDetail, acts: Acts) -> impl IntoView {
    let gateway = detail.item.id;
    let failure = acts.change.failure();
    let switch = if detail.item.disabled {
        view! { <ActForm act=acts.enable><Ids team gateway/><Submit label="Enable gateway" act=acts.enable/></ActForm> }
            .into_any()
    } else {
        view! { <ActForm act=acts.disable><Ids team gateway/><Submit label="Disable gateway" act=acts.disable class="btn-danger-quiet"/></ActForm> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="settings-h">
            <h2 id="settings-h">"Settings"</h2>
            <ActForm act=acts.change attr:class="form" attr:novalidate="">
                <Ids team gateway/>
                <Field name="name" label="Name" value=detail.item.name failure/>
                <ScopeChoices chosen=detail.scopes/>
                <TextArea name="networks" label="Networks" hint=NETWORKS_HINT value=detail.networks failure/>
                <Submit label="Save" act=acts.change class="btn-secondary"/>
            </ActForm>
            {switch}
        </section>
    }
}
