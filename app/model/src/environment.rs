//! Production and sandbox never mix: LWA apps, connections and gateways each belong to one.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    Production,
    Sandbox,
}

impl Environment {
    pub const ALL: [Environment; 2] = [Environment::Production, Environment::Sandbox];

    pub fn as_str(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Sandbox => "sandbox",
        }
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Environment::Production => "Production",
            Environment::Sandbox => "Sandbox",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.as_str() == text)
    }
}

/// Which environments a Member may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environments {
    pub production: bool,
    pub sandbox: bool,
}

impl Environments {
    pub const BOTH: Environments = Environments { production: true, sandbox: true };

    /// Those that only one of the two holds.
    pub fn changed(self, other: Environments) -> Environments {
        Environments { production: self.production != other.production, sandbox: self.sandbox != other.sandbox }
    }

    pub fn contain(self, environment: Environment) -> bool {
        match environment {
            Environment::Production => self.production,
            Environment::Sandbox => self.sandbox,
        }
    }
}
