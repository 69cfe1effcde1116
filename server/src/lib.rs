#![recursion_limit = "256"]
//! The edges: HTTP, configuration, subcommands. No rule lives here.

pub mod address;
pub mod audit_export;
pub mod audit_report;
pub mod backup_report;
mod bare_headers;
pub mod bundle_report;
pub mod checkpoints;
pub mod config;
pub mod custody;
pub mod database_roles;
pub mod demo;
pub mod drill;
pub mod gateway;
pub mod keys_report;
pub mod logging;
pub mod metrics;
pub mod restore;
pub mod routes;
pub mod second_wall;
pub mod serve;
pub mod simulator;
pub mod start;
pub mod tiles;
pub mod web;
pub mod witness;
