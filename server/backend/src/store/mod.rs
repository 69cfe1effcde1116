//! The database: one file per table. Entities never leave this module; queries are free functions named by what they answer.

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnAcquireErr, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
    sqlx::{ConnectOptions as _, postgres::PgConnectOptions},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub mod access_review;
pub mod alert;
pub mod alert_setting;
pub mod approval;
pub mod audit_event;
pub mod audit_hold;
pub mod audit_horizon;
pub mod audit_pending;
pub mod audit_search;
pub mod audit_tally;
pub mod audit_tree;
pub mod audit_watch;
pub mod audit_word;
pub mod browser;
pub mod connection;
pub mod consent;
pub mod contact;
pub mod data_key;
pub mod dormancy;
pub mod drill;
pub mod evidence;
pub mod gateway;
pub mod gateway_key;
pub mod impersonation;
pub mod incident;
pub mod invitation;
pub mod issue;
pub mod key_network;
pub mod lease;
pub mod lessons;
pub mod lock;
pub mod login_address;
pub mod login_challenge;
pub mod lwa_app;
pub mod mail_outbox;
pub mod measure;
pub mod member;
pub mod notice;
pub mod notification;
pub mod notification_key;
pub mod passkey;
pub mod playbook;
pub mod profile_choice;
pub mod rate_limit;
pub mod refresh;
pub mod restored;
pub mod review;
mod scoped;
pub mod sealed;
pub mod session;
pub mod task;
pub mod team;
pub mod user;
pub mod webhook;

pub use scoped::{InTeam, Scoped};

/// What a connection sees on PostgreSQL until a transaction narrows it to one Team: Portal's own work goes across Teams.
const ACROSS: (&str, &str) = ("portal.team", "every");

/// Who waits longer for the one writer of SQLite, or for a lock of PostgreSQL, gives up.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// The database handle. Within a Team, reads go through [`Db::of`] and changes through [`Db::begin_in`]; across Teams, through
/// [`Db::reader`] and [`Db::begin`].
#[derive(Clone, Debug)]
pub struct Db {
    pool: DatabaseConnection,
    /// SQLite has one writer: waiting in line here is cheaper than its busy handler's sleeping.
    writer: Option<Arc<Semaphore>>,
}

/// A transaction that may write. Rolls back when dropped.
#[derive(Debug)]
pub struct Tx {
    tx: DatabaseTransaction,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Db {
    /// Connects to `sqlite://path` or `postgres://…`, with at most `connections` connections.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, DbErr> {
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let postgres = is_postgres.then(|| url.parse::<PgConnectOptions>()).transpose();
        let postgres = postgres.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?;
        // sea-orm writes the address into a span: what stands there must not hold the password.
        let mut options = ConnectOptions::new(if postgres.is_some() { "postgres://" } else { url });
        if let Some(postgres) = postgres {
            let postgres = postgres.options([("lock_timeout", format!("{}s", TURN_WITHIN.as_secs()).as_str()), ACROSS]);
            options.map_sqlx_postgres_opts(move |_| postgres.clone().disable_statement_logging());
            // A connection that was used a moment ago is alive: asking it costs a round trip for each query.
            options.test_before_acquire_if_idle_for(Duration::from_secs(1));
        }
        options.max_connections(connections).min_connections(1).sqlx_logging(false);
        options.acquire_timeout(Duration::from_secs(5));
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .pragma("journal_mode", "WAL")
                // A committed audit event must survive the loss of power.
                .pragma("synchronous", "FULL")
                .pragma("secure_delete", "ON")
                .busy_timeout(Duration::from_secs(5))
        });
        let pool = Database::connect(options).await?;
        let sqlite = pool.get_database_backend() == DbBackend::Sqlite;
        if !sqlite {
            is_across(&pool).await?;
        }
        Ok(Self { pool, writer: sqlite.then(|| Arc::new(Semaphore::new(1))) })
    }

    /// For queries that change nothing, within the Team of this scope.
    pub fn of(&self, scope: &impl InTeam) -> Scoped {
        Scoped::new(&self.pool, scope.in_team())
    }

    /// For queries that change nothing, across all Teams.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub fn backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    /// Begins a transaction that may write within the Team of this scope.
    pub async fn begin_in(&self, scope: &impl InTeam) -> Result<Tx, DbErr> {
        let tx = self.begin().await?;
        scoped::narrow(&tx, scope.in_team()).await?;
        Ok(tx)
    }

    /// Begins a transaction that may write, across all Teams. Fails when the database hangs: nobody waits for it without end.
    pub async fn begin(&self) -> Result<Tx, DbErr> {
        let turn = match &self.writer {
            Some(writer) => {
                let waited = tokio::time::timeout(TURN_WITHIN, writer.clone().acquire_owned()).await;
                waited.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?.ok()
            }
            None => None,
        };
        // Deferred transactions of SQLite fail when they turn from reading to writing under another writer.
        let options =
            TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        // A server that is frozen or cut off answers nothing, and its own limits do not help.
        let begun = tokio::time::timeout(TURN_WITHIN, self.pool.begin_with_options(options)).await;
        let tx = begun.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))??;
        Ok(Tx { tx, _turn: turn })
    }

    /// Lets go of every connection.
    pub async fn close(self) -> Result<(), DbErr> {
        self.pool.close().await
    }

    /// Answers when the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.pool.execute_unprepared("SELECT 1").await.map(|_| ())
    }
}

/// Refuses a connection whose startup parameters did not arrive: behind row-level security it would see nothing, and say so nowhere.
async fn is_across(pool: &DatabaseConnection) -> Result<(), DbErr> {
    let (name, every) = ACROSS;
    let text = format!("SELECT current_setting('{name}', true) AS word");
    let row = pool.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await?;
    match row.map(|row| row.try_get::<Option<String>>("", "word")).transpose()?.flatten() {
        Some(word) if word == every => Ok(()),
        _ => Err(DbErr::Custom(format!(
            "the setting {name} did not reach PostgreSQL: a pooler in between has to pass startup parameters (options) on"
        ))),
    }
}

impl Tx {
    pub async fn commit(self) -> Result<(), DbErr> {
        self.tx.commit().await
    }

    /// Ends it now. One that is dropped ends too, only when its connection is used again: until then its locks stand.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.tx.rollback().await
    }
}

impl std::ops::Deref for Tx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.tx
    }
}

/// A statement with `$1`-style places, which both databases read.
pub(crate) fn sql<I: IntoIterator<Item = Value>>(db: &impl ConnectionTrait, text: &str, values: I) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), text, values)
}

/// Splits rows into pieces whose sizes are powers of two. A statement is prepared anew for every number of rows that it
/// inserts; so there are nine of them up to 256, and each is prepared once.
pub(crate) fn pieces<T>(mut rows: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        let size = 1 << rows.len().checked_ilog2()?;
        let rest = rows.split_off(size);
        Some(std::mem::replace(&mut rows, rest))
    })
}

/// True when `error` is the violation of the unique index or constraint called `name`.
pub(crate) fn violates(error: &DbErr, name: &str) -> bool {
    use sea_orm::SqlErr;
    match error.sql_err() {
        // SQLite names the columns, PostgreSQL the constraint: callers give both, separated by a bar.
        Some(SqlErr::UniqueConstraintViolation(message)) => name.split('|').any(|name| message.contains(name)),
        _ => false,
    }
}

/// A typed value from its stored text; the database's CHECKs make a failure here a corrupt row.
pub(crate) fn stored<T>(parsed: Option<T>, what: &'static str) -> Result<T, DbErr> {
    parsed.ok_or_else(|| DbErr::Type(format!("stored {what} is not one of the known words")))
}

/// SQLite gives EXISTS as a number, PostgreSQL as a boolean.
pub(crate) fn flag(row: &QueryResult, column: &str) -> Result<bool, DbErr> {
    row.try_get::<bool>("", column).or_else(|_| row.try_get::<i64>("", column).map(|n| n != 0))
}
