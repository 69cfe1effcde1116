//! `portal keys` with a key service, as an operator types it.

use std::{
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, routing::get};

use super::*;

/// Runs `portal keys` in this house with settings and variables.
async fn portal_keys(house: &House, words: &[&str], more: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.arg("keys").args(words).env_clear().envs([
        ("PORTAL_MODE", "development"),
        ("PORTAL_ROLES", "[\"web\"]"),
        ("PORTAL_DATA_DIR", &house.stage.folder.display().to_string()),
        ("PORTAL_DATABASE_URL", &house.stage.url),
        ("PORTAL_LOG__FILTER", "off"),
        ("HOME", "/nonexistent"),
    ]);
    command.envs(more.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// Where AWS tells a machine the credentials of its role; counts who asks.
async fn role() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let told = move || async move {
        count.fetch_add(1, Ordering::SeqCst);
        Json(json!({ "AccessKeyId": "a", "SecretAccessKey": "b", "Token": "c", "Expiration": "2099-01-01T00:00:00Z" }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/role", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/role", get(told))).into_future());
    (url, asked)
}

on_both_databases!(a_command_records_what_was_refused_to_it, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    // In development a key service is on this machine.
    let settings = [
        ("PORTAL_KEY_SERVICE__WRAPS_WITH", "kms"),
        ("PORTAL_KEY_SERVICE__KMS_KEY", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("PORTAL_KEY_SERVICE__KMS_ENDPOINT", "http://elsewhere.example:8200"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    let refused = portal_keys(&house, &["rewrap"], &settings).await;
    assert!(!refused.status.success(), "{}", said(&refused));
    let denied = "SELECT reason || ' ' || details AS row FROM audit_event WHERE action = 'egress.denied'";
    let denied = crate::registry::column(&house, denied).await;
    assert!(denied.len() == 1 && denied[0].contains("not-listed") && denied[0].contains("elsewhere.example"), "{denied:?}");
});

on_both_databases!(a_machine_with_a_role_asks_aws_kms, async |stage: Stage| {
    let house = House::on(stage).await;
    let of = house.furnished("ada").await;
    let aws = Aws::start().await;
    let (url, asked) = role().await;
    let settings = [
        ("PORTAL_KEY_SERVICE__WRAPS_WITH", "kms"),
        ("PORTAL_KEY_SERVICE__KMS_KEY", aws.arn.as_str()),
        ("PORTAL_KEY_SERVICE__KMS_ENDPOINT", aws.running.url.as_str()),
    ];
    let without = portal_keys(&house, &["rewrap"], &settings).await;
    assert!(!without.status.success() && said(&without).contains("credential"), "{}", said(&without));
    let with = [&settings[..], &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())]].concat();
    let done = portal_keys(&house, &["rewrap"], &with).await;
    assert!(done.status.success() && said(&done).contains("Done: 2 data keys."), "{}", said(&done));
    assert!(asked.load(Ordering::SeqCst) > 0);
    let listed = said(&portal_keys(&house, &["list"], &with).await);
    assert!(
        listed.contains(&format!("{}  active  kept by a key service, made 20", aws.arn))
            && listed.contains(", wraps 2 data keys of 1 Team, rotation due 20"),
        "{listed}"
    );
    let refused = said(&portal_keys(&house, &["rotate"], &with).await);
    assert!(refused.contains("rotate it there"), "{refused}");
    // Another key takes its place; the one before opens.
    let next = aws.key().await;
    let older = format!("[\"{}\"]", aws.arn);
    let moved = with.iter().map(|(name, value)| (*name, if *name == settings[1].0 { next.as_str() } else { *value }));
    let moved: Vec<_> = moved.chain([("PORTAL_KEY_SERVICE__KMS_OLDER", older.as_str())]).collect();
    let done = said(&portal_keys(&house, &["rewrap"], &moved).await);
    assert!(done.contains("Done: 2 data keys."), "{done}");
    let service = aws.service(&next);
    assert_eq!(house.issue_cold(&cold(&house.stage, wraps(&service)), &of).await.0, 200);
});

on_both_databases!(a_command_that_needs_the_service_says_that_it_is_silent, async |stage: Stage| {
    let house = House::on(stage).await;
    house.furnished("ada").await;
    let aws = Aws::start().await;
    let settings = [
        ("PORTAL_KEY_SERVICE__WRAPS_WITH", "kms"),
        ("PORTAL_KEY_SERVICE__KMS_KEY", aws.arn.as_str()),
        ("PORTAL_KEY_SERVICE__KMS_ENDPOINT", aws.running.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    aws.running.signal("STOP");
    let begun = Instant::now();
    let silent = portal_keys(&house, &["rewrap"], &settings).await;
    assert!(!silent.status.success() && said(&silent).contains("the key service did not answer"), "{}", said(&silent));
    assert!(begun.elapsed() < Duration::from_secs(10));
    aws.running.signal("CONT");
    let wrong = settings.map(|(name, value)| (name, if name.ends_with("KMS_KEY") { "alias/portal" } else { value }));
    let refused = said(&portal_keys(&house, &["rewrap"], &wrong).await);
    assert!(refused.contains("is not the ARN of a key"), "{refused}");
});
