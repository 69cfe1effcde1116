//! `portal witness`: a process of its own, on another machine, that remembers the log's signed heads. What it remembers cannot
//! be taken back: a log that was cut or rewritten no longer fits.

mod memory;
mod outlet;

use std::{path::PathBuf, time::Duration};

use backend::{
    Clock,
    audit::{
        CheckpointError, CheckpointKey, Head,
        proof::{Step, Tiles, grew},
        read_note,
    },
};

pub use memory::{Memory, MemoryError};
pub use outlet::{Outlet, OutletError};

/// What a witness is told when it starts.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Where the log is served: Portal's `metrics_listen`, like http://10.0.0.5:9090.
    #[arg(long)]
    pub log: url::Url,
    /// The log's public key, as `portal keys create` showed it.
    #[arg(long)]
    pub verifier: String,
    /// The folder for what it remembers, and for its own key.
    #[arg(long)]
    pub state: PathBuf,
    /// Its own name.
    #[arg(long, default_value = "witness")]
    pub name: String,
    /// Seconds between two looks.
    #[arg(long, default_value_t = 30)]
    pub every: u64,
    /// Look once; the exit code says what was seen.
    #[arg(long)]
    pub once: bool,
}

/// What one look saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The log is what it was, and perhaps more.
    Fits(Head),
    /// It is not: an alarm.
    Alarm(Alarm),
}

/// What must not happen to a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    #[error("ROLLBACK: the log had {had} events and now has {has}")]
    Rollback { had: u64, has: u64 },
    #[error("FORK: the log of {size} events is not the one that was seen before")]
    Fork { size: u64 },
    #[error("FORGED: the checkpoint is not signed by this log")]
    Forged,
    #[error("SILENT: the newest checkpoint is of {signed}")]
    Late { signed: String },
}

/// A look that saw nothing: the log could not be reached, or the own memory failed.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    #[error(transparent)]
    Outlet(#[from] OutletError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Key(#[from] CheckpointError),
    #[error("the log's tiles do not bear out its checkpoint")]
    Tiles(#[source] tlog_tiles::Error),
}

/// A head is signed every minute; this long without one is an alarm.
const LATE: chrono::Duration = chrono::Duration::minutes(5);

/// A witness of one log.
pub struct Witness {
    pub outlet: Outlet,
    pub verifier: String,
    pub key: CheckpointKey,
    pub memory: Memory,
    pub clock: Clock,
}

impl Witness {
    /// From the options; makes its folder and key the first time.
    pub fn open(options: &Options) -> Result<Self, WitnessError> {
        let memory = Memory::open(&options.state)?;
        let path = options.state.join("witness.key");
        let key = if path.exists() { CheckpointKey::load(&path)? } else { CheckpointKey::create(&path, &options.name)? };
        let outlet = Outlet::new(options.log.clone())?;
        Ok(Self { outlet, verifier: options.verifier.clone(), key, memory, clock: Clock::system() })
    }

    /// Looks once, and remembers what it saw.
    pub async fn look(&self) -> Result<Sight, WitnessError> {
        let sight = self.judge().await?;
        if let Sight::Alarm(alarm) = &sight {
            self.memory.alarm(self.clock.now(), &alarm.to_string())?;
        }
        Ok(sight)
    }

    async fn judge(&self) -> Result<Sight, WitnessError> {
        let note = self.outlet.checkpoint().await?;
        let Ok(new) = read_note(&note, &self.verifier) else { return Ok(Sight::Alarm(Alarm::Forged)) };
        if let Some(last) = self.memory.last()? {
            let old = read_note(&last, &self.verifier)?;
            if new.size < old.size {
                return Ok(Sight::Alarm(Alarm::Rollback { had: old.size, has: new.size }));
            }
            if !self.follows(&old, &new).await? {
                return Ok(Sight::Alarm(Alarm::Fork { size: new.size }));
            }
        }
        let cosigned = self.key.cosign(&note)?;
        self.memory.remember(self.clock.now(), &cosigned)?;
        self.outlet.hand_in(&cosigned).await?;
        let late = new.at.is_none_or(|at| self.clock.now() - at > LATE);
        let signed = || new.at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_rfc3339());
        Ok(if late { Sight::Alarm(Alarm::Late { signed: signed() }) } else { Sight::Fits(new) })
    }

    async fn follows(&self, old: &Head, new: &Head) -> Result<bool, WitnessError> {
        if old.size == new.size || old.size == 0 {
            return Ok(old.size == 0 || old.root == new.root);
        }
        let mut tiles = Tiles::default();
        loop {
            match grew(old, new, &tiles) {
                Ok(Step::Done(())) => return Ok(true),
                Ok(Step::Fetch(lacking)) => {
                    for tile in lacking {
                        tiles.add(tile, self.outlet.tile(&tile.path()).await?);
                    }
                }
                Err(tlog_tiles::Error::InvalidProof) => return Ok(false),
                // Tiles of another tree than the one that was signed.
                Err(error) => return Err(WitnessError::Tiles(error)),
            }
        }
    }

    /// Looks until the process is told to stop.
    pub async fn watch(&self, every: Duration, stop: impl Future<Output = ()>) {
        let mut turns = tokio::time::interval(every);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = &mut stop => return,
            }
            match self.look().await {
                Ok(Sight::Fits(head)) => tracing::info!(size = head.size, "the log fits"),
                Ok(Sight::Alarm(alarm)) => tracing::error!(%alarm, "the log does not fit"),
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the log could not be looked at"),
            }
        }
    }
}
