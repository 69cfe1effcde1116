//! A browser as the web edge sees it: one cookie, forms, and what browsers say of where a request comes from.

use reqwest::{Method, RequestBuilder, Response, header};

use crate::house::House;

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
        let request = self.house.http.request(method, format!("{}{path}", self.house.url)).header("X-Forwarded-For", &self.address);
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
        let request = self.request(Method::POST, &format!("/act/{function}")).form(fields).header("Sec-Fetch-Site", "same-origin");
        let response = request.header(header::ACCEPT, "application/json").send().await.unwrap();
        self.keep(&response);
        response
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
