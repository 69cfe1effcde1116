use backend::{audit::Target, jobs};
use chrono::Duration;
use model::{alert::Rule, audit::Action, ids::ConnectionId};
use sea_orm::ConnectionTrait;

use super::Guarded;

impl Guarded {
    async fn fails(&self, action: Action, connection: ConnectionId) {
        let target = Target::connection(connection, &"Shop".parse().unwrap());
        self.plant(self.event(action).on(target).failed("invalid_grant")).await;
    }

    /// The job of the calendar, then the Team's alerts of one rule.
    async fn due(&self, rule: Rule) -> Vec<backend::store::alert::Alert> {
        jobs::run_due(&self.house.stage.portal).await.unwrap();
        self.fired(rule).await
    }

    async fn sql(&self, text: &str) {
        let tx = self.house.stage.portal.db.begin().await.unwrap();
        tx.execute_unprepared(text).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Two more connections of the app.
    async fn twins(&self) -> Vec<ConnectionId> {
        let mut twins = Vec::new();
        for (n, seller) in server::simulator::known::SELLERS.iter().skip(1).take(2).enumerate() {
            let mut new = crate::house::new_connection(self.made.app, seller);
            new.name = format!("Twin {n}").parse().unwrap();
            twins.push(backend::connections::create(&self.made.owner, &self.made.scope, new).await.unwrap());
        }
        twins
    }
}

crate::on_both_databases!(an_app_of_which_several_connections_fail, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let twins = guarded.twins().await;
    for connection in [guarded.made.connection, guarded.made.connection, twins[0]] {
        guarded.fails(Action::RefreshFailed, connection).await;
    }
    assert!(guarded.fired(Rule::AppFailing).await.is_empty(), "two connections, however often");
    guarded.fails(Action::RefreshFailed, twins[1]).await;
    let fired = guarded.fired(Rule::AppFailing).await;
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].subject.as_ref().unwrap().name, "Our app");
});

crate::on_both_databases!(an_app_that_amazon_refuses, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let app = Target::lwa_app(guarded.made.app, &"Our app".parse().unwrap());
    guarded.plant(guarded.event(Action::LwaAppRecovered).on(app.clone())).await;
    assert!(guarded.fired(Rule::AppFailing).await.is_empty());
    guarded.plant(guarded.event(Action::LwaAppRejected).on(app).failed("invalid_client")).await;
    assert_eq!(guarded.fired(Rule::AppFailing).await.len(), 1);
});

crate::on_both_databases!(a_seller_who_must_authorize_again, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.fails(Action::RefreshFailed, guarded.made.connection).await;
    assert!(guarded.fired(Rule::NeedsReauthorization).await.is_empty());
    guarded.fails(Action::ReauthorizationRequired, guarded.made.connection).await;
    let fired = guarded.fired(Rule::NeedsReauthorization).await;
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].subject.as_ref().unwrap().id, guarded.made.connection.0);
});

crate::on_both_databases!(a_client_secret_near_its_end, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.house.stage.advance(Duration::days(149));
    assert!(guarded.due(Rule::SecretEnding).await.is_empty());
    guarded.house.stage.advance(Duration::days(2));
    let fired = guarded.due(Rule::SecretEnding).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("in 29 days"), "{}", fired[0].finding);
    let answered = backend::alerts::acknowledge(&guarded.made.owner, &guarded.made.scope, fired[0].id, "planned");
    answered.await.unwrap();
    assert!(guarded.due(Rule::SecretEnding).await.is_empty(), "said once");
    guarded.house.stage.advance(Duration::days(23));
    assert_eq!(guarded.due(Rule::SecretEnding).await.len(), 1, "and once more in the last week");
});

crate::on_both_databases!(an_authorization_near_its_end, |stage| async move {
    let guarded = Guarded::on(stage).await;
    guarded.house.stage.advance(Duration::days(340));
    assert!(guarded.due(Rule::AuthorizationEnding).await.is_empty(), "a grant from elsewhere has no such end");
    guarded.sql("UPDATE connection SET seller_id_source = 'amazon'").await;
    let fired = guarded.due(Rule::AuthorizationEnding).await;
    assert_eq!(fired.len(), 1);
    assert!(fired[0].finding.contains("in 25 days"), "{}", fired[0].finding);
});

crate::on_both_databases!(a_refusal_of_the_app_is_seen_behind_a_failed_refresh, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let app = Target::lwa_app(guarded.made.app, &"Our app".parse().unwrap());
    guarded.plant(guarded.event(Action::LwaAppRejected).on(app).failed("invalid_client")).await;
    guarded.fails(Action::RefreshFailed, guarded.made.connection).await;
    assert_eq!(guarded.fired(Rule::AppFailing).await.len(), 1);
});

crate::on_both_databases!(an_outage_at_amazon_is_no_fault_of_the_app, |stage| async move {
    let guarded = Guarded::on(stage).await;
    let twins = guarded.twins().await;
    for connection in [guarded.made.connection, twins[0], twins[1]] {
        let target = Target::connection(connection, &"Shop".parse().unwrap());
        guarded.plant(guarded.event(Action::RefreshFailed).on(target).failed("unavailable")).await;
    }
    assert!(guarded.fired(Rule::AppFailing).await.is_empty());
});
