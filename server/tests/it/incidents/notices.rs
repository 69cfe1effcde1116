//! Notices: nothing goes out that another person did not approve.

use backend::{
    Cx,
    incidents::{
        self, IncidentError, NewWords, approve_notice, draft_notice, mark_sent, notices, send_notice, withdraw_notice,
        write_notice,
    },
    store::notice::{Notice, Words},
};
use chrono::Duration;
use model::{
    Environments, Role,
    ids::NoticeId,
    incident::{Duty, MeasureKind, NoticeRefused, NoticeState, Step, Track, Unready},
};
use sea_orm::{ConnectionTrait, Statement};

use super::{Case, report};
use crate::{on_both_databases, support::Stage};

fn words(of: &Words) -> NewWords {
    let Words { recipients, subject, body, for_amazon, request, .. } = of.clone();
    NewWords { recipients, subject, body, for_amazon, request }
}

fn refused(result: Result<(), IncidentError>, why: NoticeRefused) {
    match result {
        Err(IncidentError::Notice(found)) => assert_eq!(found, why),
        other => panic!("{other:?} is not {why:?}"),
    }
}

impl Case {
    async fn approve(&self, cx: &Cx, id: NoticeId, version: i32) -> Result<(), IncidentError> {
        let confirmed = self.house.stage.stepped_up(cx);
        approve_notice(&confirmed, &self.scope(cx).await, id, version).await
    }

    async fn notice(&self, id: NoticeId) -> Notice {
        let all = notices(&self.of.owner, &self.scope(&self.of.owner).await).await.unwrap();
        all.into_iter().find(|one| one.id == id).unwrap()
    }

    /// One that Ada wrote to these, approved by Bob.
    async fn approved(&self, track: Track, to: &[&str]) -> NoticeId {
        let (ada, scope) = (&self.of.owner, self.scope(&self.of.owner).await);
        let id = draft_notice(ada, &scope, track).await.unwrap();
        let recipients = to.iter().map(|to| to.parse().unwrap()).collect();
        let new = NewWords { recipients, ..words(&self.notice(id).await.words) };
        write_notice(ada, &scope, id, 1, new).await.unwrap();
        self.approve(&self.bob, id, 2).await.unwrap();
        id
    }

    /// The worker mails what waits, and looks at the clocks.
    async fn work(&self) {
        self.house.stage.mails_to("nobody@example.com").await;
        backend::jobs::run_due(&self.house.stage.portal).await.unwrap();
    }

    /// As the owner of the database.
    async fn alter(&self, text: &str) -> Result<(), sea_orm::DbErr> {
        self.house.stage.portal.db.reader().execute_unprepared(text).await.map(drop)
    }
}

on_both_databases!(a_notice_tells_of_no_measure_that_was_withdrawn, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    backend::incidents::order(ada, &scope, MeasureKind::RotateSecret, case.of.app.0).await.unwrap();
    let measure = backend::incidents::measures(ada, &scope).await.unwrap().remove(0);
    backend::incidents::withdraw(ada, &scope, measure.id).await.unwrap();
    let id = draft_notice(ada, &scope, Track::Amazon).await.unwrap();
    let words = case.notice(id).await.words;
    assert!(!words.body.contains("Rotate the client secret"), "{}", words.body);
});

on_both_databases!(nothing_goes_out_that_another_person_did_not_approve, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, bob) = (&case.of.owner, &case.bob);
    let scope = case.scope(ada).await;
    let id = draft_notice(ada, &scope, Track::Amazon).await.unwrap();
    let draft = case.notice(id).await;
    assert_eq!(draft.words.recipients[0].as_str(), "security@amazon.com");
    for words in ["INC-", "A key in a repository", "ada@example.com", "Detected: "] {
        assert!(draft.words.body.contains(words), "{words}: {}", draft.words.body);
    }
    refused(send_notice(ada, &scope, id, 1).await, NoticeRefused::NotFromHere);
    refused(mark_sent(ada, &scope, id, 1, None, "Case 4711").await, NoticeRefused::NotFromHere);
    refused(case.approve(ada, id, 1).await, NoticeRefused::Alone);
    // Somebody who came after the report stands for nobody, however often its writer writes it anew.
    case.house.stage.advance(Duration::seconds(1));
    let carol = case.house.member(&case.of, "carol", Role::Admin, Environments::BOTH).await;
    case.house.stage.advance(Duration::seconds(1));
    write_notice(ada, &scope, id, 1, words(&draft.words)).await.unwrap();
    refused(case.approve(&carol, id, 2).await, NoticeRefused::Alone);
    assert!(approve_notice(bob, &scope, id, 2).await.is_err(), "without a fresh proof");
    case.approve(bob, id, 2).await.unwrap();
    // Changed words are not approved.
    let other = NewWords { subject: "Other words".to_owned(), ..words(&draft.words) };
    write_notice(bob, &scope, id, 2, other).await.unwrap();
    assert_eq!((case.notice(id).await.state, case.notice(id).await.approved), (NoticeState::Draft, None));
    refused(case.approve(bob, id, 3).await, NoticeRefused::Alone);
    // Who acts on words that they did not read is told so.
    for act in [case.approve(ada, id, 2).await, withdraw_notice(ada, &scope, id, 2).await] {
        assert!(matches!(act, Err(IncidentError::Changed)), "{act:?}");
    }
    case.approve(ada, id, 3).await.unwrap();
    assert_eq!(case.house.stage.mails_to("security@amazon.com").await.len(), 0, "nothing went out so far");
    assert!(matches!(send_notice(bob, &scope, id, 2).await, Err(IncidentError::Changed)));
    send_notice(bob, &scope, id, 3).await.unwrap();
    refused(send_notice(bob, &scope, id, 3).await, NoticeRefused::NotFromHere);
    assert!(case.scope(ada).await.incident().amazon.is_none(), "what waits in the outbox was not said");
    let mails = case.house.stage.mails_to("security@amazon.com").await;
    assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["Other words"]);
    assert_eq!(mails[0].reply_to.as_deref(), Some("ada@example.com"));
    assert!(mails[0].html.contains("Detected: ") && mails[0].text.contains("Sent by the Team"), "{}", mails[0].html);
    case.work().await;
    let incident = case.scope(ada).await.incident().clone();
    assert!(incident.amazon_told && incident.amazon.unwrap().1.contains("security@amazon.com"), "Amazon's clock stops");
    let became = incidents::notice_mails(ada, &scope).await.unwrap();
    assert!(became.len() == 1 && became[0].delivered_at.is_some(), "{became:?}");
});

on_both_databases!(in_amazons_name_its_written_request_comes_first, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, bob) = (&case.of.owner, &case.bob);
    let scope = case.scope(ada).await;
    let id = draft_notice(ada, &scope, Track::Affected).await.unwrap();
    let drafted = case.notice(id).await.words;
    assert!(drafted.body.contains("do not speak for Amazon"));
    write_notice(ada, &scope, id, 1, NewWords { for_amazon: true, ..words(&drafted) }).await.unwrap();
    refused(case.approve(bob, id, 2).await, NoticeRefused::NoRequest);
    let request = "Mail of Amazon Trust, 2026-11-20, case 4711".to_owned();
    write_notice(ada, &scope, id, 2, NewWords { for_amazon: true, request, ..words(&drafted) }).await.unwrap();
    case.approve(bob, id, 3).await.unwrap();
    assert!(matches!(send_notice(ada, &scope, id, 3).await, Err(IncidentError::NoRecipient)));
    assert!(mark_sent(ada, &scope, id, 3, None, " ").await.is_err(), "by hand, with proof");
    case.house.stage.advance(Duration::hours(1));
    let early = mark_sent(ada, &scope, id, 3, Some(ada.now() - Duration::hours(2)), "Letter").await;
    assert!(matches!(early, Err(IncidentError::SentBefore)), "{early:?}");
    mark_sent(ada, &scope, id, 3, None, "Letter of 26 November, receipt 12").await.unwrap();
    let updated = case.scope(ada).await.incident().updated_at;
    assert_eq!(updated, Some(ada.now()), "those concerned have heard how it goes");
    assert!(case.scope(ada).await.incident().amazon.is_none(), "that was not Amazon");
});

on_both_databases!(what_is_sent_is_what_was_approved_whoever_owns_the_database, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    let id = case.approved(Track::Affected, &["seller@example.com"]).await;
    // The database itself takes no other words, none as approved by its writer, and none as sent that nobody approved.
    for change in
        ["body = 'x'", "recipients = 'eve@example.com'", "approved_by = written_by", "reply_to = 'eve@example.com'"]
    {
        assert!(case.alter(&format!("UPDATE notice SET {change}")).await.is_err(), "{change}");
    }
    let draft = draft_notice(ada, &scope, Track::Staff).await.unwrap();
    for change in ["state = 'sent'", "state = 'sent', sent_at = written_at", "state = 'approved'"] {
        assert!(case.alter(&format!("UPDATE notice SET {change} WHERE state = 'draft'")).await.is_err(), "{change}");
    }
    assert!(case.alter("DELETE FROM notice").await.is_err());
    withdraw_notice(ada, &scope, draft, 1).await.unwrap();
    refused(case.approve(&case.bob, draft, 1).await, NoticeRefused::NotFromHere);
    // Whoever takes the guards away changes words that the log knows.
    let postgres = case.house.stage.portal.db.backend() == sea_orm::DbBackend::Postgres;
    case.alter(if postgres { "DROP TRIGGER notice_stays ON notice" } else { "DROP TRIGGER notice_stays" }).await.unwrap();
    let sound = case.notice(id).await.words.body;
    for (column, other) in [("body", "Pay at once"), ("recipients", "eve@example.com"), ("reply_to", "eve@example.com")] {
        let before: String = match column {
            "body" => sound.clone(),
            "recipients" => "seller@example.com".to_owned(),
            _ => "ada@example.com".to_owned(),
        };
        let db = case.house.stage.portal.db.reader();
        let set = async |value: &str| {
            let text = format!("UPDATE notice SET {column} = $1 WHERE state = 'approved'");
            let values = [value.to_owned().into()];
            db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
        };
        set(other).await;
        let caught = send_notice(ada, &scope, id, 2).await;
        assert!(matches!(caught, Err(IncidentError::OtherWords)), "{column}: {caught:?}");
        set(&before).await;
    }
    send_notice(ada, &scope, id, 2).await.unwrap();
    assert_eq!(case.house.stage.mails_to("eve@example.com").await.len(), 0);
});

on_both_databases!(an_approval_ends_with_its_approver, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    let id = case.approved(Track::Affected, &["seller@example.com"]).await;
    let bob = case.bob.signed_in().unwrap().user;
    incidents::order(ada, &scope, MeasureKind::LockUser, bob.0).await.unwrap();
    assert!(matches!(send_notice(ada, &scope, id, 2).await, Err(IncidentError::ApproverGone)));
    assert_eq!(case.house.stage.mails_to("seller@example.com").await.len(), 0);
});

on_both_databases!(staff_is_who_may_hear_of_it_now, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    case.house.member(&case.of, "carol", Role::Operator, Environments::BOTH).await;
    let drafted = draft_notice(ada, &scope, Track::Staff).await.unwrap();
    assert_eq!(case.notice(drafted).await.words.recipients.len(), 3, "everybody in the Team");
    let outside = case.approved(Track::Staff, &["press@example.com"]).await;
    let stranger = send_notice(ada, &scope, outside, 2).await;
    assert!(matches!(stranger, Err(IncidentError::NotStaff(1))), "{stranger:?}");
    // It was restricted after it was approved.
    let id = case.approved(Track::Staff, &["ada@example.com", "carol@example.com"]).await;
    incidents::give_duty(ada, &scope, Duty::Deputy, case.bob.signed_in().unwrap().user).await.unwrap();
    incidents::set_restricted(ada, &scope, true).await.unwrap();
    let scope = case.scope(ada).await;
    assert!(matches!(send_notice(ada, &scope, id, 2).await, Err(IncidentError::NotStaff(2))));
    let id = case.approved(Track::Staff, &["ada@example.com", "bob@example.com"]).await;
    send_notice(ada, &scope, id, 2).await.unwrap();
});

on_both_databases!(what_does_not_arrive_was_not_said, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    // Its own address of Amazon's and a wrong one: the wrong one stops no clock.
    let id = case.approved(Track::Amazon, &["securty@amazon.example"]).await;
    send_notice(ada, &scope, id, 2).await.unwrap();
    case.work().await;
    assert!(case.scope(ada).await.incident().amazon.is_none(), "that was another address");
    let id = case.approved(Track::Amazon, &["security@amazon.com"]).await;
    send_notice(ada, &scope, id, 2).await.unwrap();
    // The mail server gives up.
    let db = case.house.stage.portal.db.reader();
    let values = [ada.now().into()];
    let text = "UPDATE notice_mail SET failed_at = $1 WHERE delivered_at IS NULL";
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
    for _ in 0..2 {
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    }
    assert!(case.scope(ada).await.incident().amazon.is_none(), "Amazon's clock runs on");
    let told = case.house.stage.mails_to("bob@example.com").await;
    assert_eq!(told.iter().filter(|mail| mail.subject.contains("was not delivered to security@amazon.com")).count(), 1);
});

on_both_databases!(who_is_alone_says_so, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    let told = async |cx: &Cx| incidents::told_amazon_alone(cx, &scope, "By telephone, case 4711; Bob is locked out").await;
    assert!(told(ada).await.is_err(), "without a fresh proof");
    let ada_now = case.house.stage.stepped_up(ada);
    assert!(!incidents::is_alone(ada, &scope).await.unwrap());
    assert!(matches!(told(&ada_now).await, Err(IncidentError::NotAlone)), "bob could approve a notice");
    // Who came after the report could not.
    case.house.stage.advance(Duration::minutes(1));
    case.house.member(&case.of, "late", Role::Admin, Environments::BOTH).await;
    let bob = case.bob.signed_in().unwrap().user.0;
    incidents::order(ada, &scope, MeasureKind::LockUser, bob).await.unwrap();
    assert!(incidents::is_alone(ada, &scope).await.unwrap());
    told(&ada_now).await.unwrap();
    let incident = case.scope(ada).await.incident().clone();
    assert!(incident.amazon_told && incident.amazon.unwrap().1.contains("By ada@example.com alone"));
    let mails = case.house.stage.mails_to("ada@example.com").await;
    assert!(mails.iter().any(|mail| mail.subject.contains("without a second person")), "its owners hear of it");
});

on_both_databases!(no_incident_is_merged_over_a_notice_that_waits, async |stage: Stage| {
    let case = Case::on(stage).await;
    let ada = &case.of.owner;
    let id = case.approved(Track::Affected, &["seller@example.com"]).await;
    let other = incidents::report(ada, &case.of.scope, report(model::incident::Kind::Other, false)).await.unwrap();
    let merge = async || incidents::take_step(ada, &case.scope(ada).await, Step::Merge, None, "Same", Some(other)).await;
    assert!(matches!(merge().await, Err(IncidentError::Unready(Unready::Notices))));
    withdraw_notice(ada, &case.scope(ada).await, id, 2).await.unwrap();
    merge().await.unwrap();
});

on_both_databases!(a_team_says_who_speaks_for_it, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, team) = (&case.of.owner, &case.of.scope);
    let contact = incidents::contact(ada, team).await.unwrap();
    assert_eq!((contact.email.as_str(), contact.amazon.as_str()), ("ada@example.com", "security@amazon.com"));
    let set = async |cx: &Cx| {
        let (email, amazon) = ("ciso@example.com".parse().unwrap(), "sandbox@example.com".parse().unwrap());
        incidents::set_contact(cx, team, "Grace Hopper", email, "+49 30 1", amazon).await
    };
    assert!(set(&case.bob).await.is_err(), "where answers go is changed with a fresh proof");
    let approved = case.approved(Track::Affected, &["seller@example.com"]).await;
    set(&case.house.stage.stepped_up(&case.bob)).await.unwrap();
    let mails = case.house.stage.mails_to("ada@example.com").await;
    assert!(mails.iter().any(|mail| mail.subject.contains("Who speaks for your Team") && mail.text.contains("ciso@")));
    let scope = case.scope(ada).await;
    // What was approved goes as it was approved.
    send_notice(ada, &scope, approved, 2).await.unwrap();
    let sent = case.house.stage.mails_to("seller@example.com").await;
    assert_eq!(sent[0].reply_to.as_deref(), Some("ada@example.com"));
    let id = draft_notice(ada, &scope, Track::Amazon).await.unwrap();
    let drafted = case.notice(id).await.words;
    assert!(drafted.body.contains("Grace Hopper, ciso@example.com, +49 30 1"), "{}", drafted.body);
    assert_eq!(drafted.recipients[0].as_str(), "sandbox@example.com");
});
