# shellcheck shell=bash disable=SC1091,SC2034,SC2154,SC2317 # $case and $store are cases'
# op-apply: what becomes of a plan, on each store. A case has
#   before          the cases whose plans are applied first, in this order
#   plan.ndjson     the changes, for a database "avalon"
#   results.ndjson, stderr, status   what is expected; none: nothing, nothing, 0
#   dump.ndjson     op-dump's documents afterwards; none: not looked at
#   state.ndjson    the suite's own documents in an SQLite store; none: not looked at

source "$lib/store.bash"

run_case() {
    local status=0 BATS_TEST_TMPDIR=$PWD BATS_TEST_NUMBER=$number before=() name
    unset OP_STORE
    if [[ $store == mongodb:* ]]; then
        need_mongo() { :; }
        use_mongo
    else
        use_sqlite
    fi
    [[ ! -e $case/before ]] || read -ra before <"$case/before"
    for name in "${before[@]}"; do
        plan "$name" | op-apply -q >/dev/null
    done
    plan "${case##*/}" | op-apply >raw 2>stderr || status=$?
    normal <raw >results
    same results "$case/results.ndjson" results || return
    same stderr "$case/stderr" stderr || return
    same_status "$status" || return
    if [[ -e $case/dump.ndjson ]]; then
        dump >documents
        same 'the dump' "$case/dump.ndjson" documents || return
    fi
    if [[ -e $case/state.ndjson && $OP_STORE == sqlite:* ]]; then
        sqlite_state >state
        same 'the state' "$case/state.ndjson" state || return
    fi
}
