//! The only outbound HTTP to Amazon: Login with Amazon (LWA), SP-API and the Advertising API.

mod ads;
mod client;
mod failure;
mod lwa;
mod sp_api;

pub use client::Amazon;
pub use failure::{CallFailure, LwaFailure};
pub use lwa::{LwaClient, TokenAnswer};
pub use sp_api::Participation;
