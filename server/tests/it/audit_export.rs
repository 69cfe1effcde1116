//! What leaves the log can be checked by somebody who has nothing but the file and the log's public key (C5, C6, C10).

use backend::{
    Cx,
    audit::{
        CheckpointKey,
        export::{Disbelief, End, Header, Proved, Which, check},
        proof::{Step, Tiles, record},
        read_note,
    },
    store::audit_tree,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::audit_export::{Format, write};
use tlog_tiles::{Hash, node_hash, record_hash};

use crate::{
    house::{Furnished, House},
    on_both_databases,
    support::Stage,
};

async fn exported(house: &House, which: Which, size: Option<u64>, format: Format) -> String {
    let cx = Cx::system(&house.stage.portal, "command line");
    let mut out = Vec::new();
    write(&cx, which, size, format, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

fn of(team: &Furnished) -> Which {
    Which { team: Some(team.team), ..Which::default() }
}

on_both_databases!(an_export_is_proved_by_its_lines_and_the_public_key_alone, async |stage: Stage| {
    let house = House::on(stage).await;
    let (ada, bob) = (house.furnished("ada").await, house.furnished("bob").await);
    for team in [&ada, &bob, &ada] {
        house.issue(team, json!({ "purpose": "=HYPERLINK(\"http://evil\")" })).await;
    }
    let sequencer = house.sequence().await;
    let verifier = sequencer.key.verifier();
    let whole = exported(&house, Which::default(), None, Format::Jsonl).await;
    let checked = check(whole.as_bytes(), verifier).unwrap();
    let (all, head) = (checked.events, checked.head);
    assert_eq!((all, all, checked.complete), (head.size, whole.lines().count() as u64 - 2, true));

    let mine = exported(&house, of(&ada), None, Format::Jsonl).await;
    let part = check(mine.as_bytes(), verifier).unwrap();
    let some = part.events;
    assert!(some > 5 && some < all && !part.complete, "{some} of {all}");
    let lines: Vec<&str> = mine.lines().collect();
    assert!(lines[1..lines.len() - 1].iter().all(|line| line.contains(&ada.team.to_string())));
    assert!(!mine.contains(&bob.team.to_string()) && !mine.contains(&ada.secret));

    // Any change shows: in an event, in a proof, in the head, in the order, in the key, at the end.
    let refusal = |lines: &[&str], verifier: &str| check(lines.join("\n").as_bytes(), verifier).unwrap_err().to_string();
    let stranger = CheckpointKey::generate("portal.example/audit");
    assert_eq!(refusal(&lines, stranger.verifier()), Disbelief::NotSigned.to_string());
    let first: Proved = serde_json::from_str(lines[1]).unwrap();
    let altered = Proved { leaf: first.leaf.replace("ada", "eve"), ..first.clone() };
    let moved = Proved { index: first.index + 1, ..first.clone() };
    for changed in [altered, moved] {
        let line = serde_json::to_string(&changed).unwrap();
        let expected = Disbelief::NotProved { line: 2, index: changed.index };
        assert_eq!(refusal(&[lines[0], &line], verifier), expected.to_string());
    }
    assert_eq!(refusal(&[lines[0], lines[2], lines[1]], verifier), Disbelief::Order(3).to_string());
    let header: Header = serde_json::from_str(lines[0]).unwrap();
    let signed = header.checkpoint.replacen(&head.size.to_string(), "99", 1);
    let forged = Header { checkpoint: signed, ..header.clone() };
    assert_eq!(refusal(&[&serde_json::to_string(&forged).unwrap()], verifier), Disbelief::NotSigned.to_string());
    let end = lines.len() - 1;
    assert_eq!(refusal(&lines[..end], verifier), Disbelief::Cut.to_string(), "the end is missing");
    let without: Vec<_> = lines.iter().enumerate().filter(|(n, _)| *n != 2).map(|(_, line)| *line).collect();
    assert_eq!(refusal(&without, verifier), Disbelief::Cut.to_string(), "a line is missing");
    // Under another Team's name, and as if it were all there is.
    for team in [Some(bob.team.to_string()), None] {
        let other = serde_json::to_string(&Header { team: team.clone(), ..header.clone() }).unwrap();
        let lines = [&[&*other], &lines[1..]].concat();
        let expected = if team.is_some() { Disbelief::Elsewhere(2) } else { Disbelief::Missing };
        assert_eq!(refusal(&lines, verifier), expected.to_string());
    }
    // A line without end is not read to it.
    assert_eq!(refusal(&[&"x".repeat(1 << 20)], verifier), Disbelief::Line(1).to_string());

    // That it was taken away is in the log too.
    house.stage.advance(Duration::minutes(1));
    sequencer.run().await.unwrap();
    let later = exported(&house, Which::default(), None, Format::Jsonl).await;
    assert_eq!(later.matches("log.exported").count(), 2);
});

on_both_databases!(the_same_range_gives_the_same_bytes_after_a_thousand_more, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let sequencer = house.sequence().await;
    let db = house.stage.portal.db.reader();
    let size = audit_tree::newest_checkpoint(db).await.unwrap().unwrap().size;
    let before = exported(&house, of(&ada), Some(size), Format::Jsonl).await;
    let tx = house.stage.portal.db.begin().await.unwrap();
    for _ in 0..1000 {
        use backend::audit::{Event, append};
        append(&*tx, &ada.owner, Event::of(&ada.scope, model::audit::Action::TeamRenamed)).await.unwrap();
    }
    tx.commit().await.unwrap();
    house.stage.advance(Duration::minutes(1));
    sequencer.run().await.unwrap();
    assert_eq!(exported(&house, of(&ada), Some(size), Format::Jsonl).await, before);
    let newest = exported(&house, of(&ada), None, Format::Jsonl).await;
    assert!(check(newest.as_bytes(), sequencer.key.verifier()).unwrap().events > 1000);
    let count =
        db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), "SELECT COUNT(*) AS n FROM audit_leaf"));
    assert!(count.await.unwrap().unwrap().try_get::<i64>("", "n").unwrap() > 1000);
});

on_both_databases!(a_spreadsheet_meets_no_formula_and_a_siem_every_field_that_it_needs, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let scope = backend::access::enter(&ada.owner, ada.team, model::Permission::ManageTeam).await.unwrap();
    backend::teams::rename(&ada.owner, &scope, &"=1+cmd|' /C calc'!A0".parse().unwrap()).await.unwrap();
    house.sequence().await;
    let csv = exported(&house, Which::default(), None, Format::Csv).await;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(&reader.headers().unwrap()[0], "index");
    let mut quoted = 0;
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            quoted += usize::from(cell.starts_with("'="));
        }
    }
    assert!(quoted > 0, "the name is there, as text");
    let ocsf = exported(&house, Which::default(), None, Format::Ocsf).await;
    for line in ocsf.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        for field in [
            "activity_id",
            "category_uid",
            "class_uid",
            "metadata",
            "severity_id",
            "time",
            "type_uid",
            "actor",
            "api",
            "src_endpoint",
        ] {
            assert!(!event[field].is_null(), "{field}: {line}");
        }
        assert_eq!(event["type_uid"].as_u64(), Some(600_300 + event["activity_id"].as_u64().unwrap()));
    }
});

/// Ten million leaves that are all alike: every whole subtree of a height has the same hash, so no tree need be built.
#[test]
fn the_proof_of_one_event_among_ten_million_has_four_kilobytes() {
    let size = 10_000_000u64;
    let event = format!(r#"{{"v":1,"id":"evt_{0}","team":"team_{0}","details":"{1}"}}"#, "0".repeat(32), "x".repeat(900));
    let mut of_level = vec![record_hash(event.as_bytes())];
    for level in 0..32 {
        of_level.push(node_hash(of_level[level], of_level[level]));
    }
    let tile = |tile: &tlog_tiles::Tile| of_level[usize::from(tile.level()) * 8].0.repeat(tile.width() as usize);
    struct Alike<'a>(&'a [Hash]);
    impl tlog_tiles::HashReader for Alike<'_> {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|index| self.0[usize::from(tlog_tiles::split_stored_hash_index(*index).0)]).collect())
        }
    }
    let root = tlog_tiles::tree_hash(size, &Alike(&of_level)).unwrap();
    let key = CheckpointKey::generate("portal.example/audit");
    let checkpoint = key.sign(size, root, model::Time::UNIX_EPOCH).unwrap();
    let head = read_note(&checkpoint, key.verifier()).unwrap();
    for index in [0, 123_456, size - 1] {
        let mut tiles = Tiles::default();
        let proof = loop {
            match record(&head, index, &tiles).unwrap() {
                Step::Done(proof) => break proof,
                Step::Fetch(lacking) => lacking.iter().for_each(|one| tiles.add(*one, tile(one))),
            }
        };
        let proof = proof.iter().map(|hash| STANDARD.encode(hash.0)).collect();
        let header = Header {
            kind: "portal-audit-export".to_owned(),
            v: 1,
            team: None,
            from: None,
            until: None,
            event: Some(format!("evt_{}", "0".repeat(32))),
            filter: None,
            checkpoint: checkpoint.clone(),
            horizon: None,
        };
        let lines = [
            serde_json::to_string(&header).unwrap(),
            serde_json::to_string(&Proved { index, leaf: event.clone(), proof }).unwrap(),
            serde_json::to_string(&End { events: 1 }).unwrap(),
        ];
        let file = lines.join("\n");
        assert!(file.len() <= 4096, "{} bytes", file.len());
        assert_eq!(check(file.as_bytes(), key.verifier()).unwrap().events, 1);
    }
}

on_both_databases!(the_proof_of_one_event_is_a_file_for_those_who_may_read_the_log, async |stage: Stage| {
    use crate::{browser::Browser, registry::Things};
    use model::{Environments, Role};
    let house = House::on(stage).await;
    let (ada, bob) = (house.furnished("ada").await, house.furnished("bob").await);
    house.member(&ada, "oscar", Role::Operator, Environments::BOTH).await;
    let (own, foreign) = (house.things(&ada).await, house.things(&bob).await);
    let address = |team: &str, event: &str| format!("/teams/{team}/log/{event}/proof");
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    assert_eq!(browser.get(&address(&own.team, &own.event)).await.status(), 409, "nothing is signed yet");
    let sequencer = house.sequence().await;
    let response = browser.get(&address(&own.team, &own.event)).await;
    assert_eq!(response.headers()["content-disposition"], format!("attachment; filename=\"{}.jsonl\"", own.event));
    let file = response.text().await.unwrap();
    assert_eq!(check(file.as_bytes(), sequencer.key.verifier()).unwrap().events, 1);
    assert!(file.contains(&own.event));
    let page = browser.get(&format!("/teams/{}/log/{}", own.team, own.event)).await.text().await.unwrap();
    assert!(page.contains("Download the proof") && page.contains("In order"), "{page}");

    let missing = Things::nobodys();
    for (team, event) in [
        (&foreign.team, &foreign.event),
        (&missing.team, &missing.event),
        (&own.team, &foreign.event),
        (&own.team, &missing.event),
    ] {
        let response = browser.get(&address(team, event)).await;
        assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (404, String::new()));
    }
    let anonymous = Browser::new(&house).get(&address(&own.team, &own.event)).await;
    assert_eq!(anonymous.status(), 401);
    let mut oscar = Browser::signed_in_later(&house, "oscar@example.com").await;
    assert_eq!(oscar.get(&address(&own.team, &own.event)).await.status(), 403);
});
