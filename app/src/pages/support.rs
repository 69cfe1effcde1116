use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, counted, ids::TeamId, impersonation::ImpersonationState};

use super::{may, stepped_up, team, viewer};
use crate::{
    answer::revealed_code,
    api::impersonations::{
        ApproveImpersonation, AskImpersonation, BeginImpersonation, DeclineImpersonation, EndImpersonation,
        ImpersonationItem, ShownCode, StopImpersonation, impersonations, my_impersonations,
    },
    components::{
        Act, ActForm, At, Badge, Crumbs, EmptyState, FailedElsewhere, Field, Hidden, Icon, PageHeader, PlainForm,
        StepUpGate, Submit, TextArea, loaded,
    },
};

/// Who of the installation asked to look into the Team, and what they looked at.
#[component]
pub fn TeamSupportPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Support"/>
        <Crumbs home=format!("/teams/{team}") place="Overview" here="Support"/>
        <PageHeader title="Support" lead="Who operates this Portal sees nothing of a Team. To help, they ask to look into it; an owner approves and tells them a code. For fifteen minutes they see what an auditor sees, change nothing, and every page they look at is in the log."/>
        {revealed_code().map(|shown| view! { <CodeOnce shown/> })}
        {loaded(impersonations(team), move |all| view! { <Questions team all/> }.into_any())}
    }
}

/// The code at its only moment.
#[component]
fn CodeOnce(shown: ShownCode) -> impl IntoView {
    let (first, second) = shown.code.split_at(shown.code.len() / 2);
    view! {
        <section class="secret" aria-labelledby="code-h">
            <h2 id="code-h"><Icon name="key"/>"Tell support this code"</h2>
            <p>"It is good once, for five minutes, and for nobody else. You will not see it again. Tell it only to somebody whom you know to be your Portal's support."</p>
            <code class="secret-value" id="code-v" translate="no">{format!("{first} {second}")}</code>
        </section>
    }
}

#[component]
fn Questions(team: TeamId, all: Vec<ImpersonationItem>) -> impl IntoView {
    if all.is_empty() {
        let text = "When support asks to look into this Team, owners get a mail, and the question stands here.";
        return view! { <EmptyState icon="team" title="Nobody asked" text=text/> }.into_any();
    }
    let waits = ids_of(&all, |item| matches!(item.state, ImpersonationState::Asked | ImpersonationState::Approved));
    let live = ids_of(&all, |item| item.state == ImpersonationState::Live);
    let rows = all.into_iter().map(|item| view! { <Question team item/> }).collect_view();
    view! {
        <FailedElsewhere act={Act::of::<ApproveImpersonation>()} field="impersonation" there=waits.clone()/>
        <FailedElsewhere act={Act::of::<DeclineImpersonation>()} field="impersonation" there=waits/>
        <FailedElsewhere act={Act::of::<EndImpersonation>()} field="impersonation" there=live/>
        <div class="stack">{rows}</div>
    }
    .into_any()
}

fn ids_of(all: &[ImpersonationItem], has: fn(&ImpersonationItem) -> bool) -> Vec<String> {
    all.iter().filter(|item| has(item)).map(|item| item.id.to_string()).collect()
}

#[component]
fn Question(team: TeamId, item: ImpersonationItem) -> impl IntoView {
    let answers = may(Permission::ManageMembers).then(|| view! { <Answers team item=item.clone()/> });
    let label = format!("Question of {}", item.asked.0);
    view! {
        <article class="card" aria-label=label>
            <Standing item/>
            {answers}
        </article>
    }
}

/// Who asked what, and how it stands.
#[component]
fn Standing(item: ImpersonationItem) -> impl IntoView {
    let (tone, word) = match item.state {
        ImpersonationState::Asked => ("attention", "Waits for an owner"),
        ImpersonationState::Approved => ("attention", "Waits for the code"),
        ImpersonationState::Live => ("danger", "Looks in now"),
        ImpersonationState::Over => ("neutral", "Over"),
    };
    let until = (item.state != ImpersonationState::Over).then(|| view! { " until "{item.good_until.absolute.clone()} });
    let (by, at) = item.asked;
    let approved =
        item.approved.map(|(owner, at)| view! { <p class="muted small">"Approved by "{owner}" "<At moment=at/>"."</p> });
    let seen = item.begun.map(|at| {
        let pages = counted(item.pages, "page");
        view! { <p class="muted small">"Begun "<At moment=at/>"; "{pages}" looked at."</p> }
    });
    view! {
        <div class="row row-between"><h2>{by}</h2><span><Badge tone word/><span class="muted small">{until}</span></span></div>
        <p>{format!("“{}”", item.reason)}</p>
        <p class="muted small">"Asked "<At moment=at/>"."</p>
        {approved}
        {seen}
    }
}

/// What an owner may do about it.
#[component]
fn Answers(team: TeamId, item: ImpersonationItem) -> impl IntoView {
    let id = item.id.to_string();
    let ids = move || view! { <Hidden name="team" value=team.to_string()/> <Hidden name="impersonation" value=id.clone()/> };
    let (first, second) = (ids.clone(), ids.clone());
    let all = [Act::of::<ApproveImpersonation>(), Act::of::<DeclineImpersonation>(), Act::of::<EndImpersonation>()];
    let [approve, decline, end] = all.map(|act| act.only_for("impersonation", &item.id.to_string()));
    let approves = may(Permission::ManageTeam);
    let label = if item.state == ImpersonationState::Asked { "Approve and show the code" } else { "Make another code" };
    let waits = matches!(item.state, ImpersonationState::Asked | ImpersonationState::Approved);
    view! {
        {(waits && approves).then(|| view! {
            <StepUpGate open=stepped_up() act=format!("let {} look into the Team", item.asked.0)>
                <PlainForm act=approve>{first()}<Submit label=label class=if item.state == ImpersonationState::Asked { "btn-primary" } else { "btn-secondary" }/></PlainForm>
            </StepUpGate>
        })}
        {waits.then(|| view! { <ActForm act=decline>{second()}<Submit label="Decline" class="btn-secondary"/></ActForm> })}
        {(item.state == ImpersonationState::Live).then(|| view! {
            <ActForm act=end>{ids()}<Submit label="End it now" class="btn-danger"/></ActForm>
        })}
    }
}

/// For operators of the installation: asking, and looking in.
#[component]
pub fn SupportPage() -> impl IntoView {
    let ask = Act::of::<AskImpersonation>();
    let open = stepped_up();
    view! {
        <Title text="Support"/>
        <Crumbs home="/installation".to_owned() place="Installation" here="Support"/>
        <PageHeader title="Support" lead="Look into a Team, to help: one of its owners approves it and tells you a code. For fifteen minutes you see what an auditor of the Team sees. You change nothing and see no secret; every page you look at is in the Team's log, and its owners hear of it."/>
        <section class="card" aria-labelledby="ask-h">
            <h2 id="ask-h">"Ask to look into a Team"</h2>
            <StepUpGate open=open act="look into a Team">
            <ActForm act=ask class="form">
                <Field name="which" label="Team" hint="Its id, or the address of one of its pages. Whoever asked for help has both." mono=true act=ask/>
                <TextArea name="reason" label="Reason" hint="What you look for and why. The Team's owners read it." required=true act=ask/>
                <Submit label="Ask the owners" class="btn-secondary"/>
            </ActForm>
            </StepUpGate>
            <p class="muted small">"A new question takes the place of the one before, and ends what it led to."</p>
        </section>
        {loaded(my_impersonations(), |all| view! { <Mine all/> }.into_any())}
    }
}

#[component]
fn Mine(all: Vec<ImpersonationItem>) -> impl IntoView {
    let open = stepped_up();
    let approved = ids_of(&all, |item| item.state == ImpersonationState::Approved);
    let live = ids_of(&all, |item| item.state == ImpersonationState::Live);
    let rows = all.into_iter().map(|item| {
        let name = item.team_name.clone().unwrap_or_else(|| "a Team".to_owned());
        view! {
            <article class="card" aria-label=format!("Question to {name}")>
                <p class="muted small">"To "<strong>{name.clone()}</strong>", "<code>{item.team.to_string()}</code></p>
                <Standing item=item.clone()/>
                <Next item open/>
            </article>
        }
    });
    view! {
        <FailedElsewhere act={Act::of::<BeginImpersonation>()} field="impersonation" there=approved/>
        <FailedElsewhere act={Act::of::<StopImpersonation>()} field="impersonation" there=live/>
        <div class="stack">{rows.collect_view()}</div>
    }
}

/// What comes next for the operator.
#[component]
fn Next(item: ImpersonationItem, open: bool) -> impl IntoView {
    let id = item.id.to_string();
    let [begin, stop] =
        [Act::of::<BeginImpersonation>(), Act::of::<StopImpersonation>()].map(|act| act.only_for("impersonation", &id));
    let (first, second) = (id.clone(), id.clone());
    let look = format!("/teams/{}", item.team);
    let here = viewer().and_then(|viewer| viewer.support).is_some_and(|support| support.id == item.id);
    view! {
        {(item.state == ImpersonationState::Asked).then(|| view! { <p class="muted small">"When an owner has approved it and told you the code, load this page again."</p> })}
        {(item.state == ImpersonationState::Approved).then(|| view! {
            <StepUpGate open=open act=format!("look into {}", item.team_name.clone().unwrap_or_default())>
                <ActForm act=begin class="form">
                    <Hidden name="impersonation" value=first/>
                    <Field name="code" label="Code" id=format!("code-{id}") hint="Eight digits, from the owner." autocomplete="one-time-code" mono=true act=begin/>
                    <Submit label="Look into the Team"/>
                </ActForm>
            </StepUpGate>
        })}
        {here.then(|| view! { <p><a class="btn btn-secondary" href=look rel="external">"Open the Team"</a></p> })}
        {(item.state != ImpersonationState::Over).then(|| view! {
            <ActForm act=stop><Hidden name="impersonation" value=second/><Submit label="End" class="btn-secondary"/></ActForm>
        })}
    }
}
