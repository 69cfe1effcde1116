//! How fast incidents are noticed, answered, contained and over.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{Kind, Severity, state::words};
use crate::Time;

words! {
    /// One figure.
    Metric {
        Detect "mttd" "MTTD";
        Acknowledge "mtta" "MTTA";
        Contain "mttc" "MTTC";
        Recover "mttr" "MTTR";
    }
}

impl Metric {
    /// From when to when.
    pub fn meaning(self) -> &'static str {
        match self {
            Metric::Detect => "From its beginning, where it is known, to its detection",
            Metric::Acknowledge => "From its detection until somebody judged it",
            Metric::Contain => "From its detection until it spread no further",
            Metric::Recover => "From its detection until work went on",
        }
    }

    /// How long it took in one incident; nothing when it did not come so far, or is not known.
    pub fn of(self, course: &Course) -> Option<Duration> {
        let since = |at: Option<Time>| at.map(|at| at - course.detected_at);
        match self {
            Metric::Detect => course.began_at.map(|at| course.detected_at - at),
            Metric::Acknowledge => since(course.judged_at),
            Metric::Contain => since(course.contained_at),
            Metric::Recover => since(course.recovered_at),
        }
    }
}

/// When what happened in an incident, as far as figures go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub kind: Kind,
    pub severity: Severity,
    pub drill: bool,
    pub began_at: Option<Time>,
    pub detected_at: Time,
    pub judged_at: Option<Time>,
    pub contained_at: Option<Time>,
    pub recovered_at: Option<Time>,
}

/// A figure over several incidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mean {
    /// Incidents that it is of.
    pub of: usize,
    pub mean_s: i64,
    pub longest_s: i64,
}

/// The mean over those incidents that came so far; nothing when none did.
pub fn mean<'a>(metric: Metric, courses: impl Iterator<Item = &'a Course>) -> Option<Mean> {
    let all: Vec<i64> = courses.filter_map(|course| metric.of(course)).map(|took| took.num_seconds()).collect();
    let of = all.len();
    let sum: i64 = all.iter().sum();
    let longest_s = all.iter().copied().max()?;
    Some(Mean { of, mean_s: sum / i64::try_from(of).ok()?, longest_s })
}

/// A length of time as people say it.
pub fn words(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{}.{} h", seconds / 3_600, seconds % 3_600 / 360),
        _ => format!("{}.{} d", seconds / 86_400, seconds % 86_400 / 8_640),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(hours: [Option<i64>; 4]) -> Course {
        let at = |hours: i64| Time::UNIX_EPOCH + Duration::hours(hours);
        Course {
            kind: Kind::Other,
            severity: Severity::Sev3,
            drill: false,
            began_at: hours[0].map(at),
            detected_at: at(10),
            judged_at: hours[1].map(at),
            contained_at: hours[2].map(at),
            recovered_at: hours[3].map(at),
        }
    }

    #[test]
    fn each_figure_is_the_mean_of_those_that_came_so_far() {
        let all = [course([Some(4), Some(11), Some(12), Some(20)]), course([None, Some(14), None, None])];
        let of = |metric| mean(metric, all.iter()).map(|mean| (mean.of, mean.mean_s / 3600, mean.longest_s / 3600));
        assert_eq!(of(Metric::Detect), Some((1, 6, 6)));
        assert_eq!(of(Metric::Acknowledge), Some((2, 2, 4)));
        assert_eq!(of(Metric::Contain), Some((1, 2, 2)));
        assert_eq!(of(Metric::Recover), Some((1, 10, 10)));
        assert_eq!(mean(Metric::Contain, [].iter()), None);
    }

    #[test]
    fn lengths_read_well() {
        assert_eq!([7, 59 * 60, 5_400, 47 * 3600, 60 * 3600].map(words), ["7 s", "59 min", "1.5 h", "47.0 h", "2.5 d"]);
    }
}
