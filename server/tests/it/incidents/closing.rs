//! Tasks and lessons: what there must be before an incident is closed.

use super::{Case, report};
use crate::{on_both_databases, support::Stage};
use backend::{
    incidents::{self, IncidentError},
    store::task::Task,
};
use chrono::Duration;
use model::{
    Environments, Problem, Role,
    ids::TaskId,
    incident::{Kind, Phase, Severity, Step, TaskState, Unready, lessons::PostMortem},
};

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
    let title = planned[0].title.trim_end_matches('.');
    assert_eq!(told.iter().filter(|mail| mail.subject.contains(title)).count(), 1);
    let others = case.house.stage.mails_to("ada@example.com").await;
    assert_eq!(others.iter().filter(|mail| mail.subject.contains(title)).count(), 0);

    case.step(Step::Triage).await.unwrap();
    case.settle_amazon(&case.scope(ada).await).await;
    for step in [Step::Contain, Step::Eradicate, Step::Recover] {
        case.step(step).await.unwrap();
    }
    assert!(matches!(case.step(Step::Review).await, Err(IncidentError::Unready(Unready::NoPostMortem))));
    incidents::write_post_mortem(ada, &case.scope(ada).await, 0, learned()).await.unwrap();
    case.step(Step::Review).await.unwrap();
    let open = planned.len() + 1;
    assert!(matches!(case.step(Step::Close).await, Err(IncidentError::Unready(Unready::Tasks(n))) if n == open));
    case.settle_tasks().await;
    assert!(matches!(case.step(Step::Close).await, Err(IncidentError::Unready(Unready::NoActionItem))));
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

on_both_databases!(work_goes_to_those_who_see_the_incident_and_is_never_lost, async |stage: Stage| {
    let case = Case::on(stage).await;
    let ada = &case.of.owner;
    let carol = case.house.member(&case.of, "carol", Role::Operator, Environments::BOTH).await;
    let (hers, bobs) = (carol.signed_in().unwrap().user, case.bob.signed_in().unwrap().user);
    let scope = case.scope(ada).await;
    let tasks = case.tasks().await;
    incidents::give_task(ada, &scope, tasks[0].id, hers).await.unwrap();
    let soon = ada.now() + Duration::days(1);
    incidents::add_action_item(ada, &scope, "Interview Carol", bobs, soon).await.unwrap();
    incidents::set_restricted(ada, &scope, true).await.unwrap();
    let scope = case.scope(ada).await;
    for user in [hers, bobs] {
        let unseen = incidents::give_task(ada, &scope, tasks[1].id, user).await;
        assert!(matches!(unseen, Err(IncidentError::NotSeen)), "{unseen:?}");
        let unseen = incidents::add_action_item(ada, &scope, "More", user, soon).await;
        assert!(matches!(unseen, Err(IncidentError::NotSeen)), "{unseen:?}");
    }
    case.house.stage.advance(Duration::days(3));
    backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    // Neither what it is nor that it is reaches those who do not see it; who runs it hears in their place.
    for name in ["carol", "bob"] {
        let mails = case.house.stage.mails_to(&format!("{name}@example.com")).await;
        let late: Vec<_> = mails.iter().filter(|mail| mail.text.contains("overdue")).collect();
        assert!(late.is_empty(), "{name}: {late:?}");
    }
    let mails = case.house.stage.mails_to("ada@example.com").await;
    assert!(mails.iter().any(|mail| mail.subject.contains("“Interview Carol” is overdue")), "{mails:?}");
    // However much is overdue: one mail.
    let title = tasks[1].title.trim_end_matches('.');
    assert_eq!(mails.iter().filter(|mail| mail.subject.contains(title)).count(), 1);
});

on_both_databases!(a_late_report_is_no_storm, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, mut late) = (&case.of.owner, report(Kind::LeakedSecret, false));
    late.detected_at = Some(ada.now() - Duration::days(4));
    let before = case.house.stage.mails_to("bob@example.com").await.len();
    incidents::report(ada, &case.of.scope, late).await.unwrap();
    for _ in 0..3 {
        backend::jobs::run_due(&case.house.stage.portal).await.unwrap();
    }
    let mails = case.house.stage.mails_to("bob@example.com").await;
    // The report itself, and Amazon's clock, which is over.
    assert_eq!(mails.len() - before, 2, "{:?}", mails.iter().map(|mail| mail.subject.clone()).collect::<Vec<_>>());
});

on_both_databases!(merging_loses_neither_amazons_clock_nor_what_is_open, async |stage: Stage| {
    let case = Case::on(stage).await;
    let ada = &case.of.owner;
    let other = incidents::report(ada, &case.of.scope, report(Kind::LostDevice, false)).await.unwrap();
    let into = async || incidents::enter(ada, &case.of.scope, other).await.unwrap();
    case.settle_amazon(&into().await).await;
    let (mine, theirs) = (case.tasks().await.len(), incidents::tasks(ada, &into().await).await.unwrap().len());
    incidents::take_step(ada, &case.scope(ada).await, Step::Merge, None, "The same", Some(other)).await.unwrap();
    assert!(into().await.incident().amazon.is_none(), "what need not be told of the one may have to be of the other");
    assert_eq!(incidents::tasks(ada, &into().await).await.unwrap().len(), mine + theirs);
});

on_both_databases!(a_part_goes_into_what_is_as_grave_and_as_hidden, async |stage: Stage| {
    let case = Case::on(stage).await;
    let (ada, of) = (&case.of.owner, &case.of.scope);
    let enter = async |id| incidents::enter(ada, of, id).await.unwrap();
    let merge =
        async |id, into| incidents::take_step(ada, &enter(id).await, Step::Merge, None, "The same", Some(into)).await;
    let hidden = incidents::report(ada, of, report(Kind::DatabaseAccess, true)).await.unwrap();
    let drill = incidents::Report { drill: true, ..report(Kind::LeakedSecret, false) };
    let drill = incidents::report(ada, of, drill).await.unwrap();
    for (id, into) in [(hidden, case.id), (case.id, drill), (drill, case.id)] {
        assert!(matches!(merge(id, into).await, Err(IncidentError::NotTogether)));
    }
    assert_eq!(enter(case.id).await.incident().severity, Severity::Sev4);
    incidents::set_restricted(ada, &enter(case.id).await, true).await.unwrap();
    merge(hidden, case.id).await.unwrap();
    assert_eq!(enter(case.id).await.incident().severity, Severity::Sev2, "the graver one");
    assert!(matches!(merge(drill, hidden).await, Err(IncidentError::NotTogether)), "over is over");
});
