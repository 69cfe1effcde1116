//! What goes across Teams: every place that reads or writes without being held to one, and why.

use std::{collections::BTreeMap, fs, path::Path};

/// Where, how often, and why. The list only shrinks.
const ACROSS: [(&str, usize, &str); 33] = [
    ("app/src/edge/views/mod.rs", 1, "people belong to no Team"),
    ("server/backend/src/access.rs", 1, "a membership is what makes a scope"),
    ("server/backend/src/access_reviews/", 3, "the job asks which reviews are due, of every Team"),
    ("server/backend/src/alerts/", 14, "the watch reads every Team's log; alerts of the installation are of none"),
    (
        "server/backend/src/audit/",
        11,
        "the log is one for all: its events are committed, placed, signed and pruned together",
    ),
    ("server/backend/src/backup/", 8, "a backup holds everything"),
    ("server/backend/src/connections/", 2, "a consent's state says of which Team it is; tests are counted by connection"),
    ("server/backend/src/credentials/", 5, "a key says of which Team it is; misses are counted by network"),
    ("server/backend/src/dormancy.rs", 5, "accounts belong to no Team"),
    ("server/backend/src/egress/", 1, "denials are events of the installation"),
    ("server/backend/src/impersonations/", 7, "an operator's own, of every Team, and those whose time is over"),
    (
        "server/backend/src/incidents/",
        17,
        "clocks, measures and evidence of every Team; events of restricted incidents are in no Team's log",
    ),
    ("server/backend/src/jobs/", 3, "jobs ask what is due, of every Team"),
    ("server/backend/src/keys/", 8, "the master key wraps every Team's data key"),
    ("server/backend/src/login/", 6, "whoever signs in is in no Team yet"),
    ("server/backend/src/mail/", 4, "the outbox is one for all"),
    ("server/backend/src/notifications/", 5, "a connection's id says of which Team it is"),
    ("server/backend/src/passkeys/", 16, "passkeys belong to people"),
    ("server/backend/src/portal.rs", 3, "a data key is got ready before anything else; what is sealed for no Team"),
    ("server/backend/src/promises/", 1, "alerts of the installation"),
    ("server/backend/src/reviews/", 1, "the job asks which Reviews are due, of every Team"),
    ("server/backend/src/sessions.rs", 6, "sessions belong to people"),
    ("server/backend/src/teams/", 4, "a person's own memberships and invitations, and engagements that end"),
    ("server/backend/src/webhooks/", 1, "the job asks which messages are due, of every Team"),
    ("server/src/audit_export.rs", 1, "the operator exports the whole log"),
    ("server/src/backup_report.rs", 1, "a backup holds everything"),
    ("server/src/checkpoints.rs", 1, "heads are of the whole log"),
    ("server/src/custody.rs", 1, "keys and database belong together"),
    ("server/src/demo/", 1, "people belong to no Team"),
    ("server/src/drill/", 4, "rehearsals, in a Portal of their own, and the newest of every Team"),
    ("server/src/tiles.rs", 3, "the log as a whole, for witnesses"),
    ("server/src/web/browser.rs", 4, "browsers belong to people"),
    ("server/src/", 19, "migrations, roles, restore and start"),
];

#[test]
fn what_goes_across_teams_is_on_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in ["app/src", "server/backend/src", "server/src"] {
        walk(&root.join(folder), &mut |path| {
            let text = fs::read_to_string(path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let uses = text.matches(".reader()").count() + text.matches("db.begin()").count();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            let known =
                ACROSS.iter().filter(|(place, _, _)| name.starts_with(place)).max_by_key(|(place, _, _)| place.len());
            match known {
                Some((place, _, _)) => *found.entry(place).or_default() += uses,
                None => assert_eq!(uses, 0, "{name} goes across Teams and is not on the list"),
            }
        });
    }
    for (place, uses, why) in ACROSS {
        assert_eq!(found.get(place), Some(&uses), "{place}");
        assert!(why.len() > 10, "{place}");
    }
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, each),
            false if path.extension().is_some_and(|ending| ending == "rs") => each(&path),
            false => {}
        }
    }
}
