//! The way of an incident: which step leads from where to where, and when.

use serde::{Deserialize, Serialize};

use crate::Time;

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($name:ident $word:literal $title:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type { $($name),* }

        impl $type {
            pub const ALL: &'static [$type] = &[$($type::$name),*];
            /// The word in tables, forms and JSON.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $word),* } }
            /// As people read it.
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title),* } }
            pub fn parse(text: &str) -> Option<Self> { Self::ALL.iter().copied().find(|one| one.as_str() == text) }
        }
    };
}
pub(super) use words;

words! {
    /// How far an incident is.
    State {
        Reported "reported" "Reported";
        Triaged "triaged" "Triaged";
        Contained "contained" "Contained";
        Eradicated "eradicated" "Eradicated";
        Recovered "recovered" "Recovered";
        Reviewed "reviewed" "Reviewed";
        Closed "closed" "Closed";
        Dismissed "dismissed" "Dismissed";
        Merged "merged" "Merged";
    }
}

words! {
    /// What takes an incident on.
    Step {
        Triage "triage" "Triage";
        Contain "contain" "It is contained";
        Eradicate "eradicate" "The cause is gone";
        Recover "recover" "Work goes on";
        Review "review" "It is looked back on";
        Close "close" "Close";
        Dismiss "dismiss" "Dismiss";
        Merge "merge" "Merge";
    }
}

/// The states of the line, in their order.
pub const LINE: [State; 7] =
    [State::Reported, State::Triaged, State::Contained, State::Eradicated, State::Recovered, State::Reviewed, State::Closed];

impl Step {
    /// A judgement and an end are told for those who come later; what was looked back on stands in the post-mortem.
    pub fn needs_note(self) -> bool {
        !matches!(self, Step::Contain | Step::Recover | Step::Review)
    }
}

impl State {
    /// Nothing more happens to it.
    pub fn is_over(self) -> bool {
        matches!(self, State::Closed | State::Dismissed | State::Merged)
    }

    /// Where this step leads from here; nowhere when it is not allowed.
    pub fn after(self, step: Step) -> Option<State> {
        use State::*;
        Some(match (self, step) {
            (Reported, Step::Triage) => Triaged,
            (Triaged, Step::Contain) => Contained,
            (Contained, Step::Eradicate) => Eradicated,
            (Eradicated, Step::Recover) => Recovered,
            (Recovered, Step::Review) => Reviewed,
            (Reviewed, Step::Close) => Closed,
            (Reported | Triaged, Step::Dismiss) => Dismissed,
            (state, Step::Merge) if !state.is_over() => Merged,
            _ => return None,
        })
    }

    /// What may be done now: exactly these buttons are offered.
    pub fn steps(self) -> impl Iterator<Item = Step> {
        Step::ALL.iter().copied().filter(move |step| self.after(*step).is_some())
    }

    /// What it means, for the line on top of the page.
    pub fn meaning(self) -> &'static str {
        match self {
            State::Reported => "Somebody noticed something; nobody has judged it yet.",
            State::Triaged => "It is an incident; its severity and commander are known.",
            State::Contained => "It spreads no further: what was exposed is locked or replaced.",
            State::Eradicated => "The cause is found and gone.",
            State::Recovered => "Work goes on as before, with what is new.",
            State::Reviewed => "What happened and what follows from it is written down.",
            State::Closed => "Everything is done.",
            State::Dismissed => "It was no incident.",
            State::Merged => "It goes on as a part of another incident.",
        }
    }
}

/// Why a step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    #[error("this step does not lead on from here")]
    NotFromHere,
    #[error("this is before the step before it")]
    TooEarly,
    #[error("this is in the future")]
    Future,
}

/// Where an incident stands, and when it came there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub state: State,
    /// When each state of the line was reached, in its order.
    pub reached: Vec<Time>,
    /// When it was dismissed or merged.
    pub ended: Option<Time>,
}

impl Progress {
    pub fn reported(at: Time) -> Self {
        Self { state: State::Reported, reached: vec![at], ended: None }
    }

    /// When it came into this state of the line.
    pub fn at(&self, state: State) -> Option<Time> {
        let place = LINE.iter().position(|one| *one == state)?;
        self.reached.get(place).copied()
    }

    /// Takes a step that was taken `at`, as one says at `now`.
    pub fn take(&self, step: Step, at: Time, now: Time) -> Result<Progress, StepRefused> {
        let state = self.state.after(step).ok_or(StepRefused::NotFromHere)?;
        if at > now {
            return Err(StepRefused::Future);
        }
        if self.reached.last().is_some_and(|last| at < *last) {
            return Err(StepRefused::TooEarly);
        }
        let mut next = Progress { state, ..self.clone() };
        if LINE.contains(&state) {
            next.reached.push(at)
        } else {
            next.ended = Some(at)
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn the_table_of_states_and_steps() {
        let mut table = String::new();
        for state in State::ALL {
            let steps: Vec<_> =
                state.steps().map(|s| format!("{} -> {}", s.as_str(), state.after(s).unwrap().as_str())).collect();
            table +=
                &format!("{:<12}{}\n", state.as_str(), if steps.is_empty() { "-".to_owned() } else { steps.join(", ") });
        }
        insta::assert_snapshot!(table);
    }

    /// Numbers that look random and are always the same (a step of SplitMix64).
    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    #[test]
    fn ten_thousand_random_sequences_take_no_illegal_step() {
        let (mut seed, mut illegal, mut taken, mut closed) = (4711, 0, 0, 0);
        for _ in 0..10_000 {
            let mut now = Time::UNIX_EPOCH;
            let mut progress = Progress::reported(now);
            for _ in 0..40 {
                now += Duration::seconds((next(&mut seed) % 100) as i64);
                let at = now + Duration::seconds((next(&mut seed) % 140) as i64 - 120);
                let step = Step::ALL[(next(&mut seed) % Step::ALL.len() as u64) as usize];
                // Merging ends most sequences before anything else happens.
                if step == Step::Merge && !next(&mut seed).is_multiple_of(10) {
                    continue;
                }
                let Ok(after) = progress.take(step, at, now) else { continue };
                taken += 1;
                let place = |state| LINE.iter().position(|one| *one == state);
                let in_line = place(after.state).is_none_or(|to| place(progress.state) == Some(to - 1));
                let monotonic = after.reached.windows(2).all(|pair| pair[0] <= pair[1]) && at <= now;
                let ends = after.ended.is_none_or(|end| after.reached.iter().all(|at| *at <= end));
                let was_over = progress.state.is_over();
                illegal += u32::from(!in_line || !monotonic || !ends || was_over);
                progress = after;
            }
            closed += u32::from(progress.state == State::Closed);
        }
        println!("10000 sequences, {taken} steps taken, {closed} closed, {illegal} illegal");
        assert!(taken > 20_000 && closed > 100, "{taken} {closed}");
        assert_eq!(illegal, 0);
    }
}
