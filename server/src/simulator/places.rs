//! What the simulator tells of each marketplace beyond the model's table: currency, language, shop.

use model::amazon::Marketplace;

use super::known::Seller;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    code: &'static str,
    /// As in `SalesChannel`; with `www.` before it, the domain.
    pub shop: &'static str,
    pub currency: &'static str,
    pub language: &'static str,
    /// Hundredths of the currency in a euro, roughly.
    pub per_euro: u64,
}

impl Place {
    pub fn of(marketplace: Marketplace) -> Option<Self> {
        PLACES.into_iter().find(|place| place.code == marketplace.code())
    }

    pub fn domain(self) -> String {
        format!("www.{}", self.shop.to_ascii_lowercase())
    }

    /// ISO 3166 knows the United Kingdom as GB.
    pub fn country(self) -> &'static str {
        if self.code == "UK" { "GB" } else { self.code }
    }
}

/// The marketplaces of a seller.
pub(super) fn of(seller: &Seller) -> Vec<Marketplace> {
    seller.marketplaces.iter().filter_map(|code| Marketplace::by_code(code)).collect()
}

const fn place(
    code: &'static str,
    shop: &'static str,
    currency: &'static str,
    language: &'static str,
    per_euro: u64,
) -> Place {
    Place { code, shop, currency, language, per_euro }
}

const PLACES: [Place; 23] = [
    place("CA", "Amazon.ca", "CAD", "en_CA", 160),
    place("US", "Amazon.com", "USD", "en_US", 115),
    place("MX", "Amazon.com.mx", "MXN", "es_MX", 2_100),
    place("BR", "Amazon.com.br", "BRL", "pt_BR", 620),
    place("IE", "Amazon.ie", "EUR", "en_IE", 100),
    place("ES", "Amazon.es", "EUR", "es_ES", 100),
    place("UK", "Amazon.co.uk", "GBP", "en_GB", 87),
    place("FR", "Amazon.fr", "EUR", "fr_FR", 100),
    place("BE", "Amazon.com.be", "EUR", "fr_BE", 100),
    place("NL", "Amazon.nl", "EUR", "nl_NL", 100),
    place("DE", "Amazon.de", "EUR", "de_DE", 100),
    place("IT", "Amazon.it", "EUR", "it_IT", 100),
    place("SE", "Amazon.se", "SEK", "sv_SE", 1_100),
    place("ZA", "Amazon.co.za", "ZAR", "en_ZA", 2_000),
    place("PL", "Amazon.pl", "PLN", "pl_PL", 425),
    place("EG", "Amazon.eg", "EGP", "ar_EG", 5_500),
    place("TR", "Amazon.com.tr", "TRY", "tr_TR", 4_800),
    place("SA", "Amazon.sa", "SAR", "ar_SA", 430),
    place("AE", "Amazon.ae", "AED", "en_AE", 420),
    place("IN", "Amazon.in", "INR", "en_IN", 10_200),
    place("SG", "Amazon.sg", "SGD", "en_SG", 150),
    place("AU", "Amazon.com.au", "AUD", "en_AU", 177),
    place("JP", "Amazon.co.jp", "JPY", "ja_JP", 17_600),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marketplace_has_its_place() {
        assert!(Marketplace::all().all(|marketplace| Place::of(marketplace).is_some()));
        let uk = Marketplace::by_code("UK").and_then(Place::of).unwrap();
        assert_eq!((uk.country(), uk.domain().as_str()), ("GB", "www.amazon.co.uk"));
    }
}
