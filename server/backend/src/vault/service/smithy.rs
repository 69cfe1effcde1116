//! The AWS SDK asks through Portal's own list of connections outward.

use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use model::egress::Purpose;
use reqwest::Certificate;
use url::Url;

use super::{ANSWERED, REACHED, ServiceError, unsent};
use crate::egress::{Client, Egress};

#[derive(Clone, Debug)]
pub(super) struct Through {
    keys: Client,
    /// Asks who this machine is, where AWS tells it.
    role: Client,
}

impl Through {
    pub fn new(egress: &Egress, roots: &[Certificate]) -> Self {
        let client = |purpose, roots| egress.client_that_trusts(purpose, REACHED, ANSWERED, roots);
        Self { keys: client(Purpose::Keys, roots), role: client(Purpose::Role, &[]) }
    }

    fn client(&self, url: &Url) -> &Client {
        if self.role.lists(url) { &self.role } else { &self.keys }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let user = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
        let request = request.try_into_http1x().map_err(|error| user(error.into()))?;
        let url: Url = request.uri().to_string().parse().map_err(|error: url::ParseError| user(error.into()))?;
        let asked = self.client(&url).request(request.method().clone(), url).map_err(|denial| user(denial.into()))?;
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let answer = asked.headers(request.headers().clone()).body(body).send().await.map_err(|error| {
            let (late, error) = (error.is_timeout(), error.without_url());
            match unsent(&error) {
                ServiceError::Silent(_) if late => ConnectorError::timeout(error.into()),
                ServiceError::Silent(_) => ConnectorError::io(error.into()),
                _ => ConnectorError::user(error.into()),
            }
        })?;
        let status = StatusCode::try_from(answer.status().as_u16()).map_err(|error| user(error.into()))?;
        let headers = answer.headers().clone();
        let body = answer.bytes().await.map_err(|error| ConnectorError::io(error.without_url().into()))?;
        let mut response = HttpResponse::new(status, SdkBody::from(body.to_vec()));
        for (name, value) in &headers {
            if let Ok(value) = value.to_str() {
                response.headers_mut().insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

impl HttpClient for Through {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Through {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let through = self.clone();
        HttpConnectorFuture::new(async move { through.send(request).await })
    }
}
