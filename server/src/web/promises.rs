//! What stands behind the promises as a file, for Amazon's questionnaire and for auditors.

use axum::{
    extract::{Extension, Path, Query},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use backend::{
    Cx, access,
    promises::{self, Finding, Promises},
};
use model::{
    Permission, Problem,
    ids::TeamId,
    promise::{Part, Promise},
};
use serde::Deserialize;

use crate::audit_export::harmless;

/// As what it leaves.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Text,
    Csv,
}

/// The address's query.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    format: Format,
}

/// For whoever may read the log. That it was taken is an event before it leaves.
pub async fn promises_export(
    Extension(cx): Extension<Cx>,
    Path(team): Path<TeamId>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let exported = async {
        let scope = access::enter(&cx, team, Permission::ViewLog).await?;
        let promises = promises::export(&cx, &scope).await?;
        Ok((scope.name().map(ToString::to_string).unwrap_or_default(), promises))
    };
    let (name, promises) = match exported.await {
        Ok(exported) => exported,
        Err(error) => {
            let error: access::AccessError = error;
            let status = Problem::from(&error).code.status();
            return StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND).into_response();
        }
    };
    match wanted.format {
        Format::Text => file(text(&cx, &name, &promises).into_bytes(), "text/markdown; charset=utf-8", "portal-promises.md"),
        Format::Csv => match csv(&promises) {
            Ok(lines) => file(lines, "text/csv; charset=utf-8", "portal-promises.csv"),
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

fn file(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let name = name.unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, name)], bytes).into_response()
}
