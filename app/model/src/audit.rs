//! The catalogue of audit events. No part of an event can hold a secret: details are built from safe types only.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    EmailAddress, Environment, Name, Permission, Role,
    alert::{Rule, Severity},
    step_up::DangerousAct,
};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $text:literal $sentence:literal;)*) => {
        /// What was done (or refused, or failed).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Action { $($(#[$doc])* #[serde(rename = $text)] $name),* }

        impl Action {
            pub const ALL: &'static [Action] = &[$(Action::$name),*];
            /// The name in tables, filters and exports.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $text),* } }
            /// The predicate of the sentence the log shows: "Ada <sentence>".
            pub fn sentence(self) -> &'static str { match self { $(Self::$name => $sentence),* } }
            pub fn parse(text: &str) -> Option<Self> { Self::ALL.iter().copied().find(|a| a.as_str() == text) }
        }
    };
}

actions! {
    SignInCodeSent "auth.code_sent" "asked for a sign-in code";
    SignedIn "auth.signed_in" "signed in";
    SignInRefused "auth.sign_in_refused" "was refused at sign-in";
    SignedOut "auth.signed_out" "signed out";
    SessionRevoked "auth.session_revoked" "ended a session";
    StepUpCodeSent "auth.step_up_code_sent" "asked for a confirmation code";
    SteppedUp "auth.stepped_up" "confirmed who they are";
    StepUpRefused "auth.step_up_refused" "failed to confirm who they are";
    PasskeyAdded "auth.passkey_added" "added the passkey";
    PasskeyRenamed "auth.passkey_renamed" "renamed the passkey";
    PasskeyRemoved "auth.passkey_removed" "removed the passkey";
    UserCreated "user.created" "became a user";
    AccountWarned "user.warned" "warned that this account is not used:";
    AccountDisabled "user.disabled" "disabled the unused account of";
    AccountEnabled "user.enabled" "enabled the account of";
    OperatorAppointed "user.operator_appointed" "became the installation's operator";
    TeamCreated "team.created" "created the Team";
    TeamRenamed "team.renamed" "renamed the Team";
    PasskeyFirst "member.first_passkey" "added their first passkey with a code:";
    PasskeyRuleChanged "team.passkey_rule_changed" "changed whether owners and admins need a passkey in";
    TeamDeleted "team.deleted" "deleted the Team";
    ApprovalAsked "approval.asked" "asked another person to approve:";
    ApprovalGiven "approval.given" "approved:";
    ApprovalWithdrawn "approval.withdrawn" "withdrew the question to approve:";
    ImpersonationAsked "impersonation.asked" "asked to look into";
    ImpersonationApproved "impersonation.approved" "approved that support looks into";
    ImpersonationDeclined "impersonation.declined" "declined that support looks into";
    ImpersonationBegun "impersonation.begun" "began to look into";
    ImpersonationSeen "impersonation.seen" "looked at a page of";
    ImpersonationEnded "impersonation.ended" "ended the look into";
    MemberInvited "member.invited" "invited";
    InvitationRevoked "member.invitation_revoked" "withdrew the invitation of";
    InvitationDeclined "member.invitation_declined" "declined the invitation";
    MemberJoined "member.joined" "joined the Team";
    MemberRemoved "member.removed" "removed";
    MemberLeft "member.left" "left the Team";
    RoleChanged "member.role_changed" "changed the role of";
    MemberEngaged "member.engaged" "said for whom and until when there works";
    MemberEndAnnounced "member.end_announced" "announced the end of";
    MemberEnded "member.ended" "let go at the end of their time";
    MemberEnabled "member.enabled" "enabled the account again of";
    MemberDormant "member.dormant" "disabled the unused account of";
    LwaAppCreated "lwa_app.created" "added the LWA app";
    LwaAppChanged "lwa_app.changed" "changed the LWA app";
    ClientSecretStaged "lwa_app.secret_staged" "stored the next client secret of";
    ClientSecretPromoted "lwa_app.secret_promoted" "promoted the next client secret of";
    ClientSecretDropped "lwa_app.secret_dropped" "dropped the old client secret of";
    LwaAppRemoved "lwa_app.removed" "removed the LWA app";
    LwaAppRejected "lwa_app.rejected" "learned that Amazon refuses";
    LwaAppRecovered "lwa_app.recovered" "learned that Amazon accepts again";
    ConnectionCreated "connection.created" "connected";
    ConnectionProofFailed "connection.proof_failed" "could not connect";
    ConsentStarted "connection.consent_started" "went to Amazon to authorize";
    ProfilesListed "connection.profiles_listed" "asked Amazon for the profiles of a grant";
    ConnectionDisabled "connection.disabled" "disabled";
    ConnectionEnabled "connection.enabled" "enabled";
    RefreshTokenReplaced "connection.refresh_token_replaced" "replaced the refresh token of";
    ConnectionTested "connection.tested" "tested";
    ConnectionDisconnected "connection.disconnected" "disconnected";
    ReauthorizationRequired "connection.reauthorization_required" "learned that the seller must authorize again:";
    AccessTokenRefreshed "connection.access_token_refreshed" "refreshed the access token of";
    RefreshFailed "connection.refresh_failed" "could not refresh the access token of";
    GatewayCreated "gateway.created" "created the gateway";
    GatewayChanged "gateway.changed" "changed the gateway";
    GatewayDisabled "gateway.disabled" "disabled the gateway";
    GatewayEnabled "gateway.enabled" "enabled the gateway";
    GatewayKeyCreated "gateway_key.created" "made a key for";
    GatewayKeyRevoked "gateway_key.revoked" "revoked a key of";
    GatewayKeyEndAnnounced "gateway_key.end_announced" "told the Team that a key ends soon of";
    CredentialIssued "credential.issued" "received a runtime credential for";
    CredentialUnchanged "credential.unchanged" "kept its runtime credential for";
    CredentialRefused "credential.refused" "was refused a runtime credential for";
    ConnectionStatusRead "connection.status_read" "read the status of";
    GatewaySelfRead "gateway.self_read" "read its own description";
    GatewayRefused "gateway.refused" "was refused";
    FeedbackReceived "feedback.received" "reported an answer of SP-API for";
    LogRead "log.read" "read the log";
    LogExported "log.exported" "exported the log";
    EgressDenied "egress.denied" "was refused a connection outward";
    LogHeartbeat "log.heartbeat" "is alive";
    LogPruned "log.pruned" "pruned the log of events that are no longer kept";
    HoldPlaced "hold.placed" "placed a legal hold on the log";
    HoldLifted "hold.lifted" "lifted a legal hold on the log";
    AlertRaised "alert.raised" "raised the alert";
    AlertAcknowledged "alert.acknowledged" "acknowledged the alert";
    AlertRuleChanged "alert.rule_changed" "changed the rule";
    AlertDeliveryChanged "alert.delivery_changed" "changed how the Team is told of alerts";
    WebhookSet "webhook.set" "set the webhook of";
    WebhookRotated "webhook.rotated" "changed the signing secret of the webhook of";
    WebhookTested "webhook.tested" "sent a message to try the webhook of";
    WebhookReplayed "webhook.replayed" "sent a message once more to the webhook of";
    WebhookRemoved "webhook.removed" "removed the webhook of";
    NotificationKeyCreated "notification_key.created" "made a key for notifications of";
    NotificationKeyRevoked "notification_key.revoked" "revoked a key for notifications of";
    NotificationTopicAdded "notification_topic.added" "lets notifications of a topic come for";
    NotificationTopicRemoved "notification_topic.removed" "lets notifications of a topic come no longer for";
    NotificationTopicConfirmed "notification_topic.confirmed" "confirmed the subscription of a topic for";
    NotificationReceived "notification.received" "passed on a notification for";
    NotificationRepeated "notification.repeated" "passed on once more what came before for";
    NotificationRefused "notification.refused" "was refused a notification for";
    CanaryPlanted "canary.planted" "made a canary of";
    CanaryLifted "canary.lifted" "made no canary any more of";
    AccessReviewOpened "access_review.opened" "opened the access review of";
    AccessDecided "access_review.decided" "decided at an access review of";
    AccessSuspended "access_review.suspended" "suspended, since nobody confirmed it:";
    AccessReviewSigned "access_review.signed" "signed the access review of";
    AccessReviewExported "access_review.exported" "exported the access review of";
    PromisesExported "promises.exported" "exported what stands behind the promises";
    ReviewOpened "review.opened" "opened the Review of";
    ReviewNoted "review.noted" "noted something at the Review of";
    ReviewSigned "review.signed" "signed the Review of";
    IncidentReported "incident.reported" "reported the incident";
    IncidentStepTaken "incident.step_taken" "took a step in the incident";
    IncidentChanged "incident.changed" "changed the incident";
    IncidentDutyGiven "incident.duty_given" "gave a duty in the incident";
    IncidentWritten "incident.written" "wrote into the timeline of the incident";
    IncidentAlarm "incident.alarm" "told people of a clock of the incident";
    MeasureOrdered "measure.ordered" "ordered a measure in the incident";
    MeasureDone "measure.done" "did a measure in the incident";
    MeasureFailed "measure.failed" "could not do a measure in the incident";
    MeasureWithdrawn "measure.withdrawn" "withdrew a measure in the incident";
    EvidenceTaken "evidence.taken" "took evidence in the incident";
    EvidenceCopied "evidence.copied" "took a copy of evidence of the incident";
    EvidenceDamaged "evidence.damaged" "found evidence damaged of the incident";
    TaskAdded "task.added" "added a task to the incident";
    TaskGiven "task.given" "gave a task of the incident";
    TaskEnded "task.ended" "settled a task of the incident";
    TaskReopened "task.reopened" "took up a task again of the incident";
    PlaybookChanged "playbook.changed" "changed a playbook";
    NoticeWritten "notice.written" "wrote a notice of the incident";
    NoticeApproved "notice.approved" "approved a notice of the incident";
    NoticeSent "notice.sent" "sent a notice of the incident";
    NoticeWithdrawn "notice.withdrawn" "withdrew a notice of the incident";
    ContactChanged "contact.changed" "changed who speaks for the Team about incidents";
    PostMortemWritten "post_mortem.written" "wrote the post-mortem of the incident";
    ActionItemAdded "action_item.added" "added what follows from the incident";
    ActionItemDone "action_item.done" "did what follows from the incident";
    PlanReviewed "plan.reviewed" "looked at the incident response plan";
    DrillAsked "drill.asked" "asked for a drill";
    DrillRun "drill.run" "ran a drill";
    MasterKeyAdded "keys.master_added" "added a master key";
    MasterKeyActivated "keys.master_activated" "let a master key wrap";
    BackupMade "backup.made" "made a backup";
    CopyPromoted "backup.promoted" "let a restored copy take the installation's place";
    KeysRewrapped "keys.rewrapped" "wrapped data keys anew";
    MasterKeyRetired "keys.master_retired" "retired a master key";
    DataKeyRotated "data_key.rotated" "rotated the data key of";
    LockPlaced "lock.placed" "locked";
    LockLifted "lock.lifted" "lifted the lock of";
    AccessRefused "access.refused" "was refused";
}

impl Action {
    /// What gateways do all day: too many events to be a story.
    pub fn is_traffic(self) -> bool {
        use Action::*;
        matches!(
            self,
            CredentialIssued
                | CredentialUnchanged
                | CredentialRefused
                | GatewayRefused
                | ConnectionStatusRead
                | GatewaySelfRead
        )
    }

    /// What a person or Portal did, and no machine does all day. Reading the log and being refused anybody can have as much of as
    /// they like: they count for nothing where acts are counted against each other.
    pub fn is_act(self) -> bool {
        use Action::*;
        !self.is_traffic()
            && !matches!(
                self,
                LogRead
                    | LogHeartbeat
                    | ImpersonationSeen
                    | AccessRefused
                    | AccessTokenRefreshed
                    | RefreshFailed
                    | FeedbackReceived
            )
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Refused,
    Failed,
}

impl Outcome {
    pub const ALL: [Outcome; 3] = [Outcome::Ok, Outcome::Refused, Outcome::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.as_str() == text)
    }
}

/// Text from outside, made fit for the log: one line, bounded, with anything that looks like a secret replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeText(String);

/// Starts of Amazon's and Portal's own secrets (source: the wire forms of LWA, see `docs/gateway-api.md`).
const SECRET_STARTS: [&str; 6] = ["Atza|", "Atzr|", "Atz.", "amzn1.oa2-cs.", "ptl_gw_", "Bearer "];

impl SafeText {
    pub fn new(text: &str, most: usize) -> Self {
        let line: String = text.chars().filter(|c| !c.is_control()).collect();
        // As it would be spelled in an address.
        let lower = line.to_ascii_lowercase().replace("%7c", "|");
        // A run this long without a space is no sentence; it is a token of some kind. The parts of an address are short.
        let parts = |word: &str| word.split(['/', '?', '&', '=', '.', ',', ';', ':']).map(str::len).max().unwrap_or(0);
        let long_run = line.split_whitespace().any(|word| parts(word) >= 48 || (word.len() >= 48 && is_base64(word)));
        if long_run || SECRET_STARTS.iter().any(|start| lower.contains(&start.to_ascii_lowercase())) {
            return Self("[redacted]".to_owned());
        }
        Self(line.chars().take(most).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path has dashes and dots, and its parts are words; the standard alphabet of Base64 has its slashes anywhere.
fn is_base64(word: &str) -> bool {
    let upper = word.bytes().filter(u8::is_ascii_uppercase).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let alphabet = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    alphabet && upper >= 4 && digits >= 2
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A hash of 32 bytes, as people compare them. Of content alone: of what can be guessed it would tell too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One value of an event's details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    Number(i64),
    Flag(bool),
    Text(String),
}

macro_rules! safe_details {
    ($($type:ty)*) => {$(
        impl From<$type> for Detail { fn from(value: $type) -> Self { Detail::Text(value.to_string()) } }
    )*};
}

use crate::ids::*;
safe_details! {
    &'static str &Name &EmailAddress &SafeText UserId TeamId InvitationId LwaAppId ConnectionId GatewayId GatewayKeyId
    LeaseId LockId MessageId NotificationKeyId ApprovalId ImpersonationId PasskeyId SessionId ChallengeId EvidenceId NoticeId Digest
}

impl From<crate::Time> for Detail {
    fn from(at: crate::Time) -> Self {
        Detail::Text(at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
    }
}

impl From<Role> for Detail {
    fn from(role: Role) -> Self {
        Detail::Text(role.as_str().to_owned())
    }
}

impl From<Environment> for Detail {
    fn from(environment: Environment) -> Self {
        Detail::Text(environment.as_str().to_owned())
    }
}

impl From<Permission> for Detail {
    fn from(permission: Permission) -> Self {
        Detail::Text(permission.as_str().to_owned())
    }
}

impl From<DangerousAct> for Detail {
    fn from(act: DangerousAct) -> Self {
        Detail::Text(act.words().to_owned())
    }
}

impl From<Rule> for Detail {
    fn from(rule: Rule) -> Self {
        Detail::Text(rule.as_str().to_owned())
    }
}

impl From<Severity> for Detail {
    fn from(severity: Severity) -> Self {
        Detail::Text(severity.as_str().to_owned())
    }
}

impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Detail::Number(number)
    }
}

impl From<bool> for Detail {
    fn from(flag: bool) -> Self {
        Detail::Flag(flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_of_events() {
        let rows = Action::ALL.iter().map(|action| format!("{:<38} {}", action.as_str(), action.sentence()));
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn text_that_looks_like_a_secret_does_not_enter_the_log() {
        for text in ["Atza|IwEBIO", "token=atzr|abc", "ptl_gw_1_2", "authorization: bearer abc", &"a1".repeat(24)] {
            assert_eq!(SafeText::new(text, 200).as_str(), "[redacted]", "{text}");
        }
        let base64 = "QXR6cnxJd0VCSUJ4L3F1aXRlL2xvbmc+c2VjcmV0/dGhhdC9nb2VzL29uLzEy";
        for text in ["https://x/?t=Atzr%7CIwEBI", "Atzr%7cIwEBI", &format!("https://x/?t={}", "b2".repeat(30)), base64] {
            assert_eq!(SafeText::new(text, 200).as_str(), "[redacted]", "{text}");
        }
        for text in ["https://github.com/northwind/orders-sync/actions/runs/123456789", "Mozilla/5.0 (X11; Linux x86_64)"] {
            assert_eq!(SafeText::new(text, 200).as_str(), text);
        }
        assert_eq!(SafeText::new("orders-sync job 8812", 200).as_str(), "orders-sync job 8812");
        assert_eq!(SafeText::new("a\nb\u{7}c", 200).as_str(), "abc");
        assert_eq!(SafeText::new("abcdef", 3).as_str(), "abc");
    }
}
