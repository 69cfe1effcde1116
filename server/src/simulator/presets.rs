//! The faults that the control page offers.

use super::{Fault, Part};

/// A part of Amazon, a fault of it, and what it is for a person.
pub(super) type Preset = (Part, Fault, &'static str);

#[rustfmt::skip]
pub(super) static PRESETS: [Preset; 33] = [
    (Part::Lwa, Fault::InvalidGrant, "invalid_grant: consent withdrawn"),
    (Part::Lwa, Fault::InvalidClient, "invalid_client: wrong or old secret"),
    (Part::Lwa, Fault::UnauthorizedClient, "unauthorized_client"),
    (Part::Lwa, Fault::InvalidScope, "invalid_scope"),
    (Part::Lwa, Fault::InvalidRequest, "invalid_request"),
    (Part::Lwa, Fault::UnsupportedGrantType, "unsupported_grant_type"),
    (Part::Lwa, Fault::ServerError, "server_error (500)"),
    (Part::Lwa, Fault::TemporarilyUnavailable, "temporarily_unavailable (503)"),
    (Part::Lwa, Fault::Throttled { retry_after_s: Some(5) }, "Throttled (429), retry after 5 s"),
    (Part::Lwa, Fault::Throttled { retry_after_s: None }, "Throttled (429), no time named"),
    (Part::Lwa, Fault::Status(502), "Bad gateway (502)"),
    (Part::Lwa, Fault::Slow { ms: 2_000 }, "2 s late"),
    (Part::Lwa, Fault::Slow { ms: 15_000 }, "15 s late"),
    (Part::Lwa, Fault::Cut, "Connection cut"),
    (Part::Lwa, Fault::Malformed, "Broken JSON"),
    (Part::Lwa, Fault::Huge, "Four megabytes"),
    (Part::Lwa, Fault::MissingAccessToken, "No access_token"),
    (Part::Lwa, Fault::MissingRefreshToken, "No refresh_token"),
    (Part::Lwa, Fault::MissingExpiresIn, "No expires_in"),
    (Part::SpApi, Fault::SecretExpired, "Client secret expired (403)"),
    (Part::SpApi, Fault::TokenExpired, "Access token expired (403)"),
    (Part::SpApi, Fault::AccessDenied, "Access denied (403)"),
    (Part::SpApi, Fault::Throttled { retry_after_s: Some(5) }, "Quota exceeded (429), retry after 5 s"),
    (Part::SpApi, Fault::Status(503), "Service unavailable (503)"),
    (Part::SpApi, Fault::Slow { ms: 2_000 }, "2 s late"),
    (Part::SpApi, Fault::Cut, "Connection cut"),
    (Part::SpApi, Fault::Malformed, "Broken JSON"),
    (Part::SpApi, Fault::Huge, "Four megabytes"),
    (Part::Ads, Fault::AccessDenied, "Not authorized (401)"),
    (Part::Ads, Fault::Throttled { retry_after_s: Some(5) }, "Throttled (429), retry after 5 s"),
    (Part::Ads, Fault::Status(503), "Service unavailable (503)"),
    (Part::Ads, Fault::Malformed, "Broken JSON"),
    (Part::Ads, Fault::Huge, "Four megabytes"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offered_fault_fits_its_part() {
        assert!(PRESETS.iter().all(|(part, fault, _)| fault.fits(*part)));
    }
}
