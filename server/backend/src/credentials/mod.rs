//! Runtime credentials: issuing them to Gateways, and refreshing them once for all who wait.

mod caller;
mod error;
mod feedback;
mod flight;
mod issue;
mod record;
mod refresh;
mod status;

pub use caller::{Caller, Credentials, Origin, identify};
pub use error::IssueError;
pub use feedback::{Feedback, feedback};
pub use flight::Flights;
pub use issue::{IssueRequest, Issued, issue};
pub use record::{Allowance, Limits, Refused};
pub use status::{ConnectionStatus, SelfDescription, self_description, status};
