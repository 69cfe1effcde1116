//! Invitations into a Team, by e-mail address.

use model::{
    EmailAddress, Environments, Name, Role, Time,
    engagement::Engagement,
    ids::{InvitationId, TeamId, UserId},
};
use sea_orm::{IntoActiveModel, entity::prelude::*};

use super::{
    member::{columns, engagement},
    sql, stored,
};
use crate::access::TeamScope;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub team_id: Uuid,
    pub email: String,
    pub role: String,
    pub production: bool,
    pub sandbox: bool,
    pub invited_by: Uuid,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    pub ended_as: Option<String>,
    pub company: Option<String>,
    pub ends_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// An open invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub team: TeamId,
    pub team_name: Name,
    pub email: EmailAddress,
    pub role: Role,
    pub environments: Environments,
    pub engagement: Engagement,
    pub invited_by: EmailAddress,
    pub inviter: UserId,
    pub created_at: Time,
    pub expires_at: Time,
}

/// What is written when somebody is invited.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    pub id: InvitationId,
    pub email: EmailAddress,
    pub role: Role,
    pub environments: Environments,
    pub engagement: Engagement,
    pub invited_by: UserId,
    pub created_at: Time,
    pub expires_at: Time,
}

/// How an invitation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Accepted,
    Declined,
    Revoked,
    Replaced,
}

impl End {
    fn as_str(self) -> &'static str {
        match self {
            End::Accepted => "accepted",
            End::Declined => "declined",
            End::Revoked => "revoked",
            End::Replaced => "replaced",
        }
    }
}

/// Inserts an invitation in place of any open one to the same address.
pub async fn insert(db: &impl ConnectionTrait, scope: &TeamScope, new: NewInvitation) -> Result<(), DbErr> {
    let replace = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(new.created_at))
        .col_expr(Column::EndedAs, Expr::value(End::Replaced.as_str()))
        .filter(Column::TeamId.eq(scope.team().0))
        .filter(Column::Email.eq(new.email.as_str()))
        .filter(Column::EndedAt.is_null());
    replace.exec(db).await?;
    let (company, ends_at) = columns(&new.engagement);
    let row = Model {
        id: new.id.0,
        team_id: scope.team().0,
        email: new.email.as_str().to_owned(),
        role: new.role.as_str().to_owned(),
        production: new.environments.production,
        sandbox: new.environments.sandbox,
        invited_by: new.invited_by.0,
        created_at: new.created_at,
        expires_at: new.expires_at,
        ended_at: None,
        ended_as: None,
        company,
        ends_at,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map(|_| ())
}

const OPEN: &str = "SELECT i.id, i.team_id, t.name AS team_name, i.email, i.role, i.production, i.sandbox,
        u.email AS invited_by, i.invited_by AS inviter, i.created_at, i.expires_at, i.company, i.ends_at
    FROM invitation i JOIN team t ON t.id = i.team_id JOIN \"user\" u ON u.id = i.invited_by
    WHERE i.ended_at IS NULL";

/// Open invitations of a Team, the newest first; expired ones too, so that they can be seen and sent again.
pub async fn of_team(db: &impl ConnectionTrait, scope: &TeamScope) -> Result<Vec<Invitation>, DbErr> {
    let text = format!("{OPEN} AND i.team_id = $1 ORDER BY i.created_at DESC");
    db.query_all_raw(sql(db, &text, [scope.team().0.into()])).await?.iter().map(read).collect()
}

/// Open, unexpired invitations to an address, over all Teams: asked only for the person's own address.
pub async fn to_address(db: &impl ConnectionTrait, email: &EmailAddress, now: Time) -> Result<Vec<Invitation>, DbErr> {
    let text = format!(
        "{OPEN} AND i.email = $1 AND i.expires_at > $2 AND (i.ends_at IS NULL OR i.ends_at > $2) ORDER BY i.created_at DESC"
    );
    db.query_all_raw(sql(db, &text, [email.as_str().into(), now.into()])).await?.iter().map(read).collect()
}

fn read(row: &sea_orm::QueryResult) -> Result<Invitation, DbErr> {
    let text = |column: &str| row.try_get::<String>("", column);
    Ok(Invitation {
        id: InvitationId(row.try_get("", "id")?),
        team: TeamId(row.try_get("", "team_id")?),
        team_name: stored(text("team_name")?.parse().ok(), "name")?,
        email: stored(text("email")?.parse().ok(), "e-mail address")?,
        role: stored(Role::parse(&text("role")?), "role")?,
        environments: Environments { production: row.try_get("", "production")?, sandbox: row.try_get("", "sandbox")? },
        engagement: engagement(row)?,
        invited_by: stored(text("invited_by")?.parse().ok(), "e-mail address")?,
        inviter: UserId(row.try_get("", "inviter")?),
        created_at: row.try_get("", "created_at")?,
        expires_at: row.try_get("", "expires_at")?,
    })
}

/// Ends an open invitation; false when another request did so first.
pub async fn end(db: &impl ConnectionTrait, id: InvitationId, end: End, now: Time) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::EndedAs, Expr::value(end.as_str()))
        .filter(Column::Id.eq(id.0))
        .filter(Column::EndedAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}
