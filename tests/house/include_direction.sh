#!/bin/sh
# SPDX-License-Identifier: MIT
# Who may include whom. Reads every #include of core/, shims, tools and examples below ROOT and compares it with the
# one table of the design: base <- param, dsp; install -> param, base; engine -> dsp, base; wave -> engine; acm -> dsp;
# lifecycle -> install, wave, acm; shipped -> lifecycle. Core never includes an OS header or a shim.
# usage: include_direction.sh ROOT
root=${1:?usage: include_direction.sh ROOT}
cd "$root" || exit 2

# folder: core folders it may include privately ("x/y.h")
allowed() {
    case "$1" in
    base) echo "base" ;;
    param) echo "param base" ;;
    dsp) echo "dsp base" ;;
    engine) echo "engine dsp base" ;;
    install) echo "install param base" ;;
    wave) echo "wave engine base" ;;
    acm) echo "acm dsp base" ;;
    lifecycle) echo "lifecycle install wave acm base" ;;
    shipped) echo "shipped base" ;;
    *) return 1 ;;
    esac
}

# folder: public headers <mmk/x.h> it may include; the direct ones and what they stand on
public() {
    low="err format port text hash abi"
    case "$1" in
    base) echo "$low riff" ;;
    param) echo "$low param" ;;
    dsp) echo "$low dsp codec" ;;
    engine) echo "$low dsp engine" ;;
    install) echo "$low param install" ;;
    wave) echo "$low param dsp engine wave" ;;
    acm) echo "$low dsp codec acm" ;;
    lifecycle) echo "$low param install dsp engine wave acm driver" ;;
    shipped) echo "$low param install dsp engine wave acm driver shipped" ;;
    esac
}

system="stdint.h stddef.h stdbool.h stdatomic.h limits.h string.h assert.h"
bad=0 seen=0
complain() { echo "include_direction: $1: $2"; bad=$((bad + 1)); }
has() { case " $1 " in *" $2 "*) return 0 ;; esac; return 1; }

for file in $(find core -name '*.c' -o -name '*.h' | sort); do
    folder=${file#core/}; folder=${folder%%/*}
    for inc in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\([<"][^>"]*[>"]\).*/\1/p' "$file"); do
        seen=$((seen + 1))
        name=${inc#?}; name=${name%?}
        if [ "$folder" = include ]; then
            case "$inc" in
            "<mmk/posix.h>" | "<mmk/win32.h>") complain "$file" "a core header includes the shim header $name" ;;
            "<mmk/"*) ;;
            "<"*) has "$system" "$name" || complain "$file" "system header $name" ;;
            *) complain "$file" "public headers include only <...>: $inc" ;;
            esac
            continue
        fi
        case "$inc" in
        "<mmk/"*)
            short=${name#mmk/}; short=${short%.h}
            has "$(public "$folder")" "$short" || complain "$file" "$folder may not include <$name>" ;;
        "<"*)
            case "$name" in
            immintrin.h | emmintrin.h | arm_neon.h) # CPU variants of kernels
                case "$file" in core/dsp/x86/* | core/dsp/arm/*) ;; *) complain "$file" "intrinsics outside core/dsp/x86, arm" ;; esac ;;
            *) has "$system" "$name" || complain "$file" "system header $name" ;;
            esac ;;
        *)
            case "$name" in
            *..*) complain "$file" "relative include $name" ;;
            */*) other=${name%%/*} ;;
            *) other=$folder ;;
            esac
            has "$(allowed "$folder")" "$other" || complain "$file" "$folder may not include $name" ;;
        esac
    done
done

# shims, tools and examples see the public headers and their own folder; shim-wine may use shim-win32
for file in $(find shim-win32 shim-wine shim-posix tools examples -name '*.c' -o -name '*.h' 2>/dev/null | sort); do
    top=${file%%/*}
    for inc in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\("[^"]*"\).*/\1/p' "$file"); do
        seen=$((seen + 1))
        name=${inc#?}; name=${name%?}
        [ -f "$(dirname "$file")/$name" ] && continue
        [ -f "$top/$name" ] && continue
        case "$file:$name" in
        shim-wine/*:shim-win32/*) [ -f "$name" ] && continue ;;
        esac
        complain "$file" "may include <mmk/...> and its own folder only: $name"
    done
done

if [ "$seen" -eq 0 ]; then echo "include_direction: no include found below $root"; bad=1; fi
echo "include_direction: $seen includes read, $bad bad"
[ "$bad" -eq 0 ] && { echo "1 passed, 0 failed"; exit 0; }
echo "0 passed, 1 failed"
exit 1
