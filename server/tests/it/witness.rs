//! A witness notices a log that was cut, rewritten, forged or has fallen silent, and nothing else.

use backend::{
    Cx,
    audit::{self, CheckpointKey, Event, Sequencer},
    egress::Egress,
    mail::{Mailer, read_mailbox},
    store::audit_tree,
    webhooks::Receiver,
};
use chrono::Duration;
use model::audit::Action;
use server::{
    checkpoints::Outlets,
    tiles,
    witness::{Alarm, Bell, Memory, Outlet, Sight, Witness},
};

use crate::{
    on_both_databases,
    support::Stage,
    webhooks::{SECRET, service},
};

const NAME: &str = "portal.example/audit";

/// A log that is served to witnesses.
struct Log {
    stage: Stage,
    sequencer: Sequencer,
    url: url::Url,
}

impl Log {
    async fn of(stage: Stage, key: &CheckpointKey, witnesses: Vec<String>) -> Self {
        Self::serve(stage.portal.clone(), stage, key, witnesses).await
    }

    /// The log of another database.
    async fn on(portal: backend::Portal, stage: Stage, key: &CheckpointKey) -> Self {
        Self::serve(portal, stage, key, Vec::new()).await
    }

    async fn serve(portal: backend::Portal, stage: Stage, key: &CheckpointKey, witnesses: Vec<String>) -> Self {
        let sequencer = Sequencer::new(&portal, key.clone());
        let log = tiles::Log { portal, verifier: Some(key.verifier().to_owned()), witnesses };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, tiles::router(log)).await });
        Self { stage, sequencer, url }
    }

    /// So many events, placed and under a new head.
    async fn grow(&self, many: u64) {
        let cx = self.stage.visitor("192.0.2.1");
        record(&cx, many).await;
        self.stage.advance(Duration::minutes(1));
        self.sequencer.run().await.unwrap();
    }
}

async fn record(cx: &Cx, many: u64) {
    let tx = cx.portal.db.begin().await.unwrap();
    for _ in 0..many {
        audit::append(&*tx, cx, Event::new(Action::SignedOut)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn witness(log: &Log, folder: &std::path::Path, key: &CheckpointKey) -> Witness {
    Witness {
        outlet: Outlet::new(log.url.clone()).unwrap(),
        verifier: log.sequencer.key.verifier().to_owned(),
        key: key.clone(),
        memory: Memory::open(folder).unwrap(),
        clock: log.stage.portal.clock.clone(),
        bell: Bell::default(),
    }
}

fn size(sight: &Sight) -> u64 {
    match sight {
        Sight::Fits(head) => head.size,
        Sight::Alarm(alarm) => panic!("{alarm}"),
    }
}

on_both_databases!(a_log_that_only_grows_fits_and_is_cosigned, async |stage: Stage| {
    let (key, own) = (CheckpointKey::generate(NAME), CheckpointKey::generate("witness"));
    let log = Log::of(stage, &key, vec![own.verifier().to_owned()]).await;
    let folder = log.stage.folder.join("witness");
    let watching = witness(&log, &folder, &own);
    let mut total = 0;
    // Within a tile, over its edge, over several.
    for many in [3, 200, 60, 900, 1] {
        log.grow(many).await;
        total += many;
        assert_eq!(size(&watching.look().await.unwrap()), total);
        // A process that was started anew remembers.
        assert_eq!(size(&witness(&log, &folder, &own).look().await.unwrap()), total);
    }
    assert_eq!(watching.memory.all().unwrap().len(), 5);
    let seen = audit_tree::seen(log.stage.portal.db.reader()).await.unwrap();
    assert_eq!((seen[0].name.as_str(), seen[0].size, seen.len()), ("witness", total, 1));
    assert!(
        audit::signed_by(&seen[0].note, own.verifier()).is_ok() && audit::read_note(&seen[0].note, key.verifier()).is_ok()
    );
    // Whom the log does not know cannot write there, and sees the log all the same.
    let stranger = CheckpointKey::generate("stranger");
    assert_eq!(size(&witness(&log, &log.stage.folder.join("stranger"), &stranger).look().await.unwrap()), total);
    assert_eq!(audit_tree::seen(log.stage.portal.db.reader()).await.unwrap(), seen);
});

on_both_databases!(a_log_that_was_cut_rewritten_or_signed_by_another_raises_the_alarm, async |stage: Stage| {
    let (key, own) = (CheckpointKey::generate(NAME), CheckpointKey::generate("witness"));
    let log = Log::of(stage, &key, Vec::new()).await;
    log.grow(700).await;
    let folder = log.stage.folder.join("witness");
    assert_eq!(size(&witness(&log, &folder, &own).look().await.unwrap()), 700);

    // Another history under the stolen key: shorter, as long, and longer.
    let other = Log::of(Stage::sqlite().await, &key, Vec::new()).await;
    let watching = Witness { clock: other.stage.portal.clock.clone(), ..witness(&log, &folder, &own) };
    let watching = Witness { outlet: Outlet::new(other.url.clone()).unwrap(), ..watching };
    let mut alarms = 0;
    for (grow, expected) in
        [(600, Alarm::Rollback { had: 700, has: 600 }), (100, Alarm::Fork { size: 700 }), (500, Alarm::Fork { size: 1200 })]
    {
        other.grow(grow).await;
        assert_eq!(watching.look().await.unwrap(), Sight::Alarm(expected));
        alarms += 1;
    }
    let forged = Log::of(Stage::sqlite().await, &CheckpointKey::generate(NAME), Vec::new()).await;
    forged.grow(800).await;
    let watching = Witness { outlet: Outlet::new(forged.url.clone()).unwrap(), ..watching };
    assert_eq!(watching.look().await.unwrap(), Sight::Alarm(Alarm::Forged));
    alarms += 1;
    // What was seen stays what was seen, and the alarms are kept.
    assert_eq!(watching.memory.all().unwrap().len(), 1);
    let kept = std::fs::read_to_string(folder.join("alarms.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), alarms);
    assert_eq!(size(&witness(&log, &folder, &own).look().await.unwrap()), 700);
});

on_both_databases!(a_restored_copy_is_a_log_that_was_cut, async |stage: Stage| {
    let (key, own) = (CheckpointKey::generate(NAME), CheckpointKey::generate("witness"));
    let log = Log::of(stage, &key, Vec::new()).await;
    log.grow(300).await;
    let file = log.stage.folder.join("portal.backup");
    backend::backup::write(&log.stage.portal, std::fs::File::create(&file).unwrap()).await.unwrap();
    log.grow(50).await;
    let folder = log.stage.folder.join("witness");
    assert_eq!(size(&witness(&log, &folder, &own).look().await.unwrap()), 350);
    let is_postgres = log.stage.portal.db.backend() == sea_orm::DbBackend::Postgres;
    let db = backend::store::Db::connect(&crate::backup::empty(&log.stage, is_postgres).await, 4).await.unwrap();
    server::restore::restore(&log.stage.portal.vault, &db, &file, log.stage.portal.clock.now()).await.unwrap();
    let portal = backend::Portal { db, ..log.stage.portal.clone() };
    assert!(server::restore::promote(&portal).await.unwrap());
    // Signed by whoever moved the last head away.
    let other = Log::on(portal, Stage::sqlite().await, &key).await;
    other.stage.advance(Duration::minutes(2));
    other.sequencer.portal.clock.advance(Duration::minutes(2));
    other.sequencer.run().await.unwrap();
    let watching = Witness { outlet: Outlet::new(other.url.clone()).unwrap(), ..witness(&log, &folder, &own) };
    assert_eq!(watching.look().await.unwrap(), Sight::Alarm(Alarm::Rollback { had: 350, has: 301 }));
});

on_both_databases!(a_log_that_falls_silent_raises_the_alarm, async |stage: Stage| {
    let (key, own) = (CheckpointKey::generate(NAME), CheckpointKey::generate("witness"));
    let log = Log::of(stage, &key, Vec::new()).await;
    log.grow(5).await;
    let watching = witness(&log, &log.stage.folder.join("witness"), &own);
    log.stage.advance(Duration::minutes(5));
    assert_eq!(size(&watching.look().await.unwrap()), 5);
    log.stage.advance(Duration::seconds(1));
    assert!(matches!(watching.look().await.unwrap(), Sight::Alarm(Alarm::Late { .. })));
    // Nothing happens in a quiet Portal, but its log is signed all the same.
    log.sequencer.run().await.unwrap();
    assert_eq!(size(&watching.look().await.unwrap()), 5);
});

on_both_databases!(a_log_that_hides_raises_the_alarm_as_one_that_lies_does, async |stage: Stage| {
    use sea_orm::ConnectionTrait;
    let (key, own) = (CheckpointKey::generate(NAME), CheckpointKey::generate("witness"));
    let log = Log::of(stage, &key, Vec::new()).await;
    log.grow(700).await;
    let folder = log.stage.folder.join("witness");
    let watching = witness(&log, &folder, &own);
    assert_eq!(size(&watching.look().await.unwrap()), 700);
    // The tiles are gone that would prove the next head.
    log.grow(600).await;
    let db = log.stage.portal.db.reader();
    let guard = match db.get_database_backend() {
        sea_orm::DbBackend::Sqlite => "DROP TRIGGER audit_tile_no_delete",
        _ => "ALTER TABLE audit_tile DISABLE TRIGGER USER",
    };
    db.execute_unprepared(guard).await.unwrap();
    db.execute_unprepared("DELETE FROM audit_tile WHERE level = 0 AND n = 2").await.unwrap();
    assert_eq!(watching.look().await.unwrap(), Sight::Alarm(Alarm::Unproved { size: 1300 }));
    let kept = std::fs::read_to_string(folder.join("alarms.jsonl")).unwrap();
    assert!(kept.lines().last().unwrap().contains("\"checkpoint\":\"portal.example/audit"), "{kept}");
    // Nobody answers: an error at first, then an alarm, again and again.
    let nowhere = Outlet::new("http://127.0.0.1:9".parse().unwrap()).unwrap();
    let blind = Witness { outlet: nowhere, ..witness(&log, &folder, &own) };
    assert!(blind.look().await.is_err());
    log.stage.advance(Duration::minutes(5));
    for _ in 0..2 {
        assert!(matches!(blind.look().await.unwrap(), Sight::Alarm(Alarm::Unseen { .. })));
    }
});

on_both_databases!(a_head_of_the_future_hides_no_silence, async |stage: Stage| {
    let (key, own) = (CheckpointKey::generate(NAME), CheckpointKey::generate("witness"));
    let log = Log::of(stage, &key, Vec::new()).await;
    log.grow(5).await;
    let behind = model::Time::from(log.stage.portal.clock.now()) - Duration::minutes(6);
    let clock = backend::Clock::manual(behind);
    let watching = Witness { clock, ..witness(&log, &log.stage.folder.join("witness"), &own) };
    assert!(matches!(watching.look().await.unwrap(), Sight::Alarm(Alarm::Late { .. })));
});

on_both_databases!(an_alarm_is_told_once_by_mail_and_webhook_and_so_is_its_end, async |stage: Stage| {
    let (key, own) = (CheckpointKey::generate(NAME), CheckpointKey::generate("witness"));
    let log = Log::of(stage, &key, Vec::new()).await;
    log.grow(5).await;
    let (url, heard) = service().await;
    let mails = log.stage.folder.join("witness-mail");
    let bell = Bell {
        mail: Some((Mailer::folder(&mails).unwrap(), "guard@example.com".parse().unwrap())),
        webhook: Some(Receiver::new(&Egress::development(None, None), &url, SECRET.to_owned().into()).unwrap()),
    };
    let watching = Witness { bell, ..witness(&log, &log.stage.folder.join("witness"), &own) };
    let told = || (read_mailbox(&mails).unwrap().len(), heard.lock().unwrap().1.len());
    size(&watching.look().await.unwrap());
    assert_eq!(told(), (0, 0));
    // Silence: told when it begins, not at every look, and again while it lasts.
    log.stage.advance(Duration::minutes(6));
    heard.lock().unwrap().0 = 500;
    for expected in [(1, 1), (1, 2)] {
        assert!(matches!(watching.look().await.unwrap(), Sight::Alarm(Alarm::Late { .. })));
        assert_eq!(told(), expected, "what could not be told one way is told that way at the next look");
    }
    heard.lock().unwrap().0 = 200;
    for expected in [(1, 3), (1, 3)] {
        watching.look().await.unwrap();
        assert_eq!(told(), expected);
    }
    let ids: Vec<_> = heard.lock().unwrap().1.iter().map(|(headers, _)| headers["webhook-id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "one alarm has one id: {ids:?}");
    let alarms = std::fs::read_to_string(log.stage.folder.join("witness/alarms.jsonl")).unwrap();
    assert_eq!(alarms.lines().count(), 1, "an alarm that lasts is kept once");
    log.stage.advance(Duration::hours(6));
    watching.look().await.unwrap();
    assert_eq!(told(), (2, 4));
    log.sequencer.run().await.unwrap();
    for _ in 0..2 {
        size(&watching.look().await.unwrap());
        assert_eq!(told(), (3, 5));
    }
    // A fork is a proof: nothing takes it back.
    let other = Log::of(Stage::sqlite().await, &key, Vec::new()).await;
    other.grow(50).await;
    let honest = watching.outlet.clone();
    let watching = Witness { outlet: Outlet::new(other.url.clone()).unwrap(), ..watching };
    assert!(matches!(watching.look().await.unwrap(), Sight::Alarm(Alarm::Fork { .. })));
    let watching = Witness { outlet: honest, ..watching };
    size(&watching.look().await.unwrap());
    let mail = read_mailbox(&mails).unwrap().into_iter().max_by_key(|mail| mail.file.clone()).unwrap();
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("guard@example.com", "An audit log can be seen again"));
    assert!(mail.text.contains("the alarm stands: FORK"), "{}", mail.text);
    let body = String::from_utf8(heard.lock().unwrap().1[0].1.to_vec()).unwrap();
    assert!(body.contains("log.alarm") && body.contains("SILENT") && body.contains(NAME), "{body}");
});

on_both_databases!(signed_heads_leave_the_machine, async |stage: Stage| {
    let key = CheckpointKey::generate(NAME);
    let log = Log::of(stage, &key, Vec::new()).await;
    let (url, heard) = service().await;
    let folder = log.stage.folder.join("heads");
    let outlets = Outlets {
        folder: Some(folder.clone()),
        webhook: Some(Receiver::new(&Egress::development(None, None), &url, SECRET.to_owned().into()).unwrap()),
        mail: Some(("auditor@example.com".parse().unwrap(), log.stage.folder.join("checkpoint.mailed"))),
        ..Outlets::default()
    };
    let last = &log.sequencer.last;
    let portal = &log.stage.portal;
    outlets.publish(portal, last).await.unwrap();
    assert!(Memory::read(&folder).is_err(), "there is no head yet");
    for _ in 0..25 {
        log.grow(1).await;
        outlets.publish(portal, last).await.unwrap();
        outlets.publish(portal, last).await.unwrap();
    }
    let heads = Memory::read(&folder).unwrap();
    assert_eq!((heads.len(), heard.lock().unwrap().1.len()), (25, 3), "each, and every ten minutes");
    backend::mail::deliver_due(portal).await.unwrap();
    let mails = read_mailbox(&log.stage.folder.join("mail")).unwrap();
    let mails: Vec<_> = mails.iter().filter(|mail| mail.to == "auditor@example.com").collect();
    assert_eq!(mails.len(), 1, "once a day");
    // What a mail holds is enough for a proof.
    let note = mails[0].text.split_once("FILE\n\n").unwrap().1;
    assert_eq!(audit::read_note(note, key.verifier()).unwrap().size, 1);
    let verified = audit::verify(portal.db.reader(), &portal.vault, key.verifier(), &heads, portal.clock.now()).await;
    assert_eq!(verified.unwrap().findings, []);
    log.stage.advance(Duration::days(1));
    log.grow(1).await;
    outlets.publish(portal, last).await.unwrap();
    backend::mail::deliver_due(portal).await.unwrap();
    assert_eq!(read_mailbox(&log.stage.folder.join("mail")).unwrap().len(), 2);

    // Whatever the database says of its heads, and a receiver that fails stops no other way.
    let tx = portal.db.begin().await.unwrap();
    let forged = audit_tree::Checkpoint { size: 1 << 40, signed_at: portal.clock.now(), note: "x".to_owned() };
    audit_tree::put_checkpoint(&*tx, forged).await.unwrap();
    tx.commit().await.unwrap();
    outlets.publish(portal, last).await.unwrap();
    assert_eq!(Memory::read(&folder).unwrap().len(), 26);
    heard.lock().unwrap().0 = 500;
    log.stage.advance(Duration::hours(1));
    log.grow(1).await;
    assert!(outlets.publish(portal, last).await.is_err());
    assert_eq!(Memory::read(&folder).unwrap().len(), 27);
});
