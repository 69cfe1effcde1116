//! Files, live parts and what comes for a connection: the routes that are neither pages nor server functions nor the gateway's.

use std::collections::BTreeSet;

use crate::registry::files;

use super::*;

/// Its address with these things in it. Evidence is of an incident: nobody's will do, where the incident is foreign.
pub fn address_of(path: &str, of: impl Fn(&str) -> String) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some("evidence") => "evd_0190000000007000800000000000dead".to_owned(),
        Some(name) => of(name),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn names(path: &str) -> Vec<&str> {
    let all = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    all.filter(|name| *name != "evidence").collect()
}

/// Asks for it as its form or its link does.
pub async fn ask(browser: &Browser<'_>, method: &Method, path: &str) -> (u16, String) {
    answer(request(browser, method, path).send().await.unwrap(), &[]).await
}

pub fn request(browser: &Browser<'_>, method: &Method, path: &str) -> reqwest::RequestBuilder {
    let request = browser
        .request(method.clone(), &format!("{path}?format=csv"))
        .header("Sec-Fetch-Site", "same-origin")
        .header("Accept", "text/html");
    let file = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--x--\r\n";
    match (method, path.ends_with("/evidence")) {
        (&Method::POST, true) => request.header("Content-Type", "multipart/form-data; boundary=x").body(file),
        (&Method::POST, false) => request.form(&[("format", "csv"), ("action", "team."), ("step", "up")]),
        _ => request,
    }
}

on_both_databases!(files_and_live_parts_stand_behind_the_same_walls, async |stage: Stage| {
    let house = House::on(stage).await;
    let (ada, bob) = (house.furnished("ada").await, house.furnished("bob").await);
    let (foreign, own, missing) = (house.things(&ada).await, house.things(&bob).await, Things::nobodys());
    let nobody = Browser::new(&house);
    let browser = Browser::confirmed(&house, "bob@example.com").await;
    let mut seen = BTreeSet::new();
    for (method, path) in files() {
        let what = format!("{method} {path}");
        let named = |things: &Things, name: &str| things.named(name).unwrap_or_else(|| panic!("{what}: {name}")).to_owned();
        // Before the sign-in all are alike.
        let asked = [&foreign, &missing].map(|things| address_of(&path, |name| named(things, name)));
        let (theirs, none) = (ask(&nobody, &method, &asked[0]).await, ask(&nobody, &method, &asked[1]).await);
        assert_eq!(theirs, none, "{what} for nobody");
        assert!([303, 401, 403, 404, 415].contains(&theirs.0), "{what} for nobody: {theirs:?}");
        for chosen in choices(&names(&path)) {
            let of = |others: &Things, name: &str| named(if chosen.contains(&name) { others } else { &own }, name);
            let asked = [&foreign, &missing].map(|others| address_of(&path, |name| of(others, name)));
            let (theirs, none) = (ask(&browser, &method, &asked[0]).await, ask(&browser, &method, &asked[1]).await);
            assert_eq!(theirs, none, "{what} with {chosen:?} of another Team");
            assert!(theirs.0 >= 400, "{what} with {chosen:?} of another Team: {theirs:?}");
        }
        seen.insert(what);
    }
    assert!(seen.len() >= 11, "{seen:?}");
});

on_both_databases!(files_leave_for_those_alone_whose_role_reads_them, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.member(&ada, "olga", Role::Operator, Environments::BOTH).await;
    house.member(&ada, "axel", Role::Auditor, Environments::BOTH).await;
    let own = house.things(&ada).await;
    house.sequence().await;
    for (name, role) in [("ada", Role::Owner), ("olga", Role::Operator), ("axel", Role::Auditor)] {
        let browser = Browser::confirmed(&house, &format!("{name}@example.com")).await;
        let leaves = |method: &Method, path: &str| *method == Method::GET || path.ends_with("/export");
        for (method, path) in
            files().into_iter().filter(|(method, path)| leaves(method, path) && path.starts_with("/teams/"))
        {
            let (status, text) =
                ask(&browser, &method, &address_of(&path, |name| own.named(name).unwrap().to_owned())).await;
            let expected = if role.may(Permission::ViewLog) { 200 } else { 403 };
            assert_eq!(status, expected, "{path} as {name}: {text}");
        }
    }
});
