//! Parts of pages that change while somebody looks, by server-sent events. Who has no script reloads the page.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::{
    api::log::LogQuery,
    edge::live::{self, Of, Part},
};
use axum::{
    extract::{Extension, Path, Query, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use backend::{Cx, sessions};
use futures::stream;
use model::ids::{ConnectionId, GatewayId, IncidentId, SessionId, TeamId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::Web;

/// How often a stream looks for a change.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks of one stream; then the browser asks again.
const LOOKS: u32 = 300;
/// Streams of one process, and of one signed-in browser.
const STREAMS: usize = 512;
const STREAMS_OF_ONE: usize = 8;

/// The streams that are open, and the order to end.
#[derive(Clone, Debug)]
pub struct Live {
    seats: Arc<Semaphore>,
    /// Never locked across an await.
    taken: Arc<Mutex<HashMap<SessionId, usize>>>,
    end: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self { seats: Arc::new(Semaphore::new(STREAMS)), taken: Arc::default(), end: watch::Sender::new(false) }
    }
}

impl Live {
    /// Ends every stream, so that a stopping process waits for none.
    pub fn end(&self) {
        self.end.send_replace(true);
    }
}

/// The place of one stream; given back when it is dropped.
struct Seat {
    _seat: OwnedSemaphorePermit,
    taken: Arc<Mutex<HashMap<SessionId, usize>>>,
    session: SessionId,
}

impl Live {
    /// A place, or the status that says why there is none.
    fn sit(&self, session: SessionId) -> Result<Seat, StatusCode> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = taken.get(&session).copied().unwrap_or(0);
        if mine >= STREAMS_OF_ONE {
            return Err(StatusCode::TOO_MANY_REQUESTS);
        }
        let seat = self.seats.clone().try_acquire_owned().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        taken.insert(session, mine + 1);
        Ok(Seat { _seat: seat, taken: self.taken.clone(), session })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let left = taken.get(&self.session).map_or(0, |mine| mine - 1);
        if left == 0 {
            taken.remove(&self.session)
        } else {
            taken.insert(self.session, left)
        };
    }
}

/// Who holds a token of this connection.
pub async fn connection_leases(
    State(web): State<Web>,
    Extension(cx): Extension<Cx>,
    Path((team, id)): Path<(TeamId, ConnectionId)>,
) -> Response {
    watch_part(&web.live, cx, team, Part::Leases(Of::Connection(id))).await
}

/// Which tokens this gateway holds.
pub async fn gateway_leases(
    State(web): State<Web>,
    Extension(cx): Extension<Cx>,
    Path((team, id)): Path<(TeamId, GatewayId)>,
) -> Response {
    watch_part(&web.live, cx, team, Part::Leases(Of::Gateway(id))).await
}

/// The newest events that fit a filter.
pub async fn log(
    State(web): State<Web>,
    Extension(cx): Extension<Cx>,
    Path(team): Path<TeamId>,
    Query(query): Query<LogQuery>,
) -> Response {
    watch_part(&web.live, cx, team, Part::Log(LogQuery { before: String::new(), ..query })).await
}

/// What happened in an incident.
pub async fn incident_timeline(
    State(web): State<Web>,
    Extension(cx): Extension<Cx>,
    Path((team, id)): Path<(TeamId, IncidentId)>,
) -> Response {
    watch_part(&web.live, cx, team, Part::Timeline(id)).await
}

/// Who still holds a token after an incident's measures.
pub async fn incident_holders(
    State(web): State<Web>,
    Extension(cx): Extension<Cx>,
    Path((team, id)): Path<(TeamId, IncidentId)>,
) -> Response {
    watch_part(&web.live, cx, team, Part::Holders(id)).await
}

async fn watch_part(live: &Live, cx: Cx, team: TeamId, looked_at: Part) -> Response {
    let Some(session) = cx.signed_in().map(|person| person.session) else { return StatusCode::UNAUTHORIZED.into_response() };
    let seat = match live.sit(session) {
        Ok(seat) => seat,
        Err(status) => return status.into_response(),
    };
    // Somebody who may not look gets no stream, and the browser does not ask again.
    let first = match live::part(&cx, team, &looked_at, true).await {
        Ok(first) => first,
        Err(failure) => {
            return StatusCode::from_u16(failure.0.code.status()).unwrap_or(StatusCode::NOT_FOUND).into_response();
        }
    };
    let watching =
        Watching { cx, team, part: looked_at, sent: first.clone(), looks: LOOKS, end: live.end.subscribe(), _seat: seat };
    let start = stream::once(async move { part(&first) });
    let later = stream::unfold(watching, |watching| async move { watching.next().await });
    let stream = stream::StreamExt::chain(start, later);
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))).into_response();
    // No cache keeps it, and no proxy holds it back (nginx does both by default).
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

fn part(html: &str) -> Result<Event, Infallible> {
    Ok(Event::default().event("part").data(html))
}

struct Watching {
    cx: Cx,
    team: TeamId,
    part: Part,
    sent: String,
    looks: u32,
    end: watch::Receiver<bool>,
    _seat: Seat,
}

impl Watching {
    /// The next change; nothing once the person may look no longer.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        while self.looks > 0 {
            self.looks -= 1;
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = self.end.wait_for(|end| *end) => return None,
            }
            let session = self.cx.signed_in()?.session;
            if !sessions::is_open(&self.cx.portal, session).await.ok()? {
                return None;
            }
            let now = live::part(&self.cx, self.team, &self.part, false).await.ok()?;
            if now != self.sent {
                self.sent = now;
                return Some((part(&self.sent), self));
            }
        }
        None
    }
}
