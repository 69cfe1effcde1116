//! The HTML document around the application.

use std::sync::Arc;

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{
    App,
    answer::CopyOf,
    api::Viewer,
    components::{Looking, RestoredCopy},
};

/// The bundle's files, found once at start; their names hold a hash of their content.
#[derive(Clone, Debug)]
pub struct Assets {
    pub js: Arc<str>,
    pub wasm: Arc<str>,
    pub css: Arc<str>,
    /// Copying, dialogs, menus: little scripts that need no WASM.
    pub script: Arc<str>,
    /// The command palette of signed-in pages.
    pub palette: Arc<str>,
    /// What a page needs to ask the browser for a passkey.
    pub passkey: Arc<str>,
    /// A proof of the person, given on the page that asks for it.
    pub gate: Arc<str>,
}

/// Which colours the person chose; the system decides without a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// The document. Pages for signed-out people, and answers to plain form posts, carry no WASM: `hydrate` is false there.
pub fn document(assets: Assets, theme: Theme, hydrate: bool) -> impl IntoView {
    let data_theme = (theme != Theme::System).then(|| theme.as_str());
    let nonce = use_nonce();
    // Everything on a page works without the bundle: so it waits until the page is there, and takes nothing of the line from
    // what people see first.
    let start = hydrate.then(|| {
        let script = format!(
            "addEventListener('load', () => {{ const wasm = fetch({:?}); \
             import({:?}).then(m => m.default({{ module_or_path: wasm }}).then(() => {{ \
             m.hydrate(); document.querySelectorAll('leptos-island').forEach(part => m[part.dataset.component](part)); \
             document.documentElement.dataset.ready = ''; }})); }});",
            assets.wasm, assets.js
        );
        view! { <script nonce=nonce.clone()>{script}</script> }
    });
    // Seconds that they are good for, for the pages in other tabs.
    let [proof, by_passkey] = use_context::<Viewer>()
        .map_or([None; 2], |viewer| [viewer.stepped_up, viewer.stepped_up_by_passkey])
        .map(|left| left.map(|left| left.to_string()));
    // The frame of signed-in pages has its buttons on pages that answer a post too.
    let frame = use_context::<Viewer>().map(|_| {
        let script = |src: &Arc<str>| view! { <script type="module" src=src.to_string() nonce=nonce.clone()></script> };
        [script(&assets.palette), script(&assets.gate)]
    });
    // Wherever they go.
    let copy = use_context::<CopyOf>().map(|CopyOf(made)| view! { <RestoredCopy made/> });
    let support = use_context::<Viewer>().and_then(|viewer| viewer.support).map(|support| view! { <Looking support/> });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=data_theme data-proof=proof data-passkey-proof=by_passkey>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="description" content="Portal keeps the keys to a team's Amazon selling accounts, and a log of everything that touches them."/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf9f7"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e1112"/>
                <link rel="stylesheet" href=assets.css.to_string()/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="icon" href="/favicon.ico" sizes="32x32"/>
                <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
                <link rel="manifest" href="/site.webmanifest"/>
                <script type="module" src=assets.script.to_string() nonce=nonce.clone()></script>
                <script type="module" src=assets.passkey.to_string() nonce=nonce></script>
                {start}
                {frame}
                <MetaTags/>
            </head>
            <body>
                {copy}
                {support}
                <App/>
            </body>
        </html>
    }
}
