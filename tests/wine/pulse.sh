# SPDX-License-Identifier: MIT
# Sourced after wine.sh by suites that need a sound server: PulseAudio without hardware and without a session, of the
# suite's own, with two sinks that swallow sound; what reaches them can be recorded from their monitors.
#
#   pulse_start          "First" (default) and "Second", 48,000 Hz
#   pulse_kill           as if it crashed
#   monitor_start SINK FILE      parec into FILE (raw, 16 bits, stereo, 48,000 Hz)
#   monitor_stop
PULSE=$(mktemp -d "${TMPDIR:-/tmp}/mmekit-pulse.XXXXXX") || exit 2 # a socket's path is short: not in WORK
PULSE_PID=
export XDG_RUNTIME_DIR="$PULSE" PULSE_RUNTIME_PATH="$PULSE/runtime" PULSE_STATE_PATH="$PULSE/state"
export PULSE_COOKIE="$PULSE/cookie" PULSE_SERVER="unix:$PULSE/native" PULSE_CLIENTCONFIG="$PULSE/client.conf"
echo "autospawn = no" >"$PULSE_CLIENTCONFIG"

pulse_start() {
    rm -rf "$PULSE/runtime" "$PULSE/native"; mkdir -p "$PULSE/runtime"
    pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --log-target="file:$WORK/pulse.log" \
        --load="module-native-protocol-unix socket=$PULSE/native auth-anonymous=1" \
        --load="module-null-sink sink_name=first rate=48000 sink_properties=device.description=First" \
        --load="module-null-sink sink_name=second rate=48000 sink_properties=device.description=Second" \
        >"$WORK/pulse.out" 2>&1 9>&- &
    PULSE_PID=$!
    for _ in $(seq 100); do
        pactl info >/dev/null 2>&1 && { pactl set-default-sink first; pactl set-default-source first.monitor; return 0; }
        sleep 0.1
    done
    return 1
}
pulse_kill() {
    [ -n "$PULSE_PID" ] && kill -KILL "$PULSE_PID" 2>/dev/null && wait "$PULSE_PID" 2>/dev/null
    PULSE_PID=
}
# A sound server that is killed goes with the suite, whatever ends that.
trap 'pulse_kill; rm -rf "${PULSE:?}"' EXIT
trap 'exit 1' INT TERM

monitor_start() { # monitor_start SINK FILE
    parec -d "$1.monitor" --raw --format=s16le --rate=48000 --channels=2 --latency-msec=50 >"$2" 2>"$WORK/parec.err" 9>&- &
    MONITOR=$!
    for _ in $(seq 50); do [ -s "$2" ] && return; sleep 0.1; done # it records silence by now
}
monitor_stop() { sleep 1; kill "$MONITOR"; wait "$MONITOR" 2>/dev/null; }
