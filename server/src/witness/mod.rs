//! `portal witness`: a process of its own, on another machine, that remembers the log's signed heads. What it remembers cannot
//! be taken back: a log that was cut or rewritten no longer fits.

mod bell;
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

use model::Time;

pub use bell::{Bell, BellError, BellOptions};
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
    #[command(flatten)]
    pub bell: BellOptions,
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
    #[error("UNPROVED: the log's tiles do not bear out its checkpoint of {size} events")]
    Unproved { size: u64 },
    #[error("UNSEEN: the log could not be looked at since {since}")]
    Unseen { since: String },
}

/// An alarm with the checkpoint that it was raised at.
type Raised = (Alarm, Option<String>);

/// A look that saw nothing: the log could not be reached, or the own memory failed.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    #[error(transparent)]
    Outlet(#[from] OutletError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Key(#[from] CheckpointError),
    #[error(transparent)]
    Bell(#[from] BellError),
}

/// Whether a tree is the old one with leaves added.
enum Followed {
    Yes,
    No,
    Unproved,
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
    pub bell: Bell,
}

impl Witness {
    /// From the options; makes its folder and key the first time.
    pub fn open(options: &Options) -> Result<Self, WitnessError> {
        let memory = Memory::open(&options.state)?;
        let path = options.state.join("witness.key");
        if path.exists() && memory.is_empty() && memory.last_look().is_some() {
            return Err(MemoryError::Gone(options.state.clone()).into());
        }
        let key = if path.exists() { CheckpointKey::load(&path)? } else { CheckpointKey::create(&path, &options.name)? };
        let outlet = Outlet::new(options.log.clone())?;
        Ok(Self {
            outlet,
            verifier: options.verifier.clone(),
            key,
            memory,
            clock: Clock::system(),
            bell: Bell::new(&options.bell)?,
        })
    }

    /// Looks once, and remembers what it saw. A log that cannot be looked at is an error at first, and after a while an
    /// alarm: who hides the log must not be safer than who shows a false one.
    pub async fn look(&self) -> Result<Sight, WitnessError> {
        let (sight, kept) = self.see().await?;
        let alarm = match &sight {
            Sight::Fits(_) => None,
            Sight::Alarm(alarm) => Some(alarm.to_string()),
        };
        let log = self.verifier.split('+').next().unwrap_or_default();
        // A memory that fails, on a full disk say, silences nobody.
        self.bell.ring(&self.memory, log, self.clock.now(), alarm.as_deref()).await;
        kept?;
        Ok(sight)
    }

    /// What there is to see, and whether it could be kept.
    async fn see(&self) -> Result<(Sight, Result<(), MemoryError>), WitnessError> {
        let now = self.clock.now();
        let since = match self.memory.last_look() {
            Some(since) => since,
            None => {
                self.memory.looked(now)?;
                now
            }
        };
        let (alarm, checkpoint) = match self.judge(now).await {
            Ok(Ok(head)) => {
                self.memory.looked(now)?;
                return Ok((Sight::Fits(head), Ok(())));
            }
            Ok(Err(raised)) => raised,
            Err(error) if now - since > LATE => {
                tracing::error!(error = &error as &dyn std::error::Error, "the log could not be looked at");
                (Alarm::Unseen { since: since.to_rfc3339() }, None)
            }
            Err(error) => return Err(error),
        };
        let kept = self.memory.alarm(now, &alarm.to_string(), checkpoint);
        Ok((Sight::Alarm(alarm), kept))
    }

    async fn judge(&self, now: Time) -> Result<Result<Head, Raised>, WitnessError> {
        let note = self.outlet.checkpoint().await?;
        let raised = |alarm: Alarm| Ok(Err((alarm, Some(note.clone()))));
        let Ok(new) = read_note(&note, &self.verifier) else { return raised(Alarm::Forged) };
        if let Some(last) = self.memory.last()? {
            let old = read_note(&last, &self.verifier)?;
            if new.size < old.size {
                return raised(Alarm::Rollback { had: old.size, has: new.size });
            }
            match self.follows(&old, &new).await? {
                Followed::Yes => {}
                Followed::No => return raised(Alarm::Fork { size: new.size }),
                Followed::Unproved => return raised(Alarm::Unproved { size: new.size }),
            }
        }
        let cosigned = self.key.cosign(&note)?;
        self.memory.remember(now, &cosigned)?;
        // A clock that runs ahead would hide a silence.
        if new.at.is_none_or(|at| now - at > LATE || at - now > LATE) {
            let signed = new.at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_rfc3339());
            return raised(Alarm::Late { signed });
        }
        // The log that does not take it is no worse for it.
        if let Err(error) = self.outlet.hand_in(&cosigned).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "what was witnessed could not be handed in");
        }
        Ok(Ok(new))
    }

    async fn follows(&self, old: &Head, new: &Head) -> Result<Followed, WitnessError> {
        if old.size == new.size || old.size == 0 {
            return Ok(if old.size == 0 || old.root == new.root { Followed::Yes } else { Followed::No });
        }
        let mut tiles = Tiles::default();
        loop {
            match grew(old, new, &tiles) {
                Ok(Step::Done(())) => return Ok(Followed::Yes),
                Ok(Step::Fetch(lacking)) => {
                    for tile in lacking {
                        match self.outlet.tile(&tile.path()).await {
                            Ok(data) => tiles.add(tile, data),
                            // The log answers, and has not what it signed.
                            Err(OutletError::Status(404)) => return Ok(Followed::Unproved),
                            Err(error) => return Err(error.into()),
                        }
                    }
                }
                Err(tlog_tiles::Error::InvalidProof) => return Ok(Followed::No),
                // Tiles of another tree than the one that was signed.
                Err(_) => return Ok(Followed::Unproved),
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
