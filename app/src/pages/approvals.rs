use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use model::{
    approval::{ApprovalState, GraveAct},
    ids::TeamId,
};

use super::{may, stepped_up, team, viewer};
use crate::{
    api::approvals::{ApprovalItem, ApproveDeletion, ApproveExport, AskDeletion, AskExport, WithdrawApproval, approvals},
    components::{
        Act, ActForm, At, Badge, Confirm, Crumbs, EmptyState, FailedElsewhere, Field, Hidden, Notice, PageHeader,
        StepUpGate, Submit, loaded,
    },
};

/// The gravest acts, which take two people: what was asked, and asking.
#[component]
pub fn ApprovalsPage() -> impl IntoView {
    let team = team();
    let for_export = use_query_map().read_untracked().get("for").as_deref() == Some("export");
    view! {
        <Title text="Approvals"/>
        <Crumbs home=format!("/teams/{team}") place="Overview" here="Approvals"/>
        <PageHeader title="Approvals" lead="The gravest acts take two people: one asks, and another, who was in the Team before, approves."/>
        {for_export.then(|| view! { <Notice tone="info" title="This export takes two people"><p>"With what was exported in the last year, more than half of the Team's log would be out without a second person. Ask below; once somebody approved, export it again within 24 hours."</p></Notice> })}
        {loaded(approvals(team), move |all| view! { <Asked team all/> }.into_any())}
        <Ask team act=GraveAct::ExportLog/>
        <Ask team act=GraveAct::DeleteTeam/>
    }
}

#[component]
fn Asked(team: TeamId, all: Vec<ApprovalItem>) -> impl IntoView {
    if all.is_empty() {
        let text = "What somebody asks waits here for another person, for a week.";
        return view! { <EmptyState icon="team" title="Nothing was asked lately" text=text/> }.into_any();
    }
    let there = |has: fn(&ApprovalItem) -> bool| {
        all.iter().filter(|item| has(item)).map(|item| item.id.to_string()).collect::<Vec<_>>()
    };
    let (approvable, withdrawable) = (there(|item| item.may_approve), there(|item| item.may_withdraw));
    let rows = all.into_iter().map(|item| view! { <Row team item/> }).collect_view();
    view! {
        <FailedElsewhere act={Act::of::<ApproveExport>()} field="approval" there=approvable.clone()/>
        <FailedElsewhere act={Act::of::<ApproveDeletion>()} field="approval" there=approvable/>
        <FailedElsewhere act={Act::of::<WithdrawApproval>()} field="approval" there=withdrawable/>
        <section class="card card-flush" aria-label="What was asked">
            <div class="table-wrap"><table class="table">
                <caption class="visually-hidden">"What was asked in the last 30 days"</caption>
                <thead><tr><th scope="col">"To"</th><th scope="col">"Asked by"</th><th scope="col">"Approved by"</th><th scope="col">"State"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
    }
    .into_any()
}

#[component]
fn Row(team: TeamId, item: ApprovalItem) -> impl IntoView {
    let (tone, word) = match item.state {
        ApprovalState::Asked => ("attention", "Waits"),
        ApprovalState::Given => ("ok", "Approved"),
        ApprovalState::Over => ("neutral", "Over"),
    };
    let until = item.good_until.absolute.clone();
    let until = (item.state != ApprovalState::Over).then(|| view! { <span class="cell-sub">"until " {until}</span> });
    let given = match item.given.clone() {
        Some((by, at)) => view! { {by}<span class="cell-sub"><At moment=at/></span> }.into_any(),
        None => view! { <span class="muted">"Nobody"</span> }.into_any(),
    };
    let (by, at) = item.asked.clone();
    view! {
        <tr>
            <th scope="row">{item.act.words()}</th>
            <td data-label="Asked by"><div>{by}<span class="cell-sub"><At moment=at/></span></div></td>
            <td data-label="Approved by"><div>{given}</div></td>
            <td data-label="State"><div class="stack stack-sm"><div><Badge tone word/>{until}</div><Answer team item/></div></td>
        </tr>
    }
}

/// What the viewer may do about a question.
#[component]
fn Answer(team: TeamId, item: ApprovalItem) -> impl IntoView {
    let named = item.act == GraveAct::DeleteTeam;
    let give = if named { Act::of::<ApproveDeletion>() } else { Act::of::<ApproveExport>() };
    let [give, withdraw] = [give, Act::of::<WithdrawApproval>()].map(|act| act.only_for("approval", &item.id.to_string()));
    view! {
        {item.may_approve.then(|| view! {
            <StepUpGate open=stepped_up() act=format!("approve that {} may {}", item.asked.0, item.act.words())>
                <ActForm act=give class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="approval" value=item.id.to_string()/>
                    {named.then(|| view! { <TypedName act=give id=format!("name-{}", item.id)/> })}
                    <Submit label="Approve" class=if named { "btn-danger" } else { "btn-primary" }/>
                </ActForm>
            </StepUpGate>
        })}
        {item.may_withdraw.then(|| view! {
            <ActForm act=withdraw>
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="approval" value=item.id.to_string()/>
                <Submit label="Withdraw" class="btn-secondary btn-sm"/>
            </ActForm>
        })}
    }
}

/// Asking for one of them, for those who may.
#[component]
fn Ask(team: TeamId, act: GraveAct) -> impl IntoView {
    if !may(act.asks()) {
        return None;
    }
    let named = act == GraveAct::DeleteTeam;
    let ask = if named { Act::of::<AskDeletion>() } else { Act::of::<AskExport>() };
    let form = view! {
        <StepUpGate open=stepped_up() act=act.words()>
            <ActForm act=ask class="form">
                <Hidden name="team" value=team.to_string()/>
                {named.then(|| view! { <TypedName act=ask id="ask-name".to_owned()/> })}
                <Submit label="Ask for approval" class="btn-secondary"/>
            </ActForm>
        </StepUpGate>
    };
    let body = match act {
        GraveAct::ExportLog => view! {
            <h2>"Export the whole log"</h2>
            <p class="muted">"Up to half of the log leaves without a second person, on the log's own page; what anybody exported in the last year counts, also what was exported twice. More leaves with the approval of an owner or admin, which is good for 24 hours."</p>
            {form}
        }
        .into_any(),
        GraveAct::DeleteTeam => {
            let text = "When another owner approves, the Team is gone at once and for good: every gateway key is revoked, every connection and LWA app is shredded, and everybody is let go. Access tokens that are out end within an hour; the grants at Amazon are the sellers' to end. The log and closed incidents stay for as long as this installation keeps logs.";
            view! {
                <h2>"Delete the Team"</h2>
                <Confirm summary="Delete the Team" title="Delete this Team?" text act=ask>{form}</Confirm>
            }
            .into_any()
        }
    };
    Some(view! { <section class="card" aria-label=act.words()>{body}</section> })
}

/// The Team's name, to be typed by whoever ends it.
#[component]
fn TypedName(act: Act, id: String) -> impl IntoView {
    let id_of_team = team();
    let name = viewer().and_then(|viewer| viewer.teams.into_iter().find(|team| team.id == id_of_team)).map(|team| team.name);
    let hint = format!("Type {} to say which Team.", name.unwrap_or_default());
    view! { <Field name="name" label="Name of the Team" id hint act/> }
}
