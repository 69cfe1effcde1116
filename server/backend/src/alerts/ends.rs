//! The rules that look at the calendar: secrets and authorizations that end, Reviews, plans and drills that are overdue.

use chrono::Duration;
use model::{
    Time,
    alert::Rule,
    amazon::{AuthorizationClock, SecretClock},
    ids::TeamId,
    incident::{DrillKind, drill::days_since},
};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{
    levels::Levels,
    raise::open,
    sign::{About, Sign},
};
use crate::{
    Mode, Portal,
    error::Outage,
    keys,
    promises::{NOT_SCANNED, Scan, UNREADABLE},
    store::{self, alert::Subject},
};

/// Days before the end at which it is said once more.
const AGAIN_DAYS: i64 = 7;

/// Raises what ends soon.
pub(crate) async fn watch_ends(portal: &Portal) -> Result<(), Outage> {
    let mut levels = Levels::default();
    let mut signs = notice(portal, &mut levels).await?;
    signs.extend(unscanned(portal, &mut levels).await?);
    signs.extend(unrotated(portal, &mut levels).await?);
    open(portal, signs).await
}

/// Keys that are too old, or missing.
async fn unrotated(portal: &Portal, levels: &mut Levels) -> Result<Vec<Sign>, DbErr> {
    let about = |what: &str| About::new(None, Rule::KeysOverdue, what);
    let Some(level) = levels.of(portal.db.reader(), &about("")).await? else { return Ok(Vec::new()) };
    let (keys, now) = (keys::inventory(portal).await?, portal.clock.now());
    let age = |at: Option<Time>, grace| at.map(|at| (now - at).num_days()).filter(|days| *days >= level + grace);
    let active = keys.masters.iter().find(|one| one.key.active).and_then(|one| age(one.key.made_at, one.grace()));
    let missing = keys.masters.iter().filter(|one| !one.present && one.data_keys > 0).count();
    let found = [
        ("master", active.map(|days| format!("The master key is {days} days old."))),
        ("data", age(keys.oldest(), 0).map(|days| format!("A data key is {days} days old."))),
        ("missing", (missing > 0).then(|| format!("{missing} master keys that wrap data keys are not here: neither in the keys' file nor kept by a service."))),
    ];
    let sign = |(what, finding): (&str, Option<String>)| {
        finding.map(|finding| Sign { about: about(what), subject: None, finding, seen: 1, fresh: 1, idx: None })
    };
    Ok(found.into_iter().filter_map(sign).collect())
}

/// A scan of the dependencies that is old or failed. In development nobody has to have one.
async fn unscanned(portal: &Portal, levels: &mut Levels) -> Result<Option<Sign>, DbErr> {
    let about = |what| About::new(None, Rule::ScanOverdue, what);
    let Some(level) = levels.of(portal.db.reader(), &about("")).await? else { return Ok(None) };
    let said = |what, finding| Some(Sign { about: about(what), subject: None, finding, seen: 1, fresh: 1, idx: None });
    Ok(match Scan::read(&portal.settings.proofs_dir).await {
        Ok(Some(scan)) => {
            let trouble = scan.trouble(level, portal.clock.now());
            trouble.and_then(|(trouble, finding)| said(trouble.as_str(), finding))
        }
        Err(_) => said("unreadable", UNREADABLE.to_owned()),
        Ok(None) if portal.settings.mode == Mode::Production => said("missing", NOT_SCANNED.to_owned()),
        Ok(None) => None,
    })
}

async fn notice(portal: &Portal, levels: &mut Levels) -> Result<Vec<Sign>, DbErr> {
    let db = portal.db.reader();
    let mut ends = Vec::new();
    for (team, id, name, made_at) in store::lwa_app::secrets(db).await? {
        ends.push((Rule::SecretEnding, team, "lwa_app", id, name, SecretClock { made_at }.expires_at()));
    }
    for (team, id, name, authorized_at) in store::connection::authorizations(db).await? {
        let end = AuthorizationClock { authorized_at }.expires_at();
        ends.push((Rule::AuthorizationEnding, team, "connection", id, name, end));
    }
    let now = portal.clock.now();
    let mut signs = Vec::new();
    for (team, review, opened, from, until) in store::review::unsigned(db).await? {
        let about = About::new(Some(team), Rule::ReviewOverdue, review);
        let Some(level) = levels.of(db, &about).await? else { continue };
        if now - opened >= Duration::days(level) {
            let name = format!("{} to {}", from.format("%-d %B"), until.format("%-d %B %Y"));
            let subject = Some(Subject { kind: "review".to_owned(), id: review.0, name });
            let finding = format!("Open for {} days.", (now - opened).num_days());
            signs.push(Sign { about, subject, finding, seen: 1, fresh: 1, idx: None });
        }
    }
    for (team, made, reviewed, drills) in store::drill::readiness(db).await? {
        let mut old = vec![(Rule::PlanOverdue, String::new(), reviewed, "Nobody has looked at the plan".to_owned())];
        for kind in DrillKind::ALL {
            let last = drills.iter().find(|(of, _)| of == kind).map(|(_, at)| *at);
            let finding = format!("“{}” was not rehearsed", kind.title());
            old.push((Rule::DrillOverdue, kind.as_str().to_owned(), last, finding));
        }
        for (rule, what, last, finding) in old {
            let about = About::new(Some(team), rule, what);
            let Some(level) = levels.of(db, &about).await? else { continue };
            let days = days_since(last, made, now);
            if days >= level {
                let finding = format!("{finding} for {days} days.");
                signs.push(Sign { about, subject: None, finding, seen: 1, fresh: 1, idx: None });
            }
        }
    }
    for (rule, team, kind, id, name, end) in ends {
        let Some(level) = levels.of(db, &About::new(Some(team), rule, id)).await? else { continue };
        if now < end && end - now <= Duration::days(level) {
            signs.push(sign(rule, team, kind, id, name, end, now));
        }
    }
    Ok(signs)
}

fn sign(rule: Rule, team: TeamId, kind: &str, id: Uuid, name: String, end: Time, now: Time) -> Sign {
    let stage = if end - now <= Duration::days(AGAIN_DAYS) { "last days" } else { "soon" };
    let day = end.format("%Y-%m-%d");
    Sign {
        about: About::new(Some(team), rule, format!("{}:{day}:{stage}", id.simple())),
        subject: Some(Subject { kind: kind.to_owned(), id, name }),
        finding: format!("Ends on {}, in {} days.", end.format("%-d %B %Y"), (end - now).num_days()),
        seen: 1,
        fresh: 1,
        idx: None,
    }
}
