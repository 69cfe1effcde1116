//! Tasks of an incident: what people do about it, by whom, until when.

use serde::{Deserialize, Serialize};

use super::state::words;

/// Letters of a task.
pub const TASK_MOST: usize = 140;
/// Tasks of one incident, and of one playbook.
pub const TASKS_MOST: usize = 60;
/// The latest that a playbook's task is due, in hours from the detection.
pub const WITHIN_MOST: i64 = 24 * 90;

words! {
    /// How far a task is.
    TaskState {
        Open "open" "Open";
        Done "done" "Done";
        Dropped "dropped" "Not needed";
    }
}

impl TaskState {
    /// How a task may end.
    pub const ENDS: [TaskState; 2] = [TaskState::Done, TaskState::Dropped];

    /// Why something was left undone is told to those who come later.
    pub fn needs_note(self) -> bool {
        self == TaskState::Dropped
    }
}
