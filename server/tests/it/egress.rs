//! Connections outward: what is not on the list, or leads to an address that is not public, is refused before a byte leaves, and recorded.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use backend::{
    egress::{Egress, Entry, Names, denied, note},
    mail::Mailer,
};
use model::{
    audit::Action,
    egress::{Addresses, Purpose},
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    browser::Browser,
    house::House,
    on_both_databases,
    smtp::{Tls, mail_server},
    support::Stage,
};

/// Addresses that no service of the public Internet has.
const BAD: &str = include_str!("../../backend/src/egress/testdata/bad-addresses.txt");

/// A listener on every address of this machine; who connects is counted.
async fn ear() -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("[::]:0").await.unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = heard.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, heard)
}

/// A list with every one of forty names, each of which leads to a bad address.
fn forty(port: u16, addresses: Addresses) -> Egress {
    let at = |bad: &str| SocketAddr::new(bad.parse().unwrap(), port);
    let table: HashMap<_, _> =
        BAD.lines().enumerate().map(|(n, bad)| (format!("bad-{n}.example.com"), vec![at(bad)])).collect();
    let entry =
        Entry { purpose: Purpose::Webhooks, hosts: vec!["*.example.com".to_owned()], tls: true, port: None, addresses };
    Egress::new(vec![entry], Names::Table(Arc::new(table)))
}

async fn call(egress: &Egress, url: &str) -> bool {
    let client = egress.client(Purpose::Webhooks, Duration::from_millis(300), Duration::from_secs(1));
    match client.request(Method::POST, url.parse().unwrap()) {
        Ok(request) => request.send().await.is_ok(),
        Err(_) => false,
    }
}

/// The details of all refusals in the log, in their order.
async fn recorded(house: &House) -> Vec<String> {
    let db = house.stage.portal.db.reader();
    let all = "SELECT details FROM audit_event WHERE action = 'egress.denied' ORDER BY at, id";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), all)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "details").unwrap()).collect()
}

on_both_databases!(forty_bad_targets_are_refused_before_a_byte_leaves_and_recorded, async |stage: Stage| {
    let mut house = House::on(stage).await;
    let ada = house.stage.person("ada").await;
    let (port, heard) = ear().await;
    // Without the rule this machine is reached: the listener hears.
    let open = forty(port, Addresses::Any);
    for (n, bad) in BAD.lines().enumerate() {
        if bad.parse::<IpAddr>().unwrap().to_canonical().is_loopback() {
            call(&open, &format!("https://bad-{n}.example.com/")).await;
        }
    }
    assert!(heard.swap(0, Ordering::SeqCst) >= 4, "the test could not hear a connection");
    let egress = forty(port, Addresses::Public);
    for n in 0..40 {
        assert!(!call(&egress, &format!("https://bad-{n}.example.com/")).await);
    }
    // Literal addresses, other names, other ways.
    for url in [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "http://bad-0.example.com/",
        "https://evil.example/",
    ] {
        assert!(!call(&egress, url).await);
    }
    assert_eq!(heard.load(Ordering::SeqCst), 0, "connects");
    house.stage.portal.egress = egress;
    note(house.stage.portal.clone()).await.unwrap();
    let (mut listed, mut address) = (0, 0);
    let operator = backend::Cx { portal: house.stage.portal.clone(), ..ada.clone() };
    for row in denied(&operator).await.unwrap() {
        assert_eq!((row.action, row.actor_name.as_str()), (Action::EgressDenied, "egress"));
        match row.reason.as_deref() {
            Some("not-listed") => listed += 1,
            Some("address-not-allowed") => address += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(listed + address, 20, "a page of them");
    let all = recorded(&house).await.len();
    println!("figure F2: 40 bad targets: {} connects, {all} refusals recorded", heard.load(Ordering::SeqCst));
    assert_eq!(all, 45);
    // The same again is not written down at once, and not forgotten either.
    for _ in 0..3 {
        call(&house.stage.portal.egress, "https://bad-0.example.com/").await;
    }
    note(house.stage.portal.clone()).await.unwrap();
    assert_eq!(recorded(&house).await.len(), 45);
    house.stage.advance(chrono::Duration::hours(1));
    note(house.stage.portal.clone()).await.unwrap();
    let last = recorded(&house).await.pop().unwrap();
    assert!(last.contains(r#""host":"bad-0.example.com""#) && last.contains(r#""times":3"#), "{last}");
    let eve = house.stage.person("eve").await;
    assert!(denied(&eve).await.is_err());
});

on_both_databases!(a_mail_goes_once_to_the_first_address_that_answers_and_to_no_bad_one, async |stage: Stage| {
    let mut house = House::on(stage).await;
    let (port, _, heard) = mail_server(Tls::Without).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let open = SocketAddr::new([127, 0, 0, 1].into(), port);
    let list = |addresses| {
        let table = HashMap::from([("localhost".to_owned(), vec![closed, open])]);
        let entry = Entry { purpose: Purpose::Mail, hosts: vec!["localhost".to_owned()], tls: false, port: None, addresses };
        Egress::new(vec![entry], Names::Table(Arc::new(table)))
    };
    let mails = || heard.lock().unwrap().iter().filter(|(_, line)| line == "DATA").count();
    // What was refused waits, and goes with the next.
    for (addresses, sent) in [(Addresses::Public, 0), (Addresses::Any, 2)] {
        let egress = list(addresses);
        let mailer = Mailer::smtp(&"smtp://localhost:25".to_owned().into(), "Portal <portal@example.com>", &egress).unwrap();
        (house.stage.portal.egress, house.stage.portal.mailer) = (egress, mailer);
        let mut browser = Browser::new(&house);
        browser.post("ask_code", &[("email", "ada@example.com")]).await;
        house.stage.advance(chrono::Duration::seconds(61));
        backend::mail::deliver_due(&house.stage.portal).await.unwrap();
        assert_eq!(mails(), sent, "{addresses:?}");
        note(house.stage.portal.clone()).await.unwrap();
        assert_eq!(recorded(&house).await.len(), 1, "the refusal, and nothing of the mail that went");
    }
});

on_both_databases!(what_cannot_be_recorded_now_is_recorded_later, async |stage: Stage| {
    let mut house = House::on(stage).await;
    let egress = forty(1, Addresses::Public);
    for n in 0..3 {
        call(&egress, &format!("https://bad-{n}.example.com/")).await;
    }
    house.stage.portal.egress = egress;
    let db = house.stage.portal.db.reader();
    db.execute_unprepared("ALTER TABLE audit_event RENAME TO audit_event_away").await.unwrap();
    assert!(note(house.stage.portal.clone()).await.is_err());
    db.execute_unprepared("ALTER TABLE audit_event_away RENAME TO audit_event").await.unwrap();
    note(house.stage.portal.clone()).await.unwrap();
    assert_eq!(recorded(&house).await.len(), 3);
});

#[tokio::test]
async fn of_good_and_bad_addresses_the_good_ones_are_taken_and_the_others_noted() {
    let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
    let table = HashMap::from([("both.example.com".to_owned(), vec![at("52.94.236.248"), at("169.254.169.254")])]);
    let entry = Entry {
        purpose: Purpose::Mail,
        hosts: vec!["both.example.com".to_owned()],
        tls: true,
        port: None,
        addresses: Addresses::Public,
    };
    let egress = Egress::new(vec![entry], Names::Table(Arc::new(table)));
    assert_eq!(egress.is_out_of_reach(Purpose::Mail).await, None);
    assert_eq!(forty(1, Addresses::Public).is_out_of_reach(Purpose::Mail).await, None, "no mail server, no question");
}
