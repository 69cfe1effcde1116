//! Grants of the Advertising API whose profile is still to be chosen. Token and profiles are here only sealed, and not for long.

use model::{
    Time,
    amazon::Region,
    ids::{LwaAppId, ProfileChoiceId, UserId},
};
use sea_orm::{IntoActiveModel, entity::prelude::*};

use super::stored;
use crate::{access::TeamScope, vault::Sealed};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "profile_choice")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub lwa_app_id: Uuid,
    pub region: String,
    pub refresh_token: Vec<u8>,
    pub grant_mac: Vec<u8>,
    pub profiles: Vec<u8>,
    pub authorized_at: DateTimeUtc,
    pub created_by: Uuid,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

/// A grant and the profiles that it reaches, for the person who brought it.
#[derive(Clone, Debug)]
pub struct ProfileChoice {
    pub id: ProfileChoiceId,
    pub lwa_app: LwaAppId,
    pub region: Region,
    pub refresh_token: Sealed,
    /// By what the grant is known again, however it is sealed.
    pub grant_mac: [u8; 32],
    /// What it reaches, as JSON.
    pub profiles: Sealed,
    pub authorized_at: Time,
    pub created_by: UserId,
    pub created_at: Time,
    pub expires_at: Time,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: ProfileChoice) -> Result<(), DbErr> {
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        lwa_app_id: new.lwa_app.0,
        region: new.region.as_str().to_owned(),
        refresh_token: new.refresh_token.0,
        grant_mac: new.grant_mac.to_vec(),
        profiles: new.profiles.0,
        authorized_at: new.authorized_at,
        created_by: new.created_by.0,
        created_at: new.created_at,
        expires_at: new.expires_at,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

/// A choice that is still open to this person.
pub async fn open(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ProfileChoiceId,
    user: UserId,
    now: Time,
) -> Result<Option<ProfileChoice>, DbErr> {
    let query = Entity::find_by_id(id.0).filter(Column::TeamId.eq(scope.team().0));
    let row = query.filter(Column::CreatedBy.eq(user.0)).filter(Column::ExpiresAt.gt(now)).one(db).await?;
    row.map(|row| {
        Ok(ProfileChoice {
            id,
            lwa_app: LwaAppId(row.lwa_app_id),
            region: stored(Region::parse(&row.region), "region")?,
            refresh_token: Sealed(row.refresh_token),
            grant_mac: stored(row.grant_mac.try_into().ok(), "grant")?,
            profiles: Sealed(row.profiles),
            authorized_at: row.authorized_at,
            created_by: user,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    })
    .transpose()
}

/// Deletes those that are over.
pub async fn delete_before(db: &impl ConnectionTrait, now: Time) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?.rows_affected)
}

/// Deletes those of a Team.
pub async fn delete_all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::TeamId.eq(scope.team().0)).exec(db).await.map(|_| ())
}

/// Deletes those of an app.
pub async fn delete_of_app(db: &impl ConnectionTrait, scope: &TeamScope, app: LwaAppId) -> Result<(), DbErr> {
    let delete = Entity::delete_many().filter(Column::TeamId.eq(scope.team().0)).filter(Column::LwaAppId.eq(app.0));
    delete.exec(db).await.map(|_| ())
}

/// Deletes those of a grant.
pub async fn delete_of_grant(db: &impl ConnectionTrait, scope: &TeamScope, mac: &[u8]) -> Result<(), DbErr> {
    let delete = Entity::delete_many().filter(Column::TeamId.eq(scope.team().0)).filter(Column::GrantMac.eq(mac));
    delete.exec(db).await.map(|_| ())
}

/// Those of a grant.
pub async fn of_grant(db: &impl ConnectionTrait, scope: &TeamScope, mac: &[u8]) -> Result<Vec<ProfileChoiceId>, DbErr> {
    let query = Entity::find().filter(Column::TeamId.eq(scope.team().0)).filter(Column::GrantMac.eq(mac));
    Ok(query.all(db).await?.into_iter().map(|row| ProfileChoiceId(row.id)).collect())
}

/// Amazon gave another refresh token for the grant.
pub async fn follow(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    id: ProfileChoiceId,
    token: Sealed,
    mac: [u8; 32],
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::RefreshToken, Expr::value(token.0))
        .col_expr(Column::GrantMac, Expr::value(mac.to_vec()))
        .filter(Column::Id.eq(id.0))
        .filter(Column::TeamId.eq(scope.team().0));
    update.exec(db).await.map(|_| ())
}
