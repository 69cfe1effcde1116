//! A year and a month under a clock that is moved, day by day: what is due comes on its day, and on no other.

use backend::{
    Cx, access,
    access_reviews::{self, decide},
    alerts::{self, Watch},
    audit::{CheckpointKey, Sequencer, verify},
    connections, gateways, incidents, jobs, keys, lwa_apps, reviews,
    store::access_review::Item,
    teams,
};
use chrono::Duration;
use model::{
    Environments, Permission, Role, Time,
    access_review::{Decision, Subject},
    alert::Rule,
    audit::Action,
    engagement::Engagement,
    ids::{AccessReviewId, ReviewId},
    incident::DrillKind,
};
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use serde_json::json;

use crate::{
    house::{Furnished, House, known_app, known_seller},
    on_both_databases,
    support::{Stage, reveal},
};

/// People come every so often, in days: before anybody is warned.
const COME_EVERY: i64 = 20;
/// The Review that is forgotten until an alert tells of it.
const FORGOTTEN: usize = 5;

/// The day on which the gateway's key gets a successor.
const SECOND_KEY: i64 = 360;

struct Year {
    house: House,
    /// The owner, with a key for a year.
    ada: Furnished,
    /// The other owner.
    dan: Cx,
    began: Time,
    sequencer: Sequencer,
    watch: Watch,
    alerts: Vec<(i64, Rule)>,
    pruned: Vec<i64>,
    refused: Vec<i64>,
}

impl Year {
    async fn begin(stage: Stage) -> Self {
        let house = House::on(stage).await;
        let mut ada = house.furnished("ada").await;
        let dan = house.member(&ada, "dan", Role::Owner, Environments::BOTH).await;
        house.member(&ada, "bob", Role::Admin, Environments::BOTH).await;
        let (owner, began) = (house.stage.stepped_up(&ada.owner), house.stage.portal.clock.now());
        let until = Engagement::contractor("Lighthouse Keepers", began + Duration::days(60), began).unwrap();
        teams::invite(&owner, &ada.scope, &"kim@example.com".parse().unwrap(), Role::Operator, Environments::BOTH, until)
            .await
            .unwrap();
        let kim = house.stage.person("kim").await;
        let invitation = teams::my_invitations(&kim).await.unwrap().remove(0).id;
        teams::accept(&kim, invitation).await.unwrap();
        let long = gateways::create_key(&owner, &ada.scope, ada.gateway, 365, None).await.unwrap();
        ada.secret = reveal(&long.secret).to_owned();
        let portal = house.credentials.portal.clone();
        // As if the seller had authorized it at Amazon: that is what ends after a year.
        let authorized = "UPDATE connection SET seller_id_source = 'amazon'";
        portal.db.reader().execute_unprepared(authorized).await.unwrap();
        let sequencer = Sequencer::new(&portal, CheckpointKey::generate("portal.example/year"));
        let watch = Watch::new(&portal);
        Self { house, ada, dan, began, sequencer, watch, alerts: vec![], pruned: vec![], refused: vec![] }
    }

    fn day(&self) -> i64 {
        (self.house.stage.portal.clock.now() - self.began).num_days()
    }

    /// What Portal does in a day, and what people and gateways do about it.
    async fn pass(&mut self) {
        let stage = &self.house.stage;
        stage.advance(Duration::days(1));
        if self.day() % COME_EVERY == 0 {
            for who in ["ada", "dan", "kim"] {
                stage.person(who).await;
            }
        }
        self.sequencer.run().await.unwrap();
        self.watch.run().await.unwrap();
        jobs::run_due(&stage.portal).await.unwrap();
        if self.sequencer.prune().await.unwrap() > 0 {
            self.pruned.push(self.day());
        }
        backend::mail::deliver_due(&stage.portal).await.unwrap();
        self.act().await;
        if self.day() == SECOND_KEY {
            self.ada.secret = self.another_key().await;
        }
        if self.house.issue(&self.ada, json!({})).await.0 != 200 {
            self.refused.push(self.day());
        }
    }

    async fn act(&mut self) {
        let (ada, team) = (&self.house.stage.stepped_up(&self.ada.owner), &self.ada.scope);
        for alert in alerts::list(ada, team).await.unwrap().open {
            self.alerts.push((self.day(), alert.rule));
            alerts::acknowledge(ada, team, alert.id, "We see to it").await.unwrap();
            match alert.rule {
                // The first time nobody sees to it until it is told again.
                Rule::SecretEnding if self.alerted(Rule::SecretEnding).len() > 1 => self.rotate(ada).await,
                Rule::AuthorizationEnding if self.alerted(Rule::AuthorizationEnding).len() > 1 => self.authorize(ada).await,
                Rule::PlanOverdue => incidents::review_plan(ada, team, "Contact, playbooks").await.unwrap(),
                Rule::ReviewOverdue => reviews::sign(ada, team, ReviewId(alert.subject.unwrap().id), "Late").await.unwrap(),
                Rule::DrillOverdue => {
                    let kind = DrillKind::ALL.iter().find(|kind| alert.finding.contains(kind.title())).unwrap();
                    incidents::ask_drill(ada, team, *kind).await.unwrap();
                    server::drill::run_asked(self.house.stage.portal.clone()).await.unwrap();
                }
                _ => {}
            }
        }
        let open = alerts::list_of_installation(ada).await.unwrap().open;
        for alert in open.into_iter().filter(|alert| alert.rule == Rule::KeysOverdue) {
            self.alerts.push((self.day(), Rule::KeysOverdue));
            alerts::acknowledge_of_installation(ada, alert.id, "We replace them").await.unwrap();
            self.replace_keys(&alert.finding).await;
        }
        let all = reviews::list(ada, team).await.unwrap();
        if all.len() != FORGOTTEN && all.first().is_some_and(|review| review.signed.is_none()) {
            reviews::sign(ada, team, all[0].id, "As it should be").await.unwrap();
        }
        let all = access_reviews::list(ada, team).await.unwrap();
        if let Some(open) = all.iter().find(|review| review.signed.is_none()) {
            self.look_through(open.id, all.len() == 1).await;
        }
    }

    /// The secret of the app gets a successor, in its three steps.
    async fn rotate(&self, ada: &Cx) {
        let (team, app) = (&self.ada.scope, self.ada.app);
        let client = lwa_apps::get(ada, team, app).await.unwrap().client_id;
        let secret = SecretString::from(self.house.simulator.rotate(client.as_str()).unwrap());
        assert!(lwa_apps::stage_secret(ada, team, app, secret, ada.now()).await.unwrap());
        lwa_apps::promote_secret(ada, team, app).await.unwrap();
        lwa_apps::drop_other_secret(ada, team, app).await.unwrap();
    }

    /// The seller authorizes again: another year begins.
    async fn authorize(&self, ada: &Cx) {
        let grant = self.house.simulator.grant(known_app().client_id, known_seller().seller_id);
        connections::replace_refresh_token(ada, &self.ada.scope, self.ada.connection, SecretString::from(grant))
            .await
            .unwrap();
        let again = connections::get(ada, &self.ada.scope, self.ada.connection).await.unwrap();
        assert_eq!(again.authorized_at, ada.now());
    }

    /// The gateway's key gets a successor before it ends.
    async fn another_key(&self) -> String {
        let ada = self.house.stage.stepped_up(&self.ada.owner);
        let new = gateways::create_key(&ada, &self.ada.scope, self.ada.gateway, 365, None).await.unwrap();
        reveal(&new.secret).to_owned()
    }

    /// The operator replaces what an alert says is too old.
    async fn replace_keys(&self, finding: &str) {
        let (portal, file) = (&self.house.stage.portal, self.house.stage.folder.join("keys"));
        if finding.starts_with("The master key") {
            keys::rotate(portal, &file).await.unwrap();
            assert_eq!(keys::rewrap(portal, |_| ()).await.unwrap().left, 0);
        } else {
            // Those of a day before are to be replaced with them.
            assert!(keys::rotate_data_keys(portal, 364, |_, _| ()).await.unwrap().failed.is_empty());
        }
    }

    /// Everybody and everything is confirmed and signed for. Of the first one the gateway is forgotten until it is suspended,
    /// and Bob, who never came again, is removed.
    async fn look_through(&self, id: AccessReviewId, first: bool) {
        let (ada, dan) = (self.house.stage.stepped_up(&self.ada.owner), self.house.stage.stepped_up(&self.dan));
        let of_dan = access::enter(&dan, self.ada.team, Permission::ViewTeam).await.unwrap();
        let mut left = false;
        for Item { kind, subject, name, decided, lock, .. } in
            access_reviews::get(&ada, &self.ada.scope, id).await.unwrap().1
        {
            if decided.is_some() {
                continue;
            }
            if first && kind == Subject::Gateway && lock.is_none() {
                left = true;
                continue;
            }
            let (cx, scope) = if name.starts_with("ada") { (&dan, &of_dan) } else { (&ada, &self.ada.scope) };
            let decision = if name.starts_with("bob") { Decision::Removed } else { Decision::Confirmed };
            decide(cx, scope, id, kind, subject, decision, "Looked at").await.unwrap();
        }
        if !left {
            access_reviews::sign(&ada, &self.ada.scope, id, "All of it").await.unwrap();
        }
    }

    /// On which days an alert was raised.
    fn alerted(&self, rule: Rule) -> Vec<i64> {
        self.alerts.iter().filter(|(_, of)| *of == rule).map(|(day, _)| *day).collect()
    }

    /// On which days somebody was told something.
    async fn told(&self, who: &str, words: &str) -> Vec<i64> {
        let mails = self.house.stage.mails_to(&format!("{who}@example.com")).await;
        let day = |at: Time| (at - self.began).num_days();
        let mut days: Vec<_> = mails.iter().filter(|mail| mail.subject.contains(words)).map(|mail| day(mail.at)).collect();
        days.sort_unstable();
        days
    }
}

on_both_databases!(a_year_passes_and_every_clock_strikes_on_its_day, async |stage: Stage| {
    let mut year = Year::begin(stage).await;
    while year.day() < 400 {
        year.pass().await;
    }
    let (ada, team) = (&year.ada.owner, &year.ada.scope);
    // Dormancy, contractors, keys of gateways.
    assert_eq!(year.told("bob", "Your account is about to be disabled").await, [30, 40]);
    assert_eq!(year.told("bob", "Your account is disabled").await, [45]);
    for who in ["ada", "dan", "kim"] {
        assert_eq!(year.told(who, "Your account is").await, [0; 0], "{who} was there");
    }
    assert_eq!(year.told("kim", "contractor's access ends soon").await, [53]);
    assert_eq!(year.told("kim", "contractor's access has ended").await, [60]);
    assert_eq!(year.told("ada", "A key of the gateway “orders-sync” ends soon").await, [76, 83, 89, 351, 358, 364]);
    // Reviews every fourteen days, access reviews every quarter.
    let opened: Vec<_> = (1..=28).map(|n| n * 14).collect();
    let all = reviews::list(ada, team).await.unwrap();
    assert_eq!(all.len(), opened.len());
    assert!(all.iter().all(|review| review.signed.is_some()) && all.windows(2).all(|pair| pair[0].from == pair[1].until));
    assert_eq!(year.alerted(Rule::ReviewOverdue), [opened[FORGOTTEN - 1] + 3]);
    assert_eq!(year.told("dan", "An access review is open").await, [91, 182, 273, 364]);
    assert_eq!(year.told("dan", "An access review ends soon").await, [98, 104]);
    assert_eq!(year.told("dan", "Unconfirmed access was suspended").await, [105]);
    assert!(access_reviews::list(ada, team).await.unwrap().iter().all(|review| review.signed.is_some()));
    // Secrets and authorizations of Amazon, and that no credential failed for any of it.
    assert_eq!(year.alerted(Rule::SecretEnding), [150, 173, 323]);
    assert_eq!(year.alerted(Rule::AuthorizationEnding), [335, 358]);
    assert_eq!(year.refused, [0; 0]);
    // Nothing else was alerted, but that Dan became an owner, and the two keys.
    let due = [
        Rule::ReviewOverdue,
        Rule::SecretEnding,
        Rule::AuthorizationEnding,
        Rule::PlanOverdue,
        Rule::DrillOverdue,
        Rule::KeysOverdue,
    ];
    let others: Vec<_> = year.alerts.iter().filter(|(_, rule)| !due.contains(rule)).copied().collect();
    assert_eq!(others, [(1, Rule::OwnerMade), (1, Rule::SecretShown), (SECOND_KEY + 1, Rule::SecretShown)]);
    // The plan, the drills, and Portal's own keys.
    assert_eq!(year.alerted(Rule::PlanOverdue), [183, 366]);
    let quarters = [92, 184, 276, 368];
    let drills: Vec<_> = quarters.iter().flat_map(|day| vec![*day; DrillKind::ALL.len()]).collect();
    assert_eq!(year.alerted(Rule::DrillOverdue), drills);
    let rehearsed = incidents::drills(ada, team).await.unwrap();
    assert!(rehearsed.len() == drills.len() && rehearsed.iter().all(|drill| drill.ended.as_ref().unwrap().passed));
    assert_eq!(year.alerted(Rule::KeysOverdue), [365, 365]);
    // The log: kept for thirteen months, pruned from then on, whole at the end.
    assert_eq!(year.pruned, [396, 397, 398, 399, 400]);
    assert!(year.house.stage.events(team, Action::TeamCreated).await.is_empty());
    let portal = &year.house.stage.portal;
    year.sequencer.run().await.unwrap();
    let report = verify(portal.db.reader(), &portal.vault, year.sequencer.key.verifier(), &[], portal.clock.now()).await;
    assert_eq!(report.unwrap().findings, []);
    let (quarterly, pruned) = (access_reviews::list(ada, team).await.unwrap().len(), year.pruned.len());
    println!(
        "figure year: 400 days, {} Reviews, {quarterly} access reviews, {} rehearsals, {pruned} days pruned, {} credentials refused",
        all.len(),
        rehearsed.len(),
        year.refused.len()
    );
});
