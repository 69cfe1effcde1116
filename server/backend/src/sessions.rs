//! Signed-in browsers: who is behind a cookie, what else they have open, ending it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    Time,
    audit::Action,
    ids::{SessionId, UserId},
    session::{TOUCH_EVERY, alive},
};

use crate::{
    Cx, Portal,
    access::{self, AccessError},
    audit::{self, Event, Target},
    cx::SignedIn,
    store::{self, session::Session, user::User},
};

/// The person behind a session, or `None` when it is over or the user is disabled.
/// Asked on every request, so that an end holds from the next one. `by_person`: the request is a use of the session, and
/// not one that a page makes by itself.
pub async fn resume(
    portal: &Portal,
    id: SessionId,
    address: Option<std::net::IpAddr>,
    by_person: bool,
) -> Result<Option<SignedIn>, sea_orm::DbErr> {
    let now = portal.clock.now();
    let Some((session, user)) = found(portal, id).await? else { return Ok(None) };
    if by_person && now - session.last_seen_at >= TOUCH_EVERY {
        let tx = portal.db.begin().await?;
        store::session::touch(&*tx, id, now, address.map(|a| a.to_string())).await?;
        tx.commit().await?;
    }
    Ok(Some(SignedIn {
        user: user.id,
        email: user.email,
        is_operator: user.is_operator,
        session: id,
        signed_in_at: session.signed_in_at,
        proofs: session.proofs,
        renew: session.renew_since.is_some(),
        support: None,
    }))
}

/// Whether a session still lives. Not a use of it: what a page asks by itself keeps nobody signed in.
pub async fn is_open(portal: &Portal, id: SessionId) -> Result<bool, sea_orm::DbErr> {
    Ok(found(portal, id).await?.is_some())
}

async fn found(portal: &Portal, id: SessionId) -> Result<Option<(Session, User)>, sea_orm::DbErr> {
    let now = portal.clock.now();
    let found = store::session::with_user(portal.db.reader(), id).await?;
    Ok(found.filter(|(s, u)| u.disabled_at.is_none() && alive(s.signed_in_at, s.last_seen_at, now)))
}

/// The browser of this session has got a new id.
pub async fn renewed(portal: &Portal, id: SessionId) -> Result<(), sea_orm::DbErr> {
    let tx = portal.db.begin().await?;
    store::session::renewed(&*tx, id).await?;
    tx.commit().await
}

/// What proves that Portal wrote these words for the person of this session.
pub fn vouch(portal: &Portal, session: SessionId, words: &str) -> String {
    URL_SAFE_NO_PAD.encode(portal.vault.words_mac(session, words))
}

/// Whether Portal wrote these words for the signed-in person.
pub fn vouches(cx: &Cx, words: &str, proof: &str) -> bool {
    let proof = URL_SAFE_NO_PAD.decode(proof).unwrap_or_default();
    cx.signed_in().is_some_and(|person| cx.portal.vault.matches(cx.portal.vault.words_mac(person.session, words), &proof))
}

/// These words as an address of this session may hold them.
pub fn hidden(portal: &Portal, session: SessionId, words: &str) -> String {
    URL_SAFE_NO_PAD.encode(portal.vault.seal_words(session, words))
}

/// What such an address holds.
pub fn shown(portal: &Portal, session: SessionId, hidden: &str) -> Option<String> {
    portal.vault.open_words(session, &URL_SAFE_NO_PAD.decode(hidden).ok()?)
}

/// One row of the person's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    pub id: SessionId,
    pub current: bool,
    pub device: String,
    pub address: Option<String>,
    pub signed_in_at: Time,
    pub last_seen_at: Time,
}

/// The person's open sessions, the last used first.
pub async fn list(cx: &Cx) -> Result<Vec<OpenSession>, AccessError> {
    let person = access::signed_in(cx)?;
    let now = cx.now();
    let sessions = store::session::of_user(cx.portal.db.reader(), person.user).await?;
    let open = sessions.into_iter().filter(|s| alive(s.signed_in_at, s.last_seen_at, now));
    Ok(open.map(|session| row(session, person.session)).collect())
}

fn row(session: Session, current: SessionId) -> OpenSession {
    OpenSession {
        id: session.id,
        current: session.id == current,
        device: device(session.agent.as_deref().unwrap_or_default()),
        address: session.address,
        signed_in_at: session.signed_in_at,
        last_seen_at: session.last_seen_at,
    }
}

/// Ends one of the person's sessions.
#[tracing::instrument(skip_all, fields(session = %id))]
pub async fn revoke(cx: &Cx, id: SessionId) -> Result<(), AccessError> {
    let user = access::signed_in(cx)?.user;
    end(cx, user, id, Action::SessionRevoked).await
}

/// Ends the session of this request.
#[tracing::instrument(skip_all)]
pub async fn sign_out(cx: &Cx) -> Result<(), AccessError> {
    let person = access::signed_in(cx)?;
    end(cx, person.user, person.session, Action::SignedOut).await
}

async fn end(cx: &Cx, user: UserId, id: SessionId, action: Action) -> Result<(), AccessError> {
    let tx = cx.portal.db.begin().await?;
    if !store::session::end(&*tx, user, id, cx.now()).await? {
        return Err(AccessError::NotFound);
    }
    audit::append(&*tx, cx, Event::new(action).on(Target::session(id))).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all sessions of the person but this one; answers how many.
#[tracing::instrument(skip_all)]
pub async fn revoke_others(cx: &Cx) -> Result<u64, AccessError> {
    let person = access::signed_in(cx)?;
    let tx = cx.portal.db.begin().await?;
    let ended = store::session::end_others(&*tx, person.user, person.session, cx.now()).await?;
    let event = Event::new(Action::SessionRevoked).on(Target::user(person.user, &person.email));
    audit::append(&*tx, cx, event.with("others", i64::try_from(ended).unwrap_or(i64::MAX))).await?;
    tx.commit().await?;
    Ok(ended)
}

/// "Firefox on Linux": the browser and system of a `User-Agent`, as far as people need them to recognise a device.
pub fn device(agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Order matters: Edge and Opera call themselves Chrome, Chrome calls itself Safari.
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "an unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn a_device_is_named_as_people_know_it() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("", "an unknown device"),
        ] {
            assert_eq!(device(agent), name);
        }
    }
}
