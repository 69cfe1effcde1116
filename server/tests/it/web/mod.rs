//! What the web edge promises browsers: whose session a cookie is, what other sites cannot do, what every answer carries,
//! and what an answer never repeats.

mod addresses;
mod alike;
mod cookies;
mod cross_site;
mod ends;
mod forms;
mod headers;
mod proofs;

use model::Problem;
use reqwest::{Response, header};

use crate::{browser::Browser, house::House};

/// Signed in means: the account page is there. Else the browser is led to the sign-in page.
async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    let response = browser.get("/account").await;
    match response.status().as_u16() {
        200 => true,
        303 => {
            assert_eq!(location(&response), "/sign-in?next=%2Faccount");
            false
        }
        other => panic!("{other}"),
    }
}

/// Another browser with this cookie: a thief's, or a victim's in which it was planted.
fn with_cookie<'a>(house: &'a House, cookie: Option<&str>) -> Browser<'a> {
    let mut browser = Browser::new(house);
    browser.cookie = cookie.map(str::to_owned);
    browser
}

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

/// A failure of a server function, without the request's id.
async fn problem(response: Response) -> Problem {
    let text = response.text().await.unwrap();
    let problem: Problem = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    Problem { instance: None, ..problem }
}
