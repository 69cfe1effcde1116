//! Every call to a part of Amazon: counted, given a request id, put before the fault that is planned for it, and noted.

use std::{collections::VecDeque, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use backend::random;
use model::Time;

use super::{Fault, Part, Simulator};

const KEPT: usize = 50;

#[derive(Default)]
pub(super) struct Calls {
    token: u64,
    sp_api: u64,
    ads: u64,
    last: VecDeque<Call>,
}

/// A call without anything that came from outside: no query, no header, and of the path only the route.
pub(super) struct Call {
    pub at: Time,
    pub method: Method,
    pub path: String,
    pub status: u16,
}

impl Calls {
    pub fn of(&self, part: Part) -> u64 {
        match part {
            Part::Lwa => self.token,
            Part::SpApi => self.sp_api,
            Part::Ads => self.ads,
        }
    }

    /// The newest first.
    pub fn last(&self) -> impl Iterator<Item = &Call> {
        self.last.iter().rev()
    }

    fn count(&mut self, part: Part) {
        match part {
            Part::Lwa => self.token += 1,
            Part::SpApi => self.sp_api += 1,
            Part::Ads => self.ads += 1,
        }
    }

    fn note(&mut self, call: Call) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(call);
    }
}

/// The id of a request, as Amazon's support would ask for it.
#[derive(Clone)]
pub(super) struct RequestId(pub String);

/// Counts a call; a fault answers it, delays it, or goes on with it to the handler.
pub(super) async fn meet(State((simulator, part)): State<(Simulator, Part)>, mut request: Request, next: Next) -> Response {
    let fault = simulator.with(|state| {
        state.calls.count(part);
        state.faults.take(part)
    });
    let id = simulator.request_id();
    let mut response = match fault.and_then(|fault| fault.answer(part, &id)) {
        Some(response) => response,
        None => {
            if let Some(Fault::Slow { ms }) = fault {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            if let Some(fault) = fault {
                request.extensions_mut().insert(fault);
            }
            request.extensions_mut().insert(RequestId(id.clone()));
            next.run(request).await
        }
    };
    put(response.headers_mut(), "x-amzn-requestid", &id);
    if part == Part::Lwa {
        put(response.headers_mut(), "x-amz-rid", &rid());
    }
    response
}

/// Keeps the call for the control page.
pub(super) async fn note(State(simulator): State<Simulator>, request: Request, next: Next) -> Response {
    let at = simulator.clock.now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    simulator.with(|state| state.calls.note(Call { at, method, path, status }));
    response
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Twenty capital letters and digits.
fn rid() -> String {
    let letters = random::bytes::<20>().map(|byte| char::from(b"ABCDEFGHJKMNPQRSTVWXYZ0123456789"[usize::from(byte % 32)]));
    letters.iter().collect()
}
