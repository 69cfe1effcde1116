//! Each promise holds in a Team where all is well, and does not where what stands behind it is not as promised.

use std::collections::BTreeMap;

use chrono::Duration;
use model::{
    Environments, Role,
    engagement::Engagement,
    ids::{AccessReviewId, NIL, ReviewId, TeamId, UserId},
    incident::DrillKind,
};

use super::*;
use crate::{
    Mode, audit, incidents,
    keys::{Custody, DataKeys, Inventory},
    promises::results::{Scan, Suite, Unreadable, Verdict},
    store::{
        access_review::AccessReview,
        audit_hold::By,
        audit_tree::Seen,
        connection::Counts,
        contact::Contact,
        dormancy::Account,
        member::Member,
        review::{Review, Signed},
    },
    vault::MasterKey,
};

/// All is well.
fn well() -> Facts {
    let now: Time = "2026-11-01T12:00:00Z".parse().unwrap();
    let (ago, ahead) = (now - Duration::days(10), now + Duration::days(20));
    let (user, name) = (UserId(NIL), "ada@example.com".to_owned());
    let email = || name.parse::<model::EmailAddress>().unwrap();
    let member = |engagement| Member {
        user,
        email: email(),
        role: Role::Owner,
        environments: Environments::BOTH,
        joined_at: ago,
        engagement,
    };
    let checks = ["advisories", "bans", "licenses", "npm", "sources"].map(str::to_owned);
    Facts {
        now,
        mode: Mode::Production,
        members: vec![
            member(Engagement::Employee),
            member(Engagement::Contractor { company: "Keepers".parse().unwrap(), until: ahead }),
        ],
        accounts: vec![Account { user, email: email(), is_operator: false, last_use: now, warned: None, disabled_at: None }],
        passkeys: (2, true),
        access_reviews: vec![AccessReview {
            id: AccessReviewId(NIL),
            team: TeamId(NIL),
            opened_at: ago,
            due_at: ahead,
            reminded: None,
            suspended_at: None,
            signed: Some((By { at: ago, user, name: name.clone() }, "Right".to_owned())),
        }],
        reviews: vec![Review {
            id: ReviewId(NIL),
            from: ago - Duration::days(14),
            until: ago,
            opened_at: ago,
            sample: Vec::new(),
            signed: Some(Signed { at: ago, by: user, name: name.clone(), conclusion: "Right".to_owned() }),
        }],
        connections: Counts { production: 2, sandbox: 1, disconnected: 1, unshredded: 0, last_disconnected_at: Some(ago) },
        secrets_made: vec![ago],
        keys_end: vec![ahead],
        idle: 0,
        keys: Inventory {
            masters: vec![Custody {
                key: MasterKey { id: "kek_1".to_owned(), active: true, made_at: Some(ago) },
                present: true,
                served: false,
                due: Some(ahead),
                data_keys: 2,
                teams: 1,
            }],
            installation: DataKeys::default(),
            teams: DataKeys::default(),
        },
        sealed: (5, 0),
        issued: (100, 1, 300),
        log: audit::State {
            head: Some((300, now)),
            witnesses: vec![Seen { name: "w".to_owned(), size: 300, seen_at: now, note: String::new() }],
            foreign: 0,
            now,
        },
        retention: audit::Retention { months: 13, since: None, oldest: Some(ago), holds: Vec::new() },
        alerts: (0, 0),
        contact: Some(Contact { name: "Ada".to_owned(), email: email(), phone: String::new(), amazon: email() }),
        readiness: incidents::Readiness {
            reviewed: Some((ago, "ada".to_owned(), "Right".to_owned())),
            review_due: ahead,
            kinds: DrillKind::ALL.iter().map(|kind| (*kind, Some(ago), ahead)).collect(),
        },
        damaged: (false, false),
        made: now - Duration::days(400),
        is_operator: false,
        is_postgres: true,
        scan: Ok(Some(Scan {
            at: ago,
            commit: "abc".to_owned(),
            checks: checks.clone().map(|check| (check, Verdict::Passed)).into(),
            passed_at: checks.map(|check| (check, ago)).into(),
            components: BTreeMap::new(),
        })),
        suite: Some(Suite { at: ago, commit: "abc".to_owned(), finished: true, passed: 900, failed: 0 }),
    }
}

type Spoil = fn(&mut Facts);

/// What turns each promise away from holding, one thing at a time.
fn spoils(promise: Promise) -> Vec<Spoil> {
    match promise {
        Promise::Disconnect => vec![|f| f.connections.unshredded = 1],
        Promise::StrongSignIn => vec![|f| f.passkeys.1 = false],
        Promise::UnusedAccounts => vec![|f| f.accounts[0].last_use -= Duration::days(46)],
        Promise::AccessReviewed => vec![
            |f| f.access_reviews[0].opened_at -= Duration::days(200),
            |f| (f.access_reviews[0].signed, f.access_reviews[0].due_at) = (None, f.now),
            |f| f.access_reviews[0].signed = None,
            |f| f.access_reviews.clear(),
        ],
        Promise::Contractors => vec![|f| {
            let until = f.now - Duration::hours(2);
            f.members[1].engagement = Engagement::Contractor { company: "Keepers".parse().unwrap(), until };
        }],
        Promise::Contained => vec![|f| f.damaged.1 = true, |f| f.suite = None],
        Promise::Sealed => vec![|f| f.sealed.1 = 1],
        Promise::KeysApart => vec![|f| f.keys.masters[0].due = Some(f.now)],
        Promise::SecretsRotated => {
            vec![|f| f.secrets_made[0] -= Duration::days(145), |f| f.secrets_made[0] -= Duration::days(180)]
        }
        Promise::Unchangeable => vec![
            |f| f.damaged.0 = true,
            |f| f.log.foreign = 1,
            |f| f.log.head = None,
            |f| f.log.head = Some((300, f.now - Duration::days(1))),
            |f| f.log.witnesses.clear(),
            |f| f.log.witnesses[0].seen_at -= Duration::days(30),
        ],
        Promise::Kept => vec![|f| f.retention.months = 11],
        Promise::LookedThrough => {
            vec![|f| f.reviews[0].signed = None, |f| f.reviews[0].until -= Duration::days(60), |f| f.reviews.clear()]
        }
        Promise::Alerts => vec![|f| f.alerts.0 = 1, |f| f.alerts.1 = 1],
        Promise::PointOfContact => vec![|f| f.contact = None],
        Promise::Plan => vec![|f| f.readiness.reviewed = None, |f| f.readiness.review_due = f.now - Duration::days(1)],
        Promise::Rehearsed => {
            vec![|f| f.readiness.kinds[0].1 = None, |f| f.readiness.kinds[0].2 = f.now - Duration::days(1)]
        }
        Promise::OperatorsSecrets => vec![|f| f.mode = Mode::Development],
        Promise::KeysEnd => vec![|f| f.idle = 1],
        Promise::CopiesSilent => vec![
            |f| f.readiness.kinds.iter_mut().for_each(|kind| kind.1 = None),
            |f| f.readiness.kinds.iter_mut().for_each(|kind| kind.2 = f.now - Duration::days(1)),
            |f| f.suite = None,
        ],
        Promise::WorkersApart | Promise::TeamsApart => vec![|f| f.is_postgres = false, |f| f.suite = None],
        Promise::Scanned => vec![|f| f.scan = Ok(None), |f| f.scan = Err(Unreadable)],
        // What the tests show.
        _ => vec![
            |f| f.suite = None,
            |f| f.suite.as_mut().unwrap().failed = 1,
            |f| f.suite.as_mut().unwrap().finished = false,
            |f| f.suite.as_mut().unwrap().at -= Duration::days(92),
        ],
    }
}

#[test]
fn each_promise_holds_where_all_is_well_and_not_where_it_is_broken() {
    for promise in Promise::ALL {
        let found = of(*promise, &well());
        assert!(found.standing == Standing::Holds && found.at.is_some(), "{promise:?}: {found:?}");
        for (n, spoil) in spoils(*promise).into_iter().enumerate() {
            let mut facts = well();
            spoil(&mut facts);
            let found = of(*promise, &facts);
            assert_ne!(found.standing, Standing::Holds, "{promise:?}, {n}: {found:?}");
        }
    }
}
