//! A14: which server functions change something without a fresh proof of the person, and why they may. What is on neither list, this one
//! or that of what records nothing, asks for one.

use super::*;

/// Server functions that do what they do without a fresh proof, by the reason. A dangerous act comes off this list, and none goes onto it.
const UNPROVED: [(&str, &[&str]); 12] = [
    (
        "it signs in or out, or is the proof itself",
        &["ask_code", "sign_in", "sign_in_with_passkey", "ask_confirmation", "confirm", "confirm_with_passkey", "sign_out"],
    ),
    (
        "it takes away or closes: who is in trouble does not wait for a mail",
        &[
            "disable_connection",
            "disable_gateway",
            "make_canary_key",
            "stop_idle",
            "revoke_gateway_key",
            "revoke_notification_key",
            "remove_topic",
            "revoke_session",
            "revoke_other_sessions",
            "revoke_invitation",
            "decline_invitation",
            "decline_impersonation",
            "end_impersonation",
            "stop_impersonation",
            "withdraw_approval",
            "withdraw_notice",
        ],
    ),
    (
        "it contains an incident, or writes down how it went; lifting a lock and what is told Amazon take a proof, and another person",
        &[
            "order_measure",
            "retry_measure",
            "withdraw_measure",
            "report_incident",
            "take_step",
            "judge_incident",
            "merge_incident",
            "name_target",
            "set_beginning",
            "give_duty",
            "restrict_incident",
            "write_entry",
            "correct_entry",
            "pin_entry",
            "take_evidence",
            "bundle_incident",
            "draft_notice",
            "write_notice",
            "mark_notice_sent",
            "write_post_mortem",
            "add_action_item",
            "end_action_item",
            "add_task",
            "give_task",
            "end_task",
            "reopen_task",
            "add_playbook_task",
            "remove_playbook_task",
            "restore_playbook",
            "review_plan",
            "ask_drill",
        ],
    ),
    ("it sends what another person approved with a proof", &["send_notice"]),
    ("it sends to a service whose address was set with a proof", &["send_test_message", "replay_message"]),
    (
        "it brings an account in, by a grant that its seller gave; a gateway whose key works gets it with a proof alone",
        &[
            "create_connection",
            "start_consent",
            "authorize_again",
            "list_profiles",
            "choose_profile",
            "test_connection",
            "create_lwa_app",
            "create_gateway",
        ],
    ),
    (
        "it opens again what a person closed by hand; what is locked, or was removed at a review, stays shut",
        &["enable_connection", "enable_gateway"],
    ),
    (
        "it asks for a proof where it widens: another scope or network, another application id, a canary no more",
        &["change_gateway", "change_lwa_app", "set_canary"],
    ),
    ("it asks for a proof where it removes a member or lifts a suspension", &["decide_access"]),
    ("it says that somebody looked", &["acknowledge_alert", "acknowledge_installation_alert", "note_review"]),
    (
        "it makes or names a Team, or takes what somebody offered with a proof",
        &["create_team", "rename_team", "accept_invitation"],
    ),
    ("it reads, which is recorded", &["log", "log_event", "review", "incident"]),
];

/// It is on the list.
pub fn needs_none(name: &str) -> bool {
    UNPROVED.iter().any(|(_, names)| names.contains(&name))
}

/// It changes nothing.
pub fn is_read(name: &str) -> bool {
    UNRECORDED.iter().any(|(known, _)| *known == name)
}

/// The answer asks for a proof.
pub fn asks(status: u16, text: &str) -> bool {
    let code = || serde_json::from_str::<Value>(text).ok()?["code"].as_str().map(str::to_owned);
    status == 403 && code().is_some_and(|code| ["step-up-required", "passkey-proof-required"].contains(&&*code))
}

#[test]
fn each_of_them_exists_and_is_listed_once() {
    let mut listed: Vec<_> = UNPROVED.iter().flat_map(|(_, names)| names.iter()).collect();
    let all = functions();
    for name in &listed {
        assert!(all.iter().any(|function| function.name == **name), "there is no {name}");
        assert!(!is_read(name), "{name} changes nothing");
    }
    let many = listed.len();
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), many, "listed twice");
}

on_both_databases!(what_changes_something_asks_for_a_proof_or_is_on_the_list, async |stage: Stage| {
    let house = House::on(stage).await;
    let (mut proved, mut listed, mut without) = (0, 0, Vec::new());
    for function in functions().into_iter().filter(|one| !is_read(&one.name)) {
        let of = house.furnished(&function.name.replace('_', "-")).await;
        let own = house.things(&of).await;
        let (mut browser, fields) = ready(&house, &function, &of, &own).await;
        let forgotten = "UPDATE session SET stepped_up_at = NULL, by_passkey_at = NULL";
        house.stage.portal.db.reader().execute_unprepared(forgotten).await.unwrap();
        let response = browser.call(&function.name, &fields).await;
        let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
        let is_listed = needs_none(&function.name);
        match (asks(status, &text), is_listed) {
            (true, true) => panic!("{} asks for a proof: take it off the list", function.name),
            (true, false) => proved += 1,
            (false, true) => {
                assert!(status < 400, "{}: {status} {text}", function.name);
                listed += 1;
            }
            (false, false) => without.push(function.name.clone()),
        }
    }
    println!(
        "figure A14: {proved} functions ask for a fresh proof, {listed} need none and say why, {} are neither",
        without.len()
    );
    assert!(without.is_empty(), "without a proof: {without:?}");
});
