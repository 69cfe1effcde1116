//! Consents, their codes, and the access tokens that were given out.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use backend::random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use model::Time;

use super::known::{ADVERTISERS, APPS, SANDBOX_SELLER, SELLERS};

pub(super) const ACCESS_LIFE: Duration = Duration::hours(1);
const CODE_LIFE: Duration = Duration::minutes(5);

/// An ended access token is remembered this long, so that it is called expired and not unknown.
const MEMORY: Duration = Duration::days(1);
/// However hard a bench knocks, no more access tokens than these are remembered.
const MOST_ACCESS_TOKENS: usize = 100_000;
const MOST_GRANTS: usize = 500;
const KNOWN_GRANTS: usize = SELLERS.len() + 1 + ADVERTISERS.len();

/// One seller's or advertiser's consent to one app.
pub(super) struct Grant {
    pub refresh_token: String,
    pub client_id: &'static str,
    pub seller_id: &'static str,
    pub revoked: bool,
}

/// An access token that was given out. A grantless one has no seller.
pub(super) struct Access {
    pub client_id: &'static str,
    pub seller_id: Option<&'static str>,
    pub expires_at: Time,
}

struct Code {
    refresh_token: String,
    client_id: &'static str,
    redirect_uri: String,
    expires_at: Time,
}

pub(super) struct Tokens {
    /// The known ones first.
    grants: Vec<Grant>,
    codes: HashMap<String, Code>,
    access: HashMap<Arc<str>, Access>,
    /// All live equally long, so the oldest ends first.
    oldest: VecDeque<Arc<str>>,
}

impl Tokens {
    pub fn new() -> Self {
        let grant = |refresh_token: &str, client_id, seller_id| Grant {
            refresh_token: refresh_token.to_owned(),
            client_id,
            seller_id,
            revoked: false,
        };
        let sellers = SELLERS.into_iter().chain([SANDBOX_SELLER]);
        let sellers = sellers.map(|one| grant(one.refresh_token, one.client_id, one.seller_id));
        let advertisers = ADVERTISERS.into_iter().map(|one| grant(one.refresh_token, APPS[2].client_id, one.id));
        let grants = sellers.chain(advertisers);
        Self { grants: grants.collect(), codes: HashMap::new(), access: HashMap::new(), oldest: VecDeque::new() }
    }

    /// The seller behind a refresh token, when it is this app's and its consent stands.
    pub fn seller_of(&self, client_id: &str, refresh_token: &str) -> Option<&'static str> {
        let grant = self.grants.iter().find(|g| g.refresh_token == refresh_token && g.client_id == client_id)?;
        (!grant.revoked).then_some(grant.seller_id)
    }

    /// The consents of the start, and those that were given here since.
    pub fn grants(&self) -> (&[Grant], &[Grant]) {
        self.grants.split_at(KNOWN_GRANTS)
    }

    /// Withdraws or restores every consent of a seller. Says whether the seller is known.
    pub fn set_revoked(&mut self, seller_id: &str, revoked: bool) -> bool {
        let mut known = false;
        for grant in self.grants.iter_mut().filter(|grant| grant.seller_id == seller_id) {
            grant.revoked = revoked;
            known = true;
        }
        known
    }

    /// A seller consents to an app: makes a fresh refresh token, and answers the code for it.
    pub fn consent(&mut self, client_id: &'static str, seller_id: &'static str, redirect_uri: &str, now: Time) -> String {
        let refresh_token = self.grant(client_id, seller_id);
        self.codes.retain(|_, code| now < code.expires_at);
        let code = random_text::<15>();
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(code.clone(), Code { refresh_token, client_id, redirect_uri, expires_at: now + CODE_LIFE });
        code
    }

    /// A fresh refresh token of a seller for an app.
    pub fn grant(&mut self, client_id: &'static str, seller_id: &'static str) -> String {
        let refresh_token = format!("Atzr|IwEBI{}", random_text::<120>());
        self.grants.push(Grant { refresh_token: refresh_token.clone(), client_id, seller_id, revoked: false });
        if self.grants.len() > MOST_GRANTS {
            self.grants.remove(KNOWN_GRANTS);
        }
        refresh_token
    }

    /// The refresh token for a code. Any try uses the code up.
    pub fn redeem(&mut self, code: &str, client_id: &str, redirect_uri: &str, now: Time) -> Option<String> {
        let code = self.codes.remove(code)?;
        let fits = code.client_id == client_id && code.redirect_uri == redirect_uri && now < code.expires_at;
        fits.then_some(code.refresh_token)
    }

    /// Gives out an access token, and forgets those that ended long ago.
    pub fn issue(&mut self, client_id: &'static str, seller_id: Option<&'static str>, now: Time) -> String {
        while let Some(token) = self.oldest.front() {
            let ended = self.access.get(token).is_none_or(|access| access.expires_at + MEMORY <= now);
            if !ended && self.oldest.len() < MOST_ACCESS_TOKENS {
                break;
            }
            if let Some(token) = self.oldest.pop_front() {
                self.access.remove(&token);
            }
        }
        let token: Arc<str> = format!("Atza|IwEBI{}", random_text::<120>()).into();
        self.access.insert(token.clone(), Access { client_id, seller_id, expires_at: now + ACCESS_LIFE });
        self.oldest.push_back(token.clone());
        token.to_string()
    }

    /// An access token that was given out, perhaps expired.
    pub fn access(&self, token: &str) -> Option<&Access> {
        self.access.get(token)
    }

    /// How many access tokens of an app are alive.
    pub fn alive(&self, client_id: &str, now: Time) -> usize {
        self.access.values().filter(|access| access.client_id == client_id && now < access.expires_at).count()
    }
}

/// `N` random bytes as text that fits into URLs and tokens.
pub(super) fn random_text<const N: usize>() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<N>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_access_tokens_are_forgotten_after_a_day() {
        let mut tokens = Tokens::new();
        let (client_id, start) = (APPS[0].client_id, Time::UNIX_EPOCH);
        let first = tokens.issue(client_id, None, start);
        assert_eq!((tokens.alive(client_id, start), tokens.alive(client_id, start + ACCESS_LIFE)), (1, 0));
        tokens.issue(client_id, None, start + ACCESS_LIFE);
        assert!(tokens.access(&first).is_some());
        tokens.issue(client_id, None, start + ACCESS_LIFE + MEMORY);
        assert!(tokens.access(&first).is_none());
        assert_eq!((tokens.access.len(), tokens.oldest.len()), (2, 2));
    }
}
