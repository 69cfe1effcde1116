#!/usr/bin/env bash
# The figures of what is promised about people and access: the tests that measure them, run again with what they print.
. "$(dirname "$0")/common.sh"
cd "$ROOT"
scripts/setup.sh test
FIGURES=(A14 A15 A17 B5 B6 B7 E3 E4 E5 E6 E7 F2 F3 year)
TESTS=(every_dangerous_act_needs what_changes_something_asks a_removed_member_finds_no_team a_session_that_was_ended a_disabled_user_is_out nothing_but_the_answer keys_are_rotated_under_load
  a_rotation_that_is_killed a_retirement_that_is_killed a_rotation_of_data_keys a_master_key_is_retired_only openbao_keeps_the_master_key aws_kms_keeps_the_master_key every_gap_in_the_wall
  whoever_looks_in_changes_nothing a_fake_year_has_four an_unused_account_is_warned a_team_is_deleted_by_two
  nobody_exports_the_whole_log a_lock_holds_at_once what_nobody_confirmed_is_suspended
  forty_bad_targets of_ten_thousand_mutated one_message_a_thousand_times a_year_passes)
scripts/postgres.sh cargo test --quiet -p server --test it -- --nocapture "${TESTS[@]}" 2>&1 | tee "$CACHE/figures.log" |
  grep -o "figure .*" | sort -u || { tail -n 40 "$CACHE/figures.log" >&2; fail "a figure was not reached"; }
grep -q "^test result: ok" "$CACHE/figures.log" && ! grep -q "^test result: FAILED" "$CACHE/figures.log" || fail "a figure was not reached"
# The load is what B5 asks for; elsewhere the same test runs beside others, as fast as the machine lets it.
grep -o "figure B5: [0-9]* requests ([0-9]*" "$CACHE/figures.log" | while read -r line; do
  [ "${line##*(}" -ge 200 ] || fail "B5 asks for 200 requests a second: $line"
done
for figure in "${FIGURES[@]}"; do grep -q "figure $figure:" "$CACHE/figures.log" || fail "$figure was not printed"; done
