//! An operator who looks into a Team: what they look at is written down before they see it.

use axum::http::Method;
use backend::{Actor, Cx, error::Outage, impersonations};

/// How addresses of files end.
const FILES: [&str; 2] = ["/export", "/proof"];

/// Finds out whether this browser of an operator looks into a Team. It does so on the Team's own pages alone, each of which is noted:
/// what changes something, answers a form, or watches by itself, has no part in it.
pub async fn looks(cx: &mut Cx, method: &Method, path: &str) -> Result<(), Outage> {
    let Actor::User(person) = &mut cx.actor else { return Ok(()) };
    if !person.is_operator {
        return Ok(());
    }
    person.support = impersonations::live(&cx.portal, person).await?;
    let Some(support) = &mut person.support else { return Ok(()) };
    let home = format!("/teams/{}", support.team);
    let is_page = path.strip_prefix(&home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // An address that is written otherwise leads to the same page, and would stand unreadable in the log.
    let is_plain = path.len() <= 200 && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte));
    // What leaves as a file is not looked at: it stays behind.
    let is_file = FILES.iter().any(|end| path.ends_with(end));
    if !is_page || !is_plain || is_file || *method != Method::GET {
        return Ok(());
    }
    support.looks = true;
    let support = support.clone();
    if impersonations::seen(cx, &support, path).await? {
        return Ok(());
    }
    // It ended a moment ago.
    if let Actor::User(person) = &mut cx.actor {
        person.support = None;
    }
    Ok(())
}
