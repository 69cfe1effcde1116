use backend::{
    incidents::{self, IncidentError, order, retry},
    store::{self, lease, measure::Measure},
};
use chrono::Duration;
use model::{
    Environments, Permission, ProblemCode, Role,
    engagement::Engagement,
    incident::{Kind, MeasureKind, MeasureState, TargetKind, Unready},
};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;

use super::Case;
use crate::{on_both_databases, support::Stage};

impl Case {
    async fn measures(&self) -> Vec<Measure> {
        incidents::measures(&self.of.owner, &self.scope(&self.of.owner).await).await.unwrap()
    }

    async fn order(&self, kind: MeasureKind) -> Result<(), IncidentError> {
        let of = &self.of;
        let target = match kind.target() {
            TargetKind::Team => of.team.0,
            TargetKind::Connection => of.connection.0,
            TargetKind::Gateway => of.gateway.0,
            TargetKind::GatewayKey => of.key.0,
            TargetKind::User => self.bob.signed_in().unwrap().user.0,
            TargetKind::LwaApp => of.app.0,
        };
        order(&of.owner, &self.scope(&of.owner).await, kind, target).await.map(drop)
    }

    async fn issue(&self) -> (u16, String) {
        let (status, body) = self.house.issue(&self.of, json!({})).await;
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }
}

on_both_databases!(a_lock_holds_at_once_and_is_lifted_by_another_person, async |stage: Stage| {
    let case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    assert_eq!(case.issue().await.0, 200);
    let effect = incidents::effect(&case.of.owner, &case.of.scope, TargetKind::Team, case.of.team.0).await.unwrap();
    assert_eq!((effect.gateways, effect.connections, effect.issues), (1, 1, 1));
    for kind in [MeasureKind::LockKey, MeasureKind::LockConnection, MeasureKind::LockGateway, MeasureKind::LockTeam] {
        case.order(kind).await.unwrap();
        assert_eq!(case.issue().await, (423, "locked".to_owned()), "{kind:?}");
        // Who holds a token already keeps it until it dies: it is on the screen.
        let held = incidents::holders(&case.of.owner, &scope).await.unwrap();
        assert_eq!(held.len(), 1);
        assert_eq!(incidents::last_end(&held), Some(held[0].expires_at));
        let lock = case.measures().await.into_iter().find(|one| one.kind == kind).unwrap();
        // Nobody lifts alone what they ordered, nor without a fresh proof.
        let owner = case.house.stage.stepped_up(&case.of.owner);
        let alone = incidents::lift(&owner, &scope, lock.id).await;
        println!("figure E7: {} locks lifted by one person alone", usize::from(alone.is_ok()));
        assert!(matches!(alone, Err(IncidentError::Alone)));
        assert!(incidents::lift(&case.bob, &scope, lock.id).await.is_err());
        assert_eq!(case.issue().await.0, 423);
        let bob = case.house.stage.stepped_up(&case.bob);
        incidents::lift(&bob, &scope, lock.id).await.unwrap();
        assert!(matches!(incidents::lift(&bob, &scope, lock.id).await, Err(IncidentError::Changed)), "once");
        assert_eq!(case.issue().await.0, 200, "{kind:?} is lifted");
    }
    case.house.stage.advance(Duration::hours(2));
    let live = lease::live(case.house.stage.portal.db.reader(), &case.of.scope, lease::Of::Team, case.of.owner.now()).await;
    assert!(live.unwrap().is_empty());
});

on_both_databases!(what_stands_beside_what_leaked_is_offered_too, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, of) = (&case.of.owner, &case.of);
    let offered = async |kind: TargetKind, id: uuid::Uuid| {
        let about = incidents::target_named(ada, &of.scope, kind, id).await.unwrap().unwrap();
        let new = incidents::Report { about: vec![about], ..crate::incidents::report(Kind::LeakedSecret, false) };
        let id = incidents::report(ada, &of.scope, new).await.unwrap();
        let scope = incidents::enter(ada, &of.scope, id).await.unwrap();
        let choices = incidents::choices(ada, &scope).await.unwrap();
        choices.into_iter().map(|choice| (choice.kind, choice.target.id)).collect::<Vec<_>>()
    };
    use MeasureKind::*;
    let team = (LockTeam, of.team.0);
    let (key, gateway, connection) = (of.key.0, of.gateway.0, of.connection.0);
    let on_key = [(LockKey, key), (RevokeKey, key)];
    assert_eq!(offered(TargetKind::GatewayKey, key).await, [&on_key[..], &[(LockGateway, gateway), team]].concat());
    let of_gateway = [&on_key[..], &[(LockConnection, connection), (LockGateway, gateway), team]].concat();
    assert_eq!(offered(TargetKind::Gateway, gateway).await, of_gateway);
    let of_connection = [(LockConnection, connection), (LockGateway, gateway), (RotateSecret, of.app.0), team];
    assert_eq!(offered(TargetKind::Connection, connection).await, of_connection);
    let of_app = [(LockConnection, connection), (RotateSecret, of.app.0), team];
    assert_eq!(offered(TargetKind::LwaApp, of.app.0).await, of_app);
    // What is gone is not offered.
    backend::gateways::revoke_key(ada, &of.scope, of.gateway, of.key).await.unwrap();
    assert!(!offered(TargetKind::Gateway, gateway).await.contains(&on_key[0]));
});

on_both_databases!(who_is_locked_out_of_a_team_sees_and_does_nothing_in_it, async |stage: Stage| {
    let case = Case::on(stage).await;
    let scope = case.scope(&case.of.owner).await;
    let me = case.of.owner.signed_in().unwrap().user.0;
    assert!(matches!(order(&case.of.owner, &scope, MeasureKind::LockUser, me).await, Err(IncidentError::OneSelf)));
    let carol = case.house.member(&case.of, "carol", Role::Admin, Environments::BOTH).await;
    case.house.stage.advance(Duration::minutes(1));
    case.order(MeasureKind::LockUser).await.unwrap();
    let refused = backend::access::enter(&case.bob, case.of.team, Permission::ViewTeam).await.unwrap_err();
    assert_eq!(model::Problem::from(&refused).code, ProblemCode::Locked);
    // Elsewhere they are who they were.
    let own = case.house.stage.team(&case.bob, "Bob's own").await;
    assert!(backend::access::enter(&case.bob, own, Permission::ViewTeam).await.is_ok());
    let lock = case.measures().await.remove(0);
    incidents::lift(&case.house.stage.stepped_up(&carol), &scope, lock.id).await.unwrap();
    assert!(backend::access::enter(&case.bob, case.of.team, Permission::ViewTeam).await.is_ok());
});

on_both_databases!(sessions_end_and_keys_are_revoked_for_good, async |stage: Stage| {
    let case = Case::on(stage).await;
    let session = case.bob.signed_in().unwrap().session;
    case.order(MeasureKind::EndSessions).await.unwrap();
    assert!(
        backend::sessions::resume(&case.house.stage.portal, session, None, false).await.unwrap().is_none(),
        "at the next request"
    );
    case.order(MeasureKind::RevokeKey).await.unwrap();
    assert_eq!(case.issue().await.0, 401);
    let all = case.measures().await;
    assert!(all.iter().all(|one| one.state == MeasureState::Done), "{all:?}");
});

// Breaks whatever a measure writes, one table after another: it is done whole or not at all, is shown as failed, and done
// when it is tried again; ordered or tried once more, nothing happens twice (D4).
on_both_databases!(a_measure_that_fails_at_any_step_leaves_nothing_half, async |stage: Stage| {
    let case = Case::on(stage).await;
    let portal = &case.house.stage.portal;
    let sqlite = portal.db.backend() == DbBackend::Sqlite;
    let sql = async |text: String| {
        let tx = portal.db.begin().await.unwrap();
        tx.execute_unprepared(&text).await.unwrap();
        tx.commit().await.unwrap();
    };
    if !sqlite {
        let refuse =
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$";
        sql(refuse.to_owned()).await;
    }
    let kinds = [
        (MeasureKind::LockKey, "lock", "INSERT"),
        (MeasureKind::LockTeam, "lock", "INSERT"),
        (MeasureKind::LockConnection, "lock", "INSERT"),
        (MeasureKind::LockGateway, "lock", "INSERT"),
        (MeasureKind::RevokeKey, "gateway_key", "UPDATE"),
        (MeasureKind::EndSessions, "session", "UPDATE"),
        (MeasureKind::RotateDataKey, "connection", "UPDATE"),
    ];
    let (mut failures, mut halves) = (0, 0);
    for (kind, table, verb) in kinds {
        // The effect, the event of it, the measure's own row, its event: the order in which they are written.
        let of_effect =
            "WHEN (NEW.action IN ('lock.placed', 'gateway_key.revoked', 'auth.session_revoked', 'data_key.rotated'))";
        let steps = [
            (table, verb, ""),
            ("audit_event", "INSERT", of_effect),
            ("measure", "UPDATE", "WHEN (NEW.state = 'done')"),
            ("audit_event", "INSERT", "WHEN (NEW.action = 'measure.done')"),
        ];
        for (n, (broken, how, when)) in steps.into_iter().enumerate() {
            // A name of its own: SQLite's other connections remember one that was dropped.
            let name = format!("broken_{}_{n}", kind.as_str());
            let create = if sqlite {
                format!("CREATE TRIGGER {name} BEFORE {how} ON {broken} {when} BEGIN SELECT RAISE(ABORT, 'broken'); END")
            } else {
                format!("CREATE TRIGGER {name} BEFORE {how} ON {broken} FOR EACH ROW {when} EXECUTE FUNCTION refuse()")
            };
            let drop = if sqlite { format!("DROP TRIGGER {name}") } else { format!("DROP TRIGGER {name} ON {broken}") };
            sql(create).await;
            case.order(kind).await.unwrap();
            let failed = case.measures().await.into_iter().find(|one| one.kind == kind).unwrap();
            assert_eq!(failed.state, MeasureState::Failed, "{kind:?} with {broken} broken");
            assert!(failed.result.starts_with("Not done") && failed.attempts > 0, "{failed:?}");
            failures += 1;
            sql(drop).await;
            // Nothing of it was done.
            halves += u32::from(case.is_done(kind).await);
        }
        let failed = case.measures().await.into_iter().find(|one| one.kind == kind).unwrap();
        let scope = case.scope(&case.of.owner).await;
        retry(&case.of.owner, &scope, failed.id).await.unwrap();
        halves += u32::from(!case.is_done(kind).await);
        // Once more, by both ways: the same state.
        let before = case.measures().await;
        retry(&case.of.owner, &scope, failed.id).await.unwrap();
        case.order(kind).await.unwrap();
        assert_eq!(case.measures().await, before, "{kind:?} again");
        case.undo(kind).await;
    }
    println!("{:?}: {failures} failures, {halves} half-states", portal.db.backend());
    assert_eq!((failures, halves), (28, 0));
});

impl Case {
    /// Whether the measure's effect holds.
    async fn is_done(&self, kind: MeasureKind) -> bool {
        match kind {
            MeasureKind::EndSessions => {
                let session = self.bob.signed_in().unwrap().session;
                backend::sessions::resume(&self.house.stage.portal, session, None, false).await.unwrap().is_none()
            }
            MeasureKind::RotateDataKey => {
                let db = self.house.stage.portal.db.reader();
                store::data_key::newest(db, Some(self.of.team)).await.unwrap().unwrap().version > 1
            }
            _ => self.issue().await.0 != 200,
        }
    }

    /// Takes the effect away, for the next kind.
    async fn undo(&self, kind: MeasureKind) {
        let tx = self.house.stage.portal.db.begin().await.unwrap();
        let text = match kind {
            MeasureKind::RevokeKey => "UPDATE gateway_key SET revoked_at = NULL",
            _ => "UPDATE lock SET lifted_at = created_at, lifted_by = author WHERE lifted_at IS NULL",
        };
        tx.execute_unprepared(text).await.unwrap();
        tx.commit().await.unwrap();
    }
}

on_both_databases!(two_owners_who_lock_each_other_out_leave_one, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, of, db) = (&case.of.owner, &case.of, case.house.stage.portal.db.reader());
    let olga = case.house.member(of, "olga", Role::Owner, Environments::BOTH).await;
    let target = olga.signed_in().unwrap().user.0;
    db.execute_unprepared("ALTER TABLE lock RENAME COLUMN reason TO why").await.unwrap();
    order(ada, &case.scope(ada).await, MeasureKind::LockUser, target).await.unwrap();
    db.execute_unprepared("ALTER TABLE lock RENAME COLUMN why TO reason").await.unwrap();
    // It failed, and before it is tried again Ada is an owner no more.
    db.execute_unprepared(
        "UPDATE member SET role = 'admin' WHERE role = 'owner' AND joined_at = (SELECT MIN(joined_at) FROM member)",
    )
    .await
    .unwrap();
    case.house.stage.advance(Duration::minutes(2));
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    let measure = case.measures().await.remove(0);
    assert_eq!((measure.state, measure.attempts), (MeasureState::Failed, 2), "{measure:?}");
    assert!(backend::access::enter(&olga, of.team, Permission::ViewTeam).await.is_ok());
});

on_both_databases!(where_nobody_else_is_the_operator_lifts_a_lock, async |stage: Stage| {
    let house = crate::house::House::on(stage).await;
    let of = house.furnished("ada").await;
    let id = incidents::report(&of.owner, &of.scope, crate::incidents::report(Kind::Other, false)).await.unwrap();
    let scope = incidents::enter(&of.owner, &of.scope, id).await.unwrap();
    assert!(incidents::is_alone_in_lifting(&of.owner, &scope).await.unwrap());
    order(&of.owner, &scope, MeasureKind::LockTeam, of.team.0).await.unwrap();
    // Who comes later lifts nothing, and so keeps nobody from it.
    house.stage.advance(Duration::minutes(1));
    house.member(&of, "eve", Role::Admin, Environments::BOTH).await;
    let portal = &house.stage.portal;
    let lifted = incidents::lift_from_command_line(portal, of.team, id).await.unwrap();
    assert!(lifted.len() == 1 && lifted[0].starts_with("Lock the whole Team"), "{lifted:?}");
    assert_eq!(house.issue(&of, json!({})).await.0, 200);
    // Where somebody can, the operator cannot.
    house.stage.advance(Duration::minutes(1));
    order(&of.owner, &scope, MeasureKind::LockTeam, of.team.0).await.unwrap();
    assert!(incidents::lift_from_command_line(portal, of.team, id).await.unwrap().is_empty());
    assert_eq!(house.issue(&of, json!({})).await.0, 423);
});

on_both_databases!(a_measure_that_fails_is_tried_ever_more_seldom, async |stage: Stage| {
    let case = Case::on(stage).await;
    let db = case.house.stage.portal.db.reader();
    db.execute_unprepared("ALTER TABLE lock RENAME COLUMN reason TO why").await.unwrap();
    case.order(MeasureKind::LockConnection).await.unwrap();
    let mut tried = Vec::new();
    for _ in 0..55 {
        case.house.stage.advance(Duration::seconds(31));
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
        tried.push(case.measures().await[0].attempts);
    }
    tried.dedup();
    assert_eq!(tried, [1, 2, 3, 4, 5], "after 1, 2, 4 and 8 minutes, of half an hour");
    db.execute_unprepared("ALTER TABLE lock RENAME COLUMN why TO reason").await.unwrap();
    case.house.stage.advance(Duration::minutes(32));
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    assert_eq!(case.measures().await[0].state, MeasureState::Done);
});

on_both_databases!(a_measure_that_was_cut_off_is_taken_up_by_a_worker, async |stage: Stage| {
    let case = Case::on(stage).await;
    case.order(MeasureKind::LockConnection).await.unwrap();
    // As a process leaves it that died between ordering and doing.
    let tx = case.house.stage.portal.db.begin().await.unwrap();
    for text in ["DELETE FROM lock", "UPDATE measure SET state = 'ordered', lock_id = NULL, done_at = NULL, tried_at = NULL"]
    {
        tx.execute_unprepared(text).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(case.issue().await.0, 200);
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    assert_eq!(case.issue().await.0, 200, "it may still be under way");
    case.house.stage.advance(Duration::seconds(31));
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    assert_eq!(case.issue().await.0, 423);
});

on_both_databases!(nobody_locks_out_those_above_them_or_lifts_with_a_second_address, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, of) = (&case.of.owner, &case.of);
    let bob_scope = backend::access::enter(&case.bob, of.team, Permission::RunIncidents).await.unwrap();
    let as_bob = incidents::enter(&case.bob, &bob_scope, case.id).await.unwrap();
    let owner = ada.signed_in().unwrap().user.0;
    for kind in [MeasureKind::LockUser, MeasureKind::EndSessions] {
        let refused = order(&case.bob, &as_bob, kind, owner).await.unwrap_err();
        assert_eq!(model::Problem::from(&refused).code, ProblemCode::NotPermitted, "{kind:?}");
    }
    // Two owners: one of them must be left.
    let olga = case.house.member(of, "olga", Role::Owner, Environments::BOTH).await;
    case.house.stage.advance(Duration::minutes(1));
    let scope = case.scope(ada).await;
    order(ada, &scope, MeasureKind::LockUser, olga.signed_in().unwrap().user.0).await.unwrap();
    let mails = case.house.stage.mails_to("olga@example.com").await.len();
    incidents::report(ada, &of.scope, crate::incidents::report(model::incident::Kind::Other, false)).await.unwrap();
    assert_eq!(case.house.stage.mails_to("olga@example.com").await.len(), mails, "no mail to who is locked out");
    let lock = incidents::measures(ada, &scope).await.unwrap().remove(0);
    // Who came after the lock is no second person, whoever invited them.
    case.house.stage.advance(Duration::minutes(1));
    let late = case.house.member(of, "late", Role::Admin, Environments::BOTH).await;
    let late = case.house.stage.stepped_up(&late);
    assert!(matches!(incidents::lift(&late, &scope, lock.id).await, Err(IncidentError::Alone)));
    incidents::lift(&case.house.stage.stepped_up(&case.bob), &scope, lock.id).await.unwrap();
});

on_both_databases!(who_is_locked_out_has_no_invitation_left_to_come_back_by, async |stage: Stage| {
    let case = Case::on(stage).await;
    let bob_scope = backend::access::enter(&case.bob, case.of.team, Permission::ManageMembers).await.unwrap();
    let bob = case.house.stage.stepped_up(&case.bob);
    let second = "second@example.com".parse().unwrap();
    backend::teams::invite(&bob, &bob_scope, &second, Role::Admin, Environments::BOTH, Engagement::Employee).await.unwrap();
    case.order(MeasureKind::LockUser).await.unwrap();
    let open = backend::teams::invitations(&case.of.owner, &case.of.scope).await.unwrap();
    assert!(open.iter().all(|invitation| invitation.email != second), "{open:?}");
});

on_both_databases!(a_closed_environment_is_closed_to_measures_too, async |stage: Stage| {
    let case = Case::on(stage).await;
    let sandbox = Environments { production: false, sandbox: true };
    let sam = case.house.member(&case.of, "sam", Role::Admin, sandbox).await;
    let scope = backend::access::enter(&sam, case.of.team, Permission::RunIncidents).await.unwrap();
    let scope = incidents::enter(&sam, &scope, case.id).await.unwrap();
    for (kind, target) in [
        (MeasureKind::RevokeKey, case.of.key.0),
        (MeasureKind::LockConnection, case.of.connection.0),
        (MeasureKind::LockGateway, case.of.gateway.0),
        (MeasureKind::RotateSecret, case.of.app.0),
        (MeasureKind::LockTeam, case.of.team.0),
        (MeasureKind::RotateDataKey, case.of.team.0),
    ] {
        let refused = order(&sam, &scope, kind, target).await.unwrap_err();
        assert_eq!(model::Problem::from(&refused).code, ProblemCode::NotPermitted, "{kind:?}");
    }
    assert_eq!(case.issue().await.0, 200);
});

on_both_databases!(nothing_ends_while_a_measure_is_open_and_a_mistake_is_withdrawn, async |stage: Stage| {
    use model::incident::Step;
    let case = Case::on(stage).await;
    case.order(MeasureKind::RotateSecret).await.unwrap();
    assert!(matches!(case.step(Step::Dismiss).await, Err(IncidentError::Unready(Unready::Measures(1)))));
    let measure = case.measures().await.remove(0);
    let scope = case.scope(&case.of.owner).await;
    incidents::withdraw(&case.of.owner, &scope, measure.id).await.unwrap();
    assert!(matches!(incidents::withdraw(&case.of.owner, &scope, measure.id).await, Err(IncidentError::Changed)));
    case.order(MeasureKind::LockGateway).await.unwrap();
    case.step(Step::Dismiss).await.unwrap();
    // A lock that stands when the incident is over can be lifted all the same.
    let lock = case.measures().await.into_iter().find(|one| one.kind == MeasureKind::LockGateway).unwrap();
    assert_eq!(case.issue().await.0, 423);
    incidents::lift(&case.house.stage.stepped_up(&case.bob), &case.scope(&case.of.owner).await, lock.id).await.unwrap();
    assert_eq!(case.issue().await.0, 200);
});
