use leptos::prelude::*;

use crate::{
    api::passkeys::{AddPasskey, BeginPasskey, Factors, PasskeyItem, RemovePasskey, RenamePasskey},
    components::{Act, ActForm, At, Badge, Field, Gated, Here, Hidden, Notice, PasskeyForm, StepUpGate, Submit},
};

/// The person's passkeys: adding, naming, taking away.
#[component]
pub fn Passkeys(factors: Factors) -> impl IntoView {
    let Factors { passkeys, offered, shown_here, may_add, may_remove } = factors;
    let none = passkeys.is_empty();
    let add = Act::of::<AddPasskey>();
    let state = match (none, shown_here) {
        (true, _) => view! { <Badge tone="attention" word="E-mail code only"/> }.into_any(),
        (false, true) => view! { <Badge tone="ok" word="Shown in this browser"/> }.into_any(),
        (false, false) => {
            view! { <span data-until="passkey"><Badge tone="neutral" word="Not shown in this browser"/></span> }.into_any()
        }
    };
    let rows = passkeys.into_iter().map(|passkey| view! { <Row passkey may_remove/> }).collect_view();
    view! {
        <section class="card" aria-labelledby="passkeys-h">
            <div class="row row-between"><h2 id="passkeys-h">"Passkeys"</h2>{state}</div>
            <p class="muted">"A code goes to your e-mail, so whoever reads your mail can sign in. A passkey stays in your device and works only at this address: it is the stronger way in. Every change here is mailed to you."</p>
            <noscript><Notice tone="info" title="Passkeys need JavaScript"><p>"Codes work without it."</p></Notice></noscript>
            {(!none).then(|| view! { <ul class="list" aria-label="Your passkeys">{rows}</ul> })}
            {(!none && !may_remove).then(|| view! {
                <StepUpGate open=false only_passkey=true act="add, rename or remove a passkey">""</StepUpGate>
            })}
            {if offered {
                let form = move || view! {
                    <PasskeyForm act=add begin={Act::of::<BeginPasskey>()} makes=true label="Add a passkey" class="btn-secondary">
                        <Field name="name" label="Name of the new passkey" id="new-passkey" hint="What you know the device by: laptop, phone, key ring." act=add/>
                    </PasskeyForm>
                };
                match (none, may_add) {
                    (_, true) => form().into_any(),
                    (true, false) => view! { <StepUpGate open=false act="add a passkey">{form()}</StepUpGate> }.into_any(),
                    (false, false) => view! { <Gated open=false only_passkey=true act="add a passkey">{form()}</Gated> }.into_any(),
                }
            } else {
                view! { <Notice tone="info" title="Not at this address"><p>"Passkeys need an address with a name in it; this installation is reached by a number."</p></Notice> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Row(passkey: PasskeyItem, may_remove: bool) -> impl IntoView {
    let id = passkey.id.to_string();
    let removed = id.clone();
    let rename = Act::of::<RenamePasskey>().only_for("passkey", &id);
    let remove = Act::of::<RemovePasskey>().only_for("passkey", &id);
    let used = match passkey.last_used {
        Some(at) => view! { "used " <At moment=at/> }.into_any(),
        None => view! { "not used yet" }.into_any(),
    };
    view! {
        <li class="row row-between">
            <div><strong>{passkey.name.clone()}</strong><span class="cell-sub">"added " <At moment=passkey.added/> ", " {used}</span></div>
            <Gated open={may_remove || rename.failed() || remove.failed()} only_passkey=true act=format!("rename or remove the passkey {}", passkey.name)><div class="row">
                <details open=rename.failed()>
                    <summary class="btn btn-quiet btn-sm">"Rename"</summary>
                    <ActForm act=rename class="form">
                        <Hidden name="passkey" value=id.clone()/>
                        <Field name="name" label="New name" id=format!("name-{id}") value=passkey.name act=rename/>
                        <Submit label="Save" class="btn-secondary"/>
                    </ActForm>
                </details>
                    <ActForm act=remove>
                        <Hidden name="passkey" value=removed/>
                        <Here/>
                        <button type="submit" class="btn btn-danger-quiet btn-sm">"Remove"</button>
                    </ActForm>
            </div></Gated>
        </li>
    }
}
