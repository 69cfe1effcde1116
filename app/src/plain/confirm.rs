use leptos::prelude::*;

use super::code::{AboutCode, CodeInput};
use crate::{
    answer::vouched,
    api::{
        Viewer,
        login::{AskConfirmation, Confirm, read_pending_code},
    },
    components::{Act, ActForm, CardPage, ConfirmWithAPasskey, Here, Hidden, Submit, loaded},
};

/// The signed-in person types a fresh code, then goes on where they were.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let confirm = Act::of::<Confirm>();
    let ask = Act::of::<AskConfirmation>();
    let has_passkey = use_context::<Viewer>().is_some_and(|viewer| viewer.has_passkey);
    view! {
        {loaded(read_pending_code(), move |pending| match pending {
            None => view! {
                <CardPage title="Confirm that it is you" lead="Some acts ask for a fresh code. It is good for 10 minutes.">
                    {has_passkey.then(|| view! { <ConfirmWithAPasskey next="/account"/> })}
                    <ActForm act=ask class="form">
                        <Submit label="Send code" class="btn-primary btn-block"/>
                    </ActForm>
                </CardPage>
            }.into_any(),
            Some(pending) => {
                let act = pending.act.clone();
                let to = act.as_ref().map(|act| format!("To {act}, confirm that it is you. ")).unwrap_or_default();
                let lead = format!("{to}We sent 8 digits to {}.", pending.email);
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
}
