/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMECTL_REPORT_H
#define MMECTL_REPORT_H

/** Parts of reports that status, verify, list and diagnose share. Each says its lines and adds
 *  objects to the JSON array (or members to the object) that is open. */

#include "mmectl.h"

mmk_err status_show(struct mmectl *m, const char *name, bool *is_installed);
mmk_err status_show_all(struct mmectl *m, unsigned *n_installed);
mmk_err verify_show(struct mmectl *m, const struct mmk_product *product, uint32_t *n_problems,
                    bool *is_installed);
void installed_json(struct json *j, const struct mmk_installed *installed);

/** All wave, midi, aux, mixer and msacm entries of one view. */
mmk_err aliases_show(struct mmectl *m, mmk_reg_view view, unsigned *n_shown);
/** Wave devices as programs number them. */
void wave_devices_show(struct mmectl *m, mmk_direction direction);
/** What sound can be: samples, codecs, kinds of files. */
enum outcome list_formats(struct mmectl *m);
/** What can be behind a device. */
void backends_show(struct mmectl *m, mmk_direction direction);

#endif
