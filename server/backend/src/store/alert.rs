//! Alerts: what rules noticed, and what people said to it.

use model::{
    Time,
    alert::{Rule, Severity},
    ids::{AlertId, EventId, TeamId, UserId},
};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::{sql, stored};
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Option<Uuid>,
    pub rule: String,
    pub severity: String,
    pub about: String,
    pub subject_kind: Option<String>,
    pub subject_id: Option<Uuid>,
    pub subject_name: Option<String>,
    pub finding: String,
    pub occurrences: i64,
    pub event_id: Option<Uuid>,
    pub opened_at: DateTimeUtc,
    pub last_at: DateTimeUtc,
    pub tell_at: Option<DateTimeUtc>,
    pub acknowledged_at: Option<DateTimeUtc>,
    pub acknowledged_by: Option<Uuid>,
    pub acknowledged_name: Option<String>,
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Something that a rule noticed and a person must acknowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub id: AlertId,
    /// Without one, of the installation.
    pub team: Option<TeamId>,
    pub rule: Rule,
    pub severity: Severity,
    /// Rule and subject: while an alert about it is open, what follows is counted there.
    pub about: String,
    pub subject: Option<Subject>,
    /// What was found, in words.
    pub finding: String,
    pub occurrences: i64,
    /// The event that it was noticed by.
    pub event: Option<EventId>,
    pub opened_at: Time,
    pub last_at: Time,
    pub acknowledged: Option<Acknowledged>,
}

/// What an alert is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: String,
    pub id: Uuid,
    pub name: String,
}

/// Who looked at an alert, and what they said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    pub at: Time,
    pub by: UserId,
    pub name: String,
    pub note: String,
}

fn alert(row: Model) -> Result<Alert, DbErr> {
    let subject = row.subject_kind.zip(row.subject_id).zip(row.subject_name);
    let acknowledged = row.acknowledged_at.zip(row.acknowledged_by).zip(row.acknowledged_name.zip(row.note));
    Ok(Alert {
        id: AlertId(row.id),
        team: row.team_id.map(TeamId),
        rule: stored(Rule::parse(&row.rule), "rule")?,
        severity: stored(Severity::parse(&row.severity), "severity")?,
        about: row.about,
        subject: subject.map(|((kind, id), name)| Subject { kind, id, name }),
        finding: row.finding,
        occurrences: row.occurrences,
        event: row.event_id.map(EventId),
        opened_at: row.opened_at,
        last_at: row.last_at,
        acknowledged: acknowledged.map(|((at, by), (name, note))| Acknowledged { at, by: UserId(by), name, note }),
    })
}

/// Counts further occurrences where an alert about this is open; false when none is.
pub async fn count_in(
    db: &impl ConnectionTrait,
    about: &str,
    occurrences: i64,
    finding: &str,
    now: Time,
) -> Result<bool, DbErr> {
    let text = "UPDATE alert SET occurrences = occurrences + $2, finding = $3, last_at = $4
        WHERE about = $1 AND acknowledged_at IS NULL";
    let values = [about.into(), occurrences.into(), finding.into(), now.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() > 0)
}

/// When an alert about this was acknowledged last.
pub async fn last_acknowledged(db: &impl ConnectionTrait, about: &str) -> Result<Option<Time>, DbErr> {
    let text = "SELECT MAX(acknowledged_at) AS last FROM alert WHERE about = $1";
    let row = db.query_one_raw(sql(db, text, [about.into()])).await?;
    row.map_or(Ok(None), |row| row.try_get("", "last"))
}

/// Whether an alert about this waits for a person.
pub async fn is_open(db: &impl ConnectionTrait, about: &str) -> Result<bool, DbErr> {
    let text = "SELECT id FROM alert WHERE about = $1 AND acknowledged_at IS NULL";
    Ok(db.query_one_raw(sql(db, text, [about.into()])).await?.is_some())
}

/// Opens an alert; people are told of it at `tell_at`.
pub async fn insert(db: &impl ConnectionTrait, new: Alert, tell_at: Time) -> Result<(), DbErr> {
    let (kind, id, name) = match new.subject {
        Some(Subject { kind, id, name }) => (Some(kind), Some(id), Some(name)),
        None => (None, None, None),
    };
    let row = Model {
        id: new.id.0,
        team_id: new.team.map(|team| team.0),
        rule: new.rule.as_str().to_owned(),
        severity: new.severity.as_str().to_owned(),
        about: new.about,
        subject_kind: kind,
        subject_id: id,
        subject_name: name,
        finding: new.finding,
        occurrences: new.occurrences,
        event_id: new.event.map(|event| event.0),
        opened_at: new.opened_at,
        last_at: new.last_at,
        tell_at: Some(tell_at),
        acknowledged_at: None,
        acknowledged_by: None,
        acknowledged_name: None,
        note: None,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// Whose alerts are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    Team(&'a TeamScope),
    /// The caller has checked that an operator asks.
    Installation,
}

impl Whose<'_> {
    fn condition(self) -> sea_orm::sea_query::SimpleExpr {
        match self {
            Whose::Team(scope) => Column::TeamId.eq(scope.team().0),
            Whose::Installation => Column::TeamId.is_null(),
        }
    }
}

/// Those that wait for a person, the gravest first.
pub async fn open(db: &impl ConnectionTrait, whose: Whose<'_>) -> Result<Vec<Alert>, DbErr> {
    let query = Entity::find().filter(whose.condition()).filter(Column::AcknowledgedAt.is_null());
    let rows = query.order_by_desc(Column::LastAt).limit(500).all(db).await?;
    let mut alerts: Vec<Alert> = rows.into_iter().map(alert).collect::<Result<_, _>>()?;
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.severity));
    Ok(alerts)
}

/// Those that somebody acknowledged, the last first.
pub async fn acknowledged(db: &impl ConnectionTrait, whose: Whose<'_>, most: u64) -> Result<Vec<Alert>, DbErr> {
    let query = Entity::find().filter(whose.condition()).filter(Column::AcknowledgedAt.is_not_null());
    query.order_by_desc(Column::AcknowledgedAt).limit(most).all(db).await?.into_iter().map(alert).collect()
}

pub async fn by_id(db: &impl ConnectionTrait, whose: Whose<'_>, id: AlertId) -> Result<Option<Alert>, DbErr> {
    Entity::find_by_id(id.0).filter(whose.condition()).one(db).await?.map(alert).transpose()
}

/// Acknowledges; false when somebody did so first.
pub async fn acknowledge(
    db: &impl ConnectionTrait,
    whose: Whose<'_>,
    id: AlertId,
    said: &Acknowledged,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::AcknowledgedAt, Expr::value(said.at))
        .col_expr(Column::AcknowledgedBy, Expr::value(said.by.0))
        .col_expr(Column::AcknowledgedName, Expr::value(said.name.as_str()))
        .col_expr(Column::Note, Expr::value(said.note.as_str()))
        .col_expr(Column::TellAt, Expr::value(None::<Time>));
    let update = update.filter(Column::Id.eq(id.0)).filter(whose.condition()).filter(Column::AcknowledgedAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Alerts whose people are to be told now: for Portal's own job.
pub async fn to_tell(db: &impl ConnectionTrait, now: Time) -> Result<Vec<Alert>, DbErr> {
    let query = Entity::find().filter(Column::TellAt.lte(now)).order_by_asc(Column::TellAt).limit(500);
    // One that only a newer Portal understands waits for it, and holds up no other.
    Ok(query.all(db).await?.into_iter().filter_map(|row| alert(row).ok()).collect())
}

/// People are told; false when another worker did so first.
pub async fn told(db: &impl ConnectionTrait, id: AlertId) -> Result<bool, DbErr> {
    let text = "UPDATE alert SET tell_at = NULL WHERE id = $1 AND tell_at IS NOT NULL";
    Ok(db.execute_raw(sql(db, text, [id.0.into()])).await?.rows_affected() == 1)
}

/// Alerts that were opened from `first` on and before `end`.
pub async fn opened_between(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    first: Time,
    end: Time,
) -> Result<Vec<Alert>, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0));
    let query = query.filter(Column::OpenedAt.gte(first)).filter(Column::OpenedAt.lt(end)).order_by_asc(Column::OpenedAt);
    query.limit(500).all(db).await?.into_iter().map(alert).collect()
}
