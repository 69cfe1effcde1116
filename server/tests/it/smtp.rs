//! Mail over the wire: the password and the mail go through TLS to a server that is known, or not at all.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use backend::Clock;
use base64::{Engine, engine::general_purpose::STANDARD};
use sea_orm::{ConnectionTrait, Statement};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

use crate::{
    browser::Browser,
    house::House,
    processes::{Process, spawn},
    support::Stage,
};

#[derive(Clone, Copy, PartialEq)]
pub enum Tls {
    /// From the first byte.
    Wrapped,
    /// After STARTTLS.
    Started,
    /// Never: who goes on speaks in the clear.
    Without,
}

/// What a mail server was told, by whether the line came through TLS.
pub type Heard = Arc<Mutex<Vec<(bool, String)>>>;

/// A mail server on loopback, and the certificate by which it is known.
pub async fn mail_server(tls: Tls) -> (u16, String, Heard) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let ear = heard.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // A client that does not like the certificate hangs up: the next one may.
            let _ = serve(socket, tls, &acceptor, &ear).await;
        }
    });
    (port, made.cert.pem(), heard)
}

async fn serve(socket: TcpStream, tls: Tls, acceptor: &TlsAcceptor, ear: &Heard) -> io::Result<()> {
    if tls == Tls::Wrapped {
        return talk(acceptor.accept(socket).await?, true, true, None, ear).await.map(drop);
    }
    let offer = (tls == Tls::Started).then_some("250-STARTTLS\r\n");
    match talk(socket, true, false, offer, ear).await? {
        Some(socket) => talk(acceptor.accept(socket).await?, false, true, None, ear).await.map(drop),
        None => Ok(()),
    }
}

/// Speaks SMTP; gives the connection back when the client asks for TLS.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    greets: bool,
    secret: bool,
    offer: Option<&str>,
    ear: &Heard,
) -> io::Result<Option<S>> {
    let mut socket = BufReader::new(socket);
    if greets {
        socket.write_all(b"220 localhost ESMTP\r\n").await?;
    }
    let mut in_mail = false;
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        ear.lock().unwrap().push((secret, line.to_owned()));
        let answer = match line.split(' ').next().unwrap_or_default() {
            "." => "250 taken\r\n".to_owned(),
            _ if in_mail => continue,
            "EHLO" => format!("250-localhost\r\n{}250 AUTH PLAIN\r\n", offer.unwrap_or_default()),
            "STARTTLS" => {
                socket.write_all(b"220 go on\r\n").await?;
                return Ok(Some(socket.into_inner()));
            }
            "AUTH" => "235 welcome\r\n".to_owned(),
            "DATA" => "354 go on\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 fine\r\n".to_owned(),
        };
        in_mail = line == "DATA";
        socket.write_all(answer.as_bytes()).await?;
    }
}

/// A worker that sends through `url` and knows servers by the certificate `known`.
async fn worker(house: &House, url: &str, known: &str) -> Process {
    let path = house.stage.folder.join("ca.pem");
    std::fs::write(&path, known).unwrap();
    spawn(house, "worker", &[("PORTAL_MAIL__SMTP_URL", url), ("SSL_CERT_FILE", &path.display().to_string())]).await
}

/// Asks for a code, and waits until its mail was tried; whether it was sent, and the word of the failure.
async fn mailed(house: &House) -> (bool, Option<String>) {
    let mut browser = Browser::new(house);
    browser.post("ask_code", &[("email", "ada@example.com")]).await;
    let db = house.stage.portal.db.reader();
    let row = "SELECT sent_at IS NOT NULL AS sent, last_error, attempts FROM mail_outbox ORDER BY created_at DESC LIMIT 1";
    for _ in 0..300 {
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), row)).await.unwrap().unwrap();
        let (sent, attempts): (bool, i32) = (row.try_get("", "sent").unwrap(), row.try_get("", "attempts").unwrap());
        let error: Option<String> = row.try_get("", "last_error").unwrap();
        if sent || (attempts > 0 && error.is_some()) {
            return (sent, error);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the mail was not tried");
}

async fn house() -> House {
    let mut stage = Stage::postgres().await;
    stage.portal.clock = Clock::system();
    House::on(stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_and_its_password_go_through_tls() {
    for (tls, scheme) in [(Tls::Wrapped, "smtps"), (Tls::Started, "smtp+starttls")] {
        let house = house().await;
        let (port, certificate, heard) = mail_server(tls).await;
        let _worker = worker(&house, &format!("{scheme}://portal:pass%2Fword@localhost:{port}"), &certificate).await;
        assert_eq!(mailed(&house).await, (true, None), "{scheme}");
        let heard = heard.lock().unwrap();
        let password = format!("AUTH PLAIN {}", STANDARD.encode("\0portal\0pass/word"));
        assert!(heard.contains(&(true, password)), "{scheme}: {heard:?}");
        assert!(heard.iter().any(|(secret, line)| *secret && line.starts_with("Subject: ")), "{scheme}: {heard:?}");
        let clear: Vec<_> =
            heard.iter().filter(|(secret, _)| !secret).map(|(_, line)| line.split(' ').next().unwrap()).collect();
        assert!(clear.iter().all(|word| ["EHLO", "STARTTLS"].contains(word)), "{scheme}: {clear:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_or_from_an_unknown_server_nothing_is_sent() {
    for (tls, scheme) in [(Tls::Without, "smtp+starttls"), (Tls::Wrapped, "smtps"), (Tls::Started, "smtp+starttls")] {
        let house = house().await;
        let (port, _, heard) = mail_server(tls).await;
        let (_, other, _) = mail_server(tls).await;
        let _worker = worker(&house, &format!("{scheme}://portal:password@localhost:{port}"), &other).await;
        let (sent, error) = mailed(&house).await;
        assert!(!sent && error.is_some(), "{scheme}: {error:?}");
        let heard = heard.lock().unwrap();
        assert!(!heard.iter().any(|(_, line)| line.starts_with("AUTH") || line.starts_with("MAIL")), "{heard:?}");
    }
}
