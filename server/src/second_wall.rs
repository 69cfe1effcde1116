//! Whether PostgreSQL's row-level security stands before every table of Teams, as the migrations built it, and holds whoever asks.

use std::collections::BTreeSet;

use migrations::wall::{OF_NOBODY, OF_TEAMS, OWN_TEAM, own_team};
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

/// What would lead past it, and whom it does not hold. A view that asks with its owner's eyes is a way past only where its owner is
/// not held, and what extensions bring is theirs; what is kept of rows is a copy, whoever owns it.
const WAYS_PAST: &str = "WITH held AS (SELECT oid, rolname, NOT (rolsuper OR rolbypassrls) AS held FROM pg_roles),
        mine AS (SELECT c.oid, c.relname, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND (c.relname = 'team' OR EXISTS
                (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped))),
        asking AS (SELECT DISTINCT v.oid, v.relname, v.relkind, v.relowner, v.reloptions FROM pg_depend d
            JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class JOIN mine ON mine.oid = d.refobjid
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND v.oid <> mine.oid)
    SELECT 'the database role ' || current_user || ' is or may become ' || rolname || ', whom row-level security does not hold' AS way
        FROM held WHERE NOT held AND pg_has_role(current_user, oid, 'MEMBER')
    UNION ALL SELECT 'the database role ' || current_user || ' owns ' || relname FROM mine WHERE pg_has_role(current_user, relowner, 'MEMBER')
    UNION ALL SELECT a.relname || ' keeps a copy of rows of Teams' FROM asking a WHERE a.relkind = 'm'
    UNION ALL SELECT a.relname || ' shows rows of Teams with the eyes of ' || o.rolname || ', whom row-level security does not hold'
        FROM asking a JOIN held o ON o.oid = a.relowner
        WHERE a.relkind = 'v' AND NOT o.held AND NOT COALESCE(a.reloptions::text ~ 'security_invoker=(true|on|1)', false)
    UNION ALL SELECT p.proname || ' runs as ' || o.rolname || ', past row-level security'
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN held o ON o.oid = p.proowner
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prosecdef
            AND (NOT o.held OR p.proconfig::text LIKE '%portal.team%')
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
    UNION ALL SELECT 'a rule rewrites what is asked of ' || mine.relname FROM mine JOIN pg_rewrite r ON r.ev_class = mine.oid";

/// Every gap in the wall, as a sentence of its own; none on SQLite, which has no such wall.
pub async fn gaps(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(Vec::new());
    }
    // What a rule is in PostgreSQL's own words depends on its version: it is asked to write the right ones down, beside the real ones.
    let tx = db.begin().await?;
    let mut gaps = words(&tx, WAYS_PAST, "way", None).await?;
    let mut missing: BTreeSet<&str> = OF_TEAMS.iter().map(|(table, _)| *table).collect();
    if !may_model(&tx).await? {
        gaps.push("it cannot be looked at: grant TEMPORARY on the database to the role".to_owned());
        return Ok(gaps);
    }
    for row in tx.query_all_raw(Statement::from_string(DbBackend::Postgres, TABLES)).await? {
        let (oid, name): (i64, String) = (row.try_get("", "oid")?, row.try_get("", "name")?);
        missing.remove(&*name);
        if !row.try_get::<bool>("", "stands")? {
            gaps.push(format!("{name} has no row-level security that holds its owner"));
        }
        let column: String = row.try_get("", "column")?;
        if words(&tx, RULES, "rule", Some(oid)).await? != right(&tx, &name, &column).await? {
            gaps.push(format!("the rules of {name} are not those of the migrations"));
        }
    }
    tx.rollback().await?;
    gaps.extend(missing.into_iter().map(|name| format!("{name} is not in the schema public")));
    Ok(gaps)
}

/// Whether tables of a transaction of its own may be made.
async fn may_model(tx: &DatabaseTransaction) -> Result<bool, DbErr> {
    let text = "SELECT has_database_privilege(current_database(), 'TEMPORARY') AS may";
    let row = tx.query_one_raw(Statement::from_string(DbBackend::Postgres, text)).await?;
    row.map_or(Ok(false), |row| row.try_get("", "may"))
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
