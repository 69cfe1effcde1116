use std::time::Instant;

use backend::{
    gateways,
    incidents::{self, IncidentScope, Report},
    lwa_apps,
};
use model::{
    ids::{IncidentId, LwaAppId},
    incident::{DrillKind, Kind, MeasureKind, MeasureState},
};
use secrecy::SecretString;

use super::{Done, Log, ground::Ground};

pub(super) async fn run(kind: DrillKind, log: &mut Log) -> Done<()> {
    let began = Instant::now();
    let ground = Ground::new().await?;
    log.step("a Portal of its own, a Team, an account, a gateway with a key", true, began);
    let at = Instant::now();
    log.step("the gateway receives a credential", ground.issue().await, at);
    let at = Instant::now();
    let id = ground.report(kind).await?;
    log.step("the incident is reported", true, at);
    match kind {
        DrillKind::RevokeKey => ground.revoke_key(id, log).await,
        DrillKind::RotateSecret => ground.rotate_secret(id, log).await,
        DrillKind::ReplayNotification => ground.replay_notification(log).await,
        DrillKind::RestoreBackup => Err("a backup is restored elsewhere".into()),
    }
}

impl Ground {
    async fn report(&self, kind: DrillKind) -> Done<IncidentId> {
        let report = Report { drill: true, ..Report::of(Kind::LeakedSecret, kind.title()) };
        Ok(incidents::report(&self.owner, &self.scope, report).await?)
    }

    async fn incident(&self, id: IncidentId) -> Done<IncidentScope> {
        Ok(incidents::enter(&self.owner, &self.scope, id).await?)
    }

    async fn is_done(&self, incident: &IncidentScope) -> Done<bool> {
        let all = incidents::measures(&self.owner, incident).await?;
        Ok(!all.is_empty() && all.iter().all(|one| one.state == MeasureState::Done))
    }

    async fn revoke_key(&self, id: IncidentId, log: &mut Log) -> Done<()> {
        let incident = self.incident(id).await?;
        let gateway = gateways::list(&self.owner, &self.scope).await?.pop().ok_or("no gateway")?;
        let key = gateways::keys(&self.owner, &self.scope, gateway.id).await?.pop().ok_or("no key")?;
        let at = Instant::now();
        incidents::order(&self.owner, &incident, MeasureKind::RevokeKey, key.id.0).await?;
        log.step("the measure is ordered and done", self.is_done(&incident).await?, at);
        log.step("the key is refused", !self.issue().await, at);
        let at = Instant::now();
        let held = incidents::holders(&self.owner, &incident).await?;
        log.step("who still holds a token is known, and when it dies", held.len() == 1, at);
        let at = Instant::now();
        let kept = !incidents::locker(&self.owner, &incident).await?.is_empty();
        log.step("evidence was taken before the key was gone", kept, at);
        Ok(())
    }

    async fn rotate_secret(&self, id: IncidentId, log: &mut Log) -> Done<()> {
        let incident = self.incident(id).await?;
        let app = lwa_apps::list(&self.owner, &self.scope).await?.into_iter();
        let app = app.max_by_key(|app| app.environment.as_str()).ok_or("no app")?;
        let at = Instant::now();
        incidents::order(&self.owner, &incident, MeasureKind::RotateSecret, app.id.0).await?;
        log.step("the measure is ordered, and waits for people", !self.is_done(&incident).await?, at);
        self.stage.portal.clock.advance(chrono::Duration::seconds(1));
        let at = Instant::now();
        let secret = self.amazon.rotate(&app.client_id).ok_or("Amazon does not know the app")?;
        log.step("Amazon makes a new client secret", true, at);
        self.an_hour_later();
        let at = Instant::now();
        log.step("the old one still works", self.issue().await, at);
        self.replace(app.id, secret, log).await?;
        self.an_hour_later();
        let at = Instant::now();
        log.step("the gateway receives a credential with the new secret alone", self.issue().await, at);
        let measure = incidents::measures(&self.owner, &incident).await?.pop().ok_or("no measure")?;
        let at = Instant::now();
        incidents::retry(&self.owner, &incident, measure.id).await?;
        log.step("the measure is done", self.is_done(&incident).await?, at);
        Ok(())
    }

    /// The three steps of the app's page.
    async fn replace(&self, app: LwaAppId, secret: String, log: &mut Log) -> Done<()> {
        let owner = self.stage.proved(&self.owner);
        let at = Instant::now();
        let proved = lwa_apps::stage_secret(&owner, &self.scope, app, SecretString::from(secret), owner.now()).await?;
        log.step("the new secret is stored, and proved with a live account", proved, at);
        let at = Instant::now();
        lwa_apps::promote_secret(&owner, &self.scope, app).await?;
        log.step("it is promoted", self.issue().await, at);
        let at = Instant::now();
        lwa_apps::drop_other_secret(&owner, &self.scope, app).await?;
        log.step("the old one is forgotten", true, at);
        Ok(())
    }
}
