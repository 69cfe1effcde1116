//! Operators who look into Teams.

use backend::{Cx, TeamScope, impersonations, store::impersonation::Impersonation};
use leptos::prelude::*;
use model::{
    Problem, Time,
    ids::{ImpersonationId, TeamId},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    Failure,
    answer::Revealed,
    api::impersonations::{ImpersonationItem, ShownCode},
    edge::{Reveal, fail, moment, refuse},
};

pub(crate) async fn impersonation_items(cx: &Cx, scope: &TeamScope) -> Result<Vec<ImpersonationItem>, Failure> {
    let all = impersonations::list(cx, scope).await.map_err(fail)?;
    Ok(all.into_iter().map(|one| item(one, cx.now())).collect())
}

pub(crate) async fn own_impersonation_items(cx: &Cx) -> Result<Vec<ImpersonationItem>, Failure> {
    let all = impersonations::mine(cx).await.map_err(fail)?;
    let of_operator = |one: Impersonation| {
        let known = one.approved.is_some();
        let item = item(one, cx.now());
        ImpersonationItem { team_name: item.team_name.filter(|_| known), ..item }
    };
    Ok(all.into_iter().map(of_operator).collect())
}

fn item(one: Impersonation, now: Time) -> ImpersonationItem {
    ImpersonationItem {
        id: one.id,
        team: one.team,
        state: one.state(now),
        good_until: moment(one.moments().good_until(), now),
        team_name: Some(one.team_name.to_string()),
        reason: one.reason,
        asked: (one.asked.name, moment(one.asked.at, now)),
        approved: one.approved.map(|by| (by.name, moment(by.at, now))),
        begun: one.begun_at.map(|at| moment(at, now)),
        pages: one.pages,
    }
}

/// A Team by its id, or by an address of one of its pages.
pub(crate) fn team_named(text: &str) -> Result<TeamId, Failure> {
    let id = text.split(['/', '?', '#']).map(str::trim).find_map(|part| part.parse().ok());
    id.ok_or_else(|| refuse(Problem::field("which", "This is no Team's id: team_ and 32 letters and digits.")))
}

/// The one place where such a code is shown. A plain form post gets it through [`Reveal`].
#[expect(clippy::disallowed_methods, reason = "the code is shown once, to the owner who approved")]
pub(crate) fn show_code(impersonation: ImpersonationId, code: &SecretString) -> ShownCode {
    let shown = ShownCode { impersonation, code: code.expose_secret().to_owned() };
    if let Some(reveal) = use_context::<Reveal>() {
        reveal.put(Revealed::Code(shown.clone()));
    }
    shown
}
