//! The gravest acts take two people: one asks, another approves, both with a fresh proof.

mod error;

use chrono::Duration;
use model::{
    Environments,
    approval::{ASK_BURST, ASK_EVERY, ApprovalState, GraveAct, is_second_person},
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
    store::{
        self, Tx,
        approval::Approval,
        audit_hold::By,
        member::Member,
        rate_limit::{self, Limit},
    },
    teams,
};

/// For so long questions are shown.
const SHOWN: Duration = Duration::days(30);

/// What was asked lately, the newest first.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<Approval>, AccessError> {
    Ok(store::approval::of_team(&cx.portal.db.of(scope), scope, cx.now() - SHOWN).await?)
}

/// Asks for it; what the same person asked before, and nobody has answered, is over. `typed`: the Team's name, where the Team is what ends.
#[tracing::instrument(skip_all, fields(team = %scope.team()))]
pub async fn ask(cx: &Cx, scope: &TeamScope, act: GraveAct, typed: &str) -> Result<ApprovalId, ApprovalError> {
    let by = check(cx, scope, act, typed).await?;
    let new = Approval { id: random::id(cx.now()), act, asked: by, given: None, ended_at: None };
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    if act == GraveAct::DeleteTeam {
        teams::may_end(&tx, scope).await?;
    }
    let others = approvers(&tx, scope, &new).await?;
    if others.is_empty() {
        return Err(ApprovalError::NobodyElse);
    }
    let limit = Limit { burst: ASK_BURST, every: ASK_EVERY };
    let bucket = format!("approval:{}:{}", scope.team().0.simple(), new.asked.user.0.simple());
    let taken = rate_limit::take(&*tx, &bucket, limit, 1, cx.now()).await?;
    if taken.granted == 0 {
        return Err(ApprovalError::TooMany { retry_after: taken.wait });
    }
    for earlier in store::approval::of_team(&*tx, scope, cx.now() - SHOWN).await? {
        let is_mine = earlier.act == act && earlier.asked.user == new.asked.user;
        if is_mine && earlier.state(cx.now()) == ApprovalState::Asked {
            take_back(cx, &tx, scope, &earlier).await?;
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
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    let approvers = approvers(&tx, scope, &found).await?;
    if !approvers.iter().any(|member| member.user == by.user) {
        drop(tx);
        return Err(refused(cx, scope, &found, ApprovalError::Alone).await?);
    }
    let asker = store::member::not_locked(&*tx, scope).await?.into_iter().find(|one| one.user == found.asked.user);
    let Some(asker) = asker.filter(|one| one.role.may(found.act.asks())) else {
        drop(tx);
        return Err(refused(cx, scope, &found, ApprovalError::AskerGone).await?);
    };
    if found.state(cx.now()) != ApprovalState::Asked || !store::approval::give(&*tx, scope, id, &by).await? {
        return Err(ApprovalError::Over);
    }
    let event = Event::of(scope, Action::ApprovalGiven).on(Target::approval(id, found.act));
    audit::append(&*tx, cx, event.with("asked_by", found.asked.user)).await?;
    match found.act {
        GraveAct::ExportLog => {
            let text = format!(
                "{} approved that you {} of {}. It is good for 24 hours: {}/teams/{}/log#export",
                by.name,
                found.act.words(),
                scope.name().map(ToString::to_string).unwrap_or_default(),
                cx.portal.settings.public_url,
                scope.team(),
            );
            tell(cx, &tx, vec![asker], "Your export is approved", &text).await?;
        }
        GraveAct::DeleteTeam => {
            store::approval::end(&*tx, scope, id, cx.now()).await?;
            teams::end(cx, &tx, scope, &found.asked, &by).await?;
        }
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
    let tx = cx.portal.db.begin_in(scope).await?;
    store::team::hold(&*tx, scope).await?;
    if found.state(cx.now()) == ApprovalState::Over || !take_back(cx, &tx, scope, &found).await? {
        return Err(ApprovalError::Over);
    }
    Ok(tx.commit().await?)
}

/// False when it was over.
async fn take_back(cx: &Cx, tx: &Tx, scope: &TeamScope, one: &Approval) -> Result<bool, sea_orm::DbErr> {
    let ended = store::approval::end(&**tx, scope, one.id, cx.now()).await?;
    if ended {
        audit::append(&**tx, cx, Event::of(scope, Action::ApprovalWithdrawn).on(Target::approval(one.id, one.act))).await?;
    }
    Ok(ended)
}

/// Whoever tries it alone is in the log.
async fn refused(cx: &Cx, scope: &TeamScope, one: &Approval, error: ApprovalError) -> Result<ApprovalError, AccessError> {
    let event = Event::of(scope, Action::AccessRefused).on(Target::approval(one.id, one.act));
    audit::append_alone(cx, event.refused("second-person")).await?;
    Ok(error)
}

/// Whether nobody else of the Team could approve it, also nobody who is locked out just now; and not since this person took others
/// away or lowered their roles.
pub(crate) async fn is_alone(cx: &Cx, tx: &Tx, scope: &TeamScope, act: GraveAct) -> Result<bool, AccessError> {
    let me = access::signed_in(cx)?.user;
    let members = store::member::all(&**tx, scope).await?;
    let others = members.iter().any(|member| member.user != me && member.role.may(act.approves()));
    let by_me = [Action::MemberRemoved, Action::RoleChanged];
    Ok(!others && !store::audit_event::did_since(&**tx, scope, me, &by_me, cx.now() - SHOWN).await?)
}

/// What another one approved for this person, and is still good.
pub(crate) async fn standing(
    cx: &Cx,
    tx: &Tx,
    scope: &TeamScope,
    user: UserId,
    act: GraveAct,
) -> Result<Option<ApprovalId>, sea_orm::DbErr> {
    let all = store::approval::of_team(&**tx, scope, cx.now() - SHOWN).await?;
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
        asked.act.is_open_to(member.role, member.environments)
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
