//! What a walk of the audit log found, in words for a terminal.

use std::process::ExitCode;

use backend::audit::{Report, export::Checked};

/// One sentence a line; success when nothing was found.
pub fn print(report: &Report, witnessed: usize, own: bool) -> ExitCode {
    let signed = report.head.as_ref().and_then(|head| head.at).map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
    println!("{} events in the tree; the newest head is of {signed}.", report.size);
    if report.begins > 0 {
        println!(
            "The log begins at {}: older events are pruned, as it was signed, and their hashes still fit.",
            report.begins
        );
    }
    if own {
        println!("The head that this machine signed last was held against it.");
    }
    match witnessed {
        0 if own => println!("No witness was asked: whoever owns this machine could have rewritten the log."),
        0 => println!(
            "No witness was asked, and no head of this machine: a log that was rewritten as a whole would not show."
        ),
        many => println!("{many} checkpoints from outside were held against it."),
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

/// What an export proves, and what it does not.
pub fn print_export(checked: &Checked) {
    let signed = checked.head.at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_rfc3339());
    let (many, size) = (checked.events, checked.head.size);
    println!("{many} events are in the log of {size} events as it was signed, with the head of {signed}.");
    if checked.complete {
        match checked.begins {
            0 => println!("It is the whole log up to that head."),
            begins => {
                println!("It is the whole log up to that head, from {begins} on: older events are pruned, as was signed.")
            }
        }
    } else {
        println!("That no event is left out of a part of the log is not proved.");
    }
}

/// The signed head in a file that somebody saved from a mail: line ends and blanks around it may have changed, words before it
/// may have been saved too.
pub fn head_in(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let size = lines.iter().position(|line| line.parse::<u64>().is_ok())?;
    let note = lines.get(size.checked_sub(1)?..)?.join("\n");
    let note = format!("{}\n", note.trim());
    note.contains("\n\n\u{2014} ").then_some(note)
}

#[cfg(test)]
mod tests {
    use backend::audit::{CheckpointKey, read_note};

    use super::*;

    #[test]
    fn a_head_is_found_in_what_was_saved_of_a_mail() {
        let key = CheckpointKey::generate("portal.example/audit");
        let note = key.sign(7, tlog_tiles::EMPTY_HASH, model::Time::UNIX_EPOCH).unwrap();
        let mail = format!("Keep this mail. It holds the head of 7 events.\n\nTo hold the log against it …\n\n{note}");
        for saved in [note.clone(), note.trim().to_owned(), note.replace('\n', "\r\n"), format!("\n  \n{note}\n\n"), mail] {
            assert_eq!(read_note(&head_in(&saved).unwrap(), key.verifier()).unwrap().size, 7, "{saved:?}");
        }
        for other in ["", "7", "no head at all\n7\n", "portal.example/audit\n7\nroot\n"] {
            assert!(head_in(other).is_none(), "{other}");
        }
    }
}
