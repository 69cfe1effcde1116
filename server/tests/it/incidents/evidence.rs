use backend::{
    incidents::{self, IncidentError, order},
    store::evidence::Evidence,
};
use chrono::Duration;
use model::{
    alert::Rule,
    incident::{CustodyAct, EvidenceKind, MeasureKind, MeasureState, State},
};
use reqwest::{Method, header};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Case, report};
use crate::{browser::Browser, on_both_databases, support::Stage};

impl Case {
    async fn pieces(&self) -> Vec<Evidence> {
        let owner = &self.of.owner;
        incidents::locker(owner, &self.scope(owner).await).await.unwrap().into_iter().map(|(piece, _)| piece).collect()
    }

    async fn sql(&self, text: &str) -> Result<(), sea_orm::DbErr> {
        self.house.stage.portal.db.reader().execute_unprepared(text).await.map(drop)
    }
}

on_both_databases!(what_there_was_is_taken_in_before_it_is_destroyed, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (owner, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    assert_eq!(case.house.issue(&case.of, serde_json::json!({})).await.0, 200);
    order(owner, &scope, MeasureKind::LockKey, case.of.key.0).await.unwrap();
    assert!(case.pieces().await.is_empty(), "a lock destroys nothing");
    // What cannot be kept is not destroyed.
    case.sql("ALTER TABLE evidence RENAME TO elsewhere").await.unwrap();
    order(owner, &scope, MeasureKind::RevokeKey, case.of.key.0).await.unwrap();
    case.sql("ALTER TABLE elsewhere RENAME TO evidence").await.unwrap();
    let failed = incidents::measures(owner, &scope).await.unwrap().pop().unwrap();
    assert_eq!((failed.kind, failed.state), (MeasureKind::RevokeKey, MeasureState::Failed), "it stays to be seen");
    let keys = backend::gateways::keys(owner, &case.of.scope, case.of.gateway).await.unwrap();
    assert!(keys[0].revoked_at.is_none());

    case.house.sequence().await;
    incidents::retry(owner, &scope, failed.id).await.unwrap();
    let kinds: Vec<_> = case.pieces().await.iter().map(|piece| piece.kind).collect();
    assert_eq!(kinds, [EvidenceKind::Snapshot, EvidenceKind::Log]);
    let confirmed = case.house.stage.stepped_up(owner);
    let (_, stood) = incidents::copy_evidence(&confirmed, &scope, case.pieces().await[0].id).await.unwrap();
    let stood: serde_json::Value = serde_json::from_slice(&stood).unwrap();
    assert_eq!(stood["gateway_keys"][0]["revoked_at"], serde_json::Value::Null, "as it was before");
    assert_eq!(stood["leases"].as_array().unwrap().len(), 1);
    assert!(!stood["members"][0]["sessions"].as_array().unwrap().is_empty());
    assert!(stood["members"][0]["sessions"][0]["address"].is_string() && stood["members"][0]["environments"].is_object());
    let gateway = &stood["gateways"][0];
    assert!(gateway["scopes"].is_string() && gateway["networks"].is_string(), "{gateway}");
    assert_eq!(gateway["connections"].as_array().unwrap().len(), 1);
    assert!(stood["invitations"].is_array());
    let text = stood.to_string();
    assert!(!text.contains(&case.of.secret) && !text.contains("Atz"), "{text}");
    // The log is kept from now on.
    let holds = backend::audit::retention(owner, &case.of.scope).await.unwrap().holds;
    assert!(holds.len() == 1 && holds[0].lifted.is_none() && holds[0].reason.contains("INC-"), "{holds:?}");
});

on_both_databases!(of_a_restricted_incident_the_log_says_nothing, async |stage: Stage| {
    let case = Case::on(stage).await;
    let new = report(model::incident::Kind::Other, true);
    let id = incidents::report(&case.of.owner, &case.of.scope, new).await.unwrap();
    let scope = incidents::enter(&case.of.owner, &case.of.scope, id).await.unwrap();
    incidents::take_evidence(&case.of.owner, &scope).await.unwrap();
    assert!(backend::audit::retention(&case.of.owner, &case.of.scope).await.unwrap().holds.is_empty());
});

on_both_databases!(evidence_is_written_once, async |stage: Stage| {
    let case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    incidents::take_file(&case.of.owner, &scope, "a.txt", "text/plain", b"abc".to_vec()).await.unwrap();
    for statement in [
        "UPDATE evidence SET name = 'b.txt'",
        "DELETE FROM evidence",
        "UPDATE custody SET by_name = 'somebody'",
        "DELETE FROM custody",
    ] {
        let refused = case.sql(statement).await.unwrap_err().to_string();
        assert!(refused.contains("is written once"), "{statement}: {refused}");
    }
    for bad in ["", "/", "\u{1}"] {
        let refused = incidents::take_file(&case.of.owner, &scope, bad, "text/plain", b"abc".to_vec()).await;
        assert!(matches!(refused, Err(IncidentError::Missing("file"))), "{bad:?}");
    }
    // By hand, a few times an hour.
    for _ in 0..6 {
        incidents::take_evidence(&case.of.owner, &scope).await.unwrap();
    }
    assert!(matches!(incidents::take_evidence(&case.of.owner, &scope).await, Err(IncidentError::TooMany(_))));
    let empty = incidents::take_file(&case.of.owner, &scope, "a.txt", "text/plain", Vec::new()).await;
    assert!(matches!(empty, Err(IncidentError::Missing("file"))));
});

/// Changes one byte of a column, as the owner of the database.
async fn flip(case: &Case, column: &str, n: usize) {
    let db = case.house.stage.portal.db.reader();
    let backend = db.get_database_backend();
    let read = Statement::from_string(backend, format!("SELECT {column} AS bytes FROM evidence"));
    let row = db.query_one_raw(read).await.unwrap().unwrap();
    let mut bytes: Vec<u8> = row.try_get("", "bytes").unwrap();
    let place = (n * 7919) % bytes.len();
    bytes[place] ^= 1 << (n % 8);
    let write = Statement::from_sql_and_values(backend, format!("UPDATE evidence SET {column} = $1"), [bytes.into()]);
    db.execute_raw(write).await.unwrap();
}

on_both_databases!(a_hundred_flipped_bytes_are_found, async |stage: Stage| {
    let case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    let content: Vec<u8> = (0..2000u32).map(|n| (n * 31 % 251) as u8).collect();
    incidents::take_file(&case.of.owner, &scope, "a.bin", "application/x-test", content).await.unwrap();
    let postgres = case.house.stage.portal.db.backend() == DbBackend::Postgres;
    case.drop_guards().await;
    let last = async || {
        case.house.stage.advance(Duration::hours(25));
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
        let locker = incidents::locker(&case.of.owner, &scope).await.unwrap();
        locker[0].1.last().unwrap().act
    };
    assert_eq!(last().await, CustodyAct::Checked);
    let mut found = 0;
    for n in 0..100 {
        let column = if n % 10 == 9 { "sha256" } else { "content" };
        flip(&case, column, n).await;
        found += u32::from(last().await == CustodyAct::Damaged);
        flip(&case, column, n).await;
        assert_eq!(last().await, CustodyAct::Checked, "as it was again");
    }
    // And what is written beside it: also what no longer reads as anything.
    let nobody = if postgres { "'00000000-0000-0000-0000-000000000001'" } else { "x'00000000000000000000000000000001'" };
    let event = case.pieces().await[0].event.0;
    let event = if postgres { format!("'{event}'") } else { format!("x'{}'", event.simple()) };
    for (change, back) in [
        ("size = 1".to_owned(), "size = 2000".to_owned()),
        ("name = 'b.bin'".to_owned(), "name = 'a.bin'".to_owned()),
        ("kind = 'log'".to_owned(), "kind = 'file'".to_owned()),
        ("media = 'text/plain'".to_owned(), "media = 'application/x-test'".to_owned()),
        ("taken_name = 'eve'".to_owned(), "taken_name = 'ada@example.com'".to_owned()),
        (format!("event_id = {nobody}"), format!("event_id = {event}")),
        ("kind = 'x'".to_owned(), "kind = 'file'".to_owned()),
    ] {
        case.sql(&format!("UPDATE evidence SET {change}")).await.unwrap();
        case.house.stage.advance(Duration::hours(25));
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
        case.sql(&format!("UPDATE evidence SET {back}")).await.unwrap();
        let locker = incidents::locker(&case.of.owner, &scope).await.unwrap();
        assert_eq!(locker[0].1.last().unwrap().act, CustodyAct::Damaged, "{change}");
        assert_eq!(last().await, CustodyAct::Checked, "as it was again");
    }
    println!("100 flipped bytes, {found} found");
    assert_eq!(found, 100);
    flip(&case, "content", 3).await;
    let confirmed = case.house.stage.stepped_up(&case.of.owner);
    let damaged = incidents::copy_evidence(&confirmed, &scope, case.pieces().await[0].id).await;
    assert!(matches!(damaged, Err(IncidentError::Damaged)), "what is damaged is not given out as evidence");
    assert_eq!(case.damaged().await, 2, "the piece, and the event that named another one");
});

impl Case {
    /// What the operators were told.
    async fn damaged(&self) -> usize {
        let alerts = backend::alerts::list_of_installation(&self.of.owner).await.unwrap().open;
        alerts.into_iter().filter(|alert| alert.rule == Rule::EvidenceDamaged).count()
    }

    /// As whoever owns the database can.
    async fn drop_guards(&self) {
        let postgres = self.house.stage.portal.db.backend() == DbBackend::Postgres;
        let guards: &[&str] = if postgres {
            &["evidence_no_change ON evidence", "custody_no_change ON custody"]
        } else {
            &["evidence_no_update", "evidence_no_delete", "custody_no_update", "custody_no_delete"]
        };
        for guard in guards {
            self.sql(&format!("DROP TRIGGER {guard}")).await.unwrap();
        }
    }
}

on_both_databases!(a_piece_that_is_gone_is_missed, async |stage: Stage| {
    let case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    incidents::take_file(&case.of.owner, &scope, "a.txt", "text/plain", b"abc".to_vec()).await.unwrap();
    case.drop_guards().await;
    // A look in the future is none.
    case.sql("UPDATE custody SET at = '2099-01-01 00:00:00+00:00'").await.unwrap();
    case.house.stage.advance(Duration::hours(25));
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    let (_, custody) = incidents::locker(&case.of.owner, &scope).await.unwrap().remove(0);
    assert!(custody.iter().any(|one| one.act == CustodyAct::Checked), "{custody:?}");
    assert_eq!(case.damaged().await, 0);
    case.sql("DELETE FROM custody").await.unwrap();
    case.sql("DELETE FROM evidence").await.unwrap();
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    assert_eq!(case.damaged().await, 1, "the log speaks of it");
});

on_both_databases!(nobody_writes_that_a_piece_was_looked_at_and_keeps_it_from_being, async |stage: Stage| {
    let case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    incidents::take_file(&case.of.owner, &scope, "a.txt", "text/plain", b"abc".to_vec()).await.unwrap();
    case.drop_guards().await;
    flip(&case, "content", 1).await;
    let mut hours = 0;
    while case.damaged().await == 0 && hours < 30 {
        // As whoever owns the database writes it: looked at just now.
        case.house.stage.advance(Duration::hours(1));
        let now = case.house.stage.portal.clock.now();
        let like = "INSERT INTO custody (id, evidence_id, team_id, act, at, by_id, by_name)
            SELECT $1, evidence_id, team_id, 'checked', $2, NULL, 'Portal' FROM custody WHERE act = 'taken'";
        let id: model::ids::EvidenceId = backend::random::id(now);
        let db = case.house.stage.portal.db.reader();
        let values = [id.0.into(), now.into()];
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), like, values)).await.unwrap();
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
        hours += 1;
    }
    assert!(hours <= 24, "{hours}");
});

on_both_databases!(a_log_that_somebody_changed_keeps_nothing_from_being_contained, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (owner, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    case.house.sequence().await;
    let drop = match case.house.stage.portal.db.backend() {
        DbBackend::Postgres => "DROP TRIGGER audit_event_no_update ON audit_event",
        _ => "DROP TRIGGER audit_event_no_update",
    };
    case.sql(drop).await.unwrap();
    case.sql("UPDATE audit_event SET reason = 'nothing' WHERE action = 'gateway.created'").await.unwrap();
    order(owner, &scope, MeasureKind::RevokeKey, case.of.key.0).await.unwrap();
    assert_eq!(incidents::measures(owner, &scope).await.unwrap()[0].state, MeasureState::Done);
    let log = case.pieces().await.pop().unwrap();
    assert!(log.kind == EvidenceKind::Log && log.name.ends_with("unproved-log.jsonl"), "{log:?}");
    case.house.approved_export(&case.of, owner, &case.bob).await;
    let confirmed = case.house.stage.stepped_up(owner);
    let (_, content) = incidents::copy_evidence(&confirmed, &scope, log.id).await.unwrap();
    let content = String::from_utf8(content).unwrap();
    assert!(content.starts_with("{\"kind\":\"portal-audit-unproved\"") && content.contains("nothing"), "{content}");
    // Nor does it keep the incident from being bound together.
    incidents::bundle(&confirmed, &scope).await.unwrap();
});

on_both_databases!(what_cannot_be_looked_at_is_not_damaged, async |stage: Stage| {
    let case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    incidents::take_file(&case.of.owner, &scope, "a.txt", "text/plain", b"abc".to_vec()).await.unwrap();
    // Without the table of data keys, a process that has not met the key opens nothing.
    let mut portal = case.house.stage.portal.clone();
    portal.vault = backend::vault::Vault::new(backend::vault::KeyFile::load(&case.house.stage.folder.join("keys")).unwrap());
    case.sql("ALTER TABLE data_key RENAME TO elsewhere").await.unwrap();
    case.house.stage.advance(Duration::hours(25));
    let _ = backend::incidents::check_evidence(&portal).await;
    case.sql("ALTER TABLE elsewhere RENAME TO data_key").await.unwrap();
    let (_, custody) = incidents::locker(&case.of.owner, &scope).await.unwrap().remove(0);
    assert_eq!(custody.iter().map(|one| one.act).collect::<Vec<_>>(), [CustodyAct::Taken]);
});

on_both_databases!(a_clock_that_runs_damages_nothing, async |stage: Stage| {
    let mut case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    case.of.owner.portal.clock = backend::Clock::system();
    incidents::take_file(&case.of.owner, &scope, "a.txt", "text/plain", b"abc".to_vec()).await.unwrap();
    let mut portal = case.house.stage.portal.clone();
    portal.clock = backend::Clock::manual(backend::Clock::system().now() + Duration::hours(25));
    incidents::check_evidence(&portal).await.unwrap();
    let (_, custody) = incidents::locker(&case.of.owner, &scope).await.unwrap().remove(0);
    assert_eq!(custody.last().unwrap().act, CustodyAct::Checked);
});

on_both_databases!(the_newest_of_a_long_log_is_taken_in, async |stage: Stage| {
    let case = Case::on(stage).await;
    let cx = case.house.stage.visitor("192.0.2.1");
    let tx = case.house.stage.portal.db.begin().await.unwrap();
    for n in 0..5200i64 {
        cx.portal.clock.advance(Duration::milliseconds(10));
        let event = backend::audit::Event::of(&case.of.scope, model::audit::Action::CredentialIssued).with("number", n);
        backend::audit::append(&*tx, &cx, event).await.unwrap();
    }
    tx.commit().await.unwrap();
    case.house.sequence().await;
    let scope = case.scope(&case.of.owner).await;
    incidents::take_evidence(&case.of.owner, &scope).await.unwrap();
    let mut logs = Vec::new();
    case.house.approved_export(&case.of, &case.of.owner, &case.bob).await;
    for piece in case.pieces().await.into_iter().filter(|piece| piece.kind == EvidenceKind::Log) {
        let confirmed = case.house.stage.stepped_up(&case.of.owner);
        let (piece, bytes) = incidents::copy_evidence(&confirmed, &scope, piece.id).await.unwrap();
        logs.push((piece.name, String::from_utf8(bytes).unwrap()));
    }
    assert_eq!(logs.len(), 2);
    assert!(logs[0].1.contains(":5199}") && !logs[0].1.contains(":100}"), "the newest");
    assert!(logs[1].0.ends_with("log-without-credentials.jsonl") && logs[1].1.contains("incident.reported"));
    assert!(!logs[1].1.contains("credential.issued"));
});

/// A form with a file, as browsers send it.
pub(super) async fn send(browser: &mut Browser<'_>, path: &str, name: &str, content: &[u8]) -> (u16, String) {
    let head = format!(
        "--x7\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
    );
    let body = [head.as_bytes(), content, b"\r\n--x7--\r\n"].concat();
    let request = browser.request(Method::POST, path).header("Sec-Fetch-Site", "same-origin").body(body);
    let response = browser.send(request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x7")).await;
    let to = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().rsplit('/').next().unwrap().to_owned());
    (response.status().as_u16(), to.unwrap_or_default())
}

on_both_databases!(a_file_comes_in_and_leaves_as_bytes, async |stage: Stage| {
    let case = Case::on(stage).await;
    let path = format!("/teams/{}/incidents/{}/evidence", case.of.team, case.id);
    let mut ada = Browser::signed_in_later(&case.house, "ada@example.com").await;
    let page = b"<script>alert(1)</script>";
    assert_eq!(send(&mut ada, &path, "..\\a b.html", page).await, (303, "evidence".to_owned()));
    for (name, content, word) in
        [("", &b"x"[..], "missing"), ("a.txt", &b""[..], "missing"), ("a.bin", &vec![7; (10 << 20) + 1], "too-large")]
    {
        assert_eq!(send(&mut ada, &path, name, content).await, (303, format!("evidence?refused={word}")), "{name:?}");
    }
    let text = ada.get(&format!("{path}?refused=too-large")).await.text().await.unwrap();
    assert!(text.contains("larger than 10 MiB") && text.contains("a b.html") && text.contains("text/html"), "{text}");
    let piece = case.pieces().await.remove(0);
    assert_eq!((piece.name.as_str(), piece.size), ("a b.html", 25));
    let copy = format!("{path}/{}", piece.id);
    let ask = |browser: &Browser<'_>| browser.request(Method::POST, &copy).header("Sec-Fetch-Site", "same-origin");
    // Without a fresh proof it leads to the page that asks for one.
    let asked = ada.send(ask(&ada)).await;
    assert_eq!((asked.status().as_u16(), asked.headers()[header::LOCATION].to_str().unwrap()), (303, path.as_str()));
    case.house.stage.advance(Duration::seconds(61));
    ada.step_up("ada@example.com").await;
    let file = ada.send(ask(&ada)).await;
    assert_eq!(file.headers()[header::CONTENT_TYPE], "application/octet-stream");
    assert_eq!(file.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"a b.html\"");
    assert_eq!(file.headers()["x-content-type-options"], "nosniff");
    assert_eq!(&file.bytes().await.unwrap()[..], page);
    let (_, custody) = incidents::locker(&case.of.owner, &case.scope(&case.of.owner).await).await.unwrap().remove(0);
    let acts: Vec<_> = custody.iter().map(|one| (one.act, one.name.as_str())).collect();
    assert_eq!(acts, [(CustodyAct::Taken, "ada@example.com"), (CustodyAct::Copied, "ada@example.com")]);
    // Another site, another Team, nobody.
    let foreign = ada.request(Method::POST, &copy).header("Sec-Fetch-Site", "cross-site");
    assert_eq!(ada.send(foreign).await.status(), 403);
    case.house.furnished("eve").await;
    let mut eve = Browser::confirmed(&case.house, "eve@example.com").await;
    assert_eq!(eve.send(ask(&eve)).await.status(), 404);
    assert_eq!(send(&mut eve, &path, "a.txt", b"x").await.0, 404);
    let mut nobody = Browser::new(&case.house);
    assert_eq!(nobody.send(ask(&nobody)).await.status(), 401);
    assert_eq!(case.pieces().await.len(), 1);
    assert_eq!(case.scope(&case.of.owner).await.incident().progress.state, State::Reported);
});
