use leptos::prelude::*;

use super::code::{AboutCode, CodeInput};
use crate::{
    api::login::{AskConfirmation, Confirm, read_pending_code},
    components::{CardPage, FailureNotice, Here, Hidden, Submit, failure_of, loaded},
};

/// The signed-in person types a fresh code, then goes on where they were.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let pending = Resource::new_blocking(|| (), |()| read_pending_code());
    let confirm = ServerAction::<Confirm>::new();
    let ask = ServerAction::<AskConfirmation>::new();
    let failure = failure_of(confirm);
    view! {
        {loaded(pending, move |pending| match pending {
            None => view! {
                <CardPage title="Confirm that it is you" lead="Some acts ask for a fresh code. It is good for 10 minutes.">
                    <ActionForm action=ask attr:class="form">
                        <Submit label="Send code" failure=failure_of(ask) pending=ask.pending() class="btn-primary btn-block"/>
                    </ActionForm>
                </CardPage>
            }.into_any(),
            Some(pending) => {
                let lead = format!("We sent 8 digits to {}.", pending.email);
                let (next, wait) = (pending.next.clone(), pending.resend_in_s);
                let back = next.clone();
                view! {
                    <CardPage title="Confirm that it is you" lead>
                        <ActionForm action=confirm attr:class="form" attr:novalidate="">
                            <CodeInput failure/>
                            <AboutCode pending/>
                            <Submit label="Confirm" failure pending=confirm.pending() class="btn-primary btn-block"/>
                        </ActionForm>
                        <div class="row row-between">
                            <ActionForm action=ask>
                                <Hidden name="next" value=next/>
                                <Here/>
                                <button type="submit" class="btn btn-quiet btn-sm" data-countdown=wait.to_string()>"Send another code"</button>
                            </ActionForm>
                            <a class="btn btn-quiet btn-sm" href=back>"Back"</a>
                        </div>
                        {move || failure_of(ask).get().map(|failure| view! { <FailureNotice failure/> })}
                    </CardPage>
                }.into_any()
            }
        })}
    }
}
