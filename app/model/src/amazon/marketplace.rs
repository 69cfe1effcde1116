//! The 23 marketplaces. Id, region and endpoint follow from the choice; nobody types them.
//! Source: Amazon's public documentation and models, checked against three client libraries.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Environment;

/// Where Amazon serves a marketplace from. One authorization serves every marketplace of its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    Na,
    Eu,
    Fe,
}

impl Region {
    pub const ALL: [Region; 3] = [Region::Na, Region::Eu, Region::Fe];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Region::Na => "na",
            Region::Eu => "eu",
            Region::Fe => "fe",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Region::Na => "North America",
            Region::Eu => "Europe, Middle East, Africa, India",
            Region::Fe => "Far East",
        }
    }

    /// The SP-API endpoint. LWA has no sandbox of its own; SP-API has.
    pub fn endpoint(self, environment: Environment) -> &'static str {
        match (self, environment) {
            (Region::Na, Environment::Production) => "https://sellingpartnerapi-na.amazon.com",
            (Region::Eu, Environment::Production) => "https://sellingpartnerapi-eu.amazon.com",
            (Region::Fe, Environment::Production) => "https://sellingpartnerapi-fe.amazon.com",
            (Region::Na, Environment::Sandbox) => "https://sandbox.sellingpartnerapi-na.amazon.com",
            (Region::Eu, Environment::Sandbox) => "https://sandbox.sellingpartnerapi-eu.amazon.com",
            (Region::Fe, Environment::Sandbox) => "https://sandbox.sellingpartnerapi-fe.amazon.com",
        }
    }
}

#[derive(Debug)]
struct Row {
    code: &'static str,
    name: &'static str,
    id: &'static str,
    region: Region,
    seller_central: &'static str,
}

/// One marketplace: a row of the table.
#[derive(Clone, Copy)]
pub struct Marketplace(&'static Row);

impl Marketplace {
    /// Every marketplace, by region as Amazon lists them.
    pub fn all() -> impl Iterator<Item = Marketplace> {
        ROWS.iter().map(Marketplace)
    }

    /// By country code; `GB` is taken for `UK`.
    pub fn by_code(code: &str) -> Option<Self> {
        let code = if code.eq_ignore_ascii_case("GB") { "UK" } else { code };
        Self::all().find(|m| m.0.code.eq_ignore_ascii_case(code))
    }

    /// By what a person types or chooses: code, name, the name in its own language, or marketplace id.
    pub fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        let lower = text.to_lowercase();
        let named = |m: &Marketplace| {
            [m.name(), m.local_name(), m.marketplace_id()].iter().any(|known| known.to_lowercase() == lower)
        };
        Self::by_code(text).or_else(|| Self::all().find(named))
    }

    /// By marketplace id.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::all().find(|m| m.0.id == id)
    }

    pub fn code(self) -> &'static str {
        self.0.code
    }

    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The country in its own language, where that is another word.
    pub fn local_name(self) -> &'static str {
        match self.0.code {
            "BE" => "België",
            "BR" => "Brasil",
            "DE" => "Deutschland",
            "EG" => "مصر",
            "ES" => "España",
            "IE" => "Éire",
            "IN" => "भारत",
            "IT" => "Italia",
            "JP" => "日本",
            "MX" => "México",
            "NL" => "Nederland",
            "PL" => "Polska",
            "SA" => "السعودية",
            "SE" => "Sverige",
            "AE" => "الإمارات",
            "TR" => "Türkiye",
            _ => self.0.name,
        }
    }

    pub fn marketplace_id(self) -> &'static str {
        self.0.id
    }

    pub fn region(self) -> Region {
        self.0.region
    }

    pub fn endpoint(self, environment: Environment) -> &'static str {
        self.0.region.endpoint(environment)
    }

    /// The origin of Seller Central, where consent pages are.
    pub fn seller_central(self) -> &'static str {
        self.0.seller_central
    }
}

impl PartialEq for Marketplace {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Marketplace {}

impl fmt::Debug for Marketplace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code)
    }
}

impl Serialize for Marketplace {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.code)
    }
}

impl<'de> Deserialize<'de> for Marketplace {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = String::deserialize(d)?;
        Self::by_code(&code).ok_or_else(|| serde::de::Error::custom("not a marketplace"))
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { code: "CA", name: "Canada", id: "A2EUQ1WTGCTBG2", region: Region::Na, seller_central: "https://sellercentral.amazon.ca" },
    Row { code: "US", name: "United States", id: "ATVPDKIKX0DER", region: Region::Na, seller_central: "https://sellercentral.amazon.com" },
    Row { code: "MX", name: "Mexico", id: "A1AM78C64UM0Y8", region: Region::Na, seller_central: "https://sellercentral.amazon.com.mx" },
    Row { code: "BR", name: "Brazil", id: "A2Q3Y263D00KWC", region: Region::Na, seller_central: "https://sellercentral.amazon.com.br" },
    Row { code: "IE", name: "Ireland", id: "A28R8C7NBKEWEA", region: Region::Eu, seller_central: "https://sellercentral.amazon.ie" },
    Row { code: "ES", name: "Spain", id: "A1RKKUPIHCS9HS", region: Region::Eu, seller_central: "https://sellercentral-europe.amazon.com" },
    Row { code: "UK", name: "United Kingdom", id: "A1F83G8C2ARO7P", region: Region::Eu, seller_central: "https://sellercentral-europe.amazon.com" },
    Row { code: "FR", name: "France", id: "A13V1IB3VIYZZH", region: Region::Eu, seller_central: "https://sellercentral-europe.amazon.com" },
    Row { code: "BE", name: "Belgium", id: "AMEN7PMS3EDWL", region: Region::Eu, seller_central: "https://sellercentral.amazon.com.be" },
    Row { code: "NL", name: "Netherlands", id: "A1805IZSGTT6HS", region: Region::Eu, seller_central: "https://sellercentral.amazon.nl" },
    Row { code: "DE", name: "Germany", id: "A1PA6795UKMFR9", region: Region::Eu, seller_central: "https://sellercentral-europe.amazon.com" },
    Row { code: "IT", name: "Italy", id: "APJ6JRA9NG5V4", region: Region::Eu, seller_central: "https://sellercentral-europe.amazon.com" },
    Row { code: "SE", name: "Sweden", id: "A2NODRKZP88ZB9", region: Region::Eu, seller_central: "https://sellercentral.amazon.se" },
    Row { code: "ZA", name: "South Africa", id: "AE08WJ6YKNBMC", region: Region::Eu, seller_central: "https://sellercentral.amazon.co.za" },
    Row { code: "PL", name: "Poland", id: "A1C3SOZRARQ6R3", region: Region::Eu, seller_central: "https://sellercentral.amazon.pl" },
    Row { code: "EG", name: "Egypt", id: "ARBP9OOSHTCHU", region: Region::Eu, seller_central: "https://sellercentral.amazon.eg" },
    Row { code: "TR", name: "Turkey", id: "A33AVAJ2PDY3EV", region: Region::Eu, seller_central: "https://sellercentral.amazon.com.tr" },
    Row { code: "SA", name: "Saudi Arabia", id: "A17E79C6D8DWNP", region: Region::Eu, seller_central: "https://sellercentral.amazon.sa" },
    Row { code: "AE", name: "United Arab Emirates", id: "A2VIGQ35RCS4UG", region: Region::Eu, seller_central: "https://sellercentral.amazon.ae" },
    Row { code: "IN", name: "India", id: "A21TJRUUN4KGV", region: Region::Eu, seller_central: "https://sellercentral.amazon.in" },
    Row { code: "SG", name: "Singapore", id: "A19VAU5U5O7RUS", region: Region::Fe, seller_central: "https://sellercentral.amazon.sg" },
    Row { code: "AU", name: "Australia", id: "A39IBJ37TRP1C6", region: Region::Fe, seller_central: "https://sellercentral.amazon.com.au" },
    Row { code: "JP", name: "Japan", id: "A1VC38T7YXB528", region: Region::Fe, seller_central: "https://sellercentral.amazon.co.jp" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marketplace_is_found_by_code_name_or_id() {
        for typed in ["Deutschland", "deutschland", "DE", "de ", "Germany", "germany", "A1PA6795UKMFR9"] {
            assert_eq!(Marketplace::find(typed).map(Marketplace::code), Some("DE"), "{typed}");
        }
        assert_eq!(Marketplace::find("Atlantis").map(Marketplace::code), None);
    }

    #[test]
    fn the_table_of_marketplaces() {
        let rows = Marketplace::all().map(|m| {
            format!(
                "{} {:<14} {} {} {}",
                m.code(),
                m.marketplace_id(),
                m.region().as_str(),
                m.endpoint(Environment::Production),
                m.name()
            )
        });
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn codes_and_ids_find_one_row_each() {
        assert_eq!(Marketplace::all().count(), 23);
        for m in Marketplace::all() {
            assert_eq!(Marketplace::by_code(m.code()), Some(m));
            assert_eq!(Marketplace::by_id(m.marketplace_id()), Some(m));
            assert!((12..=14).contains(&m.marketplace_id().len()));
        }
        assert_eq!(Marketplace::by_code("gb").map(Marketplace::code), Some("UK"));
        assert_eq!(Marketplace::by_code("XX"), None);
    }
}
