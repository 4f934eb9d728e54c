#!/bin/sh
# SPDX-License-Identifier: MIT
# Every file of ours is compiled with -Werror by whoever configures for the first time, as a clone does: an option that is
# read before it is declared holds only from the second time on.
# usage: warnings_are_errors.sh ROOT WORK_DIR
root=${1:?} work=${2:?}
rm -rf "$work"; mkdir -p "$work"
cmake -S "$root" -B "$work" -G Ninja -DMMK_TESTS=OFF -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$work.log" 2>&1 || {
    tail -n 20 "$work.log"; echo "0 passed, 1 failed"; exit 1; }
n=$(grep -c '"command"' "$work/compile_commands.json")
lax=$(grep '"command"' "$work/compile_commands.json" | grep -vc -e ' -Werror ')
echo "warnings_are_errors: $n files, $lax of them without -Werror"
if [ "$n" -gt 100 ] && [ "$lax" -eq 0 ]; then echo "1 passed, 0 failed"; else
    grep '"command"' "$work/compile_commands.json" | grep -v -e ' -Werror ' | head -n 3; echo "0 passed, 1 failed"; exit 1; fi
