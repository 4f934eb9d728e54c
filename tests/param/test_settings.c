/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <string.h>

#include <mmk/param.h>

#include "install/install_world.h"

static struct model m;

static void begin(void)
{
    world_init(&m, MODEL_DURABLE);
}

static void end(void)
{
    model_fini(&m);
}

TestSuite(settings, .init = begin, .fini = end);

static struct mmk_settings load(uint32_t device, const char *alias_text,
                                struct mmk_param_error *error)
{
    struct mmk_settings s;
    struct mmk_param_error unheard;
    cr_assert_eq(mmk_settings_load(&m.port, &test_params, "testcard", device, alias_text, &s,
                                   error != NULL ? error : &unheard),
                 MMK_OK);
    return s;
}

static void put(mmk_reg_root root, const char *path, const char *name, const char *text)
{
    model_put_sz(&m, root, MMK_VIEW_64, path, name, text);
}

Test(settings, are_the_tables_defaults_at_first)
{
    const struct mmk_settings s = load(0, NULL, NULL);
    cr_assert_str_eq(mmk_settings_text(&s, "backend"), "null");
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 48000);
    cr_assert_eq(mmk_settings_number(&s, "dither"), 1);
    cr_assert_eq(s.value[2].source, MMK_SOURCE_DEFAULT);
}

/* Each source is put on top of the one before; the order is the header's, by hand. */
Test(settings, come_from_the_strongest_source)
{
    static const uint8_t rate_1[] = {0x11, 0x2b, 0, 0}; /* 11025 */
    struct mmk_settings s;
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "rate_hz", MMK_REG_DWORD, rate_1, 4);
    s = load(1, NULL, NULL);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 11025);
    cr_assert_eq(s.value[2].source, MMK_SOURCE_MACHINE);
    put(MMK_REG_MACHINE, CARD "\\Device1", "rate_hz", "12000");
    s = load(1, NULL, NULL);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 12000);
    s = load(0, NULL, NULL);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 11025, "another device's key does not count");
    put(MMK_REG_USER, CARD, "rate_hz", "16000");
    s = load(1, NULL, NULL);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 16000);
    cr_assert_eq(s.value[2].source, MMK_SOURCE_USER);
    put(MMK_REG_USER, CARD "\\Device1", "rate_hz", "22050");
    s = load(1, NULL, NULL);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 22050);
    s = load(1, "/rate:32000", NULL);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 32000);
    cr_assert_eq(s.value[2].source, MMK_SOURCE_ALIAS);
    cr_assert_eq(mmk_settings_set(&s, MMK_HOST_POSIX, "rate_hz", "44100", MMK_SOURCE_CALLER, NULL),
                 MMK_OK);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 44100);
    cr_assert_eq(mmk_settings_set(&s, MMK_HOST_POSIX, "rate_hz", "8000", MMK_SOURCE_USER, NULL),
                 MMK_OK);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 44100, "a weaker source changes nothing");
    model_set_env(&m, "MMEKIT_RATE_HZ", "96000");
    s = load(1, "/rate:32000", NULL);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 96000);
    cr_assert_eq(s.value[2].source, MMK_SOURCE_ENVIRONMENT);
}

Test(settings, of_the_driver_are_not_looked_for_under_a_device)
{
    put(MMK_REG_MACHINE, CARD "\\Device0", "devices", "7");
    const struct mmk_settings s = load(0, NULL, NULL);
    cr_assert_eq(mmk_settings_number(&s, "devices"), 1);
}

Test(settings, that_are_damaged_are_told_and_skipped)
{
    struct mmk_param_error error;
    struct mmk_settings s;
    put(MMK_REG_MACHINE, CARD, "rate_hz", "16000");
    put(MMK_REG_USER, CARD, "rate_hz", "nonsense");
    s = load(MMK_DEVICE_NONE, NULL, &error);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 16000, "the next source counts");
    cr_assert_eq(error.err, MMK_ERR_SYNTAX);
    cr_assert_not_null(strstr(error.text, "rate_hz"));
}

Test(settings, refuse_types_that_are_no_setting)
{
    struct mmk_param_error error;
    struct mmk_settings s;
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "rate_hz", MMK_REG_BINARY, "\x01\x02", 2);
    s = load(MMK_DEVICE_NONE, NULL, &error);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 48000);
    cr_assert_not_null(strstr(error.text, "type 3"), "%s", error.text);
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "rate_hz", MMK_REG_SZ, "4\0004\0001\0", 5);
    s = load(MMK_DEVICE_NONE, NULL, &error);
    cr_assert_neq(error.err, MMK_OK, "an odd number of bytes is no text");
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "rate_hz", MMK_REG_SZ,
              "4\0004\0001\0000\0000\0", 10);
    s = load(MMK_DEVICE_NONE, NULL, &error);
    cr_assert_eq(error.err, MMK_OK, "text without a terminator is text: %s", error.text);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 44100);
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "path", MMK_REG_SZ, "a\0\0\0b\0\0\0", 8);
    s = load(MMK_DEVICE_NONE, NULL, &error);
    cr_assert_eq(error.err, MMK_ERR_SYNTAX, "a zero inside is no text");
}

Test(settings, survive_a_value_of_any_length)
{
    static uint8_t huge[100000];
    struct mmk_param_error error;
    memset(huge, 'x', sizeof huge);
    model_put(&m, MMK_REG_MACHINE, MMK_VIEW_64, CARD, "path", MMK_REG_SZ, huge, sizeof huge);
    const struct mmk_settings s = load(MMK_DEVICE_NONE, NULL, &error);
    cr_assert_str_eq(mmk_settings_text(&s, "path"), "");
    cr_assert_not_null(strstr(error.text, "path"));
}

Test(settings, of_a_registry_that_cannot_be_read_are_an_error_and_still_usable)
{
    struct mmk_settings s;
    struct mmk_param_error error;
    m.fail_at = m.n_ops;
    m.fail_err = MMK_ERR_CORRUPT;
    cr_assert_eq(mmk_settings_load(&m.port, &test_params, "testcard", 0, "/rate:8000", &s, &error),
                 MMK_ERR_CORRUPT);
    cr_assert_eq(mmk_settings_number(&s, "rate_hz"), 8000);
}

Test(settings, say_when_a_row_applies)
{
    struct mmk_settings s = load(MMK_DEVICE_NONE, NULL, NULL);
    const struct mmk_param *path = &test_params.params[1];
    struct mmk_param several = *path;
    several.applies_when = "backend=wod|file";
    cr_assert_not(mmk_param_applies(path, &s));
    cr_assert_not(mmk_param_applies(&several, &s));
    cr_assert_eq(mmk_settings_set(&s, MMK_HOST_POSIX, "backend", "file", MMK_SOURCE_CALLER, NULL),
                 MMK_OK);
    cr_assert(mmk_param_applies(path, &s));
    cr_assert(mmk_param_applies(&several, &s));
    cr_assert(mmk_param_applies(&test_params.params[0], &s),
              "a row without condition always applies");
}

Test(settings, name_an_unknown_parameter_and_the_known_ones)
{
    struct mmk_settings s = load(MMK_DEVICE_NONE, NULL, NULL);
    struct mmk_param_error error;
    cr_assert_eq(mmk_settings_set(&s, MMK_HOST_POSIX, "speed", "1", MMK_SOURCE_CALLER, &error),
                 MMK_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(error.text, "\"speed\""));
    cr_assert_not_null(strstr(error.text, "rate_hz"));
}
