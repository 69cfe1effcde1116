//! `portal keys`: what it does, said line by line.

use std::{error::Error, path::Path};

use backend::{
    Portal,
    keys::{self, KEY_DAYS},
};
use chrono::Duration;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysTask {
    List,
    Rotate,
    RotateDataKeys(i64),
    Rewrap,
    Retire(String),
}

/// Does it, and says what was done.
pub async fn run(portal: &Portal, file: &Path, task: KeysTask) -> Result<(), Box<dyn Error + Send + Sync>> {
    match task {
        KeysTask::List => list(portal).await?,
        KeysTask::Rotate => {
            let id = keys::rotate(portal, file).await?;
            println!("Added {id} to {}, which wraps from now on.", file.display());
            println!(
                "Copy the file to every machine that runs Portal and into your safe place, then run `portal keys rewrap`."
            );
        }
        KeysTask::RotateDataKeys(days) => {
            let many = keys::rotate_data_keys(portal, days, |team, sealed| {
                println!("{team}: a new data key, {sealed} secrets sealed anew");
            });
            println!("{} Teams.", many.await?);
        }
        KeysTask::Rewrap => {
            let many = keys::rewrap(portal, |done| println!("{done} data keys wrapped anew")).await?;
            println!("Done: {many} data keys.");
        }
        KeysTask::Retire(id) => {
            keys::retire(portal, file, &id).await?;
            println!("Retired {id}. Backups from before the rewrap need it still: keep it with them, or destroy them.");
        }
    }
    Ok(())
}

async fn list(portal: &Portal) -> Result<(), sea_orm::DbErr> {
    let found = keys::inventory(portal).await?;
    for one in found.masters {
        let state = if one.key.active {
            "active"
        } else if one.present {
            "older"
        } else {
            "MISSING"
        };
        let made = one.key.made_at.map_or("unknown".to_owned(), |at| at.format("%Y-%m-%d").to_string());
        let due = one.key.made_at.map(|at| at + Duration::days(KEY_DAYS.into())).filter(|_| one.key.active);
        let due = due.map(|at| format!(", rotation due {}", at.format("%Y-%m-%d"))).unwrap_or_default();
        println!("{}  {state}  made {made}, wraps {} data keys of {} Teams{due}", one.key.id, one.data_keys, one.teams);
    }
    let oldest = found.oldest.map(|at| format!(", the oldest made {}", at.format("%Y-%m-%d"))).unwrap_or_default();
    println!("{} Teams have a data key in use{oldest}.", found.in_use);
    Ok(())
}
