use leptos::prelude::*;
use model::{ProblemCode, gateway::Scope};

use super::document_page::DocumentPage;
use crate::components::CodeBlock;

const ROUTES: [(&str, &str, &str); 6] = [
    ("POST", "/api/gateway/v1/teams/{team_id}/connections/{connection_id}/credentials", "Issue a runtime credential"),
    ("POST", "/api/gateway/v1/teams/{team_id}/credentials:batch", "The same for up to 20 connections"),
    ("POST", "/api/gateway/v1/teams/{team_id}/connections/{connection_id}/feedback", "Report what SP-API answered"),
    ("GET", "/api/gateway/v1/teams/{team_id}/connections/{connection_id}", "Read a connection's state, without a secret"),
    ("GET", "/api/gateway/v1/self", "Which gateway and key this is, and what it may use"),
    ("POST", "/api/gateway/v1/lwa/token", "As LWA's own token endpoint, for unmodified SP-API clients"),
];

const ANSWER: &str = r#"{
  "version": 1, "lease_id": "lse_…", "generation": 18, "unchanged": false, "refreshed": true,
  "credential": { "type": "lwa_access_token", "header": "x-amz-access-token", "value": "Atza|…",
                  "issued_at": "2026-10-02T10:00:00Z", "expires_at": "2026-10-02T11:00:00Z", "expires_in": 3600 },
  "refresh_after": "2026-10-02T10:54:10Z",
  "connection": { "id": "con_…", "api": "sp_api", "environment": "production", "seller_id": "A1…", "marketplace": "DE",
                  "marketplace_id": "A1PA6795UKMFR9", "marketplace_ids": ["A1PA6795UKMFR9"], "region": "eu",
                  "endpoint": "https://sellingpartnerapi-eu.amazon.com" },
  "warnings": []
}"#;

/// The reference of the gateway route.
#[component]
pub fn GatewayApiPage() -> impl IntoView {
    let routes = ROUTES.iter().map(|(method, path, what)| view! { <tr><th scope="row" class="mono">{*method}</th><td data-label="Path" class="mono">{*path}</td><td data-label="What">{*what}</td></tr> }).collect_view();
    let scopes = Scope::ALL.iter().map(|scope| view! { <tr><th scope="row" class="mono">{scope.as_str()}</th><td data-label="Allows">{scope.purpose()}</td></tr> }).collect_view();
    let codes = ProblemCode::ALL
        .iter()
        .filter(|code| for_gateways(**code))
        .map(|code| {
            view! {
                <tr>
                    <th scope="row" class="mono">{code.as_str()}</th>
                    <td data-label="Status" class="num">{code.status()}</td>
                    <td data-label="Retry">{if code.retryable() { "yes" } else { "no" }}</td>
                    <td data-label="What to do">{code.action()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DocumentPage title="Gateway API" lead="How a service fetches a runtime credential: a fresh Login-with-Amazon access token for one Team and one connection.">
        <div class="prose">
            <p>"Send the gateway key as " <code>"Authorization: Bearer ptl_gw_…"</code> " and the header " <code>"Portal-Gateway: 1"</code> ". Team and connection are always named. Client secrets and refresh tokens are in no answer. The machine-readable description is at " <a href="/api/gateway/v1/openapi.json" rel="external">"/api/gateway/v1/openapi.json"</a> "."</p>
        </div>
        <section class="card card-flush" aria-label="Routes"><div class="table-wrap"><table class="table"><caption>"Routes"</caption><thead><tr><th scope="col">"Method"</th><th scope="col">"Path"</th><th scope="col">"What"</th></tr></thead><tbody>{routes}</tbody></table></div></section>
        <section class="card" aria-labelledby="ask-h">
            <h2 id="ask-h">"Request and answer"</h2>
            <p>"All fields of the request are optional. " <code>"known_generation"</code> ": when you hold that token and it is good, the answer has no token. " <code>"rejected_generation"</code> ": SP-API refused that token; a new one is fetched, once for all who ask."</p>
            <CodeBlock id="request" caption="Request" code=r#"{ "min_ttl_s": 300, "known_generation": 17, "rejected_generation": null, "purpose": "orders-sync job 8812" }"#/>
            <CodeBlock id="answer" caption="Answer" code=ANSWER/>
        </section>
        <section class="card" aria-labelledby="ads-h">
            <h2 id="ads-h">"The Advertising API"</h2>
            <p>"On the same route. " <code>"value"</code> " is what stands in the header that " <code>"header"</code> " names, here " <code>"Authorization"</code> "; " <code>"connection.headers"</code> " names the two others that its calls carry, " <code>"connection.profile_id"</code> " the profile. Amazon's access tokens are good for every profile of the grant."</p>
            <p>"A refresh token comes from a consent: send whoever manages the account to " <code>"https://www.amazon.com/ap/oa"</code> " (" <code>"eu.account.amazon.com"</code> " in Europe, " <code>"apac.account.amazon.com"</code> " in the Far East) with your app's " <code>"client_id"</code> ", " <code>"scope=advertising::campaign_management"</code> ", " <code>"response_type=code"</code> " and a " <code>"redirect_uri"</code> " that the app allows. Exchange the code that comes back within five minutes at " <code>"https://api.amazon.com/auth/o2/token"</code> ", and enter the refresh token under “Connect account”. Amazon ends a consent after 365 days."</p>
        </section>
        <section class="card card-flush" aria-label="Scopes"><div class="table-wrap"><table class="table"><caption>"Scopes"</caption><thead><tr><th scope="col">"Scope"</th><th scope="col">"Allows"</th></tr></thead><tbody>{scopes}</tbody></table></div></section>
        <section class="card card-flush" aria-label="Problems"><div class="table-wrap"><table class="table"><caption>"Problems (application/problem+json)"</caption><thead><tr><th scope="col">"Code"</th><th scope="col" class="num">"Status"</th><th scope="col">"Retry"</th><th scope="col">"What to do"</th></tr></thead><tbody>{codes}</tbody></table></div></section>
        </DocumentPage>
    }
}

/// The codes that the gateway route answers with; the others belong to the browser.
fn for_gateways(code: ProblemCode) -> bool {
    use ProblemCode as Code;
    !matches!(
        code,
        Code::SignInRequired
            | Code::NotPermitted
            | Code::StepUpRequired
            | Code::PasskeyProofRequired
            | Code::PasskeyRequired
            | Code::PasskeyRefused
            | Code::CrossSite
            | Code::Conflict
            | Code::Invalid
            | Code::ProofFailed
    )
}
