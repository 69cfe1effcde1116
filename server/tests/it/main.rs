//! Tests through the real routers, on real databases, with the simulator in Amazon's place.

#[path = "../../backend/tests/it/support.rs"]
mod support;

mod house;

mod gateway;
mod refresh;
