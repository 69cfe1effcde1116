//! People.

use model::{EmailAddress, Time, ids::UserId};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*};

use super::{sql, stored};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub email: String,
    pub kind: String,
    pub is_operator: bool,
    pub created_at: DateTimeUtc,
    pub disabled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A person, known by an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: EmailAddress,
    pub is_operator: bool,
    pub created_at: Time,
    pub disabled_at: Option<Time>,
}

fn user(row: Model) -> Result<User, DbErr> {
    Ok(User {
        id: UserId(row.id),
        email: stored(row.email.parse().ok(), "e-mail address")?,
        is_operator: row.is_operator,
        created_at: row.created_at,
        disabled_at: row.disabled_at,
    })
}

pub async fn by_email(db: &impl ConnectionTrait, email: &EmailAddress) -> Result<Option<User>, DbErr> {
    Entity::find().filter(Column::Email.eq(email.as_str())).one(db).await?.map(user).transpose()
}

pub async fn by_id(db: &impl ConnectionTrait, id: UserId) -> Result<Option<User>, DbErr> {
    Entity::find_by_id(id.0).one(db).await?.map(user).transpose()
}

/// True while nobody is a user yet.
pub async fn none_yet(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .order_by_asc(Column::Id)
        .limit(1)
        .into_tuple::<Uuid>()
        .one(db)
        .await?
        .is_none())
}

/// Inserts a user, unless the address is taken meanwhile; answers with whoever has the address now.
pub async fn insert_or_find(db: &impl ConnectionTrait, new: &User) -> Result<User, DbErr> {
    let row = Model {
        id: new.id.0,
        email: new.email.as_str().to_owned(),
        kind: "employee".to_owned(),
        is_operator: new.is_operator,
        created_at: new.created_at,
        disabled_at: new.disabled_at,
    };
    let insert = Entity::insert(row.into_active_model())
        .on_conflict(sea_orm::sea_query::OnConflict::column(Column::Email).do_nothing().to_owned());
    insert.exec_without_returning(db).await?;
    by_email(db, &new.email).await?.ok_or_else(|| DbErr::RecordNotFound("user".to_owned()))
}

/// Serializes the making of the first user: whoever comes second sees the first.
pub async fn hold_table(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    if db.get_database_backend() == sea_orm::DbBackend::Postgres {
        db.execute_raw(sql(db, "SELECT pg_advisory_xact_lock(5001)", [])).await?;
    }
    Ok(())
}

/// Whether there is a user of this address, and an enabled one: one row for every address, so that reading it takes as long.
pub async fn standing(db: &impl ConnectionTrait, email: &EmailAddress) -> Result<(bool, bool), DbErr> {
    let text = "SELECT COUNT(*) AS known, COUNT(CASE WHEN disabled_at IS NULL THEN 1 END) AS enabled FROM \"user\" WHERE email = $1";
    let row = db.query_one_raw(sql(db, text, [email.as_str().into()])).await?;
    let Some(row) = row else { return Ok((false, false)) };
    Ok((row.try_get::<i64>("", "known")? > 0, row.try_get::<i64>("", "enabled")? > 0))
}

/// Who operates the installation.
pub async fn operators(db: &impl ConnectionTrait) -> Result<Vec<User>, DbErr> {
    let query = Entity::find().filter(Column::IsOperator.eq(true)).filter(Column::DisabledAt.is_null());
    query.order_by_asc(Column::Id).all(db).await?.into_iter().map(user).collect()
}

/// Holds a person until the transaction ends, for rules that look at several rows of theirs. SQLite has one writer.
pub async fn hold(db: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    if db.get_database_backend() == sea_orm::DbBackend::Postgres {
        db.query_one_raw(sql(db, "SELECT id FROM \"user\" WHERE id = $1 FOR NO KEY UPDATE", [user.0.into()])).await?;
    }
    Ok(())
}
