//! Development only: the mails that were captured instead of sent.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use backend::mail::{CapturedMail, read_mailbox};

use super::Web;

fn captured(web: &Web) -> Vec<CapturedMail> {
    web.portal.mailer.captured_in().and_then(|folder| read_mailbox(folder).ok()).unwrap_or_default()
}

/// All captured mails, the newest first.
pub async fn mailbox(State(web): State<Web>) -> Html<String> {
    let mails: String = captured(&web).iter().map(item).collect();
    let body = if mails.is_empty() {
        "<p class=\"muted\">No mail yet. Ask for a code, then load this page again.</p>".to_owned()
    } else {
        mails
    };
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Captured mail · Portal</title><link rel=\"stylesheet\" href=\"{}\"><link rel=\"icon\" href=\"/favicon.svg\"></head>\
         <body><main class=\"main\" id=\"main\"><header class=\"page-header\"><div><h1>Captured mail</h1>\
         <p class=\"lead\">Development: mails stay on this machine. <a href=\"/dev/mailbox\">Load again</a></p></div></header>{body}</main></body></html>",
        web.site.assets.css
    ))
}

fn item(mail: &CapturedMail) -> String {
    format!(
        "<article class=\"card\"><h2>{}</h2><p class=\"muted\">To {} · <time datetime=\"{}\">{}</time> · <a href=\"/dev/mailbox/{}\">as people see it</a></p>\
         <pre class=\"mail-text\">{}</pre></article>",
        escape(&mail.subject),
        escape(&mail.to),
        mail.at.to_rfc3339(),
        mail.at.format("%H:%M:%S UTC"),
        escape(&mail.file),
        escape(&mail.text),
    )
}

/// The HTML part of one mail, as a mail program would show it: no script, nothing from outside.
pub async fn mail(State(web): State<Web>, Path(file): Path<String>) -> Response {
    let Some(mail) = captured(&web).into_iter().find(|mail| mail.file == file) else {
        return (StatusCode::NOT_FOUND, "There is no such mail.").into_response();
    };
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox");
    (HeaderMap::from_iter([(header::CONTENT_SECURITY_POLICY, policy)]), Html(mail.html)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
