//! How a service has answered so far: which key wrapped last, and whether there is any use in asking.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::ServiceError;

/// After a silence nobody asks for so long: whoever comes then is told at once, and holds up nobody.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Answers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    silent: Option<(Instant, String)>,
    current: Option<String>,
}

impl Answers {
    /// Asks, unless it was silent a moment ago.
    pub async fn to<T>(&self, asked: impl Future<Output = Result<T, ServiceError>>) -> Result<T, ServiceError> {
        if let Some((at, why)) = &self.state().silent
            && at.elapsed() < PAUSE
        {
            return Err(ServiceError::Silent(why.clone()));
        }
        let answer = asked.await;
        let mut state = self.state();
        state.silent = None;
        match &answer {
            Ok(_) => {}
            Err(ServiceError::Silent(why)) => {
                tracing::error!(why, "the key service did not answer");
                state.silent = Some((Instant::now(), why.clone()));
            }
            Err(ServiceError::Denied(why)) => tracing::error!(why, "the key service refuses"),
            Err(ServiceError::Refused) => tracing::error!("the key service does not open a wrapped key"),
        }
        answer
    }

    pub fn wrapped_by(&self, id: &str) {
        let mut state = self.state();
        if state.current.as_deref() != Some(id) {
            state.current = Some(id.to_owned());
        }
    }

    pub fn current(&self) -> Option<String> {
        self.state().current.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn after_a_silence_nobody_asks_for_a_moment() {
        let answers = Answers::default();
        let silent = || ServiceError::Silent("timed out".to_owned());
        assert_eq!(answers.to(async { Ok::<_, ServiceError>(1) }).await, Ok(1));
        assert_eq!(answers.to(async { Err::<i32, _>(silent()) }).await, Err(silent()));
        let asked = async { panic!("it is not asked") };
        assert_eq!(answers.to::<i32>(asked).await, Err(silent()));
        tokio::time::sleep(PAUSE).await;
        assert_eq!(answers.to(async { Ok(2) }).await, Ok(2));
        // Whoever is refused was answered.
        assert_eq!(answers.to(async { Err::<i32, _>(ServiceError::Refused) }).await, Err(ServiceError::Refused));
        assert_eq!(answers.to(async { Ok(3) }).await, Ok(3));
    }
}
