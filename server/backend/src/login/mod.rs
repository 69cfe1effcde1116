//! Sign-in and step-up with a code from the person's e-mail.

mod ask;
mod error;
mod prove;

pub use ask::{Asked, ask, ask_step_up};
pub use error::LoginError;
pub(crate) use prove::open_session;
pub use prove::{sign_in, step_up};
