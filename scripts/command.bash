# shellcheck shell=bash
# command.bash - what sync-service, push-to-zou and integrate-kitsu-note have in common:
# options, the password, the place of the programs. A command that sources it has set
# $me, its name, and $self, its file; $options and $letters, see read_options; and has
# the functions usage and take_option.
# shellcheck disable=SC2034,SC2154 # names that the commands have, or read

# What several stages are given. Values are joined to their options (--login=X), so that
# none is taken for a word of the pipeline.
login=() password_from=() projects=() server=() level=() files=()
password='' has_password='' gives_password=''

# say TEXT: what controls a terminal, or reverses or forges a line, is shown as "?", as by
# msg_character (base/msg.h), and no password of an address.
say() {
    local LC_ALL=C text=$* whole short='^([^:]*(: [^:]*)*:)[^ ].*@([^@]*)$'
    if [[ $text == *[$'\200'-$'\377']* ]]; then
        # A system may lack iconv, but no message may get lost.
        whole=$(iconv -c -f UTF-8 -t UTF-8 <<<"$text" 2>/dev/null) || whole=${text//[$'\200'-$'\377']/?}
        text=$whole
    fi
    if [[ $text == *://*:*@* ]]; then # an address
        text=${text%%://*}://...@${text##*@}
    elif [[ $text =~ $short ]]; then # one without its beginning
        text=${BASH_REMATCH[1]}...@${BASH_REMATCH[3]}
    fi
    text=${text//[$'\001'-$'\037'$'\177']/?}
    text=${text//$'\302'[$'\200'-$'\237']/?}
    text=${text//$'\330\234'/?}
    text=${text//$'\342\200'[$'\216\217'$'\250'-$'\256']/?}
    text=${text//$'\342\201'[$'\246'-$'\251']/?}
    printf '%s: %s\n' "$me" "$text" >&2
}

# die STATUS TEXT
die() {
    say "$2"
    exit "$1"
}

usage_error() {
    say "$1"
    die 64 "try '$me --help'"
}

# refuse_files: for commands that take none. A password with blanks that nobody quoted is
# several arguments.
refuse_files() {
    ((${#files[@]})) || return 0
    [[ ! $gives_password ]] || usage_error "an argument too many: a password with blanks wants quotes"
    usage_error "unexpected argument \"${files[0]}\""
}

# The suite's programs come first in PATH: those beside the script (installed, or linked
# into the build tree), or in the build tree of its checkout.
find_programs() {
    local bin real
    real=$(dirname -- "$(readlink -f -- "$self")")
    for bin in ${OPKITSU_BUILD:+"$OPKITSU_BUILD/bin"} "$(dirname -- "$self")" "$real" "$real/../build/bin"; do
        if [[ -x $bin/kitsu-fetch ]]; then
            export PATH=$bin:$PATH
            return
        fi
    done
    die 69 "kitsu-fetch is neither beside $self nor in the build tree: run make first"
}

# read_options ARGUMENT...: calls take_option NAME VALUE for each, by its long name. In
# $options are the names that the command has, and "=" behind one that takes a value; in
# $letters "X:NAME" for those that have a letter. getopt(1) would have the password on a
# command line of its own.
read_options() {
    local name attached word
    for word; do # by mistake it may be another option's value
        case $word in
            -prj*) ;;
            -p* | -[vqn]*p* | --pass*) gives_password=yes ;;
        esac
    done
    options=" $options login= password= password-file= password-command= project= server= store= openpype-version= verbose quiet help version "
    letters=" $letters l:login p:password P:project s:server d:store v:verbose q:quiet h:help V:version "
    while (($#)); do
        name='' attached=''
        case $1 in
            --) break ;;
            -prj | -prj=*) set -- "--project${1#-prj}" "${@:2}" ;;
            -lo) [[ $options != *' listen-only '* ]] || set -- --listen-only "${@:2}" ;;
        esac
        case $1 in
            --*=*) name=${1%%=*} name=${name#--} attached=yes ;;
            --*) name=${1#--} ;;
            -?*)
                [[ $letters =~ " ${1:1:1}:"([a-z-]+) ]] || usage_error "invalid option -- '${1:1:1}'"
                name=${BASH_REMATCH[1]}
                [[ $1 != -lo || $options == *' listen-only '* ]] || usage_error "unrecognized option '-lo'"
                if [[ ${1:2} && $options == *" $name= "* ]]; then
                    set -- "--$name=${1:2}" "${@:2}"
                    attached=yes
                elif [[ ${1:2} ]]; then
                    set -- "-${1:1:1}" "-${1:2}" "${@:2}"
                fi
                ;;
            *) files+=("$1") ;;
        esac
        [[ $1 != --* || $name =~ ^[a-z-]+$ ]] || usage_error "unrecognized option '--$name${attached:+=}'"
        if [[ ! $name ]]; then
            shift
        elif [[ $options == *" $name "* ]]; then
            [[ ! $attached ]] || usage_error "option '--$name' doesn't allow an argument"
            take_option "$name"
            shift
        elif [[ $options != *" $name= "* ]]; then
            usage_error "unrecognized option '--$name'"
        elif [[ $attached ]]; then
            take_option "$name" "${1#*=}"
            shift
        else
            (($# > 1)) || usage_error "option '$1' requires an argument"
            take_option "$name" "$2"
            shift 2
        fi
    done
    files+=("${@:2}") # behind "--"
    [[ ! $has_password || ${#password_from[@]} == 0 ]] ||
        usage_error "--password and ${password_from[0]%%=*}: give one of them"
    [[ ! $has_password || $password ]] || usage_error "the password is empty"
}

# take_common_option NAME VALUE. A store's address may hold a password: in the
# environment nobody else can read it.
take_common_option() {
    case $1 in
        login) login=("--login=$2") ;;
        password) password=$2 has_password=yes ;;
        password-*) password_from=("--$1=$2") ;;
        project) projects+=("--project=$2") ;;
        server) server=("--server=$2") ;;
        store)
            [[ $2 ]] || die 78 "--store is empty"
            export OP_STORE=$2
            ;;
        openpype-version) export OPENPYPE_VERSION=$2 ;;
        verbose) level+=(-v) ;;
        quiet) level+=(-q) ;;
        help)
            usage || exit 74
            exit
            ;;
        version) exec -a "$me" sync-supervisor --version ;;
    esac
}

# supervise ARGUMENT...: becomes sync-supervisor, under the command's own name. So a
# password leaves the list of processes. It goes before a token of the environment, as
# options do.
supervise() {
    if [[ $password ]]; then
        unset KITSU_TOKEN
        export KITSU_PWD=$password
    fi
    # A cron line that lacks a name would write to the wrong database in silence.
    [[ ${level[*]} != *-q* || ${OP_STORE-}${OPENPYPE_MONGO-} ]] ||
        say "neither -d nor OP_STORE nor OPENPYPE_MONGO names a store: the embedded one is used"
    # Else libmongoc counts in shared memory, which a killed program leaves behind.
    export MONGOC_DISABLE_SHM=1
    exec -a "$me" sync-supervisor "${level[@]}" "$@"
}
