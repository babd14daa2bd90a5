#!/usr/bin/env bats
# The same as zou-push-killed.bats, killed before Kitsu has the request: a file of its
# own, as both take long.
# Takes about 300 s.
# shellcheck disable=SC2154 # push.bash's

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/zou
load ../lib/store
load ../lib/push

setup_file() { push_setup_file --no-mongo; }
teardown_file() { push_teardown_file; }
setup() { push_setup_killed; }

@test "killed before each request" { case_killed before small tvshow; }
