//! F1: what every answer carries.

use std::collections::{BTreeSet, HashMap};

use reqwest::header::{self, HeaderMap};

use crate::{
    browser::Browser,
    house::{self, House},
    on_both_databases,
    registry::{Things, address, form, functions, pages},
    support::Stage,
};

/// Fails unless the answer carries all that it must; gives its nonce.
fn carries_everything(what: &str, headers: &HeaderMap, https: bool) -> String {
    let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let policy = value("content-security-policy");
    let directives: HashMap<&str, &str> =
        policy.split(';').map(|part| part.trim().split_once(' ').unwrap_or((part.trim(), ""))).collect();
    let is = |directive: &str, list: &str| assert_eq!(directives.get(directive), Some(&list), "{what}: {policy}");
    is("default-src", "'none'");
    is("base-uri", "'none'");
    is("object-src", "'none'");
    is("frame-ancestors", "'none'");
    is("connect-src", "'self'");
    is("require-trusted-types-for", "'script'");
    assert!(directives["form-action"].starts_with("'self'"), "{what}: {policy}");
    assert!(!policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
    assert!(!policy.contains("http:") && !policy.contains(" *"), "{what}: {policy}");
    let scripts: Vec<_> = directives["script-src"].split(' ').collect();
    let [nonce, "'strict-dynamic'", "'wasm-unsafe-eval'"] = scripts[..] else { panic!("{what}: {policy}") };
    let nonce = nonce.strip_prefix("'nonce-").unwrap().strip_suffix('\'').unwrap();
    assert!(nonce.len() >= 22, "128 bits: {nonce}");
    assert_eq!(value("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(value("x-frame-options"), "DENY", "{what}");
    assert_eq!(value("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(value("cross-origin-resource-policy"), "same-origin", "{what}");
    assert!(["same-origin", "no-referrer"].contains(&value("referrer-policy")), "{what}");
    for feature in ["camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"] {
        assert!(value("permissions-policy").contains(feature), "{what}");
    }
    let hsts = if https { "max-age=63072000; includeSubDomains" } else { "" };
    assert_eq!(value("strict-transport-security"), hsts, "{what}");
    assert_eq!(value("access-control-allow-origin"), "", "{what}");
    let kept = what.starts_with("file");
    assert_eq!(value("cache-control") == "no-store", !kept, "{what}: {}", value("cache-control"));
    nonce.to_owned()
}

on_both_databases!(every_answer_carries_what_protects_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let own = house.things(&ada).await;
    let public = house.stage.folder.join("site/public");
    std::fs::create_dir_all(&public).unwrap();
    std::fs::write(public.join("favicon.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let https = house::serve_as(&house.stage, &house.credentials, "https://portal.example.com").await;
    let browser = Browser::confirmed(&house, "ada@example.com").await;
    let cookie = browser.cookie.clone().unwrap();
    let mut nonces = BTreeSet::new();
    let mut answers = 0;
    for url in [&house.url, &https] {
        // The cookie's name differs, its value does not.
        let cookie = if *url == https { cookie.replace("portal=", "__Host-portal=") } else { cookie.clone() };
        let mut asked = Vec::new();
        let get = |path: &str| house.http.get(format!("{url}{path}"));
        let post = |path: &str| house.http.post(format!("{url}{path}"));
        for page in pages() {
            let path = address(&page, &own);
            asked.push((format!("page {page}"), get(&path).header(header::COOKIE, &cookie)));
            asked.push((
                format!("page {page} of another"),
                get(&address(&page, &Things::nobodys())).header(header::COOKIE, &cookie),
            ));
            asked.push((format!("page {page} for nobody"), get(&path)));
        }
        for path in ["/nowhere", "/teams", "/pkg/nothing.js", "/pkg/", "/favicon.ico", "/act/sessions", "/theme", "/%ff"] {
            asked.push((format!("error {path}"), get(path)));
            asked.push((format!("error {path} signed in"), get(path).header(header::COOKIE, &cookie)));
        }
        for path in ["/pkg/portal-0.css", "/pkg/frontend-0.js", "/pkg/frontend-0_bg.wasm", "/favicon.svg"] {
            asked.push((format!("file {path}"), get(path)));
        }
        for function in functions() {
            let path = format!("/act/{}", function.name);
            for accept in ["application/json", "text/html"] {
                let fields = form(&function, |_| &own);
                let request = post(&path).form(&fields).header(header::ACCEPT, accept);
                asked.push((format!("cross-site {path}"), request.try_clone().unwrap()));
                asked.push((format!("act {path}"), request.header("Sec-Fetch-Site", "same-origin")));
            }
        }
        let own_site = |path: &str| post(path).header("Sec-Fetch-Site", "same-origin");
        asked.push(("too large".to_owned(), own_site("/act/sign_in").body("x".repeat(70_000))));
        asked.push(("no such function".to_owned(), own_site("/act/nothing")));
        asked.push(("no such method".to_owned(), own_site("/sign-in")));
        asked.push(("colours".to_owned(), own_site("/theme").form(&[("theme", "dark")])));
        asked.push(("broken colours".to_owned(), own_site("/theme").body("%")));
        asked.push(("the return from nowhere".to_owned(), get("/consent/return?state=x").header(header::COOKIE, &cookie)));
        for (what, request) in asked {
            let request = request.header("X-Forwarded-For", house.stage.next_address());
            let response = request.send().await.unwrap();
            let nonce = carries_everything(&what, response.headers(), *url == https);
            assert!(nonces.insert(nonce.clone()), "{what}: a nonce is of one answer only");
            answers += 1;
            let is_html = response
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
            if is_html {
                agrees_with_the_policy(&what, &response.text().await.unwrap(), &nonce);
            }
        }
    }
    assert!(answers > 400, "{answers}");
});

/// Nothing in the page that its policy forbids: scripts and styles carry the nonce, none stands in an attribute.
fn agrees_with_the_policy(what: &str, html: &str, nonce: &str) {
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap().to_ascii_lowercase();
        if name == "script" || name == "style" {
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{what}: <{tag}>");
        }
        // Whatever is quoted is text.
        let bare: String = tag.split('"').step_by(2).collect();
        let attributes = bare.split_ascii_whitespace().skip(1).map(|part| part.trim_end_matches('=').to_ascii_lowercase());
        for attribute in attributes {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{what}: <{tag}>");
        }
    }
    assert!(!html.contains("javascript:"), "{what}");
}

on_both_databases!(the_development_mailbox_protects_itself_from_the_mails_in_it, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let mut browser = Browser::new(&house);
    let list = browser.get("/dev/mailbox").await;
    let nonce = carries_everything("page /dev/mailbox", list.headers(), false);
    let html = list.text().await.unwrap();
    agrees_with_the_policy("/dev/mailbox", &html, &nonce);
    let mail = html.split("/dev/mailbox/").nth(1).unwrap().split('"').next().unwrap();
    let mail = browser.get(&format!("/dev/mailbox/{mail}")).await;
    let policy = mail.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && policy.contains("sandbox")
    );
    for path in ["/dev/mailbox/nothing.json", "/dev/mailbox/..%2f..%2fkeys", "/dev/mailbox/%2e%2e%2fkeys"] {
        assert_eq!(browser.get(path).await.status(), 404, "{path}");
    }
});

on_both_databases!(no_address_leads_out_of_the_folder_of_files, async |stage: Stage| {
    let house = House::on(stage).await;
    let secret = std::fs::read_to_string(house.stage.folder.join("keys")).unwrap();
    let line = secret.lines().find(|line| line.starts_with("pepper")).unwrap();
    for path in [
        "/../keys",
        "/..%2fkeys",
        "/%2e%2e/keys",
        "/%2e%2e%2fkeys",
        "/public/../../keys",
        "/pkg/../../keys",
        "/pkg/..%2f..%2fkeys",
        "/pkg/%2e%2e/%2e%2e/keys",
        "/pkg//keys",
        "/pkg/..%5c..%5ckeys",
        "/..%00/keys",
        "/pkg/%2e%2e%2fportal.db",
    ] {
        // A client mends such addresses, so it is told by hand.
        let text = raw(&house, &format!("GET {path} HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n")).await;
        assert!(
            text.starts_with("HTTP/1.1 40") && !text.contains(line) && !text.contains("SQLite format"),
            "{path}: {text}"
        );
    }
});

/// What Portal answers to these very bytes.
async fn raw(house: &House, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(house.url.strip_prefix("http://").unwrap()).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
