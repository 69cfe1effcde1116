use leptos::prelude::*;
use leptos_meta::Title;

use super::viewer;
use crate::{
    api::teams::{AcceptInvitation, CreateTeam, DeclineInvitation, InvitationItem, my_invitations},
    components::{Act, ActForm, At, EmptyState, FailedElsewhere, Field, Hidden, Icon, PageHeader, RoleName, Submit, loaded},
};

/// The person's Teams, invitations, and a new Team.
#[component]
pub fn TeamsPage() -> impl IntoView {
    let create = Act::of::<CreateTeam>();
    let teams = viewer().map(|viewer| viewer.teams).unwrap_or_default();
    view! {
        <Title text="Teams"/>
        <PageHeader title="Your Teams" lead="A Team keeps its Amazon accounts, its gateways and its log apart from every other."/>
        <Invitations/>
        <section class="card card-flush" aria-label="Teams">
            {if teams.is_empty() {
                view! { <EmptyState icon="team" title="No Team yet" text="Create one below, or ask an owner to invite your address."/> }.into_any()
            } else {
                let rows = teams.into_iter().map(|team| view! {
                    <tr>
                        <th scope="row"><a href=format!("/teams/{}", team.id)>{team.name}</a></th>
                        <td data-label="Your role"><RoleName role=team.role/></td>
                    </tr>
                }).collect_view();
                view! {
                    <div class="table-wrap">
                        <table class="table">
                            <caption class="visually-hidden">"Your Teams"</caption>
                            <thead><tr><th scope="col">"Team"</th><th scope="col">"Your role"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }.into_any()
            }}
        </section>
        <section class="card" aria-labelledby="new-team">
            <h2 id="new-team">"New Team"</h2>
            <ActForm act=create class="form">
                <Field name="name" label="Name" hint="Your company or brand, as your colleagues call it." act=create/>
                <Submit label="Create Team"/>
            </ActForm>
        </section>
    }
}

#[component]
fn Invitations() -> impl IntoView {
    loaded(my_invitations(), |invitations| {
        let there = invitations.iter().map(|one| one.id.to_string()).collect::<Vec<_>>();
        let all = invitations.into_iter().map(|invitation| view! { <Invited invitation/> }).collect_view();
        view! {
            <FailedElsewhere act={Act::of::<AcceptInvitation>()} field="invitation" there=there.clone()/>
            <FailedElsewhere act={Act::of::<DeclineInvitation>()} field="invitation" there/>
            {all}
        }
        .into_any()
    })
}

#[component]
fn Invited(invitation: InvitationItem) -> impl IntoView {
    let id = invitation.id;
    let (accept, decline) = (Act::of::<AcceptInvitation>(), Act::of::<DeclineInvitation>());
    let [accept, decline] = [accept, decline].map(|act| act.only_for("invitation", &id.to_string()));
    view! {
        <section class="notice notice-info" aria-label="Invitation">
            <Icon name="mail"/>
            <div>
                <p class="notice-title">{format!("{} invites you to {}", invitation.invited_by, invitation.team)}</p>
                {invitation.contractor.map(|(company, until)| view! { <p>"As a contractor of "{company}": your access ends "<At moment=until/>" by itself."</p> })}
                <p>"Your role: " <RoleName role=invitation.role/> ". The invitation ends " <At moment=invitation.expires/> "."</p>
                <div class="row">
                    <ActForm act=accept>
                        <Hidden name="invitation" value=id.to_string()/>
                        <Submit label="Join" class="btn-primary btn-sm"/>
                    </ActForm>
                    <ActForm act=decline>
                        <Hidden name="invitation" value=id.to_string()/>
                        <Submit label="Decline" class="btn-quiet btn-sm"/>
                    </ActForm>
                </div>
            </div>
        </section>
    }
}
