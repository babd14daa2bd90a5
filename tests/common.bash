# Loaded by every test: the programs under test come first in PATH.
# shellcheck shell=bash

PATH=$(cd "${OPKITSU_BUILD:-$BATS_TEST_DIRNAME/../build}" && pwd)/bin:$PATH

# The servers come from `studio start`; tests/run always has them.
need_kitsu() {
    [ -n "${KITSU_SERVER:-}" ] || skip "needs a Kitsu (KITSU_SERVER)"
}

need_mongo() {
    [ -n "${STUDIO_MONGO:-}" ] || skip "needs a MongoDB-protocol server (STUDIO_MONGO)"
}
