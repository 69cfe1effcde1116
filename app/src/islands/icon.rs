//! Icons: our own drawings, 24 by 24, one path each. Beside words or under a label, never alone.

use leptos::prelude::*;

/// An icon of the set, in the size that `class` gives (`icon-sm`, `icon-lg`, `icon-xl`).
#[component]
pub fn Icon(name: &'static str, #[prop(optional)] size: &'static str) -> impl IntoView {
    let class = if size.is_empty() { "icon".to_owned() } else { format!("icon {size}") };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true">
            <path d=path(name)></path>
        </svg>
    }
}

#[rustfmt::skip]
fn path(name: &str) -> &'static str {
    match name {
        "app" => "m12 2.8 8 4.6v9.2l-8 4.6-8-4.6V7.4zM12 12l8-4.6M12 12v9.2M12 12 4 7.4",
        "bell" => "M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7M10 20.5a2.3 2.3 0 0 0 4 0",
        "check" => "m4.5 12.5 5 5 10-11",
        "chevron-down" => "m6.5 9.5 5.5 5.5 5.5-5.5",
        "chevron-right" => "m9.5 6.5 5.5 5.5-5.5 5.5",
        "clock" => "M3 12a9 9 0 1 0 18 0a9 9 0 1 0 -18 0 M12 6.5V12l3.5 2",
        "copy" => "M11 8.5h7a2.5 2.5 0 0 1 2.5 2.5v7a2.5 2.5 0 0 1 -2.5 2.5h-7a2.5 2.5 0 0 1 -2.5 -2.5v-7a2.5 2.5 0 0 1 2.5 -2.5z M15.5 8.5V6A2.5 2.5 0 0 0 13 3.5H6A2.5 2.5 0 0 0 3.5 6v7A2.5 2.5 0 0 0 6 15.5h2.5",
        "cross" => "m6 6 12 12M18 6 6 18",
        "dots" => "M4.1 12a0.9 0.9 0 1 0 1.8 0a0.9 0.9 0 1 0 -1.8 0 M11.1 12a0.9 0.9 0 1 0 1.8 0a0.9 0.9 0 1 0 -1.8 0 M18.1 12a0.9 0.9 0 1 0 1.8 0a0.9 0.9 0 1 0 -1.8 0",
        "download" => "M12 3.5V15M7 10.5l5 5 5-5M4 20h16",
        "external" => "M14 4h6v6M20 4l-9 9M10 5H6.5A2.5 2.5 0 0 0 4 7.5v10A2.5 2.5 0 0 0 6.5 20h10a2.5 2.5 0 0 0 2.5-2.5V14",
        "flag" => "M5 21.5V4c4-2.5 8 2.5 14 0v10.5c-6 2.5-10-2.5-14 0",
        "flask" => "M9 3h6M10 3v6L4.8 17.8A2.2 2.2 0 0 0 6.7 21h10.6a2.2 2.2 0 0 0 1.9-3.2L14 9V3M7.5 15h9",
        "gateway" => "M5 21V11a7 7 0 0 1 14 0v10M2 15.5h13M12 12.5l3 3-3 3",
        "home" => "m3.5 11 8.5-7.5 8.5 7.5M6 9.5v8.5A2 2 0 0 0 8 20h8a2 2 0 0 0 2-2V9.5M10 20v-4.5a2 2 0 0 1 4 0V20",
        "info" => "M3 12a9 9 0 1 0 18 0a9 9 0 1 0 -18 0 M12 11v5.5M12 7.6h.01",
        "key" => "M3.5 15.5a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0 M11.2 12.3l8.3-8.3M16 7.5l3 3M13.5 10l1.5 1.5",
        "lock" => "M7 10.5h10a2.5 2.5 0 0 1 2.5 2.5v5.5a2.5 2.5 0 0 1 -2.5 2.5h-10a2.5 2.5 0 0 1 -2.5 -2.5v-5.5a2.5 2.5 0 0 1 2.5 -2.5z M8 10.5V7a4 4 0 0 1 8 0v3.5M12 14.8v2",
        "log" => "M8.5 6H20M8.5 12H20M8.5 18H15M4 6h.01M4 12h.01M4 18h.01",
        "logout" => "M14 4H7a2.5 2.5 0 0 0-2.5 2.5v11A2.5 2.5 0 0 0 7 20h7M10 12h11M17.5 8.5 21 12l-3.5 3.5",
        "mail" => "M5.5 5h13a2.5 2.5 0 0 1 2.5 2.5v9a2.5 2.5 0 0 1 -2.5 2.5h-13a2.5 2.5 0 0 1 -2.5 -2.5v-9a2.5 2.5 0 0 1 2.5 -2.5z M3.5 7l8.5 6 8.5-6",
        "menu" => "M4 7h16M4 12h16M4 17h16",
        "minus" => "M5 12h14",
        "moon" => "M20.5 14.2A8.5 8.5 0 0 1 9.8 3.5a8.5 8.5 0 1 0 10.7 10.7z",
        "plug" => "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
        "plus" => "M12 5v14M5 12h14",
        "refresh" => "M20.5 12a8.5 8.5 0 0 1-15 5.5M3.5 12a8.5 8.5 0 0 1 15-5.5M18.8 2.5v4.3h-4.3M5.2 21.5v-4.3h4.3",
        "search" => "M4 10.5a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0 -13 0 M15.3 15.3l5.2 5.2",
        "settings" => "M4 7h9M19 7h1M4 17h1M11 17h9 M13 7a3 3 0 1 0 6 0a3 3 0 1 0 -6 0 M5 17a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
        "promise" => "M14 3H6v18h12V7zM14 3v4h4M9 13.5l2.2 2.2 4-4.4",
        "shield" => "M12 2.8 4.5 5.5v6c0 4.7 3.1 8 7.5 9.7 4.4-1.7 7.5-5 7.5-9.7v-6zM8.7 12l2.4 2.4 4.4-4.8",
        "sun" => "M8 12a4 4 0 1 0 8 0a4 4 0 1 0 -8 0 M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
        "system" => "M5.5 4h13a2.5 2.5 0 0 1 2.5 2.5v7.5a2.5 2.5 0 0 1 -2.5 2.5h-13a2.5 2.5 0 0 1 -2.5 -2.5v-7.5a2.5 2.5 0 0 1 2.5 -2.5z M8.5 20.5h7M12 16.5v4",
        "team" => "M5.5 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0 M2.5 20a6.5 6.5 0 0 1 13 0M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 14.3a6.5 6.5 0 0 1 3.5 5.7",
        "trash" => "M4 6.5h16M9 6.5V4.5A1.5 1.5 0 0 1 10.5 3h3A1.5 1.5 0 0 1 15 4.5v2M6 6.5l.8 12.2A2.5 2.5 0 0 0 9.3 21h5.4a2.5 2.5 0 0 0 2.5-2.3L18 6.5M10 11v6M14 11v6",
        "user" => "M8 8a4 4 0 1 0 8 0a4 4 0 1 0 -8 0 M4.5 20.5a7.5 7.5 0 0 1 15 0",
        "warning" => "M10.3 4.2 2.9 17.3A2 2 0 0 0 4.6 20.3h14.8a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0zM12 9.5v4M12 16.8h.01",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// All sources below a folder.
    fn sources(folder: &Path) -> Vec<String> {
        let inside = fs::read_dir(folder).unwrap().flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { sources(&path) } else { vec![fs::read_to_string(path).unwrap_or_default()] }
        });
        inside.collect()
    }

    #[test]
    fn every_icon_that_is_named_is_drawn() {
        let mut named = 0;
        for source in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            for mark in ["<Icon name=\"", " icon=\""] {
                for name in source.split(mark).skip(1).filter_map(|rest| rest.split_once('"')).map(|(name, _)| name) {
                    assert!(name.contains('\\') || !super::path(name).is_empty(), "{name} is not drawn");
                    named += 1;
                }
            }
        }
        assert!(named > 40, "{named}");
    }
}
