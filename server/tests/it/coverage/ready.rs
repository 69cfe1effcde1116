//! What must be there before a server function succeeds.

use super::*;
use crate::{authenticator::Authenticator, support::reveal};

/// Sets the stage for a function, so that it succeeds: who calls it, and with what.
pub async fn ready<'a>(
    house: &'a House,
    function: &Function,
    of: &Furnished,
    own: &Things,
) -> (Browser<'a>, Vec<(String, String)>) {
    let email = of.owner.signed_in().unwrap().email.to_string();
    let (name, _) = email.split_once('@').unwrap();
    let owner = house.stage.stepped_up(&of.owner);
    let mut fields = form(function, |_| own);
    let mut with = |field: &str, value: &str| {
        let found = fields.iter_mut().find(|(known, _)| known == field);
        found.unwrap_or_else(|| panic!("{}: there is no {field}", function.name)).1 = value.to_owned();
    };
    let mut caller = email.clone();
    match function.name.as_str() {
        "read_installation" | "acknowledge_installation_alert" => {
            let operators = backend::store::user::operators(house.stage.portal.db.reader()).await.unwrap();
            caller = operators[0].email.to_string();
            if function.takes("alert") {
                with("alert", &house.an_alert(None).await);
            }
        }
        "my_impersonations" | "ask_impersonation" | "begin_impersonation" | "stop_impersonation" | "end_impersonation" => {
            let db = house.stage.portal.db.reader();
            caller = format!("{name}-support@example.com");
            let operates = format!("UPDATE \"user\" SET is_operator = true WHERE email = '{caller}'");
            db.execute_unprepared(&operates).await.unwrap();
            if function.name == "ask_impersonation" {
                with("reason", "No leases since noon");
            }
            if function.takes("code") || function.takes("team") {
                let id = own.impersonation.parse().unwrap();
                let code = backend::impersonations::approve(&owner, &of.scope, id).await.unwrap();
                if function.takes("code") {
                    with("code", reveal(&code));
                } else {
                    let session = owner.signed_in().unwrap().session;
                    backend::store::impersonation::begin(db, id, session, owner.now()).await.unwrap();
                    caller = email.clone();
                }
            }
        }
        "sign_access_review" => {
            // Somebody else confirms the owner, and the owner everybody else.
            use model::access_review::{Decision, Subject};
            let second =
                house.stage.stepped_up(&house.member(of, &format!("{name}-other"), Role::Owner, Environments::BOTH).await);
            let review = own.access_review.parse().unwrap();
            let me = owner.signed_in().unwrap().user.0;
            for item in backend::access_reviews::get(&owner, &of.scope, review).await.unwrap().1 {
                let by = if (item.kind, item.subject) == (Subject::Member, me) { &second } else { &owner };
                let scope = backend::access::enter(by, of.team, Permission::ManageMembers).await.unwrap();
                let done = Decision::Confirmed;
                backend::access_reviews::decide(by, &scope, review, item.kind, item.subject, done, "").await.unwrap();
            }
        }
        "enable_account" => {
            let operators = backend::store::user::operators(house.stage.portal.db.reader()).await.unwrap();
            caller = operators[0].email.to_string();
            let user = own.user.parse().unwrap();
            backend::store::dormancy::disable(house.stage.portal.db.reader(), user, owner.now()).await.unwrap();
        }
        "merge_incident" => {
            with("into", &house.an_incident(of).await.0.to_string());
            // Nothing ends while a measure is open.
            let incident = backend::incidents::enter(&owner, &of.scope, own.incident.parse().unwrap()).await.unwrap();
            backend::incidents::withdraw(&owner, &incident, own.measure.parse().unwrap()).await.unwrap();
        }
        "write_post_mortem" => with("version", "0"),
        "remove_playbook_task" => with("title", model::incident::Kind::Other.playbook()[0].title),
        "reopen_task" => {
            use backend::incidents::{end_task, enter};
            let incident = enter(&owner, &of.scope, own.incident.parse().unwrap()).await.unwrap();
            let done = model::incident::TaskState::Done;
            end_task(&owner, &incident, own.task.parse().unwrap(), done, "").await.unwrap();
        }
        "send_notice" | "mark_notice_sent" => {
            use backend::incidents::{approve_notice, enter};
            let incident = enter(&owner, &of.scope, own.incident.parse().unwrap()).await.unwrap();
            approve_notice(&owner, &incident, own.notice.parse().unwrap(), 1).await.unwrap();
        }
        "lift_measure" | "retry_measure" => {
            // Another one ordered the lock, who came after the owner.
            use backend::incidents::{enter, order};
            let second = house.member(of, &format!("{name}-admin"), Role::Admin, Environments::BOTH).await;
            house.stage.advance(Duration::seconds(1));
            let scope = backend::access::enter(&second, of.team, Permission::RunIncidents).await.unwrap();
            let incident = enter(&second, &scope, own.incident.parse().unwrap()).await.unwrap();
            let measure = order(&second, &incident, MeasureKind::LockGateway, of.gateway.0).await.unwrap();
            with("measure", &measure.to_string());
            if function.name == "retry_measure" {
                let failed = "UPDATE measure SET state = 'failed' WHERE kind = 'lock_gateway'";
                house.stage.portal.db.reader().execute_unprepared(failed).await.unwrap();
            }
        }
        "ask_deletion" | "approve_deletion" => {
            // Nothing is looked into, and another owner was there before.
            for over in [
                "UPDATE incident SET state = 'dismissed'",
                "UPDATE audit_hold SET lifted_at = placed_at, lifted_by = placed_by, lifted_name = ''",
            ] {
                house.stage.portal.db.reader().execute_unprepared(over).await.unwrap();
            }
            let team = format!("Team of {name}");
            with("name", &team);
            let other = house.member(of, &format!("{name}-owner"), Role::Owner, Environments::BOTH).await;
            house.stage.advance(Duration::seconds(1));
            if function.takes("approval") {
                let (other, act) = (house.stage.stepped_up(&other), model::approval::GraveAct::DeleteTeam);
                let asked = backend::approvals::ask(&other, &of.scope, act, &team).await.unwrap();
                with("approval", &asked.to_string());
            }
        }
        "accept_invitation" | "decline_invitation" => caller = format!("{name}-invited@example.com"),
        "leave_team" => caller = format!("{name}-second@example.com"),
        "ask_code" => with("email", &format!("{name}-anew@example.com")),
        "replace_refresh_token" => with("refresh_token", known_seller().refresh_token),
        "list_profiles" => {
            let apps = lwa_apps::list(&owner, &of.scope).await.unwrap();
            let app = apps.iter().find(|app| app.api == model::amazon::Api::Advertising).unwrap();
            with("lwa_app", &app.id.to_string());
            with("refresh_token", server::simulator::known::ADVERTISERS[0].refresh_token);
        }
        "enable_connection" => connections::disable(&owner, &of.scope, of.connection).await.unwrap(),
        "remove_topic" => {
            let topic = "arn:aws:sns:eu-west-1:123456789012:ads-stream";
            backend::notifications::add_topic(&owner, &of.scope, of.connection, topic).await.unwrap();
        }
        "stop_idle" => {
            // Made long ago, and never used.
            for table in ["gateway", "gateway_key"] {
                let old = format!("UPDATE {table} SET created_at = '2026-01-01 00:00:00+00:00'");
                house.stage.portal.db.reader().execute_unprepared(&old).await.unwrap();
            }
        }
        "enable_gateway" => gateways::disable(&owner, &of.scope, of.gateway).await.unwrap(),
        "remove_lwa_app" => {
            connections::disconnect(&owner, &of.scope, of.connection, "Shop").await.unwrap();
            with("confirm", "Our app");
        }
        "set_gateway_connections" => gateways::set_connections(&owner, &of.scope, of.gateway, &[]).await.unwrap(),
        "stage_secret" => with("client_secret", &house.simulator.rotate(known_app().client_id).unwrap()),
        "promote_secret" | "drop_other_secret" => {
            let next = SecretString::from(house.simulator.rotate(known_app().client_id).unwrap());
            lwa_apps::stage_secret(&owner, &of.scope, of.app, next, owner.now()).await.map(drop).unwrap();
        }
        _ => {}
    }
    let mut browser = match function.name.as_str() {
        "ask_code" | "sign_in" | "read_pending_code" | "sign_in_with_passkey" | "begin_passkey_sign_in" => {
            Browser::new(house)
        }
        _ => Browser::confirmed(house, &caller).await,
    };
    house.stage.advance(Duration::seconds(1));
    match function.name.as_str() {
        "sign_in" => {
            let email = format!("{name}-anew@example.com");
            browser.post("ask_code", &[("email", &email)]).await;
            with("code", &house.stage.code_for(&email).await);
        }
        "sign_in_with_passkey"
        | "confirm_with_passkey"
        | "add_passkey"
        | "remove_passkey"
        | "require_passkeys"
        | "rename_passkey"
        | "begin_passkey" => {
            show_passkey(house, &owner, function, &mut browser, &mut with).await;
        }
        "confirm" => {
            browser.post("ask_confirmation", &[]).await;
            with("code", &house.stage.code_for(&email).await);
        }
        _ => {}
    }
    (browser, fields)
}

/// What a browser does with a device before these functions.
async fn show_passkey(
    house: &House,
    owner: &backend::Cx,
    function: &Function,
    browser: &mut Browser<'_>,
    with: &mut impl FnMut(&str, &str),
) {
    let mut device = Authenticator::at(crate::passkeys::ORIGIN);
    // The device is another one than that of the passkey that is there, which nobody has.
    let asked = "DELETE FROM passkey";
    let begin = async |browser: &mut Browser<'_>, name: &str| -> Value {
        let named: &[(&str, &str)] = if name == "begin_passkey" { &[("name", "Laptop")] } else { &[] };
        let text: String = browser.post(name, named).await.json().await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    if function.name == "add_passkey" || function.name == "begin_passkey" {
        house.stage.portal.db.reader().execute_unprepared(asked).await.unwrap();
        if function.name == "add_passkey" {
            let options = begin(browser, "begin_passkey").await;
            with("response", &device.create(&options));
        }
        return;
    }
    let shown = crate::passkeys::instead(house, owner, &mut device).await;
    if ["remove_passkey", "rename_passkey"].contains(&function.name.as_str()) {
        with("passkey", &shown.to_string());
    }
    let name = if function.name == "sign_in_with_passkey" { "begin_passkey_sign_in" } else { "begin_passkey_confirmation" };
    let options = begin(browser, name).await;
    let answer = device.get(&options);
    match function.name.as_str() {
        "sign_in_with_passkey" | "confirm_with_passkey" => with("response", &answer),
        _ => assert_eq!(browser.post("confirm_with_passkey", &[("response", &answer)]).await.status(), 200),
    }
}
