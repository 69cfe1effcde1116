//! An incident, and what follows from it.

use super::*;

impl House {
    /// An incident about the Team's app, with an entry and a measure that waits for people.
    pub async fn an_incident(&self, of: &Furnished) -> (IncidentId, EntryId, MeasureId) {
        use backend::incidents::{Report, enter, order, report, write};
        use model::incident::{EntryKind, Kind, MeasureKind};
        let id = report(&of.owner, &of.scope, Report::of(Kind::Other, "Something odd")).await.unwrap();
        let scope = enter(&of.owner, &of.scope, id).await.unwrap();
        let entry = write(&of.owner, &scope, EntryKind::Note, None, "We look into it").await.unwrap();
        let measure = order(&of.owner, &scope, MeasureKind::RotateSecret, of.app.0).await.unwrap();
        (id, entry, measure)
    }

    /// A task of an incident, a notice that another person wrote, and something that follows.
    pub(super) async fn what_follows(&self, of: &Furnished, incident: IncidentId) -> (TaskId, NoticeId, ActionItemId) {
        use backend::incidents::{add_action_item, draft_notice, enter, tasks};
        let scope = enter(&of.owner, &of.scope, incident).await.unwrap();
        let task = tasks(&of.owner, &scope).await.unwrap().remove(0).id;
        let owner = of.owner.signed_in().unwrap();
        let name = owner.email.as_str().split('@').next().unwrap();
        let writer = self.member(of, &format!("{name}-writer"), Role::Admin, Environments::BOTH).await;
        let notice = draft_notice(&writer, &scope, model::incident::Track::Staff).await.unwrap();
        let soon = of.owner.now() + chrono::Duration::days(7);
        let follows = add_action_item(&of.owner, &scope, "Scan for keys", owner.user, soon).await.unwrap();
        (task, notice, follows)
    }
}
