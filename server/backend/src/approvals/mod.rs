//! The gravest acts take two people: one asks, another approves, both with a fresh proof.

mod error;

use model::{
    Environments,
    approval::{ALONE_WITHIN, ApprovalState, GraveAct, is_second_person},
    audit::Action,
    ids::{ApprovalId, UserId},
};

pub use error::ApprovalError;

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    mail::{self, Mail, MailError, Message},
    random,
    store::{self, Tx, approval::Approval, audit_hold::By, member::Member},
    teams,
};

/// What was asked lately, the newest first.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<Approval>, AccessError> {
    Ok(store::approval::of_team(cx.portal.db.reader(), scope, cx.now() - ALONE_WITHIN).await?)
}

/// Asks for it; what the same person asked before is over. `typed`: the Team's name, where the Team is what ends.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn ask(cx: &Cx, scope: &TeamScope, act: GraveAct, typed: &str) -> Result<ApprovalId, ApprovalError> {
    let by = check(cx, scope, act, typed).await?;
    let new = Approval { id: random::id(cx.now()), act, asked: by, given: None, ended_at: None };
    let tx = cx.portal.db.begin().await?;
    store::team::hold(&*tx, scope).await?;
    if act == GraveAct::DeleteTeam {
        teams::may_end(&tx, scope).await?;
    }
    let others = approvers(&tx, scope, &new).await?;
    if others.is_empty() {
        return Err(ApprovalError::NobodyElse);
    }
    for earlier in store::approval::of_team(&*tx, scope, cx.now() - ALONE_WITHIN).await? {
        if earlier.act == act && earlier.asked.user == new.asked.user {
            store::approval::end(&*tx, scope, earlier.id, cx.now()).await?;
        }
    }
    store::approval::insert(&*tx, scope, &new).await?;
    let text = format!(
        "{} asks to {} {}. It takes a second person: look whether it is right, and approve it or let it be: {}/teams/{}/approvals",
        new.asked.name,
        act.words(),
        scope.name().map(ToString::to_string).unwrap_or_default(),
        cx.portal.settings.public_url,
        scope.team(),
    );
    tell(cx, &tx, others, "Somebody asks for your approval", &text).await?;
    audit::append(&*tx, cx, Event::of(scope, Action::ApprovalAsked).on(Target::approval(new.id, act))).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Approves what another one asked. A Team ends with it; an export may be taken for a day.
#[tracing::instrument(skip_all, fields(team = %scope.team(), approval = %id))]
pub async fn approve(cx: &Cx, scope: &TeamScope, act: GraveAct, id: ApprovalId, typed: &str) -> Result<(), ApprovalError> {
    let found = one(cx, scope, id).await?;
    if found.act != act {
        return Err(AccessError::NotFound.into());
    }
    let by = check(cx, scope, act, typed).await?;
    let tx = cx.portal.db.begin().await?;
    store::team::hold(&*tx, scope).await?;
    let approvers = approvers(&tx, scope, &found).await?;
    if !approvers.iter().any(|member| member.user == by.user) {
        return Err(ApprovalError::Alone);
    }
    let asker = store::member::not_locked(&*tx, scope).await?.into_iter().find(|one| one.user == found.asked.user);
    let Some(asker) = asker.filter(|one| one.role.may(found.act.asks())) else { return Err(ApprovalError::AskerGone) };
    if found.state(cx.now()) != ApprovalState::Asked || !store::approval::give(&*tx, scope, id, &by).await? {
        return Err(ApprovalError::Over);
    }
    let event = Event::of(scope, Action::ApprovalGiven).on(Target::approval(id, found.act));
    audit::append(&*tx, cx, event.with("asked_by", found.asked.user)).await?;
    match found.act {
        GraveAct::ExportLog => {
            let text = format!("{} approved that you {}. It is good for 24 hours.", by.name, found.act.words());
            tell(cx, &tx, vec![asker], "Your export is approved", &text).await?;
        }
        GraveAct::DeleteTeam => teams::end(cx, &tx, scope, &found.asked, &by).await?,
    }
    Ok(tx.commit().await?)
}

/// Takes a question or an approval back: whoever asked may, and whoever may approve.
#[tracing::instrument(skip_all, fields(team = %scope.team(), approval = %id))]
pub async fn withdraw(cx: &Cx, scope: &TeamScope, id: ApprovalId) -> Result<(), ApprovalError> {
    let found = one(cx, scope, id).await?;
    let is_mine = found.asked.user == access::signed_in(cx)?.user;
    if !is_mine && !scope.role().is_some_and(|role| role.may(found.act.approves())) {
        return Err(AccessError::NotFound.into());
    }
    let tx = cx.portal.db.begin().await?;
    if found.state(cx.now()) == ApprovalState::Over || !store::approval::end(&*tx, scope, id, cx.now()).await? {
        return Err(ApprovalError::Over);
    }
    audit::append(&*tx, cx, Event::of(scope, Action::ApprovalWithdrawn).on(Target::approval(id, found.act))).await?;
    Ok(tx.commit().await?)
}

/// What another one approved for this person, and is still good.
pub(crate) async fn standing(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    user: UserId,
    act: GraveAct,
) -> Result<Option<ApprovalId>, sea_orm::DbErr> {
    let all = store::approval::of_team(&**tx, scope, cx.now() - ALONE_WITHIN).await?;
    let is_good = |one: &Approval| one.act == act && one.asked.user == user && one.state(cx.now()) == ApprovalState::Given;
    Ok(all.into_iter().find(is_good).map(|one| one.id))
}

async fn one(cx: &Cx, scope: &TeamScope, id: ApprovalId) -> Result<Approval, AccessError> {
    list(cx, scope).await?.into_iter().find(|one| one.id == id).ok_or(AccessError::NotFound)
}

/// What both of them need: a fresh proof, and for the end of a Team its name, and that nothing of it is closed to them.
async fn check(cx: &Cx, scope: &TeamScope, act: GraveAct, typed: &str) -> Result<By, ApprovalError> {
    if act == GraveAct::DeleteTeam {
        scope.give(cx, Environments::BOTH).await?;
    }
    let user = access::require_step_up(cx, scope, act.proof()).await?;
    let is_named = scope.name().is_some_and(|name| name.as_str() == typed.trim());
    if act == GraveAct::DeleteTeam && !is_named {
        return Err(ApprovalError::NameDiffers);
    }
    Ok(By { at: cx.now(), user, name: access::signed_in(cx)?.email.to_string() })
}

/// Who could approve it: others, who were in the Team before it was asked.
async fn approvers(tx: &Tx, scope: &TeamScope, asked: &Approval) -> Result<Vec<Member>, sea_orm::DbErr> {
    let could = |member: &Member| {
        member.role.may(asked.act.approves())
            && is_second_person(asked.asked.user, asked.asked.at, member.user, member.joined_at)
    };
    Ok(store::member::not_locked(&**tx, scope).await?.into_iter().filter(could).collect())
}

async fn tell(cx: &Cx, tx: &Tx, to: Vec<Member>, headline: &str, text: &str) -> Result<(), MailError> {
    for member in to {
        let message = Message::SecurityNotice { headline: headline.to_owned(), text: text.to_owned() };
        mail::queue(&**tx, &cx.portal.vault, cx.now(), Mail { to: member.email, message }).await?;
    }
    Ok(())
}
