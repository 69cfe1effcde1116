//! What the services do, hour by hour.

use backend::{
    audit::Recorder,
    credentials::{self, Credentials, Feedback, Flights, IssueRequest, Limits, Origin},
    random,
};
use chrono::Duration;
use model::{
    audit::SafeText,
    credential::Ask,
    ids::{ConnectionId, TeamId},
};
use secrecy::SecretString;

use super::{Done, Stage, cast::Service};

/// A gateway with its key.
pub struct Worker {
    pub team: TeamId,
    pub service: &'static Service,
    pub uses: Vec<ConnectionId>,
    pub key: SecretString,
}

/// Works until a few minutes before the end, so that somebody holds tokens then.
pub async fn run(stage: &Stage, workers: &[Worker]) -> Done<()> {
    let portal = &stage.portal;
    let credentials = Credentials {
        portal: portal.clone(),
        recorder: Recorder::start(portal),
        flights: Flights::default(),
        limits: Limits::default(),
    };
    let mut hour = 0;
    while portal.clock.now() + Duration::hours(1) < stage.end {
        let began = portal.clock.now();
        for (number, worker) in workers.iter().enumerate() {
            // Nobody's work begins on the second.
            portal.clock.advance(Duration::seconds((hour * 7 + number as i64 * 13) % 400 + 17));
            let every = worker.service.every_h.unwrap_or(i64::MAX);
            if (hour + number as i64 * 5) % every == 0 && worker.service.every_h.is_some() {
                round(&credentials, worker, hour).await;
            }
        }
        hour += 1;
        portal.clock.advance(began + Duration::hours(1) - portal.clock.now());
    }
    let left = stage.end - portal.clock.now() - Duration::minutes(6);
    portal.clock.advance(left.max(Duration::zero()));
    for worker in workers.iter().filter(|worker| worker.service.every_h.is_some()) {
        round(&credentials, worker, hour).await;
    }
    Ok(())
}

/// One round of one service. A refusal is part of the story.
async fn round(credentials: &Credentials, worker: &Worker, hour: i64) {
    let astray = hour % 211 == 0 && !worker.service.networks.is_empty();
    for connection in &worker.uses {
        let now = credentials.portal.clock.now();
        let origin = Origin {
            request: random::id(now),
            // Now and then somebody tries the key at home.
            address: if astray { "192.0.2.222" } else { worker.service.address }.parse().ok(),
            agent: Some(SafeText::new(worker.service.agent, 200)),
        };
        let request = IssueRequest {
            team: worker.team,
            connection: *connection,
            ask: Ask::new(None, None, None),
            purpose: Some(worker.service.purpose.to_owned()),
        };
        let issued = credentials::issue(credentials, &origin, Some(&worker.key), request).await;
        if let Ok(issued) = issued
            && hour % 97 == 0
        {
            let report = Feedback {
                generation: issued.cached.generation,
                sp_api_status: 403,
                sp_api_code: Some("Unauthorized".to_owned()),
                sp_api_detail: Some("Access to requested resource is denied.".to_owned()),
                request_id: None,
            };
            let told = credentials::feedback(credentials, &origin, Some(&worker.key), worker.team, *connection, &report);
            drop(told.await);
        }
    }
}
