//! Forms about alerts.

use backend::store::alert_setting::{Delivery, Setting};
use model::alert::{QuietHours, Rule, Severity};

use super::{optional, two};
use crate::Failure;

/// An empty threshold is the default one.
pub(crate) fn alert_rule(rule: &str, threshold: &str, off: bool) -> Result<(Rule, Setting), Failure> {
    let threshold = optional::<i32>(threshold).map_err(|_| "Enter a whole number, or leave it empty.");
    let rule = Rule::parse(rule).ok_or("There is no such rule.");
    let (rule, threshold) = two(("rule", rule), ("threshold", threshold))?;
    Ok((rule, Setting { threshold, off }))
}

pub(crate) fn alert_delivery(mail_from: &str, quiet: &str) -> Result<Delivery, Failure> {
    let mail_from = Severity::parse(mail_from).ok_or("Choose one of the severities.");
    let (mail_from, quiet) = two(("mail_from", mail_from), ("quiet", optional::<QuietHours>(quiet)))?;
    Ok(Delivery { mail_from, quiet })
}
