//! What stands in a database.

use super::*;

/// Every row of every table but those aside, as text. With a Team, only its own rows of the tables that have some.
pub async fn dump(house: &House, team: Option<&str>, aside: &[&str]) -> BTreeMap<String, Vec<String>> {
    dump_of(&house.stage.portal.db, team, aside).await
}

/// The same of any database.
pub async fn dump_of(db: &Db, team: Option<&str>, aside: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in tables_of(db).await {
        let owner = columns.iter().find(|(name, _)| name == "team_id" || (table == "team" && name == "id"));
        if aside.contains(&table.as_str()) || (team.is_some() && owner.is_none()) {
            continue;
        }
        let (text, id) = match db.backend() {
            DbBackend::Sqlite => {
                let quoted = columns.iter().map(|(name, _)| format!("quote(\"{name}\")")).collect::<Vec<_>>();
                (quoted.join(" || '|' || "), "lower(hex(\"{column}\"))")
            }
            _ => (format!("CAST(\"{table}\" AS text)"), "replace(CAST(\"{column}\" AS text), '-', '')"),
        };
        let mut query = format!("SELECT {text} AS row FROM \"{table}\"");
        if let (Some(team), Some((column, _))) = (team, owner) {
            query += &format!(" WHERE {} = '{}'", id.replace("{column}", column), team.strip_prefix("team_").unwrap());
        }
        all.insert(table, column_of(db, &format!("{query} ORDER BY row")).await);
    }
    all
}

/// Every table with its columns and their types.
pub async fn tables(house: &House) -> BTreeMap<String, Vec<(String, String)>> {
    tables_of(&house.stage.portal.db).await
}

async fn tables_of(db: &Db) -> BTreeMap<String, Vec<(String, String)>> {
    let text = match db.backend() {
        DbBackend::Sqlite => {
            "SELECT t.name || ' ' || c.name || ' ' || lower(c.type) AS row FROM sqlite_master t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT table_name || ' ' || column_name || ' ' || data_type AS row FROM information_schema.columns
             WHERE table_schema = 'public' ORDER BY ordinal_position"
        }
    };
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for row in column_of(db, text).await {
        let mut words = row.splitn(3, ' ').map(str::to_owned);
        let (table, name, kind) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        tables.entry(table).or_default().push((name, kind));
    }
    assert!(tables.len() > 10, "{tables:?}");
    tables
}

/// The answers of a query of one column, called `row`.
pub async fn column(house: &House, query: &str) -> Vec<String> {
    column_of(&house.stage.portal.db, query).await
}

pub async fn column_of(db: &Db, query: &str) -> Vec<String> {
    let db = db.reader();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), query)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "row").unwrap()).collect()
}
