//! Times are put into words on the server, so that both sides show the same.

use chrono::Duration;
use model::Time;

use crate::api::Moment;

/// A time as pages show it: relative words, with the absolute time behind them.
pub(crate) fn moment(at: Time, now: Time) -> Moment {
    Moment {
        iso: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        absolute: at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        words: words(at - now),
    }
}

fn words(from_now: Duration) -> String {
    let ahead = from_now > Duration::zero();
    let seconds = from_now.num_seconds().abs();
    let (count, unit) = match seconds {
        0..=44 => return if ahead { "in a moment".to_owned() } else { "just now".to_owned() },
        45..=5_399 => ((seconds + 30) / 60, "min"),
        5_400..=129_599 => ((seconds + 1_800) / 3_600, "h"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    let plural = if unit == "day" && count != 1 { "s" } else { "" };
    if ahead { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_its_natural_unit() {
        for (seconds, said) in [
            (0, "just now"),
            (-44, "just now"),
            (30, "in a moment"),
            (-60, "1 min ago"),
            (-3_600, "60 min ago"),
            (-7_200, "2 h ago"),
            (86_400, "in 24 h"),
            (180 * 86_400, "in 180 days"),
            (-2 * 86_400, "2 days ago"),
        ] {
            assert_eq!(words(Duration::seconds(seconds)), said, "{seconds}");
        }
    }
}
