use leptos::{context::Provider, prelude::*, server::ServerActionError, server_fn::error::ServerFnUrlError};
use leptos_router::hooks::{use_location, use_params_map, use_query_map};
use model::ProblemCode;

use super::{Act, ActForm, ConfirmWithAPasskey, Hidden, Icon, Submit};
use crate::{
    Failure,
    answer::{hidden, vouched},
    api::{TeamItem, Viewer, login::AskConfirmation},
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
    if open || ended() {
        view! { <Approves act>{children()}</Approves> }.into_any()
    } else {
        view! { <Gate act only_passkey/> }.into_any()
    }
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
fn team() -> Option<TeamItem> {
    let team = use_params_map().read_untracked().get("team")?;
    use_context::<Viewer>()?.teams.into_iter().find(|item| item.id.to_string() == team)
}

/// The act, and where it will be done: in a mail, or in another tab, the page around the form is not seen.
fn here(act: &str) -> String {
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

#[component]
fn Gate(act: String, only_passkey: bool) -> impl IntoView {
    let ask = Act::of::<AskConfirmation>();
    // With what the page was asked for: a log comes back filtered.
    let back = use_location().pathname.get_untracked() + &use_query_map().read_untracked().to_query_string();
    let by_passkey = only_passkey || team().is_some_and(|team| team.by_passkey);
    let has_passkey = use_context::<Viewer>().is_some_and(|viewer| viewer.has_passkey);
    let how = match (by_passkey, has_passkey) {
        (true, true) => "Show your passkey: a code is not enough for this. It is good for 10 minutes.",
        (true, false) => "It takes a passkey, and you have none yet: add one under Your account.",
        (false, true) => "Show your passkey, or we send a code to your e-mail. It is good for 10 minutes.",
        (false, false) => "We send a code to your e-mail; it is good for 10 minutes.",
    };
    let act = here(&act);
    let (label, named) = (format!("Confirm: {act}"), act.clone());
    let code_class = if has_passkey { "btn-quiet" } else { "btn-secondary" };
    let code_label = if has_passkey { "Send me a code" } else { "Confirm that it is me" };
    view! {
        <div class="gate stack stack-sm" role="group" aria-label=label>
            <p class="gate-text"><Icon name="shield"/><span>"To " <strong>{act}</strong> ", confirm that it is you. " {how}</span></p>
            <div class="row">
                {has_passkey.then(|| view! { <ConfirmWithAPasskey/> })}
                {(!by_passkey).then(|| view! {
                    <ActForm act=ask>
                        <Hidden name="next" value=back/>
                        <Hidden name="act_proof" value=vouched(&named)/>
                        <Hidden name="act" value=named/>
                        <Submit label=code_label class=code_class/>
                    </ActForm>
                })}
                {(by_passkey && !has_passkey).then(|| view! { <a class="btn btn-secondary" href="/account">"Your account"</a> })}
            </div>
        </div>
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
