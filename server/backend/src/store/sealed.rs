//! The sealed values of a Team that may be sealed anew. Evidence is not among them: it is written once.

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::sql;
use crate::{
    access::TeamScope,
    vault::{Place, Sealed},
};

/// Table and field, which are those of their [`Place`], and what else a new value changes: who loaded the row before must not
/// write the old value back.
const COLUMNS: [(&str, &str, &str); 9] = [
    ("connection", "access_token", ""),
    ("connection", "refresh_token", ""),
    ("lwa_app", "other_secret", ", version = version + 1"),
    ("lwa_app", "secret", ", version = version + 1"),
    ("notification_key", "secret", ""),
    ("profile_choice", "profiles", ""),
    ("profile_choice", "refresh_token", ""),
    ("webhook", "other_secret", ""),
    ("webhook", "secret", ""),
];

/// Every one, with where it is stored. What was shredded is empty.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<(Place, Sealed)>, DbErr> {
    some(db, scope, i64::MAX.unsigned_abs()).await
}

/// At most so many of each kind, the newest first.
pub async fn some(db: &impl ConnectionTrait, scope: &TeamScope, most: u64) -> Result<Vec<(Place, Sealed)>, DbErr> {
    let mut found = Vec::new();
    for (table, field, _) in COLUMNS {
        let text = format!(
            "SELECT id, {field} AS sealed FROM {table} WHERE team_id = $1 AND length({field}) > 0 ORDER BY id DESC LIMIT {most}"
        );
        for row in db.query_all_raw(sql(db, &text, [scope.team().0.into()])).await? {
            let id: Uuid = row.try_get("", "id")?;
            found.push((Place { team: Some(scope.team()), table, row: id, field }, Sealed(row.try_get("", "sealed")?)));
        }
    }
    Ok(found)
}

/// Writes a value sealed anew where `old` stands; false when it stands there no more.
pub async fn replace(db: &impl ConnectionTrait, place: &Place, old: &Sealed, new: Sealed) -> Result<bool, DbErr> {
    let Some((table, field, more)) =
        COLUMNS.into_iter().find(|(table, field, _)| (*table, *field) == (place.table, place.field))
    else {
        return Err(DbErr::Custom(format!("{} of {} is not sealed anew", place.field, place.table)));
    };
    let text = format!("UPDATE {table} SET {field} = $4{more} WHERE team_id = $1 AND id = $2 AND {field} = $3");
    let values = [place.team.map(|team| team.0).into(), place.row.into(), old.0.clone().into(), new.0.into()];
    Ok(db.execute_raw(sql(db, &text, values)).await?.rows_affected() == 1)
}
