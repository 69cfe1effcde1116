//! Key services: what keeps a master key outside Portal. A service wraps and unwraps data keys; its key never leaves it.

mod ages;
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

pub use ages::Ages;
use answers::Answers;
pub(super) use bound::Bound;
pub use kms::{Kms, KmsKey};
pub use transit::{Transit, TransitKey};

/// How long a service may take to be reached, and to answer.
const REACHED: Duration = Duration::from_secs(1);
const ANSWERED: Duration = Duration::from_secs(2);
/// How long it is waited for while a transaction is open: then only when it was not silent the last time.
const IN_TRANSACTION: Duration = Duration::from_millis(500);
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

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum While {
    NothingIsHeld,
    ATransactionIsOpen,
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

    /// Whether it was not silent when it was asked last.
    pub fn is_well(&self) -> bool {
        self.0.answers.are_well()
    }

    /// The id of the key that wrapped last, as far as this process has seen: a service may have rotated it since.
    pub fn current(&self) -> Option<String> {
        self.0.answers.current()
    }

    /// How old its keys are, as far as this process was told: by [`KeyService::ask_ages`].
    pub fn ages(&self) -> Ages {
        self.0.answers.ages()
    }

    /// Whether to ask for it, which is done once an hour otherwise.
    pub fn lacks_ages(&self) -> bool {
        self.0.answers.lacks_ages()
    }

    /// Asks how old its keys are. Whoever may wrap with them need not be allowed to know: then nothing is known.
    pub async fn ask_ages(&self) -> Result<(), ServiceError> {
        let asked = async {
            match &self.0.kind {
                Kind::Kms(kms) => Box::pin(kms.ages()).await,
                Kind::Transit(transit) => transit.ages().await,
            }
        };
        let told =
            asked.await.inspect_err(|error| tracing::warn!(%error, "how old the key service's keys are is not known"));
        match told {
            Err(ServiceError::Silent(_)) => {}
            _ => self.0.answers.told_ages(told.clone().ok()),
        }
        told.map(|_| ())
    }

    /// Wraps and unwraps what nobody needs: shows that the key can be used, and tells its id by now.
    pub async fn probe(&self) -> Result<String, ServiceError> {
        let (plain, nothing) = (Zeroizing::new(random::bytes()), Bound::nothing(DataKeyId(uuid::Uuid::nil())));
        let wrapped = self.wrap(&plain, nothing, While::NothingIsHeld).await?;
        match self.unwrap(&wrapped, nothing, While::NothingIsHeld).await {
            Ok(again) if *again == *plain => Ok(wrapped.id),
            Ok(_) | Err(ServiceError::Refused) => {
                Err(ServiceError::Denied("it does not open what it wrapped a moment ago".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn wrap(
        &self,
        plain: &Zeroizing<[u8; 32]>,
        bound: Bound,
        held: While,
    ) -> Result<Wrapped, ServiceError> {
        let asked = async {
            match &self.0.kind {
                Kind::Kms(kms) => Box::pin(kms.wrap(plain, bound)).await,
                Kind::Transit(transit) => transit.wrap(plain, bound).await,
            }
        };
        let wrapped = self.ask(asked, held).await?;
        if wrapped.bytes.len() > LONGEST {
            return Err(ServiceError::Denied("its answer is too long to be a wrapped key".to_owned()));
        }
        self.0.answers.wrapped_by(&wrapped.id);
        Ok(wrapped)
    }

    pub(super) async fn unwrap(
        &self,
        wrapped: &Wrapped,
        bound: Bound,
        held: While,
    ) -> Result<Zeroizing<[u8; 32]>, ServiceError> {
        if wrapped.bytes.is_empty() || wrapped.bytes.len() > LONGEST {
            return Err(ServiceError::Refused);
        }
        let asked = async {
            match &self.0.kind {
                Kind::Kms(kms) => Box::pin(kms.unwrap(wrapped, bound)).await,
                Kind::Transit(transit) => transit.unwrap(wrapped, bound).await,
            }
        };
        self.ask(asked, held).await
    }

    async fn ask<T>(&self, asked: impl Future<Output = Result<T, ServiceError>>, held: While) -> Result<T, ServiceError> {
        if held == While::NothingIsHeld {
            return self.0.answers.to(asked).await;
        }
        if !self.0.answers.are_well() {
            return Err(ServiceError::Silent("it is waited for outside of transactions alone".to_owned()));
        }
        let late = || ServiceError::Silent(format!("nothing within {} ms", IN_TRANSACTION.as_millis()));
        let soon = async { tokio::time::timeout(IN_TRANSACTION, asked).await.unwrap_or_else(|_| Err(late())) };
        self.0.answers.to(soon).await
    }
}

/// Why a request was not answered: what no second try mends is a refusal.
fn unsent(error: &dyn std::error::Error) -> ServiceError {
    let why = full(error);
    if why.contains("certificate") { ServiceError::Denied(why) } else { ServiceError::Silent(why) }
}

/// An error with its causes, each once: the first line alone says nothing. What was sent and answered stands in none of them.
fn full(error: &dyn std::error::Error) -> String {
    let mut lines: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |error| error.source()) {
        let line = cause.to_string();
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    lines.join(": ")
}

/// What came back must be a key.
fn key(bytes: &[u8]) -> Result<Zeroizing<[u8; 32]>, ServiceError> {
    <[u8; 32]>::try_from(bytes).map(Zeroizing::new).map_err(|_| ServiceError::Refused)
}
