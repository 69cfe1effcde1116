//! Passwords of the configuration, and what Prometheus reads.

use std::sync::{Arc, Mutex, OnceLock};

use backend::{
    Portal,
    mail::{self, Mailer},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use secrecy::SecretString;
use server::{
    config::{self, Config, Secret},
    metrics, start,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::browser::Browser;

use super::*;

/// A mail server that takes one password after having refused it once, and keeps what it heard.
async fn mail_server(heard: Arc<Mutex<Vec<u8>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut refusals = 1;
        while let Ok((socket, _)) = listener.accept().await {
            let (reader, mut writer) = socket.into_split();
            let mut lines = BufReader::new(reader).lines();
            let mut in_mail = false;
            writer.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().unwrap().extend_from_slice(format!("{line}\n").as_bytes());
                let answer = match line.split(' ').next().unwrap() {
                    "." => "250 taken\r\n",
                    _ if in_mail => continue,
                    "EHLO" => "250-mail.example\r\n250 AUTH PLAIN\r\n",
                    "AUTH" if refusals > 0 => {
                        refusals -= 1;
                        "535 5.7.8 not you\r\n"
                    }
                    "AUTH" => "235 welcome\r\n",
                    "DATA" => "354 go on\r\n",
                    "QUIT" => "221 bye\r\n",
                    _ => "250 fine\r\n",
                };
                in_mail = line == "DATA";
                if writer.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    port
}

/// A PostgreSQL that asks for the password in clear text and then does not like it.
async fn strict_postgres(heard: Arc<Mutex<Vec<u8>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            // It speaks no TLS.
            socket.read_exact(&mut bytes[..8]).await.unwrap();
            socket.write_all(b"N").await.unwrap();
            socket.read(&mut bytes).await.map(drop).unwrap();
            socket.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await.unwrap();
            let count = socket.read(&mut bytes).await.unwrap();
            heard.lock().unwrap().extend_from_slice(&bytes[..count]);
            let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"portal\"\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            socket.write_all(&[b"E", &length[..], fields].concat()).await.unwrap();
        }
    });
    port
}

/// Passwords of the configuration: used where they belong, and told by nothing that describes it.
pub(super) async fn settings(walk: &mut Walk<'_>) {
    let house = walk.house;
    let (database, smtp) = ("d4t4b4se-p4ssw0rd-Yx81", "sm7p-p4ssw0rd-Lq93");
    walk.cage.add("database password", database);
    walk.cage.add("SMTP password", smtp);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let port = strict_postgres(asked.clone()).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let smtp_url = format!("smtp://portal:{smtp}@127.0.0.1:{}", mail_server(heard.clone()).await);
    let config = Config {
        database_url: Some(Secret(SecretString::from(format!("postgres://portal:{database}@127.0.0.1:{port}/portal")))),
        data_dir: house.stage.folder.clone(),
        mail: config::Mail { smtp_url: Some(Secret(SecretString::from(smtp_url.clone()))), ..Config::default().mail },
        ..Config::default()
    };
    let mut error: Option<&dyn std::error::Error> = None;
    let failed = start::portal(&config).await.unwrap_err();
    let mut told = format!("{config:?} {config:#?} {failed:?} {}", serde_json::to_string(&config).unwrap());
    told += &config::problems(&config).join("\n");
    while let Some(cause) = error.map_or(Some(&failed as &dyn std::error::Error), std::error::Error::source) {
        told += &cause.to_string();
        error = Some(cause);
    }
    assert!(told.contains("password authentication failed"), "{told}");
    assert!(text(&asked.lock().unwrap()).contains(database), "the password was asked for");
    walk.cage.used("database password");
    walk.answers.push(("the start, which fails".to_owned(), told.into_bytes(), vec![]));

    // A code that leaves over SMTP, at the second try.
    let smtp_url = secrecy::SecretString::from(smtp_url);
    let egress = backend::egress::Egress::development(None, Mailer::host(&smtp_url));
    let portal = Portal {
        mailer: Mailer::smtp(&smtp_url, "Portal <portal@example.com>", &egress).unwrap(),
        ..house.stage.portal.clone()
    };
    mail::deliver_due(&house.stage.portal).await.unwrap();
    let mut browser = Browser::new(house);
    let asked = browser.post("ask_code", &[("email", "smtp@example.com")]).await;
    walk.cookie(&browser, "cookie of another browser");
    walk.done("ask_code over SMTP", asked, &["cookie of another browser"]).await;
    assert_eq!(mail::deliver_due(&portal).await.unwrap(), 0);
    house.stage.advance(Duration::seconds(61));
    assert_eq!(mail::deliver_due(&portal).await.unwrap(), 1);
    let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    let login = STANDARD.encode(format!("\0portal\0{smtp}"));
    assert_eq!(heard.matches(&login).count(), 2, "{heard}");
    walk.cage.used("SMTP password");
    let subject = heard.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
    walk.cage.add("code over SMTP", subject.chars().filter(char::is_ascii_digit).collect::<String>());
    walk.cage.used("code over SMTP");
    let heard = heard.replace(&login, "");
    let others =
        walk.cage.found(heard.as_bytes()).into_iter().filter(|(name, _)| name != "code over SMTP").collect::<Vec<_>>();
    assert!(others.is_empty(), "the mail server heard {others:?}");
    let described = format!("{portal:?} {:?} {:?}", portal.vault, portal.settings);
    walk.answers.push(("the handles".to_owned(), described.into_bytes(), vec![]));
}

/// What Prometheus reads.
pub(super) async fn measured(walk: &mut Walk<'_>) {
    static HANDLE: OnceLock<metrics_exporter_prometheus::PrometheusHandle> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| metrics::install().expect("nothing else in this binary installs a recorder"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = metrics::router(walk.house.stage.portal.clone(), Some(handle.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    for path in ["/metrics", "/healthz", "/readyz"] {
        let answered = walk.house.http.get(format!("{url}{path}")).send().await.unwrap();
        walk.done(path, answered, &[]).await;
    }
}
