//! Steps of containment: what each does, to what, and which fit an incident.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Kind, state::words};
use crate::ids::{ConnectionId, GatewayId, GatewayKeyId, IdError, LwaAppId, TeamId, UserId};

words! {
    /// What a measure or a lock is about.
    TargetKind {
        Team "team" "Team";
        Connection "connection" "Connection";
        Gateway "gateway" "Gateway";
        GatewayKey "gateway_key" "Gateway key";
        User "user" "User";
        LwaApp "lwa_app" "LWA app";
    }
}

words! {
    /// One kind of step.
    MeasureKind {
        LockTeam "lock_team" "Lock the whole Team";
        LockConnection "lock_connection" "Lock the connection";
        LockGateway "lock_gateway" "Lock the gateway";
        LockKey "lock_key" "Lock the key";
        LockUser "lock_user" "Lock the person out of the Team";
        RevokeKey "revoke_key" "Revoke the key";
        EndSessions "end_sessions" "End the person's sessions";
        RotateSecret "rotate_secret" "Rotate the client secret";
        RotateDataKey "rotate_data_key" "Rotate the Team's data key";
    }
}

words! {
    /// How far a measure came.
    MeasureState {
        Ordered "ordered" "Under way";
        Done "done" "Done";
        Failed "failed" "Failed";
        Lifted "lifted" "Lifted";
    }
}

impl TargetKind {
    /// An id of this kind as everywhere outside: with its prefix.
    pub fn write_id(self, id: Uuid) -> String {
        match self {
            TargetKind::Team => TeamId(id).to_string(),
            TargetKind::Connection => ConnectionId(id).to_string(),
            TargetKind::Gateway => GatewayId(id).to_string(),
            TargetKind::GatewayKey => GatewayKeyId(id).to_string(),
            TargetKind::User => UserId(id).to_string(),
            TargetKind::LwaApp => LwaAppId(id).to_string(),
        }
    }

    /// Reads what [`TargetKind::write_id`] wrote; an id of another kind is none.
    pub fn read_id(self, text: &str) -> Result<Uuid, IdError> {
        match self {
            TargetKind::Team => text.parse().map(|TeamId(id)| id),
            TargetKind::Connection => text.parse().map(|ConnectionId(id)| id),
            TargetKind::Gateway => text.parse().map(|GatewayId(id)| id),
            TargetKind::GatewayKey => text.parse().map(|GatewayKeyId(id)| id),
            TargetKind::User => text.parse().map(|UserId(id)| id),
            TargetKind::LwaApp => text.parse().map(|LwaAppId(id)| id),
        }
    }
}

impl MeasureKind {
    /// What it is done to.
    pub fn target(self) -> TargetKind {
        match self {
            MeasureKind::LockTeam | MeasureKind::RotateDataKey => TargetKind::Team,
            MeasureKind::LockConnection => TargetKind::Connection,
            MeasureKind::LockGateway => TargetKind::Gateway,
            MeasureKind::LockKey | MeasureKind::RevokeKey => TargetKind::GatewayKey,
            MeasureKind::LockUser | MeasureKind::EndSessions => TargetKind::User,
            MeasureKind::RotateSecret => TargetKind::LwaApp,
        }
    }

    /// It is a lock: lifting it needs another person than the one who ordered it.
    pub fn is_lock(self) -> bool {
        matches!(
            self,
            MeasureKind::LockTeam
                | MeasureKind::LockConnection
                | MeasureKind::LockGateway
                | MeasureKind::LockKey
                | MeasureKind::LockUser
        )
    }

    /// What it does, before somebody orders it.
    pub fn effect(self) -> &'static str {
        match self {
            MeasureKind::LockTeam => {
                "Every gateway of the Team is refused every credential, at once, until the lock is lifted."
            }
            MeasureKind::LockConnection => "No gateway receives a credential for it, at once, until the lock is lifted.",
            MeasureKind::LockGateway => "It is refused every credential, at once, until the lock is lifted.",
            MeasureKind::LockKey => "Calls with this key are refused, at once; the gateway's other key goes on.",
            MeasureKind::LockUser => "They see and do nothing in this Team until the lock is lifted.",
            MeasureKind::RevokeKey => "The key is of no use any more, for good.",
            MeasureKind::EndSessions => "They are signed out everywhere, at their next request.",
            MeasureKind::RotateSecret => {
                "Amazon makes a new client secret, you store it, and the old one is dropped: three steps on the app's page."
            }
            MeasureKind::RotateDataKey => {
                "Every secret of the Team that Portal keeps is sealed anew, with a new key. Gateways notice nothing; evidence keeps \
                 the key that sealed it."
            }
        }
    }

    /// Something that there was before is gone afterwards (with a lock on a person, the invitations that they sent): evidence is
    /// taken first.
    pub fn destroys(self) -> bool {
        use MeasureKind::*;
        matches!(self, LockUser | RevokeKey | EndSessions | RotateSecret)
    }

    /// While it stands, credentials stop: who holds a token still is worth knowing.
    pub fn stops_credentials(self) -> bool {
        !matches!(self.target(), TargetKind::User | TargetKind::LwaApp) && self != MeasureKind::RotateDataKey
    }
}

impl Kind {
    /// The measures that fit, the first first.
    pub fn measures(self) -> &'static [MeasureKind] {
        use MeasureKind::*;
        match self {
            Kind::LeakedSecret => &[LockKey, RevokeKey, LockConnection, LockGateway, RotateSecret, LockTeam],
            Kind::StolenSession => &[EndSessions, LockUser, RevokeKey, LockTeam],
            Kind::MisusedGateway => &[LockGateway, LockKey, RevokeKey, LockConnection, LockTeam],
            Kind::DatabaseAccess => &[LockTeam, RotateDataKey, RotateSecret, RevokeKey, EndSessions, LockConnection],
            Kind::LostDevice => &[EndSessions, LockUser, RevokeKey],
            Kind::AmazonRequest => &[LockConnection, LockGateway, RotateSecret, LockTeam],
            Kind::Other => MeasureKind::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_its_kind_and_no_other() {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        for kind in TargetKind::ALL {
            let read: Vec<_> = TargetKind::ALL.iter().filter(|other| other.read_id(&kind.write_id(id)) == Ok(id)).collect();
            assert_eq!(read, [kind]);
        }
    }

    #[test]
    fn the_table_of_measures() {
        let row = |kind: &MeasureKind| {
            let flags =
                [(kind.is_lock(), "lock"), (kind.stops_credentials(), "stops credentials"), (kind.destroys(), "destroys")];
            let flags: Vec<_> = flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            format!("{:<17} {:<12} {}", kind.as_str(), kind.target().as_str(), flags.join(", "))
        };
        let kinds = Kind::ALL.iter().map(|kind| {
            let fit: Vec<_> = kind.measures().iter().map(|kind| kind.as_str()).collect();
            format!("{:<16} {}", kind.as_str(), fit.join(" "))
        });
        insta::assert_snapshot!(MeasureKind::ALL.iter().map(row).chain(kinds).collect::<Vec<_>>().join("\n"));
    }
}
