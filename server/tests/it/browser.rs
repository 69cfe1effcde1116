//! A browser as the web edge sees it: one cookie, forms, and what browsers say of where a request comes from.

use chrono::Duration;
use reqwest::{Method, RequestBuilder, Response, header};

use crate::house::House;

/// What a browser calls itself.
pub const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub struct Browser<'a> {
    house: &'a House,
    pub cookie: Option<String>,
    address: String,
}

impl<'a> Browser<'a> {
    pub fn new(house: &'a House) -> Self {
        Self { house, cookie: None, address: house.stage.next_address() }
    }

    /// Signed in through the real forms.
    pub async fn signed_in(house: &'a House, email: &str) -> Self {
        let mut browser = Self::new(house);
        browser.post("ask_code", &[("email", email)]).await;
        let code = house.stage.code_for(email).await;
        assert_eq!(browser.post("sign_in", &[("code", &code)]).await.status(), 200);
        browser
    }

    /// With a fresh proof of the person.
    pub async fn step_up(&mut self, email: &str) {
        self.post("ask_confirmation", &[]).await;
        let code = self.house.stage.code_for(email).await;
        assert_eq!(self.post("confirm", &[("code", &code)]).await.status(), 200);
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request =
            self.house.http.request(method, format!("{}{path}", self.house.url)).header("X-Forwarded-For", &self.address);
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// A page.
    pub async fn get(&mut self, path: &str) -> Response {
        let response = self.request(Method::GET, path).send().await.unwrap();
        self.keep(&response);
        response
    }

    /// A server function, as a script of Portal's own page calls it.
    pub async fn post(&mut self, function: &str, fields: &[(&str, &str)]) -> Response {
        let request =
            self.request(Method::POST, &format!("/act/{function}")).form(fields).header("Sec-Fetch-Site", "same-origin");
        let response = request.header(header::ACCEPT, "application/json").send().await.unwrap();
        self.keep(&response);
        response
    }

    /// Signed in and with a fresh proof of the person: a minute after any other code, since mails to one address wait for
    /// each other, and a second apart, since mails of one moment have no order.
    pub async fn confirmed(house: &'a House, email: &str) -> Self {
        let mut browser = Self::signed_in_later(house, email).await;
        house.stage.advance(Duration::seconds(1));
        browser.step_up(email).await;
        browser
    }

    /// Signed in a minute later.
    pub async fn signed_in_later(house: &'a House, email: &str) -> Self {
        house.stage.advance(Duration::seconds(61));
        Self::signed_in(house, email).await
    }

    /// A server function with any fields, by a browser that says what it is.
    pub async fn call(&mut self, function: &str, fields: &[(String, String)]) -> Response {
        let request =
            self.request(Method::POST, &format!("/act/{function}")).form(fields).header("Sec-Fetch-Site", "same-origin");
        self.send(request.header(header::ACCEPT, "application/json").header(header::USER_AGENT, AGENT)).await
    }

    /// A server function as a form without scripts posts it.
    pub async fn submit(&mut self, function: &str, fields: &[(&str, &str)]) -> Response {
        let request =
            self.request(Method::POST, &format!("/act/{function}")).form(fields).header("Sec-Fetch-Site", "same-origin");
        self.send(request.header(header::ACCEPT, "text/html,application/xhtml+xml").header(header::USER_AGENT, AGENT)).await
    }

    /// A file, as the form that asks for it does.
    pub async fn take(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.request(Method::POST, path).form(fields).header("Sec-Fetch-Site", "same-origin");
        self.send(request).await
    }

    /// Any request, after which the browser has the cookie that came back.
    pub async fn send(&mut self, request: RequestBuilder) -> Response {
        let response = request.send().await.unwrap();
        self.keep(&response);
        response
    }

    /// Where its requests come from.
    pub fn address(&self) -> &str {
        &self.address
    }

    fn keep(&mut self, response: &Response) {
        for value in response.headers().get_all(header::SET_COOKIE) {
            let pair = value.to_str().unwrap().split(';').next().unwrap().to_owned();
            if pair.starts_with("portal=") {
                self.cookie = Some(pair);
            }
        }
    }
}
