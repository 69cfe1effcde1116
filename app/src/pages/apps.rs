use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, lwa_app::Standing};

use super::{may, team};
use crate::{
    api::apps::{AppItem, lwa_apps},
    components::{Badge, EmptyState, EnvironmentTag, Icon, PageHeader, loaded},
};

/// The Team's LWA apps.
#[component]
pub fn AppsPage() -> impl IntoView {
    let team = team();
    let home = move || format!("/teams/{}/apps", team);
    let add = move || {
        let link = may(Permission::ManageLwaApps).then(
            || view! { <a class="btn btn-primary" href=format!("{}/new", home())><Icon name="plus"/>"Add LWA app"</a> },
        );
        link.into_any()
    };
    view! {
        <Title text="LWA apps"/>
        <PageHeader title="LWA apps" lead="Your Amazon developer applications. One app serves many connections." actions=add()/>
        <section class="card card-flush" aria-label="LWA apps">
            {loaded(lwa_apps(team), move |apps| if apps.is_empty() {
                view! { <EmptyState icon="app" title="No LWA app yet" text="Add the client id and secret of your developer application; then connect seller accounts through it." action=add()/> }.into_any()
            } else {
                let rows = apps.into_iter().map(|app| view! { <Row home=home() app/> }).collect_view();
                view! {
                    <div class="table-wrap">
                        <table class="table">
                            <caption class="visually-hidden">"LWA apps"</caption>
                            <thead><tr>
                                <th scope="col">"App"</th><th scope="col">"Status"</th><th scope="col">"Environment"</th>
                                <th scope="col">"Client secret"</th><th scope="col" class="num">"Connections"</th>
                            </tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }.into_any()
            })}
        </section>
    }
}

/// The standing of an app in one badge.
#[component]
pub fn AppBadge(app: AppItem) -> impl IntoView {
    let (tone, word) = match app.standing {
        Standing::Refused => ("danger", "Refused by Amazon"),
        Standing::ReportedExpired => ("danger", "Refused by SP-API"),
        Standing::SecretEnded => ("danger", "Secret expired"),
        Standing::SecretEndsSoon => ("attention", "Secret expires soon"),
        Standing::InOrder => ("ok", "In order"),
    };
    view! { <Badge tone word/> }
}

#[component]
fn Row(home: String, app: AppItem) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=format!("{home}/{}", app.id)>{app.name.clone()}</a><span class="cell-sub">{app.api.name()}</span><span class="cell-sub mono">{app.client_id.clone()}</span></th>
            <td data-label="Status"><AppBadge app=app.clone()/></td>
            <td data-label="Environment"><EnvironmentTag environment=app.environment/></td>
            <td data-label="Client secret">{app.secret.words()}</td>
            <td data-label="Connections" class="num">{app.connections}</td>
        </tr>
    }
}
