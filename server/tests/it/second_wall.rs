//! Row-level security (E3): within a Team the database itself shows and takes nothing of another, and every gap is found.

mod across;

use backend::store::{Db, InTeam};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use server::{database_roles::Roles, second_wall::gaps};

use crate::{
    house::{Furnished, House},
    support::Stage,
    tenancy::marks::{MARK, mark},
};

/// Tables of Teams, and the column that says to which Team a row belongs.
async fn tables(db: &Db) -> Vec<(String, String)> {
    let text = "SELECT c.relname::text AS name, CASE WHEN c.relname = 'team' THEN 'id' ELSE 'team_id' END AS col FROM pg_class c
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND (c.relname = 'team' OR EXISTS
            (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id' AND NOT a.attisdropped)) ORDER BY 1";
    let rows = db.reader().query_all_raw(Statement::from_string(DbBackend::Postgres, text)).await.unwrap();
    rows.iter().map(|row| (row.try_get("", "name").unwrap(), row.try_get("", "col").unwrap())).collect()
}

/// What one sees, changes or makes of `other`'s in a transaction of `own`, in each table; and in how many tables there was something.
async fn leaks(db: &Db, own: &Furnished, other: &Furnished) -> (Vec<String>, usize) {
    let (mut leaks, mut looked) = (Vec::new(), 0);
    let team = other.scope.in_team();
    for (table, column) in tables(db).await {
        let theirs = format!("SELECT to_jsonb(t)::text AS row FROM \"{table}\" t WHERE {column} = '{team}' LIMIT 1");
        let theirs = Statement::from_string(DbBackend::Postgres, theirs);
        let Some(row) = db.reader().query_one_raw(theirs.clone()).await.unwrap() else { continue };
        let row: String = row.try_get("", "row").unwrap();
        looked += 1;
        if db.of(&own.scope).query_one_raw(theirs).await.unwrap().is_some() {
            leaks.push(format!("{table} is read"));
        }
        let change = format!("UPDATE \"{table}\" SET {column} = {column} WHERE {column} = '{team}'");
        let make = format!("INSERT INTO \"{table}\" SELECT * FROM jsonb_populate_record(NULL::\"{table}\", $1::jsonb)");
        for (what, text) in [("changed", change), ("made", make)] {
            let tx = db.begin_in(&own.scope).await.unwrap();
            let values = if what == "made" { vec![row.clone().into()] } else { Vec::new() };
            let done = tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, text, values)).await;
            match done {
                Ok(done) if done.rows_affected() == 0 => {}
                // What a guard of the log or a lack of rights refuses is refused too; a duplicate was let through the wall.
                Err(error) if !error.to_string().contains("duplicate key") => {}
                _ => leaks.push(format!("{table} is {what}")),
            }
            tx.rollback().await.unwrap();
        }
    }
    (leaks, looked)
}

/// Handles of a login role that is a member of the one that serves, as a process of production has them.
async fn serving(stage: &Stage, roles: &Roles) -> (Db, String) {
    let (base, database) = stage.url.rsplit_once('/').unwrap();
    let login = format!("{}_login", roles.serving);
    let make = format!("CREATE ROLE {login} LOGIN IN ROLE {}", roles.serving);
    stage.portal.db.reader().execute_unprepared(&make).await.unwrap();
    let url = format!("{}/{database}", base.replace("//portal@", &format!("//{login}@")));
    (Db::connect(&url, 4).await.unwrap(), login)
}

#[tokio::test(flavor = "multi_thread")]
async fn within_a_team_the_database_shows_and_takes_nothing_of_another() {
    let house = House::on(Stage::postgres().await).await;
    let (ada, bob) = (house.furnished(MARK).await, house.furnished("bob").await);
    let things = house.things(&ada).await;
    mark(&house, &ada, &things).await;
    house.things(&bob).await;
    let owner = &house.stage.portal.db;
    let roles = Roles::of(owner.reader()).await.unwrap();
    roles.grant(owner.reader()).await.unwrap();
    let (serving, _) = serving(&house.stage, &roles).await;
    assert_eq!(gaps(serving.reader()).await.unwrap(), [""; 0]);
    // Whoever owns the tables is held too.
    for db in [&serving, owner] {
        for (own, other, kinds) in [(&ada, &bob, 30), (&bob, &ada, 45)] {
            let (found, looked) = leaks(db, own, other).await;
            assert_eq!(found, [""; 0]);
            assert!(looked > kinds, "{looked} tables hold something");
        }
        // Without a word for whom it asks, a connection sees nothing at all.
        let tx = db.begin().await.unwrap();
        tx.execute_unprepared("SET LOCAL portal.team = ''").await.unwrap();
        for (table, _) in tables(db).await {
            let any = Statement::from_string(DbBackend::Postgres, format!("SELECT 1 AS one FROM \"{table}\" LIMIT 1"));
            assert!(tx.query_one_raw(any).await.unwrap().is_none(), "{table}");
        }
        tx.rollback().await.unwrap();
    }
    // Without the wall each of these is a leak: what is asked here would find one.
    owner.reader().execute_unprepared("ALTER TABLE member DISABLE ROW LEVEL SECURITY").await.unwrap();
    let (found, _) = leaks(&serving, &bob, &ada).await;
    assert_eq!(found, ["member is read", "member is changed", "member is made"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_gap_in_the_wall_is_found() {
    const ALL: &str = "ALTER TABLE connection";
    let mutations = [
        ("no row-level security", format!("{ALL} DISABLE ROW LEVEL SECURITY")),
        ("the owner goes free", format!("{ALL} NO FORCE ROW LEVEL SECURITY")),
        ("no rule", "DROP POLICY own_team ON gateway_key".to_owned()),
        ("a rule that holds nobody", "ALTER POLICY own_team ON lease USING (true)".to_owned()),
        ("writes go free", "ALTER POLICY own_team ON lwa_app WITH CHECK (true)".to_owned()),
        ("another way in", "CREATE POLICY more ON member USING (true)".to_owned()),
        (
            "reads alone",
            "DROP POLICY own_team ON incident; CREATE POLICY own_team ON incident FOR SELECT USING (true)".to_owned(),
        ),
        ("a table without it", "CREATE TABLE later (id uuid PRIMARY KEY, team_id uuid NOT NULL)".to_owned()),
        ("a view", "CREATE VIEW seen AS SELECT * FROM connection".to_owned()),
        (
            "a function",
            "CREATE FUNCTION peek() RETURNS SETOF connection LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM connection'"
                .to_owned(),
        ),
        ("a copy", "CREATE MATERIALIZED VIEW kept AS SELECT user_id FROM member".to_owned()),
        (
            "a copy in another schema",
            "CREATE SCHEMA aside; CREATE MATERIALIZED VIEW aside.kept AS SELECT user_id FROM member".to_owned(),
        ),
        ("a rule", "CREATE RULE also AS ON UPDATE TO task DO ALSO NOTIFY task".to_owned()),
        (
            "a role that may become another",
            "CREATE ROLE {login}_2 BYPASSRLS; GRANT {login}_2 TO {login}; ALTER ROLE {login} NOINHERIT".to_owned(),
        ),
        ("a table elsewhere", "CREATE SCHEMA away; ALTER TABLE task SET SCHEMA away".to_owned()),
        ("a role that goes past it", "ALTER ROLE {login} BYPASSRLS".to_owned()),
        ("a role that owns", "ALTER TABLE task OWNER TO {login}".to_owned()),
    ];
    let stage = Stage::postgres().await;
    let owner = stage.portal.db.clone();
    let roles = Roles::of(owner.reader()).await.unwrap();
    roles.grant(owner.reader()).await.unwrap();
    let (serving, login) = serving(&stage, &roles).await;
    let (base, database) = stage.url.rsplit_once('/').unwrap();
    // Some of these take a superuser.
    let above = Db::connect(&format!("{}/{database}", base.replace("//portal@", "//postgres@")), 1).await.unwrap();
    let above_it = gaps(above.reader()).await.unwrap();
    assert!(above_it.iter().any(|gap| gap.contains("may become postgres")), "{above_it:?}");
    // What is no way past is none: its owner is held, or whoever asks.
    owner.reader().execute_unprepared("CREATE VIEW ours AS SELECT * FROM connection").await.unwrap();
    let theirs =
        "CREATE VIEW theirs WITH (security_invoker = true) AS SELECT * FROM connection; CREATE VIEW none AS SELECT 1 AS one";
    above.reader().execute_unprepared(theirs).await.unwrap();
    let mut red = 0;
    for (what, text) in &mutations {
        assert_eq!(gaps(serving.reader()).await.unwrap(), [""; 0], "before {what}");
        let text = text.replace("{login}", &login);
        above.reader().execute_unprepared(&text).await.unwrap();
        let found = gaps(serving.reader()).await.unwrap();
        println!("{what}: {}", found.join("; "));
        red += usize::from(!found.is_empty());
        mend(&above, what, &login).await;
    }
    println!("figure E3: {} mutations of the schema, {red} red", mutations.len());
    assert_eq!(red, mutations.len());
}

/// Takes a mutation back.
async fn mend(above: &Db, what: &str, login: &str) {
    let rule = migrations::wall::own_team("team_id");
    let text = match what {
        "no row-level security" => "ALTER TABLE connection ENABLE ROW LEVEL SECURITY".to_owned(),
        "the owner goes free" => "ALTER TABLE connection FORCE ROW LEVEL SECURITY".to_owned(),
        "no rule" => format!("CREATE POLICY own_team ON gateway_key USING ({rule})"),
        "a rule that holds nobody" => format!("ALTER POLICY own_team ON lease USING ({rule})"),
        "writes go free" => {
            format!("DROP POLICY own_team ON lwa_app; CREATE POLICY own_team ON lwa_app USING ({rule})")
        }
        "another way in" => "DROP POLICY more ON member".to_owned(),
        "reads alone" => format!("DROP POLICY own_team ON incident; CREATE POLICY own_team ON incident USING ({rule})"),
        "a table without it" => "DROP TABLE later".to_owned(),
        "a view" => "DROP VIEW seen".to_owned(),
        "a function" => "DROP FUNCTION peek()".to_owned(),
        "a copy" => "DROP MATERIALIZED VIEW kept".to_owned(),
        "a copy in another schema" => "DROP SCHEMA aside CASCADE".to_owned(),
        "a rule" => "DROP RULE also ON task".to_owned(),
        "a role that may become another" => format!("ALTER ROLE {login} INHERIT; DROP ROLE {login}_2"),
        "a table elsewhere" => "ALTER TABLE away.task SET SCHEMA public; DROP SCHEMA away".to_owned(),
        "a role that goes past it" => format!("ALTER ROLE {login} NOBYPASSRLS"),
        _ => "ALTER TABLE task OWNER TO portal".to_owned(),
    };
    above.reader().execute_unprepared(&text).await.unwrap();
}
