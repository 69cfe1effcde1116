//! What gateways ask, and what Portal does by itself meanwhile.

use super::*;

impl House {
    /// Asks for a credential; gives status and body.
    pub async fn issue(&self, of: &Furnished, body: Value) -> (u16, Value) {
        self.issue_at(&self.url, &of.secret, of.team, of.connection, body).await
    }

    pub async fn issue_at(
        &self,
        url: &str,
        secret: &str,
        team: TeamId,
        connection: ConnectionId,
        body: Value,
    ) -> (u16, Value) {
        let path = format!("{url}/api/gateway/v1/teams/{team}/connections/{connection}/credentials");
        let request = self.http.post(path).bearer_auth(secret).header("Portal-Gateway", "1");
        let response = request.json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Asks a process of its own, which has opened nothing yet.
    pub async fn issue_cold(&self, portal: &backend::Portal, of: &Furnished) -> (u16, Value) {
        let credentials = Credentials {
            portal: portal.clone(),
            recorder: backend::audit::Recorder::start(portal),
            flights: Flights::default(),
            limits: Limits::default(),
        };
        let url = serve(&self.stage, &credentials).await;
        self.issue_at(&url, &of.secret, of.team, of.connection, serde_json::json!({})).await
    }

    /// The question for a credential, not yet sent.
    pub fn issue_request(&self, url: &str, of: &Furnished) -> reqwest::RequestBuilder {
        let path = format!("{url}/api/gateway/v1/teams/{}/connections/{}/credentials", of.team, of.connection);
        self.http.post(path).bearer_auth(&of.secret).header("Portal-Gateway", "1").json(&serde_json::json!({}))
    }

    /// What is recorded gets its place, and the rules look at it.
    pub async fn watch(&self) {
        let portal = self.credentials.portal.clone();
        let key = backend::audit::CheckpointKey::generate("portal.example/test");
        let watch = backend::alerts::Watch::new(&portal);
        backend::audit::Sequencer::new(&portal, key).run().await.unwrap();
        watch.run().await.unwrap();
    }

    /// Places every event in the tree, under a signed head.
    pub async fn sequence(&self) -> backend::audit::Sequencer {
        let path = self.stage.folder.join("log.key");
        let key = match path.exists() {
            true => backend::audit::CheckpointKey::load(&path).unwrap(),
            false => backend::audit::CheckpointKey::create(&path, "portal.example/audit").unwrap(),
        };
        let sequencer = backend::audit::Sequencer::new(&self.stage.portal, key);
        self.stage.advance(chrono::Duration::minutes(2));
        sequencer.run().await.unwrap();
        sequencer
    }

    /// A request to the gateway route under a key.
    pub fn ask(&self, method: reqwest::Method, secret: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(secret).header("Portal-Gateway", "1")
    }
}
