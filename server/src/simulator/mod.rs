//! The simulator plays Amazon: LWA, the consent page and a little of SP-API and the Advertising API, with faults on demand. For development and
//! tests only: it knows nobody's secrets but its own, and answers only to names of this machine.

mod ads;
mod calls;
mod cards;
mod consent;
mod control;
mod desk;
mod door;
mod faults;
mod grant;
pub mod known;
mod lwa;
mod misbehaviour;
mod order_list;
mod orders;
mod page;
mod places;
mod presets;
mod refusals;
mod sp_api;
#[cfg(test)]
mod stage;
mod state;
mod tokens;

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router, middleware,
    routing::{get, post},
};
use backend::{Clock, random};
use tokio::net::TcpListener;

pub use faults::{Fault, Part};
use state::State;

/// A handle on one simulated Amazon; clones share it.
#[derive(Clone)]
pub struct Simulator {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

impl Simulator {
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Arc::new(Mutex::new(State::new())) }
    }

    pub fn router(&self) -> Router {
        let lwa: Router<Self> = Router::new()
            .route("/auth/o2/token", post(lwa::token))
            .route_layer(middleware::from_fn_with_state((self.clone(), Part::Lwa), calls::meet));
        let sp_api: Router<Self> = Router::new()
            .route("/sellers/v1/marketplaceParticipations", get(sp_api::participations))
            .route("/orders/v0/orders", get(order_list::list))
            .route("/orders/v0/orders/{order_id}", get(order_list::one))
            .route_layer(middleware::from_fn_with_state((self.clone(), Part::SpApi), calls::meet));
        let ads: Router<Self> = Router::new()
            .route("/v2/profiles", get(ads::profiles))
            .route_layer(middleware::from_fn_with_state((self.clone(), Part::Ads), calls::meet));
        let amazon: Router<Self> = Router::new()
            .route("/apps/authorize/consent", get(consent::ask).post(consent::answer))
            .merge(lwa)
            .merge(sp_api)
            .merge(ads)
            .route_layer(middleware::from_fn_with_state(self.clone(), calls::note));
        let control: Router<Self> = Router::new()
            .route("/", get(desk::show))
            .route("/desk/fail", post(control::fail_form))
            .route("/desk/heal", post(control::heal_form))
            .route("/desk/revoke", post(control::revoke_form))
            .route("/desk/restore", post(control::restore_form))
            .route("/desk/rotate", post(control::rotate_form))
            .route("/simulator/known", get(control::known))
            .route("/simulator/calls", get(control::calls))
            .route("/simulator/faults", post(control::fail).delete(control::heal))
            .route("/simulator/sellers/{seller_id}/revoke", post(control::revoke))
            .route("/simulator/apps/{client_id}/rotate", post(control::rotate))
            .route_layer(middleware::from_fn(door::same_site));
        amazon
            .merge(control)
            .route("/healthz", get(|| async { "ok\n" }))
            .layer(middleware::from_fn(door::loopback_only))
            .with_state(self.clone())
    }

    /// How often the token endpoint was asked, whatever it answered.
    pub fn token_calls(&self) -> u64 {
        self.with(|state| state.calls.of(Part::Lwa))
    }

    /// The next `times` requests to this part of Amazon meet the fault, after those that were planned before.
    pub fn fail(&self, on: Part, fault: Fault, times: u32) {
        self.with(|state| state.faults.plan(on, fault, times));
    }

    /// Forgets all faults.
    pub fn heal(&self) {
        self.with(|state| state.faults.clear());
    }

    /// A seller withdraws its consent: its refresh tokens answer `invalid_grant` from now on.
    pub fn revoke(&self, seller_id: &str) {
        self.with(|state| state.tokens.set_revoked(seller_id, true));
    }

    /// A seller consents to an app once more: a fresh refresh token.
    pub fn grant(&self, client_id: &'static str, seller_id: &'static str) -> String {
        self.with(|state| state.tokens.grant(client_id, seller_id))
    }

    /// Makes the next client secret of an app; the old one works seven days more.
    pub fn rotate(&self, client_id: &str) -> Option<String> {
        let now = self.clock.now();
        self.with(|state| state.app_mut(client_id).map(|app| app.rotate(now)))
    }

    /// The only way to the state: no guard can outlive the call, so none is held across an await.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn request_id(&self) -> String {
        random::uuid(self.clock.now()).to_string()
    }
}

/// Says nothing of the tokens inside.
impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").finish_non_exhaustive()
    }
}

/// Serves the simulator until `stop` is over.
pub async fn serve(
    listener: TcpListener,
    simulator: Simulator,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "the Amazon simulator is ready");
    axum::serve(listener, simulator.router()).with_graceful_shutdown(stop).await
}
