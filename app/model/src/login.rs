//! Sign-in with an e-mailed code: the shape of a code and the limits around it.

use chrono::Duration;

use crate::Time;

/// Digits of a code (A1).
pub const CODE_DIGITS: usize = 8;
/// How long a code lives (A2).
pub const CODE_LIFE: Duration = Duration::minutes(10);
/// Tries for one code (A4).
pub const TRIES_PER_CODE: i32 = 5;
/// Misses per address, over any number of codes, before code sign-in pauses (A5).
pub const MISSES_PER_ADDRESS: i32 = 20;
/// One mail a minute and three an hour to one address (A7).
pub const MAIL_GAP: Duration = Duration::seconds(60);
pub const MAIL_WINDOW: Duration = Duration::hours(1);
/// Asks from one client address: five at once, then one a minute (A7).
pub const ASK_BURST: i32 = 5;
pub const ASK_EVERY: Duration = Duration::seconds(60);

/// Confirmation codes that one person may ask for: five at once, then one every three minutes.
pub const STEP_UP_BURST: i32 = 5;
pub const STEP_UP_EVERY: Duration = Duration::minutes(3);

/// What a person typed into the code field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeShapeError {
    #[error("Enter the 8-digit code from the e-mail.")]
    Empty,
    #[error("The code has 8 digits; this has {0}.")]
    Length(usize),
    #[error("The code has only digits.")]
    Characters,
}

/// Takes "1234 5678", "1234-5678" and pasted white space; gives the eight digits.
pub fn parse_code(text: &str) -> Result<String, CodeShapeError> {
    let code: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '.')).collect();
    if code.is_empty() {
        return Err(CodeShapeError::Empty);
    }
    if !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CodeShapeError::Characters);
    }
    if code.len() != CODE_DIGITS {
        return Err(CodeShapeError::Length(code.len()));
    }
    Ok(code)
}

/// How long code sign-in pauses for an address after its `misses`-th miss in a row: nothing up to 19,
/// then 15 minutes, doubling with every further miss up to a day.
pub fn pause_after(misses: i32) -> Option<Duration> {
    let over = misses - MISSES_PER_ADDRESS;
    (over >= 0).then(|| Duration::minutes(15 << over.min(7)).min(Duration::hours(24)))
}

/// Whether one more mail may go to an address that got its last three at these times (newest first).
/// Answers with the moment from which it may.
pub fn next_mail_at(newest: Option<Time>, third_newest: Option<Time>) -> Option<Time> {
    let gap = newest.map(|at| at + MAIL_GAP);
    let window = third_newest.map(|at| at + MAIL_WINDOW);
    gap.max(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_as_people_paste_it() {
        for text in ["12345678", "1234 5678", " 1234-5678\n", "12 34 56 78", "1234\u{a0}5678"] {
            assert_eq!(parse_code(text).as_deref(), Ok("12345678"), "{text:?}");
        }
        assert_eq!(parse_code(" "), Err(CodeShapeError::Empty));
        assert_eq!(parse_code("1234567"), Err(CodeShapeError::Length(7)));
        assert_eq!(parse_code("123456789"), Err(CodeShapeError::Length(9)));
        assert_eq!(parse_code("1234567x"), Err(CodeShapeError::Characters));
        assert_eq!(parse_code("１２３４５６７８"), Err(CodeShapeError::Characters));
    }

    #[test]
    fn pauses_grow_from_a_quarter_of_an_hour_to_a_day() {
        assert_eq!(pause_after(19), None);
        assert_eq!(pause_after(20), Some(Duration::minutes(15)));
        assert_eq!(pause_after(21), Some(Duration::minutes(30)));
        assert_eq!(pause_after(26), Some(Duration::hours(16)));
        assert_eq!(pause_after(27), Some(Duration::hours(24)));
        assert_eq!(pause_after(1000), Some(Duration::hours(24)));
    }
}
