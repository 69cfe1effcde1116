use leptos::prelude::*;
use leptos_meta::Title;

use super::viewer;
use crate::{
    api::teams::{AcceptInvitation, CreateTeam, DeclineInvitation, InvitationItem, my_invitations},
    components::{Act, ActForm, At, EmptyState, Field, Hidden, Icon, PageHeader, RoleName, Submit, loaded},
};

/// The person's Teams, invitations, and a new Team.
#[component]
pub fn TeamsPage() -> impl IntoView {
    let viewer = viewer();
    let create = Act::of::<CreateTeam>();
    let failure = create.failure();
    let teams = move || viewer.get().map(|viewer| viewer.teams).unwrap_or_default();
    view! {
        <Title text="Teams"/>
        <PageHeader title="Your Teams" lead="A Team keeps its Amazon accounts, its gateways and its log apart from every other."/>
        <Invitations/>
        <section class="card card-flush" aria-label="Teams">
            {move || if teams().is_empty() {
                view! { <EmptyState icon="team" title="No Team yet" text="Create one below, or ask an owner to invite your address."/> }.into_any()
            } else {
                let rows = teams().into_iter().map(|team| view! {
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
            <ActForm act=create attr:class="form" attr:novalidate="">
                <Field name="name" label="Name" hint="Your company or brand, as your colleagues call it." failure/>
                <Submit label="Create Team" act=create/>
            </ActForm>
        </section>
    }
}

#[component]
fn Invitations() -> impl IntoView {
    let decline = Act::of::<DeclineInvitation>();
    let invitations = Resource::new(move || decline.done(), |_| my_invitations());
    loaded(invitations, move |invitations| {
        invitations.into_iter().map(|invitation| view! { <Invited invitation decline/> }).collect_view().into_any()
    })
}

#[component]
fn Invited(invitation: InvitationItem, decline: Act) -> impl IntoView {
    let accept = Act::of::<AcceptInvitation>();
    let id = invitation.id;
    view! {
        <section class="notice notice-info" aria-label="Invitation">
            <Icon name="mail"/>
            <div>
                <p class="notice-title">{format!("{} invites you to {}", invitation.invited_by, invitation.team)}</p>
                <p>"Your role: " <RoleName role=invitation.role/> ". The invitation ends " <At moment=invitation.expires/> "."</p>
                <div class="row">
                    <ActForm act=accept>
                        <Hidden name="invitation" value=id.to_string()/>
                        <Submit label="Join" act=accept class="btn-primary btn-sm"/>
                    </ActForm>
                    <ActForm act=decline>
                        <Hidden name="invitation" value=id.to_string()/>
                        <Submit label="Decline" act=decline class="btn-quiet btn-sm"/>
                    </ActForm>
                </div>
            </div>
        </section>
    }
}
