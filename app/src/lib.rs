#![recursion_limit = "256"]
//! What may reach a browser: pages, which the server draws; islands, which come alive in the browser; server functions.

pub mod api;
mod failure;
pub mod islands;

#[cfg(feature = "ssr")]
mod answer;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
pub mod edge;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
mod routes;

pub use failure::Failure;
#[cfg(feature = "ssr")]
pub use routes::App;
