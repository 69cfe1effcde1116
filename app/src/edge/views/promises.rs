//! What stands behind the promises.

use backend::{Cx, TeamScope, promises};

use crate::{
    Failure,
    api::promises::{PromiseItem, PromisesDetail},
    edge::{fail, moment},
};

pub(crate) async fn promises_detail(cx: &Cx, scope: &TeamScope) -> Result<PromisesDetail, Failure> {
    let now = cx.now();
    let looked = promises::look(cx, scope).await.map_err(fail)?;
    let items = looked.findings.into_iter().map(|(promise, finding)| PromiseItem {
        promise,
        standing: finding.standing,
        says: finding.says,
        checked: finding.at.map(|at| moment(at, now)),
    });
    let suite =
        looked.suite.map(|suite| (moment(suite.at, now), format!("{} passed, {} failed", suite.passed, suite.failed)));
    Ok(PromisesDetail { at: moment(now, now), items: items.collect(), suite })
}
