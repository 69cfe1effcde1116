//! Key services in processes of their own: OpenBao itself, and AWS KMS as `moto` plays it.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use backend::{
    egress::{Egress, OperatorsHosts},
    store::data_key::WrappedKey,
    vault::{KeyService, Kms, KmsKey, Transit, TransitKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Certificate;
use serde_json::{Value, json};
use url::Url;

use crate::support::Stage;

/// A key service in a process of its own.
pub struct Running {
    child: Child,
    pub url: Url,
    http: reqwest::Client,
    headers: Vec<(&'static str, &'static str)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal("CONT");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(program: &str, words: &[&str], url: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "scripts/postgres.sh says where they are")]
        let folder = std::env::var("PORTAL_TEST_KEY_SERVICES").expect("PORTAL_TEST_KEY_SERVICES names where they are");
        let mut command = Command::new(format!("{folder}/{program}"));
        let child = command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test asks by itself")]
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
        Self { child, url: url.parse().unwrap(), http, headers: Vec::new() }
    }

    /// Asks until it answers.
    pub async fn ask(&self, path: &str, body: Value) -> Value {
        self.ask_with(&[], path, body).await
    }

    async fn ask_with(&self, more: &[(&'static str, &str)], path: &str, body: Value) -> Value {
        for _ in 0..300 {
            let mut request = self.http.post(self.url.join(path).unwrap()).json(&body);
            for (name, value) in self.headers.iter().chain(more) {
                request = request.header(*name, *value);
            }
            if let Ok(answer) = request.send().await
                && answer.status().is_success()
            {
                return answer.json().await.unwrap_or_default();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} was not answered");
    }

    /// It stands still (`STOP`), or goes on (`CONT`).
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }
}

fn port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What Portal's token may do with its key, as the documents say.
pub const WORK: [(&str, &str); 3] = [("encrypt", "update"), ("decrypt", "update"), ("keys", "read")];

/// A list of connections outward with this key service on it.
fn at(url: &Url) -> Egress {
    let (keys, private) = (vec![url.clone()], vec!["127.0.0.1".to_owned()]);
    Egress::production(OperatorsHosts { keys, private, ..OperatorsHosts::default() })
}

/// Where nothing listens.
fn nowhere(scheme: &str) -> Url {
    format!("{scheme}://127.0.0.1:{}", port()).parse().unwrap()
}

/// OpenBao over TLS, with a key of its Transit engine, at an address that production allows.
pub struct OpenBao {
    pub running: Running,
    pub egress: Egress,
    pub roots: Vec<Certificate>,
    pub token_file: PathBuf,
}

impl OpenBao {
    pub async fn start(stage: &Stage) -> Self {
        let (folder, address) = (stage.folder.display(), format!("127.0.0.1:{}", port()));
        let (listen, certificates) = (format!("-dev-listen-address={address}"), format!("-dev-tls-cert-dir={folder}"));
        let words = ["server", "-dev-tls", &certificates, "-dev-root-token-id=root", "-dev-no-store-token", &listen];
        let mut running = Running::start("bao", &words, &format!("https://{address}"));
        running.headers = vec![("X-Vault-Token", "root")];
        running.ask("v1/sys/mounts/transit", json!({ "type": "transit" })).await;
        running.ask("v1/transit/keys/portal", json!({})).await;
        let names = ["vault-ca.pem", "ca.pem", "bao-ca.pem"].map(|name| stage.folder.join(name));
        let ca = names.iter().find(|file| file.exists()).expect("it wrote its certificates");
        let roots = Certificate::from_pem_bundle(&std::fs::read(ca).unwrap()).unwrap();
        let egress = at(&running.url);
        let bao = Self { running, egress, roots, token_file: stage.folder.join("token") };
        bao.allow(&WORK).await;
        bao.new_token().await;
        bao
    }

    /// What Portal's token may do with its key, from now on.
    pub async fn allow(&self, what: &[(&str, &str)]) {
        let line = |(verb, may): &(&str, &str)| format!("path \"transit/{verb}/portal\" {{ capabilities = [\"{may}\"] }}\n");
        let policy: String = what.iter().map(line).collect();
        self.running.ask("v1/sys/policies/acl/portal", json!({ "policy": policy })).await;
    }

    /// A token for Portal, and for nothing but its key, takes the old one's place.
    pub async fn new_token(&self) -> String {
        let made = self.running.ask("v1/auth/token/create", json!({ "policies": ["portal"], "no_parent": true })).await;
        let token = made["auth"]["client_token"].as_str().unwrap().to_owned();
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(&self.token_file, format!("{token}\n")).unwrap();
        std::fs::set_permissions(&self.token_file, std::fs::Permissions::from_mode(0o600)).unwrap();
        token
    }

    pub fn key(&self) -> TransitKey {
        TransitKey {
            url: self.running.url.clone(),
            namespace: None,
            mount: "transit".to_owned(),
            key: "portal".to_owned(),
            name: "bao/transit/portal".to_owned(),
            token_file: self.token_file.clone(),
        }
    }

    pub fn service(&self, key: TransitKey) -> KeyService {
        KeyService::transit(Transit::new(&self.egress, key, &self.roots))
    }

    /// The same key, when the service is gone.
    pub fn gone(&self) -> KeyService {
        let url = nowhere("https");
        KeyService::transit(Transit::new(&at(&url), TransitKey { url, ..self.key() }, &self.roots))
    }
}

/// AWS KMS, as `moto` plays it, with a key.
pub struct Aws {
    pub running: Running,
    pub arn: String,
}

impl Aws {
    pub async fn start() -> Self {
        let port = port().to_string();
        let mut running =
            Running::start("moto_server", &["-H", "127.0.0.1", "-p", &port], &format!("http://127.0.0.1:{port}"));
        let signed = "AWS4-HMAC-SHA256 Credential=a/20261126/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=x";
        running.headers = vec![("Authorization", signed)];
        let mut aws = Self { arn: String::new(), running };
        aws.arn = aws.key().await;
        aws
    }

    /// A new key; its ARN.
    pub async fn key(&self) -> String {
        self.call("CreateKey", json!({})).await["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
    }

    pub async fn call(&self, action: &str, body: Value) -> Value {
        self.running.ask_with(&[("X-Amz-Target", &format!("TrentService.{action}"))], "", body).await
    }

    pub fn service(&self, arn: &str) -> KeyService {
        self.service_as(arn, "a", "b")
    }

    /// A data key, as it is in the clear: whoever has the service opens it.
    pub async fn opened(&self, key: &WrappedKey) -> Vec<u8> {
        let team = key.team.map_or("installation".to_owned(), |team| team.to_string());
        let bound = json!({ "portal:data_key": key.id, "portal:team": team, "portal:version": key.version.to_string() });
        // Behind the first byte, which says that a service wrapped it.
        let blob = STANDARD.encode(&key.wrapped.0[1..]);
        let opened = self.call("Decrypt", json!({ "CiphertextBlob": blob, "EncryptionContext": bound })).await;
        STANDARD.decode(opened["Plaintext"].as_str().unwrap()).unwrap()
    }

    /// The same, when KMS is gone.
    pub fn gone(&self) -> KeyService {
        self.at(nowhere("http"), &self.arn, "a", "b")
    }

    /// The same, for whoever has this access key.
    pub fn service_as(&self, arn: &str, id: &str, secret: &str) -> KeyService {
        self.at(self.running.url.clone(), arn, id, secret)
    }

    fn at(&self, url: Url, arn: &str, id: &str, secret: &str) -> KeyService {
        let endpoint = Some(url);
        let key = KmsKey { arn: arn.to_owned(), endpoint, credentials: Kms::fixed(id, secret) };
        KeyService::kms(Kms::new(&Egress::development(None, None), key, &[]))
    }
}
