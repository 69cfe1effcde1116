//! The installation's operator looks into a Team, to help: asks with a reason; an owner approves, and tells them a code that is good
//! once; for fifteen minutes they see what an auditor of the Team sees, and change nothing. Every page is in the Team's log.

mod answer;
mod error;
mod look;

use chrono::Duration;
use model::{
    Role,
    audit::Action,
    ids::{ImpersonationId, TeamId},
    impersonation::{ASK_BURST, ASK_BURST_ALL, ASK_EVERY, ASK_EVERY_ALL, ImpersonationState, reason},
    step_up::DangerousAct,
};

pub use answer::{approve, decline};
pub use error::ImpersonationError;
pub(crate) use look::end_due;
pub use look::{begin, end, end_of_team, live, seen, under_way};

use crate::{
    Cx, TeamScope,
    access::{self, AccessError},
    audit::{self, Event, Target},
    error::Outage,
    mail::{self, Mail, Message},
    random,
    store::{
        self, Tx,
        audit_hold::By,
        impersonation::{self, Impersonation},
        member::Member,
        rate_limit::{self, Limit},
    },
};

/// For so long questions are shown, and kept.
pub(crate) const SHOWN: Duration = Duration::days(90);

/// What operators asked of the Team lately, the newest first.
pub async fn list(cx: &Cx, scope: &TeamScope) -> Result<Vec<Impersonation>, AccessError> {
    Ok(impersonation::of_team(&cx.portal.db.of(scope), scope, cx.now() - SHOWN).await?)
}

/// What this operator asked lately, the newest first.
pub async fn mine(cx: &Cx) -> Result<Vec<Impersonation>, AccessError> {
    let me = access::operator(cx)?.user;
    Ok(impersonation::of_operator(cx.portal.db.reader(), me, cx.now() - SHOWN).await?)
}

/// Asks a Team's owners; what this operator asked of them before is over.
#[tracing::instrument(skip_all, fields(team = %team))]
pub async fn ask(cx: &Cx, team: TeamId, why: &str) -> Result<ImpersonationId, ImpersonationError> {
    access::operator(cx)?;
    let why = reason(why).ok_or(ImpersonationError::NoReason)?;
    access::require_proof(cx, DangerousAct::Impersonate, false).await?;
    let person = access::signed_in(cx)?;
    let (scope, now) = (access::job(team), cx.now());
    let tx = cx.portal.db.begin_in(&scope).await?;
    match store::team::hold(&*tx, &scope).await {
        Err(AccessError::NotFound) => return Err(ImpersonationError::NoSuchTeam),
        held => held?,
    }
    if store::team::membership(&*tx, team, person.user, now).await?.is_some() {
        return Err(ImpersonationError::IsMember);
    }
    let name = store::team::name(&*tx, team).await?.unwrap_or_default();
    let name: model::Name = name.parse().map_err(|_| Outage::Corrupt("name"))?;
    let (mine, all) = (Limit { burst: ASK_BURST, every: ASK_EVERY }, Limit { burst: ASK_BURST_ALL, every: ASK_EVERY_ALL });
    let (team_id, user) = (team.0.simple(), person.user.0.simple());
    for (bucket, limit) in
        [(format!("{team_id}:{user}"), mine), (format!("team:{team_id}"), all), (format!("user:{user}"), all)]
    {
        let taken = rate_limit::take(&*tx, &format!("impersonation:{bucket}"), limit, 1, now).await?;
        if taken.granted == 0 {
            return Err(ImpersonationError::TooMany { retry_after: taken.wait });
        }
    }
    for earlier in impersonation::of_team(&*tx, &scope, now - SHOWN).await? {
        if earlier.asked.user == person.user && earlier.state(now) != ImpersonationState::Over {
            look::over(cx, &tx, &earlier, Action::ImpersonationEnded).await?;
        }
    }
    let asked = By { at: now, user: person.user, name: person.email.to_string() };
    let new = Impersonation {
        id: random::id(now),
        team,
        team_name: name,
        reason: why.as_str().to_owned(),
        asked,
        approved: None,
        tries: 0,
        begun_at: None,
        pages: 0,
        ended_at: None,
    };
    impersonation::insert(&*tx, &new).await?;
    let text = format!(
        "{}, who operates this Portal, asks to look into {} for fifteen minutes. They would see what an auditor of the Team sees, \
         change nothing and see no secret. If you are in touch with them and it is right, approve it and tell them the code; else decline: \
         {}/teams/{team}/support. In their words: \"{}\"",
        new.asked.name, new.team_name, cx.portal.settings.public_url, new.reason,
    );
    if tell_owners(cx, &tx, &scope, "Support asks to look into your Team", &text).await? == 0 {
        return Err(ImpersonationError::NoOwner);
    }
    let event = Event::of(&scope, Action::ImpersonationAsked).on(Target::team(team, &new.team_name));
    audit::append(&*tx, cx, event.with("impersonation", new.id).with("why", &why)).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Owners who may come in now.
async fn owners(cx: &Cx, tx: &Tx, scope: &TeamScope) -> Result<Vec<Member>, sea_orm::DbErr> {
    let all = store::member::not_locked(&**tx, scope).await?;
    Ok(all.into_iter().filter(|one| one.role == Role::Owner && !one.engagement.is_over(cx.now())).collect())
}

/// Mails every owner; tells how many there are.
async fn tell_owners(cx: &Cx, tx: &Tx, scope: &TeamScope, headline: &str, text: &str) -> Result<usize, ImpersonationError> {
    let mut told = 0;
    for owner in owners(cx, tx, scope).await? {
        let message = Message::SecurityNotice { headline: headline.to_owned(), text: text.to_owned() };
        mail::queue(&**tx, &cx.portal.vault, cx.now(), Mail { to: owner.email, message }).await?;
        told += 1;
    }
    Ok(told)
}
