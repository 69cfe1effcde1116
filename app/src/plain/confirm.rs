use leptos::prelude::*;

use super::code::{AboutCode, CodeInput};
use crate::{
    api::login::{AskConfirmation, Confirm, read_pending_code},
    components::{Act, ActForm, CardPage, FailureNotice, Here, Hidden, Submit, loaded},
};

/// The signed-in person types a fresh code, then goes on where they were.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let pending = Resource::new_blocking(|| (), |()| read_pending_code());
    let confirm = Act::of::<Confirm>();
    let ask = Act::of::<AskConfirmation>();
    let failure = confirm.failure();
    view! {
        {loaded(pending, move |pending| match pending {
            None => view! {
                <CardPage title="Confirm that it is you" lead="Some acts ask for a fresh code. It is good for 10 minutes.">
                    <ActForm act=ask attr:class="form">
                        <Submit label="Send code" act=ask class="btn-primary btn-block"/>
                    </ActForm>
                </CardPage>
            }.into_any(),
            Some(pending) => {
                let lead = format!("We sent 8 digits to {}.", pending.email);
                let (next, wait) = (pending.next.clone(), pending.resend_in_s);
                let back = next.clone();
                view! {
                    <CardPage title="Confirm that it is you" lead>
                        <ActForm act=confirm attr:class="form" attr:novalidate="">
                            <CodeInput failure/>
                            <AboutCode pending/>
                            <Submit label="Confirm" act=confirm class="btn-primary btn-block"/>
                        </ActForm>
                        <div class="row row-between">
                            <ActForm act=ask>
                                <Hidden name="next" value=next/>
                                <Here/>
                                <button type="submit" class="btn btn-quiet btn-sm" data-countdown=wait.to_string()>"Send another code"</button>
                            </ActForm>
                            <a class="btn btn-quiet btn-sm" href=back>"Back"</a>
                        </div>
                        {move || ask.failure().get().map(|failure| view! { <FailureNotice failure/> })}
                    </CardPage>
                }.into_any()
            }
        })}
    }
}
