//! What a bundle of an incident proves, in words for a terminal.

use std::{error::Error, path::Path, process::ExitCode};

use backend::incidents::verify_bundle;

/// Reads and checks a bundle. The exit code says whether it is what was bound together.
pub fn check(file: &Path, verifier: &str) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    let found = match verify_bundle(&std::fs::read(file)?, verifier) {
        Ok(found) => found,
        Err(error) => {
            eprintln!("portal: THE BUNDLE DOES NOT HOLD: {error}.");
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("{}: {}", found.code, found.title);
    let signed = found.signed_at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_rfc3339());
    println!("Bound together {}, as the log says, whose head was signed {signed}.", found.bundled_at);
    println!("{} files, {} pieces of evidence: each is as it was.", found.files, found.evidence);
    if found.damaged > 0 {
        println!("{} pieces were damaged before, and are not in it.", found.damaged);
    }
    match found.events {
        Some(events) => println!("{events} events of the log, each proved."),
        None if found.is_unproved => println!("The log in it is not proved: it did not hold when it was bound together."),
        None => println!("No log is in it: nothing was signed yet."),
    }
    Ok(ExitCode::SUCCESS)
}
