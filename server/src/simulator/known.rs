//! What is there from the start: named in the README, in tests and on the control page. None of it opens anything real.

use model::{Environment, amazon::Api};

/// A developer application.
#[derive(Clone, Copy, Debug)]
pub struct App {
    pub name: &'static str,
    pub api: Api,
    pub environment: Environment,
    pub client_id: &'static str,
    /// The secret at the start; a rotation makes another one.
    pub client_secret: &'static str,
    /// Empty for the Advertising API.
    pub application_id: &'static str,
}

/// A selling partner in one region, and the refresh token of its consent.
#[derive(Clone, Copy, Debug)]
pub struct Seller {
    pub name: &'static str,
    pub seller_id: &'static str,
    /// Country codes of the marketplaces table.
    pub marketplaces: &'static [&'static str],
    /// The app that it consented to.
    pub client_id: &'static str,
    pub refresh_token: &'static str,
}

/// Somebody who may advertise for accounts in one region, and the refresh token of their consent.
#[derive(Clone, Copy, Debug)]
pub struct Advertiser {
    pub name: &'static str,
    /// By what the simulator's controls know it.
    pub id: &'static str,
    pub refresh_token: &'static str,
    pub profiles: &'static [KnownProfile],
}

/// A profile of the Advertising API.
#[derive(Clone, Copy, Debug)]
pub struct KnownProfile {
    pub id: u64,
    /// Country code of the marketplaces table.
    pub marketplace: &'static str,
    pub kind: &'static str,
    pub account: &'static str,
    pub name: &'static str,
}

/// The production app, the sandbox app, then the one of the Advertising API.
pub const APPS: [App; 3] = [
    App {
        name: "Lighthouse",
        api: Api::SellingPartner,
        environment: Environment::Production,
        client_id: "amzn1.application-oa2-client.8c993249af3ec5a0e4a7e443ae048a3f",
        client_secret: "amzn1.oa2-cs.v1.0f4645d547bd96ea606cb2a8bded896d9e336a2af0c9e9973e6465d0545977e2",
        application_id: "amzn1.sp.solution.3f0c1d52-7a64-4a0e-9d0b-51a0c0ffee01",
    },
    App {
        name: "Lighthouse Sandbox",
        api: Api::SellingPartner,
        environment: Environment::Sandbox,
        client_id: "amzn1.application-oa2-client.c2ce32e8cca84a2fbcfdceb02c0a711a",
        client_secret: "amzn1.oa2-cs.v1.7e895ec04e95c98aceb345c12fd851bd6b46c832da2f79397fbc69f818cb4bb4",
        application_id: "amzn1.sp.solution.9b7e24c8-0d15-4c3b-8f6a-51a0c0ffee02",
    },
    App {
        name: "Lighthouse Ads",
        api: Api::Advertising,
        environment: Environment::Production,
        client_id: "amzn1.application-oa2-client.5d1f0a64c87b4e2d9a3371be60c4f9e2",
        client_secret: "amzn1.oa2-cs.v1.c0a4e7f1853b29d6640f1ce8a7735bd2914e60fb8d23ca5719e8f4036db2a75c",
        application_id: "",
    },
];

/// One in Europe, one in North America. Both consented to the app of the Advertising API.
pub const ADVERTISERS: [Advertiser; 2] = [
    Advertiser {
        name: "Blauwal Agency",
        id: "ADVERTISERBLAUWAL",
        refresh_token: "Atzr|IwEBISimulatedBlauwalAgencyForLighthouseAds3Rt8",
        profiles: &[
            KnownProfile {
                id: 3_312_345_678_901_234,
                marketplace: "DE",
                kind: "seller",
                account: SELLERS[0].seller_id,
                name: "Nordlicht Leuchten",
            },
            KnownProfile {
                id: 1_187_654_321_098_765,
                marketplace: "FR",
                kind: "seller",
                account: SELLERS[0].seller_id,
                name: "Nordlicht Leuchten",
            },
            KnownProfile {
                id: 2_204_060_801_030_507,
                marketplace: "UK",
                kind: "vendor",
                account: "ENTITY2KX7Q9FJORD",
                name: "Fjordholz",
            },
        ],
    },
    Advertiser {
        name: "Maple & Main Outfitters",
        id: "ADVERTISERMAPLE",
        refresh_token: "Atzr|IwEBISimulatedMapleAndMainOutfittersForLighthouseAds5Yp1",
        profiles: &[
            KnownProfile {
                id: 4_410_293_847_561_029,
                marketplace: "US",
                kind: "seller",
                account: SELLERS[1].seller_id,
                name: "Maple & Main Outfitters",
            },
            KnownProfile {
                id: 4_410_293_847_561_030,
                marketplace: "CA",
                kind: "seller",
                account: SELLERS[1].seller_id,
                name: "Maple & Main Outfitters",
            },
        ],
    },
];

/// One seller in each region, then those that the demonstration needs besides. All of them consented to the production app.
pub const SELLERS: [Seller; 6] = [
    Seller {
        name: "Nordlicht Leuchten",
        seller_id: "A2NORDLICHT7E4",
        marketplaces: &["DE", "FR", "ES", "UK"],
        client_id: APPS[0].client_id,
        refresh_token: "Atzr|IwEBISimulatedNordlichtLeuchtenForLighthouseProduction7Qm2",
    },
    Seller {
        name: "Maple & Main Outfitters",
        seller_id: "A3MAPLEMAIN9Q2",
        marketplaces: &["US", "CA", "MX"],
        client_id: APPS[0].client_id,
        refresh_token: "Atzr|IwEBISimulatedMapleAndMainOutfittersForLighthouseProduction4Kx9",
    },
    Seller {
        name: "Hikari Teahouse",
        seller_id: "A1HIKARITEA5K",
        marketplaces: &["JP", "AU", "SG"],
        client_id: APPS[0].client_id,
        refresh_token: "Atzr|IwEBISimulatedHikariTeahouseForLighthouseProduction8Vt3",
    },
    Seller {
        name: "Maison Verte",
        seller_id: "A2MAISONVERT3F",
        marketplaces: &["FR", "BE", "IT"],
        client_id: APPS[0].client_id,
        refresh_token: "Atzr|IwEBISimulatedMaisonVerteForLighthouseProduction2Hs5",
    },
    Seller {
        name: "Cedar Ridge Outdoors",
        seller_id: "A1CEDARRIDGE8B",
        marketplaces: &["US", "CA"],
        client_id: APPS[0].client_id,
        refresh_token: "Atzr|IwEBISimulatedCedarRidgeOutdoorsForLighthouseProduction6Wd1",
    },
    Seller {
        name: "Sakura Stationery",
        seller_id: "A3SAKURASTAT2Y",
        marketplaces: &["JP"],
        client_id: APPS[0].client_id,
        refresh_token: "Atzr|IwEBISimulatedSakuraStationeryForLighthouseProduction9Ln4",
    },
];

/// The first seller once more, with the consent that it gave to the sandbox app.
pub const SANDBOX_SELLER: Seller = Seller {
    client_id: APPS[1].client_id,
    refresh_token: "Atzr|IwEBISimulatedNordlichtLeuchtenForLighthouseSandbox1Zp6",
    ..SELLERS[0]
};

#[cfg(test)]
mod tests {
    use model::amazon::{ApplicationId, LwaClientId, Marketplace, SellerId, check_client_secret, check_refresh_token};

    use super::*;

    #[test]
    fn everything_known_is_well_formed() {
        for app in APPS {
            assert!(app.client_id.parse::<LwaClientId>().is_ok(), "{}", app.name);
            let named = app.application_id.parse::<ApplicationId>().is_ok();
            assert_eq!(named, app.api == Api::SellingPartner, "{}", app.name);
            assert_eq!(check_client_secret(app.client_secret), Ok(()), "{}", app.name);
        }
        for seller in SELLERS.into_iter().chain([SANDBOX_SELLER]) {
            assert!(seller.seller_id.parse::<SellerId>().unwrap().has_usual_length(), "{}", seller.name);
            assert_eq!(check_refresh_token(seller.refresh_token), Ok(()), "{}", seller.name);
            let regions: Vec<_> =
                seller.marketplaces.iter().map(|code| Marketplace::by_code(code).unwrap().region()).collect();
            assert!(regions.windows(2).all(|pair| pair[0] == pair[1]), "one consent serves one region");
        }
        for advertiser in ADVERTISERS {
            assert_eq!(check_refresh_token(advertiser.refresh_token), Ok(()), "{}", advertiser.name);
            let known = |one: &KnownProfile| {
                SellerId::named_by_amazon(one.account).is_some() && Marketplace::by_code(one.marketplace).is_some()
            };
            assert!(advertiser.profiles.iter().all(known), "{}", advertiser.name);
        }
    }
}
