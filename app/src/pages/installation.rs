use leptos::prelude::*;
use leptos_meta::Title;
use model::{counted, ids::TeamId};

use super::{alerts::AlertLists, log::Standing, stepped_up};
use crate::{
    api::{
        Moment,
        alerts::{
            AcknowledgeInstallationAlert, DataKeysItem, DeniedItem, DisabledAccount, EgressLine, EnableAccount, KeysDetail,
            MasterKeyItem, read_installation,
        },
    },
    components::{Act, ActForm, At, Badge, Hidden, PageHeader, StepUpGate, Submit, loaded},
};

/// How the whole installation stands: for its operators.
#[component]
pub fn InstallationPage() -> impl IntoView {
    view! {
        <Title text="Installation"/>
        <PageHeader title="Installation" lead="How Portal itself stands. Only operators of this installation see this page."/>
        {loaded(read_installation(), |installation| view! {
            <Standing state=installation.log/>
            <section class="card" aria-labelledby="support-h">
                <h2 id="support-h">"Support"</h2>
                <p class="muted">"Nothing of a Team is seen from here. To help one, ask its owners to let you look into it."</p>
                <p><a class="btn btn-secondary" href="/installation/support">"Look into a Team"</a></p>
            </section>
            <Disabled accounts=installation.disabled/>
            <Holds holds=installation.holds/>
            <Keys keys=installation.keys/>
            <Egress lines=installation.egress denied=installation.denied/>
            <AlertLists items=installation.alerts act={Act::of::<AcknowledgeInstallationAlert>()} team=None may_answer=true/>
        }.into_any())}
    }
}

/// Accounts that nobody used for 45 days.
#[component]
fn Disabled(accounts: Vec<DisabledAccount>) -> impl IntoView {
    if accounts.is_empty() {
        return None;
    }
    let open = stepped_up();
    let rows = accounts.into_iter().map(|account| view! { <DisabledRow account open/> }).collect_view();
    Some(view! {
        <section class="card card-flush" aria-label="Disabled accounts">
            <div class="table-wrap"><table class="table">
                <caption>"Disabled accounts: nobody used them for 45 days"</caption>
                <thead><tr><th scope="col">"Account"</th><th scope="col">"Last use"</th><th scope="col">"Disabled"</th><th scope="col"><span class="visually-hidden">"Actions"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    })
}

#[component]
fn DisabledRow(account: DisabledAccount, open: bool) -> impl IntoView {
    let user = account.user.to_string();
    let act = Act::of::<EnableAccount>().only_for("user", &user);
    view! {
        <tr>
            <th scope="row">{account.email.clone()}</th>
            <td data-label="Last use"><At moment=account.last_use/></td>
            <td data-label="Disabled"><At moment=account.disabled/></td>
            <td class="cell-actions">
                <StepUpGate open=open act=format!("enable the account of {}", account.email)>
                    <ActForm act>
                        <Hidden name="user" value=user/>
                        <Submit label="Enable" class="btn-secondary btn-sm"/>
                    </ActForm>
                </StepUpGate>
            </td>
        </tr>
    }
}

/// What keeps the log longer than this installation's period.
#[component]
fn Holds(holds: Vec<(TeamId, Moment)>) -> impl IntoView {
    if holds.is_empty() {
        return None;
    }
    let items =
        holds.into_iter().map(|(team, at)| view! { <li><code>{team.to_string()}</code>", placed " <At moment=at/></li> });
    Some(view! {
        <section class="card" aria-labelledby="holds-h">
            <h2 id="holds-h">"Legal holds"</h2>
            <p class="muted">"The log is pruned from its beginning: no further than the first event of a Team whose log is held."</p>
            <ul>{items.collect_view()}</ul>
        </section>
    })
}

/// What Portal connects outward to, and what was refused.
#[component]
fn Egress(lines: Vec<EgressLine>, denied: Vec<DeniedItem>) -> impl IntoView {
    let rows = lines.into_iter().map(|line| {
        let hosts = if line.hosts.is_empty() { "none".to_owned() } else { line.hosts.join(", ") };
        let way = if line.tls { "TLS only" } else { "with or without TLS" };
        view! {
            <tr>
                <th scope="row">{line.purpose.title()}</th>
                <td data-label="Hosts"><code>{hosts}</code></td>
                <td data-label="How"><div>{way}<span class="cell-sub">{line.addresses.title()}</span></div></td>
            </tr>
        }
    });
    let none = denied.is_empty();
    let refused = denied.into_iter().map(|item| view! {
        <li><code>{item.host}</code>" ("{item.purpose}", "{item.reason}", "{item.times}" times) "<At moment=item.at/></li>
    });
    view! {
        <section class="card card-flush" aria-label="Connections outward">
            <div class="table-wrap"><table class="table">
                <caption>"Connections outward of the process that serves this page, beside the database; a worker's list is its own"</caption>
                <thead><tr><th scope="col">"What for"</th><th scope="col">"Hosts"</th><th scope="col">"How"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div>
        </section>
        <section class="card" aria-labelledby="denied-h">
            <h2 id="denied-h">"Connections that were refused"</h2>
            {if none { view! { <p class="muted">"None so far. Whatever is not on the list, or leads to an address that is not allowed, is refused and recorded."</p> }.into_any() } else { view! { <ul class="plain-list">{refused.collect_view()}</ul> }.into_any() }}
        </section>
    }
}

/// The keys, how old they are and what they wrap.
#[component]
fn Keys(keys: KeysDetail) -> impl IntoView {
    let rows = keys.masters.into_iter().map(|key| view! { <KeyRow key/> }).collect_view();
    view! {
        <section class="card card-flush" aria-label="Master keys">
            <div class="table-wrap"><table class="table">
                <caption>"Master keys: each wraps the data keys of Teams, which seal their secrets"</caption>
                <thead><tr><th scope="col">"Key"</th><th scope="col">"Status"</th><th scope="col">"Wraps"</th><th scope="col">"Made"</th><th scope="col">"Next rotation"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
        <section class="card card-flush" aria-label="Data keys">
            <div class="table-wrap"><table class="table">
                <caption>"Data keys in use: each seals the secrets of one Team, or of the installation itself"</caption>
                <thead><tr><th scope="col">"Whose"</th><th scope="col">"Status"</th><th scope="col">"In use"</th><th scope="col">"Oldest made"</th><th scope="col">"Next rotation"</th></tr></thead>
                <tbody><DataKeysRow whose="Teams" keys=keys.teams/><DataKeysRow whose="Installation" keys=keys.installation/></tbody>
            </table></div>
        </section>
        <p class="muted small">"Rotation is done on the machine: "<code>"portal keys"</code>". A key that is overdue opens an alert."</p>
    }
}

#[component]
fn DataKeysRow(whose: &'static str, keys: DataKeysItem) -> impl IntoView {
    let (tone, word) = match keys.in_use {
        0 => ("neutral", "None"),
        _ if keys.overdue => ("danger", "Overdue"),
        _ => ("ok", "In time"),
    };
    view! {
        <tr>
            <th scope="row">{whose}</th>
            <td data-label="Status"><Badge tone word/></td>
            <td data-label="In use">{keys.in_use}</td>
            <td data-label="Oldest made"><Told at=keys.oldest otherwise="—"/></td>
            <td data-label="Next rotation"><Told at=keys.due otherwise="—"/></td>
        </tr>
    }
}

/// A moment, or why there is none.
#[component]
fn Told(at: Option<Moment>, otherwise: &'static str) -> impl IntoView {
    match at {
        Some(at) => view! { <At moment=at/> }.into_any(),
        None => view! { <span class="muted">{otherwise}</span> }.into_any(),
    }
}

#[component]
fn KeyRow(key: MasterKeyItem) -> impl IntoView {
    let (tone, word) = match (key.active, key.present) {
        (true, _) if key.overdue => ("danger", "Active, overdue"),
        (true, _) => ("ok", "Active"),
        (false, true) => ("neutral", "Older"),
        (false, false) => ("danger", "Missing here"),
    };
    let wraps = format!("{} of {}", counted(key.data_keys, "data key"), counted(key.teams, "Team"));
    let kept = match (key.served, key.present) {
        (true, _) => "kept by a key service",
        (false, true) => "kept in the keys' file",
        (false, false) => "neither in the keys' file nor kept by a service",
    };
    let unknown = if key.served { "its service does not tell" } else { "not known" };
    let no_rotation = if key.active { unknown } else { "—" };
    view! {
        <tr>
            <th scope="row"><code>{key.id}</code><span class="cell-sub">{kept}</span></th>
            <td data-label="Status"><Badge tone word/></td>
            <td data-label="Wraps">{wraps}</td>
            <td data-label="Made"><Told at=key.made otherwise=unknown/></td>
            <td data-label="Next rotation"><Told at=key.due otherwise=no_rotation/></td>
        </tr>
    }
}
