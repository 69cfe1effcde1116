//! How a service has answered so far: which key wrapped last, how old its keys are, and whether there is any use in asking.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Ages, ServiceError};

/// After a silence one asks again after so long; whoever else comes is told at once, and holds up nobody.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Answers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Since when, and why.
    silent: Option<(Instant, String)>,
    current: Option<String>,
    /// What was told when that one was current.
    ages: Option<(Option<String>, Ages)>,
}

impl Answers {
    /// Asks, unless it was silent a moment ago.
    pub async fn to<T>(&self, asked: impl Future<Output = Result<T, ServiceError>>) -> Result<T, ServiceError> {
        let begun = self.begin()?;
        let answer = asked.await;
        let mut state = self.state();
        match &answer {
            Err(ServiceError::Silent(why)) => {
                tracing::error!(why, "the key service did not answer");
                state.silent = Some((Instant::now(), why.clone()));
                return answer;
            }
            Err(ServiceError::Denied(why)) => tracing::error!(why, "the key service refuses"),
            Err(ServiceError::Refused) => tracing::error!("the key service does not open a wrapped key"),
            Ok(_) => {}
        }
        // Whoever asked before it fell silent knows nothing newer.
        if state.silent.as_ref().is_some_and(|(since, _)| *since <= begun) {
            state.silent = None;
        }
        answer
    }

    /// Of those who come after the pause one asks.
    fn begin(&self) -> Result<Instant, ServiceError> {
        let (mut state, now) = (self.state(), Instant::now());
        if let Some((since, why)) = &mut state.silent {
            if now - *since < PAUSE {
                return Err(ServiceError::Silent(why.clone()));
            }
            *since = now;
        }
        Ok(now)
    }

    /// Whether it was not silent when it was asked last; one that was never asked may answer.
    pub fn are_well(&self) -> bool {
        self.state().silent.is_none()
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

    /// Without any, what was told before stands.
    pub fn told_ages(&self, ages: Option<Ages>) {
        let mut state = self.state();
        let before = state.ages.take().map(|(_, before)| before);
        state.ages = Some((state.current.clone(), ages.or(before).unwrap_or_default()));
    }

    pub fn ages(&self) -> Ages {
        self.state().ages.clone().unwrap_or_default().1
    }

    /// Nobody has told it yet, or another key wraps since.
    pub fn lacks_ages(&self) -> bool {
        let state = self.state();
        state.ages.as_ref().is_none_or(|(current, _)| *current != state.current)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent() -> ServiceError {
        ServiceError::Silent("timed out".to_owned())
    }

    #[tokio::test]
    async fn after_a_silence_one_asks_again_and_the_others_are_told_at_once() {
        let answers = Answers::default();
        assert_eq!(answers.to(async { Ok::<_, ServiceError>(1) }).await, Ok(1));
        assert_eq!(answers.to(async { Err::<i32, _>(silent()) }).await, Err(silent()));
        let nobody = || async { panic!("it is not asked") };
        assert_eq!(answers.to::<i32>(nobody()).await, Err(silent()));
        tokio::time::sleep(PAUSE).await;
        let one = answers.to(async {
            assert_eq!(answers.to::<i32>(nobody()).await, Err(silent()));
            Ok(2)
        });
        assert_eq!(one.await, Ok(2));
        // Whoever is refused was answered.
        assert_eq!(answers.to(async { Err::<i32, _>(ServiceError::Refused) }).await, Err(ServiceError::Refused));
        assert_eq!(answers.to(async { Ok(3) }).await, Ok(3));
    }

    #[tokio::test]
    async fn a_late_answer_does_not_end_a_silence() {
        let answers = Answers::default();
        let late = answers.to(async {
            assert_eq!(answers.to(async { Err::<i32, _>(silent()) }).await, Err(silent()));
            Ok(1)
        });
        assert_eq!(late.await, Ok(1));
        assert_eq!(answers.to(async { Ok(2) }).await, Err(silent()));
    }
}
