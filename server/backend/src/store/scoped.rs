//! Reads within one Team. On PostgreSQL the second wall stands behind them: whatever a query says, rows of other Teams are not there.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    TransactionTrait,
};
use uuid::Uuid;

/// Whatever is authority over one Team.
pub trait InTeam {
    /// The Team's id.
    fn in_team(&self) -> Uuid;
}

impl<T: InTeam> InTeam for &T {
    fn in_team(&self) -> Uuid {
        (*self).in_team()
    }
}

/// A handle for reads within one Team; what would write is refused by PostgreSQL.
#[derive(Clone, Debug)]
pub struct Scoped {
    pool: DatabaseConnection,
    team: Uuid,
}

impl Scoped {
    pub(super) fn new(pool: &DatabaseConnection, team: Uuid) -> Self {
        Self { pool: pool.clone(), team }
    }

    /// A transaction that reads this Team alone; nothing on SQLite, which has no such wall.
    async fn within(&self) -> Result<Option<DatabaseTransaction>, DbErr> {
        if self.pool.get_database_backend() == DbBackend::Sqlite {
            return Ok(None);
        }
        let tx = self.pool.begin().await?;
        tx.execute_unprepared(&format!("SET TRANSACTION READ ONLY; {}", narrowed(self.team))).await?;
        Ok(Some(tx))
    }
}

/// From here to its end a transaction sees and writes the rows of this Team alone.
fn narrowed(team: Uuid) -> String {
    format!("SET LOCAL portal.team = '{team}'")
}

/// Narrows a transaction to one Team.
pub(super) async fn narrow(tx: &DatabaseTransaction, team: Uuid) -> Result<(), DbErr> {
    match tx.get_database_backend() {
        DbBackend::Sqlite => Ok(()),
        _ => tx.execute_unprepared(&narrowed(team)).await.map(drop),
    }
}

/// Does it in a transaction of its own, which is ended whatever came of it.
macro_rules! within {
    ($self:ident, $does:ident, $what:expr) => {
        match $self.within().await? {
            Some(tx) => {
                let done = tx.$does($what).await;
                // What was read was read, even where the connection is lost now.
                if let Err(error) = tx.rollback().await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a read was not ended");
                }
                done
            }
            None => $self.pool.$does($what).await,
        }
    };
}

#[async_trait::async_trait]
impl ConnectionTrait for Scoped {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        within!(self, execute_raw, statement)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        within!(self, execute_unprepared, text)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        within!(self, query_one_raw, statement)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        within!(self, query_all_raw, statement)
    }
}
