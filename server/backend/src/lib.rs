//! What Portal does. Knows neither axum nor Leptos: verbs are free functions that take a [`Cx`].

pub mod access;
pub mod access_reviews;
pub mod alerts;
pub mod amazon;
pub mod approvals;
pub mod audit;
pub mod clock;
pub mod connections;
pub mod credentials;
pub mod cx;
pub mod dormancy;
pub mod egress;
pub mod error;
pub mod gateways;
pub mod impersonations;
pub mod incidents;
pub mod jobs;
pub mod keys;
pub mod login;
pub mod lwa_apps;
pub mod mail;
pub mod notifications;
pub mod passkeys;
pub mod portal;
pub mod promises;
pub mod random;
pub mod reviews;
pub mod sessions;
pub mod store;
pub mod teams;
pub mod vault;
pub mod webhooks;

pub use access::TeamScope;
pub use clock::Clock;
pub use cx::{Actor, Cx};
pub use portal::{Mode, Portal};
