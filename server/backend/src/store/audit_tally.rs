//! How often what was done, by the day: kept by the watch, so that figures over months need not read the events.

use std::collections::BTreeMap;

use model::{
    audit::{Action, Outcome},
    ids::TeamId,
};
use sea_orm::{DbErr, Value, entity::prelude::*};

use super::{
    audit_search::{Conditions, Filter},
    pieces, sql, stored,
};
use crate::access::TeamScope;

/// What is counted together: Team, day, action, outcome, actor, target.
pub type Kind = (TeamId, String, Action, Outcome, Uuid, Uuid);

/// Adds to the days. No kind may stand in it twice.
pub async fn add(db: &impl ConnectionTrait, counts: BTreeMap<Kind, i64>) -> Result<(), DbErr> {
    for piece in pieces(counts.into_iter().collect()) {
        let rows = (0..piece.len()).map(|n| {
            let places: Vec<_> = (1..=7).map(|place| format!("${}", n * 7 + place)).collect();
            format!("({})", places.join(", "))
        });
        let text = format!(
            "INSERT INTO audit_tally (team_id, day, action, outcome, actor_id, target_id, events) VALUES {}
            ON CONFLICT (team_id, day, action, outcome, actor_id, target_id)
            DO UPDATE SET events = audit_tally.events + EXCLUDED.events",
            rows.collect::<Vec<_>>().join(", ")
        );
        let values = piece.into_iter().flat_map(|((team, day, action, outcome, actor, target), events)| {
            let words = [day.into(), action.as_str().into(), outcome.as_str().into()];
            std::iter::once(team.0.into()).chain(words).chain([actor.into(), target.into(), events.into()])
        });
        db.execute_raw(sql(db, &text, values)).await?;
    }
    Ok(())
}

/// How many credentials a gateway received on the days from `first` to before `end`, and on how many of them it did.
pub async fn issued(
    db: &impl ConnectionTrait,
    team: TeamId,
    gateway: Uuid,
    first: &str,
    end: &str,
) -> Result<(i64, i64), DbErr> {
    let text = "SELECT CAST(COALESCE(SUM(events), 0) AS BIGINT) AS many, COUNT(DISTINCT day) AS days FROM audit_tally
        WHERE team_id = $1 AND actor_id = $2 AND action = 'credential.issued' AND day >= $3 AND day < $4";
    let row = db.query_one_raw(sql(db, text, [team.0.into(), gateway.into(), first.into(), end.into()])).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.try_get("", "many")?, row.try_get("", "days")?)))
}

/// Figures of the days from `first` to before `end`, by what was done and how it ended.
pub async fn by_action(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    first: &str,
    end: &str,
) -> Result<Vec<(Action, Outcome, i64)>, DbErr> {
    let text = "SELECT action, outcome, CAST(SUM(events) AS BIGINT) AS many FROM audit_tally
        WHERE team_id = $1 AND day >= $2 AND day < $3 GROUP BY action, outcome ORDER BY action, outcome";
    let rows = db.query_all_raw(sql(db, text, [scope.team().0.into(), first.into(), end.into()])).await?;
    let read = |row: sea_orm::QueryResult| {
        let text = |column: &str| row.try_get::<String>("", column);
        let action = stored(Action::parse(&text("action")?), "action")?;
        Ok((action, stored(Outcome::parse(&text("outcome")?), "outcome")?, row.try_get("", "many")?))
    };
    rows.into_iter().map(read).collect()
}

/// Events of each day from `first` to before `end`: all, and those that did not go well. `None` where the filter asks for what
/// is not counted here.
pub async fn by_day(
    db: &impl ConnectionTrait,
    scope: &TeamScope,
    filter: &Filter,
    first: &str,
    end: &str,
) -> Result<Option<Vec<(String, i64, i64)>>, DbErr> {
    let uncounted = filter.any_of.as_ref().is_some_and(|meant| !meant.reasons.is_empty() || !meant.addresses.is_empty());
    if filter.address.is_some() || uncounted {
        return Ok(None);
    }
    let mut conditions = Conditions::new(
        "e.team_id = $1 AND e.day >= $2 AND e.day < $3",
        vec![scope.team().0.into(), first.into(), end.into()],
    );
    let words = |actions: &[Action]| actions.iter().map(|action| action.as_str().into()).collect::<Vec<Value>>();
    conditions.and_one_of("e.action", words(&filter.actions));
    conditions.and_one_of("e.actor_id", filter.actor.map(Into::into));
    conditions.and_one_of("e.target_id", filter.target.map(Into::into));
    conditions.and_one_of("e.outcome", filter.outcome.map(|outcome| outcome.as_str().into()));
    if let Some(meant) = &filter.any_of {
        conditions.and_any([
            ("e.action", words(&meant.actions)),
            ("e.actor_id", meant.actors.iter().map(|id| (*id).into()).collect()),
            ("e.target_id", meant.targets.iter().map(|id| (*id).into()).collect()),
        ]);
    }
    let (text, values) = conditions.into_parts();
    let text = format!(
        "SELECT day, CAST(SUM(events) AS BIGINT) AS many,
            CAST(SUM(CASE WHEN outcome <> 'ok' THEN events ELSE 0 END) AS BIGINT) AS trouble
        FROM audit_tally e WHERE {text} GROUP BY day ORDER BY day"
    );
    let rows = db.query_all_raw(sql(db, &text, values)).await?;
    let read =
        |row: sea_orm::QueryResult| Ok((row.try_get("", "day")?, row.try_get("", "many")?, row.try_get("", "trouble")?));
    rows.into_iter().map(read).collect::<Result<_, DbErr>>().map(Some)
}
