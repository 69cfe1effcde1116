//! Canaries: secrets that are followed through everything that Portal does, and searched for in every spelling wherever
//! they have no business. One that was never used proves nothing, so that is a failure too.

mod ads;
pub mod cage;
mod calls;
mod ear;
mod life;
mod misplaced;
mod services;
mod settings;

use backend::store::Db;
use reqwest::Response;
use sea_orm::DbBackend;
use tower_sessions::cookie::{Cookie, CookieJar, Key};

use crate::{browser::Browser, house::House, on_both_databases, registry::dump, support::Stage};

use cage::{Cage, text};
use calls::{broken, things_of_gateways};
use ear::Listening;
use life::{keys, life};
use settings::{measured, settings};

/// Answers, each with the canaries that it must hold.
struct Walk<'a> {
    house: &'a House,
    cage: Cage,
    answers: Vec<(String, Vec<u8>, Vec<&'static str>)>,
}

impl Walk<'_> {
    /// Keeps an answer and gives its body.
    async fn note(&mut self, what: impl Into<String>, response: Response, must_hold: &[&'static str]) -> String {
        let head = format!("{} {:?}\n", response.status(), response.headers());
        let body = response.bytes().await.unwrap();
        self.answers.push((what.into(), [head.as_bytes(), &body].concat(), must_hold.to_vec()));
        String::from_utf8_lossy(&body).into_owned()
    }

    /// The same of a request that must succeed.
    async fn done(&mut self, what: impl Into<String>, response: Response, must_hold: &[&'static str]) -> String {
        let (what, status) = (what.into(), response.status().as_u16());
        let text = self.note(what.clone(), response, must_hold).await;
        assert!(status < 400, "{what}: {status} {text}");
        text
    }

    /// Keeps the browser's cookie and the id in it under these names.
    fn cookie(&mut self, browser: &Browser<'_>, name: &str) {
        let cookie = Cookie::parse(browser.cookie.clone().unwrap()).unwrap();
        let key = Key::from(self.house.stage.portal.vault.cookie_key());
        let inside = CookieJar::new().private(&key).decrypt(cookie.clone()).unwrap();
        self.cage.add(name, cookie.value());
        self.cage.add(&format!("id in the {name}"), inside.value());
        self.cage.used(&format!("id in the {name}"));
    }

    /// Every canary in an answer that must not hold it, and every one that is not where it must be.
    fn leaks(&mut self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (what, bytes, must_hold) in &self.answers {
            let found = self.cage.found(bytes);
            for name in must_hold {
                assert!(found.iter().any(|(found, _)| found == name), "{what} does not hold the {name}");
                self.cage.used.insert((*name).to_owned());
            }
            for (name, spelling) in found.iter().filter(|(name, _)| !must_hold.contains(&name.as_str())) {
                leaks.push(format!("{name} ({spelling}) in the answer to {what}"));
            }
        }
        leaks
    }
}

fn id(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

on_both_databases!(no_secret_is_where_it_has_no_business, async |mut stage: Stage| {
    let listening = Listening::start();
    // PostgreSQL's own password: it is trusted in tests, so any will do.
    let password = "p0stgr3s-p4ssw0rd-Kw27";
    if stage.portal.db.backend() == DbBackend::Postgres {
        let url = stage.url.replace("portal@", &format!("portal:{password}@"));
        assert_ne!(url, stage.url);
        stage.portal.db = Db::connect(&url, 8).await.unwrap();
    }
    let house = House::on(stage).await;
    let mut walk = Walk { house: &house, cage: Cage::default(), answers: Vec::new() };
    if house.stage.portal.db.backend() == DbBackend::Postgres {
        walk.cage.add("password of the tests' database", password);
        walk.cage.used("password of the tests' database");
    }
    measured(&mut walk).await;
    walk.answers.clear();
    keys(&mut walk);
    life(&mut walk).await;
    settings(&mut walk).await;
    measured(&mut walk).await;
    assert!(walk.answers.iter().any(|(_, bytes, _)| text(bytes).contains("portal_http_requests_total")));
    assert!(walk.answers.len() > 200, "{} answers", walk.answers.len());

    let mut leaks = walk.leaks();
    let cage = &walk.cage;
    assert!(cage.canaries.len() >= 20, "{:?}", cage.canaries.keys());
    let log = listening.heard();
    assert!(text(&log).contains("request{id=req_") && log.len() > 100_000, "Portal's own spans are heard");
    let mut places = vec![("the log".to_owned(), log)];
    if house.stage.portal.db.backend() == DbBackend::Sqlite {
        for file in ["portal.db", "portal.db-wal"] {
            places.push((file.to_owned(), std::fs::read(house.stage.folder.join(file)).unwrap()));
        }
        assert!(places[1..].iter().any(|(_, bytes)| text(bytes).contains("Team of canaries")), "these are the files");
    }
    let (_, backup) = backend::backup::write(&house.stage.portal, Vec::new()).await.unwrap();
    places.push(("a backup".to_owned(), backup));
    let rows = dump(&house, None, &[]).await;
    places.push(("the rows of all tables".to_owned(), format!("{rows:?}").into_bytes()));
    for mail in std::fs::read_dir(house.stage.folder.join("mail")).unwrap() {
        let path = mail.unwrap().path();
        places.push((format!("mail {}", path.display()), std::fs::read(path).unwrap()));
    }
    for (place, bytes) in &places {
        let carries_code = |name: &str| place.starts_with("mail ") && ["sign-in code", "confirmation code"].contains(&name);
        let found = cage.found(bytes).into_iter().filter(|(name, _)| !carries_code(name));
        leaks.extend(found.map(|(name, spelling)| format!("{name} ({spelling}) in {place}")));
    }
    leaks.sort();
    leaks.dedup();
    assert_eq!(leaks, [""; 0]);
    assert_eq!(cage.unused(), [""; 0], "these prove nothing");
});
