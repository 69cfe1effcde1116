//! Messages of Amazon's SNS: what is signed, and by whom.

use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use model::{
    Time,
    egress::lists,
    notification::{is_topic, word},
};
use serde::Deserialize;
use url::Url;
use x509_parser::pem::parse_x509_pem;

/// Where SNS's certificates and subscriptions are.
pub(crate) const HOSTS: &str = "sns.*.amazonaws.com";

/// A message as SNS posts it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SnsMessage {
    #[serde(rename = "Type")]
    pub kind: Kind,
    pub message_id: String,
    pub topic_arn: String,
    pub message: String,
    subject: Option<String>,
    pub timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    token: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Notification => "Notification",
            Kind::SubscriptionConfirmation => "SubscriptionConfirmation",
            Kind::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// Whether these bytes are a certificate.
pub(super) fn is_certificate(bytes: &[u8]) -> bool {
    parse_x509_pem(bytes).is_ok_and(|(_, pem)| pem.parse_x509().is_ok())
}

impl SnsMessage {
    /// Nothing when it is none, or names what is no topic or no id.
    pub fn read(body: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(body).ok()?;
        (is_topic(&read.topic_arn) && word(&read.message_id).is_some()).then_some(read)
    }

    pub fn sent_at(&self) -> Option<Time> {
        DateTime::parse_from_rfc3339(&self.timestamp).ok().map(|at| at.to_utc())
    }

    /// Where its certificate is: with SNS, in the topic's own region, or nowhere.
    pub fn certificate(&self) -> Option<Url> {
        let url = self.of_sns(&self.signing_cert_url)?;
        let name = url.path().strip_prefix("/SimpleNotificationService-")?.strip_suffix(".pem")?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        (plain && url.query().is_none()).then_some(url)
    }

    /// Where a subscription is confirmed.
    pub fn confirmation(&self) -> Option<Url> {
        self.of_sns(self.subscribe_url.as_deref()?)
    }

    fn of_sns(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let region = self.topic_arn.split(':').nth(3)?;
        let host = url.host_str()?;
        let own = lists(HOSTS, host) && host.split('.').nth(1) == Some(region);
        (url.scheme() == "https" && own && url.port().is_none() && url.username().is_empty()).then_some(url)
    }

    /// What is signed: these fields in this order, each with its name.
    fn signed(&self) -> String {
        let mut text = String::new();
        let mut add = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                text.push_str(&format!("{name}\n{value}\n"));
            }
        };
        let confirms = self.kind != Kind::Notification;
        add("Message", Some(&self.message));
        add("MessageId", Some(&self.message_id));
        add("Subject", self.subject.as_deref().filter(|_| !confirms));
        add("SubscribeURL", self.subscribe_url.as_deref().filter(|_| confirms));
        add("Timestamp", Some(&self.timestamp));
        add("Token", self.token.as_deref().filter(|_| confirms));
        add("TopicArn", Some(&self.topic_arn));
        add("Type", Some(self.kind.as_str()));
        text
    }

    /// Whether the certificate, which counts now, signed it.
    pub fn is_signed_by(&self, certificate: &[u8], now: Time) -> bool {
        let algorithm: &RsaParameters = match self.signature_version.as_str() {
            "1" => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        let Ok((_, pem)) = parse_x509_pem(certificate) else { return false };
        let Ok(certificate) = pem.parse_x509() else { return false };
        let validity = certificate.validity();
        let counts = (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now.timestamp());
        let Ok(signature) = STANDARD.decode(&self.signature) else { return false };
        let key = UnparsedPublicKey::new(algorithm, &certificate.public_key().subject_public_key.data);
        counts && key.verify(self.signed().as_bytes(), &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(certificate: &str) -> SnsMessage {
        let topic = "arn:aws:sns:eu-west-1:123456789012:ads";
        let body = serde_json::json!({
            "Type": "Notification", "MessageId": "m-1", "TopicArn": topic, "Message": "{}", "Timestamp": "2026-11-26T20:00:00.000Z",
            "SignatureVersion": "1", "Signature": "AAAA", "SigningCertURL": certificate,
        });
        SnsMessage::read(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_certificate_is_with_sns_in_the_topics_region() {
        let good = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abc.pem";
        assert!(message(good).certificate().is_some());
        for bad in [
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abc.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abc.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123abc.pem",
            "https://evil.example/SimpleNotificationService-0123abc.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123abc.pem",
            "https://sns.eu-west-1.amazonaws.com/other.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-..%2f.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abc.pem?x=1",
            "https://my-bucket.s3.amazonaws.com/SimpleNotificationService-0123abc.pem",
        ] {
            assert!(message(bad).certificate().is_none(), "{bad}");
        }
    }
}
