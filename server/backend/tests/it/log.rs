//! A log with its sequencer, for tests that attack it or let it grow old.

use backend::{
    Cx,
    audit::{self, CheckpointKey, Event, LastHead, Report, Sequencer, SequencerError, verify},
    store::audit_tree,
};
use chrono::Duration;
use model::audit::Action;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

use crate::support::Stage;

/// How many events there are before somebody attacks, and how many between two checkpoints.
pub const EVENTS: u64 = 700;
pub const BETWEEN: u64 = 100;

/// With its memory in a file, as `portal serve` has it.
pub fn sequencer(stage: &Stage) -> Sequencer {
    let key = CheckpointKey::generate("portal.example/audit");
    let last = LastHead::open(&key_file(stage), key.verifier()).unwrap();
    Sequencer { portal: stage.portal.clone(), key, last }
}

pub fn key_file(stage: &Stage) -> std::path::PathBuf {
    stage.folder.join("checkpoint.key")
}

pub async fn record(cx: &Cx, many: u64) {
    let tx = cx.portal.db.begin().await.unwrap();
    for n in 0..many {
        cx.portal.clock.advance(Duration::milliseconds(1));
        audit::append(&*tx, cx, Event::new(Action::SignedOut).with("number", n as i64)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A log, who signs it, and what a witness keeps of it.
pub struct Log {
    pub stage: Stage,
    pub sequencer: Sequencer,
    pub witness: Vec<String>,
}

impl Log {
    pub async fn on(stage: Stage) -> Self {
        let sequencer = sequencer(&stage);
        let mut log = Self { stage, sequencer, witness: Vec::new() };
        let cx = log.stage.visitor("192.0.2.1");
        for _ in 0..EVENTS / BETWEEN {
            record(&cx, BETWEEN).await;
            log.stage.advance(Duration::minutes(1));
            log.sequencer.run().await.unwrap();
            log.witness.push(log.newest().await);
        }
        log
    }

    pub async fn newest(&self) -> String {
        audit_tree::newest_checkpoint(self.stage.portal.db.reader()).await.unwrap().unwrap().note
    }

    /// With what a witness kept.
    pub async fn verify(&self) -> Report {
        self.verify_with(&self.witness).await
    }

    /// With what this machine itself keeps outside the database, and nobody else's word.
    pub async fn verify_alone(&self) -> Report {
        self.verify_with(&[LastHead::read(&key_file(&self.stage)).unwrap().unwrap()]).await
    }

    pub async fn verify_with(&self, remembered: &[String]) -> Report {
        let portal = &self.stage.portal;
        let verifier = self.sequencer.key.verifier();
        verify(portal.db.reader(), &portal.vault, verifier, remembered, portal.clock.now()).await.unwrap()
    }

    /// Portal goes on as if nothing had happened; it may find that it cannot.
    pub async fn go_on(&self) -> Result<u64, SequencerError> {
        self.stage.advance(Duration::minutes(1));
        self.sequencer.run().await
    }

    /// As the owner of the database, with every guard out of the way.
    pub async fn attack(&self, statements: &[&str]) {
        let db = self.stage.portal.db.reader();
        let tx = db.begin().await.unwrap();
        match db.get_database_backend() {
            DbBackend::Sqlite => {
                let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%' AND name <> 'audit_event_waits'";
                for row in tx.query_all_raw(Statement::from_string(DbBackend::Sqlite, triggers)).await.unwrap() {
                    let name: String = row.try_get("", "name").unwrap();
                    tx.execute_unprepared(&format!("DROP TRIGGER {name}")).await.unwrap();
                }
            }
            _ => {
                for table in ["audit_event", "audit_leaf", "audit_tile", "audit_checkpoint", "audit_horizon"] {
                    tx.execute_unprepared(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await.unwrap();
                }
                tx.execute_unprepared("ALTER TABLE audit_event ENABLE TRIGGER audit_event_waits").await.unwrap();
            }
        }
        for statement in statements {
            tx.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        tx.commit().await.unwrap();
    }

    pub fn is_sqlite(&self) -> bool {
        self.stage.portal.db.backend() == DbBackend::Sqlite
    }
}

pub fn event_at(index: u64) -> String {
    format!("(SELECT event_id FROM audit_leaf WHERE idx = {index})")
}
