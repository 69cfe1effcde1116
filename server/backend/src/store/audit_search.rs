//! Looking for events in a large log. A filter that an index answers is asked as it is; one that several indexes answer is
//! asked of each for its newest, and the newest of all are taken.

use model::{
    Time,
    audit::{Action, Outcome},
    ids::{EventId, IncidentId},
    incident::TargetKind,
};
use sea_orm::{DbErr, FromQueryResult, Value, entity::prelude::*};

use super::{
    audit_event::{self, Row},
    sql,
};
use crate::access::TeamScope;

/// What is asked for. Every part narrows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub actions: Vec<Action>,
    pub actor: Option<Uuid>,
    pub target: Option<Uuid>,
    pub outcome: Option<Outcome>,
    pub address: Option<String>,
    pub from: Option<Time>,
    pub until: Option<Time>,
    /// The last row of the page before: keyset paging, newest first.
    pub before: Option<(Time, EventId)>,
    /// What free text may mean: an event has one of these. Without any, nothing is found.
    pub any_of: Option<Meant>,
}

/// What a text that people typed may mean in a Team's log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meant {
    pub actions: Vec<Action>,
    pub actors: Vec<Uuid>,
    pub targets: Vec<Uuid>,
    pub reasons: Vec<String>,
    pub addresses: Vec<String>,
    /// It may mean more than is looked for.
    pub is_cut: bool,
}

/// A condition and its values, with places counted from the one that is free.
pub(crate) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    pub fn new(text: &str, values: Vec<Value>) -> Self {
        Self { text: text.to_owned(), values }
    }

    pub fn and(&mut self, column: &str, value: impl Into<Value>) {
        self.values.push(value.into());
        self.text += &format!(" AND {column} ${}", self.values.len());
    }

    pub fn and_one_of(&mut self, column: &str, values: impl IntoIterator<Item = Value>) {
        let places: Vec<_> = values.into_iter().map(|value| self.place(value)).collect();
        if !places.is_empty() {
            self.text += &format!(" AND {column} IN ({})", places.join(", "));
        }
    }

    /// At least one of these columns has one of its values. Without any value nothing does.
    pub fn and_any<const N: usize>(&mut self, columns: [(&str, Vec<Value>); N]) {
        let mut any = vec!["1 = 0".to_owned()];
        for (column, values) in columns {
            let places: Vec<_> = values.into_iter().map(|value| self.place(value)).collect();
            if !places.is_empty() {
                any.push(format!("{column} IN ({})", places.join(", ")));
            }
        }
        self.text += &format!(" AND ({})", any.join(" OR "));
    }

    pub fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    pub fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}

/// Everything of the filter but the parts that branch. `e`: the events' table.
pub(crate) fn narrow(conditions: &mut Conditions, filter: &Filter) {
    let words = |actions: &[Action]| actions.iter().map(|action| action.as_str().into()).collect::<Vec<Value>>();
    conditions.and_one_of("e.action", words(&filter.actions));
    if let Some(actor) = filter.actor {
        conditions.and("e.actor_id =", actor);
    }
    if let Some(target) = filter.target {
        conditions.and("e.target_id =", target);
    }
    // Written out: the index of what did not go well is chosen by these very words.
    match filter.outcome {
        Some(Outcome::Ok) => conditions.text += " AND e.outcome = 'ok'",
        Some(outcome) => conditions.text += &format!(" AND e.outcome <> 'ok' AND e.outcome = '{}'", outcome.as_str()),
        None => {}
    }
    if let Some(address) = &filter.address {
        conditions.and("e.address =", address.clone());
    }
    if let Some(from) = filter.from {
        conditions.and("e.at >=", from);
    }
    if let Some(until) = filter.until {
        conditions.and("e.at <", until);
    }
    if let Some((at, id)) = filter.before {
        let (at, id) = (conditions.place(at.into()), conditions.place(id.0.into()));
        conditions.text += &format!(" AND (e.at, e.id) < ({at}, {id})");
    }
}

/// That an event has one of what free text may mean.
pub(crate) fn means(conditions: &mut Conditions, filter: &Filter) {
    let Some(meant) = &filter.any_of else { return };
    let ids = |ids: &[Uuid]| ids.iter().map(|id| (*id).into()).collect();
    let words = |words: &[String]| words.iter().map(|word| word.clone().into()).collect();
    conditions.and_any([
        ("e.action", meant.actions.iter().map(|action| action.as_str().into()).collect()),
        ("e.actor_id", ids(&meant.actors)),
        ("e.target_id", ids(&meant.targets)),
        ("e.reason", words(&meant.reasons)),
        ("e.address", words(&meant.addresses)),
    ]);
}

/// The parts of which each has an index of its own: one branch an alternative.
fn branches(filter: &Filter) -> Vec<Option<(&'static str, Value)>> {
    let actions =
        |actions: &[Action]| actions.iter().map(|action| Some(("e.action =", action.as_str().into()))).collect::<Vec<_>>();
    match &filter.any_of {
        Some(meant) => {
            let mut all = actions(&meant.actions);
            all.extend(meant.actors.iter().map(|id| Some(("e.actor_id =", (*id).into()))));
            all.extend(meant.targets.iter().map(|id| Some(("e.target_id =", (*id).into()))));
            all.extend(meant.addresses.iter().map(|address| Some(("e.address =", address.clone().into()))));
            // A reason stands where something did not go well.
            all.extend(meant.reasons.iter().map(|reason| Some(("e.outcome <> 'ok' AND e.reason =", reason.clone().into()))));
            all
        }
        // An actor, a target or an address is fewer events than an action.
        None if filter.actor.is_none()
            && filter.target.is_none()
            && filter.address.is_none()
            && filter.actions.len() > 1 =>
        {
            actions(&filter.actions)
        }
        None => vec![None],
    }
}

/// Events of a Team, the newest first.
pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope, filter: &Filter, most: u64) -> Result<Vec<Row>, DbErr> {
    let branches = branches(filter);
    let mut conditions = Conditions::new("", vec![scope.team().0.into()]);
    let limit = conditions.place(i64::try_from(most).unwrap_or(i64::MAX).into());
    let newest = "ORDER BY e.at DESC, e.id DESC LIMIT";
    let mut parts = Vec::with_capacity(branches.len());
    for branch in branches {
        conditions.text = "e.team_id = $1".to_owned();
        if let Some((column, value)) = branch {
            conditions.and(column, value);
        }
        narrow(&mut conditions, filter);
        parts.push(std::mem::take(&mut conditions.text));
    }
    let (_, values) = conditions.into_parts();
    let text = match &parts[..] {
        [] => return Ok(Vec::new()),
        [one] => format!("SELECT e.* FROM audit_event e WHERE {one} {newest} {limit}"),
        // Of each its newest, by their keys alone; then the newest of all, whole.
        several => {
            let keys = several.iter().map(|one| {
                format!("SELECT id FROM (SELECT e.at, e.id FROM audit_event e WHERE {one} {newest} {limit}) AS part")
            });
            let keys = keys.collect::<Vec<_>>().join(" UNION ");
            format!("SELECT e.* FROM audit_event e WHERE e.id IN ({keys}) {newest} {limit}")
        }
    };
    let rows = db.query_all_raw(sql(db, &text, values)).await?;
    rows.iter().map(|row| audit_event::row(audit_event::Model::from_query_result(row, "")?)).collect()
}

fn traffic() -> String {
    let all = Action::ALL.iter().filter(|action| action.is_traffic());
    all.map(|action| format!("'{}'", action.as_str())).collect::<Vec<_>>().join(", ")
}

/// When the nth event of a Team's log was recorded, counted from the newest, and since then; nothing when there are not so many.
pub async fn nth_newest(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    since: Time,
    without_traffic: bool,
    n: usize,
) -> Result<Option<Time>, DbErr> {
    let narrowed = if without_traffic { format!(" AND e.action NOT IN ({})", traffic()) } else { String::new() };
    let text = format!(
        "SELECT e.at FROM audit_event e WHERE e.team_id = $1 AND e.at >= $2{narrowed} ORDER BY e.at DESC LIMIT 1 OFFSET $3"
    );
    let values = [scope.team().0.into(), since.into(), i64::try_from(n).unwrap_or(i64::MAX).into()];
    db.query_one_raw(sql(db, &text, values)).await?.map(|row| row.try_get("", "at")).transpose()
}

/// What the log says of an incident (which stands in no Team's log when it is restricted) and, in the Team's log, of these
/// things, the newest first. Credentials that left or were refused are too many to be a story: they would push it out.
pub async fn about(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    incident: IncidentId,
    things: &[Uuid],
    since: Time,
    until: Time,
    most: u64,
) -> Result<Vec<Row>, DbErr> {
    let start = format!("e.at >= $2 AND e.at < $3 AND e.action NOT IN ({})", traffic());
    let mut conditions = Conditions::new(&start, vec![scope.team().0.into(), since.into(), until.into()]);
    let own = conditions.place(incident.0.into());
    let places: Vec<_> = things.iter().map(|id| conditions.place((*id).into())).collect();
    let of_things = if places.is_empty() {
        String::new()
    } else {
        format!(" OR (e.team_id = $1 AND e.target_id IN ({}))", places.join(", "))
    };
    conditions.text += &format!(" AND ((e.target_id = {own} AND (e.team_id = $1 OR e.team_id IS NULL)){of_things})");
    let limit = conditions.place(i64::try_from(most).unwrap_or(i64::MAX).into());
    let (text, values) = conditions.into_parts();
    let text = format!("SELECT e.* FROM audit_event e WHERE {text} ORDER BY e.at DESC, e.id DESC LIMIT {limit}");
    let rows = db.query_all_raw(sql(db, &text, values)).await?;
    rows.iter().map(|row| audit_event::Model::from_query_result(row, "").and_then(audit_event::row)).collect()
}

/// What the log says of the course of a Team's incidents, in its order. A restricted one stands in no Team's log.
pub async fn of_incidents(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    incidents: &[IncidentId],
) -> Result<Vec<Row>, DbErr> {
    let mut found = Vec::new();
    for some in incidents.chunks(200) {
        let start =
            "e.target_kind = 'incident' AND e.action IN ('incident.reported', 'incident.step_taken', 'incident.changed')
            AND (e.team_id = $1 OR e.team_id IS NULL)";
        let mut conditions = Conditions::new(start, vec![scope.team().0.into()]);
        let places: Vec<_> = some.iter().map(|id| conditions.place(id.0.into())).collect();
        conditions.text += &format!(" AND e.target_id IN ({})", places.join(", "));
        let (text, values) = conditions.into_parts();
        // In the order of the log, where no clock counts; what has no place yet is the newest.
        let text = format!(
            "SELECT e.* FROM audit_event e LEFT JOIN audit_leaf l ON l.event_id = e.id WHERE {text}
            ORDER BY l.idx IS NULL, l.idx, e.at, e.id"
        );
        for row in db.query_all_raw(sql(db, &text, values)).await? {
            found.push(audit_event::row(audit_event::Model::from_query_result(&row, "")?)?);
        }
    }
    Ok(found)
}

/// How many credentials left since then, of a thing.
pub async fn issued_since(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    kind: TargetKind,
    id: Uuid,
    since: Time,
) -> Result<u64, DbErr> {
    let mut conditions = Conditions::new(
        "e.team_id = $1 AND e.action = 'credential.issued' AND e.at >= $2",
        vec![scope.team().0.into(), since.into()],
    );
    match kind {
        TargetKind::Team => {}
        TargetKind::Connection => conditions.and("e.target_id =", id),
        TargetKind::Gateway => conditions.and("e.actor_id =", id),
        TargetKind::GatewayKey => conditions.and("e.credential_id =", id),
        TargetKind::LwaApp => {
            let place = conditions.place(id.into());
            conditions.text += &format!(" AND e.target_id IN (SELECT c.id FROM connection c WHERE c.lwa_app_id = {place})");
        }
        TargetKind::User => return Ok(0),
    }
    let (text, values) = conditions.into_parts();
    let text = format!("SELECT COUNT(*) AS many FROM audit_event e WHERE {text}");
    let row = db.query_one_raw(sql(db, &text, values)).await?;
    row.map_or(Ok(0), |row| row.try_get::<i64>("", "many").map(i64::unsigned_abs))
}
