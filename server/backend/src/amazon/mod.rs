//! The only outbound HTTP to Amazon: Login with Amazon (LWA) and SP-API.

mod client;
mod failure;
mod lwa;
mod sp_api;

pub use client::Amazon;
pub use failure::{LwaFailure, SpApiFailure};
pub use lwa::{LwaClient, TokenAnswer};
pub use sp_api::Participation;
