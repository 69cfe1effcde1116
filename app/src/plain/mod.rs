//! Pages of plain forms and text. No bundle is loaded for them, so none of them is in it.

mod code;
mod confirm;
mod consent;
mod document_page;
mod gateway_api;
mod security;
mod sign_in;

pub use code::CodePage;
pub use confirm::ConfirmPage;
pub use consent::ConsentPage;
pub use gateway_api::GatewayApiPage;
pub use security::SecurityPage;
pub use sign_in::SignInPage;
