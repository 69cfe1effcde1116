//! The tables of a database, what their columns hold, and in which order they can be filled.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use serde::{Deserialize, Serialize};

use crate::store::sql;

/// What a column holds. SQLite tells numbers, bytes and text apart, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Uuid,
    Bytes,
    Time,
    Bool,
    Int,
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub rows: u64,
}

/// What is of no use in another process, or in another database.
const LEFT_OUT: [&str; 5] = ["browser", "login_challenge", "passkey_ceremony", "seaql_migrations", "restored_copy"];

/// Every table with its columns, those first that others point at; rows are not counted.
pub async fn tables(db: &impl ConnectionTrait) -> Result<Vec<Table>, DbErr> {
    let names = match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        _ => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'",
    };
    let mut all = BTreeMap::new();
    for row in db.query_all_raw(sql(db, names, [])).await? {
        let name: String = row.try_get("", "name")?;
        if !LEFT_OUT.contains(&name.as_str()) {
            all.insert(name.clone(), columns(db, &name).await?);
        }
    }
    let points = points(db, all.keys()).await?;
    let mut sorted = Vec::new();
    let mut done = BTreeSet::new();
    while !all.is_empty() {
        let free = |name: &&String| points.iter().filter(|point| point.from == **name).all(|point| point.is_in(&done));
        let next: Vec<String> = all.keys().filter(free).cloned().collect();
        if next.is_empty() {
            return Err(DbErr::Custom("tables point at each other in a circle".to_owned()));
        }
        for name in next {
            let columns = all.remove(&name).unwrap_or_default();
            done.insert(name.clone());
            sorted.push(Table { name, columns, rows: 0 });
        }
    }
    Ok(sorted)
}

async fn columns(db: &impl ConnectionTrait, table: &str) -> Result<Vec<Column>, DbErr> {
    let text = match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name, type AS kind FROM pragma_table_info($1) ORDER BY cid",
        _ => {
            "SELECT column_name::text AS name, udt_name::text AS kind FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    let rows = db.query_all_raw(sql(db, text, [table.into()])).await?;
    let read = |row: &QueryResult| {
        let (name, kind): (String, String) = (row.try_get("", "name")?, row.try_get("", "kind")?);
        let kind = match kind.to_ascii_lowercase().as_str() {
            "uuid" => Kind::Uuid,
            "bytea" | "blob" => Kind::Bytes,
            "timestamptz" => Kind::Time,
            "bool" => Kind::Bool,
            "int4" | "int8" | "integer" => Kind::Int,
            "text" | "varchar" => Kind::Text,
            other => return Err(DbErr::Custom(format!("{table}.{name} is of a kind that no backup knows: {other}"))),
        };
        Ok(Column { name, kind })
    };
    rows.iter().map(read).collect()
}

/// A column that points at a row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub from: String,
    pub column: String,
    pub to: String,
}

impl Point {
    /// What it points at is there: the table itself is, row by row.
    fn is_in(&self, done: &BTreeSet<String>) -> bool {
        self.from == self.to || done.contains(&self.to)
    }
}

/// Every one of these tables.
pub async fn points<'a>(db: &impl ConnectionTrait, tables: impl Iterator<Item = &'a String>) -> Result<Vec<Point>, DbErr> {
    let text = match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT \"from\" AS \"column\", \"table\" AS target FROM pragma_foreign_key_list($1)",
        _ => {
            "SELECT a.attname::text AS \"column\", t.relname::text AS target FROM pg_constraint c
            JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
            WHERE c.contype = 'f' AND f.relname = $1 AND f.relnamespace = 'public'::regnamespace"
        }
    };
    let mut points = Vec::new();
    for from in tables {
        for row in db.query_all_raw(sql(db, text, [from.as_str().into()])).await? {
            points.push(Point { from: from.clone(), column: row.try_get("", "column")?, to: row.try_get("", "target")? });
        }
    }
    Ok(points)
}
