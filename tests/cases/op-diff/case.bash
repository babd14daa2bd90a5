# shellcheck shell=bash disable=SC2154 # $case is cases'
# op-diff: what it plans. A case has
#   kitsu.ndjson   the records that come in
#   dump.ndjson    the documents before (-a); none: no documents
#   args           further arguments; none: none
#   settings.json  the user's settings; none: none
#   filter         jq's, for the output, where the whole of it would hide the
#                  point; none: the output is compared byte for byte
#   plan.ndjson, stderr, status   what is expected; none: nothing, nothing, 0;
#                  a stderr of "..." is any text
# What is planned follows from the rules, not from what op-diff once wrote:
# to change a file there, find the rule that it broke.

run_case() {
    local against=/dev/null args=() status=0
    [[ ! -e $case/dump.ndjson ]] || against=$case/dump.ndjson
    [[ ! -e $case/args ]] || read -ra args <"$case/args"
    if [[ -e $case/settings.json ]]; then
        mkdir -p config/opkitsu
        cp "$case/settings.json" config/opkitsu/
    fi
    op-diff -a "$against" "${args[@]}" <"$case/kitsu.ndjson" >plan 2>stderr || status=$?
    if [[ -e $case/filter ]]; then
        mv plan whole
        jq -c -f "$case/filter" whole >plan
    fi
    same stdout "$case/plan.ndjson" plan || return
    if [[ -s $case/stderr && $(<"$case/stderr") == ... ]]; then
        [[ -s stderr ]] || return
    else
        same stderr "$case/stderr" stderr || return
    fi
    same_status "$status"
}
