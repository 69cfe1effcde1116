//! The life of a Connection.

use serde::{Deserialize, Serialize};

/// Where a Connection is in its life. Stored as text under a CHECK; changed with compare-and-set on its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    Active,
    /// A person stopped it; the credentials are kept, sealed.
    Disabled,
    /// Amazon refused the refresh token; it is kept, sealed, until a person decides.
    NeedsReauthorization,
    /// Over: the credentials are shredded.
    Disconnected,
}

/// What can happen to a Connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionAct {
    Disable,
    Enable,
    /// LWA answered `invalid_grant`.
    GrantRefused,
    /// A new refresh token was proved.
    ReplaceRefreshToken,
    Disconnect,
    /// Ask Amazon whether the grant still holds.
    Test,
}

/// The act does not fit the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This cannot be done while the connection is {}.", state.words())]
pub struct NotPossible {
    pub state: ConnectionState,
}

impl ConnectionAct {
    pub const ALL: [ConnectionAct; 6] = [
        ConnectionAct::Disable,
        ConnectionAct::Enable,
        ConnectionAct::GrantRefused,
        ConnectionAct::ReplaceRefreshToken,
        ConnectionAct::Disconnect,
        ConnectionAct::Test,
    ];
}

impl ConnectionState {
    pub const ALL: [ConnectionState; 4] = [
        ConnectionState::Active,
        ConnectionState::Disabled,
        ConnectionState::NeedsReauthorization,
        ConnectionState::Disconnected,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionState::Active => "active",
            ConnectionState::Disabled => "disabled",
            ConnectionState::NeedsReauthorization => "needs_reauthorization",
            ConnectionState::Disconnected => "disconnected",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            ConnectionState::Active => "active",
            ConnectionState::Disabled => "disabled",
            ConnectionState::NeedsReauthorization => "waiting for the seller to authorize again",
            ConnectionState::Disconnected => "disconnected",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// The next state, when the act fits.
    pub fn after(self, act: ConnectionAct) -> Result<ConnectionState, NotPossible> {
        use ConnectionAct as Act;
        use ConnectionState as State;
        match (self, act) {
            (State::Active | State::NeedsReauthorization, Act::Disable) => Ok(State::Disabled),
            (State::Disabled, Act::Enable) => Ok(State::Active),
            (State::Active, Act::GrantRefused) => Ok(State::NeedsReauthorization),
            (State::Active | State::NeedsReauthorization, Act::ReplaceRefreshToken) => Ok(State::Active),
            // Replacing the token is no way around a person's decision to stop.
            (State::Disabled, Act::ReplaceRefreshToken) => Ok(State::Disabled),
            (State::Active | State::Disabled | State::NeedsReauthorization, Act::Disconnect) => Ok(State::Disconnected),
            (State::Active | State::Disabled, Act::Test) => Ok(self),
            (state, _) => Err(NotPossible { state }),
        }
    }
}

/// How Portal knows a Seller ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SellerIdSource {
    /// Typed by a person.
    Declared,
    /// Named by Amazon at the end of a consent.
    Amazon,
}

impl SellerIdSource {
    pub fn as_str(self) -> &'static str {
        match self {
            SellerIdSource::Declared => "declared",
            SellerIdSource::Amazon => "amazon",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [SellerIdSource::Declared, SellerIdSource::Amazon].into_iter().find(|s| s.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_states_and_acts() {
        let mut table = format!("{:<24}", "");
        for act in ConnectionAct::ALL {
            table += &format!("{:<22}", format!("{act:?}"));
        }
        for state in ConnectionState::ALL {
            table += &format!("\n{:<24}", state.as_str());
            for act in ConnectionAct::ALL {
                table += &format!("{:<22}", state.after(act).map_or("-", |next| next.as_str()));
            }
        }
        insta::assert_snapshot!(table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
    }
}
