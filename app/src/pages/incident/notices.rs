use leptos::prelude::*;
use model::{
    Permission,
    ids::{IncidentId, NoticeId, TeamId},
    incident::{NoticeState, Track},
};

use super::{
    super::{may, stepped_up},
    framed,
};
use crate::{
    api::notices::{
        ApproveNotice, DraftNotice, MarkNoticeSent, NoticeItem, NoticeList, SendNotice, ToldAmazonAlone, WithdrawNotice,
        WriteNotice, notices,
    },
    components::{Act, ActForm, At, Badge, Choice, Field, Hidden, Select, StepUpGate, Submit, TextArea},
};

/// What is said, to whom: drafted, approved by another person, sent.
#[component]
pub fn IncidentNoticesPage() -> impl IntoView {
    framed("/notices", notices, |all: &NoticeList| all.item.clone(), |team, all| view! { <Page team all/> }.into_any())
}

#[component]
fn Page(team: TeamId, all: NoticeList) -> impl IntoView {
    let id = all.item.id;
    let runs = may(Permission::RunIncidents) && !all.item.state.is_over();
    let cards = all.notices.into_iter().map(|notice| view! { <NoticeCard team incident=id notice runs/> }).collect_view();
    let told = if all.amazon_told { "Amazon was told: " } else { "Amazon need not be told: " };
    let open = all.amazon.is_none();
    let amazon = match all.amazon {
        Some((at, how)) => view! { <p>{told}{how}" ("<At moment=at/>")"</p> }.into_any(),
        None => view! { <p>"Amazon is not told yet: it hears within 24 hours of the detection."</p> }.into_any(),
    };
    view! {
        {amazon}
        <p class="muted small">"Answers go to "{all.contact}" ("<a href=format!("/teams/{team}/incidents/readiness")>"change"</a>")."</p>
        {runs.then(|| view! { <Begin team incident=id/> })}
        {cards}
        {(runs && open && all.alone).then(|| view! { <Alone team incident=id/> })}
    }
}

/// A draft with every field filled from the incident.
#[component]
fn Begin(team: TeamId, incident: IncidentId) -> impl IntoView {
    let act = Act::of::<DraftNotice>();
    let tracks = Track::ALL.iter().map(|track| (track.as_str().to_owned(), track.title().to_owned())).collect();
    view! {
        <section class="card" aria-labelledby="draft-h">
            <h2 id="draft-h">"A new notice"</h2>
            <ActForm act class="form">
                <Hidden name="team" value=team.to_string()/>
                <Hidden name="incident" value=incident.to_string()/>
                <Select name="track" label="For" options=tracks act hint="It is drafted from what is known; you change the words, another person approves them."/>
                <Submit label="Draft it" class="btn-secondary"/>
            </ActForm>
        </section>
    }
}

/// Where nobody else is there who could approve a notice.
#[component]
fn Alone(team: TeamId, incident: IncidentId) -> impl IntoView {
    let act = Act::of::<ToldAmazonAlone>();
    view! {
        <details class="disclosure" open=act.failed()>
            <summary>"Amazon was told, and nobody else is there to approve it…"</summary>
            <StepUpGate open=stepped_up() act=format!("say that Amazon was told of {}", model::incident::code(incident))>
                <ActForm act class="form">
                    <Hidden name="team" value=team.to_string()/>
                    <Hidden name="incident" value=incident.to_string()/>
                    <TextArea name="how" id="alone-how" label="When and how was Amazon told, and why was nobody else there?" hint="The Team's owners hear of this, and it stands in the log." required=true act/>
                    <Submit label="Amazon was told" class="btn-secondary"/>
                </ActForm>
            </StepUpGate>
        </details>
    }
}

#[component]
fn Ids(team: TeamId, incident: IncidentId, notice: NoticeId, version: i32) -> impl IntoView {
    view! {
        <Hidden name="team" value=team.to_string()/>
        <Hidden name="incident" value=incident.to_string()/>
        <Hidden name="notice" value=notice.to_string()/>
        <Hidden name="version" value=version.to_string()/>
    }
}

#[component]
fn NoticeCard(team: TeamId, incident: IncidentId, notice: NoticeItem, runs: bool) -> impl IntoView {
    let tone = match notice.state {
        NoticeState::Draft => "pending",
        NoticeState::Approved => "attention",
        NoticeState::Sent => "ok",
        NoticeState::Withdrawn => "neutral",
    };
    let head = format!("ntc-{}", notice.id.0.simple());
    let labelled = head.clone();
    let (writer, at) = notice.written.clone();
    let approved =
        notice.approved.clone().map(|(who, at)| view! { <div><dt>"Approved"</dt><dd>{who}" "<At moment=at/></dd></div> });
    let sent = notice
        .sent
        .clone()
        .map(|(who, at, how)| view! { <div><dt>"Sent"</dt><dd>{who}" "<At moment=at/>". "{how}</dd></div> });
    let mails =
        notice.mails.clone().into_iter().map(|(to, what)| view! { <div><dt>{to}</dt><dd>{what}</dd></div> }).collect_view();
    let to = if notice.recipients.is_empty() { "nobody by mail".to_owned() } else { notice.recipients.replace('\n', ", ") };
    let request = notice.for_amazon.then(|| view! { <div><dt>"In Amazon's name"</dt><dd>{if notice.request.is_empty() { "its written request is missing".to_owned() } else { notice.request.clone() }}</dd></div> });
    let act = runs.then(|| view! { <Acts team incident notice=notice.clone()/> });
    view! {
        <section class="card" aria-labelledby=head>
            <h2 id=labelled>{notice.track.title()}": "{notice.subject.clone()}" "<Badge tone word=notice.state.title()/></h2>
            <dl class="facts">
                <div><dt>"To"</dt><dd>{to}</dd></div>
                <div><dt>"Written"</dt><dd>{writer}" "<At moment=at/></dd></div>
                {request}{approved}{sent}{mails}
            </dl>
            <p class="timeline-text">{notice.body.clone()}</p>
            {act}
        </section>
    }
}

#[component]
fn Acts(team: TeamId, incident: IncidentId, notice: NoticeItem) -> impl IntoView {
    let (id, version, word) = (notice.id, notice.version, notice.id.to_string());
    let withdraw = Act::of::<WithdrawNotice>().only_for("notice", &word);
    let next = match notice.state {
        NoticeState::Draft if notice.may_approve => view! { <Approve team incident notice=notice.clone()/> }.into_any(),
        NoticeState::Draft => view! { <p class="muted">"Another person who runs incidents approves it."</p> }.into_any(),
        NoticeState::Approved => view! { <Send team incident notice=notice.clone()/> }.into_any(),
        NoticeState::Sent | NoticeState::Withdrawn => return ().into_any(),
    };
    view! {
        {next}
        <Write team incident notice/>
        <ActForm act=withdraw><Ids team incident notice=id version/><Submit label="Withdraw it" class="btn-quiet"/></ActForm>
    }
    .into_any()
}

#[component]
fn Approve(team: TeamId, incident: IncidentId, notice: NoticeItem) -> impl IntoView {
    let act = Act::of::<ApproveNotice>().only_for("notice", &notice.id.to_string());
    view! {
        <StepUpGate open=stepped_up() act=format!("approve the notice “{}” of {}", notice.subject, model::incident::code(incident))>
            <ActForm act>
                <Ids team incident notice=notice.id version=notice.version/>
                <Submit label="Approve these words"/>
            </ActForm>
        </StepUpGate>
    }
}

#[component]
fn Send(team: TeamId, incident: IncidentId, notice: NoticeItem) -> impl IntoView {
    let word = notice.id.to_string();
    let (send, mark) =
        (Act::of::<SendNotice>().only_for("notice", &word), Act::of::<MarkNoticeSent>().only_for("notice", &word));
    let bare = notice.id.0.simple();
    let (proof, at) = (format!("proof-{bare}"), format!("at-{bare}"));
    let mailed = (!notice.recipients.is_empty()).then(
        || view! { <ActForm act=send><Ids team incident notice=notice.id version=notice.version/><Submit label="Send it by mail"/></ActForm> },
    );
    view! {
        {mailed}
        <details class="disclosure" open=mark.failed()>
            <summary>"It was sent another way…"</summary>
            <ActForm act=mark class="form">
                <Ids team incident notice=notice.id version=notice.version/>
                <Field name="proof" id=proof label="How, and what proves it?" hint="The number of the case, the message's id; put files under Evidence." act=mark/>
                <Field name="at" id=at label="When? (UTC)" hint="Leave it empty for now." kind="datetime-local" optional=true act=mark/>
                <Submit label="Mark as sent" class="btn-secondary"/>
            </ActForm>
        </details>
    }
}

#[component]
fn Write(team: TeamId, incident: IncidentId, notice: NoticeItem) -> impl IntoView {
    let act = Act::of::<WriteNotice>().only_for("notice", &notice.id.to_string());
    let bare = notice.id.0.simple().to_string();
    let id = move |name: &str| format!("{name}-{bare}");
    let ids = (id("recipients"), id("subject"), id("body"), id("request"));
    let speaks = matches!(notice.track, Track::Affected | Track::Authority);
    let request = speaks.then(|| view! {
        <Choice name="for_amazon" value="true" label="It speaks in Amazon's name" hint="Only when Amazon asked for that in writing." checked=notice.for_amazon act/>
        <Field name="request" id=ids.3 label="Amazon's written request: when, by whom, under which number" optional=true value=notice.request.clone() act/>
    });
    view! {
        <details class="disclosure" open=act.failed()>
            <summary>"Change the words…"</summary>
            <ActForm act class="form">
                <Ids team incident notice=notice.id version=notice.version/>
                <TextArea name="recipients" id=ids.0 label="Addresses, one a line" hint="Nobody, when it is said another way." value=notice.recipients.clone() act/>
                <Field name="subject" id=ids.1 label="Subject" value=notice.subject.clone() act/>
                <TextArea name="body" id=ids.2 label="Words" hint="An approval of the words before is gone." value=notice.body.clone() rows=16 required=true act/>
                {request}
                <Submit label="Keep these words" class="btn-secondary"/>
            </ActForm>
        </details>
    }
}
