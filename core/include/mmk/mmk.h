/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_H
#define MMK_H

/**
 * The map: which header is for what, and all of the core's at once.
 *
 * | header      | purpose                                                             | seam  |
 * |-------------|---------------------------------------------------------------------|-------|
 * | driver.h    | an installable driver: DriverProc, wodMessage, ... as functions     |       |
 * | shipped.h   | the drivers that come with mmekit, as data                          |       |
 * | port.h      | everything outside: registry, files, devices, threads, callbacks   | yes   |
 * | wave.h      | wave output and input, aux and mixer messages over the engine       |       |
 * | acm.h       | any format to any other, and the ACM driver over it                 |       |
 * | codec.h     | G.711, ADPCM and GSM codecs, and what one is                        | yes   |
 * | engine.h    | streams, positions, mixing, the notifier                            |       |
 * | dsp.h       | sample conversion, dither, channel matrix, resampler                |       |
 * | format.h    | audio formats, WAVEFORMATEX and EXTENSIBLE read with suspicion      |       |
 * | install.h   | the install transaction behind DRV_INSTALL, DRV_REMOVE, CONFIGURE   |       |
 * | param.h     | the parameter table, settings and alias text                        |       |
 * | abi.h       | the MME's numbers and packed structures                             |       |
 * | riff.h      | WAV and RF64 headers                                                |       |
 * | text.h      | WTF-8, UTF-16, names compared without case                          |       |
 * | hash.h      | checksums                                                           |       |
 * | err.h       | error codes                                                         |       |
 * | version.h   | the version of the project                                          |       |
 *
 * Each shim has one header of its own, not included here: posix.h (port, devices and mini-winmm for
 * Unix systems), win32.h (the port of Windows and Wine).
 *
 * Who writes a driver reads driver.h and examples/minimal_driver.c; who brings mmekit to a new
 * system reads port.h and examples/port_template.c; who only wants sound converted or mixed reads
 * dsp.h or engine.h.
 */

#include <mmk/abi.h>
#include <mmk/acm.h>
#include <mmk/codec.h>
#include <mmk/driver.h>
#include <mmk/dsp.h>
#include <mmk/engine.h>
#include <mmk/err.h>
#include <mmk/format.h>
#include <mmk/hash.h>
#include <mmk/install.h>
#include <mmk/param.h>
#include <mmk/port.h>
#include <mmk/riff.h>
#include <mmk/shipped.h>
#include <mmk/text.h>
#include <mmk/version.h>
#include <mmk/wave.h>

#endif
