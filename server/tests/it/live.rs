//! Parts of pages that are sent anew when they change.

use std::{fs, path::Path, time::Duration as StdDuration};

use backend::{Portal, sessions};
use chrono::Duration;
use reqwest::{Response, StatusCode, header};
use serde_json::json;

use crate::{
    browser::Browser,
    house::House,
    on_both_databases,
    registry::{Things, address},
    support::Stage,
};

/// All addresses of live parts, read from the route table.
fn parts() -> Vec<String> {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes.rs")).unwrap();
    let parts = table.split(".route(\"/live/").skip(1).map(|row| format!("/live/{}", row.split('"').next().unwrap()));
    // The log and incidents are tested by themselves: they are not about leases alone.
    parts.filter(|part| part.ends_with("/leases")).collect()
}

/// What comes until `text` does.
pub async fn until(response: &mut Response, text: &str) -> String {
    let mut seen = String::new();
    let reading = async {
        while !seen.contains(text) {
            match response.chunk().await.unwrap() {
                Some(chunk) => seen += std::str::from_utf8(&chunk).unwrap(),
                None => break,
            }
        }
    };
    assert!(tokio::time::timeout(StdDuration::from_secs(20), reading).await.is_ok(), "no {text:?} in {seen:?}");
    seen
}

on_both_databases!(a_fetched_credential_shows_where_somebody_looks, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let things = house.things(&of).await;
    assert_eq!(parts().len(), 2);
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let mut streams = Vec::new();
    for part in parts() {
        let mut stream = browser.get(&address(&part, &things)).await;
        assert_eq!(stream.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(stream.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(stream.headers()["x-accel-buffering"], "no");
        until(&mut stream, "Nobody holds a token now").await;
        streams.push(stream);
    }
    let (_, body) = house.issue(&of, json!({})).await;
    let token = body["credential"]["value"].as_str().unwrap();
    for stream in &mut streams {
        let seen = until(stream, "</table>").await;
        assert!(seen.contains("event: part") && seen.contains("Shop") && !seen.contains(token), "{seen}");
    }
});

on_both_databases!(one_browser_takes_eight_streams_and_gives_them_back, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let things = house.things(&of).await;
    let part = address(&parts()[0], &things);
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(browser.get(&part).await);
        assert_eq!(open.last().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(browser.get(&part).await.status(), StatusCode::TOO_MANY_REQUESTS);
    // Another browser has its own.
    let mut other = Browser::signed_in_later(&house, "ada-second@example.com").await;
    assert_eq!(other.get(&part).await.status(), StatusCode::OK);
    drop(open);
    let freed = async {
        while browser.get(&part).await.status() != StatusCode::OK {
            tokio::time::sleep(StdDuration::from_millis(100)).await;
        }
    };
    assert!(tokio::time::timeout(StdDuration::from_secs(20), freed).await.is_ok());
});

on_both_databases!(a_live_part_of_another_team_is_one_of_none, async |stage: Stage| {
    let house = House::on(stage).await;
    let (ada, bob) = (house.furnished("ada").await, house.furnished("bob").await);
    let (foreign, own, missing) = (house.things(&ada).await, house.things(&bob).await, Things::nobodys());
    let mut browser = Browser::signed_in_later(&house, "bob@example.com").await;
    let mixed = |things: &Things| Things { team: own.team.clone(), ..things.clone() };
    for part in parts() {
        let anonymous = Browser::new(&house).get(&address(&part, &foreign)).await;
        assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED, "{part}");
        assert!(anonymous.text().await.unwrap().is_empty());
        for things in [foreign.clone(), missing.clone(), mixed(&foreign), mixed(&missing)] {
            let response = browser.get(&address(&part, &things)).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{part}");
            assert!(response.text().await.unwrap().is_empty(), "{part}");
        }
    }
});

on_both_databases!(a_stream_ends_with_the_session_and_keeps_none_alive, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let things = house.things(&of).await;
    let part = address(&parts()[0], &things);
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let open = browser.get(&part).await;
    // Asked again every ten minutes, as a browser does, nobody touching the page: after an hour it is over.
    for _ in 0..5 {
        house.stage.advance(Duration::minutes(10));
        assert_eq!(browser.get(&part).await.status(), StatusCode::OK);
    }
    house.stage.advance(Duration::minutes(10) + Duration::seconds(1));
    assert_eq!(browser.get(&part).await.status(), StatusCode::UNAUTHORIZED);
    ends(open).await;

    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let open = browser.get(&part).await;
    end_all(&house.stage.portal, &of).await;
    ends(open).await;
});

async fn ends(mut stream: Response) {
    let reading = async { while stream.chunk().await.unwrap().is_some() {} };
    assert!(tokio::time::timeout(StdDuration::from_secs(20), reading).await.is_ok(), "the stream goes on");
}

async fn end_all(portal: &Portal, of: &crate::house::Furnished) {
    let cx = backend::Cx { portal: portal.clone(), ..of.owner.clone() };
    sessions::revoke_others(&cx).await.unwrap();
}
