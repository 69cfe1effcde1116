//! Inviting, accepting, declining, withdrawing.

use super::*;

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
    teams::invite(&owner, &of.scope, &"Bob@Example.COM".parse().unwrap(), Role::Auditor, PRODUCTION, Engagement::Employee)
        .await
        .unwrap();
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
        tokio::spawn(async move {
            teams::invite(&owner, &scope, &"bob@example.com".parse().unwrap(), role, PRODUCTION, Engagement::Employee).await
        })
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
        let again =
            teams::invite(&owner, &of.scope, &email(member).parse().unwrap(), Role::Admin, PRODUCTION, Engagement::Employee)
                .await;
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
