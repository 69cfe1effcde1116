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

    /// Where its certificate is: with SNS, in the topic's own region, or nowhere. Written anew, so that one certificate has one address.
    pub fn certificate(&self) -> Option<Url> {
        let url = self.of_sns(&self.signing_cert_url)?;
        let name = url.path().strip_prefix("/SimpleNotificationService-")?.strip_suffix(".pem")?;
        let plain = !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric());
        let host = url.host_str()?;
        plain.then(|| Url::parse(&format!("https://{host}/SimpleNotificationService-{name}.pem")).ok())?
    }

    /// Where the subscription of its own topic is confirmed.
    pub fn confirmation(&self) -> Option<Url> {
        let url = self.of_sns(self.subscribe_url.as_deref()?)?;
        let says = |name: &str, value: &str| url.query_pairs().any(|(key, given)| key == name && given == value);
        let own = url.path() == "/" && says("Action", "ConfirmSubscription") && says("TopicArn", &self.topic_arn);
        own.then_some(url)
    }

    fn of_sns(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let region = self.topic_arn.split(':').nth(3)?;
        let host = url.host_str()?;
        let own = lists(HOSTS, host) && host.split('.').nth(1) == Some(region);
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        (url.scheme() == "https" && own && url.port().is_none() && plain).then_some(url)
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
        let with_query = message(&format!("{good}?x=1")).certificate().unwrap();
        assert_eq!(with_query.as_str(), good, "one certificate has one address");
        for bad in [
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abc.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abc.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123abc.pem",
            "https://evil.example/SimpleNotificationService-0123abc.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123abc.pem",
            "https://sns.eu-west-1.amazonaws.com/other.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-..%2f.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abc.pem#1",
            "https://:x@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abc.pem",
            "https://my-bucket.s3.amazonaws.com/SimpleNotificationService-0123abc.pem",
        ] {
            assert!(message(bad).certificate().is_none(), "{bad}");
        }
    }

    /// A certificate, and signatures that another implementation (OpenSSL) made with its key.
    const CERTIFICATE: &str = include_str!("testdata/sns.pem");
    const SIGNED: [(&str, Option<&str>, &str); 4] = [
        (
            "1",
            None,
            "I+CUavH+aKCyCAxn/buaO1iPXT62fOofoVW+99oSyG5O2b5E5zWCXBApGGvmih6KAykguMpQgH/hLq1RSz8B0Fd9gTeMgf2na/mR927wULLDqlKRL34lJdy/0eb/ILK5+mIsByu+9bXwGkWCRW1JDuJJJTu4pzB4ftni0CtKxFmzPlw944IKK1VUwxYMOnOhBedX4cFgKmS2MQ+hizN84Nd/1Fm4AIf93XaomdVn0ZcMs1x0hZLXSJg/ld6sGraFBxOH8lVpJ+RYI9rHAmrac12dL52CoqUZ2eUiHqu1+HOAveFrDO6Yb0gtXgErlkwcwqPGky4SfaC1RMEb+xlY8A==",
        ),
        (
            "1",
            Some("A subject"),
            "XAyjsOmB8qM0JfIpROx8ZixmiGPrD6JZyS2HSKAJHHIjl1eXVNzSoX/MfnjnL701MknGKA/jIRF6UT5xaCcg+plB24Yk8WOkM/NcWUbglMJLhO0l7mIq0UjFUj1XiHafj7lmzWBkjZ7hlF3CUVvRqYmQ2Yp3Ah1olQ+JDB2EDBtPfviE++1GObycBWoIwvb+Nv5zsBhhNvimtic7p4NZp6A+7pY8/JZIFUgfsSiP18vF7N1YM2ANe7GbAzPZgLUOf89nq39N+LCm1uHXlxROfMWtpwrle7J8azxfxGZuK+xlgHDsHu/mxMB5N7guUGntVhBeIxbsMCik3Rp7seg8bg==",
        ),
        (
            "2",
            None,
            "X7FSX1fgyovvMMPavzTAKoD18PRQjrOgae2t14TLRl5imrmuhgZOoO3Du9txYGYijVogm5FaAJ3MiIiFxVJ6FFTUyhcIA5qLigwgGroPwwEcBlzL25xuJd+szfXwFSX2qCeBUzMCfiHZrb+zLidB5dmoLbpfNMjdVCR5f70dgx3Oer1KIl8zV04/ZEgwRyFUU7lgPsA/ixn3BHn8uQ+Wt1r1sxARkBa4KpuBmiuIeWv9D+4U+uSXJNG+2mKl3DjB+drQvhc1zOS2yZ64ZdrAcbyz+8dKL1xnaL0419vORucx8SuL1E97hJqBE3W1vVm3Oq+f8N75JVTQZzoPA5l3nQ==",
        ),
        (
            "2",
            Some("A subject"),
            "tfOxvI0um7z+qKrGs5bD9MFle45XC+PFWddMbmUJlWWsI0tmJdkx0DkOBCqqolXmUkH9qakNYUCb5Fuky46OzpGHGG8OiUdMeJB0SLOeDs8jLVfFCSAU1+NdAbi+mVrVgFP1yjC2LxGclvz9x/6ZNDpy/8tOWoMUKjHR1AD9RsdTs9m1CYwM/Meo4OGFA6zp+tfDaweE6jkwUkvPI4F9N4ZrsuQ6xa+NEYXBSiJtVoFyu7N+emHjBUKmUths3c30ZRJU5G/8kf7AIp/0J9ecvaSr7p2W0RfaL2LKsEr3PDAX8/27sJEQThxHeM4ihwlmo1z4GioyJA2nyidFotyEJQ==",
        ),
    ];

    #[test]
    fn both_versions_are_proved_with_and_without_a_subject() {
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        for (version, subject, signature) in SIGNED {
            let body = serde_json::json!({
                "Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:ads",
                "Message": "Hello", "Subject": subject, "Timestamp": "2026-11-26T20:00:00.000Z", "SignatureVersion": version,
                "Signature": signature, "SigningCertURL": "",
            });
            let message = SnsMessage::read(body.to_string().as_bytes()).unwrap();
            assert!(message.is_signed_by(CERTIFICATE.as_bytes(), now), "{version} {subject:?}");
            let other = SnsMessage { message: "hello".to_owned(), ..message.clone() };
            assert!(!other.is_signed_by(CERTIFICATE.as_bytes(), now));
            let swapped = if version == "1" { "2" } else { "1" };
            assert!(
                !SnsMessage { signature_version: swapped.to_owned(), ..message.clone() }
                    .is_signed_by(CERTIFICATE.as_bytes(), now)
            );
            assert!(
                !message.is_signed_by(CERTIFICATE.as_bytes(), "2020-01-01T00:00:00Z".parse().unwrap()),
                "before its time"
            );
        }
    }
}
