//! The two interfaces of Amazon that a grant opens. Each has its own LWA apps, grants, endpoints and headers.

use serde::{Deserialize, Serialize};

use super::{ProfileId, Region};
use crate::Environment;

/// Which of Amazon's interfaces an LWA app was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Api {
    /// The Selling Partner API.
    #[serde(rename = "sp_api")]
    SellingPartner,
    /// The Advertising API. It has no sandbox.
    #[serde(rename = "ads")]
    Advertising,
}

impl Api {
    pub const ALL: [Api; 2] = [Api::SellingPartner, Api::Advertising];

    /// What a connection is for: one with a profile is for the Advertising API.
    pub fn of(profile: Option<ProfileId>) -> Self {
        if profile.is_some() { Api::Advertising } else { Api::SellingPartner }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Api::SellingPartner => "sp_api",
            Api::Advertising => "ads",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.as_str() == text)
    }

    pub fn name(self) -> &'static str {
        match self {
            Api::SellingPartner => "Selling Partner API",
            Api::Advertising => "Advertising API",
        }
    }

    /// Where its calls go.
    pub fn endpoint(self, region: Region, environment: Environment) -> &'static str {
        match (self, region) {
            (Api::SellingPartner, region) => region.endpoint(environment),
            (Api::Advertising, Region::Na) => "https://advertising-api.amazon.com",
            (Api::Advertising, Region::Eu) => "https://advertising-api-eu.amazon.com",
            (Api::Advertising, Region::Fe) => "https://advertising-api-fe.amazon.com",
        }
    }

    /// The header that carries the access token, and what stands before the token in it.
    pub fn token_header(self) -> (&'static str, &'static str) {
        match self {
            Api::SellingPartner => ("x-amz-access-token", ""),
            Api::Advertising => ("Authorization", "Bearer "),
        }
    }
}

/// The header of the Advertising API that names the LWA app.
pub const ADS_CLIENT_ID: &str = "Amazon-Advertising-API-ClientId";
/// The header of the Advertising API that names the profile.
pub const ADS_SCOPE: &str = "Amazon-Advertising-API-Scope";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interface_has_its_endpoints_and_its_header() {
        for api in Api::ALL {
            assert_eq!(Api::parse(api.as_str()), Some(api));
            assert_eq!(serde_json::to_value(api).unwrap(), api.as_str());
        }
        assert_eq!(Api::parse("sb_api"), None);
        let endpoint = |region| Api::Advertising.endpoint(region, Environment::Production);
        assert_eq!(
            [Region::Na, Region::Eu, Region::Fe].map(endpoint),
            [
                "https://advertising-api.amazon.com",
                "https://advertising-api-eu.amazon.com",
                "https://advertising-api-fe.amazon.com"
            ]
        );
        let sandbox = Api::SellingPartner.endpoint(Region::Eu, Environment::Sandbox);
        assert_eq!(sandbox, "https://sandbox.sellingpartnerapi-eu.amazon.com");
        assert_eq!(Api::Advertising.token_header(), ("Authorization", "Bearer "));
    }
}
