use model::{amazon::Api, ids::TeamId};

/// What is for SP-API alone.
pub const SP_API_SDK: &str = "SP-API SDK";

/// The call in three languages, with the real ids.
pub fn snippets(origin: &str, team: TeamId, connection: &str, region: &str, api: Api) -> Vec<(&'static str, String)> {
    let url = format!("{origin}/api/gateway/v1/teams/{team}/connections/{connection}/credentials");
    let [python, typescript, purpose] = match api {
        Api::SellingPartner => {
            ["credential = answer.json()[\"credential\"]", "const { credential } = await answer.json();", "orders-sync"]
        }
        Api::Advertising => [
            "body = answer.json()\nheaders = {body[\"credential\"][\"header\"]: body[\"credential\"][\"value\"], **body[\"connection\"][\"headers\"]}",
            "const { credential, connection } = await answer.json();\nconst headers = { [credential.header]: credential.value, ...connection.headers };",
            "bids",
        ],
    };
    vec![
        (
            "curl",
            format!(
                "curl -sS -X POST '{url}' \\\n  -H \"Authorization: Bearer $PORTAL_GATEWAY_KEY\" \\\n  -H 'Portal-Gateway: 1' \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"purpose\":\"first try\"}}'"
            ),
        ),
        (
            "Python",
            format!(
                "import os, requests\n\nanswer = requests.post(\n    \"{url}\",\n    headers={{\"Authorization\": f\"Bearer {{os.environ['PORTAL_GATEWAY_KEY']}}\", \"Portal-Gateway\": \"1\"}},\n    json={{\"purpose\": \"{purpose}\"}},\n    timeout=30,\n)\nif not answer.ok:\n    raise RuntimeError(answer.json()[\"detail\"])\n{python}"
            ),
        ),
        (
            "TypeScript",
            format!(
                "const answer = await fetch(\"{url}\", {{\n  method: \"POST\",\n  headers: {{\n    Authorization: `Bearer ${{process.env.PORTAL_GATEWAY_KEY}}`,\n    \"Portal-Gateway\": \"1\",\n    \"Content-Type\": \"application/json\",\n  }},\n  body: JSON.stringify({{ purpose: \"{purpose}\" }}),\n}});\nif (!answer.ok) throw new Error((await answer.json()).detail);\n{typescript}"
            ),
        ),
        (
            SP_API_SDK,
            format!(
                "import os\nfrom spapi import SPAPIClient, SPAPIConfig  # pip install amzn-sp-api\n\n# Portal stands where LWA stood\nconfig = SPAPIConfig(\n    client_id=os.environ[\"PORTAL_GATEWAY_KEY_ID\"],  # the key's id, on its gateway's page\n    client_secret=os.environ[\"PORTAL_GATEWAY_KEY\"],\n    refresh_token=\"{connection}\",\n    region=\"{}\",\n)\nclient = SPAPIClient(config, oauth_endpoint=\"{origin}/api/gateway/v1/lwa/token\")",
                region.to_uppercase()
            ),
        ),
    ]
}
