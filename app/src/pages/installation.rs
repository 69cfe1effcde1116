use leptos::prelude::*;
use leptos_meta::Title;
use model::ids::TeamId;

use super::{alerts::AlertLists, log::Standing, viewer};
use crate::{
    api::{
        Moment,
        alerts::{AcknowledgeInstallationAlert, DisabledAccount, EnableAccount, read_installation},
    },
    components::{Act, ActForm, At, Hidden, PageHeader, StepUpGate, Submit, loaded},
};

/// How the whole installation stands: for its operators.
#[component]
pub fn InstallationPage() -> impl IntoView {
    view! {
        <Title text="Installation"/>
        <PageHeader title="Installation" lead="How Portal itself stands. Only operators of this installation see this page."/>
        {loaded(read_installation(), |installation| view! {
            <Standing state=installation.log/>
            <Disabled accounts=installation.disabled/>
            <Holds holds=installation.holds/>
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
    let open = viewer().is_some_and(|viewer| viewer.stepped_up);
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
