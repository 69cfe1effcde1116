use leptos::{context::Provider, prelude::*, server::ServerActionError, server_fn::error::ServerFnUrlError};
use leptos_router::hooks::use_params_map;
use model::ProblemCode;

use super::gate::Gate;
use crate::{
    Failure,
    answer::hidden,
    api::{TeamItem, Viewer},
    islands::Dangerous,
};

/// Stands before a dangerous form until the person has confirmed who they are, so that no filled-in form is lost to it.
/// `only_passkey`: an e-mail alone does not come so far.
#[component]
pub fn StepUpGate(
    open: bool,
    #[prop(into)] act: String,
    #[prop(optional)] only_passkey: bool,
    children: Children,
) -> impl IntoView {
    let closed = !open && !ended();
    view! {
        {closed.then(|| view! { <Gate act=act.clone() only_passkey/> })}
        <Gated open act only_passkey>{children()}</Gated>
    }
}

/// A dangerous form that stands apart from its gate. Until the person has confirmed who they are it is hidden: a script shows it
/// when the proof is given on this page, which so keeps what was typed into its other forms.
#[component]
pub fn Gated(
    open: bool,
    #[prop(into)] act: String,
    #[prop(optional)] only_passkey: bool,
    children: Children,
) -> impl IntoView {
    let form = view! { <Approves act>{children()}</Approves> };
    if open || ended() {
        return form.into_any();
    }
    view! { <div data-gated=opened_by(only_passkey) hidden>{form}</div> }.into_any()
}

/// Seconds for which a proof is at hand that is enough on this page: of a passkey, where the Team requires one of the viewer.
pub fn proof_left() -> Option<i64> {
    let viewer = use_context::<Viewer>()?;
    if team().is_some_and(|team| team.by_passkey) { viewer.stepped_up_by_passkey } else { viewer.stepped_up }
}

/// What a proof must be to open something on this page, in the words of the script that does.
pub(super) fn opened_by(only_passkey: bool) -> &'static str {
    if only_passkey || team().is_some_and(|team| team.by_passkey) { "passkey" } else { "proof" }
}

/// What is said of a form until the person has confirmed who they are.
#[component]
pub fn UntilProved(children: Children) -> impl IntoView {
    (proof_left().is_none() && !ended())
        .then(|| view! { <p class="muted small" data-until=opened_by(false)>{children()}</p> })
}

/// Names the act of the forms in it, for the notice that asks for a proof when such a form was sent without one.
#[component]
pub fn Approves(#[prop(into)] act: String, children: Children) -> impl IntoView {
    let words = here(&act);
    let confirm = format!("/confirm?about={}", hidden(&words));
    view! { <Provider value=Dangerous { words, confirm }>{children()}</Provider> }
}

/// The proof ended while somebody typed: the page that answers the plain post has the form with what was typed, and its notice says
/// what it takes, in a tab of its own.
fn ended() -> bool {
    let failed = use_context::<ServerActionError>();
    let failure = failed.map(|failed| ServerFnUrlError::<Failure>::decode_err(failed.err()));
    failure.is_some_and(|Failure(problem)| {
        matches!(problem.code, ProblemCode::StepUpRequired | ProblemCode::PasskeyProofRequired)
    })
}

/// The Team of this page.
pub(super) fn team() -> Option<TeamItem> {
    let team = use_params_map().read_untracked().get("team")?;
    use_context::<Viewer>()?.teams.into_iter().find(|item| item.id.to_string() == team)
}

/// The act, and where it will be done: in a mail, or in another tab, the page around the form is not seen.
pub(super) fn here(act: &str) -> String {
    team().map_or(act.to_owned(), |team| in_team(act, &team.name))
}

fn in_team(act: &str, name: &str) -> String {
    // A mail program would make a link of it, and all the words would be left out.
    if model::name::is_link(name) {
        return act.to_owned();
    }
    match act {
        act if act.ends_with("the Team") => format!("{act} {name}"),
        act if act.ends_with(" log") => format!("{act} of the Team {name}"),
        act => format!("{act} in the Team {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_says_in_which_team_it_will_be_done() {
        assert_eq!(in_team("invite a member", "Northwind"), "invite a member in the Team Northwind");
        assert_eq!(
            in_team("approve that bob may delete the Team", "Northwind"),
            "approve that bob may delete the Team Northwind"
        );
        assert_eq!(in_team("export the whole log", "Northwind"), "export the whole log of the Team Northwind");
        assert_eq!(in_team("invite a member", "www.shop.example"), "invite a member");
    }
}
