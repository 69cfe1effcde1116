//! The words of a Team's log that free text is looked for in: names with their ids, reasons, addresses. Far fewer than events.

use std::collections::BTreeSet;

use model::ids::TeamId;
use sea_orm::{DbErr, Value, entity::prelude::*};

use super::{pieces, sql};
use crate::access::TeamScope;

/// Team, field, word, id (nil where the field has none).
pub type Word = (TeamId, &'static str, String, Uuid);

/// Keeps words that are not kept yet.
pub async fn add(db: &impl ConnectionTrait, words: BTreeSet<Word>) -> Result<(), DbErr> {
    for piece in pieces(words.into_iter().collect()) {
        let rows = (0..piece.len())
            .map(|n| format!("(${}, ${}, ${}, ${}, ${})", n * 5 + 1, n * 5 + 2, n * 5 + 3, n * 5 + 4, n * 5 + 5));
        let text = format!(
            "INSERT INTO audit_word (team_id, field, word, id, folded) VALUES {} ON CONFLICT DO NOTHING",
            rows.collect::<Vec<_>>().join(", ")
        );
        let values = piece.into_iter().flat_map(|(team, field, word, id)| -> [Value; 5] {
            let folded = word.to_lowercase();
            [team.0.into(), field.into(), word.into(), id.into(), folded.into()]
        });
        db.execute_raw(sql(db, &text, values)).await?;
    }
    Ok(())
}

/// The words of a Team that contain a text, capital or small: field, word, id.
pub async fn containing(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    text: &str,
    most: u64,
) -> Result<Vec<(String, String, Uuid)>, DbErr> {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let query = "SELECT field, word, id FROM audit_word
        WHERE team_id = $1 AND folded LIKE $2 ESCAPE '\\' ORDER BY field, word, id LIMIT $3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values = [scope.team().0.into(), format!("%{escaped}%").into(), most.into()];
    let rows = db.query_all_raw(sql(db, query, values)).await?;
    let read = |row: sea_orm::QueryResult| Ok((row.try_get("", "field")?, row.try_get("", "word")?, row.try_get("", "id")?));
    rows.into_iter().map(read).collect()
}
