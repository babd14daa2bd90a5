# shellcheck shell=bash
# command.bash - functions of the documented commands, sync-service,
# push-to-zou and integrate-kitsu-note: options, credentials, the lease, the end. Whoever sources it has set
# $me, its name; $self and $real, where its file is; and has the functions usage,
# take_option and note.
# shellcheck disable=SC2034,SC2154 # names that the commands have, or read

say() { printf '%s: %s\n' "$me" "$*" >&2; }

tell() { [[ ${level[*]} != *-v* ]] || say "$@"; }

# die STATUS TEXT
die() {
    say "$2"
    exit "$1"
}

usage_error() {
    say "$1"
    die 64 "try '$me --help'"
}

# --- Where the programs are ---------------------------------------------------

# Beside the script (installed, or linked into the build tree), or in the build
# tree of its checkout.
find_programs() {
    for bin in ${OPKITSU_BUILD:+"$OPKITSU_BUILD/bin"} "$(dirname -- "$self")" "$real" "$real/../build/bin"; do
        [[ ! -x $bin/kitsu-fetch ]] || return 0
    done
    die 69 "kitsu-fetch is neither beside $self nor in the build tree: run make first"
}

print_version() {
    local line
    line=$("$bin/sync-report" --version) || exit
    echo "$me ${line#* }"
}

# --- Options ------------------------------------------------------------------

login=() lease_options=() password_from=() projects=() files=() server=() store=() level=() again=()
password='' has_password=''

# The documented single-dash options (-prj, -lo) rule out getopts. Taken are
# "-l X", "-lX", "--login X", "--login=X", "-prj X" and "-prj=X"; $valued has those
# that take a value. What is behind "--" is no option. In
# $again all stays as it came, but for the password.
read_options() {
    local option value attached takes
    valued+=' -l --login -p --password -prj --project -s --server -d --store --password-file --password-command '
    while (($#)); do
        option=$1 value='' attached='' takes=''
        shift
        case $option in
            --)
                again+=("$option" "$@")
                take_arguments "$@"
                return
                ;;
            --*=* | -prj=*) attached=yes value=${option#*=} option=${option%%=*} ;;
            -prj | -lo | --*) ;;
            -??*)
                if [[ $valued == *" ${option:0:2} "* ]]; then
                    attached=yes value=${option:2}
                else
                    set -- "-${option:2}" "$@"
                fi
                option=${option:0:2}
                ;;
        esac
        if [[ $valued == *" $option "* ]]; then
            takes=yes
            if [[ ! $attached ]]; then
                (($#)) || usage_error "option $option wants a value"
                value=$1
                shift
            fi
        elif [[ $attached ]]; then
            usage_error "unknown option $option, or it takes no value"
        fi
        take_option
        [[ $option == -p || $option == --password ]] || again+=("$option" ${takes:+"$value"})
    done
}

# take_arguments ARGUMENT...: what is no option; $takes_files: any number of files.
take_arguments() {
    ((!$#)) || [[ ${takes_files-} ]] || usage_error "unexpected argument \"$1\""
    files+=("$@")
}

# Those that all commands have.
take_common_option() {
    case $option in
        -l | --login) login=(--login "$value") ;;
        -p | --password) password=$value has_password=yes ;;
        --password-file | --password-command) password_from=("$option" "$value") ;;
        -prj | --project) projects+=(--project "$value") ;;
        -s | --server) server=(--server "$value") ;;
        -d | --store) store=(--store "$value") ;;
        -v | --verbose) level+=(-v) ;;
        -q | --quiet) level+=(-q) ;;
        -h | --help)
            usage || exit 74
            exit
            ;;
        -V | --version)
            print_version || exit 74
            exit
            ;;
        -*) usage_error "unknown option $option" ;;
        *) take_arguments "$option" ;;
    esac
}

check_password() {
    [[ ! $has_password || ${#password_from[@]} == 0 ]] ||
        usage_error "--password and ${password_from[0]-}: one of them"
    [[ ! $has_password || $password ]] || usage_error "the password is empty"
}

# A password leaves the list of processes by starting over without it. It goes
# before a token of the environment, as options do.
hide_password() {
    [[ $has_password ]] || return 0
    unset KITSU_TOKEN
    KITSU_PWD=$password exec -- "$BASH" "$self" "${again[@]}"
}

# A cron line that lacks a name would write to the wrong database in silence.
name_store() {
    [[ ${level[*]} != *-q* || ${store[*]}${OP_STORE-}${OPENPYPE_MONGO-} ]] ||
        say "neither -d nor OP_STORE nor OPENPYPE_MONGO names a store: the embedded one is used"
}

# --- The stages ---------------------------------------------------------------

without_secrets() {
    unset KITSU_PWD KITSU_TOKEN KITSU_TOTP KITSU_EMAIL_OTP
    exec "$@"
}

# With this script, whatever ends that (kill -9).
ends_with_us() {
    ! setpriv --pdeathsig TERM true 2>/dev/null || set -- setpriv --pdeathsig TERM "$@"
    exec "$@"
}

# The records go on, and to a report on stderr. A file that is tee's own output
# is not opened again, which would empty it.
keep_plan() {
    if [[ -t 1 ]]; then
        push-report >&2
    else
        { (without_secrets tee /dev/fd/3 >&4) 3>&1 | push-report >&2; } 4>&1
    fi
}

# --- The lease ------------------------------------------------------------------

# start_lease: until it is had, $OP_LEASE, or op-lease has ended, with
# $lease_status. That holds it as long as its standard input is open, which ends
# with us.
start_lease() {
    coproc LEASE { without_secrets "$bin/op-lease" "${level[@]}" "${store[@]}" "${lease_options[@]}"; }
    lease=$LEASE_PID
    read_lease
    [[ ! $signal ]] || stop
    export OP_LEASE
    while [[ $lease && ! $OP_LEASE ]]; do
        await
        [[ ! $signal ]] || stop
    done
}

# Its first line, but not deaf for signals. A piece of it may come at the very end
# of a try.
read_lease() {
    local status=142 piece
    OP_LEASE=''
    while [[ ! $signal ]] && ((status > 128)); do
        IFS= read -r -t 0.5 piece <&"${LEASE[0]}"
        status=$?
        OP_LEASE+=$piece
    done 2>/dev/null
}

# By the end of its input: a signal that came to all of us has ended it already,
# and a second one would not let it.
give_lease_back() {
    local input=${LEASE[1]-}
    [[ $lease ]] || return 0
    [[ ! $input ]] || exec {input}>&-
    lease_ends || kill -s TERM "$lease" 2>/dev/null
    lease_ends || kill -s KILL "$lease" 2>/dev/null
    clear_timer
}

# Whether op-lease ends within a second.
lease_ends() {
    ended=''
    set_timer 1000
    while [[ $lease && $ended != timer ]]; do
        await
    done
    [[ ! $lease ]]
}

# --- The end --------------------------------------------------------------------

# A handler only takes note, for in one bash waits for nothing, and sees to it
# that something ends, if the signal came just before the waiting. A second
# signal: at once.
on_end() {
    if [[ $stopping ]]; then
        signal_stages KILL
    else
        signal=$1
        wake || signal_heads TERM
    fi
}

wake() { [[ $timer ]] && kill -s TERM "$timer" 2>/dev/null; }

# stop: ends all, and this script as the signal would have.
stop() {
    stopping=yes
    note state ending
    end_pipe "${patience[@]}"
    give_lease_back
    clear_timer
    trap - HUP INT TERM EXIT
    kill -s "$signal" "$$"
}

trap_signals() {
    trap 'rm -f -- ${fifo:+"$fifo"}' EXIT
    trap 'on_end HUP' HUP
    trap 'on_end INT' INT
    trap 'on_end TERM' TERM
}
