//! The people of a Team: inviting, joining, changing, leaving, and the owner who always stays.

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
    teams::invite(&owner, &of.scope, &email(name).parse().unwrap(), role, environments).await.unwrap();
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

on_both_databases!(an_invitation_mail_says_who_and_which_team_and_has_no_link_that_signs_in, async |stage: Stage| {
    let of = found(&stage).await;
    let id = invite(&stage, &of, "bob", Role::Operator, PRODUCTION).await;
    let mails = stage.mails_to("bob@example.com").await;
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    for words in ["ada@example.com", "Northwind Lights"] {
        assert!(mail.subject.contains(words) && mail.text.contains(words) && mail.html.contains(words), "{words}: {mail:?}");
    }
    assert!(mail.text.contains("operator") && mail.text.contains("7 days"), "{}", mail.text);
    // The one address is the plain sign-in page, and nothing in the mail names the invitation.
    let sign_in = format!("{}/sign-in", stage.portal.settings.public_url);
    for part in [&mail.text, &mail.html] {
        let addresses: Vec<_> = part.match_indices("http").map(|(at, _)| &part[at..]).collect();
        assert!(addresses.len() == 1 && addresses[0].starts_with(&format!("{sign_in} ")), "{addresses:?}");
        assert!(!part.contains("href") && !part.contains("inv_") && !part.contains(&id.0.simple().to_string()), "{part}");
    }
});

on_both_databases!(who_accepts_joins_with_the_role_and_the_environments_of_the_invitation, async |stage: Stage| {
    let of = found(&stage).await;
    for (role, environments) in [
        (Role::Owner, Environments::BOTH),
        (Role::Admin, PRODUCTION),
        (Role::Operator, SANDBOX),
        (Role::Auditor, PRODUCTION),
    ] {
        let id = invite(&stage, &of, role.as_str(), role, environments).await;
        let person = stage.person(role.as_str()).await;
        assert_eq!(why(access::enter(&person, of.team, Permission::ViewTeam).await), "NotFound", "not yet");
        let mine = teams::my_invitations(&person).await.unwrap();
        assert_eq!((mine.len(), mine[0].id, mine[0].team_name.as_str()), (1, id, "Northwind Lights"));
        assert_eq!(mine[0].invited_by.as_str(), "ada@example.com");
        assert_eq!(teams::accept(&person, id).await.unwrap(), of.team);
        let joined = teams::mine(&person).await.unwrap();
        assert_eq!((joined[0].team, joined[0].role, joined[0].environments), (of.team, role, environments));
        assert!(teams::my_invitations(&person).await.unwrap().is_empty());
        assert_eq!(why(teams::accept(&person, id).await), "Access(NotFound)", "once only");
        let event = &stage.events(&of.scope, Action::MemberJoined).await[0];
        assert_eq!((event.actor_id, event.target_id), (Some(user(&person).0), Some(user(&person).0)));
    }
    assert!(teams::invitations(&of.owner, &of.scope).await.unwrap().is_empty());
});

on_both_databases!(an_invitation_is_for_its_own_address_however_it_is_written, async |stage: Stage| {
    let of = found(&stage).await;
    let owner = stage.stepped_up(&of.owner);
    teams::invite(&owner, &of.scope, &"Bob@Example.COM".parse().unwrap(), Role::Auditor, PRODUCTION).await.unwrap();
    let (bob, eve) = (stage.person("bob").await, stage.person("eve").await);
    let id = teams::my_invitations(&bob).await.unwrap()[0].id;
    for result in [teams::accept(&eve, id).await, teams::decline(&eve, id).await] {
        assert_eq!(why(result), "Access(NotFound)");
    }
    teams::accept(&bob, id).await.unwrap();
});

on_both_databases!(who_declines_does_not_join_and_can_be_invited_again, async |stage: Stage| {
    let of = found(&stage).await;
    let id = invite(&stage, &of, "bob", Role::Auditor, PRODUCTION).await;
    let bob = stage.person("bob").await;
    teams::decline(&bob, id).await.unwrap();
    assert_eq!(why(teams::accept(&bob, id).await), "Access(NotFound)");
    assert_eq!(roles(&of).await, owned(&[("ada", Role::Owner)]));
    assert_eq!(stage.events(&of.scope, Action::InvitationDeclined).await.len(), 1);
    let again = invite(&stage, &of, "bob", Role::Auditor, PRODUCTION).await;
    teams::accept(&bob, again).await.unwrap();
});

on_both_databases!(a_revoked_invitation_opens_nothing, async |stage: Stage| {
    let of = found(&stage).await;
    let id = invite(&stage, &of, "bob", Role::Auditor, PRODUCTION).await;
    let bob = stage.person("bob").await;
    let own = stage.team(&bob, "Bob's").await;
    let elsewhere = teams::revoke_invitation(&bob, &view(&bob, own).await, id).await;
    assert_eq!(why(elsewhere), "Access(NotFound)", "from another Team");
    teams::revoke_invitation(&of.owner, &of.scope, id).await.unwrap();
    assert!(teams::my_invitations(&bob).await.unwrap().is_empty());
    assert_eq!(why(teams::accept(&bob, id).await), "Access(NotFound)");
    assert_eq!(why(teams::revoke_invitation(&of.owner, &of.scope, id).await), "Access(NotFound)");
    assert_eq!(stage.events(&of.scope, Action::InvitationRevoked).await.len(), 1);
});

on_both_databases!(an_invitation_waits_seven_days, async |stage: Stage| {
    let of = found(&stage).await;
    let early = invite(&stage, &of, "bob", Role::Auditor, PRODUCTION).await;
    let late = invite(&stage, &of, "carol", Role::Auditor, PRODUCTION).await;
    assert_eq!(INVITATION_LIFE, Duration::days(7));
    stage.advance(INVITATION_LIFE - Duration::microseconds(1));
    let (bob, carol) = (stage.person("bob").await, stage.person("carol").await);
    teams::accept(&bob, early).await.unwrap();
    stage.advance(Duration::microseconds(1));
    assert!(teams::my_invitations(&carol).await.unwrap().is_empty());
    for result in [teams::accept(&carol, late).await, teams::decline(&carol, late).await] {
        assert_eq!(why(result), "Access(NotFound)");
    }
    // The Team still sees it, and sends it again.
    assert_eq!(teams::invitations(&of.owner, &of.scope).await.unwrap()[0].id, late);
    let again = invite(&stage, &of, "carol", Role::Auditor, PRODUCTION).await;
    teams::accept(&carol, again).await.unwrap();
});

on_both_databases!(a_newer_invitation_replaces_an_open_one, async |stage: Stage| {
    let of = found(&stage).await;
    let old = invite(&stage, &of, "bob", Role::Admin, Environments::BOTH).await;
    let new = invite(&stage, &of, "bob", Role::Auditor, SANDBOX).await;
    let open = teams::invitations(&of.owner, &of.scope).await.unwrap();
    assert_eq!((open.len(), open[0].id, open[0].role), (1, new, Role::Auditor));
    let bob = stage.person("bob").await;
    assert_eq!(why(teams::accept(&bob, old).await), "Access(NotFound)");
    teams::accept(&bob, new).await.unwrap();
    assert_eq!(roles(&of).await, owned(&[("ada", Role::Owner), ("bob", Role::Auditor)]));
});

on_both_databases!(two_invitations_of_one_moment_leave_one_open, async |stage: Stage| {
    let of = found(&stage).await;
    let invite = |role: Role| {
        let (owner, scope) = (stage.stepped_up(&of.owner), of.scope.clone());
        tokio::spawn(
            async move { teams::invite(&owner, &scope, &"bob@example.com".parse().unwrap(), role, PRODUCTION).await },
        )
    };
    let (first, second) = tokio::join!(invite(Role::Admin), invite(Role::Auditor));
    first.unwrap().unwrap();
    second.unwrap().unwrap();
    assert_eq!(teams::invitations(&of.owner, &of.scope).await.unwrap().len(), 1);
});

on_both_databases!(an_invitation_is_answered_once_however_many_answers_come_at_once, async |stage: Stage| {
    let of = found(&stage).await;
    for round in 0..5 {
        let name = format!("bob{round}");
        let id = invite(&stage, &of, &name, Role::Auditor, PRODUCTION).await;
        let bob = stage.person(&name).await;
        let (accepts, declines, owner, scope) = (bob.clone(), bob.clone(), of.owner.clone(), of.scope.clone());
        let (accepted, declined, revoked) = tokio::join!(
            tokio::spawn(async move { teams::accept(&accepts, id).await.is_ok() }),
            tokio::spawn(async move { teams::decline(&declines, id).await.is_ok() }),
            tokio::spawn(async move { teams::revoke_invitation(&owner, &scope, id).await.is_ok() }),
        );
        let answers = [accepted.unwrap(), declined.unwrap(), revoked.unwrap()];
        assert_eq!(answers.iter().filter(|ended| **ended).count(), 1, "{answers:?}");
        assert_eq!(access::enter(&bob, of.team, Permission::ViewTeam).await.is_ok(), answers[0], "{answers:?}");
    }
});

on_both_databases!(a_member_is_not_invited_again, async |stage: Stage| {
    let of = found(&stage).await;
    join(&stage, &of, "bob", Role::Auditor).await;
    let owner = stage.stepped_up(&of.owner);
    for member in ["ada", "bob"] {
        let again = teams::invite(&owner, &of.scope, &email(member).parse().unwrap(), Role::Admin, PRODUCTION).await;
        assert_eq!(why(again), "AlreadyMember");
    }
});

/// Nobody may sign up by themselves any more.
fn by_invitation_only(stage: &mut Stage) {
    stage.portal.settings = Arc::new(Settings { sign_up: SignUp::Invitation, ..Settings::clone(&stage.portal.settings) });
}

on_both_databases!(an_invited_address_may_sign_up_and_an_uninvited_one_gets_no_mail, async |mut stage: Stage| {
    by_invitation_only(&mut stage);
    // The first user of all needs no invitation.
    let of = found(&stage).await;
    let ask = async |name: &str| login::ask(&stage.visitor(&stage.next_address()), &email(name)).await;
    invite(&stage, &of, "bob", Role::Auditor, PRODUCTION).await;
    let revoked = invite(&stage, &of, "carol", Role::Auditor, PRODUCTION).await;
    teams::revoke_invitation(&of.owner, &of.scope, revoked).await.unwrap();
    for uninvited in ["eve", "carol"] {
        let answer = ask(uninvited).await.unwrap();
        assert_eq!(answer.expires_at - stage.portal.clock.now(), Duration::minutes(10), "the answer is everybody's");
        let mails = stage.mails_to(&email(uninvited)).await;
        assert!(mails.iter().all(|mail| mail.subject.contains("invites you")), "{mails:?}");
    }
    let bob = stage.person("bob").await;
    let invitation = teams::my_invitations(&bob).await.unwrap()[0].id;
    teams::decline(&bob, invitation).await.unwrap();
    stage.advance(Duration::minutes(2));
    stage.person("bob").await;
    // An expired invitation is none.
    invite(&stage, &of, "dora", Role::Auditor, PRODUCTION).await;
    stage.advance(INVITATION_LIFE);
    ask("dora").await.unwrap();
    assert_eq!(stage.mails_to("dora@example.com").await.len(), 1, "the invitation itself");
});

on_both_databases!(an_invitation_withdrawn_after_the_code_was_mailed_lets_nobody_in, async |mut stage: Stage| {
    by_invitation_only(&mut stage);
    let of = found(&stage).await;
    let id = invite(&stage, &of, "bob", Role::Auditor, PRODUCTION).await;
    let cx = stage.visitor("192.0.2.1");
    let asked = login::ask(&cx, "bob@example.com").await.unwrap();
    let code = stage.code_for("bob@example.com").await;
    teams::revoke_invitation(&of.owner, &of.scope, id).await.unwrap();
    let refused = login::sign_in(&cx, asked.challenge, &code).await;
    assert!(matches!(refused, Err(LoginError::Over)), "{refused:?}");
    assert!(stage.events(&of.scope, Action::UserCreated).await.is_empty());
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
    let invited = teams::invite(&owner, &of.scope, &"eve@example.com".parse().unwrap(), Role::Operator, NEITHER).await;
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
        teams::invite(&cx, &scope, &"eve@example.com".parse().unwrap(), Role::Owner, Environments::BOTH).await,
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
    teams::leave(&of.owner, &view(&of.owner, of.team).await).await.unwrap();
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
    teams::leave(&carol, &view(&carol, of.team).await).await.unwrap();
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
