//! The one call of the Advertising API that Portal itself makes: which profiles does a grant reach?

use model::{
    Environment,
    amazon::{ADS_CLIENT_ID, Api, Marketplace, Profile, ProfileId, ProfileKind, Region, SellerId},
};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Amazon, CallFailure, client::Answer, failure::retry_after};

/// An agency's grant may reach some thousands of profiles, of a few hundred bytes each.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

impl Amazon {
    /// `GET /v2/profiles` at the endpoint of `region`. Those in marketplaces that Portal does not know are left out.
    #[tracing::instrument(skip_all, fields(region = region.as_str()))]
    pub async fn profiles(
        &self,
        region: Region,
        client_id: &str,
        access_token: &SecretString,
    ) -> Result<Vec<Profile>, CallFailure> {
        let url = format!("{}/v2/profiles", self.base(Api::Advertising.endpoint(region, Environment::Production)));
        #[expect(clippy::disallowed_methods, reason = "Amazon is asked with it")]
        let request = self.request(Method::GET, &url)?.bearer_auth(access_token.expose_secret());
        let answer = self.send_within(request.header(ADS_CLIENT_ID, client_id), BODY_LIMIT).await?;
        read(&answer, region)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    profile_id: u64,
    account_info: Account,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    marketplace_string_id: String,
    id: String,
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
}

impl Row {
    fn profile(self) -> Option<Profile> {
        let Account { marketplace_string_id, id, kind, name } = self.account_info;
        let kind = match kind.as_str() {
            "seller" => ProfileKind::Seller,
            "vendor" => ProfileKind::Vendor,
            "agency" => ProfileKind::Agency,
            _ => return None,
        };
        Some(Profile {
            id: ProfileId(self.profile_id),
            kind,
            account: SellerId::named_by_amazon(&id)?,
            name: name.unwrap_or_default(),
            marketplace: Marketplace::by_id(&marketplace_string_id)?,
        })
    }
}

/// Classes an answer. Pure, so that every wire form can be tested.
fn read(answer: &Answer, region: Region) -> Result<Vec<Profile>, CallFailure> {
    match answer.status {
        200 => {
            let rows: Vec<serde_json::Value> = serde_json::from_slice(&answer.body).map_err(|_| CallFailure::BadResponse)?;
            // One account of a kind that is not known must not hide the others.
            let rows = rows.into_iter().filter_map(|row| serde_json::from_value::<Row>(row).ok()?.profile());
            Ok(rows.filter(|profile| profile.marketplace.region() == region).collect())
        }
        401 | 403 => Err(CallFailure::AccessDenied),
        429 => Err(CallFailure::Throttled { retry_after: retry_after(&answer.headers) }),
        500.. => Err(CallFailure::Unavailable),
        _ => Err(CallFailure::BadResponse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: Default::default(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn profiles_are_read_as_the_public_documentation_writes_them() {
        let body = r#"[
            {"profileId": 3312345678901234, "countryCode": "DE", "currencyCode": "EUR", "timezone": "Europe/Paris", "dailyBudget": 0.0,
             "accountInfo": {"marketplaceStringId": "A1PA6795UKMFR9", "id": "A2NORDLICHT7E4", "type": "seller", "name": "Nordlicht", "validPaymentMethod": true}},
            {"profileId": 44, "countryCode": "UK", "currencyCode": "GBP", "timezone": "Europe/London",
             "accountInfo": {"marketplaceStringId": "A1F83G8C2ARO7P", "id": "ENTITY2KX7Q9", "type": "vendor", "subType": "KDP_AUTHOR"}},
            {"profileId": 45, "accountInfo": {"marketplaceStringId": "ATVPDKIKX0DER", "id": "A3MAPLEMAIN9Q2", "type": "seller", "name": "Maple"}},
            {"profileId": 46, "accountInfo": {"marketplaceStringId": "A0UNKNOWN", "id": "A3MAPLEMAIN9Q2", "type": "seller", "name": "Maple"}},
            {"profileId": 47, "accountInfo": {"marketplaceStringId": "A1F83G8C2ARO7P", "id": "ENTITY2KX7Q9", "type": "something new", "name": "x"}}]"#;
        let found = read(&answer(200, body), Region::Eu).unwrap();
        let told: Vec<_> =
            found.iter().map(|one| (one.id.0, one.kind.as_str(), one.account.as_str(), one.name.as_str())).collect();
        let expected =
            [(3_312_345_678_901_234, "seller", "A2NORDLICHT7E4", "Nordlicht"), (44, "vendor", "ENTITY2KX7Q9", "")];
        assert_eq!(told, expected);
        for nothing in ["[]", r#"[{"profileId": "x"}]"#] {
            assert_eq!(read(&answer(200, nothing), Region::Eu), Ok(Vec::new()));
        }
    }

    #[test]
    fn each_refusal_has_its_class() {
        for (status, body, class) in [
            (401, r#"{"code":"UNAUTHORIZED","details":"Not authorized to access scope"}"#, CallFailure::AccessDenied),
            (403, "", CallFailure::AccessDenied),
            (429, "", CallFailure::Throttled { retry_after: None }),
            (503, "", CallFailure::Unavailable),
            (302, "", CallFailure::BadResponse),
            (200, "{}", CallFailure::BadResponse),
        ] {
            assert_eq!(read(&answer(status, body), Region::Eu), Err(class), "{status} {body}");
        }
    }
}
