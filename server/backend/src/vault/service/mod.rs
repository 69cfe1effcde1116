//! Key services: what keeps a master key outside Portal. A service wraps and unwraps data keys; its key never leaves it.

mod answers;
mod bound;
mod kms;
mod smithy;
mod transit;

use std::{sync::Arc, time::Duration};

use model::ids::DataKeyId;
use zeroize::Zeroizing;

use super::VaultError;
use crate::random;

use answers::Answers;
pub(super) use bound::Bound;
pub use kms::{Kms, KmsKey};
pub use transit::{Transit, TransitKey};

/// How long a service may take to be reached, and to answer.
const REACHED: Duration = Duration::from_secs(1);
const ANSWERED: Duration = Duration::from_secs(2);
/// No service makes more of 32 bytes (the longest ciphertext of AWS KMS).
const LONGEST: usize = 6144;

/// A key service with its key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct KeyService(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    answers: Answers,
}

#[derive(Debug)]
enum Kind {
    Kms(Kms),
    Transit(Transit),
}

/// Why a service did not do it. Says nothing of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// Try again: it is down, slow or overloaded.
    #[error("the key service did not answer: {0}")]
    Silent(String),
    /// It answers, and does not let Portal use the key: a name, a credential or a policy is wrong.
    #[error("the key service refuses: {0}")]
    Denied(String),
    /// What is to be unwrapped was altered or moved.
    #[error("the wrapped key does not open")]
    Refused,
}

/// A data key, wrapped by the key of this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrapped {
    pub id: String,
    pub bytes: Vec<u8>,
}

impl From<ServiceError> for VaultError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused => VaultError::Refused,
            ServiceError::Silent(_) | ServiceError::Denied(_) => VaultError::ServiceUnavailable(error),
        }
    }
}

impl KeyService {
    pub fn kms(kms: Kms) -> Self {
        Self::new(Kind::Kms(kms))
    }

    pub fn transit(transit: Transit) -> Self {
        Self::new(Kind::Transit(transit))
    }

    fn new(kind: Kind) -> Self {
        Self(Arc::new(Inner { kind, answers: Answers::default() }))
    }

    /// Whether the key of this id is the service's.
    pub fn keeps(&self, id: &str) -> bool {
        match &self.0.kind {
            Kind::Kms(kms) => kms.keeps(id),
            Kind::Transit(transit) => transit.keeps(id),
        }
    }

    /// The id of the key that wrapped last, as far as this process has seen: a service may have rotated it since.
    pub fn current(&self) -> Option<String> {
        self.0.answers.current()
    }

    /// Wraps and unwraps what nobody needs: shows that the key can be used, and tells its id by now.
    pub async fn probe(&self) -> Result<String, ServiceError> {
        let (plain, nothing) = (Zeroizing::new(random::bytes()), Bound::nothing(DataKeyId(uuid::Uuid::nil())));
        let wrapped = self.wrap(&plain, nothing).await?;
        match self.unwrap(&wrapped, nothing).await {
            Ok(again) if *again == *plain => Ok(wrapped.id),
            Ok(_) | Err(ServiceError::Refused) => {
                Err(ServiceError::Denied("it does not open what it wrapped a moment ago".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn wrap(&self, plain: &Zeroizing<[u8; 32]>, bound: Bound) -> Result<Wrapped, ServiceError> {
        let asked = async {
            match &self.0.kind {
                Kind::Kms(kms) => Box::pin(kms.wrap(plain, bound)).await,
                Kind::Transit(transit) => transit.wrap(plain, bound).await,
            }
        };
        let wrapped = self.0.answers.to(asked).await?;
        if wrapped.bytes.len() > LONGEST {
            return Err(ServiceError::Denied("its answer is too long to be a wrapped key".to_owned()));
        }
        self.0.answers.wrapped_by(&wrapped.id);
        Ok(wrapped)
    }

    pub(super) async fn unwrap(&self, wrapped: &Wrapped, bound: Bound) -> Result<Zeroizing<[u8; 32]>, ServiceError> {
        if wrapped.bytes.len() > LONGEST {
            return Err(ServiceError::Refused);
        }
        let asked = async {
            match &self.0.kind {
                Kind::Kms(kms) => Box::pin(kms.unwrap(wrapped, bound)).await,
                Kind::Transit(transit) => transit.unwrap(wrapped, bound).await,
            }
        };
        self.0.answers.to(asked).await
    }
}

/// What came back must be a key.
fn key(bytes: &[u8]) -> Result<Zeroizing<[u8; 32]>, ServiceError> {
    <[u8; 32]>::try_from(bytes).map(Zeroizing::new).map_err(|_| ServiceError::Refused)
}
