//! What a browser keeps at Portal, through tower-sessions: an encrypted cookie with a random id, and a row under its hash.

use std::fmt;

use app::api::login::SignOut;
use async_trait::async_trait;
use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use backend::{Portal, store::browser, vault::sha256};
use chrono::DateTime;
use leptos::server_fn::ServerFn;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{Key, SameSite},
    service::PrivateCookie,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::Web;

/// What the cookie is called, and what over HTTPS.
const NAMES: [&str; 2] = ["portal", "__Host-portal"];

/// The layer. A browser that has nothing to keep gets no cookie.
pub fn browser_sessions(web: &Web) -> SessionManagerLayer<Browsers, PrivateCookie> {
    let life = time::Duration::seconds(model::session::LIFE.num_seconds());
    SessionManagerLayer::new(Browsers(web.portal.clone()))
        .with_name(NAMES[usize::from(web.is_https())])
        .with_secure(web.is_https())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(life))
        .with_private(Key::from(web.portal.vault.cookie_key()))
}

/// A cookie is taken away from a browser that has signed out. Any other request whose cookie is known no more may have left before the browser
/// got its new one, which would go with the old.
pub async fn keeps_newer_cookies(request: Request, next: Next) -> Response {
    let signs_out = request.uri().path() == SignOut::PATH;
    let mut response = next.run(request).await;
    if !signs_out || response.status().is_client_error() {
        let set: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
        response.headers_mut().remove(header::SET_COOKIE);
        let is_removal =
            |cookie: &HeaderValue| NAMES.iter().any(|name| cookie.as_bytes().starts_with(format!("{name}=;").as_bytes()));
        for cookie in set.into_iter().filter(|cookie| !is_removal(cookie)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// The store: an id is known only by its hash.
#[derive(Clone)]
pub struct Browsers(Portal);

impl fmt::Debug for Browsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Browsers")
    }
}

fn hash(id: &Id) -> [u8; 32] {
    sha256(&id.0.to_be_bytes())
}

fn failed(error: sea_orm::DbErr) -> Error {
    tracing::error!(error = &error as &dyn std::error::Error, "the browser store did not answer");
    Error::Backend("the database did not answer".to_owned())
}

fn encode(record: &Record) -> Result<(String, model::Time)> {
    let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    let expires_at = DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0).unwrap_or_default();
    Ok((data, expires_at))
}

#[async_trait]
impl SessionStore for Browsers {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (data, expires_at) = encode(record)?;
        loop {
            let tx = self.0.db.begin().await.map_err(failed)?;
            let inserted = browser::insert(&*tx, hash(&record.id), data.clone(), expires_at).await.map_err(failed)?;
            tx.commit().await.map_err(failed)?;
            if inserted {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (data, expires_at) = encode(record)?;
        let tx = self.0.db.begin().await.map_err(failed)?;
        let is_there = browser::update(&*tx, hash(&record.id), data, expires_at).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        // An answer with its cookie would take away the one that the browser has by now.
        if is_there { Ok(()) } else { Err(Error::Backend("another request gave this browser a new cookie".to_owned())) }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = browser::get(self.0.db.reader(), hash(id), self.0.clock.now()).await.map_err(failed)?;
        let Some((data, expires_at)) = found else { return Ok(None) };
        let data = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(expires_at.timestamp())
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let tx = self.0.db.begin().await.map_err(failed)?;
        browser::delete(&*tx, hash(id)).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}
