//! The rules. A page explains each from here, the watch asks here what holds, and a Team sets thresholds within these bounds.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{Again, Audience, Severity, Threshold};
use crate::{
    incident::drill::{DRILL_DAYS, PLAN_DAYS},
    review::LATE_DAYS,
};

macro_rules! rules {
    ($($name:ident $word:literal $audience:ident $severity:ident $again:expr, $threshold:expr,
        $title:literal $looks_for:literal $advice:literal;)*) => {
        /// One thing that Portal watches for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rule { $($name),* }

        impl Rule {
            pub const ALL: &'static [Rule] = &[$(Rule::$name),*];
            /// The name in tables, addresses and webhooks.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $word),* } }
            /// As people read it.
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title),* } }
            /// What it looks for, as a sentence.
            pub fn looks_for(self) -> &'static str { match self { $(Self::$name => $looks_for),* } }
            /// What to do about it.
            pub fn advice(self) -> &'static str { match self { $(Self::$name => $advice),* } }
            pub fn severity(self) -> Severity { match self { $(Self::$name => Severity::$severity),* } }
            pub fn audience(self) -> Audience { match self { $(Self::$name => Audience::$audience),* } }
            pub fn again(self) -> Again { match self { $(Self::$name => $again),* } }
            pub fn threshold(self) -> Option<Threshold> { match self { $(Self::$name => $threshold),* } }
        }
    };
}

const HOURLY: Again = Again::After(Duration::hours(1));
const DAILY: Again = Again::After(Duration::days(1));

const fn from(default: i32, least: i32, most: i32, unit: &'static str) -> Option<Threshold> {
    Some(Threshold { default, least, most, unit })
}

rules! {
    CanaryUsed "canary_used" Team Critical Again::AtNext, None,
        "A canary was used"
        "A call with a canary key, or for a canary connection. Nothing has a reason to make one: whoever did has found what was laid out for a thief."
        "Find out where the key or the list of connections was kept, and change everything else that was kept there.";
    RefusedCalls "refused_calls" Team Warning Again::AtNext, from(20, 1, 10_000, "refused calls of one gateway within 10 minutes"),
        "Repeated refused calls"
        "One gateway whose calls are refused again and again: a wrong setting, or somebody who tries what a key can reach."
        "Open the gateway's log, look at the reasons and the addresses. Revoke the key if you do not know them.";
    KeyFromNewNetwork "key_new_network" Team Warning Again::AtNext, None,
        "A key from a new network"
        "A gateway key that is used from a network (the first 24 bits of an IPv4 address, 48 of an IPv6 address) it was never used from before. A key's first network is not new."
        "If the service did not move, revoke the key. List the gateway's networks to refuse all others.";
    UnusualRate "unusual_rate" Team Warning HOURLY, from(5, 2, 1_000, "times a gateway's usual hour"),
        "An unusual rate of credentials"
        "A gateway that received many more runtime credentials within an hour than in an hour of the last seven days; at least 100, and only once it is a day old."
        "Ask who runs the service what changed. A service that asks before each call instead of keeping its credential looks the same.";
    AppFailing "app_failing" Team Critical HOURLY, from(3, 1, 1_000, "connections of one LWA app within an hour"),
        "An LWA app fails"
        "Amazon refuses the app itself, or several of its connections within an hour: its client secret has ended, or the app lost its approval."
        "Open the app: its last answer of Amazon is there. Rotate the client secret if it has ended.";
    NeedsReauthorization "needs_reauthorization" Team Warning Again::AtNext, None,
        "A seller must authorize again"
        "Amazon does not accept a connection's refresh token any more. The seller withdrew the authorization, or it ended."
        "Ask the seller to authorize again, from the connection's page.";
    SignInRefused "sign_in_refused" Team Warning HOURLY, from(5, 2, 1_000, "refused codes for one member within 10 minutes"),
        "Somebody tries to sign in as a member"
        "Wrong or spent sign-in codes for a member's e-mail address."
        "Ask the member. If it was somebody else, the member's mailbox may be open to others.";
    StepUpRefused "step_up_refused" Team Warning HOURLY, from(3, 1, 100, "refused confirmations of one member within 10 minutes"),
        "A member fails to confirm who they are"
        "Wrong codes where a dangerous act asks for a fresh proof: perhaps another person at an open session."
        "Ask the member, and end their sessions if it was somebody else.";
    AccessRefused "access_refused" Team Notice HOURLY, from(10, 1, 1_000, "refusals of one member within 10 minutes"),
        "A member meets closed doors"
        "A member who is refused again and again what their role does not allow."
        "A role that is too small for the work, or somebody who looks around.";
    OwnerMade "owner_made" Team Warning Again::AtNext, None,
        "A new owner"
        "A member was raised to owner, or joined as one. An owner may do everything, also make other owners."
        "If you did not expect it, change the role back and open an incident.";
    DormantUser "dormant_user" Team Warning Again::AtNext, from(30, 7, 365, "days without signing in"),
        "A dormant user is active again"
        "A member signed in who had not done so for a long time. Old accounts are what attackers like."
        "Ask the member. If they do not need the Team any more, remove them.";
    NotificationsRefused "notifications_refused" Team Warning HOURLY, from(5, 2, 100, "refused notifications within 10 minutes"),
        "Notifications are refused"
        "Messages for a connection that nobody signed who may, or that are too old: a relay with an old key or a wrong clock, or somebody who tries to make things up."
        "Look at the connection's page Notifications, and at the relay's key and clock.";
    SecretShown "secret_shown" Team Notice Again::AtNext, None,
        "A gateway key was made"
        "A new key was shown to somebody. It is how a secret leaves Portal on purpose."
        "If you did not expect it, revoke the key.";
    WatchChanged "watch_changed" Team Warning Again::AtNext, None,
        "What is watched was changed"
        "A rule's threshold, how the Team is told, a webhook, a canary that is none any more, or a legal hold that was lifted. Whoever wants to go unseen begins here; so this rule is never off, and its mail always goes out."
        "If you did not expect it, put it back and look at what else that member did.";
    LogExported "log_exported" Team Notice Again::AtNext, None,
        "The log was exported"
        "Somebody took a copy of the log with them."
        "If you did not expect it, ask who did it.";
    SecretEnding "secret_ending" Team Warning Again::Never, from(30, 7, 90, "days before the end of a client secret"),
        "A client secret ends soon"
        "A client secret lives 180 days. When it ends, every connection of its app stops."
        "Rotate the secret on the app's page. Portal keeps the old one until the new one is proved.";
    AuthorizationEnding "authorization_ending" Team Warning Again::Never, from(30, 7, 90, "days before the end of an authorization"),
        "An authorization ends soon"
        "A seller's authorization lives 365 days. When it ends, the connection stops."
        "Ask the seller to authorize again, from the connection's page.";
    PlanOverdue "plan_overdue" Team Warning DAILY, from(PLAN_DAYS, 30, PLAN_DAYS, "days since somebody looked at the plan"),
        "The incident response plan is old"
        "Nobody has said for half a year that the Team's plan for incidents is right: who speaks for it, its playbooks, its drills."
        "Read the plan, look at the page Readiness, and say there that it is right.";
    DrillOverdue "drill_overdue" Team Notice DAILY, from(DRILL_DAYS, 7, DRILL_DAYS, "days since a drill went well"),
        "A drill is overdue"
        "What was not rehearsed for a quarter is not known to work."
        "Run the drill on the page Readiness: it takes seconds, and touches nothing of the Team.";
    ReviewOverdue "review_overdue" Team Warning DAILY, from(LATE_DAYS, 0, 14, "days after a Review opened"),
        "A Review is overdue"
        "A Review of the log was opened and nobody has signed it."
        "Open the Review, look through it and sign it.";
    SignInStorm "sign_in_storm" Installation Warning HOURLY, from(100, 10, 100_000, "refused codes within 10 minutes"),
        "Many refused sign-ins"
        "Refused sign-in codes for any addresses: somebody tries addresses and codes at random."
        "Portal slows each address and each network down by itself. Block the networks in front of it if it goes on.";
    LogSilent "log_silent" Installation Critical HOURLY, from(60, 30, 1_440, "minutes without any event"),
        "The log is silent"
        "Nothing was recorded, not even the heartbeat that Portal writes every quarter of an hour."
        "Look whether the worker runs and whether the database takes writes.";
    CheckpointLate "checkpoint_late" Installation Critical HOURLY, from(5, 3, 60, "minutes since the last signed head"),
        "The log's head is late"
        "The log's head was not signed, though that is due every minute: the sequencer stands still."
        "Look at the worker's own log for “job failed” and run portal audit verify.";
    WitnessSilent "witness_silent" Installation Critical HOURLY, from(10, 2, 1_440, "minutes since a witness looked"),
        "A witness is silent"
        "A witness that has looked at the log before has not been heard of."
        "Look whether the witness runs and reaches Portal. Until it does, nobody outside watches the log.";
    WatchLate "watch_late" Installation Critical HOURLY, from(10, 5, 1_440, "minutes that an event waits to be looked at"),
        "The watch is late"
        "Events have their place in the log, and no rule has looked at them: the watch stands still, and no alert of a Team can come."
        "Look at the worker's own log for “job failed”, and at how busy the database is.";
    LogDamaged "log_damaged" Installation Critical HOURLY, None,
        "The log does not hold"
        "What is stored is not what was recorded, or not what was signed: the worker signs no head and prunes nothing that follows."
        "Somebody changed the database, or an old copy was restored. Run portal audit verify and treat it as an incident.";
    EvidenceDamaged "evidence_damaged" Installation Critical Again::Never, None,
        "Evidence does not hold"
        "A piece of evidence of an incident is not what was taken in, or is gone."
        "Somebody changed the database, or an old copy was restored. Tell whoever commands the incident, and run portal audit verify.";
    EgressRefused "egress_refused" Installation Warning DAILY, None,
        "A connection outward was refused"
        "Portal was about to connect to a host that is not on its list, or that leads to an address that is not allowed: a mistake in the configuration, or somebody who tries to make Portal reach into the network."
        "Look at the page Installation: what was refused, and what for. A mail server of your own at a private address goes into private_hosts.";
    KeysOverdue "keys_overdue" Installation Warning DAILY, from(365, 30, 365, "days since a key was made"),
        "Keys are overdue for rotation"
        "The master key, or a Team's data key, is older than a year, or a master key is not in the keys' file that still wraps something."
        "Run portal keys list, and what docs/operations.md says of rotation.";
    ScanOverdue "scan_overdue" Installation Warning DAILY, from(30, 7, 30, "days since the last scan"),
        "The dependencies were not scanned"
        "What Portal is built from is looked through for known vulnerabilities every 30 days. The last result is older, says that a check failed, or is not on this machine."
        "Run make scan and put its result where proofs_dir says. When a check failed, update what it names and release anew.";
    ForeignEvents "foreign_events" Installation Critical Again::Never, None,
        "Events that Portal did not write"
        "Rows in the log's table without Portal's own mark. They are kept out of the log's tree."
        "Somebody can write to the database. Run portal audit verify and treat it as an incident.";
}

impl Rule {
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.as_str() == text)
    }

    /// It is noticed by events that stand in the Team's own log: not by what people do outside any Team.
    pub fn stands_in_team_log(self) -> bool {
        !matches!(self, Rule::SignInRefused | Rule::StepUpRefused | Rule::DormantUser)
    }

    /// The gravest rules cannot be switched off.
    pub fn may_be_off(self) -> bool {
        self.severity() < Severity::Critical && self != Rule::WatchChanged
    }

    /// Whether its mail goes out, whatever severity a Team has chosen.
    pub fn is_always_mailed(self) -> bool {
        self == Rule::WatchChanged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_rules() {
        let rows = Rule::ALL.iter().map(|rule| {
            let threshold =
                rule.threshold().map_or("-".to_owned(), |t| format!("{} ({} to {}) {}", t.default, t.least, t.most, t.unit));
            let audience = format!("{:?}", rule.audience());
            format!("{:<22} {audience:<12} {:<8} {threshold}", rule.as_str(), rule.severity().as_str())
        });
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn every_default_lies_in_its_bounds_and_no_own_value_leaves_them() {
        for threshold in Rule::ALL.iter().filter_map(|rule| rule.threshold()) {
            assert!((threshold.least..=threshold.most).contains(&threshold.default), "{threshold:?}");
            assert_eq!(threshold.or_own(None), threshold.default);
            assert_eq!(threshold.or_own(Some(i32::MIN)), threshold.least);
            assert_eq!(threshold.or_own(Some(i32::MAX)), threshold.most);
        }
    }
}
