//! What people write at length: lines as they wrote them, and no secret in any.

use model::{Time, audit::SafeText};

use super::IncidentError;

/// A text of several lines; the form's field is named when it cannot be taken.
pub(super) fn lines(field: &'static str, text: &str, most: usize) -> Result<String, IncidentError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(IncidentError::Missing(field));
    }
    if text.chars().count() > most {
        return Err(IncidentError::TooLong(field, most));
    }
    let safe = |line: &str| SafeText::new(line, most).as_str().to_owned();
    let kept: Vec<String> = text.lines().map(safe).collect();
    if kept.iter().any(|line| line == "[redacted]") {
        return Err(IncidentError::Secret(field));
    }
    Ok(kept.join("\n"))
}

/// A text of one line.
pub(super) fn line(field: &'static str, text: &str, most: usize) -> Result<String, IncidentError> {
    lines(field, &text.split_whitespace().collect::<Vec<_>>().join(" "), most)
}

/// A text that may be missing.
pub(super) fn maybe(field: &'static str, text: &str, most: usize) -> Result<String, IncidentError> {
    if text.trim().is_empty() { Ok(String::new()) } else { lines(field, text, most) }
}

/// A time that somebody says: now when they say none, never in the future.
pub(super) fn said(at: Option<Time>, now: Time) -> Result<Time, IncidentError> {
    let at = at.unwrap_or(now);
    if at > now { Err(IncidentError::Time) } else { Ok(at) }
}
