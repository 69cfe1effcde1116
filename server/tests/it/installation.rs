//! The operator's page, as its reader sees it: every key with its age and its next rotation, and every connection outward.

use std::time::Duration;

use backend::egress::note;
use model::egress::Purpose;
use sea_orm::ConnectionTrait;

use crate::{browser::Browser, house::House, on_both_databases, support::Stage};

/// What a reader sees of HTML.
fn text(html: &str) -> String {
    let html = html.replace("<!-- -->", "").replace("<!>", "");
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of the tables of a page.
fn rows(html: &str) -> Vec<String> {
    html.split("<tr").skip(1).map(|row| text(&format!("<tr{}", row.split("</tr>").next().unwrap()))).collect()
}

async fn page(browser: &mut Browser<'_>) -> String {
    let page = browser.get("/installation").await;
    assert_eq!(page.status(), 200);
    page.text().await.unwrap()
}

/// The only row of the page that begins with these words.
fn row(html: &str, begins: &str) -> String {
    let found: Vec<_> = rows(html).into_iter().filter(|row| row.starts_with(begins)).collect();
    let [one] = found.as_slice() else { panic!("{begins}: {:?}", rows(html)) };
    one.clone()
}

on_both_databases!(an_operator_sees_how_old_every_key_is_and_when_it_is_to_be_replaced, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let key = house.stage.portal.vault.master_keys().remove(0).id;
    let mut ada = Browser::signed_in_later(&house, "ada@example.com").await;
    let (html, dates) = (page(&mut ada).await, ["1 min ago", "in 365 days"]);
    for (begins, status) in [(key.as_str(), "Active"), ("Teams", "In time 1"), ("Installation", "In time 1")] {
        let row = row(&html, begins);
        assert!(row.contains(status) && dates.iter().all(|date| row.contains(date)), "{row}");
    }
    assert!(row(&html, &key).contains("kept in the keys' file Active 2 data keys of 1 Team "), "{}", row(&html, &key));
    // Everything is a year older.
    let file = house.stage.folder.join("keys");
    let keys = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, keys.replace(" = 2026-", " = 2025-")).unwrap();
    house.stage.portal.vault.refresh();
    let older = "UPDATE data_key SET created_at = '2025-09-21 14:13:20+00:00' WHERE team_id IS NOT NULL";
    house.stage.portal.db.reader().execute_unprepared(older).await.unwrap();
    let html = page(&mut ada).await;
    for (begins, status) in [(key.as_str(), "Active, overdue"), ("Teams", "Overdue 1"), ("Installation", "In time")] {
        assert!(row(&html, begins).contains(status), "{}", row(&html, begins));
    }
});

on_both_databases!(an_operator_sees_the_list_of_connections_outward_and_what_was_refused, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let egress = &house.stage.portal.egress;
    let mut ada = Browser::signed_in_later(&house, "ada@example.com").await;
    let html = page(&mut ada).await;
    assert!(egress.entries().len() > 5 && html.contains("None so far."));
    for entry in egress.entries() {
        let row = row(&html, entry.purpose.title());
        assert!(entry.hosts.iter().all(|host| row.contains(host)), "{row}");
    }
    let client = egress.client(Purpose::Webhooks, Duration::from_secs(1), Duration::from_secs(1));
    assert!(client.request(reqwest::Method::POST, "https://elsewhere.example/".parse().unwrap()).is_err());
    note(house.stage.portal.clone()).await.unwrap();
    let html = text(&page(&mut ada).await);
    assert!(
        html.contains("elsewhere.example (webhooks, not-listed, 1 times)"),
        "{}",
        &html[html.find("refused").unwrap()..]
    );
    // Nobody else sees any of it.
    house.stage.person("eve").await;
    let mut eve = Browser::signed_in_later(&house, "eve@example.com").await;
    let refused = eve.get("/installation").await;
    assert_eq!(refused.status(), 404);
    assert!(!refused.text().await.unwrap().contains("elsewhere.example"));
});
