//! What takes two people.

use backend::{Cx, TeamScope, access, approvals, store};
use model::{
    Role,
    approval::{ASKED_FOR, ApprovalState, GIVEN_FOR, is_second_person},
};

use crate::{
    Failure,
    api::approvals::ApprovalItem,
    edge::{fail, moment},
};

pub(crate) async fn approval_items(cx: &Cx, scope: &TeamScope) -> Result<Vec<ApprovalItem>, Failure> {
    let (me, now) = (access::signed_in(cx).map_err(fail)?.user, cx.now());
    let mine = store::member::by_user(&cx.portal.db.of(scope), scope, me).await.map_err(super::outage)?;
    let role = scope.role().unwrap_or(Role::Auditor);
    let item = |one: store::approval::Approval| {
        let state = one.state(now);
        let approves = mine.as_ref().is_some_and(|mine| one.act.is_open_to(mine.role, mine.environments));
        let is_second = mine.as_ref().is_some_and(|mine| is_second_person(one.asked.user, one.asked.at, me, mine.joined_at));
        let good_until = one.given.as_ref().map_or(one.asked.at + ASKED_FOR, |given| given.at + GIVEN_FOR);
        ApprovalItem {
            id: one.id,
            act: one.act,
            state,
            may_approve: state == ApprovalState::Asked && approves && is_second,
            may_withdraw: state != ApprovalState::Over && (role.may(one.act.approves()) || one.asked.user == me),
            asked: (one.asked.name, moment(one.asked.at, now)),
            given: one.given.map(|given| (given.name, moment(given.at, now))),
            good_until: moment(good_until, now),
        }
    };
    Ok(approvals::list(cx, scope).await.map_err(fail)?.into_iter().map(item).collect())
}
