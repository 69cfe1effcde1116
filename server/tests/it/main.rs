//! Tests through the real routers, on real databases, with the simulator in Amazon's place.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

#[path = "../../backend/tests/it/support.rs"]
mod support;

mod house;

mod gateway;
mod processes;
mod refresh;
