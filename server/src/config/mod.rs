//! The one configuration: defaults, then a TOML file, then `PORTAL_*` variables. Documented in `docs/configuration.md`.

mod check;
mod key_service;

use std::{net::SocketAddr, path::PathBuf};

use figment::{
    Figment,
    error::Kind,
    providers::{Env, Serialized},
};
use ipnet::IpNet;
use model::EmailAddress;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};

pub use check::problems;
pub use key_service::{Chosen, Keeper, KeyService};

/// A secret setting: read from the configuration, never written anywhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Secret(pub SecretString);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str("")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Development,
    Production,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Web,
    Gateway,
    Worker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignUpPolicy {
    Open,
    Domains,
    Invitation,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    pub policy: SignUpPolicy,
    pub domains: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub smtp_url: Option<Secret>,
    pub smtp_url_file: Option<PathBuf>,
    pub from: String,
    pub capture_dir: Option<PathBuf>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amazon {
    pub simulator_url: Option<url::Url>,
}

/// Where signed heads of the log go, off this machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoints {
    pub folder: Option<PathBuf>,
    pub webhook_url: Option<String>,
    pub webhook_secret: Option<Secret>,
    pub webhook_secret_file: Option<PathBuf>,
    pub mail_to: Option<EmailAddress>,
}

/// How often gateways may ask: `burst` at once, then `per_second`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub burst: u16,
    pub per_second: u16,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub key: Limit,
    pub connection: Limit,
    pub team: Limit,
}

/// Every setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub mode: Mode,
    pub public_url: String,
    pub data_dir: PathBuf,
    pub database_url: Option<Secret>,
    pub database_url_file: Option<PathBuf>,
    pub database_connections: u32,
    pub key_file: Option<PathBuf>,
    pub checkpoint_key_file: Option<PathBuf>,
    /// Who keeps master keys beside the key file.
    pub key_service: KeyService,
    /// How long the log is kept.
    pub audit_retention_months: u32,
    /// Public keys of the log's witnesses.
    pub witnesses: Vec<String>,
    /// Where Teams' webhooks may go.
    pub webhook_hosts: Vec<String>,
    /// Hosts of the operator's own that may stand at private addresses.
    pub private_hosts: Vec<String>,
    pub roles: Vec<Role>,
    pub listen: SocketAddr,
    pub gateway_listen: Option<SocketAddr>,
    pub metrics_listen: Option<SocketAddr>,
    pub trusted_proxies: Vec<IpNet>,
    pub site_dir: PathBuf,
    /// What `make scan` and `make test` found.
    pub proofs_dir: PathBuf,
    pub shutdown_grace_s: u64,
    pub log: Log,
    pub sign_up: SignUp,
    pub mail: Mail,
    pub amazon: Amazon,
    pub checkpoints: Checkpoints,
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Production,
            public_url: "https://localhost".to_owned(),
            data_dir: PathBuf::from("data"),
            database_url: None,
            database_url_file: None,
            database_connections: 16,
            key_file: None,
            checkpoint_key_file: None,
            key_service: KeyService::default(),
            audit_retention_months: model::retention::DEFAULT_MONTHS,
            witnesses: Vec::new(),
            webhook_hosts: Vec::new(),
            private_hosts: Vec::new(),
            roles: vec![Role::Web, Role::Gateway, Role::Worker],
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            gateway_listen: None,
            metrics_listen: Some(SocketAddr::from(([127, 0, 0, 1], 9090))),
            trusted_proxies: Vec::new(),
            site_dir: PathBuf::from("target/site"),
            proofs_dir: PathBuf::from("target/proofs"),
            shutdown_grace_s: 20,
            log: Log { format: LogFormat::Json, filter: "info".to_owned() },
            sign_up: SignUp { policy: SignUpPolicy::Invitation, domains: Vec::new() },
            mail: Mail {
                smtp_url: None,
                smtp_url_file: None,
                from: "Portal <portal@localhost>".to_owned(),
                capture_dir: None,
            },
            amazon: Amazon { simulator_url: None },
            checkpoints: Checkpoints::default(),
            limits: Limits {
                key: Limit { burst: 300, per_second: 50 },
                connection: Limit { burst: 300, per_second: 50 },
                team: Limit { burst: 1200, per_second: 200 },
            },
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {}", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The line itself is not shown: it may hold a password.
    #[error("{} is not TOML: look at line {line}", .file.display())]
    NotToml { file: PathBuf, line: usize },
    #[error("{0}")]
    Unreadable(String),
    #[error("cannot read the file that {setting} names")]
    SecretFile {
        setting: &'static str,
        #[source]
        source: std::io::Error,
    },
}

fn table(file: PathBuf) -> Result<toml::Table, ConfigError> {
    let text = std::fs::read_to_string(&file).map_err(|source| ConfigError::File(file.clone(), source))?;
    text.parse().map_err(|error: toml::de::Error| {
        let before = &text.as_bytes()[..error.span().map_or(0, |span| span.start.min(text.len()))];
        ConfigError::NotToml { file, line: before.iter().filter(|byte| **byte == b'\n').count() + 1 }
    })
}

/// Which setting is wrong, and how; never what stands there, which may be a password.
fn words(error: figment::Error) -> String {
    let say = |error: figment::Error| {
        let setting = error.path.join(".");
        match error.kind {
            Kind::UnknownField(name, _) => format!("there is no setting {}", [error.path, vec![name]].concat().join(".")),
            Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("{setting} must be {expected}"),
            Kind::UnknownVariant(_, known) => format!("{setting} must be one of {}", known.join(", ")),
            Kind::MissingField(name) => format!("{setting}.{name} is missing"),
            Kind::Message(reason) => format!("{setting}: {reason}"),
            _ => format!("{setting} cannot be read"),
        }
    };
    error.into_iter().map(say).collect::<Vec<_>>().join("; ")
}

impl Config {
    /// Reads the file (when given) and the variables. Nested settings are written `PORTAL_LOG__FORMAT`.
    pub fn load(file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = file {
            figment = figment.merge(Serialized::globals(table(file)?));
        }
        let mut config: Config = figment
            .merge(
                Env::prefixed("PORTAL_")
                    .ignore(&["config", "cache", "test_postgres", "test_key_services", "postgres_fsync"])
                    .split("__"),
            )
            .extract()
            .map_err(|error| ConfigError::Unreadable(words(error)))?;
        let read = |setting, path: &PathBuf| {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::SecretFile { setting, source })?;
            Ok(Secret(SecretString::from(text.trim())))
        };
        if let Some(path) = &config.database_url_file {
            config.database_url = Some(read("database_url_file", path)?);
        }
        if let Some(path) = &config.mail.smtp_url_file {
            config.mail.smtp_url = Some(read("mail.smtp_url_file", path)?);
        }
        if let Some(path) = &config.checkpoints.webhook_secret_file {
            config.checkpoints.webhook_secret = Some(read("checkpoints.webhook_secret_file", path)?);
        }
        Ok(config)
    }

    pub fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data_dir.join("keys"))
    }

    /// The key that signs the log's heads; only the role `worker` needs it.
    pub fn checkpoint_key_file(&self) -> PathBuf {
        self.checkpoint_key_file.clone().unwrap_or_else(|| self.data_dir.join("checkpoint.key"))
    }

    /// The name of this installation's log.
    pub fn log_name(&self) -> String {
        let url = url::Url::parse(&self.public_url).ok();
        let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or("portal");
        format!("{host}/audit")
    }

    /// Browsers reach Portal over TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    pub fn is_development(&self) -> bool {
        self.mode == Mode::Development
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of all settings, as the document writes them.
    fn settings(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (name, value) in map {
                    settings(value, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, found);
                }
            }
            _ => found.push(path.to_owned()),
        }
    }

    #[test]
    fn every_setting_is_documented_and_nothing_else_is() {
        let mut found = Vec::new();
        settings(&serde_json::to_value(Config::default()).unwrap(), "", &mut found);
        found.sort();
        let document = include_str!("../../../docs/configuration.md");
        let mut documented: Vec<_> =
            document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).map(str::to_owned).collect();
        documented.sort();
        assert_eq!(documented, found);
    }

    #[test]
    fn an_unknown_setting_stops_the_start() {
        let file = std::env::temp_dir().join(format!("portal-config-{}.toml", std::process::id()));
        std::fs::write(&file, "publc_url = \"https://portal.example.com\"\n").unwrap();
        let refused = Config::load(Some(file.clone())).unwrap_err().to_string();
        std::fs::remove_file(file).unwrap();
        assert!(refused.contains("publc_url"), "{refused}");
    }

    #[test]
    fn a_password_in_a_broken_file_is_not_repeated() {
        let file = std::env::temp_dir().join(format!("portal-broken-{}.toml", std::process::id()));
        for broken in [
            "mode = \"development\"\n\n[mail]\nsmtp_url = smtps://portal:canary@mail.example\n",
            "database_connections = \"postgres://portal:canary@db/portal\"\n",
            "mode = \"canary\"\n",
            "roles = \"canary\"\n",
            "listen = \"canary\"\n",
            "trusted_proxies = [\"canary\"]\n",
        ] {
            std::fs::write(&file, broken).unwrap();
            let refused = Config::load(Some(file.clone())).unwrap_err();
            let told = format!("{refused} {refused:?}");
            assert!(!told.contains("canary"), "{told}");
            let setting = broken.lines().find(|line| line.contains("canary")).unwrap().split(' ').next().unwrap();
            assert!(told.contains(setting) || told.contains("line 4"), "{told}");
        }
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_secret_setting_is_never_written() {
        let secret = Secret(SecretString::from("smtps://user:canary@mail.example"));
        assert!(!format!("{secret:?}{}", serde_json::to_string(&secret).unwrap()).contains("canary"));
    }
}
