use leptos::prelude::*;
use model::{Permission, amazon::Api, connection::ConnectionState, ids::TeamId};

use super::may;
use crate::{
    api::connections::{
        AuthorizeAgain, ConnectionDetail, DisableConnection, Disconnect, EnableConnection, ReplaceRefreshToken, SetCanary,
    },
    components::{Act, ActForm, Confirm, Field, Hidden, StepUpGate, Submit},
    pages::stepped_up,
};

/// What can be done with it.
#[component]
pub fn Acts(team: TeamId, detail: ConnectionDetail) -> impl IntoView {
    let (id, name, state) = (detail.item.id, detail.item.name.clone(), detail.item.state);
    // The consent page that Portal goes to is that of SP-API.
    let by_consent = detail.item.api == Api::SellingPartner;
    let end = if detail.siblings.is_empty() {
        "Gateways are refused at once and the credentials are destroyed. To come back, the seller must authorize again. Access tokens that are out end within an hour.".to_owned()
    } else {
        format!(
            "Gateways are refused at once, and its copy of the credentials is destroyed. The same grant goes on serving {}: to end it, disconnect those too, or have the consent withdrawn at Amazon. Access tokens that are out end within an hour.",
            detail.siblings.join(", ")
        )
    };
    let canary = Act::of::<SetCanary>();
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
                {by_consent.then(|| view! { <ActForm act=again>{ids()}<Submit label="Continue at Amazon" class="btn-secondary"/></ActForm> })}
                <StepUpGate open=stepped_up() act=format!("replace the refresh token of {}", detail.item.name)>
                    <ActForm act=replace class="form">
                        {ids()}
                        <Field name="refresh_token" label=if by_consent { "Or paste a new refresh token" } else { "New refresh token" } kind="password" mono=true autocomplete="new-password" hint="Proved against Amazon before it takes the place of the old one." act=replace/>
                        <Submit label="Prove and replace" class="btn-secondary"/>
                    </ActForm>
                </StepUpGate>
            </details>
            <details class="disclosure" open=canary.failed()>
                <summary>{if detail.item.canary { "It is a canary" } else { "Make it a canary" }}</summary>
                <p class="muted">"Nothing may use a canary: a gateway that asks for it is refused as if it were disabled, and raises a critical alert. Put it on the lists of gateways that have no reason to ask for it."</p>
                <StepUpGate open={stepped_up() || !detail.item.canary} act=format!("stop using {} as a canary", detail.item.name)>
                    <ActForm act=canary>
                        {ids()}
                        {(!detail.item.canary).then(|| view! { <Hidden name="canary" value="true"/> })}
                        <Submit label=if detail.item.canary { "No canary any more" } else { "Make it a canary" } class="btn-secondary"/>
                    </ActForm>
                </StepUpGate>
            </details>
            {may(Permission::Disconnect).then(|| view! {
                <Confirm
                    summary="Disconnect…"
                    title=format!("Disconnect {name}?")
                    act=disconnect
                    text=end
                >
                    <StepUpGate open=stepped_up() act=format!("disconnect {}", detail.item.name)>
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
