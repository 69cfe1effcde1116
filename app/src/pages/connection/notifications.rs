use leptos::prelude::*;
use model::{
    Permission,
    ids::{ConnectionId, TeamId},
    notification::LIVE_KEYS,
};

use crate::{
    answer::revealed_notification_key,
    api::{
        connections::ConnectionDetail,
        notifications::{
            AddTopic, CreateNotificationKey, InboxDetail, NotificationItem, NotificationKeyItem, RemoveTopic,
            RevokeNotificationKey, ShownNotificationKey, notifications,
        },
    },
    components::{Act, ActForm, At, Badge, CopyId, EmptyState, Field, Hidden, Icon, PlainForm, StepUpGate, Submit, loaded},
    pages::{may, stepped_up},
};

/// What came for a connection, whose word is taken, and how far it has told.
#[component]
pub fn Notifications(team: TeamId, detail: ConnectionDetail, over: bool) -> impl IntoView {
    let (id, name) = (detail.item.id, detail.item.name);
    loaded(notifications(team, id), move |inbox| {
        let may_change = !over && may(Permission::ManageConnections);
        view! {
            {revealed_notification_key().map(|key| view! { <KeyOnce key url=inbox.url.clone()/> })}
            <Last inbox=inbox.clone()/>
            <Keys team id name=name.clone() inbox=inbox.clone() may_change/>
            <Topics team id name inbox may_change/>
        }
        .into_any()
    })
}

#[component]
fn Ids(team: TeamId, id: ConnectionId) -> impl IntoView {
    view! { <Hidden name="team" value=team.to_string()/> <Hidden name="connection" value=id.to_string()/> }
}

/// The key at its only moment.
#[component]
fn KeyOnce(key: ShownNotificationKey, url: String) -> impl IntoView {
    view! {
        <section class="secret" aria-labelledby="sec-h">
            <h2 id="sec-h"><Icon name="key"/>"Your new signing key"</h2>
            <p>"Copy it now. You will not see it again. Your relay signs with it, as Standard Webhooks describes it, and sends to "<code>{url}</code>"."</p>
            <code class="secret-value" id="sec-v" translate="no">{key.secret}</code>
            <div class="row">
                <button type="button" class="btn btn-primary copy js-only" data-copy="sec-v"><Icon name="copy"/><Icon name="check"/>"Copy key"</button>
            </div>
        </section>
    }
}

#[component]
fn Last(inbox: InboxDetail) -> impl IntoView {
    if inbox.last.is_empty() {
        return view! { <EmptyState icon="bell" title="No notification yet" text="Portal keeps what a notification says of itself: its kind, its id, its times. Nothing of what stands in it is kept. Gateways with a webhook are told."/> }.into_any();
    }
    let rows = inbox.last.into_iter().map(|one| view! { <Row one/> }).collect_view();
    let marks =
        inbox.marks.into_iter().map(|(kind, at)| view! { <div><dt><code>{kind}</code></dt><dd><At moment=at/></dd></div> });
    view! {
        <section class="card card-flush" aria-label="Last notifications">
            <div class="table-wrap"><table class="table">
                <caption>"Last notifications"</caption>
                <thead><tr><th scope="col">"Notification"</th><th scope="col">"Happened"</th><th scope="col">"Received"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </section>
        <section class="card" aria-labelledby="marks-h">
            <h2 id="marks-h">"How far they have told"</h2>
            <p class="muted">"The newest moment of each kind. What tells of an earlier one comes late: it is kept and passed on, and marked."</p>
            <dl class="facts">{marks.collect_view()}</dl>
        </section>
    }
    .into_any()
}

#[component]
fn Row(one: NotificationItem) -> impl IntoView {
    let happened = match one.event {
        Some(at) => view! { <At moment=at/> }.into_any(),
        None => view! { <span class="muted">"not said"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><code>{one.kind}</code><span class="cell-sub">{one.source.title()}" · "<span class="mono">{one.notification_id}</span></span></th>
            <td data-label="Happened"><div>{happened}" "{one.late.then(|| view! { <Badge tone="attention" word="Late"/> })}</div></td>
            <td data-label="Received"><At moment=one.received/></td>
        </tr>
    }
}

#[component]
fn Keys(team: TeamId, id: ConnectionId, name: String, inbox: InboxDetail, may_change: bool) -> impl IntoView {
    let (none, full) = (inbox.keys.is_empty(), inbox.keys.len() >= LIVE_KEYS);
    let rows = inbox.keys.into_iter().map(|key| view! { <KeyRow team id key may_change/> }).collect_view();
    let create = Act::of::<CreateNotificationKey>();
    view! {
        <section class="card" aria-labelledby="keys-h">
            <h2 id="keys-h">"From your relay"</h2>
            <p class="muted">"A relay of yours takes notifications from Amazon's queue and sends them here, signed. Two keys may live at once: make the second, change the relay over, revoke the first."</p>
            <p><CopyId id=inbox.url what="address"/></p>
            {if none { view! { <p class="muted">"No key yet: nothing is taken."</p> }.into_any() } else { view! { <ul class="plain-list">{rows}</ul> }.into_any() }}
            {(may_change && !full).then(|| view! {
                <StepUpGate open=stepped_up() act=format!("create a key for notifications of {name}")>
                    <PlainForm act=create>
                        <Ids team id/>
                        <Hidden name="known_keys" value=inbox.known.to_string()/>
                        <Submit label="Create signing key"/>
                    </PlainForm>
                </StepUpGate>
            })}
        </section>
    }
}

#[component]
fn KeyRow(team: TeamId, id: ConnectionId, key: NotificationKeyItem, may_change: bool) -> impl IntoView {
    let act = Act::of::<RevokeNotificationKey>().only_for("notification_key", &key.id.to_string());
    let used = match key.last_used {
        Some(at) => view! { ", last used "<At moment=at/> }.into_any(),
        None => view! { ", never used" }.into_any(),
    };
    view! {
        <li>
            <code>{key.id.to_string()}</code><span class="cell-sub">"made "<At moment=key.created/>{used}</span>
            {may_change.then(|| view! {
                <details class="disclosure" open=act.failed()>
                    <summary>"Revoke…"</summary>
                    <p class="muted small">"Nothing that it signs is taken from the next message on. This cannot be undone."</p>
                    <ActForm act><Ids team id/><Hidden name="notification_key" value=key.id.to_string()/><Submit label="Revoke this key" class="btn-danger btn-sm"/></ActForm>
                </details>
            })}
        </li>
    }
}

#[component]
fn Topics(team: TeamId, id: ConnectionId, name: String, inbox: InboxDetail, may_change: bool) -> impl IntoView {
    let act = Act::of::<AddTopic>();
    let none = inbox.topics.is_empty();
    let rows = inbox.topics.into_iter().map(|topic| {
        let remove = Act::of::<RemoveTopic>().only_for("topic", &topic.arn);
        let state = match topic.confirmed {
            Some(at) => view! { "confirmed "<At moment=at/> }.into_any(),
            None => view! { "waits for Amazon to ask whether it is wanted" }.into_any(),
        };
        view! {
            <li>
                <code>{topic.arn.clone()}</code><span class="cell-sub">{state}</span>
                {may_change.then(|| view! { <ActForm act=remove><Ids team id/><Hidden name="topic" value=topic.arn/><Submit label="Remove topic" class="btn-danger-quiet btn-sm"/></ActForm> })}
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card" aria-labelledby="topics-h">
            <h2 id="topics-h">"From SNS topics"</h2>
            <p class="muted">"SNS signs what it delivers. Subscribe the address above, over HTTPS and without raw delivery, to a topic that is listed here: Portal checks Amazon's signature, and confirms the subscription by itself."</p>
            {if none { view! { <p class="muted">"No topic yet."</p> }.into_any() } else { view! { <ul class="plain-list">{rows}</ul> }.into_any() }}
            {may_change.then(|| view! {
                <StepUpGate open=stepped_up() act=format!("let notifications of a topic come for {name}")>
                    <ActForm act class="form">
                        <Ids team id/>
                        <Field name="topic" label="Topic" mono=true hint="arn:aws:sns:region:account:name" act/>
                        <Submit label="Add topic" class="btn-secondary"/>
                    </ActForm>
                </StepUpGate>
            })}
        </section>
    }
}
