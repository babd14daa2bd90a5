#!/usr/bin/env bats
# Who works on a task, as OpenPype's launcher reads it (tools/launcher/models.py: the
# `username` of each of `data.tasks.NAME.assignees`): on a real Kitsu, into both stores, by full
# readings and by each kind of event.
# Takes about 60 s.
# shellcheck disable=SC2030,SC2031,SC2154 # bats' subshells

bats_require_minimum_version 1.5.0

setup_file() {
    load ../lib/zou
    load ../lib/common
    own_kitsu_start
    animation=$(zou_task_type Animation Shot)
    layout=$(zou_task_type Layout Shot)
    export animation layout
}

teardown_file() {
    load ../lib/zou
    own_kitsu_stop
}

setup() {
    load ../lib/zou
    load ../lib/common
    load ../lib/stores
    stores_setup
    name=assignees_$BATS_TEST_NUMBER
    p=$(zou_project "$name" tvshow)
    q=$(zou_sequence "$p" SQ01 "$(zou_episode "$p" E02)")
    s=$(zou_shot "$p" "$q" SH010)
    task=$(zou_tasks "$p" "$animation" shots "$s")
    zou_tasks "$p" "$layout" shots "$s" >/dev/null
    jane=$(zou_person "jane.$BATS_TEST_NUMBER@example.com" user)
    zou_put "/data/persons/$jane" '{"first_name": "Jane", "last_name": "Doe", "desktop_login": "jdoe"}' >/dev/null
    jack=$(zou_person "jack.$BATS_TEST_NUMBER@example.com" user)
    zou_put "/data/persons/$jack" '{"first_name": "Jack", "last_name": "Müller", "desktop_login": ""}' >/dev/null
    zou_team_add "$p" "$jane"
    zou_team_add "$p" "$jack"
    stores=("sqlite_$name" "mongo_$name")
}

teardown() { zou_close_project "$p"; }

# unassign PERSON TASK
unassign() { zou_put /actions/tasks/clear-assignation "{\"person_id\": \"$1\", \"task_ids\": [\"$2\"]}" >/dev/null; }

# launcher: the tasks of the shot with the people that OpenPype's launcher can filter by; each a text
launcher() {
    op-dump --bare -P "$name" | jq -r 'select(.type == "asset" and .name == "E02_SQ01_SH010" or .data.zou.type == "Shot") | .data.tasks |
        to_entries | sort_by(.key)[] | "\(.key): \(.value.assignees | map(.username + "=" + .fullname) | sort | join(", "))"'
}

# have LINE...: each store has this, in two lines; nothing is left for a full synchronisation
have() {
    local store
    for store in "${stores[@]}"; do
        diff <(printf '%s\n' "$@") <(in_store "$store" launcher)
    done
    nothing_left "${stores[@]}"
}

followed() {
    events "${stores[@]}"
    have "$@"
}

@test "a full reading: logins, else full names; nobody is []" {
    zou_assign "$jane" "$task"
    zou_assign "$jack" "$task"
    full "${stores[@]}"
    have 'Animation: Jack Müller=Jack Müller, jdoe=Jane Doe' 'Layout: '
    in_store "${stores[0]}" op-dump --bare -P "$name" >dump
    [[ $(jq -c 'select(.data.zou.type == "Shot").data.tasks.Layout.assignees' dump) == '[]' ]]
    # By id, and nothing else of a person: neither in the documents nor on the way.
    [[ $(jq -c 'select(.data.zou.type == "Shot").data.tasks.Animation.assignees | map(.id) == (map(.id) | sort), (.[] | keys)' dump | sort -u) == $'["fullname","id","username"]\ntrue' ]]
    run ! grep -E '@example.com|phone|"role"' dump
    run ! grep -E '@example.com|phone' reading
    grep '"type":"Person"' reading | grep '"in_project":true' | grep jdoe
}

@test "events: assigned, taken off, a person who is new" {
    full "${stores[@]}"
    have 'Animation: ' 'Layout: '
    zou_assign "$jane" "$task"
    followed 'Animation: jdoe=Jane Doe' 'Layout: '
    zou_assign "$jack" "$task"
    followed 'Animation: Jack Müller=Jack Müller, jdoe=Jane Doe' 'Layout: '
    unassign "$jane" "$task"
    followed 'Animation: Jack Müller=Jack Müller' 'Layout: '
    ann=$(zou_person "ann.$BATS_TEST_NUMBER@example.com" user)
    zou_team_add "$p" "$ann"
    zou_assign "$ann" "$task"
    events "${stores[@]}"
    in_store "${stores[1]}" launcher | grep 'Animation: .*Jack Müller=Jack Müller'
    [[ $(in_store "${stores[1]}" launcher | grep Animation | tr -cd = | wc -c) == 2 ]]
    nothing_left "${stores[@]}"
}

@test "events: renamed, another login, gone; a log-in changes nothing" {
    zou_assign "$jane" "$task"
    full "${stores[@]}"
    zou_put "/data/persons/$jane" '{"last_name": "Roe"}' >/dev/null
    followed 'Animation: jdoe=Jane Roe' 'Layout: '
    zou_put "/data/persons/$jane" '{"desktop_login": "jroe"}' >/dev/null
    followed 'Animation: jroe=Jane Roe' 'Layout: '
    zou_put "/data/persons/$jane" '{"phone": "123"}' >/dev/null
    for store in "${stores[@]}"; do
        use "$store"
        kitsu-listen --once | kitsu-fetch --events >answer
        run ! grep '"type":"Project"' answer
        op-diff <answer | op-apply >/dev/null
    done
    zou_delete "/data/persons/$jane?force=true" >/dev/null
    followed 'Animation: ' 'Layout: '
}

@test "what is the studio's stays; what Kitsu does not tell of stays, too" {
    zou_assign "$jane" "$task"
    full "${stores[@]}"
    # A reading without people, as of older streams: as it was.
    for store in "${stores[@]}"; do
        use "$store"
        kitsu-fetch -P "$name" | jq -c 'select(.type != "Person") | if .type == "End" then del(.counts.Person) else . end' >without
        op-diff <without >plan
        run ! grep '"type":"Change"' plan
        # One person is not in the list: those that are there stay.
        kitsu-fetch -P "$name" | jq -c --arg id "$jane" 'select(.id != $id) | if .type == "End" then .counts.Person -= 1 else . end' >less
        op-diff <less >plan
        run ! grep '"type":"Change"' plan
    done
}
