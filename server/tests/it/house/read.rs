//! What came out: mails, events, the database.

use super::*;

impl Stage {
    /// The mails that an address got, the oldest first.
    pub async fn mails_to(&self, email: &str) -> Vec<CapturedMail> {
        backend::mail::deliver_due(&self.portal).await.unwrap();
        let mails = backend::mail::read_mailbox(&self.folder.join("mail")).unwrap();
        mails.into_iter().rev().filter(|mail| mail.to == email).collect()
    }

    /// The Team's events of one kind, the newest first.
    pub async fn events(&self, scope: &TeamScope, action: Action) -> Vec<audit_event::Row> {
        let filter = audit_event::Filter { actions: vec![action], ..Default::default() };
        audit_event::of_team(self.portal.db.reader(), scope, &filter, 1000).await.unwrap()
    }

    /// The same person as their next request in this session finds them.
    pub async fn resumed(&self, cx: &Cx, session: SessionId) -> Cx {
        let person = backend::sessions::resume(&self.portal, session, cx.address, true).await.unwrap().unwrap();
        Cx { actor: Actor::User(person), ..cx.clone() }
    }

    /// Whether these bytes stand anywhere in the database: on SQLite in its files, on PostgreSQL in any column of any row.
    pub async fn database_holds(&self, bytes: &[u8]) -> bool {
        let reader = self.portal.db.reader();
        if reader.get_database_backend() == DbBackend::Sqlite {
            let files = ["portal.db", "portal.db-wal"].map(|name| std::fs::read(self.folder.join(name)).unwrap_or_default());
            return files.iter().any(|file| file.windows(bytes.len()).any(|window| window == bytes));
        }
        let statement = |text: String| sea_orm::Statement::from_string(DbBackend::Postgres, text);
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = std::str::from_utf8(bytes).unwrap_or(&hex).replace('\'', "''");
        for table in reader.query_all_raw(statement(tables.to_owned())).await.unwrap() {
            let table: String = table.try_get("", "table_name").unwrap();
            let found = format!(
                "SELECT 1 AS one FROM \"{table}\" t WHERE CAST(t AS text) LIKE '%{text}%' OR CAST(t AS text) LIKE '%{hex}%'"
            );
            if reader.query_one_raw(statement(found)).await.unwrap().is_some() {
                return true;
            }
        }
        false
    }
}
