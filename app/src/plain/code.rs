use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::login::{AskCode, PendingCode, SignIn, read_pending_code},
    components::{Act, ActForm, CapturedMail, CardPage, CodeInput, Here, Hidden, Submit, loaded},
};

/// What stands under every code field: how long it lives, where captured mail is, how to get another.
#[component]
pub fn AboutCode(pending: PendingCode) -> impl IntoView {
    view! {
        <p class="muted small">{if pending.is_over { "The newest code worked until " } else { "The newest code works until " }} <time datetime=pending.expires.iso.clone()>{pending.expires.absolute.clone()}</time> ", in this browser only."</p>
        {pending.mailbox.then(|| view! { <CapturedMail/> })}
    }
}

#[component]
pub fn CodePage() -> impl IntoView {
    let sign_in = Act::of::<SignIn>();
    let again = Act::of::<AskCode>();
    view! {
        <Title text="Enter the code"/>
        {loaded(read_pending_code(), move |pending| match pending {
            None => view! {
                <CardPage title="Ask for a code first" lead="This browser waits for no code. A code works only in the browser that asked for it.">
                    <a class="btn btn-primary btn-block" href="/sign-in">"Sign in"</a>
                </CardPage>
            }.into_any(),
            Some(pending) => {
                let lead = match pending.is_over {
                    true => format!("The code that we sent to {} has run out: send another one.", pending.email),
                    false => format!("We sent 8 digits to {}. If nothing comes within a minute, look into the spam folder; an address that is not invited gets no mail.", pending.email),
                };
                let (email, next, wait) = (pending.email.clone(), pending.next.clone(), pending.resend_in_s);
                view! {
                    <CardPage title="Enter the code" lead>
                        <ActForm act=sign_in class="form">
                            <CodeInput act=sign_in/>
                            <AboutCode pending/>
                            <Submit label="Sign in" class="btn-primary btn-block"/>
                        </ActForm>
                        <div class="row row-between">
                            <ActForm act=again>
                                <Hidden name="email" value=email/>
                                <Hidden name="next" value=next/>
                                <Here/>
                                <button type="submit" class="btn btn-quiet btn-sm" data-countdown=wait.to_string()>"Send another code"</button>
                            </ActForm>
                            <a class="btn btn-quiet btn-sm" href="/sign-in">"Wrong address?"</a>
                        </div>
                    </CardPage>
                }.into_any()
            }
        })}
    }
}
