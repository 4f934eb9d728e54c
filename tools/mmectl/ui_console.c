/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "ui_console.h"

#include <stdio.h>
#include <string.h>

#include <mmk/param.h>

#include "host.h"
#include "print.h"

static void print_choices(const struct mmk_param *param, uint32_t hosts)
{
    for (const struct mmk_param_choice *c = param->choices; c && c->name; c++)
        if (c->hosts & hosts)
            print_to(stderr, "    %-10s %s\n", c->name, c->help);
}

static void print_question(const struct mmk_param *param, uint32_t hosts, const char *now)
{
    if (param->type == MMK_PARAM_CHOICE)
        print_choices(param, hosts);
    print_to(stderr, "%s%s%s%s [%s]: ", param->label, param->unit ? " (" : "",
             param->unit ? param->unit : "", param->unit ? ")" : "", now);
    fflush(stderr);
}

/* One line without its end. @return false: end of input, or Ctrl-C */
static bool read_line(char *line, int cap)
{
    if (!fgets(line, cap, stdin) || host_interrupted())
        return false;
    line[strcspn(line, "\r\n")] = 0;
    return true;
}

static mmk_err ask(const struct mmk_param *param, uint32_t hosts, struct mmk_settings *settings)
{
    char line[MMK_SETTING_TEXT_MAX + 2];
    struct mmk_param_error error;
    for (;;) {
        print_question(param, hosts, mmk_settings_text(settings, param->name));
        if (!read_line(line, sizeof line))
            return MMK_ERR_CANCELLED;
        if (!line[0]) /* as it is */
            return MMK_OK;
        if (!mmk_settings_set(settings, hosts, param->name, line, MMK_SOURCE_CALLER, &error))
            return MMK_OK;
        print_to(stderr, "  %s\n", error.text);
    }
}

static mmk_err prompt(struct mmk_ui *self, const struct mmk_param_table *table,
                      struct mmk_settings *settings, uintptr_t parent)
{
    (void)self;
    (void)parent;
    uint32_t hosts = mmk_host_bit(host_name());
    struct mmk_settings answers = *settings;
    if (!host_is_terminal(stdin) || !host_is_terminal(stderr))
        return MMK_ERR_UNSUPPORTED;
    print_to(stderr, "Enter keeps what is in brackets; Ctrl-D cancels.\n");
    for (size_t i = 0; i < table->n_params; i++) {
        const struct mmk_param *param = &table->params[i];
        if (!(param->hosts & hosts) || !mmk_param_applies(param, &answers))
            continue;
        mmk_err err = ask(param, hosts, &answers);
        if (err) {
            print_to(stderr, "\n");
            return err;
        }
    }
    *settings = answers;
    return MMK_OK;
}

struct mmk_ui *ui_console(void)
{
    static const struct mmk_ui_ops ops = {.prompt = prompt};
    static struct mmk_ui ui = {&ops};
    return &ui;
}
