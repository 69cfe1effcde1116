//! Faults on demand: what may go wrong, and how often it still will.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// A part of Amazon that can fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Lwa,
    SpApi,
    Ads,
}

/// What one request meets. As JSON: `{"kind":"throttled","retry_after_s":5}`, `{"kind":"status","status":503}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    InvalidGrant,
    InvalidClient,
    UnauthorizedClient,
    InvalidScope,
    InvalidRequest,
    UnsupportedGrantType,
    ServerError,
    TemporarilyUnavailable,
    /// A proper answer without the named field.
    MissingAccessToken,
    MissingRefreshToken,
    MissingExpiresIn,
    /// 403: the client secret's 180 days are over.
    SecretExpired,
    /// 403: the access token has ended.
    TokenExpired,
    /// 403 without details.
    AccessDenied,
    /// 429.
    Throttled {
        retry_after_s: Option<u32>,
    },
    /// Any status, with the page of some machine in between.
    #[serde(with = "status")]
    Status(u16),
    /// A proper answer, late.
    Slow {
        ms: u64,
    },
    /// Begins to answer, then drops the connection.
    Cut,
    /// 200 with broken JSON.
    Malformed,
    /// 200 with several megabytes.
    Huge,
}

impl Fault {
    /// Whether this part of Amazon could fail so.
    pub fn fits(self, part: Part) -> bool {
        use Fault::*;
        match self {
            Throttled { .. } | Slow { .. } | Cut | Malformed | Huge => true,
            Status(code) => (200..=599).contains(&code),
            SecretExpired | TokenExpired => part == Part::SpApi,
            AccessDenied => part != Part::Lwa,
            InvalidGrant | InvalidClient | UnauthorizedClient | InvalidScope | InvalidRequest | UnsupportedGrantType => {
                part == Part::Lwa
            }
            ServerError | TemporarilyUnavailable | MissingAccessToken | MissingRefreshToken | MissingExpiresIn => {
                part == Part::Lwa
            }
        }
    }
}

/// A number alone cannot carry the tag `kind`, so it travels under a name.
mod status {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Named {
        status: u16,
    }

    pub fn serialize<S: Serializer>(status: &u16, serializer: S) -> Result<S::Ok, S::Error> {
        Named { status: *status }.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
        Named::deserialize(deserializer).map(|named| named.status)
    }
}

/// A fault and how many requests will still meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Planned {
    pub on: Part,
    pub fault: Fault,
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// The faults to come, in the order in which they were planned.
#[derive(Debug, Default)]
pub(super) struct Faults(VecDeque<Planned>);

impl Faults {
    pub fn plan(&mut self, on: Part, fault: Fault, times: u32) {
        if times > 0 {
            self.0.push_back(Planned { on, fault, times });
        }
    }

    /// The fault that the next request to this part meets, if any.
    pub fn take(&mut self, part: Part) -> Option<Fault> {
        let at = self.0.iter().position(|planned| planned.on == part)?;
        let planned = self.0.get_mut(at)?;
        planned.times -= 1;
        let (fault, left) = (planned.fault, planned.times);
        if left == 0 {
            self.0.remove(at);
        }
        Some(fault)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn planned(&self) -> impl ExactSizeIterator<Item = &Planned> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn faults_count_down_in_order_and_each_part_has_its_own() {
        let mut faults = Faults::default();
        faults.plan(Part::Lwa, Fault::Cut, 2);
        faults.plan(Part::SpApi, Fault::Huge, 1);
        faults.plan(Part::Lwa, Fault::Status(503), 1);
        faults.plan(Part::Lwa, Fault::Malformed, 0);
        let met: Vec<_> = std::iter::from_fn(|| faults.take(Part::Lwa)).collect();
        assert_eq!(met, [Fault::Cut, Fault::Cut, Fault::Status(503)]);
        assert_eq!((faults.take(Part::SpApi), faults.take(Part::SpApi)), (Some(Fault::Huge), None));
    }

    #[test]
    fn every_form_of_a_fault_travels_as_json() {
        for (fault, wire) in [
            (Fault::InvalidGrant, json!({"kind": "invalid_grant"})),
            (Fault::Throttled { retry_after_s: Some(5) }, json!({"kind": "throttled", "retry_after_s": 5})),
            (Fault::Status(503), json!({"kind": "status", "status": 503})),
            (Fault::Slow { ms: 20 }, json!({"kind": "slow", "ms": 20})),
        ] {
            assert_eq!(serde_json::to_value(fault).unwrap(), wire);
            assert_eq!(serde_json::from_value::<Fault>(wire).unwrap(), fault);
        }
        let throttled: Fault = serde_json::from_value(json!({"kind": "throttled"})).unwrap();
        assert_eq!(throttled, Fault::Throttled { retry_after_s: None });
        let planned: Planned = serde_json::from_value(json!({"on": "sp_api", "fault": {"kind": "token_expired"}})).unwrap();
        assert_eq!(planned, Planned { on: Part::SpApi, fault: Fault::TokenExpired, times: 1 });
    }
}
