//! Who keeps master keys beside the key file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// What wraps data keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keeper {
    File,
    Kms,
    Transit,
}

/// AWS KMS and a Transit engine. Those that do not wrap open what they wrapped.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyService {
    pub wraps_with: Option<Keeper>,
    /// The ARN of a symmetric key of AWS KMS.
    pub kms_key: Option<String>,
    /// Keys that it takes the place of.
    pub kms_older: Vec<String>,
    pub kms_endpoint: Option<Url>,
    /// An OpenBao or a Vault.
    pub transit_url: Option<Url>,
    pub transit_namespace: Option<String>,
    pub transit_mount: String,
    pub transit_key: Option<String>,
    pub transit_name: Option<String>,
    pub transit_token_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
}

/// What the settings say. The first key of KMS is the one that wraps, if KMS does.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub wraps: Keeper,
    pub kms: Vec<KmsSetting>,
    pub transit: Option<TransitSetting>,
}

#[derive(Clone, Debug)]
pub struct KmsSetting {
    pub arn: String,
    pub region: String,
    pub endpoint: Option<Url>,
}

#[derive(Clone, Debug)]
pub struct TransitSetting {
    pub url: Url,
    pub key: String,
    pub name: String,
    pub token_file: PathBuf,
}

impl Default for KeyService {
    fn default() -> Self {
        Self {
            wraps_with: None,
            kms_key: None,
            kms_older: Vec::new(),
            kms_endpoint: None,
            transit_url: None,
            transit_namespace: None,
            transit_mount: "transit".to_owned(),
            transit_key: None,
            transit_name: None,
            transit_token_file: None,
            ca_file: None,
        }
    }
}

impl KeyService {
    /// A sentence when it cannot be.
    pub fn chosen(&self) -> Result<Chosen, String> {
        let kms = self.kms_key.iter().chain(&self.kms_older).map(|arn| self.kms(arn)).collect::<Result<Vec<_>, _>>()?;
        let transit = self.transit_url.as_ref().map(|url| self.transit(url)).transpose()?;
        let wraps = match self.wraps_with {
            None if kms.is_empty() && transit.is_none() => Keeper::File,
            None => {
                return Err("`key_service.wraps_with` does not say what wraps: `file`, `kms` or `transit`.".to_owned());
            }
            Some(Keeper::Kms) if self.kms_key.is_none() => {
                return Err("`key_service.wraps_with` is `kms`, and `key_service.kms_key` is not set.".to_owned());
            }
            Some(Keeper::Transit) if transit.is_none() => {
                return Err("`key_service.wraps_with` is `transit`, and `key_service.transit_url` is not set.".to_owned());
            }
            Some(keeper) => keeper,
        };
        Ok(Chosen { wraps, kms, transit })
    }

    fn kms(&self, arn: &str) -> Result<KmsSetting, String> {
        let parts: Vec<_> = arn.split(':').collect();
        let ["arn", _, "kms", region, _, name] = parts[..] else { return Err(not_an_arn(arn)) };
        if region.is_empty() || !name.starts_with("key/") {
            return Err(not_an_arn(arn));
        }
        let endpoint = self.kms_endpoint.as_ref().map(|url| reachable("key_service.kms_endpoint", url)).transpose()?;
        Ok(KmsSetting { arn: arn.to_owned(), region: region.to_owned(), endpoint })
    }

    fn transit(&self, url: &Url) -> Result<TransitSetting, String> {
        let (Some(key), Some(token_file)) = (&self.transit_key, &self.transit_token_file) else {
            return Err("`key_service.transit_key` and `key_service.transit_token_file` go with `transit_url`.".to_owned());
        };
        let url = reachable("key_service.transit_url", url)?;
        let in_path = |text: &str| !text.is_empty() && !text.contains("..") && !text.contains(['?', '#', '%', ' ']);
        if !in_path(key) || key.contains('/') || !in_path(&self.transit_mount) {
            return Err(
                "`key_service.transit_key` or `key_service.transit_mount` is no name of a key, or of a mount.".to_owned()
            );
        }
        let host = url.host_str().unwrap_or_default();
        let place = [Some(host), self.transit_namespace.as_deref(), Some(&self.transit_mount), Some(key)];
        let place = place.into_iter().flatten().map(|part| part.trim_matches('/')).collect::<Vec<_>>().join("/");
        let name = self.transit_name.clone().unwrap_or(place);
        if name.is_empty() || name.len() > 200 || name.contains(':') || name.chars().any(char::is_whitespace) {
            return Err("`key_service.transit_name` holds a colon or a space, or is too long.".to_owned());
        }
        Ok(TransitSetting { url, key: key.clone(), name, token_file: token_file.clone() })
    }
}

fn not_an_arn(text: &str) -> String {
    format!("`key_service`: {text} is not the ARN of a key: `arn:aws:kms:<region>:<account>:key/<id>`.")
}

/// The list of connections outward has hosts by name, or by their IPv4 address, and no paths.
fn reachable(setting: &str, url: &Url) -> Result<Url, String> {
    match url.host() {
        Some(Host::Domain(_) | Host::Ipv4(_)) if url.path() == "/" && url.query().is_none() && url.username().is_empty() => {
            Ok(url.clone())
        }
        _ => {
            Err(format!("`{setting}` is not an address like https://keys.example.com:8200, with a name and without a path."))
        }
    }
}

impl KmsSetting {
    /// Where it is reached, and where the SDK asks for credentials of a web identity.
    fn urls(&self) -> Vec<Url> {
        let domain = if self.arn.starts_with("arn:aws-cn:") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let of = |service: &str| Url::parse(&format!("https://{service}.{}.{domain}/", self.region)).ok();
        self.endpoint.clone().or_else(|| of("kms")).into_iter().chain(of("sts")).collect()
    }
}

impl Chosen {
    /// Everything that the services are reached at.
    pub fn urls(&self) -> Vec<Url> {
        let mut urls: Vec<Url> = self.kms.iter().flat_map(KmsSetting::urls).collect();
        urls.extend(self.transit.iter().map(|transit| transit.url.clone()));
        urls.sort();
        urls.dedup();
        urls
    }

    /// Reached without TLS.
    pub fn is_plain(&self) -> bool {
        self.urls().iter().any(|url| url.scheme() != "https")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kms(region: &str, partition: &str) -> KeyService {
        let kms_key = Some(format!("arn:{partition}:kms:{region}:111122223333:key/1234"));
        KeyService { wraps_with: Some(Keeper::Kms), kms_key, ..KeyService::default() }
    }

    fn transit(url: &str) -> KeyService {
        KeyService {
            wraps_with: Some(Keeper::Transit),
            transit_url: url.parse().ok(),
            transit_key: Some("portal".to_owned()),
            transit_token_file: Some("token".into()),
            ..KeyService::default()
        }
    }

    #[test]
    fn it_is_reached_where_its_region_or_its_address_says() {
        let urls = |of: KeyService| of.chosen().unwrap().urls().iter().map(Url::to_string).collect::<Vec<_>>();
        let of = |host: &str| [format!("https://kms.{host}/"), format!("https://sts.{host}/")];
        assert_eq!(urls(kms("eu-west-1", "aws")), of("eu-west-1.amazonaws.com"));
        assert_eq!(urls(kms("cn-north-1", "aws-cn")), of("cn-north-1.amazonaws.com.cn"));
        assert_eq!(urls(transit("https://bao.internal:8200")), ["https://bao.internal:8200/"]);
        assert!(urls(KeyService::default()).is_empty());
    }

    #[test]
    fn a_key_has_a_name_that_stays() {
        let name = |of: KeyService| of.chosen().unwrap().transit.unwrap().name;
        let plain = transit("https://bao.internal:8200");
        assert_eq!(name(plain.clone()), "bao.internal/transit/portal");
        let namespace = Some("/team/".to_owned());
        assert_eq!(name(KeyService { transit_namespace: namespace, ..plain.clone() }), "bao.internal/team/transit/portal");
        let own = Some("old-bao/transit/portal".to_owned());
        assert_eq!(name(KeyService { transit_name: own, ..plain }), "old-bao/transit/portal");
    }

    #[test]
    fn what_cannot_be_is_said() {
        let says = |of: KeyService, part: &str| {
            let said = of.chosen().unwrap_err();
            assert!(said.contains(part), "{part}: {said}");
        };
        says(KeyService { wraps_with: None, ..kms("eu-west-1", "aws") }, "does not say what wraps");
        says(KeyService { wraps_with: Some(Keeper::Kms), ..KeyService::default() }, "kms_key");
        says(KeyService { wraps_with: Some(Keeper::Transit), ..kms("eu-west-1", "aws") }, "transit_url");
        says(KeyService { kms_key: Some("alias/portal".to_owned()), ..kms("eu-west-1", "aws") }, "not the ARN");
        says(KeyService { transit_key: None, ..transit("https://bao.internal") }, "go with");
        for bad in ["https://[::1]:8200", "https://bao.internal/bao", "https://user@bao.internal"] {
            says(transit(bad), "with a name and without a path");
        }
        for key in ["../keys", "a/b", "a?b", ""] {
            says(KeyService { transit_key: Some(key.to_owned()), ..transit("https://bao.internal") }, "no name of a key");
        }
        says(KeyService { transit_name: Some("a:b".to_owned()), ..transit("https://bao.internal") }, "a colon");
        let way_out = KeyService { wraps_with: Some(Keeper::File), ..kms("eu-west-1", "aws") };
        assert_eq!(way_out.chosen().unwrap().wraps, Keeper::File);
    }
}
