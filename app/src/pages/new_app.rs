use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, amazon::Api};

use super::{Allowed, team};
use crate::{
    api::apps::CreateLwaApp,
    components::{Act, ActForm, Choice, Field, Hidden, PageHeader, Select, Submit},
};

pub(super) fn environments() -> Vec<(String, String)> {
    vec![("production".to_owned(), "Production".to_owned()), ("sandbox".to_owned(), "Sandbox".to_owned())]
}

fn apis() -> Vec<(String, String)> {
    Api::ALL.map(|api| (api.as_str().to_owned(), api.name().to_owned())).to_vec()
}

pub(super) const APPLICATION_ID_HINT: &str =
    "Needed for the consent page of the Selling Partner API. Starts with amzn1.sp.solution. or amzn1.sellerapps.app.";
pub(super) const DRAFT_HINT: &str = "Its consent page needs another address until Amazon publishes it.";

#[component]
pub fn NewAppPage() -> impl IntoView {
    let team = team();
    let create = Act::of::<CreateLwaApp>();
    view! {
        <Title text="Add LWA app"/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=format!("/teams/{}/apps", team)>"LWA apps"</a></li><li aria-current="page">"Add"</li></ol></nav>
        <PageHeader title="Add LWA app" lead="Find these in Seller Central under Develop Apps, “LWA credentials”; those of the Advertising API in the developer console, “Security Profiles”."/>
        <section class="card" aria-label="LWA app">
            <Allowed to=Permission::ManageLwaApps>
                <ActForm act=create class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Field name="name" label="Name" hint="Your colleagues see this name in the log." act=create/>
                    <Select name="api" label="For" hint="Each of Amazon's interfaces takes an app of its own." options=apis() act=create/>
                    <Select name="environment" label="Environment" hint="Keep one app for production and another for the sandbox. They never mix. The Advertising API has no sandbox." options=environments() act=create/>
                    <Field name="client_id" label="Client id" mono=true hint="Starts with amzn1.application-oa2-client." act=create/>
                    <Field name="client_secret" label="Client secret" kind="password" mono=true autocomplete="new-password" hint="Sealed as soon as it arrives; no page ever shows it again." act=create/>
                    <Field name="secret_made_on" label="Secret made on" kind="date" optional=true hint="Amazon ends a secret after 180 days. Without a day, the clock starts today." act=create/>
                    <Field name="application_id" label="Application id" mono=true optional=true hint=APPLICATION_ID_HINT act=create/>
                    <Choice name="is_draft" value="true" label="This app is a draft" hint=DRAFT_HINT act=create/>
                    <Submit label="Add LWA app"/>
                </ActForm>
            </Allowed>
        </section>
    }
}
