//! Users in a Team.

use model::{
    EmailAddress, Environments, Role, Time,
    engagement::Engagement,
    ids::{TeamId, UserId},
};
use sea_orm::{IntoActiveModel, entity::prelude::*, sea_query::OnConflict};

use super::{sql, stored};
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub team_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub role: String,
    pub production: bool,
    pub sandbox: bool,
    pub joined_at: DateTimeUtc,
    pub company: Option<String>,
    pub ends_at: Option<DateTimeUtc>,
    pub told_of: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A User in a Team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub email: EmailAddress,
    pub role: Role,
    pub environments: Environments,
    pub joined_at: Time,
    pub engagement: Engagement,
}

/// As it stands in a row, of a member and of an invitation.
pub(super) fn engagement(row: &sea_orm::QueryResult) -> Result<Engagement, DbErr> {
    let (company, until) = (row.try_get::<Option<String>>("", "company")?, row.try_get::<Option<Time>>("", "ends_at")?);
    let Some((company, until)) = company.zip(until) else { return Ok(Engagement::Employee) };
    Ok(Engagement::Contractor { company: stored(company.parse().ok(), "company")?, until })
}

/// As it is written into a row.
pub(super) fn columns(engagement: &Engagement) -> (Option<String>, Option<Time>) {
    match engagement {
        Engagement::Employee => (None, None),
        Engagement::Contractor { company, until } => (Some(company.to_string()), Some(*until)),
    }
}

/// Adds a member; false when the user is one already. Takes a bare id: a person who joins has no scope yet.
pub async fn insert(
    db: &impl ConnectionTrait,
    team: TeamId,
    user: UserId,
    role: Role,
    environments: Environments,
    engagement: &Engagement,
    now: Time,
) -> Result<bool, DbErr> {
    let (company, ends_at) = columns(engagement);
    let row = Model {
        team_id: team.0,
        user_id: user.0,
        role: role.as_str().to_owned(),
        production: environments.production,
        sandbox: environments.sandbox,
        joined_at: now,
        company,
        ends_at,
        told_of: None,
    };
    let conflict = OnConflict::columns([Column::TeamId, Column::UserId]).do_nothing().to_owned();
    Ok(Entity::insert(row.into_active_model()).on_conflict(conflict).exec_without_returning(db).await? == 1)
}

const MEMBERS: &str = "SELECT m.user_id, u.email, m.role, m.production, m.sandbox, m.joined_at, m.company, m.ends_at
    FROM member m JOIN \"user\" u ON u.id = m.user_id WHERE m.team_id = $1";

pub async fn all(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Member>, DbErr> {
    let text = format!("{MEMBERS} ORDER BY u.email");
    db.query_all_raw(sql(db, &text, [scope.team().0.into()])).await?.iter().map(read).collect()
}

pub async fn by_user(db: &impl ConnectionTrait, scope: &TeamScope, user: UserId) -> Result<Option<Member>, DbErr> {
    let text = format!("{MEMBERS} AND m.user_id = $2");
    let row = db.query_one_raw(sql(db, &text, [scope.team().0.into(), user.0.into()])).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &sea_orm::QueryResult) -> Result<Member, DbErr> {
    let email: String = row.try_get("", "email")?;
    let role: String = row.try_get("", "role")?;
    Ok(Member {
        user: UserId(row.try_get("", "user_id")?),
        email: stored(email.parse().ok(), "e-mail address")?,
        role: stored(Role::parse(&role), "role")?,
        environments: Environments { production: row.try_get("", "production")?, sandbox: row.try_get("", "sandbox")? },
        joined_at: row.try_get("", "joined_at")?,
        engagement: engagement(row)?,
    })
}

/// Writes for whom a member works, and until when.
pub async fn engage(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    user: UserId,
    engagement: &Engagement,
) -> Result<(), DbErr> {
    let (company, ends_at) = columns(engagement);
    let text = "UPDATE member SET company = $3, ends_at = $4, told_of = NULL WHERE team_id = $1 AND user_id = $2";
    let values = [scope.team().0.into(), user.0.into(), company.into(), ends_at.into()];
    db.execute_raw(sql(db, text, values)).await.map(|_| ())
}

/// Members of any Team whose time ends before `until`, and whether people were told of that end: for Portal's own job.
pub async fn ending(db: &impl ConnectionTrait, until: Time) -> Result<Vec<(TeamId, UserId, Time, bool)>, DbErr> {
    let text = "SELECT team_id, user_id, ends_at, told_of FROM member WHERE ends_at <= $1 ORDER BY ends_at, user_id";
    let rows = db.query_all_raw(sql(db, text, [until.into()])).await?;
    let read = |row: &sea_orm::QueryResult| {
        let (end, told): (Time, Option<Time>) = (row.try_get("", "ends_at")?, row.try_get("", "told_of")?);
        Ok((TeamId(row.try_get("", "team_id")?), UserId(row.try_get("", "user_id")?), end, told == Some(end)))
    };
    rows.iter().map(read).collect()
}

/// Notes that people were told of this end; false when another worker has.
pub async fn told_of(db: &impl ConnectionTrait, scope: &TeamScope, user: UserId, end: Time) -> Result<bool, DbErr> {
    let text = "UPDATE member SET told_of = $3 WHERE team_id = $1 AND user_id = $2 AND ends_at = $3
        AND (told_of IS NULL OR told_of <> $3)";
    let values = [scope.team().0.into(), user.0.into(), end.into()];
    Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
}

pub async fn change(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    user: UserId,
    role: Role,
    environments: Environments,
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Role, Expr::value(role.as_str()))
        .col_expr(Column::Production, Expr::value(environments.production))
        .col_expr(Column::Sandbox, Expr::value(environments.sandbox));
    update.filter(Column::TeamId.eq(scope.team().0)).filter(Column::UserId.eq(user.0)).exec(db).await.map(|_| ())
}

pub async fn delete(db: &impl ConnectionTrait, scope: &TeamScope, user: UserId) -> Result<(), DbErr> {
    Entity::delete_by_id((scope.team().0, user.0)).exec(db).await.map(|_| ())
}

/// Everybody in the Team who is not locked out of it, and whose account is not disabled: whom mails about it may reach.
pub async fn not_locked(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Member>, DbErr> {
    let text = "SELECT target_id FROM lock WHERE team_id = $1 AND target_kind = 'user' AND lifted_at IS NULL
        UNION SELECT u.id AS target_id FROM \"user\" u JOIN member m ON m.user_id = u.id
            WHERE m.team_id = $1 AND u.disabled_at IS NOT NULL";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into()])).await?;
    let locked = rows.into_iter().map(|row| row.try_get::<Uuid>("", "target_id")).collect::<Result<Vec<_>, _>>()?;
    let all = all(db, scope).await?;
    Ok(all.into_iter().filter(|member| !locked.contains(&member.user.0)).collect())
}
