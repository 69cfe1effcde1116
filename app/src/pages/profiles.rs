use leptos::prelude::*;
use leptos_meta::Title;
use model::{
    Permission,
    ids::{ProfileChoiceId, TeamId},
};

use super::{Allowed, param, team};
use crate::{
    api::profiles::{ChooseProfile, ListProfiles, ProfileChoiceDetail, ProfileItem, profile_choice},
    components::{Act, ActForm, Crumbs, EmptyState, Field, Hidden, PageHeader, Select, Submit, loaded},
};

/// The first step to the Advertising API: whose grant, and where.
#[component]
pub fn ByProfile(team: String, apps: Vec<(String, String)>) -> impl IntoView {
    let list = Act::of::<ListProfiles>();
    let regions = model::amazon::Region::ALL.map(|region| (region.as_str().to_owned(), region.name().to_owned()));
    let body = if apps.is_empty() {
        let href = format!("/teams/{team}/apps/new");
        view! { <p class="muted">"The Advertising API takes an LWA app of its own. " <a href=href>"Add one"</a> " first."</p> }
            .into_any()
    } else {
        view! {
            <ActForm act=list class="form">
                <Hidden name="team" value=team/>
                <Select id="ads-app" name="lwa_app" label="LWA app" options=apps act=list/>
                <Select name="region" label="Region" options=regions.to_vec() act=list/>
                <Field id="ads-token" name="refresh_token" label="Refresh token" kind="password" mono=true autocomplete="new-password" hint="Starts with Atzr|. Of a consent to advertising::campaign_management by somebody who manages the account." act=list/>
                <Field name="consented_on" label="Consented on" kind="date" optional=true hint="A consent ends after 365 days. Without a day, the clock starts today." act=list/>
                <Submit label="Find its profiles"/>
            </ActForm>
        }
        .into_any()
    };
    view! {
        <section class="card" aria-labelledby="ads-h">
            <h2 id="ads-h">"An advertising profile"</h2>
            <p class="muted">"For the Advertising API. Amazon names the profiles that the grant reaches, and you choose. " <a href="/gateway-api#ads-h">"Where its refresh token comes from"</a></p>
            {body}
        </section>
    }
}

/// The second step: one of the profiles that Amazon named.
#[component]
pub fn ProfileChoicePage() -> impl IntoView {
    let (team, id) = (team(), param::<ProfileChoiceId>("choice"));
    view! {
        <Allowed to=Permission::ManageConnections>
            {loaded(profile_choice(team, id), move |choice| view! { <Chosen team choice/> }.into_any())}
        </Allowed>
    }
}

#[component]
fn Chosen(team: TeamId, choice: ProfileChoiceDetail) -> impl IntoView {
    let choose = Act::of::<ChooseProfile>();
    let (there, free): (Vec<_>, Vec<_>) = choice.profiles.into_iter().partition(|one| one.connection.is_some());
    let told = |one: &ProfileItem| format!("{} · {} · {} {}", one.name, one.marketplace, one.kind, one.account);
    let options: Vec<_> = free.iter().map(|one| (one.id.clone(), format!("{} · profile {}", told(one), one.id))).collect();
    let lead = format!(
        "{} reaches these profiles in {}. The choice is open until {}.",
        choice.app_name, choice.region, choice.until.words
    );
    let connected = there
        .into_iter()
        .filter_map(|one| {
            let href = format!("/teams/{team}/connections/{}", one.connection?);
            Some(view! { <li><a href=href>{told(&one)}</a></li> })
        })
        .collect_view();
    let form = if options.is_empty() {
        let home = format!("/teams/{team}/connections");
        let action = view! { <a class="btn btn-secondary" href=home>"All connections"</a> }.into_any();
        view! { <EmptyState icon="plug" title="Each profile is connected" text="Nothing is left to choose." action/> }
            .into_any()
    } else {
        view! {
            <ActForm act=choose class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="choice" value=choice.id.to_string()/>
                <Select name="profile" label="Profile" options act=choose/>
                <Field name="name" label="Name" hint="As your colleagues call it, like Northwind DE ads." act=choose/>
                <Submit label="Prove and connect"/>
            </ActForm>
        }
        .into_any()
    };
    view! {
        <Title text="Choose a profile"/>
        <Crumbs home=format!("/teams/{team}/connections") place="Connections" here="Choose a profile"/>
        <PageHeader title="Choose a profile" lead/>
        <section class="card" aria-label="Profile">
            <p class="muted">"Amazon's access tokens are good for every profile of the grant, whichever is chosen. Where gateways must not reach each other's accounts, let somebody consent who manages one account alone."</p>
            {form}
        </section>
        {(!connected.is_empty()).then(|| view! {
            <section class="card" aria-labelledby="there-h"><h2 id="there-h">"Connected already"</h2><ul>{connected}</ul></section>
        })}
    }
}
