//! What SP-API answered to a gateway. A broker that talks only to LWA never sees an expired client secret: gateways do.

use model::{
    amazon::Api,
    audit::{Action, SafeText},
    gateway::Scope,
    ids::{ConnectionId, TeamId},
    lwa_app::CLIENT_SECRET_EXPIRED,
};
use secrecy::SecretString;

use super::{Allowance, Credentials, IssueError, Origin, Refused, identify, record};
use crate::{
    audit::{Event, Target},
    lwa_apps, store,
};

/// A gateway's report.
#[derive(Clone, Debug)]
pub struct Feedback {
    pub generation: i64,
    /// HTTP status of SP-API.
    pub sp_api_status: u16,
    pub sp_api_code: Option<String>,
    pub sp_api_detail: Option<String>,
    /// Amazon's request id.
    pub request_id: Option<String>,
}

/// The sentence with which SP-API refuses calls under an expired client secret.
const SECRET_EXPIRED: &str = "lwa secret token you provided has expired";

/// Takes a report; an expired-secret text marks the LWA app.
#[tracing::instrument(skip_all, fields(connection = %id))]
pub async fn feedback(
    credentials: &Credentials,
    origin: &Origin,
    bearer: Option<&SecretString>,
    team: TeamId,
    id: ConnectionId,
    report: &Feedback,
) -> Result<Allowance, Refused> {
    let (caller, held) = identify(credentials, origin, bearer, Some(id)).await?;
    let held = held.filter(|_| caller.row.team == team);
    if let Err(error) = caller.needs(Scope::FeedbackWrite) {
        return Err(record::refuse(credentials, &caller, Action::GatewayRefused, Some((id, held.as_ref())), error).await);
    }
    let held = match held {
        Some(held) if !held.canary => held,
        other => {
            let error = if other.is_some() { IssueError::Canary } else { IssueError::ConnectionNotFound };
            let asked = Some((id, other.as_ref()));
            return Err(record::refuse(credentials, &caller, Action::GatewayRefused, asked, error).await);
        }
    };
    let mut event = Event::of(&caller.scope, Action::FeedbackReceived)
        .on(Target::connection(id, &held.name))
        .with("generation", report.generation)
        .with("sp_api_status", i64::from(report.sp_api_status));
    let texts = [
        ("sp_api_code", &report.sp_api_code, 60),
        ("sp_api_detail", &report.sp_api_detail, 200),
        ("sp_api_request_id", &report.request_id, 60),
    ];
    for (key, text, most) in texts {
        if let Some(text) = text {
            event = event.with(key, &SafeText::new(text, most));
        }
    }
    let allowance = record::allow(credentials, &caller, Some(id), event, None).await?;
    let detail = report.sp_api_detail.as_deref().unwrap_or_default().to_ascii_lowercase();
    // A report about an older token says nothing about the secret that is current now.
    let current = held.cached.is_some_and(|cached| cached.generation == report.generation);
    // The sentence is SP-API's: of an app of the Advertising API it would say nothing.
    let of_sp_api = held.api() == Api::SellingPartner;
    if current && of_sp_api && report.sp_api_status == 403 && detail.contains(SECRET_EXPIRED) {
        let tx = credentials.portal.db.begin_in(&caller.scope).await?;
        let app = store::lwa_app::by_id(&*tx, &caller.scope, held.lwa_app).await?;
        if let Some(app) = app {
            lwa_apps::rejected(&tx, &caller.cx, &caller.scope, &app, CLIENT_SECRET_EXPIRED).await?;
        }
        tx.commit().await?;
    }
    Ok(allowance)
}
