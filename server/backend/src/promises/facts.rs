//! Everything that is looked at, loaded once.

use chrono::Duration;
use model::{
    Time,
    alert::Rule,
    audit::{Action, Outcome},
    gateway::{KeyPhase, key_phase},
};

use sea_orm::DbBackend;

use super::results::{Scan, Suite, Unreadable};
use crate::{
    Cx, Mode, TeamScope,
    access::AccessError,
    access_reviews, alerts, audit, gateways, incidents, keys,
    store::{
        self, access_review::AccessReview, alert::Whose, audit_tally, contact::Contact, dormancy::Account,
        gateway_key::GatewayKey, member::Member, review::Review, sealed,
    },
    teams,
};

/// Days whose figures are shown.
pub(super) const DAYS: i64 = 30;
/// Sealed values of each kind that are looked at.
const SAMPLE: u64 = 50;

pub(super) struct Facts {
    pub now: Time,
    pub mode: Mode,
    pub members: Vec<Member>,
    pub accounts: Vec<Account>,
    /// How many members have a passkey, and whether owners and admins must.
    pub passkeys: (usize, bool),
    pub access_reviews: Vec<AccessReview>,
    pub reviews: Vec<Review>,
    pub connections: store::connection::Counts,
    /// When the client secret of each LWA app was made.
    pub secrets_made: Vec<Time>,
    /// When each live gateway key ends.
    pub keys_end: Vec<Time>,
    pub idle: usize,
    pub keys: keys::Inventory,
    /// Sealed values that were looked at, and those that are none or name a key of somebody else.
    pub sealed: (usize, usize),
    /// Tokens that left and requests that were refused in thirty days, and all events.
    pub issued: (i64, i64, i64),
    pub log: audit::State,
    pub retention: audit::Retention,
    /// Rules that are switched off, and alerts that wait.
    pub alerts: (usize, usize),
    pub contact: Option<Contact>,
    pub readiness: incidents::Readiness,
    /// Alerts about the log, and about evidence, that wait for the operators.
    pub damaged: (bool, bool),
    /// When the Team was made.
    pub made: Time,
    /// The person operates the installation: what is known of its weaknesses is theirs to read.
    pub is_operator: bool,
    pub is_postgres: bool,
    pub scan: Result<Option<Scan>, Unreadable>,
    pub suite: Option<Suite>,
}

impl Facts {
    pub async fn load(cx: &Cx, scope: &TeamScope) -> Result<Self, AccessError> {
        let (db, now, settings) = (&cx.portal.db.of(scope), cx.now(), &cx.portal.settings);
        let members = teams::members(cx, scope).await?;
        let gateway_keys = store::gateway_key::all(db, scope, None).await?;
        let is_live = |key: &GatewayKey| key_phase(key.expires_at, key.revoked_at, now) == KeyPhase::Live && !key.canary;
        let rules_off = alerts::rules(cx, scope).await?.iter().filter(|(_, setting)| setting.off).count();
        Ok(Self {
            now,
            mode: settings.mode,
            accounts: store::dormancy::of_team(db, scope).await?,
            passkeys: (store::passkey::holders(db, scope).await?.len(), store::team::requires_passkeys(db, scope).await?),
            members,
            access_reviews: access_reviews::list(cx, scope).await?,
            reviews: store::review::all(db, scope).await?,
            connections: store::connection::counts(db, scope).await?,
            secrets_made: store::lwa_app::all(db, scope).await?.iter().map(|app| app.secret_made_at).collect(),
            keys_end: gateway_keys.iter().filter(|key| is_live(key)).map(|key| key.expires_at).collect(),
            idle: gateways::idle(cx, scope).await?.iter().filter(|one| !one.keys.is_empty()).count(),
            keys: keys::inventory(&cx.portal).await?,
            sealed: sealed_values(cx, scope).await?,
            issued: issued(cx, scope, now).await?,
            log: audit::state(&cx.portal).await?,
            retention: audit::retention(cx, scope).await?,
            alerts: (rules_off, alerts::list(cx, scope).await?.open.len()),
            contact: store::contact::of_team(db, scope).await?,
            readiness: incidents::readiness(cx, scope).await?,
            damaged: (waits(cx, Rule::LogDamaged).await?, waits(cx, Rule::EvidenceDamaged).await?),
            made: store::drill::plan(db, scope).await?.0,
            is_operator: cx.signed_in().is_some_and(|person| person.is_operator),
            is_postgres: cx.portal.db.backend() == DbBackend::Postgres,
            scan: Scan::read(&settings.proofs_dir).await,
            suite: Suite::read(&settings.proofs_dir).await,
        })
    }
}

/// Looks at stored secrets: each must be a sealed value under a data key of this Team. Nothing is opened.
async fn sealed_values(cx: &Cx, scope: &TeamScope) -> Result<(usize, usize), AccessError> {
    let db = &cx.portal.db.of(scope);
    let own = store::data_key::ids(db, scope).await?;
    let looked_at = sealed::some(db, scope, SAMPLE).await?;
    let bad = looked_at.iter().filter(|(_, sealed)| sealed.key().is_none_or(|key| !own.contains(&key))).count();
    Ok((looked_at.len(), bad))
}

async fn issued(cx: &Cx, scope: &TeamScope, now: Time) -> Result<(i64, i64, i64), AccessError> {
    let day = |at: Time| at.format("%Y-%m-%d").to_string();
    let (first, end) = (day(now - Duration::days(DAYS - 1)), day(now + Duration::days(1)));
    let figures = audit_tally::by_action(&cx.portal.db.of(scope), scope, &first, &end).await?;
    let many = |wanted: &dyn Fn(Action, Outcome) -> bool| {
        figures.iter().filter(|(action, outcome, _)| wanted(*action, *outcome)).map(|(.., many)| many).sum()
    };
    Ok((
        many(&|action, outcome| action == Action::CredentialIssued && outcome == Outcome::Ok),
        many(&|action, _| action == Action::CredentialRefused),
        many(&|_, _| true),
    ))
}

/// Whether an alert of the installation waits for its operators.
async fn waits(cx: &Cx, rule: Rule) -> Result<bool, AccessError> {
    let open = store::alert::open(cx.portal.db.reader(), Whose::Installation).await?;
    Ok(open.iter().any(|alert| alert.rule == rule))
}
