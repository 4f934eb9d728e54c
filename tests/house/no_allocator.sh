#!/bin/sh
# SPDX-License-Identifier: MIT
# What the core asks of the outside: the memory and string functions of the C library, nothing else. In particular no
# allocator, no stdio, no libm, no threads. And every global symbol of it starts with mmk.
# usage: no_allocator.sh ARCHIVE
archive=${1:?}
allowed="memcpy memmove memset memcmp memchr strlen strcmp strncmp strchr strrchr strstr strcspn strspn strpbrk
bcmp __assert_fail abort __stack_chk_fail _GLOBAL_OFFSET_TABLE_"
[ -f "$archive" ] || { echo "FAIL: no such archive: $archive"; echo "0 passed, 1 failed"; exit 1; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort -u >"$work/defined"
nm -u "$archive" | awk '$1 == "U" { print $2 }' | sort -u >"$work/wanted"
comm -13 "$work/defined" "$work/wanted" >"$work/outside"
fail=0
while read -r s; do
    case " $(echo $allowed) " in *" $s "*) ;; *)
        echo "FAIL: core needs $s (in $(nm -A -u "$archive" | awk -v s="$s" '$NF == s { print $1 }' | head -3 | tr '\n' ' '))"
        fail=1 ;;
    esac
done <"$work/outside"
n=$(wc -l <"$work/defined")
[ "$n" -gt 50 ] || { echo "FAIL: only $n symbols in $archive"; fail=1; }
if grep -v '^mmk' "$work/defined"; then echo "FAIL: global symbols above do not start with mmk"; fail=1; fi
echo "no_allocator: $n symbols defined, asked of outside: $(tr '\n' ' ' <"$work/outside")"
[ $fail -eq 0 ] && { echo "1 passed, 0 failed"; exit 0; }
echo "0 passed, 1 failed"
exit 1
