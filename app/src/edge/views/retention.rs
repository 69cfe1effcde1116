//! How long the log is kept.

use backend::{
    Cx,
    audit::Retention,
    store::audit_hold::{By, Hold},
};

use crate::{
    api::retention::{HoldItem, RetentionDetail},
    edge::moment,
};

pub(crate) fn retention_detail(cx: &Cx, found: Retention) -> RetentionDetail {
    let now = cx.now();
    let by = |by: By| (by.name, moment(by.at, now));
    let item =
        |hold: Hold| HoldItem { id: hold.id, reason: hold.reason, placed: by(hold.placed), lifted: hold.lifted.map(by) };
    RetentionDetail {
        months: found.months,
        since: found.since.map(|at| moment(at, now)),
        oldest: found.oldest.map(|at| moment(at, now)),
        holds: found.holds.into_iter().map(item).collect(),
    }
}
