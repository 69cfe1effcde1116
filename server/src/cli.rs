//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};
use model::incident::{DrillKind, Kind};
use server::{audit_export::Format, witness};

/// Keeps the keys to a team's Amazon selling accounts.
#[derive(Parser)]
#[command(name = "portal", version)]
pub struct Cli {
    /// The configuration file.
    #[arg(long, global = true, env = "PORTAL_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve pages, the gateway route and background jobs.
    Serve {
        /// Bring the database up to date first.
        #[arg(long)]
        migrate: bool,
    },
    /// Bring the database up to date.
    Migrate {
        /// PostgreSQL: also make the roles for processes that serve, and give them what they need of the tables.
        #[arg(long)]
        roles: bool,
    },
    /// Look at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// The master keys.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Write a copy of the database into a file, sealed under the master key: while Portal runs, as one moment has it.
    Backup { file: PathBuf },
    /// Fill the configuration's database, which must be empty, from a backup. The copy sends no mail and asks nothing of Amazon.
    Restore {
        file: PathBuf,
        /// The copy is for looking at, until you promote it.
        #[arg(long, required = true)]
        disposable: bool,
    },
    /// Let a restored copy take the place of the installation: it sends mails and asks Amazon from then on.
    Promote,
    /// Fill two Teams with weeks of history, for looking around: development only, with the simulator running.
    Demo {
        /// Who owns both Teams: sign in with this address.
        #[arg(long, default_value = "ada@example.com")]
        owner: model::EmailAddress,
    },
    /// The audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Remember the audit log's signed heads, from another machine, and raise the alarm when it no longer fits them.
    Witness(witness::Options),
    /// Rehearse, on something disposable, and keep how it went in a Team.
    Drill {
        #[arg(long)]
        team: model::ids::TeamId,
        /// revoke_key, rotate_secret, replay_notification or restore_backup; all unless said.
        #[arg(long, value_parser = drill)]
        kind: Option<DrillKind>,
    },
    /// Incidents.
    Incident {
        #[command(subcommand)]
        command: IncidentCommand,
    },
    /// Passkeys.
    Passkeys {
        #[command(subcommand)]
        command: PasskeysCommand,
    },
    /// Accounts.
    Accounts {
        #[command(subcommand)]
        command: AccountsCommand,
    },
    /// Access reviews.
    AccessReviews {
        #[command(subcommand)]
        command: AccessReviewsCommand,
    },
    /// Play Amazon on this machine, for development and tests.
    SimulateAmazon {
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
    },
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Say everything that stands against starting.
    Check,
}

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Walk the whole log of this database; the exit code says whether all is as it was recorded.
    Verify {
        /// The log's public key. Without it this machine's own is believed, which proves less.
        #[arg(long)]
        verifier: Option<String>,
        /// The folder of a witness: its checkpoints are held against the log.
        #[arg(long)]
        witness: Option<PathBuf>,
        /// A file with a signed head, from a mail say: it is held against the log.
        #[arg(long)]
        head: Option<PathBuf>,
        /// Check a file that was exported as JSON lines instead: needs nothing but the log's public key.
        #[arg(long, requires = "verifier")]
        export: Option<PathBuf>,
    },
    /// Write events to the standard output.
    Export {
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
        /// A Team's events alone.
        #[arg(long)]
        team: Option<model::ids::TeamId>,
        /// From this time on, like 2026-11-01T00:00:00Z.
        #[arg(long)]
        from: Option<model::Time>,
        /// Before this time.
        #[arg(long)]
        until: Option<model::Time>,
        /// With proofs towards the checkpoint of this size: then the same range gives the same bytes for ever.
        #[arg(long)]
        size: Option<u64>,
    },
}

#[derive(Subcommand)]
pub enum AccountsCommand {
    /// Enable an account again that was disabled since nobody used it.
    Enable { email: model::EmailAddress },
}

#[derive(Subcommand)]
pub enum AccessReviewsCommand {
    /// Let a member in again who was suspended at an access review, where nobody in the Team could confirm them.
    Restore {
        #[arg(long)]
        team: model::ids::TeamId,
        email: model::EmailAddress,
    },
}

#[derive(Subcommand)]
pub enum PasskeysCommand {
    /// Forget the passkeys of somebody who lost them, and end their sessions: a code is enough for their next one. Make sure that
    /// it is them who asks.
    Forget { email: model::EmailAddress },
    /// Require no passkeys in a Team any more: where nobody could show one, at a new address say.
    Waive { team: model::ids::TeamId },
}

#[derive(Subcommand)]
pub enum IncidentCommand {
    /// Report an incident: those who run incidents in the Team are told by mail.
    Open {
        #[arg(long)]
        team: model::ids::TeamId,
        /// leaked_secret, stolen_session, misused_gateway, database_access, lost_device, amazon_request or other.
        #[arg(long, value_parser = kind)]
        kind: Kind,
        /// What was noticed, in a few words.
        #[arg(long)]
        title: String,
        /// When it was noticed first, like 2026-11-01T00:00:00Z; now unless said.
        #[arg(long)]
        detected: Option<model::Time>,
        /// What it is about: the id of a connection, gateway, key, app or person of the Team. May be said again.
        #[arg(long)]
        about: Vec<String>,
        /// Seen by owners and those with a duty alone.
        #[arg(long)]
        restricted: bool,
        /// A rehearsal.
        #[arg(long)]
        drill: bool,
    },
    /// Lift the locks of an incident that nobody in the Team could lift: there is no second person in it.
    Lift {
        #[arg(long)]
        team: model::ids::TeamId,
        #[arg(long)]
        incident: model::ids::IncidentId,
    },
    /// Check a bundle: that no byte of it was changed since the log recorded it.
    Verify {
        file: PathBuf,
        /// The log's public key. Without it this machine's own is believed, which proves less.
        #[arg(long)]
        verifier: Option<String>,
    },
}

fn drill(text: &str) -> Result<DrillKind, String> {
    let known = || DrillKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" or ");
    DrillKind::parse(text).ok_or_else(known)
}

fn kind(text: &str) -> Result<Kind, String> {
    let known = || Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    Kind::parse(text).ok_or_else(|| format!("one of {}", known()))
}

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make the key files that are not there yet.
    Create,
    /// The master keys, how old they are and what they wrap.
    List,
    /// Add a master key, which wraps from now on; copy the file to every machine, then rewrap. On several machines prepare it first.
    /// Or give Teams new data keys.
    Rotate {
        /// Add a master key that wraps nothing yet: copy the file to every machine, then rotate.
        #[arg(long, conflicts_with = "data_keys_older_than")]
        prepare: bool,
        /// Give every Team a new data key instead, and seal its secrets anew; those alone whose key is so many days old.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(0..=36_500))]
        data_keys_older_than: Option<i64>,
    },
    /// Wrap every data key with the active master key. Portal runs on meanwhile; what is cut off is begun again where it was.
    Rewrap,
    /// Take a master key out of the file, for good, once nothing needs it. Older backups of the database need it still.
    Retire { id: String },
}
