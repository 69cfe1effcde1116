//! Components: each shows one thing, in the markup that `style/` knows.

mod act;
mod app_frame;
mod badge;
pub mod card_page;
mod code;
mod code_block;
mod confirm;
mod field;
mod form;
mod gate;
mod loaded;
mod marketplace;
mod notice;
mod palette;
mod passkey;
mod step_up;
mod time;

pub use act::{Act, ActForm, FailedElsewhere, FileForm, PlainForm};
pub use app_frame::{AppFrame, Looking, RestoredCopy};
pub use badge::{Badge, EnvironmentTag, OutcomeBadge, RoleName, StateBadge};
pub use card_page::CardPage;
pub use code::{CapturedMail, CodeInput};
pub use code_block::{CodeBlock, CopyId, Snippet};
pub use confirm::Confirm;
pub use field::{Choice, Field, FieldError, Select, TextArea};
pub use form::{Here, Hidden, Submit};
pub use gate::GateCode;
pub use loaded::loaded;
pub use marketplace::MarketplaceField;
pub use notice::{Crumbs, EmptyState, Notice, PageHeader};
pub use palette::Palette;
pub use passkey::{ConfirmWithAPasskey, PasskeyForm};
pub use step_up::{Approves, Gated, StepUpGate, UntilProved, proof_left};
pub use time::{At, CountdownMeter};

pub use crate::islands::{FailureNotice, Icon};
