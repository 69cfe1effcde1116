//! Each dangerous act, done: what the list of them leads to.

use backend::{
    Cx, alerts, approvals, connections, gateways, incidents, lwa_apps, reviews,
    store::{approval::Approval, audit_hold::By, member::Member, webhook::Webhook},
    teams,
    vault::Place,
    webhooks,
};
use model::{
    Environments, Problem, Role,
    approval::GraveAct,
    engagement::Engagement,
    gateway::{Networks, Scope, Scopes},
    ids::{ApprovalId, ImpersonationId, TeamId, UserId, WebhookId},
    incident::Step,
    step_up::DangerousAct,
};
use sea_orm::{ConnectionTrait, Statement};
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::{
    authenticator::Authenticator,
    house::{Furnished, House, known_app, known_seller},
};

fn problem<T, E>(result: Result<T, E>) -> Result<(), Problem>
where
    for<'a> Problem: From<&'a E>,
{
    result.map(|_| ()).map_err(|error| Problem::from(&error))
}

/// What the owner shows passkeys with.
pub(super) type Device = Mutex<Authenticator>;

pub(super) fn a_device() -> Device {
    Mutex::new(Authenticator::at(crate::passkeys::ORIGIN))
}

/// Does everything that counts as this act. A new act does not compile without its case.
pub(super) async fn perform(
    house: &House,
    device: &Device,
    team: &Furnished,
    bob: &Cx,
    cx: &Cx,
    act: DangerousAct,
) -> Vec<Result<(), Problem>> {
    let scope = &team.scope;
    let bob_signed_in = bob.signed_in().unwrap();
    let bob = bob_signed_in.user;
    match act {
        DangerousAct::CreateGatewayKey => vec![problem(gateways::create_key(cx, scope, team.gateway, 90, None).await)],
        DangerousAct::ChangeClientSecret => {
            let secret = SecretString::from(house.simulator.rotate(known_app().client_id).unwrap());
            vec![
                problem(lwa_apps::stage_secret(cx, scope, team.app, secret, cx.now()).await),
                problem(lwa_apps::promote_secret(cx, scope, team.app).await),
                problem(lwa_apps::drop_other_secret(cx, scope, team.app).await),
            ]
        }
        DangerousAct::ChangeApplicationId => {
            let now = lwa_apps::get(cx, scope, team.app).await.unwrap();
            let ids = [known_app().application_id, "amzn1.sp.solution.3f0c1d52-7a64-4a0e-9d0b-51a0c0ffee99"];
            let other = ids.into_iter().find(|id| now.application_id.as_deref() != Some(id)).unwrap();
            vec![problem(lwa_apps::change(cx, scope, team.app, now.name, other.parse().ok(), false).await)]
        }
        DangerousAct::RemoveLwaApp => {
            let apps = lwa_apps::list(cx, scope).await.unwrap();
            let spare = apps.into_iter().find(|app| app.name.as_str() == "Spare").map_or(team.app, |app| app.id);
            vec![problem(lwa_apps::remove(cx, scope, spare, "Spare").await)]
        }
        DangerousAct::ReplaceRefreshToken => {
            let token = SecretString::from(known_seller().refresh_token);
            vec![problem(connections::replace_refresh_token(cx, scope, team.connection, token).await)]
        }
        DangerousAct::WidenGateway => {
            let nothing = "DELETE FROM gateway_connection";
            house.stage.portal.db.reader().execute_unprepared(nothing).await.unwrap();
            let narrow = "UPDATE gateway SET scopes = 'credential:issue', networks = '192.0.2.0/24'";
            house.stage.portal.db.reader().execute_unprepared(narrow).await.unwrap();
            let (few, all) = (Scopes(vec![Scope::CredentialIssue]), Scopes(Scope::ALL.to_vec()));
            let (one, any) = ("192.0.2.0/24".parse::<Networks>().unwrap(), Networks::default());
            let name = || "orders-sync".parse().unwrap();
            vec![
                problem(gateways::change(cx, scope, team.gateway, name(), all.clone(), one).await),
                problem(gateways::change(cx, scope, team.gateway, name(), few, any.clone()).await),
                problem(gateways::change(cx, scope, team.gateway, name(), all, any).await),
                problem(gateways::set_connections(cx, scope, team.gateway, &[team.connection]).await),
            ]
        }
        DangerousAct::Disconnect => vec![problem(connections::disconnect(cx, scope, team.connection, "Shop").await)],
        DangerousAct::ChangeRole => {
            vec![
                problem(teams::change_member(cx, scope, bob, Role::Auditor, Environments::BOTH).await),
                problem(teams::engage(cx, scope, bob, Engagement::Employee).await),
            ]
        }
        DangerousAct::LeaveTeam => {
            let left = problem(teams::leave(cx, scope).await);
            // Nobody comes back but by an invitation; here there is more to do.
            if left.is_ok() {
                let (db, me) = (house.stage.portal.db.reader(), cx.signed_in().unwrap().user);
                let (both, employee) = (Environments::BOTH, Engagement::Employee);
                backend::store::member::insert(
                    db,
                    team.team,
                    me,
                    Role::Owner,
                    both,
                    &employee,
                    cx.now() - chrono::Duration::days(30),
                )
                .await
                .unwrap();
            }
            vec![left]
        }
        DangerousAct::RemoveMember => vec![problem(teams::remove_member(cx, scope, bob).await)],
        DangerousAct::InviteMember => {
            let carol = "carol@example.com".parse().unwrap();
            vec![problem(teams::invite(cx, scope, &carol, Role::Auditor, Environments::BOTH, Engagement::Employee).await)]
        }
        DangerousAct::ChangeWatch => {
            use backend::store::alert_setting::Setting;
            vec![
                problem(alerts::set_rule(cx, scope, model::alert::Rule::RefusedCalls, Setting::default()).await),
                problem(alerts::set_delivery(cx, scope, Default::default()).await),
                problem(connections::set_canary(cx, scope, team.connection, false).await),
            ]
        }
        DangerousAct::SetWebhook => {
            let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
            let set = async |of| webhooks::set(cx, scope, of, "http://127.0.0.1:9/hook", secret.clone(), None).await;
            let hook = hook(house, team, &secret).await;
            vec![
                problem(set(webhooks::For::Alerts).await),
                problem(webhooks::rotate(cx, scope, hook, secret.clone()).await),
                problem(webhooks::remove(cx, scope, hook).await),
                problem(set(webhooks::For::Gateway(team.gateway)).await),
            ]
        }
        DangerousAct::SetNotifications => {
            let topic = "arn:aws:sns:eu-west-1:123456789012:ads-stream";
            vec![
                problem(backend::notifications::create_key(cx, scope, team.connection, None).await),
                problem(backend::notifications::add_topic(cx, scope, team.connection, topic).await),
            ]
        }
        DangerousAct::ExportLog => vec![
            problem(backend::audit::note_export(cx, scope, "csv", 1).await),
            problem(approvals::ask(cx, scope, GraveAct::ExportLog, "").await),
            problem(approvals::approve(cx, scope, GraveAct::ExportLog, asked(house, team).await, "").await),
        ],
        DangerousAct::ExportAccessReview => {
            let review = backend::access_reviews::list(cx, scope).await.unwrap()[0].id;
            vec![problem(backend::access_reviews::export(cx, scope, review).await)]
        }
        DangerousAct::ExportPromises => vec![problem(backend::promises::export(cx, scope).await)],
        DangerousAct::AddPasskey => {
            // Others of the Team's owners have theirs.
            if let Some(dana) = dana(team).await {
                give_passkey(house, dana.user).await;
            }
            let asked = match backend::passkeys::begin_registration(cx).await {
                Ok(asked) => asked,
                Err(error) => return vec![Err(Problem::from(&error))],
            };
            let made = device.lock().await.create(&asked.options);
            vec![problem(backend::passkeys::register(cx, asked.id, "Laptop".parse().unwrap(), &made).await)]
        }
        DangerousAct::SignAccessReview => {
            let review = backend::access_reviews::list(cx, scope).await.unwrap()[0].id;
            let decided =
                "UPDATE access_review_item SET decision = 'confirmed', note = '', decided_at = '2026-01-01 00:00:00+00:00',
                decided_by = subject_id, decided_name = ''";
            house.stage.portal.db.reader().execute_unprepared(decided).await.unwrap();
            vec![problem(backend::access_reviews::sign(cx, scope, review, "As it should be").await)]
        }
        DangerousAct::EnableAccount => {
            let dana = dana(team).await.map_or(model::ids::UserId(model::ids::NIL), |dana| dana.user);
            backend::store::dormancy::disable(house.stage.portal.db.reader(), dana, cx.now()).await.unwrap();
            vec![problem(backend::dormancy::enable(cx, dana).await)]
        }
        DangerousAct::ChangePasskeyRule => vec![
            problem(teams::require_passkeys(cx, scope, true).await),
            problem(teams::require_passkeys(cx, scope, false).await),
        ],
        DangerousAct::RemovePasskey => {
            let mine = backend::passkeys::list(cx).await.unwrap();
            let one = mine.first().map_or(model::ids::PasskeyId(model::ids::NIL), |one| one.id);
            vec![problem(backend::passkeys::remove(cx, one).await)]
        }
        DangerousAct::DeleteTeam => {
            make(team, Role::Owner).await;
            // What is looked into keeps the Team.
            for over in [
                "UPDATE incident SET state = 'dismissed'",
                "UPDATE audit_hold SET lifted_at = placed_at, lifted_by = placed_by, lifted_name = ''",
            ] {
                house.stage.portal.db.reader().execute_unprepared(over).await.unwrap();
            }
            vec![problem(approvals::ask(cx, scope, GraveAct::DeleteTeam, "Team of ada").await)]
        }
        DangerousAct::ChangeHold => {
            let holds = backend::audit::retention(cx, scope).await.unwrap().holds;
            let standing = holds.into_iter().find(|hold| hold.lifted.is_none());
            let hold = standing.map_or(model::ids::HoldId(model::ids::NIL), |hold| hold.id);
            vec![
                problem(backend::audit::lift_hold(cx, scope, hold).await),
                problem(backend::audit::place_hold(cx, scope, "Case 4712").await),
            ]
        }
        DangerousAct::LiftLock => {
            let incident = incidents::list(cx, scope).await.unwrap().remove(0).id;
            let incident = incidents::enter(cx, scope, incident).await.unwrap();
            let lock = incidents::measures(cx, &incident).await.unwrap().into_iter().find(|one| one.lock.is_some());
            vec![problem(incidents::lift(cx, &incident, lock.unwrap().id).await)]
        }
        DangerousAct::CopyEvidence => {
            let incident = incidents::list(cx, scope).await.unwrap().remove(0).id;
            let incident = incidents::enter(cx, scope, incident).await.unwrap();
            let piece = incidents::locker(cx, &incident).await.unwrap().remove(0).0.id;
            vec![problem(incidents::copy_evidence(cx, &incident, piece).await)]
        }
        DangerousAct::SettleAmazon => {
            let all = incidents::list(cx, scope).await.unwrap();
            let enter = async |id| incidents::enter(cx, scope, id).await.unwrap();
            let nothing = all.iter().find(|one| one.title == "Nothing").unwrap().id;
            vec![
                problem(incidents::settle_amazon(cx, &enter(all[0].id).await, "Nothing of Amazon's was reached").await),
                problem(incidents::take_step(cx, &enter(nothing).await, Step::Dismiss, None, "It was a test", None).await),
            ]
        }
        DangerousAct::ApproveNotice => {
            make(team, Role::Auditor).await;
            let incident = incidents::list(cx, scope).await.unwrap().remove(0).id;
            let incident = incidents::enter(cx, scope, incident).await.unwrap();
            let notice = incidents::notices(cx, &incident).await.unwrap().remove(0);
            vec![
                problem(incidents::approve_notice(cx, &incident, notice.id, notice.version).await),
                problem(incidents::told_amazon_alone(cx, &incident, "By telephone").await),
            ]
        }
        DangerousAct::ChangeContact => {
            let (email, amazon) = ("ciso@example.com".parse().unwrap(), "security@amazon.com".parse().unwrap());
            vec![problem(incidents::set_contact(cx, scope, "Grace", email, "", amazon).await)]
        }
        DangerousAct::ApproveImpersonation => {
            let asked = house.asks_to_look(team.team, bob_signed_in).await;
            vec![problem(backend::impersonations::approve(cx, scope, asked).await)]
        }
        DangerousAct::Impersonate => {
            let (asked, code) = approved(house, cx, bob).await;
            vec![problem(backend::impersonations::begin(cx, asked, code).await)]
        }
        DangerousAct::SignReview => {
            let review = reviews::list(cx, scope).await.unwrap().remove(0).id;
            vec![problem(reviews::sign(cx, scope, review, "As it should be").await)]
        }
    }
}

/// What this operator asked of a Team that they are not in, and its owner approved; with the code.
async fn approved(house: &House, cx: &Cx, owner: UserId) -> (ImpersonationId, &'static str) {
    let (db, now, code) = (house.stage.portal.db.reader(), cx.now(), "12345678");
    let team: TeamId = backend::random::id(now);
    backend::store::team::insert(db, team, &"Elsewhere".parse().unwrap(), now).await.unwrap();
    backend::store::member::insert(db, team, owner, Role::Owner, Environments::BOTH, &Engagement::Employee, now)
        .await
        .unwrap();
    let me = cx.signed_in().unwrap();
    let id = house.asks_to_look(team, me).await;
    let mac = house.stage.portal.vault.login_code_mac(id.0, me.email.as_str(), code);
    let text =
        "UPDATE impersonation SET approved_at = $1, approved_by = $2, approved_name = 'owner', code_mac = $3 WHERE id = $4";
    let values = [now.into(), owner.0.into(), mac.to_vec().into(), id.0.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), text, values)).await.unwrap();
    (id, code)
}

/// The second owner, where there is one.
async fn dana(team: &Furnished) -> Option<Member> {
    let all = teams::members(&team.owner, &team.scope).await.unwrap();
    all.into_iter().find(|one| one.email.as_str().starts_with("dana"))
}

/// Where some acts ask for a second person, others ask that there be none.
async fn make(team: &Furnished, role: Role) {
    let dana = dana(team).await.unwrap().user;
    let db = team.owner.portal.db.reader();
    backend::store::member::change(db, &team.scope, dana, role, Environments::BOTH).await.unwrap();
}

/// As if they had one: nobody shows it.
pub(super) async fn give_passkey(house: &House, user: model::ids::UserId) {
    let now = house.stage.portal.clock.now();
    let one = backend::store::passkey::Passkey {
        id: backend::random::id(now),
        user,
        name: "Hers".parse().unwrap(),
        credential_id: user.0.as_bytes().to_vec(),
        credential: "{}".to_owned(),
        mac: Vec::new(),
        uses: 0,
        created_at: now,
        last_used_at: None,
    };
    let db = house.stage.portal.db.reader();
    if backend::store::passkey::of_user(db, user).await.unwrap().is_empty() {
        backend::store::passkey::insert(db, &one).await.unwrap();
    }
}

/// The gateway's webhook, with no event of its own.
async fn hook(house: &House, team: &Furnished, secret: &SecretString) -> WebhookId {
    let (portal, now) = (&house.stage.portal, house.stage.portal.clock.now());
    let id: WebhookId = backend::random::id(now);
    let place = Place { team: Some(team.team), table: "webhook", row: id.0, field: "secret" };
    let tx = portal.db.begin().await.unwrap();
    let hook = Webhook {
        id,
        gateway: Some((team.gateway, model::Environment::Production)),
        url: "http://127.0.0.1:9/hook".to_owned(),
        secret: portal.vault.seal(&*tx, now, &place, secret).await.unwrap(),
        other: None,
        ends_at: None,
        created_by: team.owner.signed_in().unwrap().user,
        created_at: now,
    };
    backend::store::webhook::set(&*tx, &team.scope, &hook).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// What the second owner asks for.
async fn asked(house: &House, team: &Furnished) -> ApprovalId {
    let db = house.stage.portal.db.reader();
    let Some(dana) = dana(team).await else { return ApprovalId(model::ids::NIL) };
    let by = By { at: house.stage.portal.clock.now(), user: dana.user, name: dana.email.to_string() };
    let id = backend::random::id(by.at);
    let new = Approval { id, act: GraveAct::ExportLog, asked: by, given: None, ended_at: None };
    backend::store::approval::insert(db, &team.scope, &new).await.unwrap();
    id
}
