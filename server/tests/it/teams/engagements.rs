//! Contractors: their access ends by itself, and nobody is let in for longer than the one who lets them in.

use backend::access::AccessError;

use super::*;

fn contractor(stage: &Stage, days: i64) -> Engagement {
    let now = stage.portal.clock.now();
    Engagement::contractor("Lighthouse Keepers", now + Duration::days(days), now).unwrap()
}

/// Somebody of another company, who accepted.
async fn comes(stage: &Stage, of: &Founded, name: &str, role: Role, days: i64) -> Cx {
    let owner = stage.stepped_up(&of.owner);
    let address = email(name).parse().unwrap();
    teams::invite(&owner, &of.scope, &address, role, Environments::BOTH, contractor(stage, days)).await.unwrap();
    let person = stage.person(name).await;
    let invitation = teams::my_invitations(&person).await.unwrap().remove(0).id;
    teams::accept(&person, invitation).await.unwrap();
    person
}

on_both_databases!(a_contractors_access_ends_by_itself_and_is_announced_a_week_before, async |stage: Stage| {
    let of = found(&stage).await;
    let kim = comes(&stage, &of, "kim", Role::Operator, 30).await;
    let enter = async || backend::access::enter(&kim, of.team, Permission::ViewTeam).await;
    let mails = async |to: &str| {
        let all = stage.mails_to(&email(to)).await;
        all.into_iter().map(|mail| mail.subject).filter(|subject| subject.contains("contractor")).collect::<Vec<_>>()
    };
    for _ in 0..23 {
        backend::jobs::run_due(&stage.portal).await.unwrap();
        assert!(mails("kim").await.is_empty() && mails("ada").await.is_empty());
        stage.advance(Duration::days(1));
    }
    for _ in 0..3 {
        backend::jobs::run_due(&stage.portal).await.unwrap();
    }
    for to in ["kim", "ada"] {
        assert_eq!(mails(to).await, ["A contractor's access ends soon"], "{to}, once");
    }
    stage.advance(Duration::days(7) - Duration::seconds(1));
    assert!(enter().await.is_ok());
    // At its end it is over, before any job has run.
    stage.advance(Duration::seconds(1));
    assert!(matches!(enter().await, Err(AccessError::NotFound)));
    assert!(teams::mine(&kim).await.unwrap().is_empty());
    backend::jobs::run_due(&stage.portal).await.unwrap();
    assert!(teams::members(&of.owner, &of.scope).await.unwrap().iter().all(|member| member.user != user(&kim)));
    assert_eq!(mails("kim").await.len(), 2);
    for action in [Action::MemberEndAnnounced, Action::MemberEnded] {
        assert_eq!(stage.events(&of.scope, action).await.len(), 1, "{action:?}");
    }
});

on_both_databases!(more_time_is_given_by_another_one_and_never_more_than_their_own, async |stage: Stage| {
    let of = found(&stage).await;
    let kim = comes(&stage, &of, "kim", Role::Admin, 30).await;
    let lee = comes(&stage, &of, "lee", Role::Auditor, 20).await;
    let (ada, as_kim) = (stage.stepped_up(&of.owner), stage.stepped_up(&kim));
    let scope = backend::access::enter(&kim, of.team, Permission::ManageMembers).await.unwrap();
    let give = async |cx: &Cx, scope: &TeamScope, whom: &Cx, to| teams::engage(cx, scope, user(whom), to).await;
    let refused = give(&as_kim, &scope, &kim, contractor(&stage, 60)).await;
    assert!(matches!(refused, Err(TeamError::OwnEngagement)), "{refused:?}");
    for more in [contractor(&stage, 31), Engagement::Employee] {
        let refused = give(&as_kim, &scope, &lee, more.clone()).await;
        assert!(matches!(refused, Err(TeamError::LongerThanOwn)), "{refused:?}");
        let invited =
            teams::invite(&as_kim, &scope, &"eve@example.com".parse().unwrap(), Role::Auditor, SANDBOX, more).await;
        assert!(matches!(invited, Err(TeamError::LongerThanOwn)), "{invited:?}");
    }
    give(&as_kim, &scope, &lee, contractor(&stage, 29)).await.unwrap();
    // An owner is an employee, whichever came first.
    let owner = teams::change_member(&ada, &of.scope, user(&lee), Role::Owner, Environments::BOTH).await;
    assert!(matches!(owner, Err(TeamError::ContractorOwner)), "{owner:?}");
    let invited =
        teams::invite(&ada, &of.scope, &"eve@example.com".parse().unwrap(), Role::Owner, SANDBOX, contractor(&stage, 9))
            .await;
    assert!(matches!(invited, Err(TeamError::ContractorOwner)), "{invited:?}");
    give(&ada, &of.scope, &lee, Engagement::Employee).await.unwrap();
    teams::change_member(&ada, &of.scope, user(&lee), Role::Owner, Environments::BOTH).await.unwrap();
    let back = give(&ada, &of.scope, &lee, contractor(&stage, 9)).await;
    assert!(matches!(back, Err(TeamError::ContractorOwner)), "{back:?}");
    // Given more time just before the end, nobody is taken out.
    stage.advance(Duration::days(29));
    give(&stage.stepped_up(&of.owner), &of.scope, &kim, contractor(&stage, 9)).await.unwrap();
    stage.advance(Duration::days(2));
    backend::jobs::run_due(&stage.portal).await.unwrap();
    assert!(backend::access::enter(&kim, of.team, Permission::ViewTeam).await.is_ok());
});

on_both_databases!(nobody_comes_in_for_longer_than_whoever_invited_them_is_in_by_then, async |stage: Stage| {
    let of = found(&stage).await;
    let kim = join(&stage, &of, "kim", Role::Admin).await;
    let scope = backend::access::enter(&kim, of.team, Permission::ManageMembers).await.unwrap();
    let second = email("kim2").parse().unwrap();
    let invite = async || {
        let as_kim = stage.stepped_up(&kim);
        teams::invite(&as_kim, &scope, &second, Role::Admin, Environments::BOTH, Engagement::Employee).await.unwrap();
    };
    invite().await;
    teams::engage(&stage.stepped_up(&of.owner), &of.scope, user(&kim), contractor(&stage, 1)).await.unwrap();
    let kim2 = stage.person("kim2").await;
    assert!(teams::my_invitations(&kim2).await.unwrap().is_empty(), "it is withdrawn");
    // As a race leaves it: the invitation stands, and the time is cut.
    teams::engage(&stage.stepped_up(&of.owner), &of.scope, user(&kim), Engagement::Employee).await.unwrap();
    invite().await;
    let id = teams::my_invitations(&kim2).await.unwrap().remove(0).id;
    let tx = stage.portal.db.begin().await.unwrap();
    backend::store::member::engage(&*tx, &of.scope, user(&kim), &contractor(&stage, 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(teams::accept(&kim2, id).await.is_err());
});

on_both_databases!(
    more_time_is_given_only_in_what_one_may_touch_and_ends_come_when_an_owner_is_locked,
    async |stage: Stage| {
        let of = found(&stage).await;
        let lee = comes(&stage, &of, "lee", Role::Operator, 2).await;
        let sam = join(&stage, &of, "sam", Role::Owner).await;
        teams::change_member(&stage.stepped_up(&of.owner), &of.scope, user(&sam), Role::Owner, SANDBOX).await.unwrap();
        let scope = backend::access::enter(&sam, of.team, Permission::ManageMembers).await.unwrap();
        let refused = teams::engage(&stage.stepped_up(&sam), &scope, user(&lee), Engagement::Employee).await;
        assert!(matches!(refused, Err(TeamError::Access(AccessError::EnvironmentClosed(_)))), "{refused:?}");
        // The owner who may touch production is locked out: the end comes all the same.
        let lock = backend::store::lock::Lock {
            id: backend::random::id(stage.portal.clock.now()),
            target_kind: "user",
            target_id: user(&of.owner).0,
            reason: "test".to_owned(),
            author: Some(user(&sam)),
            created_at: stage.portal.clock.now(),
            expires_at: None,
        };
        let tx = stage.portal.db.begin().await.unwrap();
        backend::store::lock::insert(&*tx, &of.scope, lock).await.unwrap();
        tx.commit().await.unwrap();
        stage.advance(Duration::days(2));
        backend::jobs::run_due(&stage.portal).await.unwrap();
        assert_eq!(stage.events(&of.scope, Action::MemberEnded).await.len(), 1);
    }
);

on_both_databases!(an_invitation_for_a_time_that_is_over_lets_nobody_in, async |stage: Stage| {
    let of = found(&stage).await;
    let owner = stage.stepped_up(&of.owner);
    let short = contractor(&stage, 2);
    teams::invite(&owner, &of.scope, &email("kim").parse().unwrap(), Role::Auditor, SANDBOX, short).await.unwrap();
    let kim = stage.person("kim").await;
    let invitation = teams::my_invitations(&kim).await.unwrap().remove(0).id;
    stage.advance(Duration::days(3));
    assert!(teams::my_invitations(&kim).await.unwrap().is_empty());
    let late = teams::accept(&kim, invitation).await;
    assert!(matches!(late, Err(TeamError::Access(AccessError::NotFound))), "{late:?}");
    assert!(teams::mine(&kim).await.unwrap().is_empty());
});
