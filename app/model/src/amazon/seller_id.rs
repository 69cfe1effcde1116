//! Seller IDs. Amazon publishes no pattern; these rules follow every known one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

use super::Marketplace;

/// A selling partner's id (merchant token), in upper case; of a vendor or an agency that advertises, its entity id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SellerId(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SellerIdError {
    #[error("Enter the Seller ID.")]
    Empty,
    #[error("A Seller ID starts with A and has letters and digits only, like A2Q7X4M1NORTH9.")]
    Shape,
    #[error("This is the marketplace id of {0}, not a Seller ID. The Seller ID is the Merchant Token in Account Info.")]
    IsMarketplace(&'static str),
}

impl SellerId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As Amazon itself names an account: a Seller ID, or the entity id of a vendor or an agency.
    pub fn named_by_amazon(text: &str) -> Option<Self> {
        let fits = (3..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// Known ids have 13 or 14 characters; others deserve a second look.
    pub fn has_usual_length(&self) -> bool {
        (13..=14).contains(&self.0.len())
    }
}

impl FromStr for SellerId {
    type Err = SellerIdError;

    fn from_str(text: &str) -> Result<Self, SellerIdError> {
        let id = text.trim().to_ascii_uppercase();
        if id.is_empty() {
            return Err(SellerIdError::Empty);
        }
        if let Some(marketplace) = Marketplace::by_id(&id) {
            return Err(SellerIdError::IsMarketplace(marketplace.name()));
        }
        let rest = id.strip_prefix('A').ok_or(SellerIdError::Shape)?;
        let fits = (9..=20).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fits { Ok(Self(id)) } else { Err(SellerIdError::Shape) }
    }
}

impl fmt::Display for SellerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SellerId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::named_by_amazon(&String::deserialize(d)?).ok_or_else(|| serde::de::Error::custom("not an account"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seller_id_is_trimmed_and_raised() {
        let id: SellerId = " a2q7x4m1north9 ".parse().unwrap();
        assert_eq!(id.as_str(), "A2Q7X4M1NORTH9");
        assert!(id.has_usual_length());
    }

    #[test]
    fn amazon_names_accounts_that_are_no_sellers() {
        assert_eq!(SellerId::named_by_amazon("ENTITY2KX7Q9").unwrap().as_str(), "ENTITY2KX7Q9");
        assert_eq!(SellerId::named_by_amazon("A2Q7X4M1NORTH9"), "a2q7x4m1north9".parse().ok());
        for bad in ["", "A1", "entity1", "ENTITY 1", "ENTITY<1>"] {
            assert_eq!(SellerId::named_by_amazon(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_marketplace_id_is_called_by_its_name() {
        assert_eq!("A1PA6795UKMFR9".parse::<SellerId>(), Err(SellerIdError::IsMarketplace("Germany")));
        assert_eq!("".parse::<SellerId>(), Err(SellerIdError::Empty));
        for bad in ["B2Q7X4M1NORTH9", "A2Q7", "A2Q7X4M1-ORTH9", "A23456789012345678901234"] {
            assert_eq!(bad.parse::<SellerId>(), Err(SellerIdError::Shape), "{bad}");
        }
    }
}
