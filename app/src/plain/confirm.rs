use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::step_up::DangerousAct;

use super::code::AboutCode;
use crate::{
    answer::{shown, vouched},
    api::{
        Viewer,
        login::{AskConfirmation, Confirm, read_pending_code},
    },
    components::{Act, ActForm, CardPage, CodeInput, ConfirmWithAPasskey, Here, Hidden, Submit, loaded},
};

/// Where a tab ends that was opened for the proof alone.
const CONFIRMED: &str = "/confirm?confirmed=yes";

/// The signed-in person types a fresh code, then goes on where they were.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let confirm = Act::of::<Confirm>();
    let ask = Act::of::<AskConfirmation>();
    let (has_passkey, stepped_up) =
        use_context::<Viewer>().map_or((false, false), |viewer| (viewer.has_passkey, viewer.stepped_up.is_some()));
    let asked = |name: &str| use_query_map().read_untracked().get(name).filter(|text| !text.is_empty());
    let only_passkey = asked("by").as_deref() == Some("passkey");
    // In the words of the form that led here, which Portal wrote; or of its kind.
    let about = asked("about").and_then(|hidden| shown(&hidden));
    let kind = || asked("act").and_then(|slug| DangerousAct::from_slug(&slug)).map(|act| act.words().to_owned());
    let named = about.or_else(kind);
    if stepped_up && asked("confirmed").is_some() {
        return view! { <CardPage title="It is you" lead="For 10 minutes. Close this tab, and send the form again.">""</CardPage> }.into_any();
    }
    view! {
        // A code that waits for another act than this page was opened for, or has run out, is not waited for there.
        {loaded(read_pending_code(), move |pending| match pending.filter(|one| named.is_none() || (one.act == named && !one.is_over)) {
            None => {
                let to = named.as_ref().map_or("Some acts ask for a fresh proof".to_owned(), |act| format!("To {act}, confirm that it is you"));
                let how = match (only_passkey, has_passkey) {
                    (true, true) => "Show your passkey: a code is not enough for this.",
                    (true, false) => "It takes a passkey, and you have none yet: add one under Your account.",
                    (false, _) => "It is good for 10 minutes.",
                };
                view! {
                    <CardPage title="Confirm that it is you" lead=format!("{to}. {how}")>
                        {has_passkey.then(|| view! { <ConfirmWithAPasskey next=CONFIRMED/> })}
                        {(!only_passkey).then(|| view! {
                            <ActForm act=ask class="form">
                                <Hidden name="next" value=CONFIRMED/>
                                {named.map(|act| view! { <Hidden name="act_proof" value=vouched(&act)/> <Hidden name="act" value=act/> })}
                                <Submit label="Send code" class="btn-primary btn-block"/>
                            </ActForm>
                        })}
                        {(only_passkey && !has_passkey).then(|| view! { <a class="btn btn-secondary btn-block" href="/account">"Your account"</a> })}
                    </CardPage>
                }.into_any()
            },
            Some(pending) => {
                let act = pending.act.clone();
                let to = act.as_ref().map(|act| format!("To {act}, confirm that it is you. ")).unwrap_or_default();
                let lead = match pending.is_over {
                    true => format!("{to}The code that we sent to {} has run out: send another one.", pending.email),
                    false => format!("{to}We sent 8 digits to {}.", pending.email),
                };
                let (next, wait) = (pending.next.clone(), pending.resend_in_s);
                let (back, after) = (next.clone(), next.clone());
                view! {
                    <CardPage title="Confirm that it is you" lead>
                        <ActForm act=confirm class="form">
                            <CodeInput act=confirm/>
                            <AboutCode pending/>
                            <Submit label="Confirm" class="btn-primary btn-block"/>
                        </ActForm>
                        {has_passkey.then(|| view! { <ConfirmWithAPasskey next=after/> })}
                        <div class="row row-between">
                            <ActForm act=ask>
                                <Hidden name="next" value=next/>
                                {act.map(|act| view! { <Hidden name="act_proof" value=vouched(&act)/> <Hidden name="act" value=act/> })}
                                <Here/>
                                <button type="submit" class="btn btn-quiet btn-sm" data-countdown=wait.to_string()>"Send another code"</button>
                            </ActForm>
                            <a class="btn btn-quiet btn-sm" href=back>"Back"</a>
                        </div>
                    </CardPage>
                }.into_any()
            }
        })}
    }
    .into_any()
}
