# Loaded by every test: the programs under test come first in PATH.
# shellcheck shell=bash

PATH=$(cd "${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/bin:$PATH

# The servers come from `studio start`; tests/run always has them.
need_kitsu() {
    [ -n "${KITSU_SERVER:-}" ] || skip "needs a Kitsu (KITSU_SERVER)"
}

need_mongo() {
    [ -n "${STUDIO_MONGO:-}" ] || skip "needs a MongoDB-protocol server (STUDIO_MONGO)"
}

# own_home SECONDS: the test's folder is where it works, and where programs keep what
# is theirs; they try again for so long.
own_home() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -m 700 runtime
    export XDG_RUNTIME_DIR=$PWD/runtime XDG_STATE_HOME=$PWD/state XDG_DATA_HOME=$PWD/data \
        XDG_CONFIG_HOME=$PWD/config OPKITSU_RETRY_SECONDS=$1 OPKITSU_PAUSE_SECONDS=0.1
}

# faults_so: faults.c as it is preloaded
faults_so() { echo "$(cd "${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../../build}" && pwd)/tests/lib/faults.so"; }

# can_fault: else the test is skipped: the Makefile leaves out what the processor cannot run
can_fault() { [[ -e $(faults_so) ]] || skip "cannot: faults.c does not know this processor"; }

# faulty CALLS DEED AT PROGRAM [ARGUMENT]...: a call of the program's fails, or is its last one
# (faults.c)
faulty() {
    LD_PRELOAD=$(faults_so) \
    ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:${ASAN_OPTIONS-} FAULTS="$4 $1 $2 $3" "${@:4}"
}

# command_setup: for the documented commands: own_home, and no store but the embedded one,
# $db; what they leave in their $TMPDIR command_teardown finds
command_setup() {
    own_home 0.1
    mkdir tmp
    export TMPDIR=$PWD/tmp
    unset OP_STORE OPENPYPE_MONGO AVALON_DB OPENPYPE_DATABASE_NAME KITSU_TOKEN
    # shellcheck disable=SC2034 # for the test
    db=$XDG_DATA_HOME/opkitsu/op.db
}

# command_teardown: nothing stays behind: no process, no temporary file.
command_teardown() {
    rmdir "$BATS_TEST_TMPDIR/tmp"
}

# marks: what a Checkpoint has of the events whose ids are on stdin
marks() { python3 -c 'import hashlib, sys; [print(hashlib.sha256(line.strip().encode()).hexdigest()[:16]) for line in sys.stdin]'; }
