//! Standard Webhooks: what is signed, and by what.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::WebhookError;

/// The bytes of a secret: `whsec_` and 24 to 64 of them in Base64.
#[expect(clippy::disallowed_methods, reason = "the secret is decoded where it signs")]
fn bytes(secret: &SecretString) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.expose_secret().strip_prefix("whsec_")?;
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

/// Refuses what is no signing secret.
pub(super) fn check_secret(secret: &SecretString) -> Result<(), WebhookError> {
    bytes(secret).map(|_| ()).ok_or(WebhookError::Secret)
}

/// The header `webhook-signature` of a message, by a secret `whsec_…`; nothing when that is none. Standard Webhooks.
pub fn signature(secret: &SecretString, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes(secret)?).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn a_message_is_signed_as_the_specification_shows_it() {
        // The example of standardwebhooks.com's own libraries.
        let key = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_secret_has_its_start_and_its_length() {
        assert!(check_secret(&secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).is_ok());
        for bad in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La", "whsec_no base64!"] {
            assert!(check_secret(&secret(bad)).is_err(), "{bad}");
        }
    }
}
