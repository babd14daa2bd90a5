# A Kitsu of mock-zou's, in the working directory, and an SQLite store beside it.
# shellcheck shell=bash

# mock_home: own_home, with nothing of a server or a store but $OP_STORE, a log-in, and the
# settings on stdin
mock_home() {
    own_home 0.1
    unset "${!KITSU_@}" "${!OP_@}" "${!OPENPYPE_@}" AVALON_DB http_proxy https_proxy all_proxy
    mkdir -p config/opkitsu
    cat >config/opkitsu/settings.json
    export OP_STORE=sqlite:$PWD/op.db KITSU_LOGIN=jane@example.com KITSU_PWD=secret
}

# mock_start SCRIPT: a server, in place of the one before it; see mock-zou
mock_start() {
    mock_stop
    rm -rf port requests runtime/opkitsu
    printf '%s' "$1" >script.json
    "$BATS_TEST_DIRNAME/../servers/mock-zou" . 3>&- &
    mock_pid=$!
    until [[ -e port ]]; do
        kill -0 "$mock_pid"
        sleep 0.02
    done
    KITSU_SERVER=http://127.0.0.1:$(<port)
    export KITSU_SERVER
}

# mock_script SCRIPT: what the server that runs is to do from now on
mock_script() {
    printf '%s' "$1" >script.new
    mv script.new script.json
}

mock_stop() {
    [[ ! ${mock_pid-} ]] || kill "$mock_pid"
    mock_pid=''
}

# mock_production: a home and a server whose production is in the store: in ./reading as
# kitsu-fetch gives it, in ./before as op-dump does
mock_production() {
    mock_home <<<'{"opkitsu": {"edits": true, "concepts": true, "names": "convert"}}'
    # shellcheck disable=SC2034 # for the test
    project=11111111-1111-4111-8111-111111111111 shot=00000003-0000-4000-8000-000000000001
    # shellcheck disable=SC2034
    below=/data/projects/$project
    mock_start '{}'
    kitsu-fetch >reading
    op-diff <reading | op-apply >/dev/null
    op-dump --all >before
    [[ $(grep -c '"type":"Document"' before) -gt 15 ]]
}
