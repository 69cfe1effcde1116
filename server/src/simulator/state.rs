//! Everything that the simulator remembers, and the secrets of its apps.

use backend::random;
use chrono::Duration;
use model::Time;

use super::{
    calls::Calls,
    faults::Faults,
    known::{APPS, App},
    tokens::Tokens,
};

/// A rotated client secret works this much longer.
pub(super) const OVERLAP: Duration = Duration::days(7);

pub(super) struct State {
    pub apps: Vec<AppState>,
    pub tokens: Tokens,
    pub faults: Faults,
    pub calls: Calls,
}

impl State {
    pub fn new() -> Self {
        let apps = APPS.into_iter().map(AppState::new).collect();
        Self { apps, tokens: Tokens::new(), faults: Faults::default(), calls: Calls::default() }
    }

    pub fn app_mut(&mut self, client_id: &str) -> Option<&mut AppState> {
        self.apps.iter_mut().find(|app| app.known.client_id == client_id)
    }
}

/// An app and the client secrets that it has at present.
pub(super) struct AppState {
    pub known: App,
    pub secret: String,
    retired: Vec<Retired>,
}

struct Retired {
    secret: String,
    until: Time,
}

impl AppState {
    fn new(known: App) -> Self {
        Self { known, secret: known.client_secret.to_owned(), retired: Vec::new() }
    }

    pub fn accepts(&self, secret: &str, now: Time) -> bool {
        self.secret == secret || self.retired.iter().any(|old| old.secret == secret && now < old.until)
    }

    pub fn rotate(&mut self, now: Time) -> String {
        self.retired.retain(|old| now < old.until);
        let hex: String = random::bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect();
        let old = std::mem::replace(&mut self.secret, format!("amzn1.oa2-cs.v1.{hex}"));
        self.retired.push(Retired { secret: old, until: now + OVERLAP });
        self.secret.clone()
    }

    /// Until when the secret before this one works; none when it does not.
    pub fn old_secret_until(&self, now: Time) -> Option<Time> {
        self.retired.last().map(|old| old.until).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use model::amazon::check_client_secret;

    use super::*;

    #[test]
    fn the_old_secret_works_seven_days_more() {
        let mut app = AppState::new(APPS[0]);
        let start = Time::UNIX_EPOCH;
        let new = app.rotate(start);
        assert_eq!(check_client_secret(&new), Ok(()));
        let edge = start + OVERLAP;
        assert!(app.accepts(APPS[0].client_secret, edge - Duration::seconds(1)) && app.accepts(&new, start));
        assert!(!app.accepts(APPS[0].client_secret, edge));
        assert!(app.accepts(&new, edge) && !app.accepts("", start));
        assert_eq!((app.old_secret_until(start), app.old_secret_until(edge)), (Some(edge), None));
    }
}
