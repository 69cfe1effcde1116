//! What tower-sessions keeps for a browser, under the SHA-256 of its id.

use model::Time;
use sea_orm::{IntoActiveModel, entity::prelude::*, sea_query::OnConflict};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "browser")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id_hash: Vec<u8>,
    pub data: String,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

fn row(id_hash: [u8; 32], data: String, expires_at: Time) -> ActiveModel {
    Model { id_hash: id_hash.to_vec(), data, expires_at }.into_active_model()
}

/// False when the id is taken.
pub async fn insert(db: &impl ConnectionTrait, id_hash: [u8; 32], data: String, expires_at: Time) -> Result<bool, DbErr> {
    let insert = Entity::insert(row(id_hash, data, expires_at));
    let count =
        insert.on_conflict(OnConflict::column(Column::IdHash).do_nothing().to_owned()).exec_without_returning(db).await?;
    Ok(count == 1)
}

/// Writes what is there. A browser that another request has ended meanwhile stays ended: its old cookie must not come back. False then.
pub async fn update(db: &impl ConnectionTrait, id_hash: [u8; 32], data: String, expires_at: Time) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Data, Expr::value(data))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(Column::IdHash.eq(id_hash.to_vec()));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// The data of an unexpired browser.
pub async fn get(db: &impl ConnectionTrait, id_hash: [u8; 32], now: Time) -> Result<Option<(String, Time)>, DbErr> {
    let row = Entity::find_by_id(id_hash.to_vec()).filter(Column::ExpiresAt.gt(now)).one(db).await?;
    Ok(row.map(|row| (row.data, row.expires_at)))
}

pub async fn delete(db: &impl ConnectionTrait, id_hash: [u8; 32]) -> Result<(), DbErr> {
    Entity::delete_by_id(id_hash.to_vec()).exec(db).await.map(|_| ())
}

pub async fn delete_expired(db: &impl ConnectionTrait, now: Time) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?.rows_affected)
}
