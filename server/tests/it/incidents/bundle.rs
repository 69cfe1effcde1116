use std::{io::Write, process::Command};

use backend::{
    audit::CheckpointKey,
    incidents::{self, IncidentError, NotSealed, order, verify_bundle},
    store::evidence::Evidence,
};
use model::incident::{EvidenceKind, MeasureKind, Track};

use super::Case;
use crate::{on_both_databases, support::Stage};

impl Case {
    /// Binds the incident together and takes a copy, sealed; with the log's public key.
    async fn bundle(&self) -> (Vec<u8>, String) {
        let (ada, scope) = (&self.of.owner, self.scope(&self.of.owner).await);
        let id = incidents::bundle(ada, &scope).await.unwrap();
        let confirmed = self.house.stage.stepped_up(ada);
        // The event that says its hash is under no signed head yet.
        let early = incidents::copy_evidence(&confirmed, &scope, id).await;
        assert!(matches!(early, Err(IncidentError::NotSealedYet)), "{early:?}");
        let sequencer = self.house.sequence().await;
        self.house.approved_export(&self.of, ada, &self.bob).await;
        let confirmed = self.house.stage.stepped_up(ada);
        let (piece, file): (Evidence, _) = incidents::copy_evidence(&confirmed, &scope, id).await.unwrap();
        assert_eq!(piece.kind, EvidenceKind::Bundle);
        (file, sequencer.key.verifier().to_owned())
    }
}

on_both_databases!(a_bundle_is_checked_anywhere_and_no_byte_of_it_can_be_another, async |stage: Stage| {
    let case = Case::on(stage).await;
    let ada = &case.of.owner;
    assert_eq!(case.house.issue(&case.of, serde_json::json!({})).await.0, 200);
    case.house.sequence().await;
    let scope = case.scope(ada).await;
    incidents::take_file(ada, &scope, "screen <b>.png", "image/png", vec![0x89, 0x50, 0, 255]).await.unwrap();
    order(ada, &scope, MeasureKind::RevokeKey, case.of.key.0).await.unwrap();
    incidents::draft_notice(ada, &scope, Track::Amazon).await.unwrap();
    case.learn().await;
    let (file, verifier) = case.bundle().await;
    let found = verify_bundle(&file, &verifier).unwrap();
    assert_eq!((found.title.as_str(), found.evidence), ("A key in a repository", 3));
    assert!(found.events.unwrap() >= 10 && found.files >= 8, "{found:?}");

    // Any tool opens it, and no secret is in it.
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&file)).unwrap();
    let names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    for name in ["index.html", "incident.json", "log.jsonl", "SHA256SUMS", "README.txt", "notices/01-amazon.txt"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    for place in 0..archive.len() {
        let mut text = Vec::new();
        std::io::copy(&mut archive.by_index(place).unwrap(), &mut text).unwrap();
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains(&case.of.secret) && !text.contains("Atza|") && !text.contains("Atzr|"), "{text}");
        assert!(!text.contains("screen <b>"), "{text}");
    }

    // One changed byte, anywhere; a cut, a longer file, another key.
    let mut changed = 0;
    let every = (file.len() / 500).max(1);
    let comment = file.len() - 3000..file.len();
    for place in (0..file.len()).filter(|place| place % every == 0 || comment.contains(place)) {
        let mut other = file.clone();
        other[place] ^= 1 << (place % 8);
        assert!(verify_bundle(&other, &verifier).is_err(), "byte {place} of {}", file.len());
        changed += 1;
    }
    println!("{changed} changed bytes of {}, {changed} found", file.len());
    assert!(changed > 3000);
    assert!(verify_bundle(&file[..file.len() - 1], &verifier).is_err());
    assert!(verify_bundle(&[&file[..], b"x"].concat(), &verifier).is_err());
    assert!(verify_bundle(b"", &verifier).is_err() && verify_bundle(b"PK", &verifier).is_err());
    // A line added to the seal, spelled as it should be: of a signature that nobody asks for.
    let end = file.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").unwrap();
    let mut seal: serde_json::Value = serde_json::from_slice(&file[end + 22..]).unwrap();
    let checkpoint = format!("{}\u{2014} x AAAAAAAA\n", seal["checkpoint"].as_str().unwrap());
    seal["checkpoint"] = checkpoint.into();
    let spelled = |field: &str| serde_json::to_string(&seal[field]).unwrap();
    let event = &seal["event"];
    let event = format!("{{\"index\":{},\"leaf\":{},\"proof\":{}}}", event["index"], event["leaf"], event["proof"]);
    let (kind, v, note) = (spelled("seal"), spelled("v"), spelled("checkpoint"));
    let comment = format!("{{\"seal\":{kind},\"v\":{v},\"checkpoint\":{note},\"event\":{event}}}");
    let length = u16::try_from(comment.len()).unwrap().to_le_bytes();
    let longer = [&file[..end + 20], &length[..], comment.as_bytes()].concat();
    assert!(
        matches!(verify_bundle(&longer, &verifier), Err(NotSealed::NotSigned)),
        "{:?}",
        verify_bundle(&longer, &verifier)
    );
    let stranger = CheckpointKey::generate("portal.example/audit");
    assert!(matches!(verify_bundle(&file, stranger.verifier()), Err(NotSealed::NotSigned)));

    // The same from a terminal, on a machine that has no Portal.
    let path = case.house.stage.folder.join("bundle.zip");
    std::fs::File::create(&path).unwrap().write_all(&file).unwrap();
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
        command.env_clear().args(["incident", "verify"]).arg(&path).args(["--verifier", &verifier]).output().unwrap()
    };
    let good = run();
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(String::from_utf8_lossy(&good.stdout).contains("A key in a repository"));
    let mut other = file.clone();
    other[file.len() / 2] ^= 1;
    std::fs::write(&path, other).unwrap();
    let bad = run();
    assert!(!bad.status.success() && String::from_utf8_lossy(&bad.stderr).contains("DOES NOT HOLD"));
});

on_both_databases!(a_seal_is_of_one_archive, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (first, _) = case.bundle().await;
    let scope = case.scope(&case.of.owner).await;
    incidents::take_file(&case.of.owner, &scope, "a.txt", "text/plain", b"abc".to_vec()).await.unwrap();
    let (second, verifier) = case.bundle().await;
    let verified = verify_bundle(&second, &verifier).unwrap();
    assert_eq!(verified.evidence, 1);
    // The seal of one behind the archive of the other.
    let end = |file: &[u8]| file.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").unwrap();
    let swapped = [&first[..end(&first) + 20], &second[end(&second) + 20..]].concat();
    assert!(matches!(verify_bundle(&swapped, &verifier), Err(NotSealed::Changed)));
});
