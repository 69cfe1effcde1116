//! `portal keys`: what it does, said line by line.

use std::{error::Error, path::Path};

use backend::{Portal, keys, vault::Rotated};
use model::{Time, counted, ids::TeamId};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysTask {
    List,
    Prepare,
    Rotate,
    RotateDataKeys(i64),
    Rewrap,
    Retire(String),
}

/// Does it, and says what was done.
pub async fn run(portal: &Portal, file: &Path, task: KeysTask) -> Result<(), Box<dyn Error + Send + Sync>> {
    match task {
        KeysTask::List => list(portal).await?,
        KeysTask::Prepare => {
            let id = keys::prepare(portal, file).await?;
            println!("Added {id} to {}. It wraps nothing yet.", file.display());
            println!(
                "Copy the file to every machine that runs Portal and into your safe place, then run `portal keys rotate`."
            );
        }
        KeysTask::Rotate => {
            let id = keys::rotate(portal, file).await?;
            println!("{id} of {} wraps from now on.", file.display());
            println!(
                "Copy the file to every machine that runs Portal and into your safe place, then run `portal keys rewrap`."
            );
        }
        KeysTask::RotateDataKeys(days) => {
            let whose = |team: Option<TeamId>| team.map_or("the installation".to_owned(), |team| team.to_string());
            let all = keys::rotate_data_keys(portal, days, |team, Rotated { resealed, unopened, .. }| {
                println!("{}: a new data key, {resealed} secrets sealed anew, {unopened} that do not open", whose(team));
            })
            .await?;
            println!("New: {}.", counted(all.done, "data key"));
            if !all.failed.is_empty() {
                let failed: Vec<_> = all.failed.into_iter().map(whose).collect();
                return Err(format!("The data keys of these do not open: {}.", failed.join(", ")).into());
            }
        }
        KeysTask::Rewrap => {
            let all = keys::rewrap(portal, |done| println!("{} wrapped anew", counted(done, "data key"))).await?;
            for (key, why) in &all.failed {
                let whose = key.team.map_or("the installation".to_owned(), |team| team.to_string());
                println!("{} of {whose}, wrapped by {}, does not open: {why}", key.id, key.kek_id);
            }
            if all.left > 0 {
                let sentence = "{} data keys are still wrapped by other master keys: what does not open stays so; run it again for the others.";
                return Err(sentence.replacen("{}", &all.left.to_string(), 1).into());
            }
            println!("Done: {}.", counted(all.done, "data key"));
        }
        KeysTask::Retire(id) => {
            keys::retire(portal, file, &id).await?;
            println!("Retired {id}. Copy the file to every machine again.");
            println!(
                "Backups of the database from before the rewrap need it still: your safe place, apart from them, has it."
            );
        }
    }
    Ok(())
}

async fn list(portal: &Portal) -> Result<(), sea_orm::DbErr> {
    // The log says why a service that is silent or refuses told nothing; the list stands without.
    if let Some(service) = &portal.vault.keepers().wraps {
        let _ = service.probe().await;
    }
    for service in portal.vault.keepers().all() {
        let _ = service.ask_ages().await;
    }
    let found = keys::inventory(portal).await?;
    for one in found.masters {
        let state = if one.key.active {
            "active"
        } else if one.present {
            "older"
        } else {
            "MISSING"
        };
        let made = match one.key.made_at {
            Some(at) => format!("made {}", at.format("%Y-%m-%d")),
            None if one.served => "made when its service does not tell".to_owned(),
            None => "made nobody knows when".to_owned(),
        };
        let kept = if one.served { "kept by a key service, " } else { "" };
        println!(
            "{}  {state}  {kept}{made}, wraps {} of {}{}",
            one.key.id,
            counted(one.data_keys, "data key"),
            counted(one.teams, "Team"),
            due(one.due)
        );
    }
    for (whose, keys) in [("of Teams", found.teams), ("of the installation", found.installation)] {
        let oldest = keys.oldest.map(|at| format!(", the oldest made {}", at.format("%Y-%m-%d"))).unwrap_or_default();
        println!("{} {whose} in use{oldest}{}", counted(keys.in_use, "data key"), due(keys.due()));
    }
    Ok(())
}

fn due(at: Option<Time>) -> String {
    at.map(|at| format!(", rotation due {}", at.format("%Y-%m-%d"))).unwrap_or_default()
}
