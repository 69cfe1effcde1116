//! What a production start refuses: one clear sentence each.

use backend::{
    audit::CheckpointKey,
    mail::Mailer,
    vault::{KeyFile, KeyFileError},
};
use model::{
    egress::{Purpose, lists},
    retention::LEAST_MONTHS,
};
use secrecy::ExposeSecret;

use super::{Config, Keeper, Mode, Role};
use crate::{start, web::Site};

/// Everything that stands against starting with this configuration; empty when nothing does.
pub fn problems(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    if config.roles.is_empty() {
        problems.push("`roles` is empty: name at least one of web, gateway, worker.".to_owned());
    }
    if config.mail.smtp_url.is_some() && config.mail.capture_dir.is_some() {
        problems.push("`mail.smtp_url` and `mail.capture_dir` are both set: mail goes one way.".to_owned());
    }
    if config.public_url.ends_with('/') || url::Url::parse(&config.public_url).is_err() {
        problems
            .push("`public_url` must be an address without a slash at its end, like https://portal.example.com.".to_owned());
    }
    let listens = [Some(config.listen), config.gateway_listen, config.metrics_listen];
    let listens: Vec<_> = listens.into_iter().flatten().collect();
    if listens.iter().enumerate().any(|(n, one)| listens[..n].contains(one)) {
        problems.push("Two of `listen`, `gateway_listen` and `metrics_listen` are the same address.".to_owned());
    }
    if config.audit_retention_months < LEAST_MONTHS {
        problems.push(format!(
            "`audit_retention_months` is less than {LEAST_MONTHS}: the log must be kept for a year at least."
        ));
    }
    let names: Vec<_> = config.witnesses.iter().map(|key| key.split('+').next()).collect();
    if names.iter().enumerate().any(|(n, one)| names[..n].contains(one)) {
        problems.push("Two `witnesses` have one name: what one has seen would hide that the other is silent.".to_owned());
    }
    if config.has(Role::Web)
        && let Err(error) = Site::load(&config.site_dir)
    {
        problems.push(format!("`site_dir` holds no pages' bundle: {error}."));
    }
    if let Some(url) = &config.mail.smtp_url
        && let Err(error) = Mailer::smtp(&url.0, &config.mail.from, &start::egress(config))
    {
        problems.push(format!("`mail.smtp_url` or `mail.from`: {error}."));
    }
    if let Err(problem) = start::outlets(config, &start::egress(config)) {
        problems.push(problem);
    }
    match config.key_service.chosen() {
        Err(problem) => problems.push(problem),
        Ok(chosen) if !config.is_development() && chosen.is_plain() => {
            problems.push("The key service is not reached over TLS: data keys would travel in the clear.".to_owned());
        }
        Ok(_) => {}
    }
    let egress = start::egress(config);
    let own = egress
        .entries()
        .iter()
        .filter(|entry| matches!(entry.purpose, Purpose::Mail | Purpose::Checkpoints | Purpose::Keys));
    let own: Vec<_> = own.flat_map(|entry| entry.hosts.iter()).collect();
    for unused in config.private_hosts.iter().filter(|one| !own.iter().any(|host| lists(one, host))) {
        problems
            .push(format!("`private_hosts` names {unused}, which is neither the mail server, nor the receiver of heads, nor the key service."));
    }
    match config.mode {
        Mode::Production => production(config, &mut problems),
        Mode::Development => development(config, &mut problems),
    }
    problems
}

fn production(config: &Config, problems: &mut Vec<String>) {
    let mut refuse = |wrong: bool, sentence: &str| {
        if wrong {
            problems.push(sentence.to_owned());
        }
    };
    refuse(
        !config.public_url.starts_with("https://"),
        "`public_url` is not HTTPS: cookies and codes would travel in the clear.",
    );
    let host =
        url::Url::parse(&config.public_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let here =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    refuse(here, "`public_url` names this very machine: nobody could follow a mail or come back from Amazon.");
    refuse(config.mail.capture_dir.is_some(), "`mail.capture_dir` captures mail, which is for development only.");
    refuse(
        config.amazon.simulator_url.is_some(),
        "`amazon.simulator_url` names the simulator, which is for development only.",
    );
    let sends = config.has(Role::Worker);
    refuse(sends && config.mail.smtp_url.is_none(), "`mail.smtp_url` is not set: nobody could sign in.");
    #[expect(clippy::disallowed_methods, reason = "only the scheme is looked at")]
    let plain = config.mail.smtp_url.as_ref().is_some_and(|url| url.0.expose_secret().starts_with("smtp://"));
    refuse(plain, "`mail.smtp_url` has no TLS: use smtps:// or smtp+starttls://.");
    let file_wraps = config.key_service.chosen().is_ok_and(|chosen| chosen.wraps == Keeper::File);
    match KeyFile::load(&config.key_file()) {
        Ok(keys) if file_wraps && !keys.has_master() => {
            problems.push("The key file holds no master key: `portal keys rotate` makes one.".to_owned());
        }
        Ok(_) => {}
        Err(error @ KeyFileError::Exposed { .. }) => problems.push(format!("The key file is not private: {error}.")),
        Err(error) => problems.push(format!("There is no usable master key: {error}. Make one with `portal keys create`.")),
    }
    if config.has(Role::Worker)
        && let Err(error) = CheckpointKey::load(&config.checkpoint_key_file())
    {
        problems.push(format!("There is no usable checkpoint key: {error}. Make one with `portal keys create`."));
    }
}

fn development(config: &Config, problems: &mut Vec<String>) {
    let public = !config.listen.ip().is_loopback() || config.gateway_listen.is_some_and(|listen| !listen.ip().is_loopback());
    if public {
        problems.push("Development listens on loopback only: set `listen` to 127.0.0.1.".to_owned());
    }
    if config.mail.smtp_url.is_none() && config.mail.capture_dir.is_none() {
        problems.push("Neither `mail.smtp_url` nor `mail.capture_dir` is set: codes would go nowhere.".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[tokio::test]
    async fn a_weak_production_configuration_is_refused_sentence_by_sentence() {
        let mut config = Config { public_url: "http://portal.example.com".to_owned(), ..Config::default() };
        config.data_dir = "/nonexistent".into();
        config.mail.capture_dir = Some("mail".into());
        config.audit_retention_months = 11;
        config.checkpoints.webhook_url = Some("https://hooks.example.com/heads".to_owned());
        config.amazon.simulator_url = Some("http://127.0.0.1:8090".parse().unwrap());
        let said = problems(&config).join("\n");
        for part in [
            "not HTTPS",
            "kept for a year at least",
            "go together",
            "captures mail",
            "names the simulator",
            "nobody could sign in",
            "no usable master key",
            "no usable checkpoint key",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        for here in ["https://localhost", "https://127.0.0.1:8443", "https://[::1]"] {
            config.public_url = here.to_owned();
            assert!(problems(&config).join("\n").contains("names this very machine"), "{here}");
        }
        config.mail.smtp_url = Some(Secret("smtp://mail.example.com".to_owned().into()));
        assert!(problems(&config).join("\n").contains("has no TLS"));
    }

    #[tokio::test]
    async fn what_a_start_would_stumble_over_is_said_before() {
        let mut config = Config { site_dir: "/nonexistent".into(), ..Config::default() };
        config.metrics_listen = Some(config.listen);
        config.mail.smtp_url = Some(Secret("smtps://mail.example.com".to_owned().into()));
        config.mail.from = "not an address".to_owned();
        let said = problems(&config).join("\n");
        for part in ["the same address", "no pages' bundle", "sender's address cannot be read"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
