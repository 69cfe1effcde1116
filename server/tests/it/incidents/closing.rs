//! Tasks, notices and lessons: what there must be before an incident is closed.

use backend::{
    Cx,
    incidents::{self, IncidentError, draft_notice, notices},
    store::{notice::Words, task::Task},
};
use chrono::Duration;
use model::{
    Environments, Problem, Role,
    ids::{NoticeId, TaskId},
    incident::{Kind, NoticeRefused, NoticeState, Phase, Step, TaskState, Track, lessons::PostMortem},
};
use sea_orm::ConnectionTrait;

use super::{Case, report};
use crate::{on_both_databases, support::Stage};

pub fn learned() -> PostMortem {
    let words = || "As it was.".to_owned();
    PostMortem { what_happened: words(), impact: words(), cause: words(), went_well: words(), went_badly: words() }
}

impl Case {
    async fn tasks(&self) -> Vec<Task> {
        incidents::tasks(&self.of.owner, &self.scope(&self.of.owner).await).await.unwrap()
    }

    /// Settles every task that is open.
    pub async fn settle_tasks(&self) {
        let (ada, scope) = (&self.of.owner, self.scope(&self.of.owner).await);
        for task in self.tasks().await.into_iter().filter(|task| task.state == TaskState::Open) {
            incidents::end_task(ada, &scope, task.id, TaskState::Done, "").await.unwrap();
        }
    }

    /// Writes the post-mortem, and says what follows.
    pub async fn learn(&self) {
        let (ada, scope) = (&self.of.owner, self.scope(&self.of.owner).await);
        incidents::write_post_mortem(ada, &scope, 0, learned()).await.unwrap();
        let me = ada.signed_in().unwrap().user;
        incidents::add_action_item(ada, &scope, "Scan for keys", me, ada.now() + Duration::days(14)).await.unwrap();
    }

    async fn approve(&self, cx: &Cx, id: NoticeId, version: i32) -> Result<(), IncidentError> {
        let confirmed = self.house.stage.stepped_up(cx);
        incidents::approve_notice(&confirmed, &self.scope(cx).await, id, version).await
    }
}

on_both_databases!(tasks_come_from_the_playbook_and_are_settled_before_the_end, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, bob, team) = (&case.of.owner, &case.bob, &case.of.scope);
    let scope = case.scope(ada).await;
    let planned = Kind::Other.playbook();
    let tasks = case.tasks().await;
    let pairs: Vec<_> = tasks.iter().map(|task| (task.phase, task.title.as_str())).collect();
    assert_eq!(pairs, planned.iter().map(|task| (task.phase, task.title)).collect::<Vec<_>>());
    let detected = scope.incident().detected_at;
    assert!(tasks.iter().zip(&planned).all(|(t, p)| t.due_at == detected + Duration::hours(p.within_hours)));
    // A Team's own playbook is for the incidents that come.
    incidents::add_to_playbook(bob, team, Kind::Other, Phase::Investigate, "Ask Carol", 3).await.unwrap();
    incidents::remove_from_playbook(bob, team, Kind::Other, planned[0].title).await.unwrap();
    let twice = incidents::add_to_playbook(bob, team, Kind::Other, Phase::Document, "Ask Carol", 5).await.unwrap_err();
    assert!(Problem::from(&twice).message_for("title").unwrap().contains("already"));
    for hours in [0, -1, 24 * 91, i64::MAX] {
        let refused = incidents::add_to_playbook(bob, team, Kind::Other, Phase::Document, "Late", hours).await;
        assert!(matches!(refused, Err(IncidentError::Hours)), "{hours}");
    }
    let id = incidents::report(ada, team, report(Kind::Other, false)).await.unwrap();
    let other = incidents::tasks(ada, &incidents::enter(ada, team, id).await.unwrap()).await.unwrap();
    assert!(other.iter().any(|task| task.title == "Ask Carol") && other.len() == planned.len());
    assert!(!other.iter().any(|task| task.title == planned[0].title));
    assert_eq!(case.tasks().await.len(), planned.len(), "what was reported before stays as it was");
    incidents::restore_playbook(bob, team, Kind::Other).await.unwrap();
    assert!(!incidents::playbook(ada, team, Kind::Other).await.unwrap().is_own);

    // Given, settled, taken up again; why something is not needed is said.
    let task = tasks[0].id;
    incidents::give_task(bob, &scope, task, bob.signed_in().unwrap().user).await.unwrap();
    let silent = incidents::end_task(bob, &scope, task, TaskState::Dropped, " ").await.unwrap_err();
    assert!(Problem::from(&silent).message_for("note").is_some());
    incidents::end_task(bob, &scope, task, TaskState::Dropped, "It was a test key").await.unwrap();
    let again = incidents::end_task(bob, &scope, task, TaskState::Done, "").await;
    assert!(matches!(again, Err(IncidentError::Changed)), "once");
    incidents::reopen_task(ada, &scope, task).await.unwrap();
    assert!(matches!(incidents::reopen_task(ada, &scope, task).await, Err(IncidentError::Changed)));
    assert!(incidents::give_task(ada, &scope, TaskId(model::ids::NIL), ada.signed_in().unwrap().user).await.is_err());
    let past = incidents::add_task(ada, &scope, Phase::Remediate, "Too late", Some(ada.now() - Duration::hours(1))).await;
    assert!(matches!(past, Err(IncidentError::Past)));
    incidents::add_task(ada, &scope, Phase::Remediate, "Change the lock", None).await.unwrap();

    // Who has an overdue task is told, once.
    case.house.stage.advance(Duration::hours(5));
    for _ in 0..3 {
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    }
    let told = case.house.stage.mails_to("bob@example.com").await;
    assert_eq!(told.iter().filter(|mail| mail.subject.contains(planned[0].title)).count(), 1);
    let others = case.house.stage.mails_to("ada@example.com").await;
    assert_eq!(others.iter().filter(|mail| mail.subject.contains(planned[0].title)).count(), 0);

    case.step(Step::Triage).await.unwrap();
    incidents::settle_amazon(ada, &case.scope(ada).await, "Nothing of Amazon's was reached").await.unwrap();
    for step in [Step::Contain, Step::Eradicate, Step::Recover] {
        case.step(step).await.unwrap();
    }
    assert!(matches!(case.step(Step::Review).await, Err(IncidentError::NoPostMortem)));
    incidents::write_post_mortem(ada, &case.scope(ada).await, 0, learned()).await.unwrap();
    case.step(Step::Review).await.unwrap();
    let open = planned.len() + 1;
    assert!(matches!(case.step(Step::Close).await, Err(IncidentError::TasksOpen(n)) if n == open));
    case.settle_tasks().await;
    assert!(matches!(case.step(Step::Close).await, Err(IncidentError::NoActionItem)));
    let (me, soon) = (bob.signed_in().unwrap().user, ada.now() + Duration::days(1));
    let scope = case.scope(ada).await;
    assert!(incidents::add_action_item(ada, &scope, " ", me, soon).await.is_err());
    assert!(incidents::add_action_item(ada, &scope, "Past", me, ada.now() - Duration::days(1)).await.is_err());
    assert!(incidents::add_action_item(ada, &scope, "Nobody's", model::ids::UserId(model::ids::NIL), soon).await.is_err());
    let item = incidents::add_action_item(ada, &scope, "Scan for keys", me, soon).await.unwrap();
    case.step(Step::Close).await.unwrap();
    let scope = case.scope(ada).await;
    assert!(matches!(incidents::write_post_mortem(ada, &scope, 1, learned()).await, Err(IncidentError::Over)));
    // What follows outlives the incident: who forgets it is told, once.
    case.house.stage.advance(Duration::days(2));
    for _ in 0..2 {
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    }
    let told = case.house.stage.mails_to("bob@example.com").await;
    assert_eq!(told.iter().filter(|mail| mail.subject.contains("“Scan for keys” is overdue")).count(), 1);
    incidents::end_action_item(bob, &scope, item).await.unwrap();
    assert!(matches!(incidents::end_action_item(bob, &scope, item).await, Err(IncidentError::Changed)));
});

on_both_databases!(a_post_mortem_is_drafted_from_what_happened, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    incidents::write(ada, &scope, model::incident::EntryKind::Decision, None, "We lock it").await.unwrap();
    incidents::order(ada, &scope, model::incident::MeasureKind::LockConnection, case.of.connection.0).await.unwrap();
    case.step(Step::Triage).await.unwrap();
    case.step(Step::Contain).await.unwrap();
    incidents::take_step(ada, &case.scope(ada).await, Step::Eradicate, None, "A test had the key in it", None)
        .await
        .unwrap();
    let scope = case.scope(ada).await;
    let draft = incidents::draft_post_mortem(ada, &scope).await.unwrap();
    for words in ["A key in a repository", "We lock it", "Triaged", "Lock the connection: Shop (Done"] {
        assert!(draft.what_happened.contains(words), "{words}: {}", draft.what_happened);
    }
    assert!(draft.impact.contains("Connection: Shop"), "{}", draft.impact);
    assert_eq!(draft.cause, "A test had the key in it");
    let missing = incidents::write_post_mortem(ada, &scope, 0, draft.clone()).await.unwrap_err();
    assert!(Problem::from(&missing).message_for("went_well").is_some(), "what people know is not drafted");
    incidents::write_post_mortem(ada, &scope, 0, PostMortem { went_well: "All".into(), went_badly: "Luck".into(), ..draft })
        .await
        .unwrap();
    // Two who write at once lose nothing.
    assert!(matches!(incidents::write_post_mortem(ada, &scope, 0, learned()).await, Err(IncidentError::Changed)));
    assert!(matches!(incidents::write_post_mortem(ada, &scope, 7, learned()).await, Err(IncidentError::Changed)));
    incidents::write_post_mortem(ada, &scope, 1, learned()).await.unwrap();
    assert_eq!(incidents::post_mortem(ada, &scope).await.unwrap().unwrap().version, 2);
});

on_both_databases!(nothing_goes_out_that_another_person_did_not_approve, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, bob) = (&case.of.owner, &case.bob);
    let scope = case.scope(ada).await;
    let id = draft_notice(ada, &scope, Track::Amazon).await.unwrap();
    let notice = async || notices(ada, &scope).await.unwrap().into_iter().find(|one| one.id == id).unwrap();
    let draft = notice().await;
    assert_eq!(draft.words.recipients[0].as_str(), "security@amazon.com");
    for words in ["INC-", "A key in a repository", "ada@example.com", "Detected: "] {
        assert!(draft.words.body.contains(words), "{words}: {}", draft.words.body);
    }
    let refused = |result: Result<(), IncidentError>, why: NoticeRefused| match result {
        Err(IncidentError::Notice(found)) => assert_eq!(found, why),
        other => panic!("{other:?}"),
    };
    refused(incidents::send_notice(ada, &scope, id).await, NoticeRefused::NotFromHere);
    refused(incidents::mark_sent(ada, &scope, id, None, "Case 4711").await, NoticeRefused::NotFromHere);
    refused(case.approve(ada, id, 1).await, NoticeRefused::Alone);
    // Somebody who came after it was written stands for nobody.
    case.house.stage.advance(Duration::seconds(1));
    let carol = case.house.member(&case.of, "carol", Role::Admin, Environments::BOTH).await;
    refused(case.approve(&carol, id, 1).await, NoticeRefused::Alone);
    assert!(incidents::approve_notice(bob, &scope, id, 1).await.is_err(), "without a fresh proof");
    case.approve(bob, id, 1).await.unwrap();
    // Changed words are not approved.
    let words = Words { subject: "Other words".to_owned(), ..draft.words.clone() };
    incidents::write_notice(bob, &scope, id, 1, words.clone()).await.unwrap();
    assert_eq!((notice().await.state, notice().await.approved), (NoticeState::Draft, None));
    refused(case.approve(bob, id, 2).await, NoticeRefused::Alone);
    assert!(matches!(case.approve(ada, id, 1).await, Err(IncidentError::Changed)), "these are not the words they read");
    case.approve(ada, id, 2).await.unwrap();
    assert_eq!(case.house.stage.mails_to("security@amazon.com").await.len(), 0, "nothing went out so far");
    incidents::send_notice(bob, &scope, id).await.unwrap();
    refused(incidents::send_notice(bob, &scope, id).await, NoticeRefused::NotFromHere);
    let mails = case.house.stage.mails_to("security@amazon.com").await;
    assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["Other words"]);
    assert_eq!(mails[0].reply_to.as_deref(), Some("ada@example.com"));
    assert!(mails[0].html.contains("Detected: ") && !mails[0].html.contains(">Portal<"), "{}", mails[0].html);
    let told = case.scope(ada).await.incident().amazon.clone().unwrap();
    assert!(told.1.contains("security@amazon.com"), "Amazon's clock stops: {told:?}");
    let became = incidents::notice_mails(ada, &scope).await.unwrap();
    assert!(became.len() == 1 && became[0].delivered_at.is_some(), "{became:?}");

    // In Amazon's name, its written request comes first.
    let id = draft_notice(ada, &scope, Track::Affected).await.unwrap();
    let drafted = notices(ada, &scope).await.unwrap().pop().unwrap();
    assert!(drafted.words.body.contains("do not speak for Amazon"));
    let words = Words { for_amazon: true, ..drafted.words };
    incidents::write_notice(ada, &scope, id, 1, words.clone()).await.unwrap();
    refused(case.approve(bob, id, 2).await, NoticeRefused::NoRequest);
    let words = Words { request: "Mail of Amazon Trust, 2026-11-20, case 4711".to_owned(), ..words };
    incidents::write_notice(ada, &scope, id, 2, words).await.unwrap();
    case.approve(bob, id, 3).await.unwrap();
    assert!(matches!(incidents::send_notice(ada, &scope, id).await, Err(IncidentError::NoRecipient)));
    assert!(incidents::mark_sent(ada, &scope, id, None, " ").await.is_err(), "by hand, with proof");
    incidents::mark_sent(ada, &scope, id, None, "Letter of 26 November, receipt 12").await.unwrap();
    let updated = case.scope(ada).await.incident().updated_at;
    assert_eq!(updated, Some(ada.now()), "those concerned have heard how it goes");

    // Not even the database takes a notice as sent that nobody approved.
    let id = draft_notice(ada, &scope, Track::Staff).await.unwrap();
    let db = case.house.stage.portal.db.reader();
    for change in ["state = 'sent'", "state = 'approved', approved_by = written_by"] {
        let refused = db.execute_unprepared(&format!("UPDATE notice SET {change} WHERE state = 'draft'")).await;
        assert!(refused.is_err(), "{change}");
    }
    incidents::withdraw_notice(ada, &scope, id).await.unwrap();
    refused(case.approve(bob, id, 1).await, NoticeRefused::NotFromHere);
});

on_both_databases!(what_does_not_arrive_was_not_said, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, scope) = (&case.of.owner, case.scope(&case.of.owner).await);
    let id = draft_notice(ada, &scope, Track::Amazon).await.unwrap();
    case.approve(&case.bob, id, 1).await.unwrap();
    incidents::send_notice(ada, &scope, id).await.unwrap();
    assert!(case.scope(ada).await.incident().amazon.is_some());
    // The mail server gave up.
    let db = case.house.stage.portal.db.reader();
    let now = ada.now();
    let text = "UPDATE notice_mail SET failed_at = $1";
    let statement = sea_orm::Statement::from_sql_and_values(db.get_database_backend(), text, [now.into()]);
    db.execute_raw(statement).await.unwrap();
    for _ in 0..2 {
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    }
    assert!(case.scope(ada).await.incident().amazon.is_none(), "Amazon's clock runs on");
    let told = case.house.stage.mails_to("bob@example.com").await;
    assert_eq!(told.iter().filter(|mail| mail.subject.contains("was not delivered to security@amazon.com")).count(), 1);
});

on_both_databases!(a_team_says_who_speaks_for_it, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, team) = (&case.of.owner, &case.of.scope);
    let contact = incidents::contact(ada, team).await.unwrap();
    assert_eq!((contact.email.as_str(), contact.amazon.as_str()), ("ada@example.com", "security@amazon.com"));
    let (email, amazon) = ("ciso@example.com".parse().unwrap(), "sandbox@example.com".parse().unwrap());
    incidents::set_contact(ada, team, "Grace Hopper", email, "+49 30 1", amazon).await.unwrap();
    let scope = case.scope(ada).await;
    draft_notice(ada, &scope, Track::Amazon).await.unwrap();
    let drafted = notices(ada, &scope).await.unwrap().remove(0).words;
    assert!(drafted.body.contains("Grace Hopper, ciso@example.com, +49 30 1"), "{}", drafted.body);
    assert_eq!(drafted.recipients[0].as_str(), "sandbox@example.com");
});
