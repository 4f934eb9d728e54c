#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the mmekit authors
#
# The main job end to end, on a real recording: install the virtual sound card into a registry file
# that is full of somebody else's things, play, record, remove. Every step is measured by a program
# that shares no code with mmekit (tools/demo/wavcmp.c), or by cmp.
#
#   tools/demo.sh BUILD_DIR        BUILD_DIR/bin holds mmectl and wavcmp
#
# MMEKIT_DEMO_WAV  another recording than Debian's (16 bits, 48000 Hz)
# MMEKIT_DEMO_DIR  work there and keep the files

set -u

build=${1:?usage: tools/demo.sh BUILD_DIR}
here=$(dirname "$0")
fixtures=$here/../tests/mmectl/fixtures
recording=${MMEKIT_DEMO_WAV:-/usr/share/sounds/alsa/Front_Center.wav}
mmectl=$build/bin/mmectl
wavcmp=$build/bin/wavcmp
passed=0

# 0.93 of 22050 Hz, the half rate of the slower device: up to there the resampler's class "high"
# promises a flat response.
band=20506

if [ -n "${MMEKIT_DEMO_DIR:-}" ]; then
    dir=$MMEKIT_DEMO_DIR
    mkdir -p "$dir" || exit 1
else
    dir=$(mktemp -d) || exit 1
    trap 'rm -rf "$dir"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
fi

# Nothing of the caller's own settings may play a part.
for variable in $(env | sed -n 's/^\(MMEKIT_[A-Z_]*\)=.*/\1/p'); do
    unset "$variable"
done

fail() {
    printf '\nFAILED: %s\n' "$1"
    printf 'demo: failed after %d passed steps: %s\n' "$passed" "$1"
    exit 1
}

# title, then what must succeed; its output is shown
step() {
    title=$1
    shift
    printf '\n== %s\n' "$title"
    "$@" || fail "$title"
    passed=$((passed + 1))
}

indent() {
    sed 's/^/   /'
}

ctl() {
    "$mmectl" --registry "$registry" "$@"
}

# A figure of wavcmp, on one line.
measure() {
    result=0
    figure=$("$wavcmp" "$@" 2>&1) || result=1
    printf '   %s\n' "$figure"
    return $result
}

unchanged() {
    cmp "$1" "$2" || return 1
    printf '   %s bytes, byte for byte the same\n' "$(wc -c <"$2" | tr -d ' ')"
}

# Run mmectl, show what it says, and expect an exit code.
expect() {
    want=$1
    shift
    "$mmectl" --registry "$registry" "$@" >"$dir/said" 2>&1
    got=$?
    printf '   $ mmectl %s\n' "$*"
    indent <"$dir/said"
    [ "$got" = "$want" ] || {
        printf '   exit code %s instead of %s\n' "$got" "$want"
        return 1
    }
}

shows() {
    for word in "$@"; do
        grep -q -- "$word" "$dir/said" || {
            printf '   it does not say "%s"\n' "$word"
            return 1
        }
    done
}

# ------------------------------------------------------------------ the steps

dry_run() {
    expect 0 install mmewave --dry-run --set backend=file --set "path=$dir/card.wav" &&
        shows 'wave1' 'dry run' && unchanged "$dir/before.reg" "$registry"
}

install_card() {
    expect 0 --verbose install mmewave --set backend=file --set "path=$dir/card.wav" &&
        shows 'DRV_LOAD' 'DRV_INSTALL' 'state CHECKED' 'state SUPPORTED' 'state CONFIGURED' \
            'state PROBED' 'state JOURNALED' 'state APPLYING' 'state VERIFIED' 'state COMMITTED' \
            'wave1 = mmewave.drv /backend:file /path:'
}

install_again() {
    cp "$registry" "$dir/installed.reg" && expect 0 install mmewave &&
        unchanged "$dir/installed.reg" "$registry"
}

play_exact() {
    expect 0 play "$recording" --output "$dir/exact.wav" &&
        measure same "$recording" "$dir/exact.wav"
}

play_alias() {
    # no --output: where it plays to is what the alias entry's options say
    expect 0 config mmewave set rate_hz=48000 channels=1 sample_format=s16 clock=freewheel &&
        expect 0 play "$recording" && measure same "$recording" "$dir/card.wav"
}

rates_float() {
    expect 0 config mmewave set sample_format=float32 &&
        expect 0 play "$recording" --output "$dir/f44.wav" --rate 44100 &&
        expect 0 play "$dir/f44.wav" --output "$dir/f48.wav" --rate 48000 &&
        measure snr "$recording" "$dir/f48.wav" $band 120
}

rates_16() {
    expect 0 config mmewave set sample_format=s16 &&
        expect 0 play "$recording" --output "$dir/s44.wav" --rate 44100 &&
        expect 0 play "$dir/s44.wav" --output "$dir/s48.wav" --rate 48000 &&
        printf '   theory: N = D^2/4 * (BAND/22050 + BAND/24000), D = 2^-15 (rounding and TPDF dither, twice)\n' &&
        measure noise "$recording" "$dir/s48.wav" $band 1 44100 48000
}

record_file() {
    expect 0 config mmewave set "record_path=$recording" &&
        expect 0 record "$dir/recorded.wav" --seconds 2 --freewheel &&
        measure begin "$recording" "$dir/recorded.wav"
}

remove_card() {
    expect 0 remove mmewave && unchanged "$dir/before.reg" "$registry"
}

not_installed() {
    expect 6 verify mmewave
}

install_and_remove() {
    registry=$dir/$1
    cp "$fixtures/$1" "$registry" && cp "$registry" "$dir/before.reg" &&
        expect 0 install mmewave && shows "$2 = mmewave.drv" && ! cmp -s "$dir/before.reg" "$registry" &&
        expect 0 remove mmewave && unchanged "$dir/before.reg" "$registry"
}

[ -x "$mmectl" ] && [ -x "$wavcmp" ] || fail "$build/bin holds no mmectl and wavcmp: build first"
[ -r "$recording" ] || fail "$recording is not there: install alsa-utils, or set MMEKIT_DEMO_WAV"

registry=$dir/export-utf16le.reg
cp "$fixtures/export-utf16le.reg" "$registry" && cp "$registry" "$dir/before.reg" || exit 1
printf 'recording: %s\nregistry:  an export of somebody else'\''s, UTF-16, CRLF, %s bytes\n' \
    "$recording" "$(wc -c <"$registry" | tr -d ' ')"

step "before: nothing of ours is there" not_installed
step "the plan, and nothing is changed by looking at it" dry_run
step "install through DRV_INSTALL: messages, plan, states, the new alias entry" install_card
step "verify finds it good" expect 0 verify mmewave
step "installing again changes nothing" install_again
step "play at the recording's own format, in real time: bit-identical" play_exact
step "play where the alias entry's options say: bit-identical" play_alias
step "48000 -> 44100 -> 48000 through float32 devices: more than 120 dB" rates_float
step "48000 -> 44100 -> 48000 through 16-bit devices: within 1 dB of theory" rates_16
step "record from a file: bit-identical" record_file
step "remove: the registry file is as it was" remove_card
step "the same with a file kept by hand (ASCII, CRLF, comments, wave1 taken)" \
    install_and_remove hand-ascii.reg wave2
step "the same with a file of UTF-8 and mixed line ends" install_and_remove mixed-utf8.reg wave1

printf '\ndemo: all %d steps passed\n' "$passed"
