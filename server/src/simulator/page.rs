//! The frame of the simulator's HTML pages. They need no script, so none may run.

use axum::{
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    response::{Html, IntoResponse, Response},
};
use chrono::SecondsFormat;
use model::Time;

const STYLE: &str = include_str!("page.css");

/// Browsers hold a form to `form-action` even where it is redirected to, and a consent leads back to the asking app.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
     frame-ancestors 'none'; form-action 'self' http://127.0.0.1:* http://localhost:* https:";

/// A page with one column of text and cards. `body` is HTML.
pub(super) fn page(status: StatusCode, title: &str, class: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{STYLE}</style>
</head>
<body>
<main class="{class}">
{body}</main>
</body>
</html>
"#
    );
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(html)).into_response()
}

/// A term and a value that one click selects.
pub(super) fn fact(term: &str, value: &str) -> String {
    format!("<dt>{}</dt><dd><code>{}</code></dd>\n", escape(term), escape(value))
}

pub(super) fn time(at: Time) -> String {
    let exact = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("<time datetime=\"{exact}\">{}</time>", at.format("%Y-%m-%d %H:%M:%S UTC"))
}

/// Makes text safe between tags and inside quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(escape(r#"<b x="1" y='2'>&amp;"#), "&lt;b x=&quot;1&quot; y=&#39;2&#39;&gt;&amp;amp;");
    }
}
