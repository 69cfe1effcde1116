use leptos::prelude::*;
use model::{Permission, ids::TeamId};

use super::{Allowed, stepped_up};
use crate::{
    api::webhooks::{MessageItem, MessageOutcome, RemoveWebhook, SetWebhook, WebhookDetail, webhook},
    components::{Act, ActForm, At, Badge, Field, Hidden, StepUpGate, Submit, loaded},
};

/// Where alerts are sent besides people, and what was sent.
#[component]
pub fn WebhookCard(team: TeamId) -> impl IntoView {
    loaded(webhook(team), move |detail| view! { <Card team detail/> }.into_any())
}

#[component]
fn Card(team: TeamId, detail: WebhookDetail) -> impl IntoView {
    let (set, remove) = (Act::of::<SetWebhook>(), Act::of::<RemoveWebhook>());
    let present = detail.url.clone().zip(detail.set.clone()).map(|(url, at)| {
        view! { <p>"Sent to " <code>{url}</code> ", set " <At moment=at/> "."</p> }
    });
    let url = detail.url.clone().unwrap_or_default();
    let any = detail.url.is_some();
    view! {
        <section class="card" aria-labelledby="webhook-h">
            <h2 id="webhook-h">"Webhook"</h2>
            <p class="muted">"Each alert is also sent to a service of yours, signed as Standard Webhooks describes it. Quiet hours hold messages back as they do mails."</p>
            {present}
            <Allowed to=Permission::ManageAlerts>
                <StepUpGate open=stepped_up() act="change where alerts are sent">
                    <ActForm act=set class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Field name="url" label="Address" hint="https:// to a host that the operator of this installation has listed." value=url.clone() act=set/>
                        <Field name="webhook_secret" label="Signing secret" kind="password" mono=true autocomplete="new-password" hint="whsec_ and 24 to 64 bytes in Base64, as your receiver has it. It is sealed and not shown again." act=set/>
                        <Submit label="Save webhook" class="btn-secondary"/>
                    </ActForm>
                    {any.then(|| view! { <ActForm act=remove><Hidden name="team" value=team.to_string()/><Submit label="Remove webhook" class="btn-danger-quiet"/></ActForm> })}
                </StepUpGate>
            </Allowed>
            {(!detail.sent.is_empty()).then(|| view! { <Messages sent=detail.sent.clone()/> })}
        </section>
    }
}

#[component]
fn Messages(sent: Vec<MessageItem>) -> impl IntoView {
    let rows = sent.into_iter().map(|message| {
        let (tone, word) = match message.outcome {
            MessageOutcome::Sent => ("ok", "Sent"),
            MessageOutcome::GivenUp => ("danger", "Given up"),
            MessageOutcome::OnItsWay => ("pending", "On its way"),
        };
        let answer = message.answer.map(|answer| format!(", answered {answer}")).unwrap_or_default();
        view! {
            <tr>
                <th scope="row"><code>{message.kind}</code><span class="cell-sub"><At moment=message.created/></span></th>
                <td data-label="Status"><Badge tone word/></td>
                <td data-label="Tries">{format!("{}{answer}", message.attempts)}</td>
            </tr>
        }
    });
    view! {
        <div class="table-wrap"><table class="table">
            <caption class="visually-hidden">"Last messages"</caption>
            <thead><tr><th scope="col">"Message"</th><th scope="col">"Status"</th><th scope="col">"Tries"</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
}
