//! Profiles of the Advertising API: an account in one marketplace, which every call names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Marketplace, SellerId};

/// The number of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProfileId(pub u64);

/// The text is not the number of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose one of the profiles.")]
pub struct ProfileIdError;

impl FromStr for ProfileId {
    type Err = ProfileIdError;

    fn from_str(text: &str) -> Result<Self, ProfileIdError> {
        text.trim().parse().map(Self).map_err(|_| ProfileIdError)
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What kind of account advertises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileKind {
    Seller,
    Vendor,
    Agency,
}

impl ProfileKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ProfileKind::Seller => "seller",
            ProfileKind::Vendor => "vendor",
            ProfileKind::Agency => "agency",
        }
    }
}

/// One profile, as Amazon lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub id: ProfileId,
    pub kind: ProfileKind,
    /// The Seller ID, or the entity id of a vendor or an agency.
    pub account: SellerId,
    /// What the account is called; empty when Amazon does not say.
    pub name: String,
    pub marketplace: Marketplace,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_a_number() {
        assert_eq!(" 3312345678901234 ".parse(), Ok(ProfileId(3_312_345_678_901_234)));
        assert_eq!(ProfileId(7).to_string(), "7");
        for bad in ["", "-1", "ENTITY1", "99999999999999999999"] {
            assert_eq!(bad.parse::<ProfileId>(), Err(ProfileIdError), "{bad}");
        }
    }
}
