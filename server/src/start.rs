//! From a configuration to the handles.

use std::sync::Arc;

use backend::{
    Clock, Mode, Portal,
    amazon::Amazon,
    audit::{CheckpointKey, LastHead},
    egress::{self, Egress, OperatorsHosts},
    mail::Mailer,
    portal::{Settings, SignUp},
    store::{
        Db,
        restored::{self, Standing},
    },
    vault::{KeyFile, Vault},
    webhooks::{Hooks, Receiver},
};
use model::{Time, egress::Purpose};
use secrecy::ExposeSecret;

use crate::{
    checkpoints::Outlets,
    config::{Checkpoints, Chosen, Config, Role, SignUpPolicy},
    custody,
};

/// Why Portal does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the folder {folder} cannot be made")]
    DataDir {
        folder: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the database cannot be opened")]
    Database(#[source] sea_orm::DbErr),
    #[error("the keys cannot be read")]
    Keys(#[from] backend::vault::KeyFileError),
    #[error("the log's heads cannot be signed")]
    CheckpointKey(#[from] backend::audit::CheckpointError),
    #[error("mail cannot be set up")]
    Mail(#[from] backend::mail::MailerError),
    #[error("nothing says where mail goes")]
    NoMail,
    #[error("a restore into this database was cut off: restore again, into an empty one")]
    HalfRestored,
    #[error("{0}")]
    KeyService(String),
    #[error("{host} stands at private addresses only: name it in `private_hosts` if it is yours")]
    PrivateHost { host: String },
}

/// The database of this configuration.
pub async fn database(config: &Config) -> Result<Db, StartError> {
    private_folder(config)?;
    #[expect(clippy::disallowed_methods, reason = "the driver connects with it")]
    let url = config.database_url.as_ref().map(|url| url.0.expose_secret().to_owned());
    let url = url.unwrap_or_else(|| format!("sqlite://{}", config.data_dir.join("portal.db").display()));
    Db::connect(&url, config.database_connections).await.map_err(StartError::Database)
}

/// The data folder, for this user alone.
pub fn private_folder(config: &Config) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = config.data_dir.display().to_string();
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data_dir);
    made.map_err(|source| StartError::DataDir { folder, source })
}

/// The key that signs the log's heads, and what it signed last. Development makes it by itself.
pub fn checkpoint_key(config: &Config) -> Result<(CheckpointKey, LastHead), StartError> {
    let path = config.checkpoint_key_file();
    let key = if config.is_development() && !path.exists() {
        CheckpointKey::create(&path, &config.log_name())?
    } else {
        CheckpointKey::load(&path)?
    };
    let last = LastHead::open(&path, key.verifier())?;
    Ok((key, last))
}

/// Where signed heads go; a sentence when that cannot be.
pub fn outlets(config: &Config, egress: &Egress) -> Result<Outlets, String> {
    let Checkpoints { folder, webhook_url, webhook_secret, mail_to, .. } = &config.checkpoints;
    let webhook = match (webhook_url, webhook_secret) {
        (None, None) => None,
        (Some(url), Some(secret)) => {
            let receiver = Receiver::new(egress, url, secret.0.clone());
            Some(receiver.map_err(|error| format!("`checkpoints.webhook_url` or its secret cannot be used: {error}."))?)
        }
        _ => return Err("`checkpoints.webhook_url` and `checkpoints.webhook_secret` go together.".to_owned()),
    };
    let mailed = config.checkpoint_key_file().with_extension("mailed");
    let mail = mail_to.clone().map(|to| (to, mailed));
    Ok(Outlets { folder: folder.clone(), webhook, mail, ..Outlets::default() })
}

/// Does it, then writes down which connections outward were refused meanwhile.
pub async fn noted<T>(portal: &Portal, work: impl Future<Output = T>) -> T {
    let done = work.await;
    if let Err(error) = egress::note_all(portal).await {
        tracing::error!(error = &error as &dyn std::error::Error, "refused connections could not be recorded");
    }
    done
}

/// What this configuration connects outward to.
pub fn egress(config: &Config) -> Egress {
    let mail = config.mail.smtp_url.as_ref().and_then(|url| Mailer::host(&url.0));
    if config.is_development() {
        return Egress::development(config.amazon.simulator_url.as_ref(), mail);
    }
    let chosen = config.key_service.chosen().ok();
    Egress::production(OperatorsHosts {
        webhooks: config.webhook_hosts.clone(),
        mail,
        checkpoints: config.checkpoints.webhook_url.as_ref().and_then(|url| url.parse().ok()),
        keys: chosen.as_ref().map(Chosen::urls).unwrap_or_default(),
        role: chosen.is_some_and(|chosen| !chosen.kms.is_empty()),
        private: config.private_hosts.clone(),
    })
}

/// When the backup was made of which the database is a copy; nothing for an installation's own.
pub async fn copy_of(db: &Db) -> Result<Option<Time>, StartError> {
    match restored::standing(db.reader()).await.map_err(StartError::Database)? {
        Standing::Own => Ok(None),
        Standing::Half => Err(StartError::HalfRestored),
        Standing::Copy(made_at) => Ok(Some(made_at)),
    }
}

/// The handles of this configuration. Development makes its keys by itself.
pub async fn portal(config: &Config) -> Result<Portal, StartError> {
    let clock = Clock::system();
    let db = database(config).await?;
    let path = config.key_file();
    let keys =
        if config.is_development() && !path.exists() { KeyFile::create(&path, clock.now())? } else { KeyFile::load(&path)? };
    let copy_of = copy_of(&db).await?;
    // A copy asks its key service, and nobody else.
    let egress = match copy_of {
        None => egress(config),
        Some(_) => egress(config).only(&[Purpose::Keys, Purpose::Role]),
    };
    let mailer = match (&config.mail.smtp_url, &config.mail.capture_dir) {
        _ if copy_of.is_some() => Mailer::Elsewhere,
        (Some(url), _) => Mailer::smtp(&url.0, &config.mail.from, &egress)?,
        (None, Some(folder)) => Mailer::folder(folder)?,
        (None, None) if config.has(Role::Worker) => return Err(StartError::NoMail),
        (None, None) => Mailer::Elsewhere,
    };
    let settings = Settings {
        mode: if config.is_development() { Mode::Development } else { Mode::Production },
        sign_up: match config.sign_up.policy {
            SignUpPolicy::Open => SignUp::Open,
            SignUpPolicy::Domains => SignUp::Domains(config.sign_up.domains.clone()),
            SignUpPolicy::Invitation => SignUp::Invitation,
        },
        public_url: config.public_url.clone(),
        audit_retention_months: config.audit_retention_months,
        proofs_dir: config.proofs_dir.clone(),
        scratch_dir: config.data_dir.clone(),
        log_verifier: CheckpointKey::load(&config.checkpoint_key_file()).ok().map(|key| key.verifier().to_owned()),
        copy_of,
    };
    // Said at the start: a mail would be how people hear of it otherwise.
    for purpose in [Purpose::Mail, Purpose::Keys] {
        if (purpose != Purpose::Mail || config.has(Role::Worker))
            && let Some(host) = egress.is_out_of_reach(purpose).await
        {
            return Err(StartError::PrivateHost { host });
        }
    }
    let (amazon, hooks) = (Amazon::new(&egress, config.amazon.simulator_url.clone()), Hooks::new(&egress));
    let vault = Vault::kept_by(keys, custody::keepers(config, &egress).await.map_err(StartError::KeyService)?);
    Ok(Portal { db, vault, mailer, egress, amazon, hooks, clock, settings: Arc::new(settings) })
}
