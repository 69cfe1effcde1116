//! Dangerous acts ask for a fresh proof of the person: the list is data.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::Time;

/// How long one fresh code is good for (A14).
pub const STEP_UP_LIFE: Duration = Duration::minutes(10);

/// An act that needs a step-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DangerousAct {
    CreateGatewayKey,
    ChangeClientSecret,
    ChangeApplicationId,
    RemoveLwaApp,
    Disconnect,
    ChangeRole,
    RemoveMember,
    LeaveTeam,
    InviteMember,
    SignReview,
    ExportLog,
    ExportAccessReview,
    ExportPromises,
    SetWebhook,
    SetNotifications,
    ChangeWatch,
    ChangeHold,
    LiftLock,
    CopyEvidence,
    SettleAmazon,
    ApproveNotice,
    ChangeContact,
    DeleteTeam,
    AddPasskey,
    RemovePasskey,
    ChangePasskeyRule,
    EnableAccount,
    SignAccessReview,
    ApproveImpersonation,
    Impersonate,
    ReplaceRefreshToken,
    WidenGateway,
}

impl DangerousAct {
    pub const ALL: [DangerousAct; 32] = [
        DangerousAct::CreateGatewayKey,
        DangerousAct::ChangeClientSecret,
        DangerousAct::ChangeApplicationId,
        DangerousAct::RemoveLwaApp,
        DangerousAct::SetNotifications,
        DangerousAct::WidenGateway,
        DangerousAct::ReplaceRefreshToken,
        DangerousAct::Disconnect,
        DangerousAct::ChangeRole,
        DangerousAct::LeaveTeam,
        DangerousAct::RemoveMember,
        DangerousAct::InviteMember,
        DangerousAct::SignReview,
        DangerousAct::ExportLog,
        DangerousAct::ExportAccessReview,
        DangerousAct::ExportPromises,
        DangerousAct::SetWebhook,
        DangerousAct::ChangeWatch,
        DangerousAct::ChangeHold,
        DangerousAct::LiftLock,
        DangerousAct::CopyEvidence,
        DangerousAct::SettleAmazon,
        DangerousAct::ApproveNotice,
        DangerousAct::ChangeContact,
        DangerousAct::DeleteTeam,
        DangerousAct::AddPasskey,
        DangerousAct::ChangePasskeyRule,
        DangerousAct::RemovePasskey,
        DangerousAct::EnableAccount,
        DangerousAct::SignAccessReview,
        DangerousAct::ApproveImpersonation,
        DangerousAct::Impersonate,
    ];

    /// As an address names it: by its own name.
    pub fn slug(self) -> String {
        format!("{self:?}")
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.slug() == slug)
    }

    /// The act in words, as the mail and the step-up page name it.
    pub fn words(self) -> &'static str {
        match self {
            DangerousAct::CreateGatewayKey => "create a gateway key",
            DangerousAct::ChangeClientSecret => "change an LWA client secret",
            DangerousAct::ChangeApplicationId => "change an application id",
            DangerousAct::RemoveLwaApp => "remove an LWA app",
            DangerousAct::Disconnect => "disconnect an Amazon account",
            DangerousAct::ChangeRole => "change a member's role",
            DangerousAct::RemoveMember => "remove a member",
            DangerousAct::LeaveTeam => "leave the Team",
            DangerousAct::InviteMember => "invite a member",
            DangerousAct::SignReview => "sign a Review of the log",
            DangerousAct::ExportLog => "export the log",
            DangerousAct::ExportAccessReview => "export an access review",
            DangerousAct::ExportPromises => "export what stands behind the promises",
            DangerousAct::SetWebhook => "change where messages are sent",
            DangerousAct::SetNotifications => "change whose notifications are taken",
            DangerousAct::ChangeWatch => "change what Portal watches for",
            DangerousAct::LiftLock => "lift a lock",
            DangerousAct::CopyEvidence => "take a copy of evidence",
            DangerousAct::ApproveNotice => "approve a notice",
            DangerousAct::ChangeContact => "change who speaks for the Team",
            DangerousAct::DeleteTeam => "delete the Team",
            DangerousAct::AddPasskey => "add a passkey",
            DangerousAct::RemovePasskey => "rename or remove a passkey",
            DangerousAct::ChangePasskeyRule => "change who needs a passkey",
            DangerousAct::EnableAccount => "enable a disabled account",
            DangerousAct::SignAccessReview => "sign an access review",
            DangerousAct::ApproveImpersonation => "let support look into the Team",
            DangerousAct::Impersonate => "look into a Team",
            DangerousAct::ReplaceRefreshToken => "replace a refresh token",
            DangerousAct::WidenGateway => "widen what a gateway may do",
            DangerousAct::SettleAmazon => "say that Amazon need not be told",
            DangerousAct::ChangeHold => "place or lift a legal hold on the log",
        }
    }
}

/// For how long a step-up made at `stepped_up_at` goes on to cover what is done; nothing when it does not cover `now`.
pub fn left(stepped_up_at: Option<Time>, now: Time) -> Option<Duration> {
    let since = now - stepped_up_at?;
    (Duration::zero()..=STEP_UP_LIFE).contains(&since).then(|| STEP_UP_LIFE - since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_every_act() {
        for act in DangerousAct::ALL {
            assert_eq!(DangerousAct::from_slug(&act.slug()), Some(act));
        }
        assert_eq!(DangerousAct::Disconnect.slug(), "Disconnect");
        assert_eq!(DangerousAct::from_slug(""), None);
    }

    #[test]
    fn a_step_up_lasts_ten_minutes() {
        let at = Time::UNIX_EPOCH;
        assert_eq!(left(Some(at), at + Duration::minutes(4)), Some(Duration::minutes(6)));
        assert_eq!(left(Some(at), at + Duration::minutes(10)), Some(Duration::zero()));
        assert_eq!(left(Some(at), at + Duration::minutes(10) + Duration::microseconds(1)), None);
        assert_eq!(left(Some(at), at - Duration::seconds(1)), None);
        assert_eq!(left(None, at), None);
    }
}
