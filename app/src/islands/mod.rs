//! What the browser's bundle holds. A page is HTML from the server; an island is a part of it that comes alive when the
//! bundle has arrived, and does without it until then.

mod dangerous;
mod failure_notice;
mod fields;
mod form;
mod icon;

pub use dangerous::Dangerous;
pub use failure_notice::FailureNotice;
pub use form::Form;
pub use icon::Icon;
