use serde::{Deserialize, Serialize};

/// What a form does, in words that name what it is about, and where the person confirms it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dangerous {
    pub words: String,
    /// The page that asks for the proof, for these words.
    pub confirm: String,
}
