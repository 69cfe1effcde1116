//! Integration tests of the verbs, on real databases: each runs on SQLite and on PostgreSQL.

mod support;

mod login;

mod schema;
mod vault;
