#!/bin/sh
# SPDX-License-Identifier: MIT
# Speed on this machine, as ratios to real time. Figures, not tests: nothing here passes or fails.
# usage: bench.sh BUILD_DIR
bin=${1:?}/bin
echo "== resampler and kernels, plain C, one core"
"$bin/dsp_speed"
echo
echo "== engine: ten clients, five rates, four formats into one device; growth"
"$bin/bench_engine"
echo
echo "== registry file"
"$bin/bench_registry"
echo
echo "== kernels and resampler beside the peers that are installed (tools/bench/peers.sh builds the others)"
[ ! -x "$bin/mmk-bench" ] || "$bin/mmk-bench" all --rounds 9
