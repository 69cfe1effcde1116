//! AWS KMS: Encrypt and Decrypt with a symmetric key, bound by the encryption context.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::{
    Client,
    config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    primitives::{Blob, DateTime},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};
use chrono::Duration;
use model::Time;
use reqwest::Certificate;
use url::Url;
use zeroize::Zeroizing;

use super::{ANSWERED, Ages, Bound, ServiceError, Wrapped, full, key, smithy::Through};
use crate::egress::Egress;

/// Codes that AWS answers to whoever should try again.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>
const AGAIN: [&str; 6] = [
    "ThrottlingException",
    "DependencyTimeoutException",
    "KeyUnavailableException",
    "KMSInternalException",
    "InternalFailure",
    "ServiceUnavailable",
];

/// Which key, where, and who asks.
#[derive(Clone, Debug)]
pub struct KmsKey {
    /// `arn:aws:kms:<region>:<account>:key/<id>`
    pub arn: String,
    /// Another address than the region's own.
    pub endpoint: Option<Url>,
    pub credentials: SharedCredentialsProvider,
}

#[derive(Clone, Debug)]
pub struct Kms {
    client: Client,
    arn: String,
}

impl KmsKey {
    /// The region that its ARN names.
    pub fn region(&self) -> Option<&str> {
        self.arn.split(':').nth(3).filter(|region| !region.is_empty())
    }
}

impl Kms {
    /// Who asks: found where the AWS SDK looks (variables, its files, a web identity, the machine's role).
    pub async fn credentials(egress: &Egress, region: String) -> Option<SharedCredentialsProvider> {
        let loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(region));
        loader.http_client(Through::new(egress, &[])).load().await.credentials_provider()
    }

    pub fn new(egress: &Egress, of: KmsKey, roots: &[Certificate]) -> Self {
        let mut config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(of.region().map(|region| Region::new(region.to_owned())))
            .credentials_provider(of.credentials.clone())
            .http_client(Through::new(egress, roots))
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(TimeoutConfig::builder().operation_timeout(2 * ANSWERED).build());
        if let Some(endpoint) = &of.endpoint {
            config = config.endpoint_url(endpoint.as_str());
        }
        Self { client: Client::from_conf(config.build()), arn: of.arn }
    }

    /// Credentials that are known: for tests.
    pub fn fixed(id: &str, secret: &str) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "fixed"))
    }

    pub(super) fn keeps(&self, id: &str) -> bool {
        self.arn == id
    }

    pub(super) async fn wrap(&self, plain: &Zeroizing<[u8; 32]>, bound: Bound) -> Result<Wrapped, ServiceError> {
        let asked = self.client.encrypt().key_id(&self.arn).plaintext(Blob::new(plain.as_slice()));
        let answer = asked.set_encryption_context(Some(bound.pairs())).send().await.map_err(why)?;
        let bytes = answer.ciphertext_blob.ok_or_else(empty)?.into_inner();
        Ok(Wrapped { id: self.arn.clone(), bytes })
    }

    pub(super) async fn unwrap(&self, wrapped: &Wrapped, bound: Bound) -> Result<Zeroizing<[u8; 32]>, ServiceError> {
        let asked = self.client.decrypt().key_id(&self.arn).ciphertext_blob(Blob::new(wrapped.bytes.as_slice()));
        let answer = asked.set_encryption_context(Some(bound.pairs())).send().await.map_err(why)?;
        let plain = Zeroizing::new(answer.plaintext.ok_or_else(empty)?.into_inner());
        key(&plain)
    }

    /// How old the key's newest material is: that of its last rotation, or of its making. Nobody lists the rotations of another
    /// account's key; then it is told by when the next one is due.
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>
    pub(super) async fn ages(&self) -> Result<Ages, ServiceError> {
        let described = self.client.describe_key().key_id(&self.arn).send().await.map_err(why)?;
        let status = self.client.get_key_rotation_status().key_id(&self.arn).send().await.map_err(why)?;
        let rotated = self.client.list_key_rotations().key_id(&self.arn).send().await.ok();
        let created = described.key_metadata().and_then(|key| key.creation_date()).and_then(time);
        let next = status.next_rotation_date().and_then(time);
        let period = status.rotation_period_in_days().map(|days| Duration::days(i64::from(days)));
        let before_next = next.zip(period).and_then(|(next, period)| next.checked_sub_signed(period));
        let rotations = rotated.iter().flat_map(|all| all.rotations()).filter_map(|one| time(one.rotation_date()?));
        let made = rotations.chain(before_next).chain(created).max().map(|at| (self.arn.clone(), at));
        Ok(Ages { made: made.into_iter().collect(), next })
    }
}

fn time(at: &DateTime) -> Option<Time> {
    chrono::DateTime::from_timestamp(at.secs(), at.subsec_nanos())
}

fn empty() -> ServiceError {
    ServiceError::Denied("its answer holds nothing".to_owned())
}

/// What an error of the SDK means here. Its debugging form would hold whole answers: it is told by its causes alone.
fn why<E>(error: SdkError<E, HttpResponse>) -> ServiceError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match &error {
        SdkError::ServiceError(said) => match said.err().code() {
            Some("InvalidCiphertextException" | "IncorrectKeyException") => ServiceError::Refused,
            Some(code) if AGAIN.contains(&code) => ServiceError::Silent(code.to_owned()),
            code if said.raw().status().is_server_error() => {
                ServiceError::Silent(code.unwrap_or("an error of AWS").to_owned())
            }
            code => ServiceError::Denied(code.map_or_else(|| said.raw().status().to_string(), str::to_owned)),
        },
        SdkError::ResponseError(_) => ServiceError::Denied("its answer cannot be read".to_owned()),
        // An address that is not listed, or a certificate that is not trusted.
        SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(ConnectorError::is_user) => {
            ServiceError::Denied(full(&error))
        }
        SdkError::ConstructionFailure(_) => match credentials_error(&error) {
            // Whoever tells them is down or slow.
            Some(
                CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) | CredentialsError::Unhandled(_),
            ) => ServiceError::Silent(full(&error)),
            _ => ServiceError::Denied(full(&error)),
        },
        _ => ServiceError::Silent(full(&error)),
    }
}

/// What kept the credentials, among the causes.
fn credentials_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a CredentialsError> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
}
