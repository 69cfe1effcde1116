//! Reading the log over HTTP, and handing in what was seen.

use std::time::Duration;

use url::Url;

#[derive(Debug, thiserror::Error)]
pub enum OutletError {
    #[error("no client can be made")]
    Client(#[source] reqwest::Error),
    #[error("the log cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the log answers {0}")]
    Status(u16),
    #[error("the log's answer is too large")]
    TooLarge,
}

/// A tile is 8 KiB, a checkpoint a few lines.
const MOST: usize = 64 * 1024;

/// Where a log is served.
#[derive(Clone, Debug)]
pub struct Outlet {
    client: reqwest::Client,
    url: Url,
}

impl Outlet {
    pub fn new(url: Url) -> Result<Self, OutletError> {
        #[expect(clippy::disallowed_methods, reason = "a witness reads its log, at the address that it was started with")]
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let client = builder.timeout(Duration::from_secs(10)).build().map_err(OutletError::Client)?;
        Ok(Self { client, url })
    }

    /// The newest signed head.
    pub async fn checkpoint(&self) -> Result<String, OutletError> {
        let bytes = self.get("audit/checkpoint").await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A tile, by its path.
    pub async fn tile(&self, path: &str) -> Result<Vec<u8>, OutletError> {
        self.get(&format!("audit/{path}")).await
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>, OutletError> {
        let url = format!("{}/{path}", self.url.as_str().trim_end_matches('/'));
        let mut response = self.client.get(url).send().await.map_err(OutletError::Unreachable)?;
        if !response.status().is_success() {
            return Err(OutletError::Status(response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(OutletError::Unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MOST {
                return Err(OutletError::TooLarge);
            }
        }
        Ok(bytes)
    }

    /// Hands in a checkpoint with the witness's signature. A log that does not know this witness refuses: that is no alarm.
    pub async fn hand_in(&self, note: &str) -> Result<(), OutletError> {
        let url = format!("{}/audit/witnessed", self.url.as_str().trim_end_matches('/'));
        let response = self.client.post(url).body(note.to_owned()).send().await.map_err(OutletError::Unreachable)?;
        if !response.status().is_success() {
            tracing::warn!(status = response.status().as_u16(), "the log does not take what was witnessed");
        }
        Ok(())
    }
}
