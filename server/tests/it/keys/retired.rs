//! Master keys leave the file when nothing needs them, whatever cuts that off.

use super::*;

/// One more, but not for ever: how soon a command is killed is left to chance.
fn tries(tried: &mut usize) -> bool {
    *tried += 1;
    *tried <= 200
}

async fn data_keys_rotated(house: &House) -> usize {
    let many = format!(
        "SELECT CAST(COUNT(*) AS TEXT) AS row FROM audit_event WHERE action = '{}'",
        model::audit::Action::DataKeyRotated.as_str()
    );
    crate::registry::column(house, &many).await[0].parse().unwrap()
}

/// Whoever begins now, with the keys of the file alone, opens everything.
async fn opens_all(house: &House, of: &Furnished) {
    let keys = KeyFile::load(&house.stage.folder.join("keys")).unwrap();
    let begins = Portal { vault: Vault::new(keys), ..house.stage.portal.clone() };
    assert_eq!(house.issue_cold(&begins, of).await.0, 200);
}

on_both_databases!(a_rotation_that_is_killed_leaves_a_whole_file, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (portal, long) = (&house.stage.portal, long(&house));
    let (mut tried, mut cut) = (0, 0);
    while cut < 20 && tries(&mut tried) {
        cut += usize::from(!killed(&house, &["rotate"], 0..long).await);
        opens_all(&house, &of).await;
        portal.vault.refresh();
        assert_eq!(keys::rewrap(portal, |_| ()).await.unwrap().left, 0);
        opens_all(&house, &of).await;
    }
    println!(
        "figure B5: of {tried} rotations of the master key {cut} were killed at any moment of their run, all opened all"
    );
    assert_eq!(cut, 20);
    assert!(portal_keys(&house, &["rotate"]).output().unwrap().status.success());
});

on_both_databases!(a_retirement_that_is_killed_is_done_again, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (portal, file, long) = (&house.stage.portal, house.stage.folder.join("keys"), long(&house));
    let (mut tried, mut cut) = (0, 0);
    while cut < 20 && tries(&mut tried) {
        let old = portal.vault.master_keys().remove(0).id;
        house.stage.advance(Duration::seconds(1));
        keys::rotate(portal, &file).await.unwrap();
        keys::rewrap(portal, |_| ()).await.unwrap();
        // For the command, which lives today, the one in use is old enough.
        cut += usize::from(!killed(&house, &["retire", &old], 0..long).await);
        opens_all(&house, &of).await;
        house.stage.advance(Duration::minutes(11));
        keys::retire(portal, &file, &old).await.unwrap();
        assert!(portal.vault.master_keys().iter().all(|key| key.id != old));
        opens_all(&house, &of).await;
    }
    println!(
        "figure B5: of {tried} retirements of a master key {cut} were killed at any moment of their run, all opened all"
    );
    assert_eq!(cut, 20);
});

on_both_databases!(a_rotation_of_data_keys_that_is_killed_is_gone_on_with, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let kept = many_teams(&house, &of).await;
    let (file, long) = (house.stage.folder.join("keys"), long(&house));
    // Each replaces all of them, those of the one before too: the command lives today.
    let words = ["rotate", "--data-keys-older-than", "0"];
    let (mut tried, mut cut, mut renewed) = (0, 0, 0);
    while cut < 20 && tries(&mut tried) {
        let before = data_keys_rotated(&house).await;
        let is_done = killed(&house, &words, 0..4 * long).await;
        let here = data_keys_rotated(&house).await - before;
        cut += usize::from(!is_done && here > 0);
        renewed += here;
    }
    opens_all(&house, &of).await;
    let lost = lost(&house.stage.portal, &file, &kept).await;
    println!(
        "figure B5: of {tried} rotations of data keys {cut} were killed amid them, {renewed} renewed; {lost} of {} lost",
        2 * TEAMS
    );
    assert_eq!((cut, lost), (20, 0));
    // All of them are wrapped anew by the next master key, and the command says how far it is.
    assert!(portal_keys(&house, &["rotate"]).output().unwrap().status.success());
    let rewrapped = portal_keys(&house, &["rewrap"]).output().unwrap();
    let said = String::from_utf8(rewrapped.stdout).unwrap();
    let so_far = said.lines().filter_map(|line| line.strip_suffix(" data keys wrapped anew")?.parse::<usize>().ok());
    let so_far: Vec<_> = so_far.collect();
    assert!(so_far.len() > 40 && so_far.is_sorted_by(|a, b| a < b), "{said}");
    assert!(said.ends_with(&format!("Done: {} data keys.\n", so_far.last().unwrap())), "{said}");
});

on_both_databases!(a_retirement_that_only_the_database_knows_of_is_ended, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let (portal, file) = (&house.stage.portal, house.stage.folder.join("keys"));
    let cut_off = async |id: &str| {
        assert!(data_key::retire(portal.db.reader(), id, portal.clock.now()).await.unwrap());
    };
    let old = portal.vault.master_keys().remove(0).id;
    house.stage.advance(Duration::seconds(1));
    keys::rotate(portal, &file).await.unwrap();
    keys::rewrap(portal, |_| ()).await.unwrap();
    house.stage.advance(Duration::minutes(11));
    cut_off(&old).await;
    // Twice: the second time there is nothing left to do.
    for _ in 0..2 {
        keys::retire(portal, &file, &old).await.unwrap();
        assert!(!KeyFile::load(&file).is_ok_and(|keys| Vault::new(keys).master_keys().iter().any(|key| key.id == old)));
    }
    assert!(matches!(keys::retire(portal, &file, "file_nobodys").await, Err(RetireError::Unknown(_))));
    // One that was prepared, and is left in the file, is not what the next rotation takes.
    let prepared = keys::prepare(portal, &file).await.unwrap();
    cut_off(&prepared).await;
    house.stage.advance(Duration::seconds(1));
    let new = keys::rotate(portal, &file).await.unwrap();
    assert!(new != prepared && portal.vault.master_keys().iter().all(|key| key.id != prepared));
    assert_eq!(keys::rewrap(portal, |_| ()).await.unwrap().left, 0);
});

on_both_databases!(a_master_key_is_retired_only_when_nothing_needs_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let (portal, file) = (&house.stage.portal, house.stage.folder.join("keys"));
    let old = portal.vault.master_keys().remove(0).id;
    assert!(matches!(keys::retire(portal, &file, &old).await, Err(RetireError::Active(id)) if id == old));
    let before = std::fs::read(&file).unwrap();
    let new = keys::rotate(portal, &file).await.unwrap();
    assert!(matches!(keys::retire(portal, &file, &old).await, Err(RetireError::TooSoon(_))));
    house.stage.advance(Duration::minutes(10));
    let refused = keys::retire(portal, &file, &old).await.unwrap_err();
    let said = refused.to_string();
    assert!(matches!(refused, RetireError::Needed { data_keys: 2, teams: 1, .. }), "{said}");
    println!("figure B6: {said}");
    assert!(said.contains("2 data keys of 1 Team:") && said.contains("portal keys rewrap"), "{said}");
    let line = |text: &[u8], id: &str| String::from_utf8_lossy(text).contains(&format!("kek.{id} = "));
    assert!(line(&std::fs::read(&file).unwrap(), &old));
    // The command does it, and says that it did; with another installation's keys it does nothing.
    let rewrapped = portal_keys(&house, &["rewrap"]).output().unwrap();
    let said = String::from_utf8(rewrapped.stdout).unwrap();
    assert!(rewrapped.status.success() && said.contains("Done: 2 data keys."), "{said}");
    let theirs = house.stage.folder.join("theirs");
    KeyFile::create(&theirs, of.owner.now()).unwrap();
    let untouched = std::fs::read(&theirs).unwrap();
    for words in [&["rotate"][..], &["rewrap"], &["retire", &old]] {
        let refused = portal_keys(&house, words).env("PORTAL_KEY_FILE", &theirs).output().unwrap();
        assert!(!refused.status.success(), "{words:?}");
    }
    assert_eq!(std::fs::read(&theirs).unwrap(), untouched);
    keys::retire(portal, &file, &old).await.unwrap();
    let after = std::fs::read(&file).unwrap();
    assert!(line(&after, &new) && !line(&after, &old));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
    // Who has the old file alone opens nothing any more.
    let stolen = house.stage.folder.join("stolen");
    std::fs::write(&stolen, before).unwrap();
    std::fs::set_permissions(&stolen, std::fs::Permissions::from_mode(0o600)).unwrap();
    let thief = Vault::new(KeyFile::load(&stolen).unwrap());
    assert!(matches!(thief.fits(portal.db.reader()).await, Err(VaultError::KeyUnavailable)));
    let did = [Action::MasterKeyAdded, Action::MasterKeyActivated, Action::KeysRewrapped, Action::MasterKeyRetired]
        .map(|action| format!("SELECT CAST(COUNT(*) AS TEXT) AS row FROM audit_event WHERE action = '{}'", action.as_str()));
    for count in did {
        assert_eq!(crate::registry::column(&house, &count).await, ["1"], "{count}");
    }
});

on_both_databases!(who_slept_through_a_retirement_wraps_nothing_more, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let (portal, file) = (&house.stage.portal, house.stage.folder.join("keys"));
    // Another machine, with a file of its own that nobody brings the new one.
    let theirs = house.stage.folder.join("theirs");
    std::fs::copy(&file, &theirs).unwrap();
    let asleep = Portal { vault: Vault::new(KeyFile::load(&theirs).unwrap()), ..portal.clone() };
    let prepared = keys::prepare(portal, &file).await.unwrap();
    let old = portal.vault.master_keys().remove(0).id;
    assert_ne!(old, prepared);
    house.stage.advance(Duration::minutes(1));
    let later = keys::prepare(portal, &file).await.unwrap();
    assert_eq!(keys::rotate(portal, &file).await.unwrap(), later);
    keys::rewrap(portal, |_| ()).await.unwrap();
    house.stage.advance(Duration::minutes(11));
    keys::retire(portal, &file, &old).await.unwrap();
    let fresh = Some(backend::random::id(portal.clock.now()));
    let place = Place { team: fresh, table: "webhook", row: uuid::Uuid::nil(), field: "secret" };
    let sealed = async |portal: &Portal| {
        let tx = portal.db.begin().await.unwrap();
        let sealed = portal.vault.seal(&*tx, portal.clock.now(), &place, &SecretString::from("x")).await;
        tx.commit().await.unwrap();
        sealed
    };
    assert!(matches!(sealed(&asleep).await, Err(VaultError::KeyUnavailable)));
    assert_eq!(data_key::newest(portal.db.reader(), fresh).await.unwrap(), None);
    assert_eq!(keys::rewrap(&asleep, |_| ()).await.unwrap().done, 0);
    let kept = sealed(portal).await.unwrap();
    assert_eq!(reveal(&portal.vault.open(portal.db.reader(), &place, &kept).await.unwrap()), "x");
});
