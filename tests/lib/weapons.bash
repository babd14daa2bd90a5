# For the tests with names as weapons (generators/weapons).
# shellcheck shell=bash
# shellcheck disable=SC2034 # for the tests

# weapons_setup: $seed, where the choice starts
weapons_setup() {
    seed=${WEAPONS_SEED:-$((RANDOM << 15 | RANDOM))}
    echo "WEAPONS_SEED=$seed"
}

weapons() { "$BATS_TEST_DIRNAME/../generators/weapons" "$@"; }

# each SORT NUMBER COMMAND...: with each of so many of them in $weapon; EVERY=1: with all
each() {
    local name
    [[ -d raw ]] || { mkdir raw && weapons files raw; }
    for name in $(weapons sample "$seed" "$2" "$1" "${*:3}"); do
        weapon=$(cat "raw/$name" && echo .)
        weapon=${weapon%.}
        "${@:3}" || {
            printf 'weapon %s: %s: status %s\n' "$name" "${*:3}" "${status-}"
            ! cat err
            return 1
        }
    done
}
