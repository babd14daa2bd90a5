#!/usr/bin/env bats
# Random lives of entities: see lives. LIVES_SEED in the environment repeats a failure, which
# names its seed, as far as Kitsu's ids do not matter; LIVES_ROUNDS makes it longer.
# Takes about 60 s.

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/common
    need_kitsu
    need_mongo
    own_home 5
    unset OP_STORE OPENPYPE_MONGO AVALON_DB OPENPYPE_DATABASE_NAME KITSU_TOKEN
    export MONGOC_DISABLE_SHM=1 # see store.bash
}

lives() { "$STUDIO_VENV/bin/python" "$BATS_TEST_DIRNAME/lives" "${LIVES_SEED:-$1$RANDOM}" "${LIVES_ROUNDS:-10}"; }

@test "random lives, one" { lives a; }
@test "random lives, two" { lives b; }
