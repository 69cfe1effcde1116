use leptos::prelude::*;
use model::{Permission, connection::ConnectionState, ids::TeamId};

use super::may;
use crate::{
    api::connections::{
        AuthorizeAgain, ConnectionDetail, DisableConnection, Disconnect, EnableConnection, ReplaceRefreshToken,
    },
    components::{Act, ActForm, Confirm, Field, Hidden, StepUpGate, Submit},
    pages::stepped_up,
};

/// What can be done with it.
#[component]
pub fn Acts(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
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
            <details class="disclosure" open=state == ConnectionState::NeedsReauthorization || again.failed() || replace.failed()>
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
                    act=disconnect
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
