//! Grants of the Advertising API whose profile is still to be chosen. The token is here only sealed, and not for long.

use model::{
    Time,
    amazon::{Profile, Region},
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
    pub profiles: String,
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
    pub profiles: Vec<Profile>,
    pub created_by: UserId,
    pub created_at: Time,
    pub expires_at: Time,
}

pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: ProfileChoice) -> Result<(), DbErr> {
    let profiles = serde_json::to_string(&new.profiles).map_err(|error| DbErr::Json(error.to_string()))?;
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        lwa_app_id: new.lwa_app.0,
        region: new.region.as_str().to_owned(),
        refresh_token: new.refresh_token.0,
        profiles,
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
            profiles: stored(serde_json::from_str(&row.profiles).ok(), "profiles")?,
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
