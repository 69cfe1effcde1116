//! A stage to test on: a fresh database, a clock that moves, personas.

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use backend::{
    Actor, Clock, Cx, Mode, Portal,
    amazon::Amazon,
    cx::SignedIn,
    egress::Egress,
    login,
    mail::{Mailer, read_mailbox},
    portal::{Settings, SignUp},
    random,
    store::Db,
    vault::{KeyFile, Vault},
    webhooks::Hooks,
};
use chrono::{DateTime, Duration};
use migrations::MigratorTrait;
use model::{Time, passkey::Proofs};
use secrecy::{ExposeSecret, SecretString};

/// Runs a test once on each database. PostgreSQL is the one that `scripts/postgres.sh` started; without it the test fails
/// rather than passing unseen.
#[macro_export]
macro_rules! on_both_databases {
    ($name:ident, $test:expr) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                let test = $test;
                test($crate::support::Stage::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                let test = $test;
                test($crate::support::Stage::postgres().await).await;
            }
        }
    };
}

pub struct Stage {
    pub portal: Portal,
    pub url: String,
    pub folder: PathBuf,
}

/// A folder that no run before this one left anything in: numbers of processes come again.
fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("portal-test-{}", random::uuid(start_time()).simple()));
    std::fs::create_dir(&folder).unwrap();
    folder
}

/// What a secret holds, for a test to compare.
#[expect(clippy::disallowed_methods, reason = "a test compares it")]
pub fn reveal(secret: &SecretString) -> &str {
    secret.expose_secret()
}

pub fn start_time() -> Time {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

impl Stage {
    pub async fn sqlite() -> Self {
        let folder = fresh_folder();
        let url = format!("sqlite://{}/portal.db", folder.display());
        Self::on(folder, url, 8).await
    }

    pub async fn postgres() -> Self {
        #[expect(clippy::disallowed_methods, reason = "scripts/postgres.sh says where the cluster is")]
        let base = std::env::var("PORTAL_TEST_POSTGRES")
            .expect("PORTAL_TEST_POSTGRES names the test cluster; `make test` starts one");
        let folder = fresh_folder();
        let name = folder.file_name().unwrap().to_str().unwrap().replace('-', "_");
        let admin = Db::connect(&format!("{base}/postgres"), 1).await.unwrap();
        use sea_orm::ConnectionTrait;
        admin.reader().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self::on(folder, format!("{base}/{name}"), 8).await
    }

    async fn on(folder: PathBuf, url: String, connections: u32) -> Self {
        let db = Db::connect(&url, connections).await.unwrap();
        migrations::Migrator::up(db.reader(), None).await.unwrap();
        let clock = Clock::manual(start_time());
        let keys = KeyFile::create(&folder.join("keys"), clock.now()).unwrap();
        let egress = Egress::development(None, None);
        let portal = Portal {
            db,
            vault: Vault::new(keys),
            mailer: Mailer::folder(folder.join("mail")).unwrap(),
            amazon: Amazon::new(&egress, None),
            hooks: Hooks::new(&egress),
            egress,
            clock,
            settings: Arc::new(Settings {
                mode: Mode::Development,
                sign_up: SignUp::Open,
                public_url: "http://localhost:8080".to_owned(),
                audit_retention_months: model::retention::DEFAULT_MONTHS,
                proofs_dir: folder.join("proofs"),
                scratch_dir: folder.clone(),
                log_verifier: None,
                copy_of: None,
            }),
        };
        Self { portal, url, folder }
    }

    /// The same database under another process's handles.
    pub async fn replica(&self) -> Portal {
        Portal { db: Db::connect(&self.url, 4).await.unwrap(), ..self.portal.clone() }
    }

    pub fn advance(&self, by: Duration) {
        self.portal.clock.advance(by);
    }

    /// Somebody at `address`.
    pub fn visitor(&self, address: &str) -> Cx {
        let mut cx = Cx::new(&self.portal, Actor::Anonymous);
        cx.address = Some(address.parse::<IpAddr>().unwrap());
        cx
    }

    /// The newest code that was mailed to an address.
    pub async fn code_for(&self, email: &str) -> String {
        self.codes_for(email).await.pop().expect("a code was mailed")
    }

    /// All codes that were mailed to an address, the oldest first.
    pub async fn codes_for(&self, email: &str) -> Vec<String> {
        backend::mail::deliver_due(&self.portal).await.unwrap();
        let mails = read_mailbox(&self.folder.join("mail")).unwrap();
        let mut mine: Vec<_> = mails.into_iter().filter(|mail| mail.to == email).collect();
        mine.sort_by_key(|mail| mail.file.clone());
        let digits = |subject: &str| subject.chars().filter(char::is_ascii_digit).collect::<String>();
        mine.iter().map(|mail| digits(&mail.subject)).filter(|code| code.len() == 8).collect()
    }

    /// A client address that nobody else has: limits are per address.
    pub fn next_address(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        format!("10.{}.{}.{}", count >> 16 & 255, count >> 8 & 255, count & 255)
    }

    /// A persona who is signed in, through the real sign-in.
    pub async fn person(&self, name: &str) -> Cx {
        let email = format!("{name}@example.com");
        let cx = self.visitor(&self.next_address());
        let asked = login::ask(&cx, &email).await.unwrap();
        let code = self.code_for(&email).await;
        let person = login::sign_in(&cx, asked.challenge, &code).await.unwrap();
        Cx { actor: Actor::User(person), ..cx }
    }

    /// The same person just after a step-up.
    pub fn stepped_up(&self, cx: &Cx) -> Cx {
        let person = cx.signed_in().unwrap().clone();
        Cx {
            actor: Actor::User(SignedIn { proofs: Proofs { stepped_up_at: Some(cx.now()), ..person.proofs }, ..person }),
            ..cx.clone()
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if self.url.starts_with("postgres") {
            drop_database(&self.url);
        }
    }
}

/// Eight megabytes each, and a run makes hundreds: together they have filled a disk. What still has one open loses it.
pub fn drop_database(url: &str) {
    let (cluster, name) = url.rsplit_once('/').unwrap();
    let (cluster, drop) = (format!("{cluster}/postgres"), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    // `drop` cannot wait for a future on the runtime that it is called on.
    let dropped = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = Db::connect(&cluster, 1).await?;
            sea_orm::ConnectionTrait::execute_unprepared(db.reader(), &drop).await
        })
    });
    if let Ok(Err(error)) = dropped.join() {
        eprintln!("{error}");
    }
}
