//! What is there from the start: named in the README, in tests and on the control page. None of it opens anything real.

use model::Environment;

/// A developer application.
#[derive(Clone, Copy, Debug)]
pub struct App {
    pub name: &'static str,
    pub environment: Environment,
    pub client_id: &'static str,
    /// The secret at the start; a rotation makes another one.
    pub client_secret: &'static str,
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

/// The production app, then the sandbox app.
pub const APPS: [App; 2] = [
    App {
        name: "Lighthouse",
        environment: Environment::Production,
        client_id: "amzn1.application-oa2-client.8c993249af3ec5a0e4a7e443ae048a3f",
        client_secret: "amzn1.oa2-cs.v1.0f4645d547bd96ea606cb2a8bded896d9e336a2af0c9e9973e6465d0545977e2",
        application_id: "amzn1.sp.solution.3f0c1d52-7a64-4a0e-9d0b-51a0c0ffee01",
    },
    App {
        name: "Lighthouse Sandbox",
        environment: Environment::Sandbox,
        client_id: "amzn1.application-oa2-client.c2ce32e8cca84a2fbcfdceb02c0a711a",
        client_secret: "amzn1.oa2-cs.v1.7e895ec04e95c98aceb345c12fd851bd6b46c832da2f79397fbc69f818cb4bb4",
        application_id: "amzn1.sp.solution.9b7e24c8-0d15-4c3b-8f6a-51a0c0ffee02",
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
            assert!(app.application_id.parse::<ApplicationId>().is_ok(), "{}", app.name);
            assert_eq!(check_client_secret(app.client_secret), Ok(()), "{}", app.name);
        }
        for seller in SELLERS.into_iter().chain([SANDBOX_SELLER]) {
            assert!(seller.seller_id.parse::<SellerId>().unwrap().has_usual_length(), "{}", seller.name);
            assert_eq!(check_refresh_token(seller.refresh_token), Ok(()), "{}", seller.name);
            let regions: Vec<_> =
                seller.marketplaces.iter().map(|code| Marketplace::by_code(code).unwrap().region()).collect();
            assert!(regions.windows(2).all(|pair| pair[0] == pair[1]), "one consent serves one region");
        }
    }
}
