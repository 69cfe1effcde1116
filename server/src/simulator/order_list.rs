//! SP-API's Orders v0: the list, page by page, and one order.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, NaiveDate, NaiveTime};
use model::{Time, amazon::Marketplace};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Simulator,
    known::Seller,
    orders, places,
    refusals::{ACCESS_DENIED, Denial, NO_SUCH_ORDER},
    sp_api::{Caller, answer},
};

/// Amazon shows no older orders.
const REACH: Duration = Duration::days(730);
/// Nothing changes in an order later than this after its purchase.
const SETTLED: Duration = Duration::days(3);

const NO_MARKETPLACES: Denial = Denial::invalid_input("The request is missing the parameter: MarketplaceIds.");
const BAD_MARKETPLACE: Denial = Denial::invalid_input("MarketplaceIds names a marketplace that does not exist.");
const NO_START: Denial = Denial::invalid_input("Either CreatedAfter or LastUpdatedAfter must be specified.");
const BAD_DATE: Denial = Denial::invalid_input("A date is not in ISO 8601 format.");
const BAD_PAGE_SIZE: Denial = Denial::invalid_input("MaxResultsPerPage must be from 1 to 100.");
const BAD_NEXT_TOKEN: Denial = Denial::invalid_input("NextToken is not valid.");

/// Where a page begins; travels as `NextToken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    after: Time,
    before: Time,
    by_update: bool,
    size: usize,
    skip: usize,
}

/// `GET /orders/v0/orders`
pub(super) async fn list(
    State(simulator): State<Simulator>,
    Caller(seller): Caller,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Denial> {
    let now = simulator.clock.now();
    let marketplaces = marketplaces(&asked, &seller)?;
    let cursor = match value(&asked, "NextToken") {
        Some(token) => Cursor::open(token).ok_or(BAD_NEXT_TOKEN)?,
        None => Cursor::first(&asked, now)?,
    };
    Ok(answer("0.0167", page(&seller, &marketplaces, cursor, now)))
}

/// `GET /orders/v0/orders/{orderId}`
pub(super) async fn one(
    State(simulator): State<Simulator>,
    Caller(seller): Caller,
    Path(order_id): Path<String>,
) -> Result<Response, Denial> {
    let now = simulator.clock.now();
    let all = orders::between(&seller, &places::of(&seller), now - REACH, now, now);
    let order = all.into_iter().find(|order| order.amazon_order_id == order_id).ok_or(NO_SUCH_ORDER)?;
    Ok(answer("0.5", json!(order)))
}

fn page(seller: &Seller, marketplaces: &[Marketplace], cursor: Cursor, now: Time) -> Value {
    let (after, before) = (cursor.after.max(now - REACH), cursor.before.min(now));
    let bought_from = if cursor.by_update { after - SETTLED } else { after };
    let mut found = orders::between(seller, marketplaces, bought_from, before, now);
    if cursor.by_update {
        found.retain(|order| (after..=before).contains(&order.last_update_date));
    }
    let end = cursor.skip.saturating_add(cursor.size.clamp(1, 100));
    let next = (found.len() > end).then(|| Cursor { skip: end, ..cursor }.seal());
    let rows: Vec<_> = found.into_iter().take(end).skip(cursor.skip).collect();
    let mut payload = json!({ "Orders": rows });
    payload[if cursor.by_update { "LastUpdatedBefore" } else { "CreatedBefore" }] = json!(before);
    if let Some(next) = next {
        payload["NextToken"] = json!(next);
    }
    payload
}

impl Cursor {
    fn first(asked: &[(String, String)], now: Time) -> Result<Self, Denial> {
        let size: Option<usize> = value(asked, "MaxResultsPerPage").map_or(Some(100), |text| text.parse().ok());
        let size = size.filter(|size| (1..=100).contains(size)).ok_or(BAD_PAGE_SIZE)?;
        let by_update = value(asked, "CreatedAfter").is_none();
        let (after, before) =
            if by_update { ("LastUpdatedAfter", "LastUpdatedBefore") } else { ("CreatedAfter", "CreatedBefore") };
        let after = moment(value(asked, after).ok_or(NO_START)?)?;
        // Amazon's lists end two minutes before now.
        let latest = now - Duration::minutes(2);
        let before = value(asked, before).map(moment).transpose()?.unwrap_or(latest).min(latest);
        Ok(Self { after, before, by_update, size, skip: 0 })
    }

    fn open(token: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
    }

    fn seal(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!(self).to_string())
    }
}

fn marketplaces(asked: &[(String, String)], seller: &Seller) -> Result<Vec<Marketplace>, Denial> {
    let named = asked.iter().filter(|(name, _)| name == "MarketplaceIds").flat_map(|(_, ids)| ids.split(','));
    let named: Vec<&str> = named.map(str::trim).filter(|id| !id.is_empty()).collect();
    if named.is_empty() {
        return Err(NO_MARKETPLACES);
    }
    let mut found = Vec::new();
    for id in named {
        let marketplace = Marketplace::by_id(id).ok_or(BAD_MARKETPLACE)?;
        if !places::of(seller).contains(&marketplace) {
            return Err(ACCESS_DENIED);
        }
        if !found.contains(&marketplace) {
            found.push(marketplace);
        }
    }
    Ok(found)
}

fn value<'a>(asked: &'a [(String, String)], name: &str) -> Option<&'a str> {
    asked.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

fn moment(text: &str) -> Result<Time, Denial> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let date = text.parse::<NaiveDate>().map_err(|_| BAD_DATE)?;
    Ok(date.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use crate::simulator::{known::*, stage};

    #[tokio::test]
    async fn pages_follow_each_other_and_each_order_can_be_asked_for() {
        let (_, simulator) = stage::start();
        let token = stage::refresh(&simulator, &APPS[0], SELLERS[0].refresh_token).await.json();
        let ask = async |path: &str| stage::get(&simulator, path, token["access_token"].as_str()).await;
        let list = "/orders/v0/orders?MarketplaceIds=A1PA6795UKMFR9,A13V1IB3VIYZZH";
        let whole = ask(&format!("{list}&CreatedAfter=2026-11-15")).await.json()["payload"].clone();
        let expected = whole["Orders"].as_array().unwrap().clone();
        assert!(expected.len() > 20 && whole.get("NextToken").is_none());
        let mut page =
            ask(&format!("{list}&CreatedAfter=2026-11-15T00:00:00Z&MaxResultsPerPage=7")).await.json()["payload"].clone();
        let mut seen = page["Orders"].as_array().unwrap().clone();
        while let Some(next) = page["NextToken"].as_str() {
            page = ask(&format!("{list}&NextToken={next}")).await.json()["payload"].clone();
            seen.extend(page["Orders"].as_array().unwrap().clone());
        }
        assert_eq!(seen, expected);
        let id = expected[3]["AmazonOrderId"].as_str().unwrap();
        assert_eq!(ask(&format!("/orders/v0/orders/{id}")).await.json()["payload"], expected[3]);
        let updated = ask(&format!("{list}&LastUpdatedAfter=2026-11-21")).await.json();
        assert!(!updated["payload"]["Orders"].as_array().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_question_is_said() {
        let (_, simulator) = stage::start();
        let token = stage::refresh(&simulator, &APPS[0], SELLERS[1].refresh_token).await.json();
        for (path, status) in [
            ("/orders/v0/orders?CreatedAfter=2026-11-15", 400),
            ("/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER", 400),
            ("/orders/v0/orders?MarketplaceIds=NONSENSE&CreatedAfter=2026-11-15", 400),
            ("/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER&CreatedAfter=yesterday", 400),
            ("/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER&CreatedAfter=2026-11-15&MaxResultsPerPage=0", 400),
            ("/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER&NextToken=nonsense", 400),
            ("/orders/v0/orders?MarketplaceIds=A1PA6795UKMFR9&CreatedAfter=2026-11-15", 403),
            ("/orders/v0/orders/302-0000000-0000000", 404),
        ] {
            let answer = stage::get(&simulator, path, token["access_token"].as_str()).await;
            assert_eq!(answer.status, status, "{path}");
            assert!(answer.json()["errors"][0]["code"].is_string(), "{path}");
        }
    }
}
