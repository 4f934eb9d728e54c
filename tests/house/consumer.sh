#!/bin/sh
# SPDX-License-Identifier: MIT
# After `cmake --install` a foreign program finds, links and runs the library: by find_package and by pkg-config.
# usage: consumer.sh BUILD_DIR WORK_DIR
build=$(cd "${1:?}" && pwd) || exit 2
rm -rf "${2:?}"; mkdir -p "$2"; work=$(cd "$2" && pwd)
pass=0 fail=0
check() { if "$@"; then pass=$((pass + 1)); else echo "FAIL: $*"; fail=$((fail + 1)); fi; }
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" 2>&1 || { cat "$work/install.log"; echo "0 passed, 1 failed"; exit 1; }
mkdir "$work/src"
cat >"$work/src/main.c" <<'C'
#include <mmk/mmk.h>
#include <mmk/posix.h>
#include <stdio.h>
int main(void)
{
    char path[4096];
    struct mmk_format f = {MMK_SAMPLE_S16, 2, 16, 48000, 0};
    if (!mmk_format_valid(&f) || mmk_posix_default_registry_path(path, sizeof path) != MMK_OK)
        return 1;
    printf("%s: %s\n", mmk_virtual_card.product->name, path);
    return 0;
}
C
cat >"$work/src/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.16)
project(consumer C)
find_package(mmekit 0.1 REQUIRED)
add_executable(consumer main.c)
target_link_libraries(consumer mmekit::posix mmekit::core)
C
check cmake -G Ninja -S "$work/src" -B "$work/b" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/cmake.log" 2>&1 || cat "$work/cmake.log"
check cmake --build "$work/b" >>"$work/cmake.log" 2>&1 || tail -20 "$work/cmake.log"
check "$work/b/consumer"
pc=$(dirname "$(find "$work/prefix" -name mmekit.pc)")
flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs mmekit) || fail=$((fail + 1))
# shellcheck disable=SC2086
check ${CC:-cc} -o "$work/pc" "$work/src/main.c" $flags
check "$work/pc"
check test -x "$work/prefix/bin/mmectl"
check "$work/prefix/bin/mmectl" --version
# a private path would break the install of anyone who moves it
check test -z "$(grep -rl "$build" "$work/prefix/lib" "$work/prefix/include" --include='*.cmake' --include='*.pc' --include='*.h')"
echo "$pass passed, $fail failed"
[ $fail -eq 0 ]
