use leptos::prelude::*;
use model::{ProblemCode, step_up::DangerousAct};

use super::{Dangerous, Icon};
use crate::Failure;

/// Where the person confirms an act of this kind; in its own words, where the form has them.
fn confirm(act: Option<DangerousAct>, of: Option<&Dangerous>) -> String {
    let kind = format!("act={}", act.map(DangerousAct::slug).unwrap_or_default());
    of.map_or_else(|| format!("/confirm?{kind}"), |of| format!("{}&{kind}", of.confirm))
}

/// What went wrong, what to do, and the request id. Takes the focus when it appears. `of`: what the form does, where it is dangerous.
#[component]
pub fn FailureNotice(failure: Failure, #[prop(optional_no_strip)] of: Option<Dangerous>) -> impl IntoView {
    let problem = failure.0;
    let asks = matches!(problem.code, ProblemCode::StepUpRequired | ProblemCode::PasskeyProofRequired);
    let of = of.filter(|_| asks);
    let detail = of.as_ref().map_or(problem.detail, |of| format!("To {}, confirm that it is you.", of.words));
    let confirm = confirm(problem.act, of.as_ref());
    // In a tab of its own: the form that failed stays as it is.
    let way = match problem.code {
        ProblemCode::SignInRequired => Some(("/sign-in".to_owned(), "Sign in")),
        ProblemCode::PasskeyRequired => Some(("/account".to_owned(), "Your account, in a new tab")),
        ProblemCode::PasskeyProofRequired => Some((confirm + "&by=passkey", "Confirm in a new tab")),
        ProblemCode::StepUpRequired => Some((confirm, "Confirm in a new tab")),
        _ => None,
    };
    let way = way.map(|(href, text)| {
        view! { <p><a class="btn btn-secondary btn-sm" href=href target="_blank" rel="external noopener">{text}</a></p> }
    });
    let list = (!problem.errors.is_empty()).then(|| {
        problem
            .errors
            .iter()
            .map(|error| view! { <li><a href=format!("#{}", error.field)>{error.message.clone()}</a></li> })
            .collect_view()
    });
    let title = match (problem.code, problem.errors.len()) {
        (ProblemCode::Invalid, 1) => "One field needs another look".to_owned(),
        (_, 0 | 1) => problem.code.title().to_owned(),
        (_, several) => format!("{several} fields need another look"),
    };
    let alone = problem.errors.is_empty();
    let said_twice = detail.trim_end_matches('.') == title;
    let detail = (alone && !said_twice).then(|| view! { <p>{detail.clone()}</p> });
    // People read the time in the detail, not in a header.
    let action = (alone && problem.code != ProblemCode::RateLimited).then(|| view! { <p>{problem.code.action()}</p> });
    view! {
        <div class="notice notice-danger" role="alert" tabindex="-1" data-focus="">
            <Icon name="warning"/>
            <div>
                <p class="notice-title">{title}</p>
                {detail}
                {list.map(|list| view! { <ul>{list}</ul> })}
                {action}
                {way}
                {problem.instance.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
            </div>
        </div>
    }
}
