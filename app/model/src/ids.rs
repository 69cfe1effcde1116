//! Typed identifiers: a UUID inside, `prefix_<32 hex digits>` outside.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What every typed id can do; lets `backend::random::id` make any of them.
pub trait Id: Copy + fmt::Display {
    const PREFIX: &'static str;
    fn from_uuid(uuid: Uuid) -> Self;
    fn uuid(self) -> Uuid;
}

/// The id of nothing: what an unreadable id in an address stands for.
pub const NIL: Uuid = Uuid::nil();

/// The text is not an id of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id that starts with {prefix}_")]
pub struct IdError {
    pub prefix: &'static str,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let hex = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    // One spelling only, so that an id can be compared and searched as text.
    hex.filter(|hex| hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
        .and_then(|hex| Uuid::try_parse(hex).ok())
        .ok_or(IdError { prefix })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> { parse($prefix, text).map(Self) }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A person.
    UserId "usr";
    /// The tenant.
    TeamId "team";
    /// An invitation into a Team.
    InvitationId "inv";
    /// An Amazon developer application of a Team.
    LwaAppId "app";
    /// One selling partner's grant.
    ConnectionId "con";
    /// A machine client of a Team.
    GatewayId "gw";
    /// One bearer secret of a Gateway.
    GatewayKeyId "gwk";
    /// A grant whose profile is still to be chosen.
    ProfileChoiceId "pch";
    /// A Gateway's hold of a runtime credential.
    LeaseId "lse";
    /// An order not to issue.
    LockId "lck";
    /// A signed-in browser.
    SessionId "ses";
    /// One asked-for sign-in or step-up code.
    ChallengeId "chl";
    /// One audit event.
    EventId "evt";
    /// One request to Portal.
    RequestId "req";
    /// One data key of the vault.
    DataKeyId "dk";
    /// One mail in the outbox.
    MailId "mail";
    /// Something that a rule noticed.
    AlertId "alt";
    /// Where a Team is told of its alerts.
    WebhookId "wh";
    /// One message to a webhook.
    MessageId "msg";
    /// One key that signs notifications.
    NotificationKeyId "ntk";
    /// One notification that came.
    NotificationId "ntf";
    /// A look through the log.
    ReviewId "rev";
    /// An order not to prune a Team's log.
    HoldId "hld";
    /// A security incident.
    IncidentId "inc";
    /// Something written into the timeline of an incident.
    EntryId "ent";
    /// One piece of evidence.
    EvidenceId "evd";
    /// Something that people do about an incident.
    TaskId "tsk";
    /// A message about an incident.
    NoticeId "ntc";
    /// What follows from an incident.
    ActionItemId "act";
    /// A rehearsal.
    DrillId "drl";
    /// A step of containment.
    MeasureId "msr";
    /// What one person asks for and another approves.
    ApprovalId "apr";
    ImpersonationId "imp";
    /// A look at who and which key may reach what.
    AccessReviewId "acr";
    /// One passkey of a person.
    PasskeyId "pky";
    /// One question to a browser's authenticator.
    CeremonyId "cer";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = TeamId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string(), "team_01900000000070008000000000000001");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn another_kind_or_spelling_is_refused() {
        for text in [
            "",
            "team_",
            "con_01900000000070008000000000000001",
            "team_0190000000007000800000000000000A",
            "team_01900000-0000-7000-8000-000000000001",
            " team_01900000000070008000000000000001",
        ] {
            assert_eq!(text.parse::<TeamId>(), Err(IdError { prefix: "team" }), "{text:?}");
        }
    }
}
