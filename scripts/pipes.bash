# shellcheck shell=bash
# pipes.bash - functions of the documented commands that run a pipe and watch it.
# They know its stages as functions of the command, and op-lease as $lease.
#
# A plain pipeline would make the shell deaf for signals until it ends; this one
# knows the processes: $running has the stage of each, by its number, $statuses
# the status of each stage that has ended. One timer may run beside them.
# shellcheck disable=SC2004,SC2034,SC2154 # names that the commands have, or read

declare -A running=() statuses=() said=()
stages=() fifo='' timer='' ending='' hup='' signal='' stopping='' lease='' lease_status=''

# The two ends of a pipe, $reader and $writer, of which no file stays.
open_pipe() {
    local both
    fifo=$(mktemp -u "${TMPDIR:-/tmp}/$me.XXXXXX") && mkfifo -m 600 -- "$fifo" || exit 71
    # shellcheck disable=SC2094 # opened both ways, so that neither end waits
    exec {both}<>"$fifo" {reader}<"$fifo" {writer}>"$fifo" {both}>&-
    rm -f -- "$fifo"
    fifo=''
}

# Nobody writes to $never, from which is read to sleep.
open_never() {
    local reader writer
    open_pipe
    never=$reader
}

# start: $stages as a pipe.
start() {
    local stage input reader writer
    running=() statuses=()
    exec {input}</dev/null
    for stage in "${stages[@]}"; do
        if [[ $stage == "${stages[-1]}" ]]; then
            exec {writer}>&1 {reader}</dev/null
        else
            open_pipe
        fi
        "$stage" <&"$input" >&"$writer" 2>&"$errors" {input}<&- {writer}>&- {reader}<&- {errors}>&- &
        running[$!]=$stage
        exec {input}<&- {writer}>&-
        input=$reader
    done
    exec {input}<&-
}

# Passes on what the stages say, and at the end tells in $said the last line of
# each. That a full synchronisation is needed is no news with -q: it is made.
relay() {
    local line
    local -A last=()
    trap '' HUP INT TERM
    while IFS= read -r line || [[ $line ]]; do
        [[ ${level[*]} == *-q* && $line == "kitsu-listen: full sync needed"* ]] || printf '%s\n' "$line" >&2
        [[ ! $line =~ ^[a-z][a-z-]*: ]] || last[${line%%:*}]=$line
    done
    ((${#last[@]} == 0)) || printf '%s\n' "${last[@]}"
}

# Sets $errors, where the stages write what they say, and $heard, where their last
# words will be.
start_relay() {
    local reader writer input
    open_pipe
    input=$reader errors=$writer
    open_pipe
    heard=$reader
    relay <&"$input" >&"$writer" {input}<&- {errors}>&- {writer}>&- {heard}<&- &
    exec {input}<&- {writer}>&-
}

# run STAGE...: until the pipe has ended, it broke, or, of a listening one, there
# is something else to do; $ended is what ended it.
run() {
    local line heard errors why
    stages=("$@") said=() ended=''
    start_relay
    start
    exec {errors}>&-
    while ((${#running[@]})) && [[ ! $hup || ${stages[0]} != kitsu-listen ]]; do
        await
        ! is_broken || break
    done
    [[ ! $signal ]] || stop
    why=$ended
    collect
    end_pipe 5 5
    ended=$why
    while IFS= read -r -t 5 -u "$heard" line; do
        said[${line%%:*}]=$line
    done
    exec {heard}<&-
}

# run_plain STAGE...: the same, and they say what they say without us: on a
# terminal some draw their progress.
run_plain() {
    local errors
    stages=("$@") said=()
    exec {errors}>&2
    start
    exec {errors}>&-
    while ((${#running[@]})) && [[ ! $signal ]]; do
        await
    done
    [[ ! $signal ]] || stop
}

# Whether the pipe shall not go on after what has ended. All of a full
# synchronisation end by themselves when one has. A listener would wait for ever.
is_broken() {
    [[ $ended != lease && $ended != timer && ! $signal ]] || return 0
    [[ ${stages[0]} == kitsu-listen ]] && [[ ! $once || ! ${statuses["kitsu-listen"]+ended} ]]
}

# await: until a stage, op-lease or the timer has ended, or a signal wants an end:
# $ended says which.
await() {
    ended=''
    until [[ $ended ]]; do
        if [[ $signal && ! $ending$stopping ]]; then # it came before there was anything to wake
            ended=signal
        elif ! find_ended; then
            [[ ! $signal || $stopping ]] || ended=signal
        else
            take_ended
        fi
    done
}

# What is $gone.
take_ended() {
    case $gone in
        "$timer") timer='' ended=timer ;;
        "$lease") lease='' OP_LEASE='' ended=lease lease_status=$status ;;
        *)
            ended=${running[$gone]}
            # Those that we end have no fault in it.
            [[ ! $ending || $status != @(137|143) ]] || status=0
            statuses[$ended]=$status
            unset "running[$gone]"
            ;;
    esac
}

# The process that is $gone with what $status; false: none within a moment.
find_ended() {
    for gone in "${!running[@]}" $lease $timer; do
        if ! kill -0 "$gone" 2>/dev/null; then
            wait "$gone" 2>/dev/null
            status=$?
            return 0
        fi
    done
    # Bash's wait -n sleeps for ever over one that ended just before it.
    IFS= read -r -t 0.1 -u "$never" _
    return 1
}

# Those that have ended by themselves, before others are ended.
collect() {
    local gone
    for gone in "${!running[@]}"; do
        kill -0 "$gone" 2>/dev/null && continue
        wait "$gone" 2>/dev/null
        status=$?
        take_ended
    done
}

# set_timer MILLISECONDS; 0: for ever
set_timer() {
    local time=infinity
    clear_timer
    (($1 == 0)) || printf -v time '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
    ends_with_us sleep "$time" &
    timer=$!
    [[ ! $signal$hup || $ending$stopping ]] || wake # it came before it had its name
}

clear_timer() {
    [[ ! $timer ]] || kill -s TERM "$timer" 2>/dev/null
    timer=''
}

# end_pipe SECONDS MORE: now the stages that begin something, so that the others
# finish what they have; those that are still there after so many seconds; and with
# force after some more.
end_pipe() {
    ((${#running[@]})) || return 0
    ending=yes
    signal_heads TERM
    if ! drain "$1"; then
        signal_stages TERM
        if ! drain "$2"; then
            signal_stages KILL
            drain 10
        fi
    fi
    ending=''
}

# drain SECONDS: whether all stages end within them.
drain() {
    set_timer $(($1 * 1000))
    while ((${#running[@]})); do
        await
        [[ $ended != timer ]] || return 1
    done
    clear_timer
}

# The first, and who writes to Kitsu.
signal_heads() {
    local pid
    for pid in "${!running[@]}"; do
        [[ ${running[$pid]} != @("${stages[0]}"|zou-push) ]] || kill -s "$1" "$pid" 2>/dev/null
    done
}

signal_stages() {
    ((${#running[@]} == 0)) || kill -s "$1" "${!running[@]}" 2>/dev/null
}

# outcome: sets $status, the most serious one: the first fatal one, of $culprit,
# which is not that of a program whose reader went away (141), else 1, else 0.
outcome() {
    local stage code worst=0
    culprit=''
    for stage in "${stages[@]}"; do
        status=${statuses[$stage]-0}
        [[ $status$stage != 1keep_* ]] || status=74 # tee could not write
        [[ $stage != mended || $status != 2 ]] || status=74
        if ((status >= 64 && status != 141)); then
            culprit=$stage
            ((status <= 128)) || blame_signal
            return 0
        fi
        ((status == 0)) || worst=1
    done
    status=$worst
}

blame_signal() {
    said[$culprit]="$culprit was ended by signal $((status - 128))"
    say "${said[$culprit]}"
    status=75
}
