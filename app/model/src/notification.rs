//! Notifications of Amazon's that a Team's relay passes on: whose word they are, when they count, what is kept of them.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{Time, audit::SafeText};

/// A signed message counts when it was sent so long ago at most, or is so far ahead at most (Standard Webhooks).
pub const TOLERANCE: Duration = Duration::minutes(5);
/// SNS delivers again for an hour (its policy for HTTP), always with the time of the first.
pub const SNS_TOLERANCE: Duration = Duration::minutes(65);
/// Keys of a connection that live at once.
pub const LIVE_KEYS: usize = 2;
/// Topics of a connection, at most.
pub const TOPICS_MOST: usize = 10;
/// Bytes of a message, at most: SQS and SNS pass on 256 KiB.
pub const BODY_MOST: usize = 300 * 1024;
/// What is known of notifications is kept so long.
pub const KEPT: Duration = Duration::days(90);
/// Letters of an id or a kind.
pub const WORD_MOST: usize = 100;

/// Which API a notification is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    SpApi,
    Ads,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Source::SpApi => "sp_api",
            Source::Ads => "ads",
        }
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Source::SpApi => "SP-API",
            Source::Ads => "Advertising",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Source::SpApi, Source::Ads].into_iter().find(|source| source.as_str() == text)
    }
}

/// How a notification came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Webhook,
    Sns,
}

impl Way {
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Webhook => "webhook",
            Way::Sns => "sns",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Way::Webhook, Way::Sns].into_iter().find(|way| way.as_str() == text)
    }
}

/// Whether a message that says when it was sent counts now: within the tolerance, both ways.
pub fn is_fresh(sent_at: Time, past: Duration, now: Time) -> bool {
    now - sent_at <= past && sent_at - now <= TOLERANCE
}

/// An id or a kind as Amazon writes them; anything else is none, and what looks like a secret least of all.
pub fn word(text: &str) -> Option<&str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    let plain = !text.is_empty() && text.len() <= WORD_MOST && text.chars().all(fits);
    (plain && SafeText::new(text, WORD_MOST).as_str() == text).then_some(text)
}

/// Whether a text is the ARN of an SNS topic: partition, region, account, name.
pub fn is_topic(arn: &str) -> bool {
    let parts: Vec<_> = arn.split(':').collect();
    let [a, partition, sns, region, account, name] = parts[..] else { return false };
    let letters =
        |text: &str, more: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    // As eu-west-1 and us-gov-west-1: what looks otherwise is no region, and could be the name of something else with Amazon.
    let words: Vec<_> = region.split('-').collect();
    let is_region = words.len() >= 3
        && words[..words.len() - 1].iter().all(|word| word.len() >= 2 && word.chars().all(|c| c.is_ascii_lowercase()))
        && words[words.len() - 1].chars().all(|c| c.is_ascii_digit());
    a == "arn"
        && ["aws", "aws-us-gov"].contains(&partition)
        && sns == "sns"
        && is_region
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && letters(name, "-_.")
        && name.len() <= 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_count_both_ways_and_not_a_second_more() {
        let now = Time::UNIX_EPOCH + Duration::days(1);
        let (most, second) = (Duration::minutes(5), Duration::seconds(1));
        for (sent, fresh) in
            [(now - most, true), (now - most - second, false), (now + most, true), (now + most + second, false)]
        {
            assert_eq!(is_fresh(sent, TOLERANCE, now), fresh, "{sent}");
        }
        assert!(is_fresh(now - Duration::minutes(59), SNS_TOLERANCE, now));
    }

    #[test]
    fn topics_and_words_are_what_they_look_like() {
        assert!(is_topic("arn:aws:sns:eu-west-1:123456789012:ads-stream"));
        for bad in [
            "",
            "arn:aws:sqs:eu-west-1:123456789012:x",
            "arn:aws:sns:eu-west-1:1234:x",
            "arn:aws:sns:eu-west-1:123456789012:",
            "arn:aws:sns:eu-west-1:123456789012:x:y",
            "arn:aws:sns:eu west:123456789012:x",
            "arn:aws:sns:s3:123456789012:x",
            "arn:aws:sns:EU-WEST-1:123456789012:x",
            "arn:aws-cn:sns:cn-north-1:123456789012:x",
            "arn:evil:sns:eu-west-1:123456789012:x",
        ] {
            assert!(!is_topic(bad), "{bad}");
        }
        assert_eq!(word("ANY_OFFER_CHANGED"), Some("ANY_OFFER_CHANGED"));
        for bad in ["", "a b", "<b>", "Atza|x", "=cmd", "amzn1.oa2-cs.v1.0123456789abcdef", &"x".repeat(101)] {
            assert_eq!(word(bad), None, "{bad}");
        }
    }
}
