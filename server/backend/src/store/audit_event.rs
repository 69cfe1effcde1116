//! The audit log's rows. There is no update and no delete.

use model::{
    Time,
    audit::{Action, Outcome},
    ids::{EventId, TeamId, UserId},
};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::{pieces, sql, stored};
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Option<Uuid>,
    pub at: DateTimeUtc,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub on_behalf_of: Option<Uuid>,
    pub action: String,
    pub target_kind: Option<String>,
    pub target_id: Option<Uuid>,
    pub target_name: Option<String>,
    pub outcome: String,
    pub reason: Option<String>,
    pub credential_id: Option<Uuid>,
    pub request_id: Uuid,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub details: String,
    pub mac: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}

/// One fact, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: EventId,
    pub team: Option<TeamId>,
    pub at: Time,
    pub actor_kind: &'static str,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub on_behalf_of: Option<Uuid>,
    pub action: Action,
    pub target_kind: Option<String>,
    pub target_id: Option<Uuid>,
    pub target_name: Option<String>,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub credential_id: Option<Uuid>,
    pub request_id: Uuid,
    pub address: Option<String>,
    pub agent: Option<String>,
    /// A JSON object.
    pub details: String,
    /// Says that Portal wrote it; set when it is stored.
    pub mac: Option<Vec<u8>>,
}

fn model(row: Row) -> ActiveModel {
    Model {
        id: row.id.0,
        team_id: row.team.map(|team| team.0),
        at: row.at,
        actor_kind: row.actor_kind.to_owned(),
        actor_id: row.actor_id,
        actor_name: row.actor_name,
        on_behalf_of: row.on_behalf_of,
        action: row.action.as_str().to_owned(),
        target_kind: row.target_kind,
        target_id: row.target_id,
        target_name: row.target_name,
        outcome: row.outcome.as_str().to_owned(),
        reason: row.reason,
        credential_id: row.credential_id,
        request_id: row.request_id,
        address: row.address,
        agent: row.agent,
        details: row.details,
        mac: row.mac,
    }
    .into_active_model()
}

pub(super) fn row(model: Model) -> Result<Row, DbErr> {
    let actor_kind = ["user", "gateway", "system", "anonymous"].into_iter().find(|kind| *kind == model.actor_kind);
    Ok(Row {
        id: EventId(model.id),
        team: model.team_id.map(TeamId),
        at: model.at,
        actor_kind: stored(actor_kind, "actor kind")?,
        actor_id: model.actor_id,
        actor_name: model.actor_name,
        on_behalf_of: model.on_behalf_of,
        action: stored(Action::parse(&model.action), "action")?,
        target_kind: model.target_kind,
        target_id: model.target_id,
        target_name: model.target_name,
        outcome: stored(Outcome::parse(&model.outcome), "outcome")?,
        reason: model.reason,
        credential_id: model.credential_id,
        request_id: model.request_id,
        address: model.address,
        agent: model.agent,
        details: model.details,
        mac: model.mac,
    })
}

pub async fn insert(db: &impl ConnectionTrait, new: Row) -> Result<(), DbErr> {
    let inserted = Entity::insert(model(new)).exec_without_returning(db).await?;
    taken(inserted, 1)
}

/// A database that swallows an event has not recorded it, whatever it answers.
fn taken(inserted: u64, events: usize) -> Result<(), DbErr> {
    if inserted == events as u64 {
        Ok(())
    } else {
        Err(DbErr::Custom(format!("the log took {inserted} of {events} events")))
    }
}

pub async fn insert_all(db: &impl ConnectionTrait, new: Vec<Row>) -> Result<(), DbErr> {
    for piece in pieces(new) {
        let many = piece.len();
        taken(Entity::insert_many(piece.into_iter().map(model)).exec_without_returning(db).await?, many)?;
    }
    Ok(())
}

pub use super::audit_search::{Filter, Meant, of_team};

fn between(scope: &TeamScope, from: Time, until: Time) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::TeamId.eq(scope.team().0)).filter(Column::At.gte(from)).filter(Column::At.lt(until))
}

/// How many events a Team has from `from` on and before `until`.
pub async fn count_between(db: &impl ConnectionTrait, scope: &TeamScope, from: Time, until: Time) -> Result<u64, DbErr> {
    between(scope, from, until).count(db).await
}

/// When the oldest event of a Team that is still there was recorded.
pub async fn oldest(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Option<Time>, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0)).order_by_asc(Column::At).order_by_asc(Column::Id);
    Ok(query.one(db).await?.map(|model| model.at))
}

/// How many acts the Team's log has.
pub async fn acts(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<u64, DbErr> {
    let text = "SELECT action, COUNT(*) AS n FROM audit_event WHERE team_id = $1 GROUP BY action";
    count_acts(db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?)
}

/// Rows of actions and how many there are of each; what cannot be read is none of Portal's.
pub(super) fn count_acts(rows: Vec<QueryResult>) -> Result<u64, DbErr> {
    let mut acts: u64 = 0;
    for row in rows {
        let action = Action::parse(&row.try_get::<String>("", "action")?);
        if action.is_some_and(Action::is_act) {
            acts = acts.saturating_add(row.try_get::<i64>("", "n")?.unsigned_abs());
        }
    }
    Ok(acts)
}

/// Whether somebody did one of these in the Team since `since`.
pub async fn did_since(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    user: UserId,
    actions: &[Action],
    since: Time,
) -> Result<bool, DbErr> {
    let query = Entity::find()
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::ActorId.eq(user.0))
        .filter(Column::Action.is_in(actions.iter().map(|action| action.as_str())))
        .filter(Column::At.gte(since));
    Ok(query.count(db).await? > 0)
}

/// How many acts of the Team's log left since `since` without a second person's approval.
pub async fn left_alone(db: &impl ConnectionTrait, scope: &TeamScope, since: Time) -> Result<u64, DbErr> {
    let query = Entity::find()
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::Action.eq(Action::LogExported.as_str()))
        .filter(Column::Outcome.eq(Outcome::Ok.as_str()))
        .filter(Column::At.gte(since));
    let details = query.all(db).await?.into_iter().filter_map(|row| serde_json::from_str(&row.details).ok());
    let alone = details.filter(|details: &serde_json::Value| details.get("approval").is_none());
    Ok(alone.filter_map(|details| details["acts"].as_u64()).fold(0, u64::saturating_add))
}

/// The one of them that has `place` others before it.
pub async fn nth_between(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    from: Time,
    until: Time,
    place: u64,
) -> Result<Option<EventId>, DbErr> {
    let query = between(scope, from, until).order_by_asc(Column::At).order_by_asc(Column::Id).offset(place).limit(1);
    Ok(query.one(db).await?.map(|model| EventId(model.id)))
}

/// The last events of no Team that are of this kind, the newest first: for the operators.
pub(crate) async fn last_of_none(db: &impl ConnectionTrait, action: Action, most: u64) -> Result<Vec<Row>, DbErr> {
    let query = Entity::find().filter(Column::TeamId.is_null()).filter(Column::Action.eq(action.as_str()));
    let rows = query.order_by_desc(Column::At).order_by_desc(Column::Id).limit(most).all(db).await?;
    rows.into_iter().map(row).collect()
}

/// Any event, whose ever it is: for Portal's own checks.
pub(crate) async fn any(db: &impl ConnectionTrait, id: EventId) -> Result<Option<Row>, DbErr> {
    Entity::find_by_id(id.0).one(db).await?.map(row).transpose()
}

/// One event of a Team.
pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: EventId) -> Result<Option<Row>, DbErr> {
    Entity::find_by_id(id.0).filter(Column::TeamId.eq(scope.team().0)).one(db).await?.map(row).transpose()
}
