use leptos::{prelude::*, server::ServerActionError, server_fn::error::ServerFnUrlError};
use leptos_router::hooks::{use_location, use_params_map};

use model::ProblemCode;

use super::{Act, ActForm, ConfirmWithAPasskey, Hidden, Icon, Submit};
use crate::{
    Failure,
    answer::vouched,
    api::{Viewer, login::AskConfirmation},
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
    if open || ended() { children() } else { view! { <Gate act only_passkey/> }.into_any() }
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

/// Where it will be done: in a mail, or in another tab, the page around the form is not seen.
fn in_team(act: &str, name: &str) -> String {
    match act.strip_suffix("the Team") {
        Some(_) => format!("{act} {name}"),
        None => format!("{act} in the Team {name}"),
    }
}

#[component]
fn Gate(act: String, only_passkey: bool) -> impl IntoView {
    let ask = Act::of::<AskConfirmation>();
    let path = use_location().pathname;
    let viewer = use_context::<Viewer>();
    let team = use_params_map().read_untracked().get("team").unwrap_or_default();
    let here = viewer.as_ref().and_then(|viewer| viewer.teams.iter().find(|item| item.id.to_string() == team));
    let act = here.map_or(act.clone(), |here| in_team(&act, &here.name));
    let by_passkey = only_passkey || here.is_some_and(|here| here.by_passkey);
    let has_passkey = viewer.is_some_and(|viewer| viewer.has_passkey);
    let how = match (by_passkey, has_passkey) {
        (true, true) => "Show your passkey: a code is not enough for this. It is good for 10 minutes.",
        (true, false) => "It takes a passkey, and you have none yet: add one under Your account.",
        (false, true) => "Show your passkey, or we send a code to your e-mail. It is good for 10 minutes.",
        (false, false) => "We send a code to your e-mail; it is good for 10 minutes.",
    };
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
                        <Hidden name="next" value=path.get_untracked()/>
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
    }
}
