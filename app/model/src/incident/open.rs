//! What is open of an incident, and which states that keeps it from.

use super::State;

/// What is open of an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Measures that are ordered or failed.
    pub measures: usize,
    /// Tasks that nobody ended.
    pub tasks: usize,
    /// Notices that are approved and not sent, and mails of notices that are on their way.
    pub notices: usize,
    pub no_post_mortem: bool,
    /// Nothing follows from it.
    pub no_action_item: bool,
    /// It is not settled whether Amazon must be told.
    pub amazon: bool,
    /// A rehearsal ends with what it recorded.
    pub drill: bool,
}

/// What comes first; its words are read by people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    #[error("{}", many(*.0, "A measure is not done yet.", "measures are not done yet."))]
    Measures(usize),
    #[error("{}", many(*.0, "A task is not settled yet.", "tasks are not settled yet."))]
    Tasks(usize),
    #[error("A notice is approved and not sent, or still on its way: send it, withdraw it, or wait for it.")]
    Notices,
    #[error("Write the post-mortem first, under Lessons.")]
    NoPostMortem,
    #[error("Say first what follows from it, who does it and until when: under Lessons.")]
    NoActionItem,
    #[error("Tell Amazon first, by a notice, or say under Facts why it need not be told.")]
    Amazon,
}

fn many(n: usize, one: &str, more: &str) -> String {
    if n == 1 { one.to_owned() } else { format!("{n} {more}") }
}

impl Open {
    /// Nothing is contained, and nothing ends, while a measure is not done; nothing is looked back on without a post-mortem, or
    /// closed while a task is open and nothing follows; and Amazon's clock does not end by itself.
    pub fn keeps_from(&self, state: State) -> Option<Unready> {
        let closes = state == State::Closed;
        if self.measures > 0 && (state == State::Contained || state.is_over()) {
            return Some(Unready::Measures(self.measures));
        }
        if self.notices > 0 && state.is_over() {
            return Some(Unready::Notices);
        }
        if self.tasks > 0 && closes {
            return Some(Unready::Tasks(self.tasks));
        }
        match self {
            _ if self.drill => None,
            Open { no_post_mortem: true, .. } if state == State::Reviewed => Some(Unready::NoPostMortem),
            Open { no_action_item: true, .. } if closes => Some(Unready::NoActionItem),
            Open { amazon: true, .. } if closes => Some(Unready::Amazon),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::{super::LINE, *};

    #[test]
    fn the_table_of_what_keeps_an_incident_open() {
        let open = [
            Open { measures: 1, drill: true, ..Open::default() },
            Open { tasks: 2, ..Open::default() },
            Open { notices: 1, ..Open::default() },
            Open { no_post_mortem: true, ..Open::default() },
            Open { no_action_item: true, ..Open::default() },
            Open { amazon: true, ..Open::default() },
            Open { no_post_mortem: true, no_action_item: true, amazon: true, drill: true, ..Open::default() },
        ];
        let mut table = String::new();
        for one in open {
            for state in LINE.into_iter().chain([State::Dismissed, State::Merged]) {
                if let Some(unready) = one.keeps_from(state) {
                    writeln!(table, "{:<10} {unready:?}: {unready}", state.as_str()).unwrap();
                }
            }
        }
        insta::assert_snapshot!(table);
    }
}
