//! The people of a Team: inviting, joining, changing, leaving, and the owner who always stays.

mod engagements;
mod invitations;
mod reach;

use std::sync::Arc;

use backend::{
    Cx, TeamScope, access,
    login::{self, LoginError},
    portal::{Settings, SignUp},
    teams::{self, INVITATION_LIFE, TeamError},
};
use chrono::Duration;
use model::{
    Environment, Environments, Permission, Problem, Role,
    audit::Action,
    engagement::Engagement,
    ids::{InvitationId, TeamId, UserId},
};
use serde_json::{Value, json};

use crate::{house::why, on_both_databases, support::Stage};

const PRODUCTION: Environments = Environments { production: true, sandbox: false };
const SANDBOX: Environments = Environments { production: false, sandbox: true };
const NEITHER: Environments = Environments { production: false, sandbox: false };

/// Ada's Team.
struct Founded {
    owner: Cx,
    scope: TeamScope,
    team: TeamId,
}

async fn found(stage: &Stage) -> Founded {
    let owner = stage.person("ada").await;
    let team = stage.team(&owner, "Northwind Lights").await;
    let scope = view(&owner, team).await;
    Founded { owner, scope, team }
}

async fn view(cx: &Cx, team: TeamId) -> TeamScope {
    access::enter(cx, team, Permission::ViewTeam).await.unwrap()
}

fn user(cx: &Cx) -> UserId {
    cx.signed_in().unwrap().user
}

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

async fn invite(stage: &Stage, of: &Founded, name: &str, role: Role, environments: Environments) -> InvitationId {
    let owner = stage.stepped_up(&of.owner);
    teams::invite(&owner, &of.scope, &email(name).parse().unwrap(), role, environments, Engagement::Employee).await.unwrap();
    let open = teams::invitations(&owner, &of.scope).await.unwrap();
    open.into_iter().find(|invitation| invitation.email.as_str() == email(name)).unwrap().id
}

async fn join(stage: &Stage, of: &Founded, name: &str, role: Role) -> Cx {
    let invitation = invite(stage, of, name, role, Environments::BOTH).await;
    let person = stage.person(name).await;
    teams::accept(&person, invitation).await.unwrap();
    person
}

/// Who is in the Team, and as what.
async fn roles(of: &Founded) -> Vec<(String, Role)> {
    let members = teams::members(&of.owner, &of.scope).await.unwrap();
    members.into_iter().map(|member| (member.email.to_string().replace("@example.com", ""), member.role)).collect()
}

fn owned(names: &[(&str, Role)]) -> Vec<(String, Role)> {
    names.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect()
}

on_both_databases!(who_creates_a_team_owns_it, async |stage: Stage| {
    let of = found(&stage).await;
    let mine = teams::mine(&of.owner).await.unwrap();
    assert_eq!(mine.len(), 1);
    assert_eq!((mine[0].team, mine[0].role, mine[0].environments), (of.team, Role::Owner, Environments::BOTH));
    assert_eq!(roles(&of).await, owned(&[("ada", Role::Owner)]));
    assert_eq!(stage.events(&of.scope, Action::TeamCreated).await.len(), 1);
    assert_eq!(why(teams::create(&stage.visitor("192.0.2.1"), &"Nobody's".parse().unwrap()).await), "SignInRequired");
});

on_both_databases!(only_an_owner_renames_the_team, async |stage: Stage| {
    let of = found(&stage).await;
    for role in [Role::Admin, Role::Operator, Role::Auditor] {
        let person = join(&stage, &of, role.as_str(), role).await;
        assert_eq!(why(access::enter(&person, of.team, Permission::ManageTeam).await), "NotPermitted(ManageTeam)");
    }
    let scope = access::enter(&of.owner, of.team, Permission::ManageTeam).await.unwrap();
    teams::rename(&of.owner, &scope, &"Southwind".parse().unwrap()).await.unwrap();
    assert_eq!(view(&of.owner, of.team).await.name().unwrap().as_str(), "Southwind");
    let events = stage.events(&of.scope, Action::TeamRenamed).await;
    assert_eq!((events.len(), events[0].target_name.as_deref()), (1, Some("Southwind")));
});

on_both_databases!(a_changed_role_and_changed_environments_hold_from_the_next_request, async |stage: Stage| {
    let of = found(&stage).await;
    let bob = join(&stage, &of, "bob", Role::Operator).await;
    access::enter(&bob, of.team, Permission::ManageGateways)
        .await
        .unwrap()
        .touch(&bob, Environment::Production)
        .await
        .unwrap();
    let owner = stage.stepped_up(&of.owner);
    teams::change_member(&owner, &of.scope, user(&bob), Role::Auditor, SANDBOX).await.unwrap();
    assert_eq!(why(access::enter(&bob, of.team, Permission::ManageGateways).await), "NotPermitted(ManageGateways)");
    let scope = access::enter(&bob, of.team, Permission::ViewLog).await.unwrap();
    assert_eq!(why(scope.touch(&bob, Environment::Production).await), "EnvironmentClosed(Production)");
    assert!(scope.touch(&bob, Environment::Sandbox).await.is_ok());
    let event = &stage.events(&of.scope, Action::RoleChanged).await[0];
    let details: Value = serde_json::from_str(&event.details).unwrap();
    assert_eq!(details, json!({ "from": "operator", "to": "auditor", "production": false, "sandbox": true }));
    assert_eq!(event.target_id, Some(user(&bob).0));
});

on_both_databases!(nobody_is_left_without_any_environment, async |stage: Stage| {
    let of = found(&stage).await;
    let bob = join(&stage, &of, "bob", Role::Operator).await;
    let owner = stage.stepped_up(&of.owner);
    let changed = teams::change_member(&owner, &of.scope, user(&bob), Role::Operator, NEITHER).await;
    let invited =
        teams::invite(&owner, &of.scope, &"eve@example.com".parse().unwrap(), Role::Operator, NEITHER, Engagement::Employee)
            .await;
    assert_eq!((why(changed), why(invited)), ("NoEnvironment".to_owned(), "NoEnvironment".to_owned()));
    assert!(stage.mails_to("eve@example.com").await.is_empty());
});

on_both_databases!(an_admin_makes_no_owners_and_touches_none, async |stage: Stage| {
    let of = found(&stage).await;
    let (admin, bob) = (join(&stage, &of, "carol", Role::Admin).await, join(&stage, &of, "bob", Role::Operator).await);
    let before = roles(&of).await;
    let scope = access::enter(&admin, of.team, Permission::ManageMembers).await.unwrap();
    let cx = stage.stepped_up(&admin);
    let change = async |whom: &Cx, role: Role| teams::change_member(&cx, &scope, user(whom), role, Environments::BOTH).await;
    for refused in [
        change(&bob, Role::Owner).await,
        change(&admin, Role::Owner).await,
        change(&of.owner, Role::Admin).await,
        change(&of.owner, Role::Owner).await,
        teams::remove_member(&cx, &scope, user(&of.owner)).await,
        teams::invite(
            &cx,
            &scope,
            &"eve@example.com".parse().unwrap(),
            Role::Owner,
            Environments::BOTH,
            Engagement::Employee,
        )
        .await,
    ] {
        assert_eq!(why(refused), "AboveOwnRole(Owner)");
    }
    assert_eq!(roles(&of).await, before);
    change(&bob, Role::Admin).await.unwrap();
    teams::remove_member(&cx, &scope, user(&bob)).await.unwrap();
});

on_both_databases!(operators_and_auditors_manage_no_members, async |stage: Stage| {
    let of = found(&stage).await;
    for role in [Role::Operator, Role::Auditor] {
        let person = join(&stage, &of, role.as_str(), role).await;
        assert_eq!(why(access::enter(&person, of.team, Permission::ManageMembers).await), "NotPermitted(ManageMembers)");
        // Not even by a verb that was reached with a scope for another thing.
        let (cx, scope) = (stage.stepped_up(&person), view(&person, of.team).await);
        let raised = teams::change_member(&cx, &scope, user(&person), Role::Admin, Environments::BOTH).await;
        assert_eq!(why(raised), "AboveOwnRole(Admin)");
    }
});

on_both_databases!(the_last_owner_neither_leaves_nor_steps_down, async |stage: Stage| {
    let of = found(&stage).await;
    let bob = join(&stage, &of, "bob", Role::Admin).await;
    let owner = stage.stepped_up(&of.owner);
    let step_down = async || teams::change_member(&owner, &of.scope, user(&owner), Role::Admin, Environments::BOTH).await;
    for refused in [
        teams::leave(&owner, &of.scope).await,
        step_down().await,
        teams::remove_member(&owner, &of.scope, user(&owner)).await,
    ] {
        assert_eq!(why(refused), "LastOwner");
    }
    assert_eq!(roles(&of).await, owned(&[("ada", Role::Owner), ("bob", Role::Admin)]));
    teams::change_member(&owner, &of.scope, user(&bob), Role::Owner, Environments::BOTH).await.unwrap();
    step_down().await.unwrap();
    assert_eq!(roles(&of).await, owned(&[("ada", Role::Admin), ("bob", Role::Owner)]));
    teams::leave(&stage.stepped_up(&of.owner), &view(&of.owner, of.team).await).await.unwrap();
    assert_eq!(stage.events(&of.scope, Action::MemberLeft).await.len(), 1);
});

/// How two owners may go at the same time.
#[derive(Clone, Copy, Debug)]
enum Going {
    Leaves,
    StepsDown,
    RemovesTheOther,
}

async fn go(cx: Cx, scope: TeamScope, other: UserId, going: Going) -> Result<(), TeamError> {
    let me = user(&cx);
    match going {
        Going::Leaves => teams::leave(&cx, &scope).await,
        Going::StepsDown => teams::change_member(&cx, &scope, me, Role::Auditor, Environments::BOTH).await,
        Going::RemovesTheOther => teams::remove_member(&cx, &scope, other).await,
    }
}

on_both_databases!(of_two_owners_who_go_at_once_exactly_one_stays, async |stage: Stage| {
    let (ada, bob) = (stage.person("ada").await, stage.person("bob").await);
    let rounds = [
        (Going::Leaves, Going::Leaves),
        (Going::StepsDown, Going::StepsDown),
        (Going::RemovesTheOther, Going::RemovesTheOther),
        (Going::Leaves, Going::StepsDown),
    ];
    for round in rounds.iter().cycle().take(12) {
        // Invitations to one address are limited.
        stage.advance(Duration::hours(1));
        let team = stage.team(&ada, "Twice owned").await;
        let of = Founded { scope: view(&ada, team).await, owner: ada.clone(), team };
        let invitation = invite(&stage, &of, "bob", Role::Owner, Environments::BOTH).await;
        teams::accept(&bob, invitation).await.unwrap();
        let both = view(&bob, team).await;
        let (first, second) = tokio::join!(
            tokio::spawn(go(stage.stepped_up(&ada), of.scope.clone(), user(&bob), round.0)),
            tokio::spawn(go(stage.stepped_up(&bob), both, user(&ada), round.1)),
        );
        let results = [first.unwrap(), second.unwrap()];
        let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.len(), 1, "{round:?}: {refused:?}");
        // Who was removed a moment before is no member any more.
        let plain = matches!(refused[0], TeamError::LastOwner | TeamError::Access(access::AccessError::NotFound));
        assert!(plain, "{round:?}: {refused:?}");
        let owners = roles(&of).await.into_iter().filter(|(_, role)| *role == Role::Owner).count();
        assert_eq!(owners, 1, "{round:?}");
    }
});

on_both_databases!(who_was_removed_or_left_is_out_at_the_next_request, async |stage: Stage| {
    let of = found(&stage).await;
    let (bob, carol) = (join(&stage, &of, "bob", Role::Admin).await, join(&stage, &of, "carol", Role::Admin).await);
    teams::remove_member(&stage.stepped_up(&of.owner), &of.scope, user(&bob)).await.unwrap();
    teams::leave(&stage.stepped_up(&carol), &view(&carol, of.team).await).await.unwrap();
    for gone in [bob, carol] {
        for permission in Permission::ALL {
            assert_eq!(why(access::enter(&gone, of.team, *permission).await), "NotFound");
        }
        assert!(teams::mine(&gone).await.unwrap().is_empty());
    }
    assert_eq!(roles(&of).await, owned(&[("ada", Role::Owner)]));
    let event = &stage.events(&of.scope, Action::MemberRemoved).await[0];
    assert_eq!((event.actor_name.as_str(), event.target_name.as_deref()), ("ada@example.com", Some("bob@example.com")));
});

on_both_databases!(a_team_of_others_is_answered_as_one_that_does_not_exist, async |stage: Stage| {
    let of = found(&stage).await;
    let eve = stage.person("eve").await;
    stage.team(&eve, "Eve's own").await;
    let missing: TeamId = backend::random::id(stage.portal.clock.now());
    for permission in Permission::ALL {
        let answers = [access::enter(&eve, of.team, *permission).await, access::enter(&eve, missing, *permission).await];
        let [foreign, nothing] = answers.map(|answer| answer.unwrap_err());
        assert_eq!((format!("{foreign:?}"), format!("{nothing:?}")), ("NotFound".to_owned(), "NotFound".to_owned()));
        assert_eq!(Problem::from(&foreign), Problem::from(&nothing));
        let nobody = stage.visitor("192.0.2.1");
        for team in [of.team, missing] {
            assert_eq!(why(access::enter(&nobody, team, *permission).await), "SignInRequired");
        }
    }
});
