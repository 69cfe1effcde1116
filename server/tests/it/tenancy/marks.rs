//! What is written in a Team is read by nobody outside: every column of text holds a mark, and no sight of others does.

mod own_words;
mod write;

use own_words::{OWN_WORDS, OWN_WORDS_OF};
pub use write::mark;

use super::*;

/// What Team A's people write, wherever they can write: a word, and the same for fields of a fixed shape.
pub const MARK: &str = "quetzal7h3k";
const MARKED_SELLER: &str = "AQUETZAL7H3K9";
const MARKED_ADDRESS: &str = "203.0.113.77";
const MARKED_CLIENT: &str = "amzn1.application-oa2-client.e7a1e7a1e7a1e7a1e7a1e7a1e7a1e7a1";
const MARKED_APPLICATION: &str = "amzn1.sp.solution.e7a1c0de-7a64-4a0e-9d0b-51a0c0ffee77";
const MARKS: [&str; 4] = [MARK, MARKED_ADDRESS, "e7a1e7a1e7a1", "e7a1c0de"];

/// The marks in a text.
fn marks(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    MARKS.into_iter().filter(|mark| text.contains(mark)).collect()
}

/// Every column of text of a Team's tables holds a mark, or is on the list.
async fn assert_all_marked(house: &House, team: &str) {
    let hex = team.strip_prefix("team_").unwrap();
    for (table, columns) in tables(house).await {
        let id = if table == "team" { "id" } else { "team_id" };
        if !columns.iter().any(|(name, _)| name == id) {
            continue;
        }
        for (name, kind) in columns {
            let own = |list: &[(&str, &str)], name: &str| list.iter().any(|(listed, _)| *listed == name);
            if kind != "text" || own(&OWN_WORDS, &name) || own(&OWN_WORDS_OF, &format!("{table}.{name}")) {
                continue;
            }
            let query = format!(
                "SELECT COALESCE(\"{name}\", '') AS row FROM \"{table}\" WHERE replace(CAST(\"{id}\" AS text), '-', '') = '{hex}'"
            );
            assert!(column(house, &query).await.iter().any(|text| !marks(text).is_empty()), "{table}.{name} holds no mark");
        }
    }
}

/// All that one can see with these things at hand: pages, server functions and, with a key, the gateway API.
async fn sight(
    house: &House,
    browser: &mut Browser<'_>,
    own: &Things,
    theirs: &[&Things],
    key: &str,
) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    let mut note = async |what: String, response: Response| {
        let headers = format!("{:?}", response.headers());
        seen.insert(what, headers + &response.text().await.unwrap());
    };
    for things in theirs {
        for page in pages() {
            let path = address(&page, things);
            note(format!("page {path}"), browser.get(&path).await).await;
        }
        for route in routes(house).await {
            let path = route.path.replace("{team_id}", &things.team).replace("{connection_id}", &things.connection);
            let request = house.ask(route.method.clone(), key, &path).header("X-Forwarded-For", house.stage.next_address());
            let request = if route.method == Method::GET { request } else { request.json(&body(&route, things)) };
            note(format!("{} {path}", route.method), request.send().await.unwrap()).await;
        }
        // Signing out comes last, and nobody else's things are taken with the own Team.
        let (ends, functions): (Vec<_>, Vec<_>) = functions()
            .into_iter()
            .partition(|function| ["sign_out", "leave_team", "disconnect"].contains(&&*function.name));
        for function in functions.into_iter().chain(ends) {
            for team in [&own.team, &things.team] {
                let mixed = Things { team: team.clone(), ..(*things).clone() };
                let what = format!("{} of {} in {team}", function.name, things.app);
                note(what, browser.call(&function.name, &form(&function, |_| &mixed)).await).await;
            }
        }
    }
    seen
}

on_both_databases!(what_is_written_in_a_team_is_read_by_nobody_outside, async |stage: Stage| {
    let house = House::on(stage).await;
    // The first person is the installation's operator: not even they look in.
    let bob = house.furnished("bob").await;
    let own = house.things(&bob).await;
    let ada = house.furnished(MARK).await;
    let foreign = house.things(&ada).await;
    mark(&house, &ada, &foreign).await;
    if house.stage.portal.db.backend() == DbBackend::Postgres {
        assert_all_marked(&house, &foreign.team).await;
    }

    let mut browser = Browser::confirmed(&house, "bob@example.com").await;
    let bobs = sight(&house, &mut browser, &own, &[&foreign, &own], &own.secret).await;
    let nobodys = sight(&house, &mut Browser::new(&house), &own, &[&foreign], &Things::nobodys().secret).await;
    for (what, text) in bobs.iter().chain(&nobodys) {
        assert_eq!(marks(text), [""; 0], "{what}: {text}");
    }
    assert!(bobs.len() > 150 && nobodys.len() > 80, "{} and {} answers", bobs.len(), nobodys.len());

    deliver_due(&house.stage.portal).await.unwrap();
    let mails = read_mailbox(&house.stage.folder.join("mail")).unwrap();
    let (to_bob, others): (Vec<_>, Vec<_>) = mails.into_iter().partition(|mail| mail.to.starts_with("bob"));
    assert!(!to_bob.is_empty());
    assert!(to_bob.iter().all(|mail| marks(&format!("{mail:?}")).is_empty()), "{to_bob:?}");

    // The marks are there for those who may see them; else nothing of this would be proved.
    assert!(others.iter().any(|mail| mail.to.starts_with("invited-") && marks(&mail.text).contains(&MARK)));
    house.stage.advance(Duration::hours(1));
    let mut browser = Browser::confirmed(&house, &format!("{MARK}@example.com")).await;
    for page in ["members", "apps", "connections", "gateways", "log", "settings"] {
        let text = browser.get(&format!("/teams/{}/{page}", foreign.team)).await.text().await.unwrap();
        assert!(marks(&text).contains(&MARK), "{page}");
    }
});
