//! Looking in: begun with the owner's code, seen page by page, ended by either side or by time.

use model::{
    Time,
    audit::{Action, SafeText},
    ids::{ImpersonationId, TeamId},
    impersonation::{ImpersonationState, TRIES},
    login::parse_code,
    step_up::DangerousAct,
};

use super::{ImpersonationError, answer::one, mine, owners, tell_owners};
use crate::{
    Cx, Portal, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    cx::{SignedIn, Support},
    error::Outage,
    store::{
        self, Tx,
        impersonation::{self, Impersonation},
    },
};

/// Begins it in this browser, with the code that the owner told.
#[tracing::instrument(skip_all, fields(impersonation = %id))]
pub async fn begin(cx: &Cx, id: ImpersonationId, code: &str) -> Result<Impersonation, ImpersonationError> {
    let found = own(cx, id).await?;
    let (now, scope) = (cx.now(), access::job(found.team));
    // Where owners and admins need a passkey, so does whoever looks in.
    let by_passkey = store::team::requires_passkeys(&cx.portal.db.of(&scope), &scope).await?;
    access::require_proof(cx, DangerousAct::Impersonate, by_passkey).await?;
    let person = access::signed_in(cx)?;
    let approved = found.approved.as_ref().filter(|_| found.state(now) == ImpersonationState::Approved);
    let approved = approved.ok_or(ImpersonationError::WrongCode)?;
    let code = parse_code(code).map_err(|_| ImpersonationError::WrongCode)?;
    if !is_code(cx, &found, &code).await? {
        let event = Event::of(&scope, Action::AccessRefused).on(Target::team(found.team, &found.team_name));
        audit::append_alone(cx, event.with("impersonation", id).refused("wrong-code")).await?;
        return Err(ImpersonationError::WrongCode);
    }
    // Across Teams: what the operator looks into elsewhere ends here.
    let tx = cx.portal.db.begin().await?;
    store::team::hold(&*tx, &scope).await?;
    if !owners(cx, &tx, &scope).await?.iter().any(|owner| owner.user == approved.user) {
        return Err(ImpersonationError::ApproverGone);
    }
    if store::team::membership(&*tx, found.team, person.user, now).await?.is_some() {
        return Err(ImpersonationError::IsMember);
    }
    for other in impersonation::of_operator(&*tx, person.user, now - super::SHOWN).await? {
        if other.begun_at.is_some() && other.ended_at.is_none() {
            over(cx, &tx, &other, Action::ImpersonationEnded).await?;
        }
    }
    if !impersonation::begin(&*tx, id, person.session, now).await? {
        return Err(ImpersonationError::WrongCode);
    }
    let begun = Impersonation { begun_at: Some(now), ..found.clone() };
    let text = format!(
        "{}, who operates this Portal, looks into {} until {} UTC, as {} approved: \"{}\". End it at any time: {}/teams/{}/support",
        begun.asked.name,
        begun.team_name,
        begun.moments().good_until().format("%H:%M"),
        approved.name,
        begun.reason,
        cx.portal.settings.public_url,
        begun.team,
    );
    tell_owners(cx, &tx, &scope, "Support looks into your Team", &text).await?;
    let event = Event::of(&scope, Action::ImpersonationBegun).on(Target::team(begun.team, &begun.team_name));
    audit::append(&*tx, cx, event.for_whom(approved.user, &approved.name).with("impersonation", id)).await?;
    tx.commit().await?;
    Ok(begun)
}

/// Whether this is the code; each question is a try.
async fn is_code(cx: &Cx, found: &Impersonation, code: &str) -> Result<bool, ImpersonationError> {
    let tx = cx.portal.db.begin_in(&access::job(found.team)).await?;
    let Some(stored) = impersonation::try_code(&*tx, found.id, TRIES).await? else {
        return Err(ImpersonationError::CodeSpent);
    };
    tx.commit().await?;
    let mac = cx.portal.vault.login_code_mac(found.id.0, &found.asked.name, code);
    Ok(cx.portal.vault.matches(mac, &stored))
}

async fn own(cx: &Cx, id: ImpersonationId) -> Result<Impersonation, AccessError> {
    mine(cx).await?.into_iter().find(|one| one.id == id).ok_or(AccessError::NotFound)
}

/// What this browser of an operator looks into now.
pub async fn live(portal: &Portal, person: &SignedIn) -> Result<Option<Support>, sea_orm::DbErr> {
    let found = impersonation::live(portal.db.reader(), person.user, person.session, portal.clock.now()).await?;
    Ok(found.and_then(|one| {
        let until = one.moments().good_until();
        let owner = one.approved?;
        Some(Support {
            id: one.id,
            team: one.team,
            name: one.team_name,
            reason: one.reason,
            owner: owner.user,
            owner_name: owner.name,
            until,
            looks: false,
        })
    }))
}

/// The Teams that operators look into now: who, and until when.
pub async fn under_way(cx: &Cx) -> Result<Vec<(TeamId, String, Time)>, AccessError> {
    let all = impersonation::under_way(cx.portal.db.reader(), cx.now()).await?;
    Ok(all.into_iter().map(|one| (one.team, one.asked.name.clone(), one.moments().good_until())).collect())
}

/// Writes down that a page of the Team is looked at, before it is. False when it is over meanwhile.
pub async fn seen(cx: &Cx, support: &Support, page: &str) -> Result<bool, Outage> {
    let tx = cx.portal.db.begin_in(&access::job(support.team)).await?;
    if !impersonation::count_page(&*tx, support.id).await? {
        return Ok(false);
    }
    let scope = access::job(support.team);
    let event = Event::of(&scope, Action::ImpersonationSeen).on(Target::team(support.team, &support.name));
    let event = event
        .for_whom(support.owner, &support.owner_name)
        .with("impersonation", support.id)
        .with("page", &SafeText::new(page, 200));
    audit::append(&*tx, cx, event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends what this operator asked, at whatever step it stands. What is over already stays so.
#[tracing::instrument(skip_all, fields(impersonation = %id))]
pub async fn end(cx: &Cx, id: ImpersonationId) -> Result<(), ImpersonationError> {
    let found = own(cx, id).await?;
    match finish(cx, &found).await {
        Err(ImpersonationError::Over) => Ok(()),
        ended => ended,
    }
}

/// The same by an owner or admin of the Team.
#[tracing::instrument(skip_all, fields(team = %scope.team(), impersonation = %id))]
pub async fn end_of_team(cx: &Cx, scope: &TeamScope, id: ImpersonationId) -> Result<(), ImpersonationError> {
    let found = one(cx, scope, id).await?;
    finish(cx, &found).await
}

async fn finish(cx: &Cx, found: &Impersonation) -> Result<(), ImpersonationError> {
    let tx = cx.portal.db.begin_in(&access::job(found.team)).await?;
    if !over(cx, &tx, found, Action::ImpersonationEnded).await? {
        return Err(ImpersonationError::Over);
    }
    Ok(tx.commit().await?)
}

/// Ends those whose time is over, or that stand no more for another reason, so that the owners hear of it.
pub(crate) async fn end_due(portal: &Portal) -> Result<(), Outage> {
    let cx = Cx::system(portal, "impersonation");
    let tx = portal.db.begin().await?;
    impersonation::lapse(&*tx, cx.now()).await?;
    tx.commit().await?;
    for found in impersonation::run_out(portal.db.reader(), cx.now()).await? {
        let tx = portal.db.begin().await?;
        match over(&cx, &tx, &found, Action::ImpersonationEnded).await {
            Ok(_) => tx.commit().await?,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(impersonation = %found.id, error, "an impersonation was not ended");
            }
        }
    }
    Ok(())
}

/// Ends it with a record; one that had begun is told to the owners. False when it was over.
pub(super) async fn over(cx: &Cx, tx: &Tx, found: &Impersonation, action: Action) -> Result<bool, ImpersonationError> {
    let Some((begun_at, pages)) = impersonation::end(&**tx, found.id, cx.now()).await? else { return Ok(false) };
    let scope = access::job(found.team);
    let event = Event::of(&scope, action).on(Target::team(found.team, &found.team_name)).with("impersonation", found.id);
    let event = event.with("asked_by", found.asked.user);
    let event = match &found.approved {
        Some(owner) if begun_at.is_some() => event.for_whom(owner.user, &owner.name).with("pages", i64::from(pages)),
        _ => event,
    };
    audit::append(&**tx, cx, event).await?;
    if begun_at.is_some() {
        let text = format!(
            "{} looks into {} no longer. They looked at {pages} pages, each of which is in the Team's log: {}/teams/{}/log",
            found.asked.name, found.team_name, cx.portal.settings.public_url, found.team,
        );
        tell_owners(cx, tx, &scope, "Support looks into your Team no longer", &text).await?;
    }
    Ok(true)
}
