//! LWA apps: Amazon developer applications of a Team. Secrets are here only sealed.

use std::collections::HashMap;

use model::{
    Environment, Name, Time,
    amazon::Api,
    ids::{LwaAppId, TeamId, UserId},
    lwa_app::{CLIENT_SECRET_EXPIRED, OtherSecret},
};
use sea_orm::{ExprTrait, IntoActiveModel, QueryOrder, entity::prelude::*};

use super::{sql, stored};
use crate::{access::TeamScope, vault::Sealed};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lwa_app")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub environment: String,
    pub name: String,
    pub client_id: String,
    pub application_id: Option<String>,
    pub is_draft: bool,
    pub secret: Vec<u8>,
    pub secret_made_at: DateTimeUtc,
    pub other_slot: String,
    pub other_secret: Option<Vec<u8>>,
    pub other_made_at: Option<DateTimeUtc>,
    pub other_until: Option<DateTimeUtc>,
    pub rejected_at: Option<DateTimeUtc>,
    pub rejected_code: Option<String>,
    pub created_by: Uuid,
    pub created_at: DateTimeUtc,
    pub version: i32,
    pub removed_at: Option<DateTimeUtc>,
    pub api: String,
}

impl ActiveModelBehavior for ActiveModel {}

/// An LWA app with its sealed secrets.
#[derive(Clone, Debug)]
pub struct LwaApp {
    pub id: LwaAppId,
    pub api: Api,
    pub environment: Environment,
    pub name: Name,
    pub client_id: String,
    pub application_id: Option<String>,
    pub is_draft: bool,
    pub secret: Sealed,
    pub secret_made_at: Time,
    pub other: OtherSecret,
    pub other_secret: Option<Sealed>,
    /// Since when, and with which code, Amazon refuses the app.
    pub rejected: Option<(Time, String)>,
    pub created_by: UserId,
    pub created_at: Time,
    pub version: i32,
}

fn app(row: Model) -> Result<LwaApp, DbErr> {
    let other = match (row.other_slot.as_str(), row.other_made_at, row.other_until) {
        ("empty", _, _) => Some(OtherSecret::Empty),
        ("next", Some(made_at), _) => Some(OtherSecret::Next { made_at }),
        ("old", _, Some(until)) => Some(OtherSecret::Old { until }),
        _ => None,
    };
    Ok(LwaApp {
        id: LwaAppId(row.id),
        api: stored(Api::parse(&row.api), "api")?,
        environment: stored(Environment::parse(&row.environment), "environment")?,
        name: stored(row.name.parse().ok(), "name")?,
        client_id: row.client_id,
        application_id: row.application_id,
        is_draft: row.is_draft,
        secret: Sealed(row.secret),
        secret_made_at: row.secret_made_at,
        other: stored(other, "secret slot")?,
        other_secret: row.other_secret.map(Sealed),
        rejected: row.rejected_at.zip(row.rejected_code),
        created_by: UserId(row.created_by),
        created_at: row.created_at,
        version: row.version,
    })
}

fn slot(other: OtherSecret) -> (&'static str, Option<Time>, Option<Time>) {
    match other {
        OtherSecret::Empty => ("empty", None, None),
        OtherSecret::Next { made_at } => ("next", Some(made_at), None),
        OtherSecret::Old { until } => ("old", None, Some(until)),
    }
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: LwaApp) -> Result<(), DbErr> {
    let (other_slot, other_made_at, other_until) = slot(new.other);
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        environment: new.environment.as_str().to_owned(),
        name: new.name.to_string(),
        client_id: new.client_id,
        application_id: new.application_id,
        is_draft: new.is_draft,
        secret: new.secret.0,
        secret_made_at: new.secret_made_at,
        other_slot: other_slot.to_owned(),
        other_secret: new.other_secret.map(|sealed| sealed.0),
        other_made_at,
        other_until,
        rejected_at: None,
        rejected_code: None,
        created_by: new.created_by.0,
        created_at: new.created_at,
        version: 1,
        removed_at: None,
        api: new.api.as_str().to_owned(),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// The apps of the Team by name, without those that were removed.
pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<LwaApp>, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0)).filter(Column::RemovedAt.is_null());
    query.order_by_asc(Column::Name).order_by_asc(Column::Id).all(db).await?.into_iter().map(app).collect()
}

pub async fn by_id(db: &impl ConnectionTrait, scope: &TeamScope, id: LwaAppId) -> Result<Option<LwaApp>, DbErr> {
    let query = Entity::find_by_id(id.0).filter(Column::TeamId.eq(scope.team().0)).filter(Column::RemovedAt.is_null());
    query.one(db).await?.map(app).transpose()
}

/// What the Team's apps are called, those that were removed too.
pub async fn names(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<HashMap<LwaAppId, String>, DbErr> {
    let rows = Entity::find().filter(Column::TeamId.eq(scope.team().0)).all(db).await?;
    Ok(rows.into_iter().map(|row| (LwaAppId(row.id), row.name)).collect())
}

/// Removes an app: its secrets are overwritten with nothing in the same statement. False when it changed since it was loaded.
pub async fn remove(db: &impl ConnectionTrait, scope: &TeamScope, app: &LwaApp, now: Time) -> Result<bool, DbErr> {
    let text =
        "UPDATE lwa_app SET removed_at = $4, secret = $5, other_slot = 'empty', other_secret = NULL, other_made_at = NULL,
            other_until = NULL, version = version + 1
        WHERE team_id = $1 AND id = $2 AND version = $3";
    let values = [scope.team().0.into(), app.id.0.into(), app.version.into(), now.into(), Vec::<u8>::new().into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

/// Writes what people call it and how its consent page is reached; false when the app changed since it was loaded.
pub async fn write_facts(db: &impl ConnectionTrait, scope: &TeamScope, app: &LwaApp) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Name, Expr::value(app.name.to_string()))
        .col_expr(Column::ApplicationId, Expr::value(app.application_id.clone()))
        .col_expr(Column::IsDraft, Expr::value(app.is_draft))
        .col_expr(Column::Version, Expr::value(app.version + 1))
        .filter(Column::Id.eq(app.id.0))
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::Version.eq(app.version));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Writes both slots; false when the app changed since it was loaded.
pub async fn write_secrets(db: &impl ConnectionTrait, scope: &TeamScope, app: &LwaApp) -> Result<bool, DbErr> {
    let (other_slot, other_made_at, other_until) = slot(app.other);
    let update = Entity::update_many()
        .col_expr(Column::Secret, Expr::value(app.secret.0.clone()))
        .col_expr(Column::SecretMadeAt, Expr::value(app.secret_made_at))
        .col_expr(Column::OtherSlot, Expr::value(other_slot))
        .col_expr(Column::OtherSecret, Expr::value(app.other_secret.as_ref().map(|s| s.0.clone())))
        .col_expr(Column::OtherMadeAt, Expr::value(other_made_at))
        .col_expr(Column::OtherUntil, Expr::value(other_until))
        .col_expr(Column::Version, Expr::value(app.version + 1))
        .filter(Column::Id.eq(app.id.0))
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::Version.eq(app.version));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Remembers that Amazon refuses the app; false when that was known.
pub async fn reject(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: LwaAppId,
    code: &str,
    now: Time,
) -> Result<bool, DbErr> {
    // What LWA itself says counts for more than what a gateway heard from SP-API.
    let heard = Column::RejectedCode.eq(CLIENT_SECRET_EXPIRED).and(Column::RejectedCode.ne(code));
    let not_yet = Column::RejectedAt.is_null().or(heard);
    let update = Entity::update_many()
        .col_expr(Column::RejectedAt, Expr::value(now))
        .col_expr(Column::RejectedCode, Expr::value(code))
        .filter(Column::Id.eq(id.0))
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(not_yet);
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Amazon accepts the app again; false when it always did.
pub async fn accept(db: &impl ConnectionTrait, scope: &TeamScope, id: LwaAppId) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::RejectedAt, Expr::value(None::<Time>))
        .col_expr(Column::RejectedCode, Expr::value(None::<String>))
        .filter(Column::Id.eq(id.0))
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::RejectedAt.is_not_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// The client secrets in use of all Teams: Team, app, name, when it was made. For Portal's own job.
pub async fn secrets(db: &impl ConnectionTrait) -> Result<Vec<(TeamId, Uuid, String, Time)>, DbErr> {
    let text = "SELECT team_id, id, name, secret_made_at FROM lwa_app WHERE removed_at IS NULL ORDER BY id";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    let read = |row: sea_orm::QueryResult| {
        let made_at = row.try_get("", "secret_made_at")?;
        Ok((TeamId(row.try_get("", "team_id")?), row.try_get("", "id")?, row.try_get("", "name")?, made_at))
    };
    rows.into_iter().map(read).collect()
}
