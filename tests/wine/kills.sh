# SPDX-License-Identifier: MIT
# Sourced by suite_faults.sh and long_kills.sh, behind wine.sh: the wineserver is killed while the driver installs, and
# what is left must be the state before or the state after, whatever runs next.
#
#   kills_begin TEMPLATE       prefixes for the workers, and for each verb the two states that are allowed
#   kills_run TITLE FILE       points, one a line: "VERB NUMBER before|after SIGNAL", by JOBS workers; counts and prints
#   kills_later SECONDS...     killed so long after the answer OK; kills_later_judge TITLE SECONDS... waits and prints
#
# kill.exe stops at the given call of the registry or of FlushFileBuffers; then the server is killed. With SIGKILL the
# hives are those of the session's begin, since Wine saves them every 30 s. With SIGTERM it saves them first: the same as
# a kill just after a save. An *image* is what is on the disk then: both hives without times, and the journals of the
# machine and of the user. Each distinct image is given to a new session whose first program is `kill.exe recover` or,
# every other time, a driver that is asked to configure nothing; then the hives are compared with those of the verb's
# begin and end.
#
# Between two calls that change something nothing on the disk and nothing in the registry changes, so kills at reads leave
# images that are known already. They are killed all the same, and that is counted.
: "${JOBS:=2}"
KILLS=$WORK/kills

plain() { sed '/^#time=/d;s/^\(\[.*\]\) [0-9]*$/\1/' "$1"; } # a hive without its times
hives() { { plain "$1/system.reg"; plain "$1/user.reg"; } | md5sum | cut -c 1-32; }
image_hash() { # image_hash DIR: what recovery can see
    { plain "$1/system.reg"; plain "$1/user.reg"; cat "$1/machine/journal" "$1/user/journal" 2>/dev/null; } | md5sum | cut -c 1-32
}
journal_of() { # journal_of PREFIX machine|user: the folder of that journal
    case $2 in
    machine) echo "$1/drive_c/ProgramData/mmekit" ;;
    user) echo "$(ls -d "$1"/drive_c/users/*/AppData/Local | grep -v /Public/ | head -n 1)/mmekit" ;;
    esac
}
image_save() { # image_save PREFIX DIR
    rm -rf "$2" && mkdir -p "$2" && cp "$1/system.reg" "$1/user.reg" "$2/"
    for whose in machine user; do
        from=$(journal_of "$1" $whose)
        [ ! -d "$from" ] || cp -r "$from" "$2/$whose"
    done
}
image_load() { # image_load DIR PREFIX
    cp "$1/system.reg" "$1/user.reg" "$2/"
    for whose in machine user; do
        to=$(journal_of "$2" $whose)
        rm -rf "$to"
        [ ! -d "$1/$whose" ] || cp -r "$1/$whose" "$to"
    done
}
server_end() { # server_end PREFIX SIGNAL: 15 saves the registry at once, 9 never
    WINEPREFIX=$1 "$WINESERVER" -k"$2" >/dev/null 2>&1
    settle "$1"
    orphans_end "$1"
}
quiet_program() { # quiet_program PREFIX LOG ARGS...: one run of kill.exe that must come to its end
    quiet_prefix=$1 quiet_log=$2; shift 2
    wine_in "$quiet_prefix" 90 "$BIN/kill.exe" "$@" 2>>"$KILLS/err" | tr -d '\r' >"$quiet_log"
    [ "$(tail -n 1 "$quiet_log")" = "kill: all done" ]
}

# ---------------------------------------------------------------- the verbs' two states

# Each verb's begin is the end of a verb before it, seen by a later session, so that the journal is closed and small.
kills_state() { # kills_state NAME VERB...: from the prefix as it is, through these verbs, to a saved image
    state=$1; shift
    for verb in "$@"; do
        quiet_program "$P0" "$KILLS/$state.log" "$verb" || fail "$state: $verb did not come to its end"
    done
    server_end "$P0" 15
    image_save "$P0" "$KILLS/$state"
}
later_session() { quiet_program "$P0" "$KILLS/later.log" recover || fail "recover did not come to its end"; server_end "$P0" 15; image_save "$P0" "$KILLS/$1"; }
damage() { # somebody's tool has deleted our alias and changed a setting
    sed -i '/^"wave1"="mmewave/d;s/^"rate_hz"=dword:.*/"rate_hz"=dword:00000bb8/' "$P0/system.reg"
}
kills_begin() { # kills_begin PREFIX: a warm one with mmewave.drv in its System32
    rm -rf "$KILLS" && mkdir -p "$KILLS/seen" && : >"$KILLS/err"
    P0=$1
    server_end "$P0" 15
    image_save "$P0" "$KILLS/from-install"
    kills_state to-install install
    later_session from-configure
    cp -r "$KILLS/from-configure" "$KILLS/from-remove"
    cp -r "$KILLS/from-configure" "$KILLS/from-mine"
    kills_state to-configure configure
    image_load "$KILLS/from-mine" "$P0"; kills_state to-mine mine
    image_load "$KILLS/from-remove" "$P0"; kills_state to-remove remove
    image_load "$KILLS/from-configure" "$P0"; damage; image_save "$P0" "$KILLS/from-repair"
    kills_state to-repair repair
    image_load "$KILLS/from-install" "$P0"
    for verb in install configure mine repair remove; do
        hives "$KILLS/from-$verb" >"$KILLS/$verb.before"
        hives "$KILLS/to-$verb" >"$KILLS/$verb.after"
        grep -q '^ANSWER OK' "$KILLS/to-$verb.log" || fail "$verb was not answered OK: $(grep ANSWER "$KILLS/to-$verb.log")"
        ! cmp -s "$KILLS/$verb.before" "$KILLS/$verb.after" || fail "$verb changes nothing"
        sed -n 's/^CALL //p' "$KILLS/to-$verb.log" >"$KILLS/$verb.calls"
    done
    for i in $(seq 2 "$JOBS"); do prefix_copy "$P0" "$KILLS/prefix-$i"; done
}
worker_prefix() { if [ "$1" -eq 1 ]; then echo "$P0"; else echo "$KILLS/prefix-$1"; fi; }

# ---------------------------------------------------------------- one point

# What the next program makes of the image that is in the prefix: before, after, or "half".
judge() { # judge PREFIX VERB SCRATCH: prints the state
    how=recover
    [ $((0x$(image_hash "$3" | cut -c 1-2) % 2)) -eq 0 ] || how=ask # by the image, so that it is the same each time
    if ! quiet_program "$1" "$3.log" $how; then echo "dead"; server_end "$1" 15; return; fi
    server_end "$1" 15
    h=$(hives "$1")
    if [ "$h" = "$(cat "$KILLS/$2.before")" ]; then echo before
    elif [ "$h" = "$(cat "$KILLS/$2.after")" ]; then echo after
    else echo half; image_save "$1" "$3.half"; fi
}
judged() { # judged PREFIX VERB SCRATCH: of the image in SCRATCH, which may be known
    image=$(image_hash "$3")
    if [ ! -s "$KILLS/seen/$2-$image" ]; then
        image_load "$3" "$1"
        judge "$1" "$2" "$3" >"$3.state" && mv "$3.state" "$KILLS/seen/$2-$image"
    fi
    cat "$KILLS/seen/$2-$image"
}
run_to() { # run_to PREFIX SCRATCH ARGS...: until it says HERE or ends; $client is left to the caller
    run_prefix=$1 run_scratch=$2; shift 2
    rm -f "$run_scratch.fifo" && mkfifo "$run_scratch.fifo"
    (WINEPREFIX=$run_prefix exec "$WINE" "$BIN/kill.exe" "$@" >"$run_scratch.fifo" 2>>"$KILLS/err" </dev/null 9>&-) &
    client=$!
    timeout -k 5 90 sed -n 's/\r$//;p;/^HERE/q' <"$run_scratch.fifo" >"$run_scratch.out"
}
point() { # point PREFIX SCRATCH VERB NUMBER WHEN SIGNAL: prints one line of result
    image_load "$KILLS/from-$3" "$1"
    run_to "$1" "$2" "$3" "$4" "$5"
    server_end "$1" "$6"
    kill -KILL $client 2>/dev/null # it hangs without its server
    wait $client 2>/dev/null
    answered=$(sed -n 's/^ANSWER \([A-Z]*\) .*/\1/p' "$2.out")
    if ! grep -q '^HERE' "$2.out"; then echo "$3 $4 $5 $6 ${answered:--} never"; return; fi
    image_save "$1" "$2"
    echo "$3 $4 $5 $6 ${answered:--} $(judged "$1" "$3" "$2")"
}

# ---------------------------------------------------------------- many

kills_worker() { # kills_worker NUMBER FILE
    prefix=$(worker_prefix "$1")
    awk -v k="$1" -v n="$JOBS" 'NR % n == k % n' "$2" | while read -r v number when signal; do
        # a program that never got there was not killed there, which says nothing: once more
        result=$(point "$prefix" "$KILLS/w$1" "$v" "$number" "$when" "$signal")
        case $result in *" never") result=$(point "$prefix" "$KILLS/w$1" "$v" "$number" "$when" "$signal") ;; esac
        echo "$result"
    done >"$KILLS/result-$1"
}
kills_count() { awk "$1 { n++ } END { print n + 0 }" "$KILLS/results"; }
kills_judge() { # kills_judge TITLE: results are in $KILLS/results; field 6: before, after, half, dead, never
    n=$(kills_count 1)
    half=$(kills_count '$6 == "half" || $6 == "dead" || $6 == "never"')
    lost=$(kills_count '$5 == "OK" && $6 != "after"')
    echo "FIGURE $1: $n kills, $(ls "$KILLS/seen" | wc -l) distinct images so far; after the next run $(kills_count '$6 == "before"') as before, $(kills_count '$6 == "after"') as after, $half half states; $(kills_count '$5 == "OK"') answered OK, $lost of them lost"
    if [ "$half" -eq 0 ] && [ "$n" -gt 0 ]; then pass "$1: $n kills leave 0 half states"
    else fail "$1: $half half states"; awk '$6 == "half" || $6 == "dead" || $6 == "never"' "$KILLS/results" | sed 's/^/    /;10q'; fi
    if [ "$lost" -eq 0 ]; then pass "$1: nothing answered OK was lost"
    else fail "$1: $lost lost"; awk '$5 == "OK" && $6 != "after"' "$KILLS/results" | sed 's/^/    /;10q'; fi
}
kills_run() { # kills_run TITLE FILE
    workers=
    for i in $(seq 1 "$JOBS"); do kills_worker "$i" "$2" & workers="$workers $!"; done
    wait $workers
    cat "$KILLS"/result-* >"$KILLS/results"
    rm -f "$KILLS"/result-*
    [ "$(wc -l <"$KILLS/results")" -eq "$(wc -l <"$2")" ] || fail "$1: $(wc -l <"$KILLS/results") of $(wc -l <"$2") points were tried"
    kills_judge "$1"
}
# kills_later DELAY...: an install answered OK, killed so many seconds later; all at once, each in a prefix of its own.
# Prints nothing: the results wait in files for kills_later_judge, which waits for them.
kills_later() {
    LATER=
    for delay in "$@"; do
        prefix_copy "$P0" "$KILLS/later-$delay"
        (
            image_load "$KILLS/from-install" "$KILLS/later-$delay"
            run_to "$KILLS/later-$delay" "$KILLS/l$delay" install end -
            sleep "$delay"
            server_end "$KILLS/later-$delay" 9
            kill -KILL $client 2>/dev/null
            wait $client 2>/dev/null
            answered=$(sed -n 's/^ANSWER \([A-Z]*\) .*/\1/p' "$KILLS/l$delay.out")
            image_save "$KILLS/later-$delay" "$KILLS/l$delay"
            saved=lost
            [ "$(hives "$KILLS/l$delay")" != "$(cat "$KILLS/install.after")" ] || saved=saved
            state=$(judge "$KILLS/later-$delay" install "$KILLS/l$delay")
            echo "install $delay s-later 9 ${answered:--} $state $saved" >"$KILLS/later.$delay"
        ) &
        LATER="$LATER $!"
    done
}
kills_later_judge() { # kills_later_judge TITLE DELAY...
    title=$1; shift
    wait $LATER
    for delay in "$@"; do cat "$KILLS/later.$delay"; done >"$KILLS/results"
    [ "$(kills_count '$5 == "OK"')" -eq $# ] || fail "$title: not every install was answered OK"
    echo "FIGURE $title: Wine had forgotten the install in $(kills_count '$7 == "lost"') of $# sessions"
    kills_judge "$title"
}
