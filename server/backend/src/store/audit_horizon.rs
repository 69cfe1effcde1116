//! Where the log begins: what was pruned, and the statements that prune.

use model::{
    Time,
    alert::{Again, Rule},
};
use sea_orm::{ConnectionTrait, DbErr};

use super::sql;

/// A signed horizon.
pub async fn put(db: &impl ConnectionTrait, index: u64, now: Time, note: &str) -> Result<(), DbErr> {
    let text = "INSERT INTO audit_horizon (idx, signed_at, note) VALUES ($1, $2, $3)";
    db.execute_raw(sql(db, text, [int(index).into(), now.into(), note.into()])).await.map(|_| ())
}

/// Every horizon, the lowest first.
pub async fn notes(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let rows = db.query_all_raw(sql(db, "SELECT note FROM audit_horizon ORDER BY idx", [])).await?;
    rows.into_iter().map(|row| row.try_get("", "note")).collect()
}

/// When the first event of the log was recorded.
pub async fn oldest(db: &impl ConnectionTrait) -> Result<Option<Time>, DbErr> {
    let text = "SELECT e.at FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id ORDER BY l.idx LIMIT 1";
    db.query_one_raw(sql(db, text, [])).await?.map(|row| row.try_get("", "at")).transpose()
}

/// The highest horizon as the database has it, and its note.
pub async fn last(db: &impl ConnectionTrait) -> Result<Option<(u64, String)>, DbErr> {
    let row = db.query_one_raw(sql(db, "SELECT idx, note FROM audit_horizon ORDER BY idx DESC LIMIT 1", [])).await?;
    row.map(|row| Ok((row.try_get::<i64>("", "idx")?.unsigned_abs(), row.try_get("", "note")?))).transpose()
}

/// Takes away the events from `from` on and below `index`, and the heads of that time. The hashes stay.
pub async fn prune(db: &impl ConnectionTrait, from: u64, index: u64) -> Result<(), DbErr> {
    let statements = [
        "DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE idx >= $1 AND idx < $2)",
        "DELETE FROM audit_leaf WHERE idx >= $1 AND idx < $2",
        "DELETE FROM audit_checkpoint WHERE size >= $1 AND size < $2",
    ];
    for text in statements {
        db.execute_raw(sql(db, text, [int(from).into(), int(index).into()])).await?;
    }
    Ok(())
}

/// Takes away what was kept only for the sake of events that are gone: figures, words, networks, answered alerts.
pub async fn tidy(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let Some(oldest) = oldest(db).await? else { return Ok(()) };
    let day = oldest.format("%Y-%m-%d").to_string();
    db.execute_raw(sql(db, "DELETE FROM audit_tally WHERE day < $1", [day.into()])).await?;
    // An answer that holds for ever is remembered for ever.
    let answered: Vec<_> = Rule::ALL.iter().filter(|rule| rule.again() == Again::Never).collect();
    let answered: Vec<_> = answered.iter().map(|rule| format!("'{}'", rule.as_str())).collect();
    let alerts = format!(
        "DELETE FROM alert WHERE acknowledged_at IS NOT NULL AND last_at < $1 AND rule NOT IN ({})",
        answered.join(", ")
    );
    db.execute_raw(sql(db, &alerts, [oldest.into()])).await?;
    let links = "UPDATE alert SET event_id = NULL WHERE event_id NOT IN (SELECT id FROM audit_event)";
    db.execute_raw(sql(db, links, [])).await?;
    let networks = "DELETE FROM key_network WHERE key_id NOT IN
        (SELECT id FROM gateway_key WHERE expires_at >= $1 AND (revoked_at IS NULL OR revoked_at >= $1))";
    db.execute_raw(sql(db, networks, [oldest.into()])).await?;
    // Reasons are few, and stay.
    let words = [("actor", "actor_id", "id"), ("target", "target_id", "id"), ("address", "address", "word")];
    for (field, column, word) in words {
        let text = format!(
            "DELETE FROM audit_word WHERE field = '{field}' AND NOT EXISTS
                (SELECT 1 FROM audit_event e WHERE e.team_id = audit_word.team_id AND e.{column} = audit_word.{word})"
        );
        db.execute_raw(sql(db, &text, [])).await?;
    }
    Ok(())
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
