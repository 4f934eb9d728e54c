#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a command where the 32-bit files of wine32_layer.sh lie over /usr: in a mount namespace of its own, so that
# nobody else sees them and nothing stays mounted. As root, or as anybody where user namespaces are allowed.
#
# usage: wine32_enter.sh LAYER COMMAND ARGS...
set -u
[ $# -ge 2 ] || { sed -n '6p' "$0" >&2; exit 2; }
if [ "${MMEKIT_WINE32_INSIDE:-}" != "$1" ]; then
    user=
    [ "$(id -u)" = 0 ] || user=--map-root-user
    MMEKIT_WINE32_INSIDE=$1 exec unshare $user --mount --propagation private sh "$0" "$@"
fi
layer=$1; shift
mount -t overlay wine32 -o "ro,lowerdir=$layer/usr:/usr" /usr || exit 125
# the system's index of libraries may name 32-bit ones of others (libc6-i386)
printf '%s\n' /usr/lib/i386-linux-gnu 'include /etc/ld.so.conf.d/*.conf' >"$layer/ld.so.conf"
/sbin/ldconfig -X -f "$layer/ld.so.conf" -C "$layer/ld.so.cache" && mount --bind "$layer/ld.so.cache" /etc/ld.so.cache ||
    exit 125
exec "$@"
