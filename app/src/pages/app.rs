use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Permission,
    amazon::Api,
    counted,
    ids::{LwaAppId, TeamId},
    lwa_app::{OtherSecret, Standing},
};

use super::{
    apps::AppBadge,
    may,
    new_app::{APPLICATION_ID_HINT, DRAFT_HINT},
    param, stepped_up, team,
};
use crate::{
    api::apps::{AppItem, ChangeLwaApp, DropOtherSecret, PromoteSecret, RemoveLwaApp, StageSecret, lwa_app},
    components::{
        Act, ActForm, Approves, Choice, Confirm, CopyId, CountdownMeter, Crumbs, EnvironmentTag, Field, Hidden, Notice,
        PageHeader, StepUpGate, Submit, loaded,
    },
};

/// One LWA app: its clock and the rotation of its secret.
#[component]
pub fn AppPage() -> impl IntoView {
    let (team, id) = (team(), param::<LwaAppId>("app"));
    view! {
        {loaded(lwa_app(team, id), move |app| {
            view! { <Facts team app=app.clone()/> {may(Permission::ManageLwaApps).then(|| view! { <Rotation team app=app.clone()/> <Settings team app=app.clone()/> <Removal team app/> })} }.into_any()
        })}
    }
}

#[component]
fn Facts(team: TeamId, app: AppItem) -> impl IntoView {
    let tags = view! { <EnvironmentTag environment=app.environment/> <AppBadge app=app.clone()/> }.into_any();
    let rejected = app.rejected.clone().map(|code| view! {
        <Notice tone="danger" title="Amazon refuses this app">
            {if app.standing == Standing::ReportedExpired {
                view! { <p>"A gateway reports that SP-API refuses its calls since the client secret has expired. Portal goes on issuing for as long as Amazon gives tokens. Rotate the secret in Seller Central and store the new one below."</p> }.into_any()
            } else {
                view! { <p>"Amazon answered " <code>{code}</code> ". Its connections get no new access tokens until the client id and secret are right. Store a new client secret below."</p> }.into_any()
            }}
        </Notice>
    });
    view! {
        <Title text=app.name.clone()/>
        <Crumbs home=format!("/teams/{team}/apps") place="LWA apps" here=app.name.clone()/>
        <PageHeader title=app.name.clone() lead=format!("Serves {}.", counted(app.connections, "connection")) tags/>
        {rejected}
        <section class="card" aria-label="Facts">
            <dl class="facts">
                <div><dt>"Client id"</dt><dd><CopyId id=app.client_id.clone() what="client id"/></dd></div>
                <div><dt>"For"</dt><dd>{app.api.name()}</dd></div>
                {(app.api == Api::SellingPartner).then(|| view! { <div><dt>"Application id"</dt><dd class="mono">{app.application_id.clone().unwrap_or_else(|| "not given".to_owned())}</dd></div> })}
                <div><dt>"Added"</dt><dd>{app.created.words.clone()}</dd></div>
            </dl>
            <CountdownMeter id="secret-clock" label="Client secret" countdown=app.secret note="Rotate before"/>
        </section>
    }
}

#[component]
fn Rotation(team: TeamId, app: AppItem) -> impl IntoView {
    let ids = move || view! { <Hidden name="team" value=team.to_string()/> <Hidden name="app" value=app.id.to_string()/> };
    let stage = Act::of::<StageSecret>();
    let when = app.other_at.clone().map(|at| at.words).unwrap_or_default();
    let other = app.other;
    // Made within its gate, whose words its forms have.
    let step = move || {
        match other {
        OtherSecret::Next { .. } => view! {
            <p>"The next secret is stored and waits. Promote it: it becomes the current one, and the one before is kept for seven days."</p>
            <ActForm act={Act::of::<PromoteSecret>()}>{ids()}<Submit label="Promote the next secret"/></ActForm>
            <ActForm act={Act::of::<DropOtherSecret>()}>{ids()}<Submit label="Drop it" class="btn-quiet"/></ActForm>
        }.into_any(),
        OtherSecret::Empty | OtherSecret::Old { .. } => view! {
            {matches!(other, OtherSecret::Old { .. }).then(|| view! {
                <ActForm act={Act::of::<DropOtherSecret>()}>{ids()}<Submit label="Forget the old secret now" class="btn-quiet"/></ActForm>
            })}
            <ActForm act=stage class="form">
                {ids()}
                <Field name="client_secret" label="New client secret" kind="password" mono=true autocomplete="new-password" hint="Rotate it at Amazon first, then paste the new one. It is proved with a live connection before it is stored." act=stage/>
                <Field name="secret_made_on" label="Secret made on" kind="date" optional=true act=stage/>
                <Submit label="Store as next secret"/>
            </ActForm>
        }.into_any(),
    }
    };
    let old = matches!(other, OtherSecret::Old { .. }).then(|| {
        view! {
            <p class="muted">{format!("The secret before this one still works; it is forgotten {when}.")}</p>
        }
    });
    view! {
        <section class="card" aria-labelledby="rotate-h">
            <h2 id="rotate-h">"Rotate the client secret"</h2>
            {old}
            <StepUpGate open=stepped_up() act=format!("change the client secret of {}", app.name)>{step()}</StepUpGate>
        </section>
    }
}

#[component]
fn Settings(team: TeamId, app: AppItem) -> impl IntoView {
    let change = Act::of::<ChangeLwaApp>();
    view! {
        <section class="card" aria-labelledby="settings-h">
            <h2 id="settings-h">"Settings"</h2>
            <p class="muted">"Client id and environment stay as they are: sellers have agreed to them. For others, add another app and remove this one."</p>
            <Approves act=format!("change the application id of {}", app.name)>
            <ActForm act=change class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="app" value=app.id.to_string()/>
                <Field name="name" label="Name" value=app.name act=change/>
                {(app.api == Api::SellingPartner).then(|| view! {
                    <Field name="application_id" label="Application id" mono=true optional=true hint=APPLICATION_ID_HINT value=app.application_id.unwrap_or_default() act=change/>
                    <Choice name="is_draft" value="true" label="This app is a draft" hint=DRAFT_HINT checked=app.is_draft act=change/>
                })}
                <Submit label="Save" class="btn-secondary"/>
            </ActForm>
            </Approves>
        </section>
    }
}

#[component]
fn Removal(team: TeamId, app: AppItem) -> impl IntoView {
    let remove = Act::of::<RemoveLwaApp>();
    let body = if app.connections > 0 {
        let served = counted(app.connections, "connection");
        view! { <p class="muted">{format!("It serves {served}. Once they are disconnected, it can be removed.")}</p> }
            .into_any()
    } else {
        view! {
            <Confirm
                summary="Remove…"
                title=format!("Remove {}?", app.name)
                act=remove
                text="Its client secrets are destroyed. To use it again, add it anew with its secret."
            >
                <StepUpGate open=stepped_up() act=format!("remove the LWA app {}", app.name)>
                    <ActForm act=remove class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="app" value=app.id.to_string()/>
                        <Field name="confirm" label="Type the app's name to confirm" hint=app.name.clone() act=remove/>
                        <Submit label="Remove for good" class="btn-danger"/>
                    </ActForm>
                </StepUpGate>
            </Confirm>
        }
        .into_any()
    };
    view! { <section class="card" aria-labelledby="remove-h"><h2 id="remove-h">"Remove it"</h2>{body}</section> }
}
