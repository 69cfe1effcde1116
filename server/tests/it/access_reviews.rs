//! E5: every quarter each member, gateway and key is confirmed or removed; what nobody confirmed is suspended after 14 days.

use backend::{
    Cx, TeamScope,
    access::{self, AccessError},
    access_reviews::{self, AccessReviewError, decide, get, sign},
    gateways, jobs,
    store::access_review::Item,
    teams,
};
use chrono::Duration;
use model::{
    Environments, Permission, Role,
    access_review::{Decision, Subject},
    audit::Action,
    ids::AccessReviewId,
};
use reqwest::{StatusCode, header};
use serde_json::json;

use crate::{
    browser::Browser,
    house::{Furnished, House},
    on_both_databases,
    support::Stage,
};

/// A Team with two owners and an auditor, a quarter later.
async fn a_quarter_later(stage: Stage) -> (House, Furnished, Cx, Cx) {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let bob = house.member(&ada, "bob", Role::Owner, Environments::BOTH).await;
    let eve = house.member(&ada, "eve", Role::Auditor, Environments::BOTH).await;
    house.stage.advance(Duration::days(91) - Duration::seconds(1));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    assert!(access_reviews::list(&ada.owner, &ada.scope).await.unwrap().is_empty());
    house.stage.advance(Duration::seconds(1));
    for _ in 0..2 {
        jobs::open_reviews(&house.stage.portal).await.unwrap();
    }
    (house, ada, bob, eve)
}

async fn as_of(house: &House, of: &Furnished, cx: &Cx) -> (Cx, TeamScope) {
    let cx = house.stage.stepped_up(cx);
    let scope = access::enter(&cx, of.team, Permission::ViewTeam).await.unwrap();
    (cx, scope)
}

async fn only(of: &Furnished) -> AccessReviewId {
    let all = access_reviews::list(&of.owner, &of.scope).await.unwrap();
    assert_eq!(all.len(), 1);
    all[0].id
}

async fn item(of: &Furnished, id: AccessReviewId, kind: Subject, name: &str) -> Item {
    let (_, items) = get(&of.owner, &of.scope, id).await.unwrap();
    items.into_iter().find(|item| item.kind == kind && item.name.starts_with(name)).unwrap()
}

/// Somebody uses Portal now.
async fn uses(house: &House, cx: &Cx) {
    use sea_orm::{ConnectionTrait, Statement};
    let db = house.stage.portal.db.reader();
    let values = [house.stage.portal.clock.now().into(), cx.signed_in().unwrap().user.0.into()];
    let text = "UPDATE session SET last_seen_at = $1 WHERE user_id = $2";
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
}

async fn told(house: &House, who: &str, words: &str) -> usize {
    let mails = house.stage.mails_to(&format!("{who}@example.com")).await;
    mails.iter().filter(|mail| mail.subject.contains(words)).count()
}

on_both_databases!(everything_is_confirmed_or_removed_by_another_one_and_signed, async |stage: Stage| {
    let (house, ada, bob, eve) = a_quarter_later(stage).await;
    let id = only(&ada).await;
    assert_eq!((told(&house, "ada", "An access review is open").await, told(&house, "eve", "access review").await), (1, 0));
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    let (_, items) = get(&owner, &scope, id).await.unwrap();
    let there: Vec<_> = items.iter().map(|item| (item.kind, item.name.as_str())).collect();
    assert_eq!(
        there,
        [
            (Subject::Member, "ada@example.com"),
            (Subject::Member, "bob@example.com"),
            (Subject::Member, "eve@example.com"),
            (Subject::Gateway, "orders-sync"),
        ],
        "the key is over after ninety days"
    );
    let me = item(&ada, id, Subject::Member, "ada").await;
    let confirm = async |cx: &Cx, scope: &TeamScope, one: &Item| {
        decide(cx, scope, id, one.kind, one.subject, Decision::Confirmed, "").await
    };
    assert!(matches!(confirm(&owner, &scope, &me).await, Err(AccessReviewError::OneSelf)));
    confirm(&bob, &of_bob, &me).await.unwrap();
    assert!(matches!(sign(&owner, &scope, id, "Fine").await, Err(AccessReviewError::Undecided)));
    for name in ["bob", "orders-sync"] {
        let kind = if name == "bob" { Subject::Member } else { Subject::Gateway };
        confirm(&owner, &scope, &item(&ada, id, kind, name).await).await.unwrap();
    }
    let hers = item(&ada, id, Subject::Member, "eve").await;
    let why = decide(&owner, &scope, id, hers.kind, hers.subject, Decision::Removed, " ").await;
    assert!(matches!(why, Err(AccessReviewError::NoteMissing)));
    decide(&owner, &scope, id, hers.kind, hers.subject, Decision::Removed, "She has left").await.unwrap();
    assert!(matches!(access::enter(&eve, ada.team, Permission::ViewTeam).await, Err(AccessError::NotFound)));
    // What was removed stays so; what was confirmed may be removed still.
    assert!(matches!(confirm(&owner, &scope, &hers).await, Err(AccessReviewError::Over)));
    assert!(matches!(sign(&owner, &scope, id, "").await, Err(AccessReviewError::ConclusionMissing)));
    sign(&owner, &scope, id, "Eve had left").await.unwrap();
    let late = decide(&owner, &scope, id, Subject::Member, me.subject, Decision::Removed, "Late").await;
    assert!(matches!(late, Err(AccessReviewError::Over)));
    let (review, items) = get(&owner, &scope, id).await.unwrap();
    assert_eq!(review.signed.unwrap().1, "Eve had left");
    assert!(items.iter().all(|item| item.decided.is_some()));
    assert_eq!(house.stage.events(&ada.scope, Action::AccessDecided).await.len(), 4);
    // Fourteen days later nothing is suspended, and a quarter later the next one opens.
    house.stage.advance(Duration::days(20));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    assert!(house.stage.events(&ada.scope, Action::AccessSuspended).await.is_empty());
    house.stage.advance(Duration::days(71));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    assert_eq!(access_reviews::list(&ada.owner, &ada.scope).await.unwrap().len(), 2);
});

on_both_databases!(a_gateway_that_is_disabled_while_the_review_opens_is_in_it, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let owner = house.stage.stepped_up(&ada.owner);
    gateways::disable(&owner, &ada.scope, ada.gateway).await.unwrap();
    let (_, _) = (owner, house.an_access_review(&ada).await);
    let id = only(&ada).await;
    let (_, items) = get(&ada.owner, &ada.scope, id).await.unwrap();
    let kinds: Vec<_> = items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind != Subject::Member).count(), 2, "the gateway and its key");
    assert!(items.iter().any(|item| item.facts.starts_with("disabled, ")));
    // Enabled again and never confirmed, it is suspended with the others.
    gateways::enable(&ada.owner, &ada.scope, ada.gateway).await.unwrap();
    assert_eq!(house.issue(&ada, json!({})).await.0, 200);
    house.stage.advance(Duration::days(14));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    assert_eq!(house.issue(&ada, json!({})).await.0, 423);
});

on_both_databases!(what_nobody_confirmed_is_suspended_until_somebody_does, async |stage: Stage| {
    let (house, ada, bob, eve) = a_quarter_later(stage).await;
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let (_, secret) = house.key(&ada.owner, &ada.scope, ada.gateway).await;
    let ada = Furnished { secret, ..ada };
    // One opened before that key was made; the next one has it.
    let id = only(&ada).await;
    let bobs = item(&ada, id, Subject::Member, "bob").await;
    decide(&owner, &scope, id, bobs.kind, bobs.subject, Decision::Confirmed, "").await.unwrap();
    for (days, times) in [(6, 0), (1, 1), (5, 1), (1, 2)] {
        house.stage.advance(Duration::days(days));
        for _ in 0..2 {
            jobs::open_reviews(&house.stage.portal).await.unwrap();
        }
        assert_eq!(told(&house, "bob", "An access review ends soon").await, times);
    }
    assert_eq!(house.issue(&ada, json!({})).await.0, 200);
    house.stage.advance(Duration::days(1));
    uses(&house, &bob).await;
    // What somebody who is not confirmed offered to others goes with them; a gateway that is switched off is suspended too.
    house.invite(&ada, "frank@example.com", Role::Admin, Environments::BOTH).await;
    gateways::disable(&owner, &scope, ada.gateway).await.unwrap();
    for _ in 0..2 {
        jobs::open_reviews(&house.stage.portal).await.unwrap();
    }
    gateways::enable(&owner, &scope, ada.gateway).await.unwrap();
    assert!(teams::invitations(&owner, &scope).await.unwrap().is_empty());
    // Bob was confirmed, and is an owner who may let the others in again.
    let bob_before = bob.clone();
    let (bob, of_bob) = as_of(&house, &ada, &bob).await;
    for cx in [&ada.owner, &eve] {
        assert!(matches!(access::enter(cx, ada.team, Permission::ViewTeam).await, Err(AccessError::Locked)));
    }
    let (status, body) = house.issue(&ada, json!({})).await;
    assert_eq!((status, body["code"].as_str()), (423, Some("locked")));
    assert_eq!(told(&house, "bob", "Unconfirmed access was suspended").await, 1);
    let suspended = house.stage.events(&ada.scope, Action::AccessSuspended).await;
    let undecided = get(&bob, &of_bob, id).await.unwrap().1.iter().filter(|item| item.decided.is_none()).count();
    println!("figure E5: {undecided} unconfirmed after 14 days, {} of them suspended", suspended.len());
    assert_eq!(suspended.len(), 3, "Ada, Eve, the gateway");
    // A confirmation lets in again, a removal does not.
    let mine = item(&ada, id, Subject::Member, "ada").await;
    let unproved = Cx { actor: bob_before.actor.clone(), ..bob.clone() };
    let again = decide(&unproved, &of_bob, id, mine.kind, mine.subject, Decision::Confirmed, "").await;
    assert!(matches!(again, Err(AccessReviewError::Access(AccessError::StepUpRequired(_)))), "{again:?}");
    assert_eq!(told(&house, "ada", "Your access is suspended").await, 1);
    decide(&bob, &of_bob, id, mine.kind, mine.subject, Decision::Confirmed, "She was away").await.unwrap();
    access::enter(&ada.owner, ada.team, Permission::ViewTeam).await.unwrap();
    let gateway = item(&ada, id, Subject::Gateway, "orders").await;
    decide(&bob, &of_bob, id, gateway.kind, gateway.subject, Decision::Confirmed, "").await.unwrap();
    assert_eq!(house.issue(&ada, json!({})).await.0, 200);
    let hers = item(&ada, id, Subject::Member, "eve").await;
    decide(&bob, &of_bob, id, hers.kind, hers.subject, Decision::Removed, "Left").await.unwrap();
    assert!(matches!(access::enter(&eve, ada.team, Permission::ViewTeam).await, Err(AccessError::NotFound)));
    // Whoever is invited anew is not locked out by what was over.
    let eve = {
        house.stage.advance(Duration::minutes(2));
        let invitation = house.invite(&ada, "eve@example.com", Role::Auditor, Environments::BOTH).await;
        let eve = house.stage.person("eve").await;
        teams::accept(&eve, invitation).await.unwrap();
        eve
    };
    access::enter(&eve, ada.team, Permission::ViewTeam).await.unwrap();
});

on_both_databases!(the_last_owner_is_not_suspended_and_confirms_alone, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.stage.advance(Duration::days(91));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    house.stage.advance(Duration::days(14));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let id = only(&ada).await;
    let me = item(&ada, id, Subject::Member, "ada").await;
    assert!(me.lock.is_none());
    decide(&owner, &scope, id, me.kind, me.subject, Decision::Confirmed, "There is nobody else").await.unwrap();
    let gateway = item(&ada, id, Subject::Gateway, "orders").await;
    assert!(gateway.lock.is_some());
    decide(&owner, &scope, id, gateway.kind, gateway.subject, Decision::Confirmed, "").await.unwrap();
    sign(&owner, &scope, id, "Alone").await.unwrap();
});

on_both_databases!(one_that_nobody_signs_is_told_of_every_week, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.an_access_review(&ada).await;
    let id = only(&ada).await;
    for (days, times) in [(14, 0), (6, 0), (1, 1), (6, 1), (1, 2)] {
        house.stage.advance(Duration::days(days));
        uses(&house, &ada.owner).await;
        for _ in 0..2 {
            jobs::open_reviews(&house.stage.portal).await.unwrap();
        }
        assert_eq!(told(&house, "ada", "An access review is overdue").await, times, "after {days} more days");
    }
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    for one in get(&owner, &scope, id).await.unwrap().1 {
        decide(&owner, &scope, id, one.kind, one.subject, Decision::Confirmed, "There is nobody else").await.unwrap();
    }
    sign(&owner, &scope, id, "Late").await.unwrap();
    house.stage.advance(Duration::days(8));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    assert_eq!(told(&house, "ada", "An access review is overdue").await, 2);
});

on_both_databases!(what_is_gone_meanwhile_is_noted_as_gone, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    house.an_access_review(&ada).await;
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let id = only(&ada).await;
    for kind in [Subject::Member, Subject::Gateway] {
        let one = item(&ada, id, kind, if kind == Subject::Member { "ada" } else { "orders" }).await;
        decide(&owner, &scope, id, one.kind, one.subject, Decision::Confirmed, "There is nobody else").await.unwrap();
    }
    let key = item(&ada, id, Subject::GatewayKey, "orders").await;
    gateways::revoke_key(&owner, &scope, ada.gateway, ada.key).await.unwrap();
    let confirmed = decide(&owner, &scope, id, key.kind, key.subject, Decision::Confirmed, "").await;
    assert!(matches!(confirmed, Err(AccessReviewError::Over)));
    decide(&owner, &scope, id, key.kind, key.subject, Decision::Removed, "").await.unwrap();
    sign(&owner, &scope, id, "Alone").await.unwrap();
});

on_both_databases!(nobody_is_locked_out_by_people_who_are_not_there, async |stage: Stage| {
    // Bob is an owner too, and has not been there for a quarter.
    let (house, ada, _bob, eve) = a_quarter_later(stage).await;
    house.stage.advance(Duration::days(14));
    uses(&house, &ada.owner).await;
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    access::enter(&ada.owner, ada.team, Permission::ViewTeam).await.unwrap();
    // Ada could confirm Eve, and did not.
    assert!(matches!(access::enter(&eve, ada.team, Permission::ViewTeam).await, Err(AccessError::Locked)));
    let email = "eve@example.com".parse().unwrap();
    access_reviews::restore_from_command_line(&house.stage.portal, ada.team, &email).await.unwrap();
    access::enter(&eve, ada.team, Permission::ViewTeam).await.unwrap();
    assert!(access_reviews::restore_from_command_line(&house.stage.portal, ada.team, &email).await.is_err());
});

on_both_databases!(whoever_makes_themselves_alone_does_not_confirm_themselves, async |stage: Stage| {
    let (house, ada, bob, _) = a_quarter_later(stage).await;
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let id = only(&ada).await;
    let bobs = bob.signed_in().unwrap().user;
    house.stage.advance(Duration::seconds(1));
    let (owner, scope) = (house.stage.stepped_up(&owner), scope);
    teams::change_member(&owner, &scope, bobs, Role::Auditor, Environments::BOTH).await.unwrap();
    let me = item(&ada, id, Subject::Member, "ada").await;
    let own = decide(&owner, &scope, id, me.kind, me.subject, Decision::Confirmed, "").await;
    assert!(matches!(own, Err(AccessReviewError::OneSelf)), "{own:?}");
});

on_both_databases!(keys_are_suspended_and_removed_and_older_suspensions_go_too, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let oscar = house.member(&ada, "oscar", Role::Operator, Environments::BOTH).await;
    let first = house.an_access_review(&ada).await.parse().unwrap();
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    for kind in [Subject::Member, Subject::Gateway] {
        let name = if kind == Subject::Member { "oscar" } else { "orders" };
        let one = item(&ada, first, kind, name).await;
        decide(&owner, &scope, first, one.kind, one.subject, Decision::Confirmed, "").await.unwrap();
    }
    house.stage.advance(Duration::days(14));
    uses(&house, &ada.owner).await;
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    assert_eq!(house.issue(&ada, json!({})).await.0, 423, "the key is suspended");
    // The next review has it too; confirmed there it is let in again.
    house.stage.advance(Duration::days(77) - Duration::seconds(1));
    let key = "UPDATE gateway_key SET expires_at = '2030-01-01 00:00:00+00:00'";
    sea_orm::ConnectionTrait::execute_unprepared(house.stage.portal.db.reader(), key).await.unwrap();
    house.stage.advance(Duration::seconds(1));
    jobs::open_reviews(&house.stage.portal).await.unwrap();
    let second = access_reviews::list(&ada.owner, &ada.scope).await.unwrap()[0].id;
    assert_ne!(first, second);
    let (owner, scope) = as_of(&house, &ada, &ada.owner).await;
    let one = item(&ada, second, Subject::GatewayKey, "orders").await;
    decide(&owner, &scope, second, one.kind, one.subject, Decision::Confirmed, "").await.unwrap();
    assert_eq!(house.issue(&ada, json!({})).await.0, 200);
    // What it was stays on the record.
    assert!(item(&ada, first, Subject::GatewayKey, "orders").await.lock.is_some());
    // Nobody who decides nothing undoes a removal.
    let gateway = item(&ada, second, Subject::Gateway, "orders").await;
    decide(&owner, &scope, second, gateway.kind, gateway.subject, Decision::Removed, "Not needed").await.unwrap();
    let (oscar, of_oscar) = as_of(&house, &ada, &oscar).await;
    assert!(gateways::enable(&oscar, &of_oscar, ada.gateway).await.is_err());
    gateways::enable(&owner, &scope, ada.gateway).await.unwrap();
});

on_both_databases!(nobody_decides_above_their_role_or_in_a_closed_environment, async |stage: Stage| {
    let (house, ada, _, _) = a_quarter_later(stage).await;
    let sandbox = Environments { production: false, sandbox: true };
    let dan = house.member(&ada, "dan", Role::Admin, sandbox).await;
    let (dan, of_dan) = as_of(&house, &ada, &dan).await;
    let id = only(&ada).await;
    let owner = item(&ada, id, Subject::Member, "ada").await;
    for decision in Decision::ALL {
        let above = decide(&dan, &of_dan, id, owner.kind, owner.subject, decision, "No").await;
        assert!(matches!(above, Err(AccessReviewError::Above)), "{above:?}");
    }
    let gateway = item(&ada, id, Subject::Gateway, "orders").await;
    let eves = item(&ada, id, Subject::Member, "eve").await;
    let more = decide(&dan, &of_dan, id, eves.kind, eves.subject, Decision::Confirmed, "").await;
    assert!(matches!(more, Err(AccessReviewError::Access(AccessError::EnvironmentClosed(_)))), "{more:?}");
    let closed = decide(&dan, &of_dan, id, gateway.kind, gateway.subject, Decision::Confirmed, "").await;
    assert!(matches!(closed, Err(AccessReviewError::Access(AccessError::EnvironmentClosed(_)))), "{closed:?}");
});

on_both_databases!(a_fake_year_has_four_of_them, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    for day in 0..=366 {
        house.stage.advance(Duration::days(1));
        jobs::open_reviews(&house.stage.portal).await.unwrap();
        let open = access_reviews::list(&ada.owner, &ada.scope).await.unwrap().len();
        assert_eq!(open, (day + 1) / 91, "day {day}");
    }
    let many = access_reviews::list(&ada.owner, &ada.scope).await.unwrap().len();
    println!("figure E5: {many} access reviews in a year");
});

on_both_databases!(an_access_review_leaves_as_a_file_for_auditors, async |stage: Stage| {
    let house = House::on(stage).await;
    let ada = house.furnished("ada").await;
    let id = house.an_access_review(&ada).await;
    let mut browser = Browser::signed_in_later(&house, "ada@example.com").await;
    let page = format!("/teams/{}/members/reviews/{id}", ada.team);
    let path = format!("{page}/export");
    // Without a fresh proof the page is shown again, and asks for it.
    let asked = browser.take(&path, &[]).await;
    assert_eq!(asked.status(), StatusCode::SEE_OTHER);
    assert_eq!(asked.headers()[header::LOCATION], format!("{page}#export").as_str());
    assert!(house.stage.events(&ada.scope, Action::AccessReviewExported).await.is_empty());
    let mut browser = Browser::confirmed(&house, "ada@example.com").await;
    let text = browser.take(&path, &[]).await.text().await.unwrap();
    assert!(text.starts_with("kind,id,name,may_reach,decision"), "{text}");
    assert!(
        text.contains("ada@example.com") && text.contains("orders-sync") && text.contains("owner, production and sandbox")
    );
    assert_eq!(house.stage.events(&ada.scope, Action::AccessReviewExported).await.len(), 1);
    let mut eve = Browser::confirmed(&house, "eve@example.com").await;
    assert_eq!(eve.take(&path, &[]).await.status(), 404);
});
