//! The handles to everything outside: database, vault, mailer, Amazon, clock. No rule is ever a method here.

use std::{fmt, path::PathBuf, sync::Arc};

use model::{EmailAddress, Time, ids::TeamId};

use crate::{
    Clock, access,
    amazon::Amazon,
    egress::Egress,
    error::Outage,
    mail::Mailer,
    store::{Db, Tx},
    vault::Vault,
    webhooks::Hooks,
};

/// What Portal is run for. Development allows captured mail, the simulator and plain HTTP on loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Development,
    Production,
}

/// Who may become a user by asking for a code. Invited addresses always may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUp {
    Open,
    Domains(Vec<String>),
    Invitation,
}

impl SignUp {
    pub fn admits(&self, email: &EmailAddress) -> bool {
        match self {
            SignUp::Open => true,
            SignUp::Domains(domains) => domains.iter().any(|d| d.eq_ignore_ascii_case(email.domain())),
            SignUp::Invitation => false,
        }
    }
}

/// Settings that verbs look at.
#[derive(Clone, Debug)]
pub struct Settings {
    pub mode: Mode,
    pub sign_up: SignUp,
    /// Where people reach Portal, without a trailing slash.
    pub public_url: String,
    /// How long the log is kept.
    pub audit_retention_months: u32,
    /// The folder with what `make scan` and `make test` found.
    pub proofs_dir: PathBuf,
    /// Where what is needed for a while may lie, for this user alone.
    pub scratch_dir: PathBuf,
    /// The public key of the log, where this process has it.
    pub log_verifier: Option<String>,
    /// The database is a copy that nobody has promoted, of a backup that was made then: nothing is sent, and nobody asked.
    pub copy_of: Option<Time>,
}

/// Cheap to clone; one per process.
#[derive(Clone)]
pub struct Portal {
    pub db: Db,
    pub vault: Vault,
    pub mailer: Mailer,
    pub egress: Egress,
    pub amazon: Amazon,
    pub hooks: Hooks,
    pub clock: Clock,
    pub settings: Arc<Settings>,
}

impl Portal {
    /// Begins a transaction that seals for `team`. What seals is got ready before: a key service that is slow holds up nobody else.
    pub async fn begin_to_seal(&self, team: Option<TeamId>) -> Result<Tx, Outage> {
        self.vault.ready(self.db.reader(), self.clock.now(), team).await?;
        self.begin_for(team).await
    }

    /// Begins a transaction that gives `team` a new data key.
    pub async fn begin_to_rotate(&self, team: Option<TeamId>) -> Result<Tx, Outage> {
        self.vault.ready_to_rotate(self.db.reader(), self.clock.now(), team).await?;
        self.begin_for(team).await
    }

    async fn begin_for(&self, team: Option<TeamId>) -> Result<Tx, Outage> {
        Ok(match team {
            Some(team) => self.db.begin_in(&access::job(team)).await?,
            None => self.db.begin().await?,
        })
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal").field("mode", &self.settings.mode).finish_non_exhaustive()
    }
}
