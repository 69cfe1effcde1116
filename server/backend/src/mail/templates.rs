//! The words of each mail: plain text, and calm HTML without images, scripts or links that sign in.

use secrecy::{ExposeSecret, SecretString};

use super::{AlertLine, Message};

/// A mail in words.
pub(super) struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub(super) fn render(message: &Message) -> Rendered {
    match message {
        Message::SignInCode { code, device, address, expires_minutes } => code_mail(
            code,
            "is your Portal code",
            &format!(
                "Use this code to sign in to Portal. It works for {expires_minutes} minutes, once, in the browser that asked for it."
            ),
            device,
            address,
        ),
        Message::StepUpCode { code, act, device, address } => code_mail(
            code,
            "confirms it is you",
            &format!("Use this code in Portal to {act}. It works for 10 minutes, once, in the browser that asked for it."),
            device,
            address,
        ),
        Message::Invitation { team, inviter, role, contractor, sign_in_url } => plain_mail(
            &format!("{inviter} invites you to {team} on Portal"),
            &[
                &match contractor {
                    None => format!("{inviter} invites you to the Team {team} as {role}."),
                    Some(of) => format!("{inviter} invites you to the Team {team} as {role}, as a contractor of {of}."),
                },
                &format!(
                    "Sign in with this e-mail address at {sign_in_url} and you will find the invitation there. It waits for 7 days."
                ),
                "If you do not know the sender, ignore this mail: nothing happens without your sign-in.",
            ],
        ),
        Message::SecurityNotice { headline, text } => plain_mail(headline, &[text]),
        Message::Notice { subject, text, team, .. } => notice_mail(subject, text, team),
        Message::Checkpoint { size, note } => checkpoint_mail(*size, note),
        Message::Alerts { place, lines, url } => alerts_mail(place, lines, url),
    }
}

/// "12345678" as "1234 5678".
#[expect(clippy::disallowed_methods, reason = "the code is what the mail is for")]
fn grouped(code: &SecretString) -> String {
    let code = code.expose_secret();
    match code.split_at_checked(4) {
        Some((first, rest)) => format!("{first} {rest}"),
        None => code.to_owned(),
    }
}

fn code_mail(code: &SecretString, subject: &str, lead: &str, device: &str, address: &str) -> Rendered {
    let code = grouped(code);
    let asked = format!("Asked for by {device} from {address}.");
    let not_you = "Not you? Then do nothing: without this code nobody gets in. Portal never asks for it by phone or chat.";
    let body = format!(
        "<p>{}</p><p style=\"font:600 32px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px;margin:24px 0\">{code}</p>\
         <p>{}</p><p style=\"color:#6b7280\">{not_you}</p>",
        escape(lead),
        escape(&asked),
    );
    Rendered {
        subject: format!("{code} {subject}"),
        text: format!("{lead}\n\n    {code}\n\n{asked}\n\n{not_you}\n"),
        html: page(&body),
    }
}

fn plain_mail(subject: &str, paragraphs: &[&str]) -> Rendered {
    let body: String = paragraphs.iter().map(|text| format!("<p>{}</p>", escape(text))).collect();
    Rendered { subject: subject.to_owned(), text: format!("{}\n", paragraphs.join("\n\n")), html: page(&body) }
}

/// A Team's own words, line by line, and whose they are: nobody takes them for Portal's.
fn notice_mail(subject: &str, text: &str, team: &str) -> Rendered {
    let whose = format!("Sent by the Team {team} through Portal. Answer to this mail to reach them.");
    let body = format!(
        "<div style=\"white-space:pre-line;overflow-wrap:anywhere\">{}</div><p style=\"color:#6b7280\">{}</p>",
        escape(text),
        escape(&whose)
    );
    Rendered { subject: subject.to_owned(), text: format!("{text}\n\n{whose}\n"), html: document(subject, &body) }
}

/// The signed lines stand alone, so that they can be copied into a file.
fn checkpoint_mail(size: u64, note: &str) -> Rendered {
    let lead = format!(
        "Keep this mail. It holds the signed head of Portal's audit log of {size} events: a log that was cut or rewritten later does not fit it."
    );
    let how = "To hold the log against it, save the lines as a file and run: portal audit verify --head FILE";
    let body = format!(
        "<p>{}</p><pre style=\"white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace\">{}</pre><p>{}</p>",
        escape(&lead),
        escape(note),
        escape(how)
    );
    Rendered {
        subject: format!("The head of the audit log: {size} events"),
        text: format!("{lead}\n\n{how}\n\n{note}"),
        html: page(&body),
    }
}

/// The gravest first; one mail for all that is due.
fn alerts_mail(place: &str, lines: &[AlertLine], url: &str) -> Rendered {
    let first = lines.first().map_or("", |line| line.title);
    let subject = match lines.len() {
        0 | 1 => format!("{place}: {first}"),
        many => format!("{place}: {first}, and {} more", many - 1),
    };
    let mut paragraphs = Vec::new();
    for line in lines {
        let about = line.subject.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        paragraphs.push(format!("{}: {}{about}. {} {}", line.severity.title(), line.title, line.finding, line.advice));
    }
    paragraphs.push(format!("Look at it and acknowledge it: {url}"));
    plain_mail(&subject, &paragraphs.iter().map(String::as_str).collect::<Vec<_>>())
}

fn page(body: &str) -> String {
    document("Portal", &format!("<p style=\"font-weight:600;font-size:18px\">Portal</p>{body}"))
}

fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title></head><body style=\"margin:0;padding:32px 16px;font:16px/1.6 system-ui,-apple-system,'Segoe UI',sans-serif\">\
         <div style=\"max-width:480px;margin:0 auto\">{body}</div></body></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_in_the_subject_and_no_link_stands_anywhere() {
        let message = Message::SignInCode {
            code: SecretString::from("12345678"),
            device: "Firefox on Linux".to_owned(),
            address: "192.0.2.1".to_owned(),
            expires_minutes: 10,
        };
        let mail = render(&message);
        assert_eq!(mail.subject, "1234 5678 is your Portal code");
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("1234 5678") && part.contains("Firefox on Linux") && !part.contains("http"), "{part}");
        }
        assert_eq!(format!("{message:?}"), "sign_in_code");
    }

    #[test]
    fn names_are_shown_as_text() {
        let message = Message::Invitation {
            team: "<script>alert(1)</script>".to_owned(),
            inviter: "ada@example.com".to_owned(),
            contractor: Some("<script>alert(2)</script>".to_owned()),
            role: "operator".to_owned(),
            sign_in_url: "https://portal.example/sign-in".to_owned(),
        };
        assert!(!render(&message).html.contains("<script>"));
    }
}
