//! What stands behind the promises: how it stands follows from what is there, and it leaves as a file.

use std::{collections::BTreeSet, fs, path::Path};

use backend::{
    connections, incidents, jobs,
    promises::{Finding, look},
};
use chrono::Duration;
use model::{
    Environments, Role,
    audit::Action,
    promise::{Promise, Standing},
};
use reqwest::{StatusCode, header};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::{
    browser::Browser,
    house::{Furnished, House},
    on_both_databases,
    support::Stage,
};

async fn found(of: &Furnished, promise: Promise) -> Finding {
    let promises = look(&of.owner, &of.scope).await.unwrap();
    promises.findings.into_iter().find(|(one, _)| *one == promise).unwrap().1
}

const TO_DO: Standing = Standing::Attention;

/// Leaves a result as `make scan` and `make test` do.
fn leave(house: &House, name: &str, text: &str) {
    let folder = &house.stage.portal.settings.proofs_dir;
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

/// Every test of the Rust sources that is not left out: by its mark, or by `on_both_databases!`.
fn tests_under(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_under(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let word = |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap().to_owned();
            let mut marked = false;
            for line in fs::read_to_string(&path).unwrap().lines().map(str::trim) {
                match line {
                    _ if line.starts_with("#[test]") || line.starts_with("#[tokio::test") => marked = true,
                    _ if line.starts_with("#[ignore") => marked = false,
                    _ if line.starts_with("on_both_databases!(") => {
                        found.extend(Some(word(&line["on_both_databases!(".len()..])))
                    }
                    _ if line.contains("fn ") => {
                        found.extend(marked.then(|| word(line.split("fn ").nth(1).unwrap())));
                        marked = false;
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn every_test_that_a_promise_names_exists() {
    let mut known = BTreeSet::new();
    for folder in ["tests", "src", "backend", "../app"] {
        tests_under(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut known);
    }
    for promise in Promise::ALL {
        assert!(!promise.tests().is_empty(), "{promise:?}");
        for test in promise.tests() {
            assert!(known.contains(*test), "{promise:?} names {test}");
        }
    }
}

on_both_databases!(what_stands_behind_each_promise_follows_from_what_is_there, async |stage: Stage| {
    let house = House::on(stage).await;
    // Somebody else operates the installation.
    house.stage.person("operator").await;
    let ada = house.furnished("ada").await;
    let standing = async |promise| found(&ada, promise).await.standing;
    for promise in [Promise::Sealed, Promise::Disconnect, Promise::UnusedAccounts, Promise::KeysEnd] {
        assert_eq!(standing(promise).await, Standing::Holds, "{promise:?}");
    }
    assert_eq!((standing(Promise::Scanned).await, standing(Promise::PointOfContact).await), (TO_DO, TO_DO));
    let owner = house.stage.stepped_up(&ada.owner);
    let address: model::EmailAddress = "sec@example.com".parse().unwrap();
    incidents::set_contact(&owner, &ada.scope, "Ada", address.clone(), "", address).await.unwrap();
    assert_eq!(standing(Promise::PointOfContact).await, Standing::Holds);
    connections::disconnect(&owner, &ada.scope, ada.connection, "Shop").await.unwrap();
    let disconnected = found(&ada, Promise::Disconnect).await;
    assert!(disconnected.standing == Standing::Holds && disconnected.says.starts_with("1 disconnected"), "{disconnected:?}");
    // A secret that somebody put there past the vault is found.
    let db = house.stage.portal.db.reader();
    let clear = match db.get_database_backend() {
        DbBackend::Sqlite => "UPDATE lwa_app SET secret = CAST('in clear' AS BLOB)",
        _ => "UPDATE lwa_app SET secret = 'in clear'::bytea",
    };
    db.execute_unprepared(clear).await.unwrap();
    assert_eq!(standing(Promise::Sealed).await, Standing::Broken);
    // So is a log that does not hold, until an operator has answered the alert.
    house.sequence().await.run().await.unwrap();
    assert_eq!(standing(Promise::Unchangeable).await, TO_DO, "no witness looks at it");
    let alert = "UPDATE alert SET rule = 'log_damaged', team_id = NULL";
    house.an_alert(Some(ada.team)).await;
    db.execute_unprepared(alert).await.unwrap();
    assert_eq!(standing(Promise::Unchangeable).await, Standing::Broken);
    // Where no Review was opened, none was signed.
    house.stage.advance(Duration::days(60));
    assert_eq!((standing(Promise::UnusedAccounts).await, standing(Promise::KeysEnd).await), (TO_DO, TO_DO));
    assert_eq!(standing(Promise::LookedThrough).await, Standing::Broken);
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    house.stage.advance(Duration::days(4));
    assert_eq!(standing(Promise::LookedThrough).await, TO_DO);
    house.stage.advance(Duration::days(50));
    assert_eq!(standing(Promise::AccessReviewed).await, Standing::Broken);
});

on_both_databases!(nothing_is_said_of_what_nobody_looked_at, async |stage: Stage| {
    let house = House::on(stage).await;
    let operator = house.furnished("operator").await;
    let ada = house.furnished("ada").await;
    let (now, secret) = (house.stage.portal.clock.now(), Promise::NoSecretInBrowsers);
    let tests = found(&ada, secret).await;
    assert_eq!((tests.standing, tests.at), (TO_DO, None));
    let suite = async |days: i64, finished: bool, passed: u64, failed: u64| {
        let at = (now - Duration::days(days)).to_rfc3339();
        let text =
            format!(r#"{{"at": "{at}", "commit": "abc", "finished": {finished}, "passed": {passed}, "failed": {failed}}}"#);
        leave(&house, "tests.json", &text);
        found(&ada, secret).await.standing
    };
    assert_eq!(suite(0, true, 900, 0).await, Standing::Holds);
    assert_eq!(suite(0, true, 899, 1).await, Standing::Broken);
    for (days, finished, passed) in [(92, true, 900), (0, false, 900), (0, true, 0)] {
        assert_eq!(suite(days, finished, passed, 0).await, TO_DO);
    }
    leave(&house, "scan.json", "{");
    assert!(found(&ada, Promise::Scanned).await.says.contains("cannot be read"));
    let checks = ["advisories", "bans", "licenses", "npm", "sources"];
    let list = |value: &str| checks.map(|check| format!(r#""{check}": "{value}""#)).join(", ");
    let scan = |commit: &str| {
        let (passed, at) = (list("passed"), list(&now.to_rfc3339()));
        let at_now = now.to_rfc3339();
        format!(
            r#"{{"at": "{at_now}", "commit": "{commit}", "checks": {{{passed}}}, "passed_at": {{{at}}}, "components": {{"server": 597}}}}"#
        )
    };
    leave(&house, "scan.json", &scan("abc"));
    let (theirs, own) = (found(&ada, Promise::Scanned).await, found(&operator, Promise::Scanned).await);
    assert_eq!((theirs.standing, own.standing), (Standing::Holds, Standing::Holds));
    // Where a weakness may be is not every Team's to know.
    assert!(own.says.contains("597 components, commit abc") && !theirs.says.contains("abc"), "{theirs:?} {own:?}");
    assert!(theirs.says.starts_with("Passed: advisories, bans"), "{theirs:?}");
    leave(&house, "scan.json", &scan("abc").replace(r#""bans": "passed""#, r#""bans": "failed""#));
    let (theirs, own) = (found(&ada, Promise::Scanned).await, found(&operator, Promise::Scanned).await);
    assert_eq!((theirs.standing, own.standing), (Standing::Broken, Standing::Broken));
    assert!(own.says.contains("bans") && theirs.says.contains("found something") && !theirs.says.contains("bans"));
});

/// A part of `make scan`, run here.
fn scan_result(words: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/scan_result.py");
    let done = std::process::Command::new("python3").arg(script).args(words).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

on_both_databases!(what_a_scan_writes_is_what_the_page_reads, async |stage: Stage| {
    let mut house = House::on(stage).await;
    house.stage.portal.clock = backend::Clock::system();
    let ada = house.furnished("ada").await;
    let out = house.stage.portal.settings.proofs_dir.clone();
    let path = |name: &str| out.join(name).display().to_string();
    for bill in ["server.cdx.json", "frontend.cdx.json"] {
        leave(&house, bill, r#"{"components": [{}, {}]}"#);
    }
    // npm answers with a report, with why there is none, or with nothing.
    for (report, verdict) in [
        (r#"{"auditReportVersion": 2, "metadata": {"vulnerabilities": {"total": 0}}}"#, "passed"),
        (r#"{"auditReportVersion": 2, "metadata": {"vulnerabilities": {"total": 3}}}"#, "failed"),
        (r#"{"auditReportVersion": 2}"#, "unreachable"),
        (r#"{"error": {"summary": "no network"}}"#, "unreachable"),
        ("", "unreachable"),
    ] {
        leave(&house, "npm.json", report);
        assert_eq!(scan_result(&["npm", &path("npm.json")]), verdict, "{report}");
    }
    // Of several folders the worst counts.
    for (other, verdict) in
        [("{}", "unreachable"), (r#"{"auditReportVersion": 2, "metadata": {"vulnerabilities": {"total": 1}}}"#, "failed")]
    {
        leave(&house, "npm.json", r#"{"auditReportVersion": 2, "metadata": {"vulnerabilities": {"total": 0}}}"#);
        leave(&house, "npm-other.json", other);
        assert_eq!(scan_result(&["npm", &path("npm.json"), &path("npm-other.json")]), verdict);
    }
    let scanned = async |advisories: &str, before: &str| {
        let verdicts = format!("licenses passed\nbans passed\nsources passed\nadvisories {advisories}\nnpm passed\n");
        leave(&house, "verdicts", &verdicts);
        scan_result(&["write", &path(""), &path("verdicts"), "abc", before]);
        (found(&ada, Promise::Scanned).await, fs::read_to_string(path("scan.json")).unwrap())
    };
    let (never, _) = scanned("unreachable", "{}").await;
    assert!(never.standing == TO_DO && never.says.contains("advisories"), "{never:?}");
    let (passed, text) = scanned("passed", "{}").await;
    assert!(passed.standing == Standing::Holds && passed.says.contains("4 components"), "{passed:?}");
    // What could not be reached stands on when it passed last, and says so.
    let (carried, _) = scanned("unreachable", &text).await;
    assert!(carried.standing == Standing::Holds && carried.says.contains("Could not be reached"), "{carried:?}");
    assert_eq!(scanned("failed", &text).await.0.standing, Standing::Broken);
});

on_both_databases!(the_promises_leave_as_a_file_for_those_who_may_read_the_log, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.member(&ada, "oscar", Role::Operator, Environments::BOTH).await;
    let page = format!("/teams/{}/promises", ada.team);
    let take =
        async |browser: &mut Browser<'_>, format| browser.take(&format!("{page}/export"), &[("format", format)]).await;
    // Without a fresh proof the page is shown again, and asks for it.
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let asked = take(&mut browser, "text").await;
    assert_eq!(asked.status(), StatusCode::SEE_OTHER);
    assert_eq!(asked.headers()[header::LOCATION], page.as_str());
    assert!(house.stage.events(&ada.scope, Action::PromisesExported).await.is_empty());
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let text = take(&mut browser, "text").await.text().await.unwrap();
    let lines = take(&mut browser, "csv").await.text().await.unwrap();
    for promise in Promise::ALL {
        assert!(text.contains(promise.text()) && lines.contains(promise.as_str()), "{promise:?}");
    }
    assert_eq!(take(&mut browser, "pdf").await.status(), 422);
    assert_eq!(house.stage.events(&ada.scope, Action::PromisesExported).await.len(), 2);
    for (who, status) in [("oscar@example.com", 403), ("eve@example.com", 404)] {
        let mut other = Browser::confirmed(&house, who).await;
        assert_eq!(take(&mut other, "text").await.status(), status, "{who}");
    }
    assert_eq!(house.stage.events(&ada.scope, Action::PromisesExported).await.len(), 2);
});
