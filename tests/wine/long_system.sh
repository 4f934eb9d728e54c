#!/bin/sh
# SPDX-License-Identifier: MIT
# packages: wine wine64 libpulse0 pulseaudio pulseaudio-utils
# suite_system.sh with a minute of tone.
set -u
exec sh "$(dirname "$0")/suite_system.sh" "$@" 60
