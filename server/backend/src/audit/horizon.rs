//! Up to which place the log was pruned: signed by the key that signs its heads, so that the owner of the database alone can
//! have no event be missing that the log's owner did not give up.

use chrono::Duration;
use model::{
    Time,
    retention::{LEAST_MONTHS, kept_since},
};
use signed_note::Note;

use super::{CheckpointError, CheckpointKey, Head, signed_by};

/// Events below `index` were recorded before `before`, and may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    pub index: u64,
    pub before: Time,
    pub signed_at: Time,
}

/// Clocks differ, and an event waits a moment for its place.
const SLACK: Duration = Duration::hours(1);

const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";

fn read_time(line: Option<&str>) -> Option<Time> {
    line?.parse().ok()
}

impl Horizon {
    /// As a signed note under a name of its own: it is no checkpoint, and cannot be taken for one.
    pub fn sign(&self, key: &CheckpointKey) -> Result<String, CheckpointError> {
        let Self { index, before, signed_at } = self;
        let text = format!("{}/horizon\n{index}\n{}\n{}\n", key.name(), before.format(FORM), signed_at.format(FORM));
        let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| CheckpointError::Malformed)?;
        key.add_signature(&mut note)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
    }

    /// Reads one, and believes it when the log of this verifier key has signed it.
    pub fn read(text: &str, verifier: &str) -> Result<Self, CheckpointError> {
        let note = signed_by(text, verifier)?;
        let name = verifier.split('+').next().unwrap_or_default();
        let refused = || CheckpointError::NotSigned(name.to_owned());
        let body = std::str::from_utf8(note.text()).map_err(|_| refused())?;
        let mut lines = body.lines();
        if lines.next() != Some(&*format!("{name}/horizon")) {
            return Err(refused());
        }
        let index = lines.next().and_then(|line| line.parse().ok());
        let (before, signed_at) = (read_time(lines.next()), read_time(lines.next()));
        let (Some(index), Some(before), Some(signed_at)) = (index, before, signed_at) else { return Err(refused()) };
        Ok(Self { index, before, signed_at })
    }

    /// Whether everything below it was old enough to be given up when it was signed, by its own word.
    pub fn is_old_enough(&self) -> bool {
        kept_since(self.signed_at, LEAST_MONTHS).is_some_and(|since| self.before <= since)
    }

    /// The same as far as one can know at `now`.
    pub fn is_lawful(&self, now: Time) -> bool {
        self.is_old_enough() && self.signed_at <= now + SLACK
    }

    /// Whether this head proves that something below the horizon was recorded later than the horizon says: the tree was not so
    /// large yet, at a time that is not given up.
    pub fn is_disproved_by(&self, head: &Head) -> bool {
        head.size < self.index && head.at.is_some_and(|at| at > self.before + SLACK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_is_believed_when_the_log_signed_it_and_is_no_checkpoint() {
        let key = CheckpointKey::generate("portal.example/audit");
        let at = |text: &str| text.parse::<Time>().unwrap();
        let horizon = Horizon { index: 4711, before: at("2025-10-26T05:00:00Z"), signed_at: at("2026-11-26T05:00:00Z") };
        let note = horizon.sign(&key).unwrap();
        assert_eq!(Horizon::read(&note, key.verifier()).unwrap(), horizon);
        let now = at("2026-11-26T05:00:00Z");
        assert!(horizon.is_lawful(now));
        assert!(!Horizon { before: at("2025-11-26T05:00:01Z"), ..horizon }.is_lawful(now));
        assert!(!horizon.is_lawful(at("2026-11-26T03:00:00Z")), "it was signed in the future");
        // A smaller tree after that time: what came later is not old enough.
        let head = |size, text| Head { size, root: [0; 32], at: Some(at(text)) };
        assert!(horizon.is_disproved_by(&head(4710, "2025-10-27T00:00:00Z")));
        assert!(!horizon.is_disproved_by(&head(4711, "2025-10-27T00:00:00Z")));
        assert!(!horizon.is_disproved_by(&head(4710, "2025-10-26T04:00:00Z")));
        let stranger = CheckpointKey::generate("portal.example/audit");
        assert!(Horizon::read(&note, stranger.verifier()).is_err());
        assert!(Horizon::read(&note.replace("4711", "4712"), key.verifier()).is_err());
        assert!(super::super::read_note(&note, key.verifier()).is_err());
        let head = key.sign(4711, tlog_tiles::EMPTY_HASH, at("2026-11-26T05:00:00Z")).unwrap();
        assert!(Horizon::read(&head, key.verifier()).is_err());
    }
}
