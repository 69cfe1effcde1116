//! Figures B1, B3 and B8: bound to its place, every alteration refused, old formats open.

use model::ids::TeamId;

use super::*;

const KEY: DataKeyId = DataKeyId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_000a));
const TEAM: TeamId = TeamId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_000b));
const ROW: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_000c);
const NONCE: [u8; 12] = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab];

fn key(team: Option<TeamId>) -> DataKey {
    let bytes = Zeroizing::new(std::array::from_fn(|i| i as u8));
    DataKey { id: KEY, team, version: 1, kek_id: "file_golden".to_owned(), bytes }
}

fn place(team: Option<TeamId>) -> Place {
    Place { team, table: "connection", row: ROW, field: "refresh_token" }
}

fn refused(key: &DataKey, place: &Place, sealed: &Sealed) -> bool {
    matches!(open(key, place, sealed), Err(VaultError::Refused))
}

/// Computed with another implementation (Python's `cryptography`). Never edit: such values are stored.
const GOLDEN: [(Option<TeamId>, &str); 2] = [
    (
        Some(TEAM),
        "010190000000007000800000000000000aa0a1a2a3a4a5a6a7a8a9aaab72c7dd2ad88738af0a439bb631127e884358ef6f6d16a06467a6a8\
         276f80b912753885bd6eacf7d2dedb2c47b16f5ed9b6eb195c86c53dc022144227f53e08f1376f29c5",
    ),
    (
        None,
        "010190000000007000800000000000000aa0a1a2a3a4a5a6a7a8a9aaabc0ae0ebcdf7f26d388668ea61ea26fde9a1c88a4a5acc639db4aa3\
         ab1dcc1a01e8382bc067faff829c7d58c93c20d8319ce0a388ee2e735f6aa05db3fa6bdd532f4bffe8",
    ),
];

#[test]
#[expect(clippy::disallowed_methods, reason = "a test compares it")]
fn a_sealed_value_never_changes_and_opens_for_ever() {
    for (team, golden) in GOLDEN {
        let sealed = seal(&key(team), NONCE, &place(team), &SecretString::from("Atzr|a refresh token"));
        let hex: String = sealed.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden);
        assert_eq!(open(&key(team), &place(team), &sealed).unwrap().expose_secret(), "Atzr|a refresh token");
    }
}

#[test]
fn every_bit_flip_and_every_truncation_is_refused_with_one_error() {
    let (key, place) = (key(Some(TEAM)), place(Some(TEAM)));
    let sealed = seal(&key, NONCE, &place, &SecretString::from("x".repeat(300 - HEAD - TAG)));
    assert_eq!(sealed.0.len() * 8, 2_400);
    for bit in 0..2_400 {
        let mut flipped = sealed.clone();
        flipped.0[bit / 8] ^= 1 << (bit % 8);
        assert!(refused(&key, &place, &flipped), "bit {bit}");
    }
    for length in 0..300 {
        assert!(refused(&key, &place, &Sealed(sealed.0[..length].to_vec())), "length {length}");
    }
    assert!(refused(&key, &place, &Sealed([sealed.0.as_slice(), &[0]].concat())));
}

#[test]
fn a_value_opens_in_no_other_place() {
    const FIELDS: [(&str, &str); 4] = [
        ("connection", "access_token"),
        ("connection", "refresh_token"),
        ("lwa_app", "secret"),
        ("lwa_app", "other_secret"),
    ];
    // 50 rows, ten in each of 5 Teams, every field. All keys carry one id and one value, so only the binding can refuse.
    let keys: [DataKey; 5] = std::array::from_fn(|team| key(Some(TeamId(Uuid::from_u128(team as u128)))));
    let mut cells = Vec::new();
    for row in 0..50 {
        for (table, field) in FIELDS {
            let key = &keys[row / 10];
            let place = Place { team: key.team, table, row: Uuid::from_u128(row as u128), field };
            cells.push((key, place, seal(key, NONCE, &place, &SecretString::from("secret"))));
        }
    }
    for (at, (key, place, _)) in cells.iter().enumerate() {
        for (from, (_, _, moved)) in cells.iter().enumerate() {
            assert_eq!(refused(key, place, moved), at != from, "{from} to {at}");
        }
    }
}

#[test]
fn a_key_of_another_team_opens_nothing() {
    let sealed = seal(&key(Some(TEAM)), NONCE, &place(Some(TEAM)), &SecretString::from("secret"));
    assert!(refused(&key(None), &place(Some(TEAM)), &sealed));
    assert!(refused(&key(Some(TEAM)), &place(None), &sealed));
    assert!(refused(&key(None), &place(None), &sealed));
}

#[test]
fn a_forged_commitment_and_bytes_that_are_no_text_are_refused() {
    let (key, place) = (key(None), place(None));
    let context = context(KEY, &place);
    let (cipher, commitment) = derive(&key, &NONCE, &context);
    let mut body = [0xff; 4];
    let tag = cipher.encrypt_inout_detached((&NONCE).into(), &context, body.as_mut_slice().into()).unwrap();
    let blob = |commitment: [u8; 32], body: &[u8]| {
        Sealed([[FORMAT].as_slice(), KEY.0.as_bytes(), &NONCE, &commitment, body, tag.as_slice()].concat())
    };
    assert!(refused(&key, &place, &blob(commitment, &body)));
    assert!(refused(&key, &place, &blob([0; 32], &body)));
}
