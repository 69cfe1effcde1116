use leptos::prelude::*;
use leptos_meta::Title;
use model::{Permission, alert::Severity, ids::TeamId};

use super::{Allowed, alerts::SeverityBadge, may, stepped_up, team, webhook::WebhookCard};
use crate::{
    api::alerts::{AlertRuleSet, RuleItem, SetAlertDelivery, SetAlertRule, alert_rules},
    components::{
        Act, ActForm, Badge, Choice, Crumbs, Field, Gated, Hidden, Icon, PageHeader, Select, StepUpGate, Submit,
        UntilProved, loaded,
    },
};

/// Every rule explained, with the Team's own thresholds, and how the Team is told.
#[component]
pub fn AlertRulesPage() -> impl IntoView {
    let team = team();
    view! {
        <Title text="Alert rules"/>
        <Crumbs home=format!("/teams/{team}/alerts") place="Alerts" here="Rules and delivery"/>
        <PageHeader title="Rules and delivery" lead="What Portal watches for in this Team, from how much on it speaks, and whom it tells."/>
        {loaded(alert_rules(team), move |all| view! { <Delivery team all=all.clone()/> <WebhookCard team/> <Rules team rules=all.rules/> }.into_any())}
    }
}

#[component]
fn Delivery(team: TeamId, all: AlertRuleSet) -> impl IntoView {
    let act = Act::of::<SetAlertDelivery>();
    let from = |severity: Severity, words: &str| (severity.as_str().to_owned(), words.to_owned());
    let options = vec![
        from(Severity::Notice, "Every alert"),
        from(Severity::Warning, "Warnings and critical alerts"),
        from(Severity::Critical, "Critical alerts only"),
    ];
    view! {
        <section class="card" aria-labelledby="delivery-h">
            <h2 id="delivery-h">"Delivery"</h2>
            <p class="muted">"Owners and admins are told by mail, of all that is due in one mail. While an alert is open, what follows is counted in it and not mailed again."</p>
            <Allowed to=Permission::ManageAlerts>
                <StepUpGate open=stepped_up() act="change what Portal watches for">
                    <ActForm act class="form">
                        <Hidden name="team" value=team.to_string()/>
                        <Select name="mail_from" label="By mail" options=options.clone() selected=all.mail_from.as_str() act/>
                        <Field name="quiet" label="Quiet hours (UTC)" hint="Like 22-6. Mails wait until they end; critical alerts never wait." value=all.quiet.clone() optional=true act/>
                        <Submit label="Save" class="btn-secondary"/>
                    </ActForm>
                </StepUpGate>
            </Allowed>
        </section>
    }
}

#[component]
fn Rules(team: TeamId, rules: Vec<RuleItem>) -> impl IntoView {
    let rows = rules.into_iter().map(|item| view! { <RuleRow team item/> }).collect_view();
    view! {
        <section class="stack" aria-labelledby="rules-h">
            <h2 id="rules-h">"Rules"</h2>
            <ul class="rules">{rows}</ul>
        </section>
    }
}

#[component]
fn RuleRow(team: TeamId, item: RuleItem) -> impl IntoView {
    let rule = item.rule;
    let act = Act::of::<SetAlertRule>().only_for("rule", rule.as_str());
    let threshold = rule.threshold();
    let speaks = threshold.map(|threshold| format!("from {} {}", threshold.or_own(item.threshold), threshold.unit));
    let off = item.off.then(|| view! { <Badge tone="neutral" word="Off"/> });
    let own = item.threshold.map(|own| own.to_string()).unwrap_or_default();
    // Where the proof ended while somebody typed, the form stands and says so.
    let open = stepped_up() || act.failed();
    let changeable = may(Permission::ManageAlerts) && (threshold.is_some() || rule.may_be_off());
    view! {
        <li>
            <details open=act.failed()>
                <summary><span class="rule-name"><strong>{rule.title()}</strong><span class="muted small">{speaks}</span></span> {off} <SeverityBadge severity=rule.severity()/> <Icon name="chevron-right"/></summary>
                <div class="rule-body">
                    <p>{rule.looks_for()}</p>
                    <p class="muted">{rule.advice()}</p>
                    {changeable.then(|| view! { <UntilProved>"To change it, confirm above that it is you."</UntilProved> })}
                    {changeable.then(|| view! { <Gated open act=format!("change the rule “{}”", rule.title())>
                        <ActForm act class="form">
                            <Hidden name="team" value=team.to_string()/>
                            <Hidden name="rule" value=rule.as_str()/>
                            {threshold.map(|threshold| view! {
                                <Field name="threshold" id=format!("threshold-{}", rule.as_str()) label="Speaks from" hint=format!("{}: {} to {}. Empty: {}.", threshold.unit, threshold.least, threshold.most, threshold.default) value=own.clone() optional=true act/>
                            })}
                            {rule.may_be_off().then(|| view! { <Choice name="off" value="true" label="Switched off" hint="Nothing is noticed while it is off." checked=item.off act/> })}
                            <Submit label="Save rule" class="btn-secondary"/>
                        </ActForm>
                    </Gated> })}
                </div>
            </details>
        </li>
    }
}
