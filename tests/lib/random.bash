# For the tests of op-diff on productions made up at random: they set $seed, $step and $store.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the tests'

# random_setup: a home of the test's own, and what python wants
random_setup() {
    cd "$BATS_TEST_TMPDIR" || return
    unset "${!OP_@}" "${!OPENPYPE_@}" AVALON_DB
    export HOME=$PWD/home XDG_CONFIG_HOME=$PWD/config XDG_DATA_HOME=$PWD/data LC_ALL=C.UTF-8
    export MONGOC_DISABLE_SHM=1 # see store.bash
    tests=$BATS_TEST_DIRNAME/..
}

# new_store sqlite|mongo: $store, which is empty
new_store() {
    if [[ $1 == mongo ]]; then
        store=$STUDIO_MONGO AVALON_DB=avalon_random_$$_$seed OPENPYPE_DATABASE_NAME=op_random_$$_$seed
        export AVALON_DB OPENPYPE_DATABASE_NAME
    else
        store=sqlite:$PWD/$seed.db
    fi
}

# work_in_studio: what OpenPype's own tools did with the documents of `before`, as changes, in
# `studio`
work_in_studio() {
    python before studio generators/random-production --studio "$seed" "$step"
    sed -i 's/"db":"avalon"/"db":"'"${AVALON_DB-avalon}"'"/' studio
}

# python INPUT OUTPUT SCRIPT [ARGUMENT]...: a script of tests/, by the one Python of this
# test (python-server); its status
python() {
    local status
    [[ ${PYTHON_PID-} ]] || coproc PYTHON { exec "$tests/lib/python-server" 3>&-; }
    printf '%q ' "$1" "$2" "$tests/$3" "${@:4}" >&"${PYTHON[1]}"
    echo >&"${PYTHON[1]}"
    read -r status <&"${PYTHON[0]}" || return
    return "$status"
}

# fails WHAT [FILE]: the state of this step for a second look.
fails() {
    echo "seed $seed, step $step: $1"
    [[ ! -s ${2-} ]] || head -c 3000 "$2"
    return 1
}

# has FILE PATTERN: it has such a text (of Bash's patterns); the files are small, and a
# grep costs more
has() {
    # shellcheck disable=SC2053 # a pattern
    [[ $(<"$1") == *$2* ]]
}

# allow LIMIT COMMAND...: a status up to it.
allow() {
    local status=0
    "${@:2}" || status=$?
    ((status <= $1)) || fails "status $status: ${*:2}" stderr
}

# seeds FIRST LAST: each third; in a quick run the first, with EVERY=1 each
seeds() {
    local step=3
    [[ ! ${EVERY-} ]] || step=1
    [[ ! $QUICK ]] || step=100
    seq "$1" "$step" "$2"
}
