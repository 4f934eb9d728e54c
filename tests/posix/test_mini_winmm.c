/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* mini-winmm against what contract.md's sources say of winmm: order of messages, look-up, handles,
 * headers. */
#include "temp_folder.h"

#include <criterion/criterion.h>

#include "driver_double.h"
#include "small_registry.h"

static struct small_registry registry;
static struct mmk_platform *platform;
static struct mmk_winmm *mm;
static char trace[4096]; /* "DRV_LOAD DRV_ENABLE ..." */

static void on_sent(void *user, const struct mmk_winmm_sent *sent)
{
    (void)user;
    if (trace[0] != '\0')
        strcat(trace, " ");
    strcat(trace, sent->name);
}

static void setup_in(const char *drivers_dir)
{
    driver_double_reset();
    trace[0] = '\0';
    cr_assert_eq(mmk_posix_platform_open(NULL, &platform), MMK_OK);
    const struct mmk_winmm_config config = {.registry = &registry.base,
                                            .platform = platform,
                                            .drivers_dir = drivers_dir,
                                            .modules = driver_double_modules,
                                            .n_modules = 2,
                                            .trace = on_sent};
    cr_assert_eq(mmk_winmm_create(&config, &mm), MMK_OK);
}

static void setup(void)
{
    small_init(&registry);
    setup_in(NULL);
}

static void teardown(void)
{
    mmk_winmm_destroy(mm, true);
    mmk_posix_platform_close(platform);
}

static void expect_trace(const char *expected)
{
    cr_assert_str_eq(trace, expected);
    trace[0] = '\0';
}

TestSuite(mini_winmm, .init = setup, .fini = teardown, .timeout = 20);

/* ------------------------------------------------------------------ order of messages */

Test(mini_winmm, first_open_loads_and_last_close_frees)
{
    uintptr_t a = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    cr_assert_neq(a, 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN");
    uintptr_t b = mmk_winmm_open_driver(mm, "DOUBLE.drv", NULL, 0);
    cr_assert_neq(b, 0);
    cr_assert_neq(a, b);
    expect_trace("DRV_OPEN");
    cr_assert_eq(mmk_winmm_close_driver(mm, a, 5, 6), 1);
    expect_trace("DRV_CLOSE");
    cr_assert_eq(driver_double.close_lparam1, 5);
    cr_assert_eq(mmk_winmm_close_driver(mm, b, 0, 0), 1);
    expect_trace("DRV_CLOSE DRV_DISABLE DRV_FREE");
    cr_assert_neq(mmk_winmm_open_driver(mm, "double.drv", NULL, 0), 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN");
}

Test(mini_winmm, load_must_answer_exactly_one)
{
    static const intptr_t answers[] = {0, 2, -1};
    char text[256];
    for (size_t i = 0; i < 3; i++) {
        driver_double.load_answer = answers[i];
        cr_assert_eq(mmk_winmm_open_driver(mm, "double.drv", NULL, 0), 0);
        expect_trace("DRV_LOAD");
    }
    mmk_winmm_error_text(mm, text, sizeof text);
    cr_assert_not_null(strstr(text, "DRV_LOAD"));
    driver_double.load_answer = 1;
    cr_assert_neq(mmk_winmm_open_driver(mm, "double.drv", NULL, 0), 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN");
}

Test(mini_winmm, refused_open_frees_the_library_without_disable_and_free)
{
    driver_double.refuse_open = true;
    cr_assert_eq(mmk_winmm_open_driver(mm, "double.drv", NULL, 0), 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN");
    driver_double.refuse_open = false;
    uintptr_t a = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    cr_assert_neq(a, 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN");
    driver_double.refuse_open = true; /* a later one does not disturb the first */
    cr_assert_eq(mmk_winmm_open_driver(mm, "double.drv", NULL, 0), 0);
    expect_trace("DRV_OPEN");
    mmk_winmm_close_driver(mm, a, 0, 0);
    expect_trace("DRV_CLOSE DRV_DISABLE DRV_FREE");
}

Test(mini_winmm, first_open_with_lparam2_is_in_two_phases)
{
    int open_desc = 0;
    small_set(&registry, SMALL_DRIVERS32, "msacm.double", "double.drv /a:1");
    uintptr_t a = mmk_winmm_open_driver(mm, "msacm.double", "Drivers32", (intptr_t)&open_desc);
    cr_assert_neq(a, 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN DRV_OPEN");
    cr_assert_str_eq(driver_double.options, "(null)", "the options are lost in the second open");
    cr_assert_eq(driver_double.open_lparam2, (intptr_t)&open_desc);
    /* the module is loaded now: one open, with its options */
    uintptr_t b = mmk_winmm_open_driver(mm, "msacm.double", "Drivers32", (intptr_t)&open_desc);
    expect_trace("DRV_OPEN");
    cr_assert_str_eq(driver_double.options, "/a:1");
    mmk_winmm_close_driver(mm, a, 0, 0);
    expect_trace("DRV_CLOSE");
    mmk_winmm_close_driver(mm, b, 0, 0);
    expect_trace("DRV_CLOSE DRV_CLOSE DRV_DISABLE DRV_FREE");
}

Test(mini_winmm, session_closes_when_the_real_open_is_refused)
{
    int open_desc = 0;
    driver_double.refuse_real = true;
    cr_assert_eq(mmk_winmm_open_driver(mm, "double.drv", NULL, (intptr_t)&open_desc), 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN DRV_OPEN DRV_CLOSE DRV_DISABLE DRV_FREE");
}

Test(mini_winmm, messages_reach_the_instance)
{
    uintptr_t a = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    cr_assert_eq(mmk_winmm_send_message(mm, a, MMK_DRV_USER + 3, 40, 2), 42);
    trace[0] = '\0';
    mmk_winmm_send_message(mm, a, MMK_DRV_INSTALL, 0, 0);
    mmk_winmm_send_message(mm, a, 0x4242, 0, 0);
    expect_trace("DRV_INSTALL 0x4242");
}

Test(mini_winmm, stale_handles_are_refused)
{
    uintptr_t a = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    mmk_winmm_close_driver(mm, a, 0, 0);
    uintptr_t b = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    cr_assert_neq(a, b, "the place is used again, the handle is not");
    trace[0] = '\0';
    cr_assert_eq(mmk_winmm_send_message(mm, a, MMK_DRV_USER, 1, 1), 0);
    cr_assert_eq(mmk_winmm_close_driver(mm, a, 0, 0), 0);
    cr_assert_eq(mmk_winmm_module_handle(mm, a), 0);
    cr_assert_eq(mmk_winmm_send_message(mm, 0, MMK_DRV_USER, 1, 1), 0);
    cr_assert_eq(mmk_winmm_send_message(mm, UINTPTR_MAX, MMK_DRV_USER, 1, 1), 0);
    expect_trace("");
}

Test(mini_winmm, module_handle_is_the_modules)
{
    char path[64];
    uintptr_t a = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    uintptr_t b = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    uintptr_t c = mmk_winmm_open_driver(mm, "other.drv", NULL, 0);
    cr_assert_eq(mmk_winmm_module_handle(mm, a), mmk_winmm_module_handle(mm, b));
    cr_assert_neq(mmk_winmm_module_handle(mm, a), mmk_winmm_module_handle(mm, c));
    cr_assert_eq(mmk_winmm_module_path(mm, c, path, sizeof path), MMK_OK);
    cr_assert_str_eq(path, "builtin:other.drv");
    cr_assert_eq(mmk_winmm_module_path(mm, c, path, 5), MMK_ERR_MORE);
}

/* ------------------------------------------------------------------ look-up */

Test(mini_winmm, value_is_split_at_its_first_blank)
{
    static const struct {
        const char *value;
        const char *options;
    } cases[] = {
        {"double.drv", "(null)"},
        {"double.drv ", "(null)"},
        {"double.drv /opt:1", "/opt:1"},
        {"double.drv  /path:\"a b.wav\" /x", "/path:\"a b.wav\" /x"},
    };
    for (size_t i = 0; i < 4; i++) {
        registry.n_values = 0;
        small_set(&registry, SMALL_DRIVERS32, "wave3", cases[i].value);
        uintptr_t a = mmk_winmm_open_driver(mm, "WAVE3", NULL, 0);
        cr_assert_neq(a, 0);
        cr_assert_str_eq(driver_double.options, cases[i].options);
        mmk_winmm_close_driver(mm, a, 0, 0);
    }
}

Test(mini_winmm, without_a_section_a_file_is_tried_first)
{
    small_set(&registry, SMALL_DRIVERS32, "double.drv", "other.drv /from:alias");
    uintptr_t a = mmk_winmm_open_driver(mm, "double.drv", NULL, 0);
    cr_assert_str_eq(driver_double.options, "(null)");
    char path[64];
    mmk_winmm_module_path(mm, a, path, sizeof path);
    cr_assert_str_eq(path, "builtin:double.drv");
    uintptr_t b = mmk_winmm_open_driver(mm, "double.drv", "Drivers32", 0);
    mmk_winmm_module_path(mm, b, path, sizeof path);
    cr_assert_str_eq(path, "builtin:other.drv", "with a section the name is never a file");
    cr_assert_str_eq(driver_double.options, "/from:alias");
}

Test(mini_winmm, file_that_refuses_falls_back_to_the_alias)
{
    driver_double.refuse_open = true;
    small_set(&registry, SMALL_DRIVERS32, "double.drv", "other.drv");
    cr_assert_eq(mmk_winmm_open_driver(mm, "double.drv", NULL, 0), 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN DRV_LOAD DRV_ENABLE DRV_OPEN");
}

Test(mini_winmm, with_a_section_a_file_is_never_tried)
{
    char text[256];
    cr_assert_eq(mmk_winmm_open_driver(mm, "double.drv", "Drivers32", 0), 0);
    expect_trace("");
    mmk_winmm_error_text(mm, text, sizeof text);
    cr_assert_not_null(strstr(text, "double.drv"));
    small_set(&registry, "Software\\Microsoft\\Windows NT\\CurrentVersion\\Mine", "x",
              "double.drv");
    cr_assert_neq(mmk_winmm_open_driver(mm, "x", "Mine", 0), 0);
}

Test(mini_winmm, damaged_values_open_nothing)
{
    char value[300] = "double.drv ";
    memset(value + 11, 'x', 248); /* 259 characters: the last that winmm's buffer takes */
    small_set(&registry, SMALL_DRIVERS32, "fits", value);
    value[259] = 'x';
    small_set(&registry, SMALL_DRIVERS32, "long", value);
    small_set(&registry, SMALL_DRIVERS32, "number", "double.drv");
    registry.values[2].type = MMK_REG_DWORD;
    small_set(&registry, SMALL_DRIVERS32, "empty", "");
    small_set(&registry, SMALL_DRIVERS32, "gone", "missing.drv");
    cr_assert_neq(mmk_winmm_open_driver(mm, "fits", NULL, 0), 0);
    trace[0] = '\0';
    static const char *const names[] = {"long", "number", "empty", "gone", "absent", ""};
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(mmk_winmm_open_driver(mm, names[i], NULL, 0), 0, "%s", names[i]);
    cr_assert_eq(mmk_winmm_open_driver(mm, NULL, NULL, 0), 0);
    expect_trace("");
}

/* ------------------------------------------------------------------ modules in files */

static void copy_file(const char *from, const char *to)
{
    char command[9000];
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    cr_assert_eq(system(command), 0);
}

Test(mini_winmm, file_modules_come_from_the_drivers_folder_only)
{
    char folder[4096];
    char path[4200];
    char got[4200];
    temp_folder_make(folder, "winmm");
    snprintf(path, sizeof path, "%s/file.drv", folder);
    copy_file(MODULE_GOOD, path);
    copy_file(MODULE_GOOD, "planted.drv"); /* into the current folder */
    mmk_winmm_destroy(mm, true);
    mmk_posix_platform_close(platform);
    setup_in(folder);

    uintptr_t a = mmk_winmm_open_driver(mm, "file.drv", NULL, 0);
    cr_assert_neq(a, 0);
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN");
    cr_assert_eq(mmk_winmm_send_message(mm, a, MMK_DRV_USER, 20, 3), 23);
    mmk_winmm_module_path(mm, a, got, sizeof got);
    cr_assert_str_eq(got, path);
    cr_assert_eq(mmk_winmm_open_driver(mm, "planted.drv", NULL, 0), 0, "never the current folder");
    cr_assert_neq(mmk_winmm_open_driver(mm, path, NULL, 0), 0, "a path is taken as it is");
    unlink("planted.drv");
    temp_folder_remove(folder);
}

Test(mini_winmm, modules_that_are_none_are_refused_in_words)
{
    char text[600];
    cr_assert_eq(mmk_winmm_open_driver(mm, MODULE_PLAIN, NULL, 0), 0);
    mmk_winmm_error_text(mm, text, sizeof text);
    cr_assert_not_null(strstr(text, "DriverProc"), "%s", text);
    cr_assert_eq(mmk_winmm_open_driver(mm, __FILE__, NULL, 0), 0);
    mmk_winmm_error_text(mm, text, sizeof text);
    cr_assert_not_null(strstr(text, "does not load"), "%s", text);
}

/* ------------------------------------------------------------------ devices */

static const struct mmk_waveformatex pcm = {.wFormatTag = MMK_WAVE_FORMAT_PCM,
                                            .nChannels = 2,
                                            .nSamplesPerSec = 44100,
                                            .nAvgBytesPerSec = 176400,
                                            .nBlockAlign = 4,
                                            .wBitsPerSample = 16};

Test(mini_winmm, devices_come_from_the_slots_in_order)
{
    char alias[16];
    char file[64];
    small_set(&registry, SMALL_DRIVERS32, "wave2", "other.drv");
    small_set(&registry, SMALL_DRIVERS32, "wave", "double.drv");
    small_set(&registry, SMALL_DRIVERS32, "wave10", "double.drv");
    driver_double.n_out = 2;
    cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 4);
    cr_assert_eq(mmk_winmm_wave_in_num_devs(mm), 2);
    cr_assert_eq(mmk_winmm_aux_num_devs(mm), 0, "aux devices need an aux alias");
    expect_trace("DRV_LOAD DRV_ENABLE DRV_OPEN"
                 " DRVM_INIT DRVM_ENABLE WODM_GETNUMDEVS DRVM_INIT DRVM_ENABLE WIDM_GETNUMDEVS"
                 " DRV_LOAD DRV_ENABLE DRV_OPEN"
                 " DRVM_INIT DRVM_ENABLE WODM_GETNUMDEVS DRVM_INIT DRVM_ENABLE WIDM_GETNUMDEVS");
    cr_assert_eq(mmk_winmm_wave_out_origin(mm, 2, alias, sizeof alias, file, sizeof file), 0);
    cr_assert_str_eq(alias, "wave2");
    cr_assert_str_eq(file, "other.drv");
    cr_assert_eq(mmk_winmm_wave_in_origin(mm, 2, NULL, 0, NULL, 0), MMK_MMSYSERR_BADDEVICEID);
    expect_trace(""); /* counted once */
}

Test(mini_winmm, orderly_end_sends_everything_its_end)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave;
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0), 0);
    trace[0] = '\0';
    mmk_winmm_destroy(mm, true);
    expect_trace("WODM_RESET WODM_CLOSE DRVM_DISABLE DRVM_EXIT DRVM_DISABLE DRVM_EXIT"
                 " DRV_CLOSE DRV_DISABLE DRV_FREE");
    mmk_posix_platform_close(platform);
    setup_in(NULL);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0), 0);
    trace[0] = '\0';
    mmk_winmm_destroy(mm, false); /* a process that exits sends nothing */
    expect_trace("");
    mmk_posix_platform_close(platform);
    setup_in(NULL);
}

Test(mini_winmm, drivers_that_fail_to_start_have_no_devices)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    driver_double.init_answer = MMK_MMSYSERR_NODRIVER;
    cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 0);
    cr_assert_eq(mmk_winmm_wave_in_num_devs(mm), 1, "the other type is asked for itself");
    driver_double.init_answer = MMK_MMSYSERR_NOTSUPPORTED; /* an old driver that does not know it */
    cr_assert_eq(mmk_winmm_rescan(mm), 0);
    cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 1);
    driver_double.n_out = 0x00010002; /* a count with a high word is an error */
    cr_assert_eq(mmk_winmm_rescan(mm), 0);
    cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 0);
}

Test(mini_winmm, rescan_is_refused_while_a_device_is_open)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave;
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0), 0);
    cr_assert_eq(mmk_winmm_rescan(mm), MMK_MMSYSERR_HANDLEBUSY);
    cr_assert_eq(mmk_winmm_wave_out_close(mm, wave), 0);
    cr_assert_eq(mmk_winmm_rescan(mm), 0);
}

/* ------------------------------------------------------------------ opening a wave device */

Test(mini_winmm, wave_open_checks_what_winmm_checks)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave = 99;
    cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 1);
    trace[0] = '\0';
    cr_assert_eq(mmk_winmm_wave_out_open(mm, NULL, 0, &pcm, 0, 0, 0), MMK_MMSYSERR_INVALPARAM);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, NULL, 0, 0, 0), MMK_MMSYSERR_INVALPARAM);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 1, &pcm, 0, 0, 0), MMK_MMSYSERR_BADDEVICEID);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0xfffffffe, &pcm, 0, 0, 0),
                 MMK_MMSYSERR_BADDEVICEID);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0x40), MMK_MMSYSERR_INVALFLAG);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 1, 0, 0x40000),
                 MMK_MMSYSERR_INVALFLAG);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 1, 0, MMK_CALLBACK_WINDOW),
                 MMK_MMSYSERR_INVALPARAM);
    expect_trace("");
    cr_assert_eq(wave, 99);
    driver_double.open_answer = MMK_WAVERR_BADFORMAT;
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0), MMK_WAVERR_BADFORMAT);
    cr_assert_eq(wave, 99);
    expect_trace("WODM_OPEN");
}

Test(mini_winmm, query_makes_no_handle)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    cr_assert_eq(mmk_winmm_wave_out_open(mm, NULL, 0, &pcm, 0, 0, MMK_WAVE_FORMAT_QUERY), 0);
    cr_assert_eq(driver_double.open_flags, MMK_WAVE_FORMAT_QUERY);
    cr_assert_eq(driver_double.desc.hWave, 0);
    cr_assert_eq(mmk_winmm_rescan(mm), 0, "nothing is open");
}

Test(mini_winmm, open_hands_the_description_over)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave = 0;
    uint32_t device = 99;
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 7, 8, MMK_CALLBACK_EVENT), 0);
    cr_assert_eq(driver_double.desc.hWave, wave);
    cr_assert_eq(driver_double.desc.lpFormat, (const void *)&pcm);
    cr_assert_eq(driver_double.desc.dwCallback, 7);
    cr_assert_eq(driver_double.desc.dwInstance, 8);
    cr_assert_eq(driver_double.open_flags, MMK_CALLBACK_EVENT);
    cr_assert_eq(mmk_winmm_wave_out_id(mm, wave, &device), 0);
    cr_assert_eq(device, 0);
    cr_assert_eq(mmk_winmm_wave_out_pause(mm, wave), 0);
    cr_assert_eq(driver_double.user, 0x1234, "dwUser is what the driver wrote at open");
    cr_assert_eq(mmk_winmm_wave_in_start(mm, wave), MMK_MMSYSERR_INVALHANDLE, "of the other kind");
}

static uint32_t id_in_callback;

static void on_callback(uintptr_t handle, uint32_t msg, uintptr_t user, uintptr_t p1, uintptr_t p2)
{
    (void)p1;
    (void)p2;
    cr_assert_eq(msg, MMK_WOM_OPEN);
    cr_assert_eq(user, 5);
    cr_assert_eq(mmk_winmm_wave_out_id(mm, handle, &id_in_callback), 0);
    cr_assert_eq(mmk_winmm_wave_out_pause(mm, handle), 0);
    cr_assert_eq(driver_double.user, 0x1234, "the instance is known before the callback");
}

Test(mini_winmm, handle_works_inside_the_open_callback)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave;
    id_in_callback = 99;
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, 0, &pcm,
                                         (uintptr_t)(mmk_posix_callback *)on_callback, 5,
                                         MMK_CALLBACK_FUNCTION),
                 0);
    cr_assert_eq(id_in_callback, 0);
}

Test(mini_winmm, mapper_takes_the_first_device_that_likes_the_format)
{
    struct mmk_waveoutcapsw caps;
    uint32_t preferred = 99;
    uint32_t flags = 99;
    uint32_t device;
    uintptr_t wave;
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, MMK_WAVE_MAPPER, &pcm, 0, 0, 0),
                 MMK_MMSYSERR_NODRIVER);
    cr_assert_eq(mmk_winmm_wave_out_caps(mm, MMK_WAVE_MAPPER, &caps, sizeof caps),
                 MMK_MMSYSERR_NODRIVER);
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    driver_double.n_out = 3;
    driver_double.bad_device = 0;
    mmk_winmm_rescan(mm);
    cr_assert_eq(mmk_winmm_wave_out_open(mm, &wave, MMK_WAVE_MAPPER, &pcm, 0, 0, 0), 0);
    mmk_winmm_wave_out_id(mm, wave, &device);
    cr_assert_eq(device, 1);
    cr_assert_eq(mmk_winmm_wave_out_caps(mm, MMK_WAVE_MAPPER, &caps, sizeof caps), 0);
    cr_assert_eq(caps.wMid, 0x2211);
    cr_assert_eq(caps.szPname[0], 'W');
    cr_assert_eq(mmk_winmm_wave_out_message(mm, MMK_WAVE_MAPPER, MMK_DRVM_MAPPER_PREFERRED_GET,
                                            (uintptr_t)&preferred, (uintptr_t)&flags),
                 0);
    cr_assert_eq(preferred, 0);
    cr_assert_eq(flags, 0);
}

Test(mini_winmm, caps_go_to_the_device_in_the_callers_size)
{
    unsigned char two[2] = {0, 0};
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    driver_double.n_out = 3;
    cr_assert_eq(mmk_winmm_wave_out_caps(mm, 2, two, 2), 0);
    cr_assert_eq(driver_double.device, 2);
    cr_assert_eq(driver_double.p2, 2);
    cr_assert_eq(two[1], 0x22);
    cr_assert_eq(mmk_winmm_wave_out_caps(mm, 3, two, 2), MMK_MMSYSERR_BADDEVICEID);
    cr_assert_eq(mmk_winmm_wave_out_caps(mm, 0, NULL, 2), MMK_MMSYSERR_INVALPARAM);
}

Test(mini_winmm, close_that_is_refused_keeps_the_handle)
{
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave;
    mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0);
    driver_double.close_answer = MMK_WAVERR_STILLPLAYING;
    cr_assert_eq(mmk_winmm_wave_out_close(mm, wave), MMK_WAVERR_STILLPLAYING);
    cr_assert_eq(mmk_winmm_wave_out_reset(mm, wave), 0);
    driver_double.close_answer = 0;
    cr_assert_eq(mmk_winmm_wave_out_close(mm, wave), 0);
    cr_assert_eq(mmk_winmm_wave_out_close(mm, wave), MMK_MMSYSERR_INVALHANDLE);
    cr_assert_eq(mmk_winmm_wave_out_reset(mm, wave), MMK_MMSYSERR_INVALHANDLE);
    cr_assert_eq(mmk_winmm_wave_out_message(mm, wave, MMK_WODM_PAUSE, 0, 0),
                 MMK_MMSYSERR_INVALHANDLE);
}

/* ------------------------------------------------------------------ headers */

static void walk_header(struct mmk_wavehdr *header, uintptr_t wave)
{
    static char data[16];
    struct mmk_wavehdr look;
    const uint32_t size = sizeof look;
    memset(header, 0, sizeof *header);
    memset(&look, 0, sizeof look);
    look.dwFlags = MMK_WHDR_DONE | MMK_WHDR_INQUEUE; /* rubbish of a client */
    look.lpData = data;
    look.dwBufferLength = sizeof data;
    memcpy(header, &look, sizeof look);

    cr_assert_eq(mmk_winmm_wave_out_prepare(mm, wave, NULL, size), MMK_MMSYSERR_INVALPARAM);
    cr_assert_eq(mmk_winmm_wave_out_prepare(mm, wave, header, size - 1), MMK_MMSYSERR_INVALPARAM);
    cr_assert_eq(mmk_winmm_wave_out_prepare(mm, wave + 1, header, size), MMK_MMSYSERR_INVALHANDLE);
    cr_assert_eq(mmk_winmm_wave_out_write(mm, wave, header, size), MMK_WAVERR_UNPREPARED);
    cr_assert_eq(mmk_winmm_wave_out_unprepare(mm, wave, header, size), 0, "not prepared is fine");
    cr_assert_eq(mmk_winmm_wave_out_prepare(mm, wave, header, size), 0);
    memcpy(&look, header, sizeof look);
    cr_assert_eq(look.dwFlags & ~MMK_WHDR_INQUEUE, MMK_WHDR_PREPARED);
    look.dwFlags = MMK_WHDR_PREPARED;
    memcpy(header, &look, sizeof look);
    cr_assert_eq(mmk_winmm_wave_out_write(mm, wave, header, size), 0);
    cr_assert_eq(mmk_winmm_wave_out_write(mm, wave, header, size), MMK_WAVERR_STILLPLAYING);
    cr_assert_eq(mmk_winmm_wave_out_unprepare(mm, wave, header, size), MMK_WAVERR_STILLPLAYING);
    look.dwFlags = MMK_WHDR_PREPARED | MMK_WHDR_DONE; /* played */
    memcpy(header, &look, sizeof look);
    cr_assert_eq(mmk_winmm_wave_out_unprepare(mm, wave, header, size), 0);
    memcpy(&look, header, sizeof look);
    cr_assert_eq(look.dwFlags, MMK_WHDR_DONE);
    look.dwFlags = MMK_WHDR_PREPARED;
    look.lpData = NULL;
    memcpy(header, &look, sizeof look);
    cr_assert_eq(mmk_winmm_wave_out_write(mm, wave, header, size), MMK_WAVERR_UNPREPARED);
    cr_assert_eq(mmk_winmm_wave_out_write(mm, wave, NULL, size), MMK_MMSYSERR_INVALPARAM);
}

Test(mini_winmm, headers_are_checked_as_winmm_does)
{
    static _Alignas(16) unsigned char memory[2 * sizeof(struct mmk_wavehdr)];
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave;
    mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0);
    for (int prepares = 0; prepares < 2; prepares++) {
        driver_double.prepares = prepares != 0;
        for (size_t at = 0; at < 5; at++) /* a header may lie at any address */
            walk_header((struct mmk_wavehdr *)(void *)(memory + at), wave);
    }
    cr_assert_eq(driver_double.submitted, 10);
}

Test(mini_winmm, input_headers_go_the_same_way)
{
    struct mmk_wavehdr header;
    char data[8];
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave;
    cr_assert_eq(mmk_winmm_wave_in_open(mm, &wave, 0, &pcm, 0, 0, 0), 0);
    memset(&header, 0, sizeof header);
    header.lpData = data;
    trace[0] = '\0';
    cr_assert_eq(mmk_winmm_wave_in_add_buffer(mm, wave, &header, sizeof header),
                 MMK_WAVERR_UNPREPARED);
    cr_assert_eq(mmk_winmm_wave_in_prepare(mm, wave, &header, sizeof header), 0);
    cr_assert_eq(mmk_winmm_wave_in_add_buffer(mm, wave, &header, sizeof header), 0);
    cr_assert_eq(mmk_winmm_wave_in_start(mm, wave), 0);
    cr_assert_eq(mmk_winmm_wave_in_stop(mm, wave), 0);
    cr_assert_eq(mmk_winmm_wave_in_reset(mm, wave), 0);
    cr_assert_eq(mmk_winmm_wave_in_close(mm, wave), 0);
    expect_trace("WIDM_PREPARE WIDM_ADDBUFFER WIDM_START WIDM_STOP WIDM_RESET WIDM_CLOSE");
}

/* ------------------------------------------------------------------ the rest */

Test(mini_winmm, volume_takes_numbers_and_handles)
{
    uint32_t volume;
    small_set(&registry, SMALL_DRIVERS32, "wave1", "double.drv");
    uintptr_t wave;
    mmk_winmm_wave_out_open(mm, &wave, 0, &pcm, 0, 0, 0);
    cr_assert_eq(mmk_winmm_wave_out_set_volume(mm, 0, 0x11112222), 0);
    cr_assert_eq(driver_double.user, 0, "by number: no instance");
    cr_assert_eq(driver_double.p1, 0x11112222);
    cr_assert_eq(mmk_winmm_wave_out_set_volume(mm, wave, 1), 0);
    cr_assert_eq(driver_double.user, 0x1234);
    cr_assert_eq(mmk_winmm_wave_out_get_volume(mm, wave, NULL), MMK_MMSYSERR_INVALPARAM);
    cr_assert_eq(mmk_winmm_wave_out_get_volume(mm, 1, &volume), MMK_MMSYSERR_BADDEVICEID);
    cr_assert_eq(mmk_winmm_wave_out_position(mm, wave, NULL, 12), MMK_MMSYSERR_INVALPARAM);
    struct mmk_mmtime time;
    cr_assert_eq(mmk_winmm_wave_out_position(mm, wave, &time, 11), 0, "the driver judges the size");
    cr_assert_eq(driver_double.p2, 11);
}

Test(mini_winmm, aux_and_mixer_have_devices_of_their_own)
{
    uint32_t volume = 0;
    uintptr_t mixer = 0;
    small_set(&registry, SMALL_DRIVERS32, "aux", "double.drv");
    small_set(&registry, SMALL_DRIVERS32, "mixer1", "double.drv");
    cr_assert_eq(mmk_winmm_aux_num_devs(mm), 1);
    cr_assert_eq(mmk_winmm_mixer_num_devs(mm), 1);
    cr_assert_eq(mmk_winmm_wave_out_num_devs(mm), 0);
    cr_assert_eq(mmk_winmm_aux_get_volume(mm, 0, &volume), 0);
    cr_assert_eq(volume, 0x80004000);
    cr_assert_eq(mmk_winmm_aux_get_volume(mm, 1, &volume), MMK_MMSYSERR_BADDEVICEID);
    cr_assert_eq(mmk_winmm_mixer_open(mm, &mixer, 0), 0);
    cr_assert_eq(mmk_winmm_mixer_message(mm, mixer, MMK_MXDM_GETLINEINFO, 1, 2), 0);
    cr_assert_eq(driver_double.user, 0x77);
    cr_assert_eq(mmk_winmm_mixer_message(mm, mixer, MMK_MXDM_CLOSE, 0, 0),
                 MMK_MMSYSERR_NOTSUPPORTED);
    cr_assert_eq(mmk_winmm_mixer_close(mm, mixer), 0);
    cr_assert_eq(mmk_winmm_mixer_close(mm, mixer), MMK_MMSYSERR_INVALHANDLE);
}

Test(mini_winmm, results_have_names)
{
    cr_assert_str_eq(mmk_winmm_result_name(4), "MMSYSERR_ALLOCATED");
    cr_assert_str_eq(mmk_winmm_result_name(33), "WAVERR_STILLPLAYING");
    cr_assert_str_eq(mmk_winmm_result_name(4711), "?");
}
