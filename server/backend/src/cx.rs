//! Who acts, for whom, in which request, from where.

use std::net::{IpAddr, Ipv6Addr};

use model::{
    EmailAddress, Name, Time,
    audit::SafeText,
    ids::{GatewayId, GatewayKeyId, ImpersonationId, NotificationKeyId, RequestId, SessionId, TeamId, UserId},
    passkey::Proofs,
};

use crate::{Portal, random};

/// The one who acts.
#[derive(Clone, Debug)]
pub enum Actor {
    Anonymous,
    User(SignedIn),
    Gateway(GatewayActor),
    /// Whoever signs notifications with this key.
    Relay(NotificationKeyId),
    /// Portal itself: a job, a subcommand. The word names which.
    System(&'static str),
}

/// A signed-in person in one browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: UserId,
    pub email: EmailAddress,
    pub is_operator: bool,
    pub session: SessionId,
    pub signed_in_at: Time,
    pub proofs: Proofs,
    /// The browser is to get a new id: the person's authority has changed.
    pub renew: bool,
    /// The Team that an operator looks into with this browser.
    pub support: Option<Support>,
}

/// A live impersonation: what an owner approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    pub id: ImpersonationId,
    pub team: TeamId,
    pub name: Name,
    pub reason: String,
    /// Who approved it; what the operator sees, they see for them.
    pub owner: UserId,
    pub owner_name: String,
    pub until: Time,
    /// This request is for a page of the Team, and was noted.
    pub looks: bool,
}

/// A Gateway that showed a live key.
#[derive(Clone, Debug)]
pub struct GatewayActor {
    pub team: TeamId,
    pub gateway: GatewayId,
    pub key: GatewayKeyId,
    pub name: String,
}

/// The context of one request or one run of a job; handed to every verb.
#[derive(Clone, Debug)]
pub struct Cx {
    pub portal: Portal,
    pub actor: Actor,
    pub request: RequestId,
    /// The client's address, behind trusted proxies the one they name.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`, made fit for the log.
    pub agent: Option<SafeText>,
}

impl Cx {
    pub fn new(portal: &Portal, actor: Actor) -> Self {
        let request = random::id(portal.clock.now());
        Self { portal: portal.clone(), actor, request, address: None, agent: None }
    }

    /// Portal acting by itself.
    pub fn system(portal: &Portal, what: &'static str) -> Self {
        Self::new(portal, Actor::System(what))
    }

    /// The network that limits count: an IPv4 address, or the /64 that one holder of IPv6 addresses has.
    pub fn network(&self) -> String {
        match self.address {
            Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).to_string(),
            Some(IpAddr::V4(address)) => address.to_string(),
            None => String::new(),
        }
    }

    pub fn now(&self) -> Time {
        self.portal.clock.now()
    }

    /// What lets an operator look into this Team.
    pub fn support(&self, team: Option<TeamId>) -> Option<&Support> {
        self.signed_in()?.support.as_ref().filter(|support| team == Some(support.team))
    }

    pub fn signed_in(&self) -> Option<&SignedIn> {
        match &self.actor {
            Actor::User(signed_in) => Some(signed_in),
            _ => None,
        }
    }
}
