//! What a browser keeps at Portal, through tower-sessions: an encrypted cookie with a random id, and a row under its hash.

use std::fmt;

use async_trait::async_trait;
use backend::{Portal, store::browser, vault::sha256};
use chrono::DateTime;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{Key, SameSite},
    service::PrivateCookie,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::Web;

/// The layer. A browser that has nothing to keep gets no cookie.
pub fn browser_sessions(web: &Web) -> SessionManagerLayer<Browsers, PrivateCookie> {
    let life = time::Duration::seconds(model::session::LIFE.num_seconds());
    SessionManagerLayer::new(Browsers(web.portal.clone()))
        .with_name(if web.is_https() { "__Host-portal" } else { "portal" })
        .with_secure(web.is_https())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(life))
        .with_private(Key::from(web.portal.vault.cookie_key()))
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
        browser::update(&*tx, hash(&record.id), data, expires_at).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
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
