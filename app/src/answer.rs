//! What the page that answers a plain form post gets beside its data. With the bundle, forms keep their own content.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{gateways::ShownKey, impersonations::ShownCode, notifications::ShownNotificationKey};

/// The fields of a form that failed, so that the page can be shown again with what was typed and ticked. Never secrets.
#[derive(Clone, Debug, Default)]
pub struct Echo(pub Arc<Vec<(String, String)>>);

/// A secret that was made by the post which this page answers.
#[derive(Clone, Debug)]
pub enum Revealed {
    GatewayKey(ShownKey),
    NotificationKey(ShownNotificationKey),
    Code(ShownCode),
}

/// From words to what stands for them, or back.
type Spell<T> = Arc<dyn Fn(&str) -> T + Send + Sync>;

/// Words of a page that come back to Portal from this session.
#[derive(Clone)]
pub struct Words {
    /// Proves that Portal itself wrote them: what a form says of an act goes into a mail.
    pub vouch: Spell<String>,
    /// As an address may hold them: names and addresses of people are nothing for the log of a proxy.
    pub hide: Spell<String>,
    pub show: Spell<Option<String>>,
}

/// What stands for these words; nothing where nobody is signed in.
pub(crate) fn vouched(words: &str) -> String {
    use_context::<Words>().map(|known| (known.vouch)(words)).unwrap_or_default()
}

/// The same for an address.
pub(crate) fn hidden(words: &str) -> String {
    use_context::<Words>().map(|known| (known.hide)(words)).unwrap_or_default()
}

/// What an address of this session holds.
pub(crate) fn shown(hidden: &str) -> Option<String> {
    use_context::<Words>().and_then(|known| (known.show)(hidden))
}

/// This installation can have passkeys.
#[derive(Clone, Copy, Debug)]
pub struct PasskeysOffered(pub bool);

/// The database is a restored copy, of a backup of that moment.
#[derive(Clone, Debug)]
pub struct CopyOf(pub String);

/// Where to go after signing in, as the address says. Leptos would read it twice.
#[derive(Clone, Debug)]
pub struct Next(pub String);

/// What was typed into a field of the form that failed.
pub(crate) fn echo(name: &str) -> Option<String> {
    let echo = use_context::<Echo>()?;
    echo.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// Whether this choice was ticked in the form that failed.
pub(crate) fn ticked(name: &str, value: &str) -> bool {
    use_context::<Echo>().is_some_and(|echo| echo.0.iter().any(|(known, one)| known == name && one == value))
}

/// The page on which it began, for one that says how it ended.
#[derive(Clone, Debug)]
pub struct WayBack(pub String);

/// The key that was made by the post which this page answers.
pub(crate) fn revealed_key() -> Option<ShownKey> {
    match use_context::<Revealed>()? {
        Revealed::GatewayKey(key) => Some(key),
        _ => None,
    }
}

/// The same of a code that lets support look in.
pub(crate) fn revealed_code() -> Option<ShownCode> {
    match use_context::<Revealed>()? {
        Revealed::Code(code) => Some(code),
        _ => None,
    }
}

/// The same of a key that signs notifications.
pub(crate) fn revealed_notification_key() -> Option<ShownNotificationKey> {
    match use_context::<Revealed>()? {
        Revealed::NotificationKey(key) => Some(key),
        _ => None,
    }
}
