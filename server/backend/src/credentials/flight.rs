//! One refresh per connection inside the process: the others wait for it instead of asking Amazon too.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::ids::ConnectionId;
use tokio::sync::OwnedMutexGuard;

/// The refreshes under way in this process.
#[derive(Clone, Debug, Default)]
pub struct Flights(Arc<Mutex<HashMap<ConnectionId, Arc<tokio::sync::Mutex<()>>>>>);

/// The right to refresh one connection.
#[derive(Debug)]
pub struct Flight {
    flights: Flights,
    id: ConnectionId,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Flights {
    /// Waits for the flight of a connection, if there is one, and starts the next.
    pub async fn board(&self, id: ConnectionId) -> Flight {
        let gate = {
            let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            gates.entry(id).or_default().clone()
        };
        let turn = gate.lock_owned().await;
        Flight { flights: self.clone(), id, turn: Some(turn) }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.turn = None;
        let mut gates = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The map holds one reference; when nobody else waits, the gate is not needed any more.
        if gates.get(&self.id).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&self.id);
        }
    }
}
