//! Integration tests of the verbs, on real databases: each runs on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

mod support;

mod audit_tree;
mod log;
mod login;
mod retention;
mod schema;
mod vault;
