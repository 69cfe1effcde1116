//! What a walk of the audit log found, in words for a terminal.

use std::process::ExitCode;

use backend::audit::Report;

/// One sentence a line; success when nothing was found.
pub fn print(report: &Report, remembered: usize) -> ExitCode {
    let signed = report.head.as_ref().and_then(|head| head.at).map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
    println!("{} events in the tree; the newest head is of {signed}.", report.size);
    match remembered {
        0 => println!("No witness was asked: a log that was rewritten as a whole would not show."),
        many => println!("{many} checkpoints of a witness were held against it."),
    }
    for finding in &report.findings {
        match finding.index {
            Some(index) => println!("  at {index}: {}", finding.fault),
            None => println!("  {}", finding.fault),
        }
    }
    if report.findings.is_empty() {
        println!("All is as it was recorded.");
        return ExitCode::SUCCESS;
    }
    match report.first_bad() {
        Some(index) => println!("THE LOG DOES NOT HOLD. The first bad index is {index}."),
        None => println!("THE LOG DOES NOT HOLD."),
    }
    ExitCode::FAILURE
}
