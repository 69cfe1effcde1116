//! Rows on their way in, into tables that are empty.

use std::io::BufRead;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use model::Time;
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::{
    BackupError, Manifest,
    schema::{Column, Kind, Table, points, tables},
};
use crate::store::{Db, Tx, sql};

/// Fills the database, in a transaction that is not committed yet. `lines`: those behind the manifest.
pub async fn fill(db: &Db, manifest: &Manifest, lines: &mut impl BufRead) -> Result<Tx, BackupError> {
    let tx = db.begin().await?;
    let own = tables(&*tx).await?;
    for table in own.iter().rev() {
        // What migrations put there stands in the backup as well.
        tx.execute_unprepared(&format!("DELETE FROM \"{}\"", table.name)).await?;
    }
    for from in &manifest.tables {
        let to = own.iter().find(|table| table.name == from.name).ok_or_else(|| unfit(&from.name))?;
        table(&*tx, from, to, lines).await?;
        if from.name == "audit_event" {
            // A trigger has queued them anew: what waited then is loaded on its own.
            tx.execute_unprepared("DELETE FROM audit_pending").await?;
        }
    }
    Ok(tx)
}

fn unfit(table: &str) -> BackupError {
    BackupError::Unfit(table.to_owned())
}

async fn table(tx: &impl ConnectionTrait, from: &Table, to: &Table, lines: &mut impl BufRead) -> Result<(), BackupError> {
    let kinds =
        from.columns.iter().map(|column| Ok((column, kind_in(to, column)?))).collect::<Result<Vec<_>, BackupError>>()?;
    let (names, places): (Vec<_>, Vec<_>) =
        from.columns.iter().enumerate().map(|(n, column)| (format!("\"{}\"", column.name), format!("${}", n + 1))).unzip();
    let insert = format!("INSERT INTO \"{}\" ({}) VALUES ({})", to.name, names.join(", "), places.join(", "));
    // Rows that point at others of their own table may come before them.
    let own: Vec<String> =
        points(tx, [&to.name].into_iter()).await?.into_iter().filter(|p| p.from == p.to).map(|p| p.column).collect();
    let mut later = Vec::new();
    for _ in 0..from.rows {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let cells: Vec<serde_json::Value> = serde_json::from_str(&line)?;
        if cells.len() != kinds.len() {
            return Err(unfit(&to.name));
        }
        let mut values = Vec::with_capacity(cells.len());
        for ((column, kind), cell) in kinds.iter().zip(&cells) {
            let value = value(column.kind, *kind, cell).ok_or_else(|| unfit(&to.name))?;
            if own.contains(&column.name) && !cell.is_null() {
                later.push((column.name.clone(), value, cells.clone()));
                values.push(none(*kind));
            } else {
                values.push(value);
            }
        }
        tx.execute_raw(sql(tx, &insert, values)).await?;
    }
    let id = from.columns.iter().position(|column| column.name == "id");
    for (column, value_of, cells) in later {
        let id = id.ok_or_else(|| unfit(&to.name))?;
        let update = format!("UPDATE \"{}\" SET \"{column}\" = $1 WHERE id = $2", to.name);
        let id = value(kinds[id].0.kind, kinds[id].1, &cells[id]).ok_or_else(|| unfit(&to.name))?;
        tx.execute_raw(sql(tx, &update, [value_of, id])).await?;
    }
    Ok(())
}

fn kind_in(to: &Table, column: &Column) -> Result<Kind, BackupError> {
    let found = to.columns.iter().find(|own| own.name == column.name);
    found.map(|own| own.kind).ok_or_else(|| unfit(&to.name))
}

fn none(kind: Kind) -> Value {
    match kind {
        Kind::Uuid => Value::Uuid(None),
        Kind::Bytes => Value::Bytes(None),
        Kind::Time => Value::ChronoDateTimeUtc(None),
        Kind::Bool => Value::Bool(None),
        Kind::Int => Value::BigInt(None),
        Kind::Text => Value::String(None),
    }
}

/// A cell of one kind as a column of another has it; nothing when it does not fit.
fn value(from: Kind, to: Kind, cell: &serde_json::Value) -> Option<Value> {
    if cell.is_null() {
        return Some(none(to));
    }
    let bytes = || STANDARD.decode(cell.as_str()?).ok();
    Some(match (from, to) {
        (Kind::Uuid | Kind::Bytes, Kind::Uuid) => Uuid::from_slice(&bytes()?).ok()?.into(),
        (Kind::Uuid | Kind::Bytes, Kind::Bytes) => bytes()?.into(),
        (Kind::Time, Kind::Time | Kind::Text) | (Kind::Text, Kind::Time) => time(cell.as_str()?)?.into(),
        (Kind::Bool | Kind::Int, Kind::Bool) => (cell.as_i64()? != 0).into(),
        (Kind::Bool | Kind::Int, Kind::Int) => cell.as_i64()?.into(),
        (Kind::Text, Kind::Text) => cell.as_str()?.into(),
        _ => return None,
    })
}

/// As PostgreSQL gives them, and as they stand in SQLite.
fn time(text: &str) -> Option<Time> {
    let parsed = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%:z"));
    parsed.ok().map(|at| at.to_utc())
}
