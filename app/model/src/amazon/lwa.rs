//! The shapes of what people paste from Amazon, with words for the commonest mistakes.

use std::{fmt, str::FromStr};

use serde::Serialize;

const CLIENT_ID: &str = "amzn1.application-oa2-client.";
const CLIENT_SECRET: &str = "amzn1.oa2-cs.v1.";
const APPLICATION_IDS: [&str; 2] = ["amzn1.sp.solution.", "amzn1.sellerapps.app."];
const REFRESH_TOKEN: &str = "Atzr|";
const ACCESS_TOKEN: &str = "Atza|";

/// The client id of an LWA app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LwaClientId(String);

/// The application id of an app: names it on Amazon's consent page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApplicationId(String);

/// What was pasted in place of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    #[error("Enter the client id.")]
    Empty,
    #[error(
        "This is the application id. The client id starts with amzn1.application-oa2-client. and stands under “LWA credentials”."
    )]
    ApplicationIdForClientId,
    #[error("This is the client id. The application id starts with amzn1.sp.solution. or amzn1.sellerapps.app.")]
    ClientIdForApplicationId,
    #[error("This is a client secret. Treat it as leaked if you have pasted it elsewhere too.")]
    SecretForId,
    #[error("A client id is amzn1.application-oa2-client. and 32 characters after it.")]
    ClientIdShape,
    #[error("An application id starts with amzn1.sp.solution. or amzn1.sellerapps.app.")]
    ApplicationIdShape,
}

/// Quotes and white space come along when people copy from configuration files.
fn bare(text: &str) -> &str {
    text.trim().trim_matches(|c| c == '"' || c == '\'').trim()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl FromStr for LwaClientId {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let id = bare(text);
        if id.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if APPLICATION_IDS.iter().any(|start| id.starts_with(start)) {
            return Err(IdentifierError::ApplicationIdForClientId);
        }
        if id.starts_with(CLIENT_SECRET) || is_hex(id, 64) {
            return Err(IdentifierError::SecretForId);
        }
        match id.strip_prefix(CLIENT_ID) {
            Some(rest) if is_hex(rest, 32) => Ok(Self(id.to_owned())),
            _ => Err(IdentifierError::ClientIdShape),
        }
    }
}

impl FromStr for ApplicationId {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let id = bare(text);
        if id.starts_with(CLIENT_ID) {
            return Err(IdentifierError::ClientIdForApplicationId);
        }
        if id.starts_with(CLIENT_SECRET) {
            return Err(IdentifierError::SecretForId);
        }
        let rest = APPLICATION_IDS.iter().find_map(|start| id.strip_prefix(start));
        let fits =
            |rest: &str| (1..=80).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if rest.is_some_and(fits) { Ok(Self(id.to_owned())) } else { Err(IdentifierError::ApplicationIdShape) }
    }
}

impl fmt::Display for LwaClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientSecretError {
    #[error("Enter the client secret.")]
    Empty,
    #[error("This is an id, not the secret. The client secret starts with amzn1.oa2-cs.v1. (older ones are 64 characters).")]
    IsId,
    #[error("This is a token, not the client secret.")]
    IsToken,
    #[error("A client secret is amzn1.oa2-cs.v1. and 64 characters after it (older ones: the 64 characters alone).")]
    Shape,
}

/// Checks the shape of a pasted client secret. Borrows: no copy of a secret is made here.
pub fn check_client_secret(text: &str) -> Result<(), ClientSecretError> {
    let secret = text.trim();
    if secret.is_empty() {
        return Err(ClientSecretError::Empty);
    }
    if secret.starts_with(CLIENT_ID) || APPLICATION_IDS.iter().any(|start| secret.starts_with(start)) {
        return Err(ClientSecretError::IsId);
    }
    if secret.starts_with("Atz") {
        return Err(ClientSecretError::IsToken);
    }
    let rest = secret.strip_prefix(CLIENT_SECRET).unwrap_or(secret);
    if is_hex(rest, 64) { Ok(()) } else { Err(ClientSecretError::Shape) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshTokenError {
    #[error("Enter the refresh token.")]
    Empty,
    #[error("This is an access token: it ends within an hour. The refresh token starts with Atzr|.")]
    IsAccessToken,
    #[error("This is a client secret. The refresh token starts with Atzr|.")]
    IsClientSecret,
    #[error("A refresh token starts with Atzr| and has no spaces.")]
    Shape,
}

/// Checks the shape of a pasted refresh token. Borrows: no copy of a secret is made here.
pub fn check_refresh_token(text: &str) -> Result<(), RefreshTokenError> {
    let token = text.trim();
    if token.is_empty() {
        return Err(RefreshTokenError::Empty);
    }
    if token.starts_with(ACCESS_TOKEN) {
        return Err(RefreshTokenError::IsAccessToken);
    }
    if token.starts_with(CLIENT_SECRET) {
        return Err(RefreshTokenError::IsClientSecret);
    }
    let fits = token
        .strip_prefix(REFRESH_TOKEN)
        .is_some_and(|rest| (16..=2043).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_graphic()));
    if fits { Ok(()) } else { Err(RefreshTokenError::Shape) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX32: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_application_id_in_place_of_the_client_id_is_called_out() {
        let client = format!(" \"{CLIENT_ID}{HEX32}\" ");
        assert_eq!(client.parse::<LwaClientId>().unwrap().to_string(), format!("{CLIENT_ID}{HEX32}"));
        let application = "amzn1.sp.solution.2bfd6b0a-7f3c-4e0e-9f1d-3b8d4d8f0a11";
        assert_eq!(application.parse::<LwaClientId>(), Err(IdentifierError::ApplicationIdForClientId));
        assert_eq!(client.parse::<ApplicationId>(), Err(IdentifierError::ClientIdForApplicationId));
        assert!(application.parse::<ApplicationId>().is_ok());
        assert_eq!(format!("{CLIENT_SECRET}{HEX32}{HEX32}").parse::<LwaClientId>(), Err(IdentifierError::SecretForId));
        assert_eq!("amzn1".parse::<LwaClientId>(), Err(IdentifierError::ClientIdShape));
    }

    #[test]
    fn secrets_and_tokens_are_told_apart() {
        assert_eq!(check_client_secret(&format!("{CLIENT_SECRET}{HEX32}{HEX32}")), Ok(()));
        assert_eq!(check_client_secret(&format!("{HEX32}{HEX32}")), Ok(()));
        assert_eq!(check_client_secret(&format!("{CLIENT_ID}{HEX32}")), Err(ClientSecretError::IsId));
        assert_eq!(check_client_secret("Atzr|abc"), Err(ClientSecretError::IsToken));
        assert_eq!(check_client_secret("secret"), Err(ClientSecretError::Shape));
        assert_eq!(check_refresh_token("Atzr|IwEBIExampleExampleExample"), Ok(()));
        assert_eq!(check_refresh_token("Atza|IwEBIExampleExampleExample"), Err(RefreshTokenError::IsAccessToken));
        assert_eq!(check_refresh_token("Atzr|two words in here"), Err(RefreshTokenError::Shape));
    }
}
