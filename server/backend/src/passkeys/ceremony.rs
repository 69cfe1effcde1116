//! What every ceremony has: the site, the question, and a stored passkey as the library knows it.

use model::{
    audit::Action,
    ids::{CeremonyId, UserId},
    passkey::{BEGIN_BURST, BEGIN_EVERY, CEREMONY_LIFE},
};
use serde::{Serialize, de::DeserializeOwned};
use webauthn_rs::{Webauthn, WebauthnBuilder, prelude};

use super::PasskeyError;
use crate::{
    Cx, Portal,
    audit::{self, Event},
    random,
    store::{
        Tx,
        passkey::{self, Passkey, Purpose},
        rate_limit::{self, Limit},
    },
    vault::Vault,
};

/// What a browser asks its authenticator, as JSON for `navigator.credentials`; the id is kept in the browser's own store.
#[derive(Clone, Debug)]
pub struct Question {
    pub id: CeremonyId,
    pub options: serde_json::Value,
}

/// Whether this installation can have passkeys: browsers know them by the name in its address.
pub fn are_offered(portal: &Portal) -> bool {
    site(portal).is_ok()
}

pub(super) fn site(portal: &Portal) -> Result<Webauthn, PasskeyError> {
    let origin = url::Url::parse(&portal.settings.public_url).map_err(|_| PasskeyError::NotHere)?;
    let name = origin.domain().ok_or(PasskeyError::NotHere)?.to_owned();
    let builder = WebauthnBuilder::new(&name, &origin).map_err(|_| PasskeyError::NotHere)?;
    builder.rp_name("Portal").build().map_err(|_| PasskeyError::NotHere)
}

/// Keeps the state of a question, and gives it out.
pub(super) async fn ask(
    cx: &Cx,
    tx: &Tx,
    purpose: Purpose,
    options: serde_json::Value,
    state: impl Serialize,
) -> Result<Question, PasskeyError> {
    let id: CeremonyId = random::id(cx.now());
    let state = serde_json::to_string(&state).map_err(|_| PasskeyError::Refused("state"))?;
    passkey::ask(&**tx, id, purpose, state, cx.now() + CEREMONY_LIFE).await?;
    Ok(Question { id, options })
}

/// Begins a question, within the limit of its bucket. Who is over the limit must not hold up those who write, and is asked first.
pub(super) async fn begin_within(cx: &Cx, bucket: Option<String>) -> Result<Tx, PasskeyError> {
    let Some(bucket) = bucket else { return Ok(cx.portal.db.begin().await?) };
    let limit = Limit { burst: BEGIN_BURST, every: BEGIN_EVERY };
    let over = |taken: rate_limit::Taken| PasskeyError::TooManyAsks { retry_after: taken.wait };
    let seen = rate_limit::look(cx.portal.db.reader(), &bucket, limit, cx.now()).await?;
    if seen.granted == 0 {
        return Err(over(seen));
    }
    let tx = cx.portal.db.begin().await?;
    let taken = rate_limit::take(&*tx, &bucket, limit, 1, cx.now()).await?;
    if taken.granted == 1 { Ok(tx) } else { Err(over(taken)) }
}

/// Takes the question away and reads what it waits for, whatever becomes of the answer.
pub(super) async fn asked<S: DeserializeOwned>(cx: &Cx, id: CeremonyId, purpose: Purpose) -> Result<S, PasskeyError> {
    let tx = cx.portal.db.begin().await?;
    let state = passkey::answer(&*tx, id, purpose, cx.now()).await?;
    tx.commit().await?;
    serde_json::from_str(&state.ok_or(PasskeyError::Refused("not-asked"))?).map_err(|_| PasskeyError::Refused("state"))
}

/// What a browser sent back.
pub(super) fn read<A: DeserializeOwned>(response: &str) -> Result<A, PasskeyError> {
    serde_json::from_str(response).map_err(|_| PasskeyError::Refused("unreadable"))
}

/// A stored passkey as the library knows it, when Portal wrote it.
pub(super) fn known(vault: &Vault, row: &Passkey) -> Result<prelude::Passkey, PasskeyError> {
    if !vault.matches(vault.passkey_mac(row.user, &row.credential), &row.mac) {
        return Err(PasskeyError::Refused("foreign"));
    }
    serde_json::from_str(&row.credential).map_err(|_| PasskeyError::Refused("foreign"))
}

/// A passkey as it is stored.
pub(super) fn written(vault: &Vault, user: UserId, one: &prelude::Passkey) -> Result<(String, Vec<u8>), PasskeyError> {
    let credential = serde_json::to_string(one).map_err(|_| PasskeyError::Refused("state"))?;
    let mac = vault.passkey_mac(user, &credential).to_vec();
    Ok((credential, mac))
}

/// Records a refusal; of a network's, the first ones and then one every ten seconds.
pub(super) async fn refuse(cx: &Cx, action: Action, error: PasskeyError) -> PasskeyError {
    let PasskeyError::Refused(why) = error else { return error };
    let limit = Limit { burst: 10, every: chrono::Duration::seconds(10) };
    let recorded = async {
        let tx = cx.portal.db.begin().await?;
        if rate_limit::take(&*tx, &format!("passkey-miss:{}", cx.network()), limit, 1, cx.now()).await?.granted == 1 {
            audit::append(&*tx, cx, Event::new(action).with("by", "passkey").refused(why)).await?;
        }
        tx.commit().await
    };
    match recorded.await {
        Ok(()) => error,
        Err(outage) => outage.into(),
    }
}
