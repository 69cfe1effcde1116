//! One SQL text for both databases: only the type names differ.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// Runs `statements` one after another with `{uuid}`, `{bytes}`, `{time}`, `{bool}`, `{int}`, `{bigint}`, `{text}` and
/// `{strict}` (the end of a CREATE TABLE) and `{empty}` (no bytes) replaced. SQLite tables are STRICT, so a wrong type is an error there too.
pub async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let backend = connection.get_database_backend();
    for statement in statements {
        connection.execute_unprepared(&translate(statement, backend)).await?;
    }
    Ok(())
}

/// Drops tables in the given order.
pub async fn drop(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        manager.get_connection().execute_unprepared(&format!("DROP TABLE \"{table}\"")).await?;
    }
    Ok(())
}

fn translate(statement: &str, backend: DbBackend) -> String {
    let types: [(&str, &str); 9] = match backend {
        DbBackend::Sqlite => [
            ("{uuid}", "BLOB"),
            ("{bytes}", "BLOB"),
            ("{time}", "TEXT"),
            ("{bool}", "INTEGER"),
            ("{int}", "INTEGER"),
            ("{bigint}", "INTEGER"),
            ("{text}", "TEXT"),
            ("{strict}", "STRICT"),
            ("{empty}", "x''"),
        ],
        _ => [
            ("{uuid}", "uuid"),
            ("{bytes}", "bytea"),
            ("{time}", "timestamptz"),
            ("{bool}", "boolean"),
            ("{int}", "integer"),
            ("{bigint}", "bigint"),
            ("{text}", "text"),
            ("{strict}", ""),
            ("{empty}", "''::bytea"),
        ],
    };
    types.iter().fold(statement.to_owned(), |sql, (name, with)| sql.replace(name, with))
}
