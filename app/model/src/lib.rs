//! The words and rules of Portal as pure types: no I/O, no clock, no randomness. Compiles for the browser.

pub mod access;
pub mod access_review;
pub mod alert;
pub mod amazon;
pub mod approval;
pub mod audit;
pub mod connection;
mod counted;
pub mod credential;
pub mod dormancy;
pub mod egress;
pub mod email;
pub mod engagement;
pub mod environment;
pub mod gateway;
pub mod ids;
pub mod impersonation;
pub mod incident;
pub mod login;
pub mod lwa_app;
pub mod name;
pub mod notification;
pub mod passkey;
pub mod problem;
pub mod promise;
pub mod retention;
pub mod review;
pub mod session;
pub mod step_up;
pub mod webhook;

pub use access::{Permission, Role};
pub use counted::counted;
pub use email::EmailAddress;
pub use environment::{Environment, Environments};
pub use name::Name;
pub use problem::{Problem, ProblemCode};

/// A moment, always UTC. Portal keeps microseconds, as PostgreSQL does.
pub type Time = chrono::DateTime<chrono::Utc>;
