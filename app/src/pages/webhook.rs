use leptos::prelude::*;
use model::{
    Environment, Permission,
    ids::{GatewayId, TeamId},
};

use super::{may, stepped_up};
use crate::{
    api::webhooks::{
        MessageItem, MessageOutcome, RemoveWebhook, ReplayMessage, RotateWebhook, SendTestMessage, SetGatewayWebhook,
        SetWebhook, WebhookDetail, WebhookItem, gateway_webhook, webhook,
    },
    components::{Act, ActForm, At, Badge, Field, Hidden, StepUpGate, Submit, loaded},
};

/// Where alerts are sent besides people, and what was sent.
#[component]
pub fn WebhookCard(team: TeamId) -> impl IntoView {
    loaded(webhook(team), move |detail| {
        let act = Act::of::<SetWebhook>();
        let url = detail.present.as_ref().map(|hook| hook.url.clone()).unwrap_or_default();
        let about = "Each alert is also sent to a service of yours, signed as Standard Webhooks describes it. Quiet hours hold messages back as they do mails.";
        view! {
            <Card team detail whose="for alerts".to_owned() about may_change=may(Permission::ManageAlerts) failed=act.failed()>
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Address url act/>
                    <Submit label="Save webhook" class="btn-secondary"/>
                </ActForm>
            </Card>
        }
        .into_any()
    })
}

/// Where a gateway is told of what happens to its connections, and what was sent.
#[component]
pub fn GatewayWebhookCard(team: TeamId, gateway: GatewayId, name: String, environment: Environment) -> impl IntoView {
    loaded(gateway_webhook(team, gateway), move |detail| {
        let act = Act::of::<SetGatewayWebhook>();
        let url = detail.present.as_ref().map(|hook| hook.url.clone()).unwrap_or_default();
        let until = detail.present.as_ref().and_then(|hook| hook.ends.clone()).map(|(_, day)| day).unwrap_or_default();
        let ends_hint = match environment {
            Environment::Sandbox => {
                "A day after which nothing is sent any more. A tunnel to your own machine needs one, within seven days."
            }
            Environment::Production => "A day after which nothing is sent any more. Tunnels are for the sandbox only.",
        };
        let about = "Notifications of Amazon's that reach Portal are passed on to this gateway's service as they come: what kind, when and about which connection, never what stands in them. Signed as Standard Webhooks describes it.";
        view! {
            <Card team detail whose=format!("of {name}") about may_change=may(Permission::ManageGateways) failed=act.failed()>
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="gateway" value=gateway.to_string()/>
                    <Address url act/>
                    <Field name="ends" label="Until" kind="date" hint=ends_hint optional=true value=until act/>
                    <Submit label="Save webhook" class="btn-secondary"/>
                </ActForm>
            </Card>
        }
        .into_any()
    })
}

#[component]
fn Address(url: String, act: Act) -> impl IntoView {
    view! {
        <Field name="url" label="Address" hint="https:// to a host that the operator of this installation has listed." value=url act/>
        <Secret act/>
    }
}

#[component]
fn Secret(act: Act, #[prop(optional)] id: &'static str) -> impl IntoView {
    view! { <Field name="webhook_secret" id label="Signing secret" kind="password" mono=true autocomplete="new-password" hint="whsec_ and 24 to 64 bytes in Base64, as your receiver has it. It is sealed and not shown again." act/> }
}

#[component]
fn Card(
    team: TeamId,
    detail: WebhookDetail,
    whose: String,
    about: &'static str,
    may_change: bool,
    failed: bool,
    /// The form that sets it.
    children: Children,
) -> impl IntoView {
    let any = detail.present.is_some();
    let change = may_change.then(|| {
        let gated =
            view! { <StepUpGate open=stepped_up() act=format!("change the webhook {whose}")>{children()}</StepUpGate> };
        if any {
            view! { <details class="disclosure" open=failed><summary>"Change…"</summary>{gated}</details> }.into_any()
        } else {
            gated.into_any()
        }
    });
    let present = detail.present.map(|hook| view! { <Present team whose hook may_change/> });
    view! {
        <section class="card" aria-labelledby="webhook-h">
            <h2 id="webhook-h">"Webhook"</h2>
            <p class="muted">{about}</p>
            {present}
            {change}
            {(!detail.sent.is_empty()).then(|| view! { <Messages team sent=detail.sent may_replay=may_change && any/> })}
        </section>
    }
}

/// The webhook that there is, and what can be done with it.
#[component]
fn Present(team: TeamId, whose: String, hook: WebhookItem, may_change: bool) -> impl IntoView {
    let id = hook.id.to_string();
    let (test, rotate, remove) = (Act::of::<SendTestMessage>(), Act::of::<RotateWebhook>(), Act::of::<RemoveWebhook>());
    let ids = move || view! { <Hidden name="team" value=team.to_string()/> <Hidden name="webhook" value=id.clone()/> };
    let (first, second, third) = (ids(), ids(), ids());
    view! {
        <p>"Sent to " <code>{hook.url}</code> ", set " <At moment=hook.set/> "."
            {hook.ends.map(|(at, _)| view! { " Ends " <At moment=at/> "." })}
            {hook.overlap.map(|at| view! { " The old secret signs beside the new one until " <At moment=at/> "." })}
        </p>
        {may_change.then(|| view! {
            <ActForm act=test>{first}<Submit label="Send a test message" class="btn-secondary"/></ActForm>
            <details class="disclosure" open=rotate.failed()>
                <summary>"Change the signing secret…"</summary>
                <p class="muted small">"For a day each message is signed with both, the old one and the new one: change your receiver over meanwhile."</p>
                <StepUpGate open=stepped_up() act=format!("change the signing secret of the webhook {whose}")>
                    <ActForm act=rotate class="form">{second}<Secret act=rotate id="next-secret"/><Submit label="Change secret" class="btn-secondary"/></ActForm>
                </StepUpGate>
            </details>
            <details class="disclosure" open=remove.failed()>
                <summary>"Remove…"</summary>
                <p class="muted small">"What waits is not sent any more, and the secret is destroyed."</p>
                <StepUpGate open=stepped_up() act=format!("remove the webhook {whose}")>
                    <ActForm act=remove>{third}<Submit label="Remove webhook" class="btn-danger-quiet"/></ActForm>
                </StepUpGate>
            </details>
        })}
    }
}

#[component]
fn Messages(team: TeamId, sent: Vec<MessageItem>, may_replay: bool) -> impl IntoView {
    let rows = sent.into_iter().map(|message| {
        let (tone, word) = match message.outcome {
            MessageOutcome::Sent => ("ok", "Sent"),
            MessageOutcome::GivenUp => ("danger", "Given up"),
            MessageOutcome::OnItsWay => ("pending", "On its way"),
        };
        let id = message.id.to_string();
        let act = Act::of::<ReplayMessage>().only_for("message", &id);
        let answer = message.answer.map(|answer| format!(", answered {answer}")).unwrap_or_default();
        let over = message.outcome != MessageOutcome::OnItsWay;
        view! {
            <tr>
                <th scope="row"><code>{message.kind}</code><span class="cell-sub"><At moment=message.created/></span></th>
                <td data-label="Status"><Badge tone word/></td>
                <td data-label="Tries">{format!("{}{answer}", message.attempts)}</td>
                {may_replay.then(|| view! {
                    <td class="cell-actions">{over.then(|| view! {
                        <ActForm act><Hidden name="team" value=team.to_string()/><Hidden name="message" value=id/><Submit label="Send again" class="btn-quiet btn-sm"/></ActForm>
                    })}</td>
                })}
            </tr>
        }
    });
    view! {
        <div class="table-wrap"><table class="table">
            <caption class="visually-hidden">"Last messages"</caption>
            <thead><tr><th scope="col">"Message"</th><th scope="col">"Status"</th><th scope="col">"Tries"</th>{may_replay.then(|| view! { <th scope="col"><span class="visually-hidden">"Actions"</span></th> })}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
}
