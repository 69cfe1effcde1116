//! What stands behind the promises as a file, for Amazon's questionnaire and for auditors.

use axum::{
    Form,
    extract::{Extension, Path},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use backend::{
    Cx, access,
    promises::{self, Finding, Promises},
};
use model::{
    Permission,
    ids::TeamId,
    promise::{Part, Promise},
};
use serde::Deserialize;

use super::download;
use crate::audit_export::harmless;

/// As what it leaves.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Text,
    Csv,
}

/// The form of the page.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    format: Format,
}

/// For whoever may read the log, after a fresh proof of the person. That it was taken is an event before it leaves.
pub async fn promises_export(
    Extension(cx): Extension<Cx>,
    Path(team): Path<TeamId>,
    Form(wanted): Form<Wanted>,
) -> Response {
    let exported = async {
        let scope = access::enter(&cx, team, Permission::ViewLog).await?;
        let promises = promises::export(&cx, &scope).await?;
        Ok((scope.name().map(ToString::to_string).unwrap_or_default(), promises))
    };
    let (name, promises) = match exported.await {
        Ok(exported) => exported,
        Err(error) => return download::refused(&error, team, &format!("/teams/{team}/promises")),
    };
    match wanted.format {
        Format::Text => download::saved("portal-promises.md", "text/markdown; charset=utf-8", text(&cx, &name, &promises)),
        Format::Csv => match csv(&promises) {
            Ok(lines) => download::saved("portal-promises.csv", "text/csv; charset=utf-8", lines),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    }
}

fn text(cx: &Cx, team: &str, promises: &Promises) -> String {
    let mut text = format!(
        "# How Portal protects the Amazon information of {team}\n\nAs of {} UTC, at {}.\n",
        cx.now().format("%Y-%m-%d %H:%M"),
        cx.portal.settings.public_url,
    );
    for part in Part::ALL {
        text.push_str(&format!("\n## {}\n", part.title()));
        for (promise, finding) in promises.findings.iter().filter(|(promise, _)| promise.part() == part) {
            text.push_str(&format!(
                "\n### {}\n\n{}\n\n{}: {} ({})\n\nTests: {}\n",
                promise.text(),
                promise.control(),
                finding.standing.title(),
                finding.says,
                checked(finding),
                promise.tests().join(", "),
            ));
        }
    }
    text
}

fn checked(finding: &Finding) -> String {
    finding.at.map_or("never checked".to_owned(), |at| format!("checked {} UTC", at.format("%Y-%m-%d %H:%M")))
}

fn csv(promises: &Promises) -> Result<Vec<u8>, csv::Error> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines.write_record(["part", "id", "promise", "control", "standing", "finding", "checked_at", "tests"])?;
    for (promise, finding) in &promises.findings {
        lines.write_record(cells(*promise, finding).iter().map(|cell| harmless(cell)))?;
    }
    lines.into_inner().map_err(|error| error.into_error().into())
}

fn cells(promise: Promise, finding: &Finding) -> [String; 8] {
    [
        promise.part().title().to_owned(),
        promise.as_str().to_owned(),
        promise.text().to_owned(),
        promise.control().to_owned(),
        finding.standing.title().to_owned(),
        finding.says.clone(),
        finding.at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        promise.tests().join(" "),
    ]
}
