//! Passkeys: registered, shown at sign-in, shown again for dangerous acts, renamed and removed. Every change of them is mailed.

mod ceremony;
mod error;
mod manage;
mod registration;
mod show;

pub use ceremony::{Question, are_offered};
pub use error::PasskeyError;
pub use manage::{forget_from_command_line, holders, list, remove, rename, waive_from_command_line};
pub use registration::{begin_registration, register};
pub use show::{begin_sign_in, begin_step_up, sign_in, step_up};
