//! The key services of a configuration, and whether they and the key file belong to the database.

use backend::{
    Portal,
    egress::Egress,
    vault::{Keepers, KeyService, Kms, KmsKey, ServiceError, Transit, TransitKey, VaultError},
};
use reqwest::Certificate;

use crate::config::{Config, Keeper};

/// Who keeps master keys beside the file; a sentence when that cannot be.
pub async fn keepers(config: &Config, egress: &Egress) -> Result<Keepers, String> {
    let (settings, chosen) = (&config.key_service, config.key_service.chosen()?);
    let roots = roots(config)?;
    let mut keepers = Keepers::default();
    for (n, kms) in chosen.kms.into_iter().enumerate() {
        let credentials = Kms::credentials(egress, kms.region).await.ok_or("The AWS SDK looks for no credentials.")?;
        let key = KmsKey { arn: kms.arn, endpoint: kms.endpoint, credentials };
        let service = KeyService::kms(Kms::new(egress, key, &roots));
        if n == 0 && chosen.wraps == Keeper::Kms { keepers.wraps = Some(service) } else { keepers.opens.push(service) }
    }
    if let Some(transit) = chosen.transit {
        let key = TransitKey {
            url: transit.url,
            namespace: settings.transit_namespace.clone(),
            mount: settings.transit_mount.trim_matches('/').to_owned(),
            key: transit.key,
            name: transit.name,
            token_file: transit.token_file,
        };
        let service = KeyService::transit(Transit::new(egress, key, &roots));
        if chosen.wraps == Keeper::Transit { keepers.wraps = Some(service) } else { keepers.opens.push(service) }
    }
    Ok(keepers)
}

fn roots(config: &Config) -> Result<Vec<Certificate>, String> {
    let Some(file) = &config.key_service.ca_file else { return Ok(Vec::new()) };
    let unread =
        |error: &dyn std::error::Error| format!("`key_service.ca_file` {} cannot be used: {error}.", file.display());
    let text = std::fs::read(file).map_err(|error| unread(&error))?;
    match Certificate::from_pem_bundle(&text) {
        Ok(roots) if roots.is_empty() => Err(format!("`key_service.ca_file` {} holds no certificate.", file.display())),
        Ok(roots) => Ok(roots),
        Err(error) => Err(unread(&error)),
    }
}

/// Fails when a key service refuses, or the keys do not open this database. A service that does not answer is waited for while Portal
/// runs: what it has to open is refused until then.
pub async fn fits(portal: &Portal) -> Result<(), VaultError> {
    match strictly_fits(portal).await {
        Err(VaultError::ServiceUnavailable(ServiceError::Silent(why))) => {
            tracing::warn!(why, "Portal starts without its key service: secrets open when it answers");
            Ok(())
        }
        other => other,
    }
}

/// The same, for whoever cannot do without the service.
pub async fn strictly_fits(portal: &Portal) -> Result<(), VaultError> {
    if let Some(service) = &portal.vault.keepers().wraps {
        service.probe().await?;
    }
    portal.vault.fits(portal.db.reader()).await
}
