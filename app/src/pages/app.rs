use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    ids::{LwaAppId, TeamId},
    lwa_app::OtherSecret,
};

use super::{apps::AppBadge, counted, param, stepped_up, team};
use crate::{
    api::apps::{AppItem, DropOtherSecret, PromoteSecret, StageSecret, lwa_app},
    components::{
        Act, ActForm, CopyId, CountdownMeter, EnvironmentTag, Field, Hidden, Notice, PageHeader, StepUpGate, Submit, loaded,
    },
};

/// One LWA app: its clock and the rotation of its secret.
#[component]
pub fn AppPage() -> impl IntoView {
    let (team, id) = (team(), param::<LwaAppId>("app"));
    let stage = Act::of::<StageSecret>();
    let promote = Act::of::<PromoteSecret>();
    let drop = Act::of::<DropOtherSecret>();
    let versions = move || (stage.done(), promote.done(), drop.done());
    let app = Resource::new(move || (team.get(), id.get(), versions()), |(team, id, _)| lwa_app(team, id));
    view! {
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=format!("/teams/{}/apps", team.get_untracked())>"LWA apps"</a></li><li aria-current="page">"App"</li></ol></nav>
        {loaded(app, move |app| {
            let team = team.get_untracked();
            view! { <Facts app=app.clone()/> <Rotation team app stage promote drop/> }.into_any()
        })}
    }
}

#[component]
fn Facts(app: AppItem) -> impl IntoView {
    let tags = view! { <EnvironmentTag environment=app.environment/> <AppBadge app=app.clone()/> }.into_any();
    let rejected = app.rejected.clone().map(|code| view! {
        <Notice tone="danger" title="Amazon refuses this app">
            <p>"Amazon answered " <code>{code}</code> ". Its connections get no new access tokens until the client id and secret are right. Store a new client secret below."</p>
        </Notice>
    });
    view! {
        <Title text=app.name.clone()/>
        <PageHeader title=app.name.clone() lead=format!("Serves {}.", counted(app.connections, "connection")) tags/>
        {rejected}
        <section class="card" aria-label="Facts">
            <dl class="facts">
                <div><dt>"Client id"</dt><dd><CopyId id=app.client_id.clone() what="client id"/></dd></div>
                <div><dt>"Application id"</dt><dd class="mono">{app.application_id.clone().unwrap_or_else(|| "not given".to_owned())}</dd></div>
                <div><dt>"Added"</dt><dd>{app.created.words.clone()}</dd></div>
            </dl>
            <CountdownMeter id="secret-clock" label="Client secret" countdown=app.secret note="Rotate before"/>
        </section>
    }
}

#[component]
fn Rotation(team: TeamId, app: AppItem, stage: Act, promote: Act, drop: Act) -> impl IntoView {
    let ids = move || view! { <Hidden name="team" value=team.to_string()/> <Hidden name="app" value=app.id.to_string()/> };
    let failure = stage.failure();
    let when = app.other_at.clone().map(|at| at.words).unwrap_or_default();
    let other = app.other;
    let step = move || {
        match other {
        OtherSecret::Next { .. } => view! {
            <p>"The next secret is stored and waits. Promote it: it becomes the current one, and the one before is kept for seven days."</p>
            <ActForm act=promote>{ids()}<Submit label="Promote the next secret" act=promote/></ActForm>
            <ActForm act=drop>{ids()}<Submit label="Drop it" act=drop class="btn-quiet"/></ActForm>
        }.into_any(),
        OtherSecret::Empty | OtherSecret::Old { .. } => view! {
            <ActForm act=stage attr:class="form" attr:novalidate="">
                {ids()}
                <Field name="client_secret" label="New client secret" kind="password" mono=true autocomplete="new-password" hint="Rotate it in Seller Central first, then paste the new one. It is proved with a live connection before it is stored." failure/>
                <Field name="secret_made_on" label="Secret made on" kind="date" optional=true failure/>
                <Submit label="Store as next secret" act=stage/>
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
            <StepUpGate open=stepped_up() act="change a client secret">{step()}</StepUpGate>
        </section>
    }
}
