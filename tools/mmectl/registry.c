/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <stdio.h>
#include <string.h>

#include <mmk/text.h>

#include "mmectl.h"

mmk_err registry_text(struct mmk_port *port, const struct mmk_reg_key *key, const char *name,
                      char *text, size_t cap)
{
    unsigned char data[4 * ALIAS_TEXT_MAX];
    uint32_t type;
    size_t len;
    mmk_err err =
        port->registry->ops->get(port->registry, key, name, &type, data, sizeof data, &len);
    if (err)
        return err;
    if (type != MMK_REG_SZ && type != MMK_REG_EXPAND_SZ)
        return MMK_ERR_CORRUPT;
    size_t n_units = len / 2;
    for (size_t i = 0; i < n_units; i++) /* up to the first terminator, if there is one */
        if (data[2 * i] == 0 && data[2 * i + 1] == 0)
            n_units = i;
    return mmk_wtf8_from_utf16(data, n_units, text, cap, NULL);
}

mmk_err alias_value(struct mmk_port *port, mmk_reg_view view, const char *alias, char *text,
                    size_t cap)
{
    struct mmk_reg_key key = {MMK_REG_MACHINE, view, DRIVERS32_PATH};
    return registry_text(port, &key, alias, text, cap);
}

const struct mmk_driver_class *driver_find(const char *name)
{
    size_t n;
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    for (size_t i = 0; i < n; i++)
        if (mmk_name_equal(drivers[i]->product->name, name) ||
            mmk_name_equal(drivers[i]->product->file, name))
            return drivers[i];
    return NULL;
}

enum outcome fail_unknown_driver(struct mmectl *m, const char *name)
{
    const char *names[16] = {""};
    size_t n, n_names = 0;
    char cure[160] = "mmectl list drivers shows what there is";
    const struct mmk_driver_class *const *drivers = host_drivers(&n);
    for (size_t i = 0; i < n && n_names < 16; i++)
        names[n_names++] = drivers[i]->product->name;
    const char *near = args_nearest(name, names, n_names);
    if (near)
        snprintf(cure, sizeof cure, "did you mean \"%s\"?", near);
    else if (host_file_kind(name) == HOST_FILE_REGULAR && !host_is_module_file(name))
        snprintf(cure, sizeof cure, "for the file of that name write ./%.100s", name);
    return fail(m, OUTCOME_USAGE, "USAGE", cure, "there is no driver \"%s\"", name);
}

mmk_err installed_find(struct mmk_port *port, const char *product, struct mmk_installed *out)
{
    mmk_err err;
    for (uint32_t i = 0; (err = mmk_install_enum(port, i, out)) == MMK_OK; i++)
        if (mmk_name_equal(out->product, product))
            return MMK_OK;
    return err;
}

void installed_alias_text(struct mmk_port *port, const struct mmk_installed *installed, char *text,
                          size_t cap)
{
    char value[ALIAS_TEXT_MAX], file[ALIAS_TEXT_MAX];
    const char *options = NULL;
    mmk_reg_view view = installed->view_64 ? MMK_VIEW_64 : MMK_VIEW_32;
    text[0] = 0;
    if (alias_value(port, view, installed->alias, value, sizeof value) == MMK_OK &&
        mmk_alias_split(value, file, sizeof file, &options) == MMK_OK && options)
        snprintf(text, cap, "%s", options);
}

mmk_err registry_check(struct mmk_port *port)
{
    struct mmk_reg_key key = {MMK_REG_MACHINE, MMK_VIEW_64, DRIVERS32_PATH};
    mmk_err err = port->registry->ops->has_key(port->registry, &key);
    return err == MMK_ERR_NOT_FOUND ? MMK_OK : err;
}
