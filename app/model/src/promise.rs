//! What Portal promises, promise by promise: how each is kept, and the tests that fail when it is broken. What stands behind it in a
//! Team at this moment is looked up where the data is.

use serde::{Deserialize, Serialize};

/// What a promise is about: the headings of the published policy, and of Amazon's questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    DataUse,
    People,
    Credentials,
    Log,
    Incidents,
    Secrets,
    LeastPrivilege,
    Messages,
    Development,
}

impl Part {
    pub const ALL: [Part; 9] = [
        Part::DataUse,
        Part::People,
        Part::Credentials,
        Part::Log,
        Part::Incidents,
        Part::Secrets,
        Part::LeastPrivilege,
        Part::Messages,
        Part::Development,
    ];

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Part::DataUse => "Use of data",
            Part::People => "Authentication and authorization",
            Part::Credentials => "Protection of credentials",
            Part::Log => "Logging and monitoring",
            Part::Incidents => "Incident response",
            Part::Secrets => "Passwords and secrets",
            Part::LeastPrivilege => "Least privilege",
            Part::Messages => "Notifications and webhooks",
            Part::Development => "Development and operation",
        }
    }
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// What was looked at is as promised.
    Holds,
    /// Somebody has to do something, or nobody has looked yet.
    Attention,
    /// What was looked at is not as promised.
    Broken,
}

impl Standing {
    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Standing::Holds => "Holds",
            Standing::Attention => "To do",
            Standing::Broken => "Does not hold",
        }
    }
}

macro_rules! promises {
    ($($name:ident $word:literal $part:ident $text:literal $control:literal [$($test:literal)*];)*) => {
        /// One thing that Portal promises.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Promise { $($name),* }

        impl Promise {
            pub const ALL: &'static [Promise] = &[$(Promise::$name),*];

            pub fn as_str(self) -> &'static str { match self { $(Promise::$name => $word),* } }

            pub fn part(self) -> Part { match self { $(Promise::$name => Part::$part),* } }

            /// The promise, as a sentence.
            pub fn text(self) -> &'static str { match self { $(Promise::$name => $text),* } }

            /// How it is kept.
            pub fn control(self) -> &'static str { match self { $(Promise::$name => $control),* } }

            /// Tests of Portal's suite that fail when it is broken.
            pub fn tests(self) -> &'static [&'static str] { match self { $(Promise::$name => &[$($test),*]),* } }
        }
    };
}

promises! {
    AuthorizedWork "authorized_work" DataUse
        "Amazon information is used only for workflows that the Team has authorized."
        "Tokens go to gateways that the Team made, for connections on their list, within their scopes. Every token that leaves is an event before it leaves, with what the gateway said it is for."
        ["a_connection_off_the_list_is_not_found_at_the_next_request" "a_gateway_does_what_its_scopes_say" "every_gateway_route_is_recorded_or_on_the_list"];
    StoredData "stored_data" DataUse
        "Of a connection Portal stores the Seller ID, the marketplace, what follows from it, and the credentials: no orders, no buyers, no other Amazon information. Of a grant of the Advertising API it keeps the list of its profiles, sealed, until one is chosen: for half an hour at most."
        "The tables of connections, LWA apps and choices of a profile have no column for anything else."
        ["what_is_stored_of_amazon_is_this_and_nothing_else"];
    NotShared "not_shared" DataUse
        "Amazon information is not sold, not used for advertising and not shared with third parties."
        "Portal connects to Amazon, to the mail server and to addresses that the Team or the operator entered, each on a list that is checked at the resolved address; to nobody else. Credentials go to Amazon alone; what goes elsewhere holds none."
        ["only_listed_names_over_https_are_reached" "forty_bad_targets_are_refused_before_a_byte_leaves_and_recorded" "messages_go_to_listed_hosts_over_tls_only"];
    Disconnect "disconnect" DataUse
        "A disconnected connection is out of runtime access at once, and its credentials are destroyed."
        "The state and the tokens change in one statement; the database refuses a disconnected connection with a token. A receipt names the event, and how many profiles hold the same grant of the Advertising API: it is gone with the last of them."
        ["a_disconnect_shreds_the_tokens_and_its_receipt_names_the_event" "a_token_that_comes_after_a_disconnect_is_not_stored" "of_a_disconnected_account_no_byte_stays_in_the_file_of_sqlite"];
    MembersOnly "members_only" People
        "Only signed-in members of a Team create or use its connections."
        "Every query of a Team's data starts from the proof that the person may. What belongs to another Team is answered as what does not exist."
        ["nobody_reaches_anything_before_the_sign_in" "things_of_another_team_are_answered_as_things_that_do_not_exist" "what_is_written_in_a_team_is_read_by_nobody_outside" "nobody_does_more_than_the_role_allows"];
    StrongSignIn "strong_sign_in" People
        "People sign in without passwords: with a code from their e-mail or, stronger, with a passkey."
        "Codes live ten minutes, for one use, in one browser, and wrong ones are counted for each address. Passkeys prove the person on the device; a Team may require them of owners and admins."
        ["a_code_signs_in_once_under_a_race" "five_tries_are_evaluated_however_many_come_at_once" "nothing_but_the_answer_to_this_question_is_taken" "a_team_that_requires_passkeys_lets_no_owner_in_without_one"];
    FreshProof "fresh_proof" People
        "Dangerous acts need a fresh proof of the person, and the gravest two people."
        "The list of dangerous acts is data, and each is refused without a code or passkey of the last ten minutes. Exporting the whole log, deleting the Team and lifting a lock take another person's approval."
        ["every_dangerous_act_needs_a_step_up_that_lasts_ten_minutes" "what_changes_something_asks_for_a_proof_or_is_on_the_list" "nobody_exports_the_whole_log_alone_in_one_piece_or_in_several" "a_team_is_deleted_by_two_owners_and_its_log_stays" "a_lock_holds_at_once_and_is_lifted_by_another_person"];
    SupportIsLetIn "support_is_let_in" People
        "Whoever operates Portal sees nothing of a Team, unless one of its owners lets them look."
        "An owner approves with a fresh proof and tells a code that is good once, for five minutes. For fifteen minutes the operator sees what an auditor sees, changes nothing, and each page is in the Team's log with the names of both. Owners hear of it, and end it at any time."
        ["an_operator_looks_into_a_team_as_its_owner_lets_them" "whoever_looks_in_changes_nothing_and_watches_nothing" "either_side_ends_it_at_once" "a_code_is_good_once_for_five_minutes_and_five_tries"];
    UnusedAccounts "unused_accounts" People
        "Accounts that nobody uses are disabled."
        "A job warns after 30 and 40 days without a use and disables after 45; the last owner of a Team and the last operator stay. Who was removed or disabled is out at the next request."
        ["an_unused_account_is_warned_twice_and_disabled" "who_was_removed_or_left_is_out_at_the_next_request" "a_disabled_user_is_out_at_the_next_request"];
    AccessReviewed "access_reviewed" People
        "Every quarter each member, gateway and key is confirmed or removed."
        "An access review opens by itself. What nobody confirmed within 14 days is suspended, but for members whom nobody who is there could confirm."
        ["everything_is_confirmed_or_removed_by_another_one_and_signed" "what_nobody_confirmed_is_suspended_until_somebody_does"];
    Contractors "contractors" People
        "It is known for whom each person works, and a contractor's access ends by itself."
        "Each member is an employee or a contractor with a company, environments and an end within a year, which is looked at in every request."
        ["a_contractors_access_ends_by_itself_and_is_announced_a_week_before" "nobody_comes_in_for_longer_than_whoever_invited_them_is_in_by_then"];
    Sealed "sealed" Credentials
        "Credentials are encrypted with AES-256-GCM before they are stored."
        "Each secret is sealed under a key of its own, derived from the Team's data key, and opens only in its Team, table, row and field."
        ["no_secret_stands_in_the_database_in_clear" "a_value_opens_in_no_other_place" "every_bit_flip_and_every_truncation_is_refused_with_one_error"];
    KeysApart "keys_apart" Credentials
        "The key that opens everything is not in the database."
        "A master key outside the database, in a file or in a key service that never gives it away, wraps the Teams' data keys, and is replaced every year. The database alone, or with another key, opens nothing."
        ["the_database_alone_or_with_a_wrong_key_opens_nothing" "a_new_data_key_seals_everything_that_is_not_written_once" "keys_are_rotated_under_load_and_killed_and_nothing_is_lost" "aws_kms_keeps_the_master_key" "openbao_keeps_the_master_key"];
    NoSecretInBrowsers "no_secret_in_browsers" Credentials
        "Browser responses hold non-secret metadata only."
        "Secrets are types that cannot be written into an answer. Planted secrets are looked for in every answer, page, mail and log."
        ["no_secret_is_where_it_has_no_business" "a_secret_is_never_given_back_to_a_page" "nothing_repeats_a_secret_that_came_in_the_wrong_place"];
    RefreshedWhenNeeded "refreshed_when_needed" Credentials
        "Access tokens are refreshed from the saved refresh token only when needed."
        "One refresh for all who wait, over all processes; a forced one at most once a minute."
        ["two_hundred_issues_on_a_cold_connection_make_one_call" "a_forced_refresh_happens_once_a_minute_and_only_for_the_current_generation"];
    SecretsRotated "secrets_rotated" Credentials
        "Client secrets are replaced within Amazon's 180 days, without a gap."
        "The next secret is proved beside the current one and the old one is kept for its seven days. Thirty days before the end the Team is told."
        ["for_seven_days_after_promoting_both_secrets_work_and_then_only_the_new_one" "ends_are_announced_in_time"];
    Recorded "recorded" Log
        "Sign-ins, connector setup, runtime access, API errors, gateway activity and service events are recorded."
        "An event commits with its change; what cannot be recorded is not done. The list of exceptions is short, and each has its reason."
        ["every_server_function_is_recorded_or_on_the_list" "without_a_working_log_nothing_is_done" "who_fails_to_sign_in_or_to_confirm_is_recorded"];
    Unchangeable "unchangeable" Log
        "Nobody changes or shortens the log unnoticed."
        "The log is a Merkle tree whose head is signed every minute and remembered by witnesses elsewhere. The database refuses changes."
        ["sixteen_attacks_by_the_owner_of_the_database_are_found" "the_audit_log_takes_no_change" "a_log_that_was_cut_rewritten_or_signed_by_another_raises_the_alarm"];
    Kept "kept" Log
        "The log is kept for at least twelve months."
        "Nothing younger is pruned, nor anything under a legal hold or while an incident is under way; what was pruned stays proved."
        ["a_log_of_fourteen_months_begins_thirteen_months_ago_and_is_proved_as_before" "nothing_is_pruned_before_it_is_a_year_old"];
    LookedThrough "looked_through" Log
        "The log is looked through by a person every fourteen days."
        "A Review opens by itself with what matters of its period, and is signed with a fresh proof. An overdue one alerts."
        ["every_period_of_fourteen_days_is_looked_through_once" "a_cycle_of_done_and_missed_reviews"];
    Alerts "alerts" Log
        "What is out of the ordinary alerts at once."
        "Rules look at every event within a minute; an alert stays open until a person answers it. The gravest rules cannot be switched off."
        ["an_attack_is_told_of_within_a_minute" "what_is_critical_is_never_held_back" "a_log_that_falls_silent_raises_the_alarm"];
    PointOfContact "point_of_contact" Incidents
        "A management point of contact coordinates incidents."
        "The Team names who speaks for it; notices carry the name."
        ["a_team_says_who_speaks_for_it"];
    Plan "plan" Incidents
        "There is a plan for incidents, looked at every six months."
        "Somebody says that the plan is right, with a note; an old one alerts."
        ["an_old_plan_and_an_overdue_drill_are_told"];
    Contained "contained" Incidents
        "What leaked is contained at once, and evidence is preserved first."
        "Locks hold from the next request on. Measures can be repeated, and what they destroy is taken in before, sealed and written once."
        ["nothing_leaves_five_seconds_after_a_lock" "a_measure_that_fails_at_any_step_leaves_nothing_half" "what_there_was_is_taken_in_before_it_is_destroyed" "a_hundred_flipped_bytes_are_found"];
    AmazonTold "amazon_told" Incidents
        "Amazon and affected parties are told, Amazon within 24 hours."
        "The clock runs from detection and people are told before it ends. Notices leave when another person approved them word for word."
        ["no_alarm_of_five_hundred_incidents_is_missed" "nothing_is_sent_that_another_person_did_not_approve_as_it_stands" "in_amazons_name_its_written_request_comes_first"];
    Rehearsed "rehearsed" Incidents
        "Drills rehearse what an incident needs, every quarter."
        "Each runs the real operation on something disposable and is kept with its times; an overdue one alerts."
        ["each_drill_is_run_and_kept_as_an_incident_of_its_own" "what_people_rehearse_is_told_them_and_planned"];
    OperatorsSecrets "operators_secrets" Secrets
        "Infrastructure secrets are access-controlled, and never in source code."
        "Keys are made on the machine, once, and no key file is used that others may read. Production does not start without TLS to browsers and to the mail server, or with a setting of development."
        ["a_file_that_others_may_touch_is_refused" "a_weak_production_configuration_is_refused_sentence_by_sentence" "a_password_in_a_broken_file_is_not_repeated"];
    NotInLogs "not_in_logs" Secrets
        "No secret is in a log or in text that people see."
        "Secrets have no printable form, and what looks like one is replaced before it is recorded. Twenty planted ones are looked for in eight encodings at the finest level of logging."
        ["no_secret_is_where_it_has_no_business" "text_that_looks_like_a_secret_does_not_enter_the_log"];
    KeysEnd "keys_end" Secrets
        "Gateway keys are stored hashed, end by themselves, and are replaced without a gap."
        "A key lives a year at most and is shown once; two live at a time. Unused ones are listed and stopped in one step."
        ["a_key_is_live_until_it_expires_or_is_revoked" "two_live_keys_are_enough_and_dead_ones_do_not_count" "what_nothing_uses_is_stopped_in_one_step"];
    MarketplacesDerived "marketplaces_derived" LeastPrivilege
        "Runtime work uses the selected connection, its marketplaces and its regional endpoint; nobody invents them."
        "Marketplace ids, region and endpoint follow from the chosen marketplace and come with every credential."
        ["the_table_of_marketplaces" "a_fresh_credential_is_issued_with_all_that_a_caller_needs"];
    EnvironmentsApart "environments_apart" LeastPrivilege
        "Production and sandbox have LWA apps, connections and gateways of their own, and never mix."
        "The environment is part of the database's foreign keys; members touch those that they are given."
        ["the_database_itself_does_not_mix_environments" "a_gateway_uses_connections_of_its_own_environment_only" "who_may_not_touch_production_changes_nothing_there"];
    WorkersApart "workers_apart" LeastPrivilege
        "Workers, pages and the gateway route can run apart, each with its own rights."
        "One program with three roles: on hosts, networks and database roles of their own. On PostgreSQL serving roles own no table and cannot change the log."
        ["processes_serve_as_roles_that_own_nothing" "the_command_makes_the_roles_and_production_serves_as_them_alone"];
    TeamsApart "teams_apart" LeastPrivilege
        "The database keeps Teams apart a second time."
        "On PostgreSQL row-level security stands before every table of a Team, holds the tables' owner too, and has the Team of each transaction; production does not start with a gap in it."
        ["within_a_team_the_database_shows_and_takes_nothing_of_another" "every_gap_in_the_wall_is_found" "what_goes_across_teams_is_on_the_list"];
    NotificationsProved "notifications_proved" Messages
        "Notifications are taken when it is proved who sent them and when, and once."
        "A relay's are signed by a live key of the connection within five minutes, SNS's by Amazon for a listed topic. Each counts once by its id; what comes late is marked. Of what stands in them nothing is kept."
        ["of_ten_thousand_mutated_messages_none_is_taken" "one_message_a_thousand_times_at_once_has_one_effect" "nothing_that_amazon_did_not_sign_for_a_listed_topic_is_taken" "a_signed_notification_is_kept_once_without_its_content_and_passed_on"];
    CallbacksListed "callbacks_listed" Messages
        "Messages go to listed addresses over TLS; tunnels are the sandbox's, and end."
        "The operator lists the hosts. A host that leads to somebody's own machine is refused in production, and needs an end within a week in the sandbox."
        ["messages_go_to_listed_hosts_over_tls_only" "a_tunnel_is_a_sandboxs_and_ends_within_a_week" "a_gateways_webhook_is_tried_changed_over_and_sent_to_again"];
    Scanned "scanned" Development
        "What Portal is built from is scanned for known vulnerabilities, licences and sources every 30 days and before each release."
        "make scan checks crates and npm packages and writes bills of materials. A result older than 30 days alerts the operator."
        ["a_scan_that_is_old_or_failed_is_trouble" "a_scan_that_is_old_missing_or_failed" "nothing_is_said_of_what_nobody_looked_at"];
    CopiesSilent "copies_silent" Development
        "A backup is sealed, and a restored copy sends nothing and asks nobody until it is promoted."
        "A backup is one file of one moment, sealed under the master key, with the head of the log in it. A copy knows that it is one, whatever is configured, and witnesses notice a log that went back. Restoring is rehearsed every quarter."
        ["a_backup_opens_with_its_key_alone_and_only_whole" "a_backup_is_of_one_moment_while_others_write" "everything_comes_back_into_either_kind_of_database" "a_copy_sends_nothing_and_asks_nobody_until_it_is_promoted"];
    Tested "tested" Development
        "Every promise has tests that fail when it is broken."
        "make test runs them, what touches the database on SQLite and on PostgreSQL, and journeys in a browser with and without scripts. They are named beside each promise."
        ["every_test_that_a_promise_names_exists"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_promises() {
        let rows = Promise::ALL
            .iter()
            .map(|one| format!("{:<22} {:<16} {}", one.as_str(), format!("{:?}", one.part()), one.tests().len()));
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"));
        for part in Part::ALL {
            assert!(Promise::ALL.iter().any(|one| one.part() == part), "{part:?}");
        }
    }
}
