//! What a sweep fills in, by the names of arguments.

use super::*;

/// The fields of a server function's form. Things are taken from where `of` says, by the argument's name.
pub fn form<'a>(function: &Function, of: impl Fn(&str) -> &'a Things) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for argument in &function.arguments {
        let mut put = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        let things = of(argument);
        // The log is filtered by bare ids.
        let bare = |id: &str| id.split_once('_').unwrap().1.to_owned();
        match argument.as_str() {
            // A Team that the person is not in.
            "which" => put("which", &things.team),
            "connections" => put("connections[]", &things.connection),
            "gateways" => put("gateways[]", &things.gateway),
            "keys" => put("keys[]", &things.key),
            // How many a page showed: nothing that people type.
            "known_keys" => {}
            "scopes" => put("scopes[]", "credential:issue"),
            "query" => {
                put("query[actor]", &bare(&things.user));
                put("query[target]", &bare(&things.connection));
            }
            name => {
                let value = things.named(name).or_else(|| value(name));
                put(name, value.unwrap_or_else(|| panic!("{}: nothing is known for {name}", function.name)));
            }
        }
    }
    fields
}

/// What people type, by the field's name.
fn value(name: &str) -> Option<&'static str> {
    Some(match name {
        "name" => "Another name",
        "act" => "revoke a key of orders-sync",
        "act_proof" => "",
        "subject_kind" => "user",
        "decision" => "confirmed",
        "response" => "{}",
        "required" => "false",
        "email" => "eve@example.com",
        "next" => "/account",
        "code" => "12345678",
        "role" => "auditor",
        "works_as" => "contractor",
        "company" => "Lighthouse Keepers",
        "until" => "2027-01-31",
        "production" | "sandbox" | "is_draft" => "true",
        "environment" => "production",
        "api" => "sp_api",
        "region" => "eu",
        "profile" => "3312345678901234",
        "client_id" => "amzn1.application-oa2-client.00000000000000000000000000000abc",
        "client_secret" => known_app().client_secret,
        "application_id" => known_app().application_id,
        "secret_made_on" | "consented_on" => "",
        "seller_id" => other_seller().seller_id,
        "marketplace" => other_seller().marketplaces[0],
        "refresh_token" => other_seller().refresh_token,
        "confirm" => "Shop",
        "networks" => "198.51.100.0/24",
        "days" => "30",
        "note" => "It was us",
        "reason" => "Case 4712",
        "kind" => "other",
        "title" => "Another oddity",
        "detected" | "at" | "about" => "",
        "began" => "2020-01-31T10:00",
        "restricted" => "false",
        "step" => "triage",
        "reach" => "one",
        "confirmed" | "pinned" => "true",
        "how" => "No information of Amazon's was reached",
        "duty" => "scribe",
        "entry_kind" => "note",
        "body" => "It was us",
        "phase" => "investigate",
        "drill" => "revoke_key",
        "due" => "",
        "due_on" => "2030-01-31",
        "task_end" => "done",
        "hours" => "12",
        "track" => "staff",
        "version" => "1",
        "recipients" => "carol@example.com",
        "subject" => "Another subject",
        "for_amazon" => "false",
        "request" | "proof" => "Case 4711",
        "contact_name" => "Grace",
        "contact_email" | "amazon_address" => "grace@example.com",
        "contact_phone" => "+49 30 1",
        "what_happened" | "impact" | "cause" | "went_well" | "went_badly" => "As it was",
        "measure_kind" => "lock_connection",
        "rule" => "refused_calls",
        "url" => "http://127.0.0.1:9/hook",
        "webhook_secret" => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "ends" => "",
        "topic" => "arn:aws:sns:eu-west-1:123456789012:ads-stream",
        "threshold" => "7",
        "off" => "false",
        "canary" | "finding" => "true",
        "conclusion" => "As it should be",
        "mail_from" => "critical",
        "quiet" => "22-6",
        _ => return None,
    })
}

/// A seller whom no Team of a test is connected with from the start.
pub fn other_seller() -> &'static server::simulator::known::Seller {
    let known = server::simulator::known::SELLERS.iter();
    known.into_iter().find(|seller| seller.seller_id != known_seller().seller_id).unwrap()
}

/// The body of a gateway route.
pub fn body(route: &Route, of: &Things) -> Value {
    let fields = route.body.iter().map(|name| {
        let value = match name.as_str() {
            "items" => json!([{ "connection_id": of.connection }]),
            "grant_type" => json!("refresh_token"),
            "client_id" => json!(of.key),
            "client_secret" => json!(of.secret),
            "refresh_token" => json!(of.connection),
            "min_ttl_s" => json!(300),
            "known_generation" | "rejected_generation" => Value::Null,
            "generation" => json!(1),
            "purpose" => json!("a sweep"),
            "sp_api_status" => json!(403),
            "sp_api_code" => json!("Unauthorized"),
            "sp_api_detail" => json!("Access to requested resource is denied."),
            "request_id" => json!("e0b1a2c3"),
            _ => panic!("{}: nothing is known for {name}", route.name()),
        };
        (name.clone(), value)
    });
    Value::Object(fields.collect())
}
