//! Orders, made from nothing but the seller, the marketplace and the day: who asks again sees the same ones, and sees
//! them move on from pending to shipped as time goes by. Of the buyers nothing is invented; Amazon shows them only to
//! restricted tokens.

use chrono::{DateTime, Duration};
use model::{Time, amazon::Marketplace};
use serde::Serialize;

use super::{known::Seller, places::Place};

const DAY: i64 = 86_400;

/// An order in the shape of the public Orders v0 model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Order {
    pub amazon_order_id: String,
    pub purchase_date: Time,
    pub last_update_date: Time,
    pub order_status: &'static str,
    fulfillment_channel: &'static str,
    sales_channel: &'static str,
    ship_service_level: &'static str,
    /// Not known before the payment is authorized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_total: Option<Money>,
    number_of_items_shipped: u64,
    number_of_items_unshipped: u64,
    payment_method: &'static str,
    payment_method_details: [&'static str; 1],
    pub marketplace_id: &'static str,
    shipment_service_level_category: &'static str,
    order_type: &'static str,
    earliest_ship_date: Time,
    latest_ship_date: Time,
    is_business_order: bool,
    is_prime: bool,
    is_premium_order: bool,
    is_replacement_order: bool,
    is_global_express_enabled: bool,
    is_access_point_order: bool,
    #[serde(rename = "IsSoldByAB")]
    is_sold_by_ab: bool,
    #[serde(rename = "IsIBA")]
    is_iba: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Money {
    pub currency_code: &'static str,
    pub amount: String,
}

/// A seller's orders that were bought from `from` up to `to`, oldest first, as they stand at `now`.
pub(super) fn between(seller: &Seller, marketplaces: &[Marketplace], from: Time, to: Time, now: Time) -> Vec<Order> {
    let mut orders = Vec::new();
    for day in from.timestamp().div_euclid(DAY)..=to.timestamp().div_euclid(DAY) {
        for marketplace in marketplaces {
            if let Some(place) = Place::of(*marketplace) {
                orders.extend(of_day(seller, *marketplace, place, day, now));
            }
        }
    }
    orders.retain(|order| (from..=to).contains(&order.purchase_date));
    orders.sort_by_key(|order| order.purchase_date);
    orders
}

fn of_day(seller: &Seller, marketplace: Marketplace, place: Place, day: i64, now: Time) -> impl Iterator<Item = Order> {
    let mut dice = Dice::new(&format!("{} {} {day}", seller.seller_id, marketplace.code()));
    // The epoch was a Thursday; people order more at weekends.
    let weekend = matches!((day + 4).rem_euclid(7), 0 | 6);
    let count = if weekend { 4 + dice.roll(5) } else { 2 + dice.roll(4) };
    (0..count).map(move |_| order(&mut dice, marketplace, place, day, now))
}

/// Rolls in the same order whatever `now` is, so that an order keeps its id and price for life.
fn order(dice: &mut Dice, marketplace: Marketplace, place: Place, day: i64, now: Time) -> Order {
    let id = format!("{:03}-{:07}-{:07}", 301 + dice.roll(6), dice.roll(10_000_000), dice.roll(10_000_000));
    let second = (21_600 + dice.roll(61_200)).cast_signed();
    let bought = DateTime::from_timestamp(day * DAY + second, 0).unwrap_or_default();
    let handling = Duration::minutes((240 + dice.roll(2_160)).cast_signed());
    let (canceled, items) = (dice.roll(20) == 0, 1 + dice.roll(3));
    let price = (4 + dice.roll(90)) * 100 + 99;
    let (by_amazon, business) = (dice.roll(3) > 0, dice.roll(12) == 0);

    let authorized = bought + Duration::minutes(30);
    let (status, updated) = if now < authorized {
        ("Pending", bought)
    } else if canceled {
        ("Canceled", authorized)
    } else if now < bought + handling {
        ("Unshipped", authorized)
    } else {
        ("Shipped", bought + handling)
    };
    let shipped = if status == "Shipped" { items } else { 0 };
    Order {
        amazon_order_id: id,
        purchase_date: bought,
        last_update_date: updated,
        order_status: status,
        fulfillment_channel: if by_amazon { "AFN" } else { "MFN" },
        sales_channel: place.shop,
        ship_service_level: if by_amazon { "Expedited" } else { "Standard" },
        order_total: (status != "Pending").then(|| money(price * items, place)),
        number_of_items_shipped: shipped,
        number_of_items_unshipped: if status == "Canceled" { 0 } else { items - shipped },
        payment_method: "Other",
        payment_method_details: ["Standard"],
        marketplace_id: marketplace.marketplace_id(),
        shipment_service_level_category: if by_amazon { "Expedited" } else { "Standard" },
        order_type: "StandardOrder",
        earliest_ship_date: authorized,
        latest_ship_date: bought + Duration::days(2),
        is_business_order: business,
        is_prime: by_amazon,
        is_premium_order: false,
        is_replacement_order: false,
        is_global_express_enabled: false,
        is_access_point_order: false,
        is_sold_by_ab: false,
        is_iba: false,
    }
}

/// `cents` of a euro in the currency of a place. The yen has no smaller part.
fn money(cents: u64, place: Place) -> Money {
    let hundredths = cents * place.per_euro / 100;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let amount = if place.currency == "JPY" { whole.to_string() } else { format!("{whole}.{rest:02}") };
    Money { currency_code: place.currency, amount }
}

/// Numbers that look like chance and always fall the same way (SplitMix64, seeded by FNV-1a).
struct Dice(u64);

impl Dice {
    fn new(seed: &str) -> Self {
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// From 0 up to `sides - 1`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{known::SELLERS, places};

    #[test]
    fn who_asks_again_sees_the_same_orders_moved_on() {
        let seller = SELLERS[2];
        let from = DateTime::from_timestamp(1_795_305_600, 0).unwrap();
        let to = from + Duration::days(3);
        let at = |now: Time| between(&seller, &places::of(&seller), from, to, now);
        let (early, late) = (at(from), at(to + Duration::days(3)));
        assert_eq!(at(from), early);
        assert!(early.len() > 20);
        let ids = |orders: &[Order]| orders.iter().map(|order| order.amazon_order_id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&early), ids(&late));
        assert!(early.iter().all(|order| order.order_status == "Pending" && order.order_total.is_none()));
        assert!(late.iter().all(|order| ["Shipped", "Canceled"].contains(&order.order_status)));
        let yen =
            late.iter().filter_map(|order| order.order_total.as_ref()).find(|total| total.currency_code == "JPY").unwrap();
        assert!(yen.amount.parse::<u64>().is_ok());
        assert_ne!(ids(&late), ids(&between(&SELLERS[0], &places::of(&SELLERS[0]), from, to, to)));
    }
}
