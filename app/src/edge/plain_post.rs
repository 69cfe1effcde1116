//! A form posted without JavaScript, or before it arrived. The page that answers the post shows the outcome itself:
//! it goes through no redirect, no address and no store.

use std::sync::{Arc, Mutex, PoisonError};

use crate::answer::{Echo, Revealed};

/// Field names whose values are never given back to a page.
pub const NEVER_ECHOED: [&str; 6] = ["response", "webhook_secret", "client_secret", "refresh_token", "code", "confirm"];

/// The fields of a form body, but for secret ones.
pub fn echo_of(body: &[u8]) -> Echo {
    let fields = url::form_urlencoded::parse(body).into_owned();
    Echo(Arc::new(fields.filter(|(name, _)| !NEVER_ECHOED.contains(&name.as_str())).collect()))
}

/// Where a server function leaves a secret that it reveals once.
#[derive(Clone, Default)]
pub struct Reveal(Arc<Mutex<Option<Revealed>>>);

impl Reveal {
    pub(crate) fn put(&self, key: Revealed) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }

    /// Takes out what was left, to show it.
    pub fn take(&self) -> Option<Revealed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_given_back_to_a_page() {
        let secrets: String = NEVER_ECHOED.iter().map(|name| format!("&{name}=Atzr")).collect();
        let echo = echo_of(format!("name=Northwind+EU{secrets}").as_bytes());
        assert_eq!(echo.0.len(), 1);
        assert_eq!(echo.0[0], ("name".to_owned(), "Northwind EU".to_owned()));
    }
}
