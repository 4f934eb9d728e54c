#!/bin/sh
# SPDX-License-Identifier: MIT
# Whether every number of abi.h stands in abi_list.h, which both ABI proofs are made of, and every structure there
# too: what is not listed is not proved. A structure inside another is proved by the paths of that one.
# usage: abi_listed.sh ABI_H ABI_LIST_H PROOF.c...
[ $# -ge 3 ] || { echo "usage: abi_listed.sh ABI_H ABI_LIST_H PROOF.c..." >&2; exit 2; }
abi=$1 list=$2; shift 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# the half of a length that depends on the pointer's width: it is in a listed structure's size
own="MMK_ACMSTREAMHEADER_RESERVED"
sed -n 's/^#define \(MMK_[A-Za-z0-9_]*\)[[:space:]].*/\1/p' "$abi" | grep -vxF "$own" | sort -u >"$tmp/numbers"
grep -o 'N([A-Za-z0-9_]*)' "$list" | sed 's/N(\(.*\))/MMK_\1/' | sort -u >"$tmp/listed"
sed -n 's/^  *struct \(mmk_[a-z0-9_]*\) [A-Za-z].*;.*/\1/p' "$abi" | sort -u >"$tmp/inner"
sed -n 's/^struct \(mmk_[a-z0-9_]*\) {.*/\1/p' "$abi" | sort -u | comm -23 - "$tmp/inner" >"$tmp/structs"
# the ACM's structures with two layouts: each proof has its own sizes for them
{ grep -o 'mmk_[a-z0-9_]*' "$list"; cat "$@" | grep -o 'mmk_acmdrv[a-z]*'; } | sort -u >"$tmp/named"
lacking=$(comm -23 "$tmp/numbers" "$tmp/listed"; comm -23 "$tmp/structs" "$tmp/named")
n=$(wc -l <"$tmp/numbers") s=$(wc -l <"$tmp/structs")
echo "abi_listed: $n numbers and $s structures of abi.h"
if [ -z "$lacking" ] && [ "$n" -gt 400 ] && [ "$s" -gt 30 ]; then
    echo "1 passed, 0 failed"
    exit 0
fi
for name in $lacking; do echo "abi_listed: $name is not in abi_list.h"; done
echo "0 passed, 1 failed"
exit 1
