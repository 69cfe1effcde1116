use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::incident::{Kind, Reach};

use super::{incident::Matrix, team};
use crate::{
    api::incidents::ReportIncident,
    components::{Act, ActForm, Choice, Crumbs, Field, Hidden, Notice, PageHeader, Select, Submit},
};

/// Reporting what may be an incident: three fields, and how grave it seems to whoever knows.
#[component]
pub fn ReportIncidentPage() -> impl IntoView {
    let team = team();
    let params = use_query_map();
    let get = move |name: &str| params.read_untracked().get(name).unwrap_or_default();
    let act = Act::of::<ReportIncident>();
    let (about, title) = (act.typed("about").unwrap_or_else(|| get("about")), get("title"));
    let kinds = Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.title().to_owned())).collect();
    let kind = Some(get("kind")).filter(|kind| !kind.is_empty()).unwrap_or_else(|| "leaked_secret".to_owned());
    let reaches = Reach::ALL.iter().map(|reach| (reach.as_str().to_owned(), reach.title().to_owned()));
    let reaches = std::iter::once((String::new(), "Nobody knows yet".to_owned())).chain(reaches).collect();
    view! {
        <Title text="Report an incident"/>
        <Crumbs home=format!("/teams/{team}/incidents") place="Incidents" here="Report"/>
        <PageHeader title="Report an incident" lead="Three fields. Somebody who runs incidents is told at once, and judges it."/>
        <section class="card" aria-label="Report">
            <Notice tone="info" title="No secrets here"><p>"Say which key, account or file it is, not what stands in it. Everybody who may see the incident reads this."</p></Notice>
            <ActForm act class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="about" value=about/>
                <Select name="kind" label="What seems to have happened?" options=kinds selected=kind act/>
                <Field name="title" label="What did you notice?" hint="In a few words, like: gateway key in a public repository." value=title act/>
                <Field name="detected" label="When was it noticed first? (UTC)" hint="Leave it empty for now. Amazon's 24 hours run from then." kind="datetime-local" optional=true act/>
                <details class="disclosure" open=act.failed()>
                    <summary>"How grave does it seem?"</summary>
                    <Matrix severity=None/>
                    <Select name="reach" label="What could be reached?" options=reaches hint="Without it, the incident is as grave as its kind usually is." act/>
                    <Choice name="confirmed" value="true" label="It is known that somebody did" act/>
                </details>
                <Choice name="restricted" value="true" label="Restricted" hint="Only owners, you, and those who are given a duty see it." act/>
                <Submit label="Report"/>
            </ActForm>
        </section>
    }
}
