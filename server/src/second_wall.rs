//! Whether PostgreSQL's row-level security stands before every table of Teams, as the migrations built it, and holds whoever asks.

use migrations::wall::{OF_NOBODY, OWN_TEAM, own_team};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait};

/// Tables of Teams, and whether they have row-level security that holds their owner too.
const TABLES: &str =
    "SELECT c.oid::bigint AS oid, c.relname::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS stands,
        CASE WHEN c.relname = 'team' THEN 'id' ELSE 'team_id' END AS column
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND (c.relname = 'team' OR EXISTS
        (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped))
    ORDER BY c.relname";

/// What is written of a table's rules, in PostgreSQL's own words.
const RULES: &str = "SELECT format('%s %s %s %s %s %s', p.polname, p.polcmd, p.polpermissive, p.polroles,
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) AS rule
    FROM pg_policy p WHERE p.polrelid = $1 ORDER BY p.polname";

/// What would lead past it, and whom it does not hold.
const WAYS_PAST: &str = "SELECT 'the database role ' || rolname || ' is not held by row-level security' AS way
        FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)
    UNION ALL SELECT 'the database role ' || current_user || ' owns ' || c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'USAGE')
    UNION ALL SELECT c.relname || ' shows rows with the eyes of its owner'
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('v', 'm')
    UNION ALL SELECT p.proname || ' runs as its owner'
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.prosecdef";

/// Every gap in the wall, as a sentence of its own; none on SQLite, which has no such wall.
pub async fn gaps(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(Vec::new());
    }
    // What a rule is in PostgreSQL's own words depends on its version: it is asked to write the right ones down, beside the real ones.
    let tx = db.begin().await?;
    let mut gaps = words(&tx, WAYS_PAST, "way", None).await?;
    for row in tx.query_all_raw(Statement::from_string(DbBackend::Postgres, TABLES)).await? {
        let (oid, name): (i64, String) = (row.try_get("", "oid")?, row.try_get("", "name")?);
        if !row.try_get::<bool>("", "stands")? {
            gaps.push(format!("{name} has no row-level security that holds its owner"));
        }
        let column: String = row.try_get("", "column")?;
        if words(&tx, RULES, "rule", Some(oid)).await? != right(&tx, &name, &column).await? {
            gaps.push(format!("the rules of {name} are not those of the migrations"));
        }
    }
    tx.rollback().await?;
    Ok(gaps)
}

/// The rules that a table should have, as PostgreSQL writes them.
async fn right(tx: &DatabaseTransaction, table: &str, column: &str) -> Result<Vec<String>, DbErr> {
    let mut text = format!(
        "CREATE TEMP TABLE wall_model (id uuid, team_id uuid); CREATE POLICY {OWN_TEAM} ON wall_model USING ({})",
        own_team(column)
    );
    for (_, command, rule) in OF_NOBODY.iter().filter(|(of, _, _)| *of == table) {
        text += &format!("; CREATE POLICY of_nobody ON wall_model FOR {command} {rule}");
    }
    tx.execute_unprepared(&text).await?;
    let oid = "SELECT 'pg_temp.wall_model'::regclass::oid::bigint AS oid";
    let oid = tx.query_one_raw(Statement::from_string(DbBackend::Postgres, oid)).await?;
    let oid = oid.ok_or_else(|| DbErr::RecordNotFound("wall_model".to_owned()))?.try_get("", "oid")?;
    let right = words(tx, RULES, "rule", Some(oid)).await?;
    tx.execute_unprepared("DROP TABLE pg_temp.wall_model").await?;
    Ok(right)
}

async fn words(tx: &DatabaseTransaction, text: &str, column: &str, of: Option<i64>) -> Result<Vec<String>, DbErr> {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, text, of.map(Into::into));
    tx.query_all_raw(statement).await?.iter().map(|row| row.try_get("", column)).collect()
}
