#!/bin/sh
# SPDX-License-Identifier: MIT
# Line coverage of core/ by the tests that have just run in BUILD_DIR (preset coverage): at least 90 %.
# usage: coverage.sh BUILD_DIR
build=${1:?}
gcovr --root . --filter 'core/' --exclude 'core/include/' \
    --print-summary --txt "$build/coverage.txt" "$build" | tee "$build/coverage.summary" || { echo "0 passed, 1 failed"; exit 1; }
percent=$(awk '/^lines:/ { sub("%", "", $2); print $2 }' "$build/coverage.summary")
echo "line coverage of core/: $percent %"
if awk -v p="${percent:-0}" 'BEGIN { exit !(p >= 90) }'; then echo "1 passed, 0 failed"; else
    awk '$4 ~ /%/ && $4 + 0 < 90' "$build/coverage.txt"
    echo "0 passed, 1 failed"; exit 1; fi
