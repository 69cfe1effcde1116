//! The mail server that takes Portal's mail.

use std::{net::SocketAddr, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message as Email, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use model::egress::Purpose;
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::mailer::MailerError;
use crate::egress::Egress;

/// How long the server may take to be reached, and to take a mail: less than another worker waits before it tries.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(40);

/// Where it is, asked anew for each mail, and how it is spoken to.
#[derive(Clone)]
pub struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    egress: Egress,
}

impl Relay {
    pub(super) fn new(url: &Url, egress: &Egress) -> Result<Self, MailerError> {
        let host = url.host_str().ok_or(MailerError::Address)?.to_owned();
        let loopback = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        // The server must be the one that the name says, at whatever address.
        let known = || TlsParameters::new(host.clone()).map_err(|_| MailerError::Address);
        let (tls, port) = match url.scheme() {
            "smtps" => (Tls::Wrapper(known()?), 465),
            "smtp+starttls" => (Tls::Required(known()?), 587),
            "smtp" if loopback => (Tls::None, 25),
            _ => return Err(MailerError::Address),
        };
        let decode = |text: &str| percent_decoded(text).ok_or(MailerError::Address);
        let credentials = match url.username() {
            "" => None,
            user => Some(Credentials::new(decode(user)?, decode(url.password().unwrap_or_default())?)),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), tls, credentials, egress: egress.clone() })
    }

    /// Sends to the first of its addresses that takes a connection, once: a mail that may have arrived is not sent again at the next.
    pub(super) async fn send(&self, email: Email) -> Result<(), MailerError> {
        let found = self.egress.addresses(Purpose::Mail, &self.host, self.port).await.map_err(|_| MailerError::Egress)?;
        let mut open = None;
        for at in found {
            if timeout(CONNECT, TcpStream::connect(at)).await.is_ok_and(|connected| connected.is_ok()) {
                open = Some(at);
                break;
            }
        }
        let transport = self.transport(open.ok_or(MailerError::Unreachable)?);
        match timeout(WHOLE, transport.send(email)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(MailerError::Rejected),
            Ok(Err(_)) | Err(_) => Err(MailerError::Unreachable),
        }
    }

    fn transport(&self, at: SocketAddr) -> AsyncSmtpTransport<Tokio1Executor> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(at.ip().to_string()).port(at.port());
        let builder = builder.tls(self.tls.clone()).timeout(Some(CONNECT));
        match &self.credentials {
            Some(credentials) => builder.credentials(credentials.clone()),
            None => builder,
        }
        .build()
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    // `form_urlencoded` also reads `+` as a space, which a user part does not mean.
    let query = format!("v={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| value.into_owned())
}
