use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, Role, ids::TeamId};

use super::{may, stepped_up, team};
use crate::{
    api::Moment,
    api::teams::{
        ChangeMember, EngageMember, InvitationItem, InviteMember, LeaveTeam, MemberItem, People, RemoveMember,
        RevokeInvitation, read_people,
    },
    components::{
        Act, ActForm, At, Badge, Choice, Confirm, FailedElsewhere, Field, Here, Hidden, PageHeader, RoleName, Select,
        StepUpGate, Submit, loaded,
    },
};

/// Who is in the Team, and who is invited.
#[component]
pub fn MembersPage() -> impl IntoView {
    let team = team();
    let actions = view! { <a class="btn btn-secondary" href=format!("/teams/{team}/members/reach")>"Who can reach what"</a> {may(Permission::ViewLog).then(|| view! { <a class="btn btn-secondary" href=format!("/teams/{team}/members/reviews")>"Access reviews"</a> })} };
    view! {
        <Title text="Members"/>
        <PageHeader title="Members" lead="People of this Team, their roles and the environments they may touch." actions=actions.into_any()/>
        {loaded(read_people(team), move |people| view! { <Everybody team people/> }.into_any())}
    }
}

#[component]
fn Everybody(team: TeamId, people: People) -> impl IntoView {
    let manager = people.my_role.may(Permission::ManageMembers);
    let my_role = people.my_role;
    let changeable = people.members.iter().filter(|one| manager && one.may_change);
    let members = changeable.map(|one| one.user.to_string()).collect::<Vec<_>>();
    let rows = people.members.into_iter().map(|member| view! { <MemberRow team member manager my_role/> }).collect_view();
    let invitations = people.invitations;
    let invited = invitations.iter().map(|one| one.id.to_string()).collect();
    let open = (!invitations.is_empty()).then(|| view! { <Invitations team invitations manager/> });
    view! {
        <FailedElsewhere act={Act::of::<ChangeMember>()} field="user" there=members.clone()/>
        <FailedElsewhere act={Act::of::<EngageMember>()} field="user" there=members.clone()/>
        <FailedElsewhere act={Act::of::<RemoveMember>()} field="user" there=members/>
        <section class="card card-flush" aria-label="Members">
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">"Members"</caption>
                    <thead><tr><th scope="col">"Member"</th><th scope="col">"Role"</th><th scope="col">"Environments"</th><th scope="col">"Works as"</th><th scope="col">"Joined"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
        <FailedElsewhere act={Act::of::<RevokeInvitation>()} field="invitation" there=invited/>
        {open}
        {manager.then(|| view! { <Invite team my_role/> })}
        <Confirm act={Act::of::<LeaveTeam>()} summary="Leave this Team…" title="Leave this Team?" text="You lose access at once. To come back, somebody must invite you again. The last owner cannot leave.">
            <StepUpGate open=stepped_up() act="leave the Team">
                <ActForm act={Act::of::<LeaveTeam>()}>
                    <Hidden name="team" value=team.to_string()/>
                    <Submit label="Leave" class="btn-danger"/>
                </ActForm>
            </StepUpGate>
        </Confirm>
    }
}

fn roles(up_to: Role) -> Vec<(String, String)> {
    let words = |role: &Role| (role.as_str().to_owned(), format!("{}: {}", role.title(), role.purpose()));
    Role::ALL.iter().filter(|role| up_to.may_give(**role)).map(words).collect()
}

#[component]
fn EnvironmentChoices(production: bool, sandbox: bool, act: Act) -> impl IntoView {
    view! {
        <fieldset class="group">
            <legend>"Environments"</legend>
            <div class="choices">
                <Choice name="production" value="true" label="Production" checked=production act/>
                <Choice name="sandbox" value="true" label="Sandbox" checked=sandbox act/>
            </div>
        </fieldset>
    }
}

/// An employee, or a contractor of a company until a day. `key`: what tells this form's fields from another's.
#[component]
fn WorksAs(act: Act, key: String, contractor: Option<(String, Moment, String)>) -> impl IntoView {
    let kind = if contractor.is_some() { "contractor" } else { "employee" };
    let options = [("employee", "Employee"), ("contractor", "Contractor")];
    let options = options.map(|(word, title)| (word.to_owned(), title.to_owned())).to_vec();
    let (company, _, day) = contractor.map_or_else(Default::default, |(company, at, day)| (company, Some(at), day));
    view! {
        <Select name="works_as" id=format!("works-{key}") label="Works as" options selected=kind act/>
        <Field name="company" id=format!("company-{key}") label="Company" hint="Of a contractor." optional=true value=company act/>
        <Field name="until" id=format!("until-{key}") label="Last day of access" hint="Of a contractor; access ends by itself after it, in UTC." kind="date" optional=true value=day act/>
    }
}

#[component]
fn MemberRow(team: TeamId, member: MemberItem, manager: bool, my_role: Role) -> impl IntoView {
    let environments = match (member.environments.production, member.environments.sandbox) {
        (true, true) => "Production, sandbox",
        (true, false) => "Production",
        (false, true) => "Sandbox",
        (false, false) => "None",
    };
    let user = member.user;
    let role = member.role;
    let (production, sandbox) = (member.environments.production, member.environments.sandbox);
    let (edit, remove, engage) = (Act::of::<ChangeMember>(), Act::of::<RemoveMember>(), Act::of::<EngageMember>());
    let [edit, remove, engage] = [edit, remove, engage].map(|act| act.only_for("user", &user.to_string()));
    let contractor = member.contractor.clone();
    // For whom somebody works another one says, and an owner is an employee.
    let engages = !member.is_me && role != Role::Owner;
    let change = (manager && member.may_change).then(|| {
        view! {
            <details class="disclosure" open=edit.failed() || remove.failed() || engage.failed()>
                <summary>"Change"</summary>
                <StepUpGate open=stepped_up() act=format!("change or remove the member {}", member.email)>
                    <ActForm act=edit class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="user" value=user.to_string()/>
                        <Select name="role" id=format!("role-{user}") label="Role" options=roles(my_role) selected=role.as_str() act=edit/>
                        <EnvironmentChoices production sandbox act=edit/>
                        <Submit label="Save" class="btn-secondary"/>
                    </ActForm>
                    {engages.then(|| view! {
                        <ActForm act=engage class="form">
                            <Hidden name="team" value=team.to_string()/>
                            <Hidden name="user" value=user.to_string()/>
                            <WorksAs act=engage key=user.to_string() contractor/>
                            <Submit label="Save for whom they work" class="btn-secondary"/>
                        </ActForm>
                    })}
                    <details class="disclosure" open=remove.failed()>
                        <summary>"Remove from Team…"</summary>
                        <p>"Access ends at the next request. To come back, somebody must invite this person again."</p>
                        <ActForm act=remove>
                            <Hidden name="team" value=team.to_string()/>
                            <Hidden name="user" value=user.to_string()/>
                            <Here/>
                            <button type="submit" class="btn btn-danger btn-sm">"Remove"</button>
                        </ActForm>
                    </details>
                </StepUpGate>
            </details>
        }
    });
    let works_as = match member.contractor {
        Some((company, until, _)) => view! {
            "Contractor of "{company}
            <span class="cell-sub">"Access ends "<At moment=until/>" "{member.ends_soon.then(|| view! { <Badge tone="attention" word="Soon"/> })}</span>
        }.into_any(),
        None => view! { "Employee" }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{member.email}{member.is_me.then(|| view! { " " <Badge tone="neutral" word="You"/> })}{member.has_passkey.then(|| view! { " " <Badge tone="ok" word="Passkey"/> })}{member.is_disabled.then(|| view! { " " <Badge tone="attention" word="Disabled, unused"/> })}{member.last_use.clone().map(|at| view! { <span class="cell-sub">"Last use " <At moment=at/></span> })}</th>
            <td data-label="Role"><RoleName role/></td>
            <td data-label="Environments">{environments}</td>
            <td data-label="Works as">{works_as}</td>
            <td data-label="Joined"><At moment=member.joined/></td>
        </tr>
        {change.map(|change| view! { <tr class="row-more"><td colspan="5">{change}</td></tr> })}
    }
}

#[component]
fn Invitations(team: TeamId, invitations: Vec<InvitationItem>, manager: bool) -> impl IntoView {
    let rows = invitations
        .into_iter()
        .map(|invitation| {
            let (tone, word) = if invitation.expired { ("neutral", "Expired") } else { ("pending", "Waiting") };
            let act = Act::of::<RevokeInvitation>().only_for("invitation", &invitation.id.to_string());
            let revoke = manager.then(|| {
                view! {
                    <ActForm act>
                        <Hidden name="team" value=team.to_string()/>
                        <Hidden name="invitation" value=invitation.id.to_string()/>
                        <Here/>
                        <button type="submit" class="btn btn-danger-quiet btn-sm">"Withdraw"</button>
                    </ActForm>
                }
            });
            view! {
                <tr>
                    <th scope="row">{invitation.email}</th>
                    <td data-label="Status"><Badge tone word/></td>
                    <td data-label="Role"><RoleName role=invitation.role/>{invitation.contractor.map(|(company, until)| view! { <span class="cell-sub">"Contractor of "{company}", access ends "<At moment=until/></span> })}</td>
                    <td data-label="Ends"><At moment=invitation.expires/></td>
                    <td class="cell-actions">{revoke}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card card-flush" aria-label="Invitations">
            <div class="table-wrap">
                <table class="table">
                    <caption>"Invitations"</caption>
                    <thead><tr><th scope="col">"Address"</th><th scope="col">"Status"</th><th scope="col">"Role"</th><th scope="col">"Ends"</th><th scope="col"><span class="visually-hidden">"Actions"</span></th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn Invite(team: TeamId, my_role: Role) -> impl IntoView {
    let invite = Act::of::<InviteMember>();
    view! {
        <section class="card" aria-labelledby="invite-h">
            <h2 id="invite-h">"Invite"</h2>
            <p class="muted">"An invitation waits 7 days. Inviting an address again takes the place of its open invitation, with the role chosen here."</p>
            <StepUpGate open=stepped_up() act="invite a member">
                <ActForm act=invite class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Field name="email" label="E-mail address" kind="email" act=invite/>
                    <Select name="role" id="invite-role" label="Role" options=roles(my_role) selected="operator" act=invite/>
                    <EnvironmentChoices production=true sandbox=true act=invite/>
                    <WorksAs act=invite key="new".to_owned() contractor=None/>
                    <Submit label="Invite"/>
                </ActForm>
            </StepUpGate>
        </section>
    }
}
