//! Rows on their way out: one line of JSON each, as one moment had them.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::TryStreamExt;
use model::Time;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, QueryResult, StreamTrait,
    TransactionTrait,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    BackupError, line,
    schema::{Column, Kind, Table, tables},
};
use crate::store::{Db, sql};

/// A look at the database as one moment had it, while others write on.
pub async fn moment(db: &Db) -> Result<DatabaseTransaction, DbErr> {
    if db.backend() == DbBackend::Sqlite {
        return db.reader().begin().await;
    }
    let tx = db.reader().begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)).await?;
    // A cluster may give statements less time than a whole table takes.
    tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    Ok(tx)
}

/// Every table, with its rows counted.
pub async fn counted(tx: &DatabaseTransaction) -> Result<Vec<Table>, DbErr> {
    let mut all = tables(tx).await?;
    for table in &mut all {
        let text = format!("SELECT COUNT(*) AS many FROM \"{}\"", table.name);
        let row = tx.query_one_raw(sql(tx, &text, [])).await?;
        let many: i64 = row.map_or(Ok(0), |row| row.try_get("", "many"))?;
        table.rows = many.unsigned_abs();
    }
    Ok(all)
}

/// Writes every row of a table; answers how many.
pub async fn rows(tx: &DatabaseTransaction, table: &Table, out: &mut impl Write) -> Result<u64, BackupError> {
    let names = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
    let text = format!("SELECT {names} FROM \"{}\"", table.name);
    let mut stream = tx.stream_raw(sql(tx, &text, [])).await?;
    let mut many = 0;
    while let Some(row) = stream.try_next().await? {
        let cells = table.columns.iter().map(|column| cell(&row, column)).collect::<Result<Vec<_>, _>>()?;
        out.write_all(&line(&cells)?)?;
        many += 1;
    }
    Ok(many)
}

/// Bytes as Base64, times as RFC 3339 where the database knows that they are times.
fn cell(row: &QueryResult, column: &Column) -> Result<Value, DbErr> {
    let name = column.name.as_str();
    let bytes = |bytes: &[u8]| Value::from(STANDARD.encode(bytes));
    Ok(match column.kind {
        Kind::Uuid => row.try_get::<Option<Uuid>>("", name)?.map_or(Value::Null, |id| bytes(id.as_bytes())),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>>("", name)?.map_or(Value::Null, |value| bytes(&value)),
        Kind::Time => row.try_get::<Option<Time>>("", name)?.map_or(Value::Null, |at| Value::from(at.to_rfc3339())),
        Kind::Bool => row.try_get::<Option<bool>>("", name)?.map_or(Value::Null, |flag| Value::from(i64::from(flag))),
        Kind::Int => number(row, name)?.map_or(Value::Null, Value::from),
        Kind::Text => row.try_get::<Option<String>>("", name)?.map_or(Value::Null, Value::from),
    })
}

/// PostgreSQL has two widths of them.
fn number(row: &QueryResult, name: &str) -> Result<Option<i64>, DbErr> {
    match row.try_get::<Option<i64>>("", name) {
        Ok(number) => Ok(number),
        Err(_) => Ok(row.try_get::<Option<i32>>("", name)?.map(i64::from)),
    }
}
