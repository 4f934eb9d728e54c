#!/bin/sh
# SPDX-License-Identifier: MIT
# The table suite x host: what the tests of one ./dev test counted on POSIX, under 64-bit Wine and under 32-bit Wine.
#
# usage: table.sh POSIX_LOG WINE64_DIR WINE32_DIR
#   POSIX_LOG   CTest's LastTest.log of the release build; "-" for none
#   WINE64_DIR  run.sh's WORK_DIR: SUITE.log each, which ends in "N passed, M failed"; "-" for none
#   WINE32_DIR  wine32.sh's
# A cell is "passed" or "passed/failed"; "-": not there on that host. The unit tests, which are the same C on all three
# hosts, are one row a program. Exit 1 if a cell has failures or nothing was counted.
set -u
[ $# -eq 3 ] || { sed -n '5,8s/^# //p' "$0" >&2; exit 2; }

plain() { sed 's/\x1b\[[0-9;]*m//g' "$1"; }
# "HOST KIND NAME PASSED FAILED" a line
posix() {
    [ -f "$1" ] || return 0
    # "13/40 Testing: test_wave", then what it printed: Criterion's synthesis or a plain program's own line
    plain "$1" | tr -d '\r' | awk '
        function put() { if (name != "" && p + f > 0) print "posix", "unit", name, p, f; name = ""; p = f = 0 }
        /^[0-9]+\/[0-9]+ Testing: / { put(); name = $3 }
        /Synthesis: Tested:/ { for (i = 1; i < NF; i++) { if ($i == "Passing:") p += $(i+1)
                                 if ($i == "Failing:" || $i == "Crashing:") f += $(i+1) } }
        /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3 }
        END { put() }'
}
wine() { # wine HOST DIR
    for log in "$2"/*.log; do
        [ -f "$log" ] || continue
        suite=${log##*/} suite=${suite%.log}
        if [ "$suite" = unit ]; then # its programs, from the logs of each
            for l in "$2"/unit/*.log; do
                [ -f "$l" ] || continue
                name=${l##*/}
                grep -E '^[0-9]+ passed, [0-9]+ failed' "$l" | tail -n 1 |
                    awk -v h="$1" -v n="${name%.log}" '$1 + $3 > 0 { print h, "unit", n, $1, $3 + 0 }'
            done
        fi
        tail -n 1 "$log" | awk -v h="$1" -v n="$suite" '/^[0-9]+ passed, [0-9]+ failed/ { print h, "suite", n, $1, $3 + 0 }'
    done
}
{ posix "$1"; wine wine64 "$2"; wine wine32 "$3"; } | awk '
    function cell(h, k, n) { if (!((h, k, n) in p)) return "-"
        return f[h, k, n] > 0 ? p[h, k, n] "/" f[h, k, n] : p[h, k, n] "" }
    function rows(k, title,   i, n, other) {
        printf "%-28s %12s %12s %12s\n", title, "POSIX", "Wine 64", "Wine 32"
        for (i = 1; i <= count; i++) { n = order[i]
            if (!((k, n) in seen)) continue
            other = ("wine64", k, n) in p || ("wine32", k, n) in p
            if (k == "unit" && !other) { alone += p["posix", k, n]; alone_f += f["posix", k, n]; continue }
            printf "%-28s %12s %12s %12s\n", n, cell("posix", k, n), cell("wine64", k, n), cell("wine32", k, n) }
    }
    { p[$1, $2, $3] += $4; f[$1, $2, $3] += $5; all += $4; failed += $5
      if (!(($2, $3) in seen)) { seen[$2, $3] = 1; if (!($3 in known)) { known[$3] = 1; order[++count] = $3 } }
      # the unit suite is counted by its programs
      if (!($2 == "suite" && $3 == "unit")) { sum[$1] += $4; bad[$1] += $5 } }
    END {
        rows("unit", "the same C on three hosts")
        printf "%-28s %12s %12s %12s\n", "what is POSIX by nature", (alone_f > 0 ? alone "/" alone_f : alone + 0), "-", "-"
        print ""
        delete seen["suite", "unit"]
        rows("suite", "programs for Windows")
        print ""
        printf "%-28s %12d %12d %12d\n", "passed", sum["posix"], sum["wine64"], sum["wine32"]
        printf "%-28s %12d %12d %12d\n", "failed", bad["posix"], bad["wine64"], bad["wine32"]
        exit (failed > 0 || all == 0) }'
