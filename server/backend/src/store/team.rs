//! Teams: the tenants.

use model::{
    Environments, Name, Role, Time,
    ids::{TeamId, UserId},
    passkey,
};
use sea_orm::{IntoActiveModel, entity::prelude::*};

use super::{sql, stored};
use crate::access::{AccessError, TeamScope};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub created_at: DateTimeUtc,
    pub version: i32,
    pub deleted_at: Option<DateTimeUtc>,
    pub passkeys_required: bool,
}

impl ActiveModelBehavior for ActiveModel {}

/// A Team as one of its members sees it in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub team: TeamId,
    pub name: Name,
    pub role: Role,
    pub environments: Environments,
    /// A lock stands on the person in this Team.
    pub locked: bool,
    /// The Team requires passkeys of its owners and admins.
    pub passkeys_required: bool,
}

impl Membership {
    /// This member needs a passkey here.
    pub fn by_passkey(&self) -> bool {
        self.passkeys_required && passkey::is_required_of(self.role)
    }
}

pub async fn insert(db: &impl ConnectionTrait, id: TeamId, name: &Name, now: Time) -> Result<(), DbErr> {
    let row = Model {
        id: id.0,
        name: name.as_str().to_owned(),
        created_at: now,
        version: 1,
        deleted_at: None,
        passkeys_required: false,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

pub async fn rename(db: &impl ConnectionTrait, scope: &TeamScope, name: &Name) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::Name, Expr::value(name.as_str()));
    update.filter(Column::Id.eq(scope.team().0)).exec(db).await.map(|_| ())
}

/// Holds the Team until the transaction ends, for rules that look at several rows (the last owner); fails when it was deleted.
/// SQLite has one writer, which holds everything already. Rows that only name the Team (leases among them) are still written.
pub async fn hold(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<(), AccessError> {
    let lock = if db.get_database_backend() == sea_orm::DbBackend::Postgres { " FOR NO KEY UPDATE" } else { "" };
    let text = format!("SELECT id FROM team WHERE id = $1 AND deleted_at IS NULL{lock}");
    let held = db.query_one_raw(sql(db, &text, [scope.team().0.into()])).await?;
    held.map(drop).ok_or(AccessError::NotFound)
}

/// Whether owners and admins need a passkey.
pub async fn require_passkeys(db: &impl ConnectionTrait, scope: &TeamScope, required: bool) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::PasskeysRequired, Expr::value(required));
    update.filter(Column::Id.eq(scope.team().0)).exec(db).await.map(|_| ())
}

pub async fn requires_passkeys(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<bool, DbErr> {
    let found = Entity::find_by_id(scope.team().0).one(db).await?;
    Ok(found.is_some_and(|team| team.passkeys_required))
}

/// Notes that only its log is left.
pub async fn end(db: &impl ConnectionTrait, scope: &TeamScope, now: Time) -> Result<(), DbErr> {
    let text = "UPDATE team SET deleted_at = $2 WHERE id = $1";
    db.execute_raw(sql(db, text, [scope.team().0.into(), now.into()])).await.map(|_| ())
}

/// The Team and the standing of one user in it: the question behind every [`TeamScope`]. Whose time is over has none.
pub async fn membership(
    db: &impl ConnectionTrait,
    team: TeamId,
    user: UserId,
    now: Time,
) -> Result<Option<Membership>, DbErr> {
    let text = format!("{MEMBERSHIPS} AND m.team_id = $3");
    let row = db.query_one_raw(sql(db, &text, [user.0.into(), now.into(), team.0.into()])).await?;
    row.map(|row| read(&row)).transpose()
}

/// The Teams of a user, by name.
pub async fn memberships(db: &impl ConnectionTrait, user: UserId, now: Time) -> Result<Vec<Membership>, DbErr> {
    let text = format!("{MEMBERSHIPS} ORDER BY t.name, t.id");
    db.query_all_raw(sql(db, &text, [user.0.into(), now.into()])).await?.iter().map(read).collect()
}

const MEMBERSHIPS: &str =
    "SELECT t.id, t.name, t.passkeys_required, m.role, m.production, m.sandbox, EXISTS (SELECT 1 FROM lock l WHERE l.team_id = m.team_id
        AND l.target_id = m.user_id AND l.lifted_at IS NULL) AS locked FROM member m JOIN team t ON t.id = m.team_id
        WHERE m.user_id = $1 AND t.deleted_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2)";

fn read(row: &sea_orm::QueryResult) -> Result<Membership, DbErr> {
    let name: String = row.try_get("", "name")?;
    let role: String = row.try_get("", "role")?;
    Ok(Membership {
        team: TeamId(row.try_get("", "id")?),
        name: stored(name.parse().ok(), "name")?,
        role: stored(Role::parse(&role), "role")?,
        environments: Environments { production: row.try_get("", "production")?, sandbox: row.try_get("", "sandbox")? },
        locked: super::flag(row, "locked")?,
        passkeys_required: row.try_get("", "passkeys_required")?,
    })
}

/// What a Team is called: for Portal's own jobs.
pub async fn name(db: &impl ConnectionTrait, team: TeamId) -> Result<Option<String>, DbErr> {
    let row = db.query_one_raw(sql(db, "SELECT name FROM team WHERE id = $1", [team.0.into()])).await?;
    row.map(|row| row.try_get("", "name")).transpose()
}
