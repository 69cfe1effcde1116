//! A secret in the wrong place.

use reqwest::{Method, Response, header};
use serde_json::json;

use crate::{
    browser::Browser,
    house::{House, fresh_client},
    on_both_databases,
    registry::{body, dump, form, functions, routes},
    support::Stage,
};

use super::*;

/// A secret in the wrong place: longer than any name, and looked for by its middle, since what is cut is shown in part.
const MIDDLE: &str = "iAmInTheWrongPlace4711";

fn misplaced() -> Vec<String> {
    let around = |start: &str| format!("{start}{MIDDLE}{}", "Zq8".repeat(20));
    ["Atza|", "Atzr|", "amzn1.oa2-cs.v1.", "ptl_gw_", "Bearer ", "hunter2:"].map(around).to_vec()
}

on_both_databases!(nothing_repeats_a_secret_that_came_in_the_wrong_place, async |stage: Stage| {
    let listening = Listening::start();
    let mut house = House::on(stage).await;
    // A server may close a connection on which it left a body unread, and a client that keeps it would notice too late.
    house.http = fresh_client();
    let of = house.furnished("ada").await;
    let own = house.things(&of).await;
    let mut cage = Cage::default();
    cage.add("misplaced secret", MIDDLE);
    let mut leaks = Vec::new();
    let mut asked = 0;
    let mut check = async |what: String, response: Result<Response, reqwest::Error>| {
        let response = response.unwrap_or_else(|error| panic!("{what}: {error}"));
        let head = format!("{:?}", response.headers());
        let bytes = [head.into_bytes(), response.bytes().await.unwrap().to_vec()].concat();
        leaks.extend(cage.found(&bytes).into_iter().map(|(_, spelling)| format!("{what} ({spelling})")));
        asked += 1;
    };

    // Gateway routes: in every field, as a field, in a body that is none, in the path, in the headers.
    for route in routes(&house).await {
        for secret in misplaced() {
            let coded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let path = route.path.replace("{team_id}", &own.team).replace("{connection_id}", &own.connection);
            let ask = |path: &str| {
                house.ask(route.method.clone(), &own.secret, path).header("X-Forwarded-For", house.stage.next_address())
            };
            let whole = body(&route, &own);
            let mut bodies = vec![
                (format!("{{\"x\": \"{secret}"), "application/json"),
                (format!("\"{secret}\""), "application/json"),
                (format!("[{{\"{secret}\": 1}}]"), "application/json"),
                (secret.clone(), "application/json"),
                (secret.clone(), "text/plain"),
                (format!("{coded}={coded}&%zz={coded}"), "application/x-www-form-urlencoded"),
                (secret.clone(), "application/x-www-form-urlencoded"),
            ];
            if route.method != Method::GET {
                bodies.push((format!("{{\"purpose\": \"{}\"}}", secret.repeat(300)), "application/json"));
            }
            for field in route.body.iter().chain([&secret]) {
                for value in
                    [json!(secret), json!([secret]), json!({ secret.clone(): 1 }), json!([{ "connection_id": secret }])]
                {
                    let mut wrong = whole.clone();
                    wrong[field] = value;
                    bodies.push((wrong.to_string(), "application/json"));
                }
            }
            for (body, kind) in bodies {
                let request = ask(&path).header(header::CONTENT_TYPE, kind).body(body.clone());
                check(
                    format!(
                        "{} {kind} {}",
                        route.name(),
                        body.replace(&secret, "SECRET").chars().take(120).collect::<String>()
                    ),
                    request.send().await,
                )
                .await;
            }
            for named in ["{team_id}", "{connection_id}"] {
                let path = route
                    .path
                    .replace(named, &coded)
                    .replace("{team_id}", &own.team)
                    .replace("{connection_id}", &own.connection);
                check(format!("{} with {named}", route.name()), ask(&path).json(&whole).send().await).await;
            }
            let mut keyless = house.http.request(route.method.clone(), format!("{}{path}?{coded}={coded}", house.url));
            keyless = keyless.header("X-Forwarded-For", house.stage.next_address()).header("Portal-Gateway", "1");
            check(
                format!("{} as a key", route.name()),
                keyless.try_clone().unwrap().bearer_auth(&secret).json(&whole).send().await,
            )
            .await;
            for name in ["Portal-Gateway", "Content-Type", "User-Agent", "Accept", "X-Request-Id", "traceparent"] {
                let request = keyless.try_clone().unwrap().bearer_auth(&own.secret).json(&whole).header(name, &secret);
                check(format!("{} in {name}", route.name()), request.send().await).await;
            }
            let path = format!("{}/{coded}", route.path.split("/{").next().unwrap());
            check(format!("{} and further", route.name()), ask(&path).send().await).await;
        }
    }

    // Notifications: in the body, in every header, in the path; signed and not.
    let key = backend::notifications::create_key(&house.stage.stepped_up(&of.owner), &of.scope, of.connection, None).await;
    let key = crate::support::reveal(&key.unwrap().secret).to_owned();
    for secret in misplaced() {
        let now = of.owner.now();
        let body = crate::notifications::offer(&secret, now);
        let kind = crate::notifications::offer("n-1", now).replace("ANY_OFFER_CHANGED", &secret);
        let signed = |id: &str, body: &str| crate::notifications::message(&key, id, now, body);
        let coded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let mut messages =
            vec![signed("msg_1", &secret), signed("msg_1", &body), signed("msg_1", &kind), signed(&secret, &kind)];
        messages.extend([0, 1, 2].map(|n| {
            let mut wrong = signed("msg_1", &body);
            *[&mut wrong.id, &mut wrong.timestamp, &mut wrong.signatures][n] = secret.clone();
            wrong
        }));
        for (n, message) in messages.iter().enumerate() {
            for place in [&own.connection, &coded] {
                let request = crate::notifications::request(&house, place, message);
                check(format!("a notification {n}"), request.try_clone().unwrap().send().await).await;
                check(format!("of SNS {n}"), request.header("x-amz-sns-message-type", &secret).send().await).await;
            }
        }
    }

    // Server functions: the same, by a script and as a plain form, signed in and not.
    let browser = Browser::confirmed(&house, "ada@example.com").await;
    for function in functions().iter().filter(|function| function.name != "sign_out" && function.name != "leave_team") {
        let path = format!("/act/{}", function.name);
        for secret in misplaced() {
            let coded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let whole = form(function, |_| &own);
            let mut bodies = vec![
                ("a body that is no form".to_owned(), format!("{{\"x\": \"{secret}"), true),
                ("a broken form".to_owned(), format!("team=%zz{coded}&{coded}"), true),
                ("unknown fields".to_owned(), format!("{coded}={coded}&{coded}[x]={coded}&query[{coded}]=1"), true),
            ];
            for field in &function.arguments {
                let wrong: Vec<_> =
                    whole.iter().filter(|(name, _)| name.split('[').next() != Some(field)).cloned().collect();
                let rest = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&wrong).finish();
                // What a person types is given back to them, but for fields of secrets.
                let plain = app::edge::NEVER_ECHOED.contains(&field.as_str());
                bodies.push((format!("{field} of {}", function.name), format!("{rest}&{field}={coded}"), plain));
                bodies.push((
                    format!("{field}[] of {}", function.name),
                    format!("{rest}&{field}[]={coded}&{field}[x]={coded}"),
                    plain,
                ));
                bodies.push((format!("{field} twice"), format!("{rest}&{field}=1&{field}={coded}"), plain));
            }
            for (what, body, plain) in bodies {
                for (accept, own_browser) in [("application/json", true), ("application/json", false), ("text/html", true)] {
                    if accept == "text/html" && !plain {
                        continue;
                    }
                    let visitor = Browser::new(&house);
                    let from = if own_browser { &browser } else { &visitor };
                    let request =
                        from.request(Method::POST, &path).header("Sec-Fetch-Site", "same-origin").body(body.clone());
                    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                    check(format!("{path} with {what}, {accept}"), request.header(header::ACCEPT, accept).send().await)
                        .await;
                }
            }
        }
    }
    assert!(asked > 3_000, "{asked}");
    leaks.sort();
    leaks.dedup();
    let log = cage.found(&listening.heard());
    assert!(log.is_empty(), "in the log: {log:?}");
    let rows = dump(&house, None, &[]).await;
    for (table, rows) in &rows {
        assert_eq!(cage.found(rows.join("\n").as_bytes()), [], "in the table {table}");
    }
    assert!(leaks.is_empty(), "{} answers repeat it, such as\n{}", leaks.len(), leaks[..leaks.len().min(12)].join("\n"));
});
