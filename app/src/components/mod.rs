//! Components: each shows one thing, in the markup that `style/` knows.

mod app_frame;
mod badge;
mod card_page;
mod code_block;
mod confirm;
mod field;
mod form;
mod icon;
mod loaded;
mod notice;
mod step_up;
mod time;

pub use app_frame::AppFrame;
pub use badge::{Badge, EnvironmentTag, OutcomeBadge, RoleName, StateBadge};
pub use card_page::{CardPage, DocumentPage};
pub use code_block::{CodeBlock, CopyId, Snippet};
pub use confirm::Confirm;
pub use field::{Choice, Field, Select, TextArea};
pub use form::{Here, Hidden, Submit, failure_of};
pub use icon::Icon;
pub use loaded::loaded;
pub use notice::{EmptyState, FailureNotice, Notice, PageHeader};
pub use step_up::StepUpGate;
pub use time::{At, CountdownMeter};
