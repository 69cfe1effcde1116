//! Figures B2 and B4, and the vault's behaviour on a real database.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};

use backend::{
    random,
    vault::{KeyFile, Place, Sealed, Vault, VaultError},
};
use model::ids::{DataKeyId, TeamId};
use secrecy::SecretString;

use crate::{
    on_both_databases,
    support::{Stage, reveal},
};

fn place(stage: &Stage, team: Option<TeamId>) -> Place {
    Place { team, table: "connection", row: random::uuid(stage.portal.clock.now()), field: "refresh_token" }
}

fn team(stage: &Stage) -> TeamId {
    random::id(stage.portal.clock.now())
}

async fn seal(stage: &Stage, vault: &Vault, place: &Place) -> Sealed {
    let tx = stage.portal.db.begin().await.unwrap();
    let sealed = vault.seal(&*tx, stage.portal.clock.now(), place, &SecretString::from("Atzr|secret")).await.unwrap();
    tx.commit().await.unwrap();
    sealed
}

async fn opens(stage: &Stage, vault: &Vault, place: &Place, sealed: &Sealed) -> Result<String, VaultError> {
    vault.open(stage.portal.db.reader(), place, sealed).await.map(|plain| reveal(&plain).to_owned())
}

on_both_databases!(what_was_sealed_opens_again_also_in_another_process, async |stage: Stage| {
    let keys = std::env::temp_dir().join(format!("portal-vault-{}", team(&stage)));
    let first = Vault::new(KeyFile::create(&keys, stage.portal.clock.now()).unwrap());
    let second = Vault::new(KeyFile::load(&keys).unwrap());
    fs::remove_file(&keys).unwrap();
    let place = place(&stage, Some(team(&stage)));
    let sealed = seal(&stage, &first, &place).await;
    assert_eq!(opens(&stage, &first, &place, &sealed).await.unwrap(), "Atzr|secret");
    assert_eq!(opens(&stage, &second, &place, &sealed).await.unwrap(), "Atzr|secret");
});

on_both_databases!(the_installation_seals_for_itself_and_not_for_a_team, async |stage: Stage| {
    let (vault, own) = (&stage.portal.vault, place(&stage, None));
    let sealed = seal(&stage, vault, &own).await;
    assert_eq!(opens(&stage, vault, &own, &sealed).await.unwrap(), "Atzr|secret");
    let moved = Place { team: Some(team(&stage)), ..own };
    assert!(matches!(opens(&stage, vault, &moved, &sealed).await, Err(VaultError::Refused)));
});

on_both_databases!(seal_number_1001_uses_a_new_key, async |stage: Stage| {
    let vault = Vault::with_budget(KeyFile::generate(stage.portal.clock.now()), 1_000);
    let place = place(&stage, Some(team(&stage)));
    let tx = stage.portal.db.begin().await.unwrap();
    let mut keys: Vec<DataKeyId> = Vec::new();
    for _ in 0..1_001 {
        let sealed = vault.seal(&*tx, stage.portal.clock.now(), &place, &SecretString::from("x")).await.unwrap();
        keys.push(sealed.key().unwrap());
    }
    tx.commit().await.unwrap();
    assert!(keys[..1_000].iter().all(|key| *key == keys[0]));
    assert_ne!(keys[1_000], keys[0]);
});

on_both_databases!(first_seals_at_once_agree_on_one_key, async |stage: Stage| {
    let vault = Vault::new(KeyFile::generate(stage.portal.clock.now()));
    let team = team(&stage);
    let places: Vec<Place> = (0..8).map(|_| place(&stage, Some(team))).collect();
    let sealed = futures::future::join_all(places.iter().map(|place| seal(&stage, &vault, place))).await;
    let keys: BTreeSet<DataKeyId> = sealed.iter().filter_map(Sealed::key).collect();
    assert_eq!(keys.len(), 1);
    for (place, sealed) in places.iter().zip(&sealed) {
        assert_eq!(opens(&stage, &vault, place, sealed).await.unwrap(), "Atzr|secret");
    }
});

on_both_databases!(a_key_of_a_transaction_that_was_rolled_back_is_not_used_again, async |stage: Stage| {
    let vault = Vault::new(KeyFile::generate(stage.portal.clock.now()));
    let place = place(&stage, Some(team(&stage)));
    let tx = stage.portal.db.begin().await.unwrap();
    let lost = vault.seal(&*tx, stage.portal.clock.now(), &place, &SecretString::from("x")).await.unwrap();
    drop(tx);
    let kept = seal(&stage, &vault, &place).await;
    assert_ne!(lost.key(), kept.key());
    assert_eq!(opens(&stage, &vault, &place, &kept).await.unwrap(), "Atzr|secret");
});

on_both_databases!(the_database_alone_or_with_a_wrong_key_opens_nothing, async |stage: Stage| {
    let now = stage.portal.clock.now();
    let folder = std::env::temp_dir().join(format!("portal-vault-{}", team(&stage)));
    fs::create_dir(&folder).unwrap();
    let (right, wrong) = (folder.join("right"), folder.join("wrong"));
    let vault = Vault::new(KeyFile::create(&right, now).unwrap());
    KeyFile::create(&wrong, now).unwrap();
    let id = |path: &Path| {
        fs::read_to_string(path).unwrap().lines().find_map(|l| l.strip_prefix("active = ").map(str::to_owned)).unwrap()
    };
    // Another key under the right name.
    let text = fs::read_to_string(&wrong).unwrap().replace(&id(&wrong), &id(&right));
    fs::write(&wrong, text).unwrap();
    fs::set_permissions(&wrong, fs::Permissions::from_mode(0o600)).unwrap();
    let wrong = Vault::new(KeyFile::load(&wrong).unwrap());
    let without = Vault::new(KeyFile::generate(now));
    fs::remove_dir_all(&folder).unwrap();

    let mut opened = 0;
    for _ in 0..20 {
        let place = place(&stage, Some(team(&stage)));
        let sealed = seal(&stage, &vault, &place).await;
        assert!(opens(&stage, &vault, &place, &sealed).await.is_ok());
        let by_wrong = opens(&stage, &wrong, &place, &sealed).await;
        let by_none = opens(&stage, &without, &place, &sealed).await;
        opened += usize::from(by_wrong.is_ok()) + usize::from(by_none.is_ok());
        assert!(matches!(by_wrong, Err(VaultError::Refused)));
        assert!(matches!(by_none, Err(VaultError::KeyUnavailable)));
    }
    assert_eq!(opened, 0);
});

on_both_databases!(a_value_that_names_no_key_or_another_teams_key_is_refused, async |stage: Stage| {
    let vault = Vault::new(KeyFile::generate(stage.portal.clock.now()));
    let (mine, theirs) = (place(&stage, Some(team(&stage))), place(&stage, Some(team(&stage))));
    let sealed = seal(&stage, &vault, &mine).await;
    let other = seal(&stage, &vault, &theirs).await;
    assert!(matches!(opens(&stage, &vault, &theirs, &sealed).await, Err(VaultError::Refused)));
    let mut renamed = sealed.clone();
    renamed.0[1..17].copy_from_slice(&other.0[1..17]);
    assert!(matches!(opens(&stage, &vault, &mine, &renamed).await, Err(VaultError::Refused)));
    renamed.0[1..17].fill(7);
    assert!(matches!(opens(&stage, &vault, &mine, &renamed).await, Err(VaultError::Refused)));
    assert!(matches!(opens(&stage, &vault, &mine, &Sealed(Vec::new())).await, Err(VaultError::Refused)));
});
