use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use model::{
    login::{CODE_LIFE, MAIL_GAP},
    step_up::STEP_UP_LIFE,
};

use super::{
    Act, ActForm, ConfirmWithAPasskey, Hidden, Icon, Submit,
    code::{CapturedMail, CodeInput},
    step_up::{here, opened_by, team},
};
use crate::{
    answer::vouched,
    api::{
        Viewer,
        login::{AskConfirmation, Confirm},
    },
};

/// Says what is about to be done, and asks for the proof: on this page, where scripts run.
#[component]
pub(super) fn Gate(act: String, only_passkey: bool) -> impl IntoView {
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
        <div class="gate stack stack-sm" role="group" aria-label=label data-until=opened_by(only_passkey) data-life=STEP_UP_LIFE.num_seconds().to_string()>
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
                {(by_passkey && !has_passkey).then(|| view! { <a class="btn btn-secondary" href="/account" target="_blank" rel="external noopener">"Your account, in a new tab"</a> })}
            </div>
        </div>
    }
}

/// Where the code is typed that a gate asked for: a script takes it there, one for all gates of a page.
#[component]
pub fn GateCode(viewer: Viewer) -> impl IntoView {
    let (confirm, again) = (Act::of::<Confirm>(), Act::of::<AskConfirmation>());
    view! {
        <div class="stack stack-sm" data-gate-code hidden>
            <p class="small" id="gate-code-sent">"We sent 8 digits to " {viewer.email} ". They work for " {CODE_LIFE.num_minutes()} " minutes, in this browser only."</p>
            {viewer.mailbox.then(|| view! { <CapturedMail/> })}
            <ActForm act=confirm class="form">
                <CodeInput act=confirm id="gate-code"/>
                <Submit label="Confirm"/>
            </ActForm>
            <ActForm act=again>
                <Hidden name="act_proof" value=""/>
                <Hidden name="act" value=""/>
                <button type="submit" class="btn btn-quiet btn-sm" data-countdown=MAIL_GAP.num_seconds().to_string()>"Send another code"</button>
            </ActForm>
        </div>
    }
}
