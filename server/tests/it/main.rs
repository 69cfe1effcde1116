//! Tests through the real routers, on real databases, with the simulator in Amazon's place.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

#[path = "../../backend/tests/it/support.rs"]
mod support;

mod authenticator;
mod backup;
mod browser;
mod hardening;
mod house;
mod registry;

mod access_reviews;
mod alerts;
mod approvals;
mod audit_export;
mod canary;
mod connections;
mod coverage;
mod database_roles;
mod dormancy;
mod egress;
mod explorer;
mod faults;
mod gateway;
mod gateways;
mod impersonation;
mod incidents;
mod installation;
mod key_services;
mod keys;
mod killed;
mod live;
mod lwa_apps;
mod notifications;
mod passkeys;
mod processes;
mod promises;
mod refresh;
mod reviews;
mod second_wall;
mod smtp;
mod sns;
mod step_up;
mod teams;
mod tenancy;
mod web;
mod webhooks;
mod witness;
mod year;
