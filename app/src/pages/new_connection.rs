use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::{Permission, amazon::Api};

use super::{Allowed, profiles::ByProfile, team};
use crate::{
    api::{
        apps::{AppItem, lwa_apps},
        connections::{CreateConnection, StartConsent},
    },
    components::{Act, ActForm, EmptyState, Field, Hidden, MarketplaceField, PageHeader, Select, Submit, loaded},
};

fn app_options(apps: &[AppItem]) -> Vec<(String, String)> {
    apps.iter().map(|app| (app.id.to_string(), format!("{} ({})", app.name, app.environment.as_str()))).collect()
}

#[component]
pub fn NewConnectionPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Connect account"/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=format!("/teams/{}/connections", team)>"Connections"</a></li><li aria-current="page">"Connect"</li></ol></nav>
        <PageHeader title="Connect an account" lead="Portal proves the grant against Amazon before it stores anything."/>
        <Allowed to=Permission::ManageConnections>
            {loaded(lwa_apps(team), move |apps| if apps.is_empty() {
                let href = format!("/teams/{}/apps/new", team);
                let add = view! { <a class="btn btn-primary" href=href>"Add LWA app"</a> }.into_any();
                view! { <EmptyState icon="app" title="Add an LWA app first" text="A connection is a seller's grant to one of your Amazon developer applications." action=add/> }.into_any()
            } else {
                let team = team.to_string();
                let (apps, ads): (Vec<_>, Vec<_>) = apps.into_iter().partition(|app| app.api == Api::SellingPartner);
                let sellers = (!apps.is_empty()).then(|| view! { <ByConsent team=team.clone() apps=apps.clone()/> <ByToken team=team.clone() apps/> });
                view! { <div class="grid-2">{sellers} <ByProfile team apps=app_options(&ads)/></div> }.into_any()
            })}
        </Allowed>
    }
}

/// What was chosen before a consent that did not succeed.
fn chosen(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}

#[component]
fn ByConsent(team: String, apps: Vec<AppItem>) -> impl IntoView {
    let start = Act::of::<StartConsent>();
    let with_id: Vec<_> = apps.into_iter().filter(|app| app.application_id.is_some()).collect();
    let body = if with_id.is_empty() {
        view! { <p class="muted">"None of the Team's LWA apps has an application id, which Amazon's consent page needs. " <a href=format!("/teams/{team}/apps")>"Open an LWA app"</a> " and add it in its settings."</p> }.into_any()
    } else {
        view! {
            <ActForm act=start class="form">
                <Hidden name="team" value=team/>
                <Field id="consent-name" name="name" label="Name" value=chosen("name") act=start/>
                <Select id="consent-app" name="lwa_app" label="LWA app" options=app_options(&with_id) act=start/>
                <MarketplaceField id="consent-marketplace" value=chosen("marketplace") act=start/>
                <Submit label="Continue at Amazon"/>
            </ActForm>
        }
        .into_any()
    };
    view! {
        <section class="card" aria-labelledby="consent-h">
            <h2 id="consent-h">"By Amazon's consent page"</h2>
            <p class="muted">"The seller signs in at Amazon and agrees. The Seller ID comes from Amazon itself: the surest way."</p>
            {body}
        </section>
    }
}

#[component]
fn ByToken(team: String, apps: Vec<AppItem>) -> impl IntoView {
    let create = Act::of::<CreateConnection>();
    view! {
        <section class="card" aria-labelledby="token-h">
            <h2 id="token-h">"With a refresh token"</h2>
            <p class="muted">"For a self-authorized app: the token that Seller Central shows once."</p>
            <ActForm act=create class="form">
                <Hidden name="team" value=team/>
                <Field name="name" id="token-name" label="Name" hint="The shop as your colleagues call it, like Northwind DE." act=create/>
                <Select name="lwa_app" id="token-app" label="LWA app" options=app_options(&apps) act=create/>
                <Field name="seller_id" label="Seller ID" mono=true hint="Seller Central, Account Info, Merchant Token. Kept as declared by you." act=create/>
                <MarketplaceField id="marketplace" value="" act=create/>
                <Field name="refresh_token" id="token-refresh" label="Refresh token" kind="password" mono=true autocomplete="new-password" hint="Starts with Atzr|. Sealed as soon as it is proved." act=create/>
                <Submit label="Prove and connect"/>
            </ActForm>
        </section>
    }
}
