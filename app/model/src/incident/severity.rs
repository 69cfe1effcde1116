//! How grave an incident is, and what follows from that.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::state::words;

words! {
    /// How grave it is, the gravest first.
    Severity {
        Sev1 "sev1" "SEV 1";
        Sev2 "sev2" "SEV 2";
        Sev3 "sev3" "SEV 3";
        Sev4 "sev4" "SEV 4";
    }
}

words! {
    /// What somebody could reach.
    Reach {
        Little "little" "Names and settings, no credential";
        One "one" "One credential, or one seller";
        Many "many" "Several sellers, a client secret, or the database";
    }
}

impl Severity {
    /// The matrix: what could be reached, and whether it is known that somebody did.
    pub fn of(reach: Reach, confirmed: bool) -> Self {
        match (reach, confirmed) {
            (Reach::Many, true) => Severity::Sev1,
            (Reach::Many, false) | (Reach::One, true) => Severity::Sev2,
            (Reach::One, false) | (Reach::Little, true) => Severity::Sev3,
            (Reach::Little, false) => Severity::Sev4,
        }
    }

    /// How often those concerned hear how it goes.
    pub fn update_every(self) -> Duration {
        match self {
            Severity::Sev1 => Duration::hours(1),
            Severity::Sev2 => Duration::hours(4),
            Severity::Sev3 => Duration::hours(24),
            Severity::Sev4 => Duration::hours(72),
        }
    }

    /// Days from recovery to the post-mortem.
    pub fn post_mortem_days(self) -> i64 {
        match self {
            Severity::Sev1 | Severity::Sev2 => 3,
            Severity::Sev3 | Severity::Sev4 => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_severities() {
        let mut table = String::new();
        for reach in Reach::ALL {
            let of = |confirmed| Severity::of(*reach, confirmed).title();
            table += &format!("{:<52} suspected {}  confirmed {}\n", reach.title(), of(false), of(true));
        }
        insta::assert_snapshot!(table);
    }
}
