/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle/rig.h"

/* A user who does in the dialog what a list says. */

#define SECTION "Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32"
#define CARD    "Software\\mmekit\\mmewave"

enum deed { END, SET, APPLY, TONE, INSTALL_MEANWHILE };

struct act {
    enum deed deed;
    const char *name, *text; /* SET */
    mmk_err expected;        /* APPLY, TONE */
};

struct user {
    struct mmk_ui seam; /* first member */
    struct rig *rig;
    uintptr_t id;
    const struct act *acts;
    mmk_err ends_with;
    unsigned n_shown;
    bool saves, has_tone;
    uintptr_t parent;
    struct mmk_settings at_first, at_last;
    struct mmk_ui_said said; /* last words */
    intptr_t meanwhile;
    bool locked;
};

static mmk_err never(struct mmk_ui *self, const struct mmk_param_table *table,
                     struct mmk_settings *settings, uintptr_t parent)
{
    (void)self;
    (void)table;
    (void)settings;
    (void)parent;
    cr_assert_fail("prompt where there is converse");
    return MMK_ERR_STATE;
}

static void act(struct user *u, const struct act *a, const struct mmk_ui_session *session,
                struct mmk_settings *wanted)
{
    switch (a->deed) {
    case SET:
        cr_assert_eq(mmk_settings_set(wanted, session->hosts, a->name, a->text,
                                      MMK_SOURCE_ENVIRONMENT, NULL),
                     MMK_OK);
        break;
    case APPLY:
        cr_assert_eq(session->apply(session->user, wanted, &u->said), a->expected, "%s",
                     u->said.text);
        break;
    case TONE:
        cr_assert_eq(session->tone(session->user, wanted, &u->said), a->expected, "%s",
                     u->said.text);
        break;
    case INSTALL_MEANWHILE:
        u->meanwhile = rig_drv(u->rig, u->id, MMK_DRV_INSTALL, 0, 0);
        break;
    case END:
        break;
    }
}

static mmk_err converse(struct mmk_ui *self, const struct mmk_ui_session *session,
                        struct mmk_settings *settings, uintptr_t parent)
{
    struct user *u = (struct user *)(void *)self;
    struct mmk_settings wanted = *settings;
    u->n_shown++;
    u->saves = session->saves;
    u->has_tone = session->tone != NULL;
    u->parent = parent;
    u->locked = u->rig->model->locked;
    u->at_first = *settings;
    cr_assert_str_eq(session->title, "mmekit virtual sound card");
    for (const struct act *a = u->acts; a != NULL && a->deed != END; a++)
        act(u, a, session, &wanted);
    u->at_last = wanted;
    if (u->ends_with == MMK_OK)
        *settings = wanted;
    return u->ends_with;
}

static const struct mmk_ui_ops ops = {.prompt = never, .converse = converse};

static struct rig *begin(struct user *user)
{
    user->seam.ops = &ops;
    user->rig = rig_create(&(struct rig_config){.ui = &user->seam});
    user->id = rig_open(user->rig);
    return user->rig;
}

static intptr_t configure(struct user *u, const struct act *acts, mmk_err ends_with)
{
    u->acts = acts;
    u->ends_with = ends_with;
    memset(&u->said, 0, sizeof u->said);
    return rig_drv(u->rig, u->id, MMK_DRV_CONFIGURE, 0x4711, 0);
}

static const char *machine(struct user *u, const char *name)
{
    return model_text(u->rig->model, MMK_REG_MACHINE, MMK_VIEW_64, CARD, name);
}

static uint64_t hives(struct user *u)
{
    return model_hash_world(&u->rig->model->world, false, false);
}

static struct mmk_install_report status(struct user *u)
{
    struct mmk_install_report report;
    cr_assert_eq(mmk_install_status(&u->rig->port, "mmewave", &report), MMK_OK);
    return report;
}

Test(dialog, ok_saves_what_was_changed_and_nothing_else)
{
    static const struct act acts[] = {
        {SET, "rate_hz", "96000", 0}, {APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    cr_assert_eq(rig_drv(u.rig, u.id, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK);
    cr_assert_eq(configure(&u, acts, MMK_OK), MMK_DRVCNF_OK);
    cr_assert(u.saves && u.has_tone && !u.locked);
    cr_assert_eq(u.parent, 0x4711);
    cr_assert_str_eq(machine(&u, "rate_hz"), "96000");
    cr_assert_null(machine(&u, "channels"));
    cr_assert_str_eq(u.said.text, "Saved.");
    cr_assert_str_eq(model_text(u.rig->model, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1"),
                     "mmewave.drv /rate:96000");
    cr_assert_eq(configure(&u, NULL, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_str_eq(mmk_settings_text(&u.at_first, "rate_hz"), "96000",
                     "opened by its file, it shows what the alias says all the same");
    cr_assert_eq(rig_destroy(u.rig), 0);
}

Test(dialog, cancel_changes_nothing_and_says_whose_will_it_was)
{
    static const struct act acts[] = {{SET, "rate_hz", "96000", 0}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    const uint64_t before = hives(&u);
    cr_assert_eq(configure(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_eq(hives(&u), before);
    cr_assert_eq(status(&u).reason, MMK_REASON_USER);
    cr_assert_eq(u.n_shown, 1, "not asked again to find that out");
    cr_assert_eq(rig_destroy(u.rig), 0);
}

Test(dialog, what_was_applied_stays_when_the_dialog_is_cancelled)
{
    static const struct act acts[] = {{SET, "rate_hz", "96000", 0},
                                      {APPLY, 0, 0, MMK_OK},
                                      {SET, "rate_hz", "8000", 0},
                                      {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    cr_assert_eq(configure(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_OK);
    cr_assert_str_eq(machine(&u, "rate_hz"), "96000");
    cr_assert_eq(rig_destroy(u.rig), 0);
}

Test(dialog, ok_without_a_change_writes_nothing)
{
    static const struct act acts[] = {{APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    const uint64_t before = hives(&u);
    const uint64_t n_writes = u.rig->model->n_writes;
    cr_assert_eq(configure(&u, acts, MMK_OK), MMK_DRVCNF_OK);
    cr_assert_eq(hives(&u), before);
    cr_assert_eq(u.rig->model->n_writes, n_writes);
    cr_assert_eq(rig_destroy(u.rig), 0);
}

Test(dialog, nobody_to_ask_is_cancel_and_said)
{
    struct user u = {.n_shown = 0};
    begin(&u);
    const uint64_t before = hives(&u);
    cr_assert_eq(configure(&u, NULL, MMK_ERR_UNSUPPORTED), MMK_DRVCNF_CANCEL);
    cr_assert_eq(status(&u).reason, MMK_REASON_NOBODY_TO_ASK);
    cr_assert_eq(hives(&u), before);
    cr_assert_eq(rig_destroy(u.rig), 0);
}

/* While one thinks, everybody else may do what they like. */
Test(dialog, nothing_is_locked_while_the_user_thinks)
{
    static const struct act acts[] = {{INSTALL_MEANWHILE, 0, 0, 0}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    cr_assert_eq(configure(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_eq(u.meanwhile, MMK_DRVCNF_OK);
    cr_assert_not_null(model_text(u.rig->model, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1"));
    cr_assert_eq(rig_destroy(u.rig), 0);
}

Test(dialog, a_refusal_stands_beside_the_row_it_is_about_and_can_be_corrected)
{
    static const struct act acts[] = {{SET, "backend", "file", 0},
                                      {SET, "path", "/no/such/folder/x.wav", 0},
                                      {APPLY, 0, 0, MMK_ERR_NOT_FOUND},
                                      {END, 0, 0, MMK_OK}};
    static const struct act then[] = {{APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    const uint64_t before = hives(&u);
    sim_fail_open(u.rig->card->sim[MMK_PLAYBACK][0], MMK_ERR_NOT_FOUND);
    cr_assert_eq(configure(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_str_neq(u.said.text, "");
    cr_assert_eq(hives(&u), before);
    sim_fail_open(u.rig->card->sim[MMK_PLAYBACK][0], MMK_OK);
    cr_assert_eq(configure(&u, then, MMK_OK), MMK_DRVCNF_OK);
    cr_assert_eq(rig_destroy(u.rig), 0);
}

/* The alias goes before the user's own: told beside the rate, without repeating its name. */
Test(dialog, what_the_alias_hides_is_told_beside_its_row)
{
    static const struct act rate[] = {
        {SET, "rate_hz", "96000", 0}, {APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    static const struct act again[] = {
        {SET, "rate_hz", "8000", 0}, {APPLY, 0, 0, MMK_ERR_CONFLICT}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    cr_assert_eq(rig_drv(u.rig, u.id, MMK_DRV_INSTALL, 0, 0), MMK_DRVCNF_OK);
    cr_assert_eq(configure(&u, rate, MMK_OK), MMK_DRVCNF_OK);
    /* no rights over the machine's hive */
    u.rig->model->fail_only = MODEL_SET;
    u.rig->model->fail_err = MMK_ERR_ACCESS;
    u.rig->model->fail_at = u.rig->model->n_ops;
    u.rig->model->fail_for_ever = true;
    cr_assert_eq(configure(&u, again, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_str_eq(u.said.param, "rate_hz");
    cr_assert_eq(strncmp(u.said.text, "wave1 says", 10), 0, "%s", u.said.text);
    cr_assert_eq(rig_destroy(u.rig), 0);
}

Test(dialog, what_is_the_users_own_is_changed_where_it_stands)
{
    static const struct act acts[] = {{SET, "rate_hz", "32000", 0},
                                      {SET, "channels", "1", 0},
                                      {APPLY, 0, 0, MMK_OK},
                                      {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    const uint32_t rate = 44100;
    model_put(u.rig->model, MMK_REG_USER, MMK_VIEW_64, CARD, "rate_hz", MMK_REG_DWORD, &rate, 4);
    cr_assert_eq(configure(&u, acts, MMK_OK), MMK_DRVCNF_OK);
    cr_assert_str_eq(model_text(u.rig->model, MMK_REG_USER, MMK_VIEW_64, CARD, "rate_hz"), "32000");
    cr_assert_null(machine(&u, "rate_hz"));
    cr_assert_str_eq(machine(&u, "channels"), "1");
    cr_assert_eq(rig_destroy(u.rig), 0);
}

/* ------------------------------------------------------------------ RESTART only when true */

Test(dialog, restart_only_when_programs_that_play_cannot_see_the_change)
{
    static const struct act two[] = {
        {SET, "devices", "2", 0}, {APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    static const struct act three[] = {
        {SET, "devices", "3", 0}, {APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    static const struct act rate[] = {
        {SET, "rate_hz", "32000", 0}, {APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    cr_assert_eq(configure(&u, two, MMK_OK), MMK_DRVCNF_OK, "nobody plays");
    const uintptr_t out = rig_open_wave(u.rig, MMK_WAVE_OUT);
    cr_assert_neq(out, 0);
    cr_assert_eq(configure(&u, rate, MMK_OK), MMK_DRVCNF_OK, "the rate is read at the next open");
    cr_assert_eq(configure(&u, two, MMK_OK), MMK_DRVCNF_OK, "two is what there was");
    cr_assert_eq(configure(&u, three, MMK_OK), MMK_DRVCNF_RESTART);
    cr_assert_eq(status(&u).reason, MMK_REASON_RESTART_IN_USE);
    cr_assert_not_null(strstr(u.said.text, "restarted"), "%s", u.said.text);
    cr_assert_eq(configure(&u, two, MMK_ERR_CANCELLED), MMK_DRVCNF_RESTART,
                 "applied, then cancelled");
    cr_assert_eq(rig_dev(u.rig, MMK_WAVE_OUT, MMK_WODM_CLOSE, out, 0, 0), 0);
    cr_assert_eq(configure(&u, three, MMK_OK), MMK_DRVCNF_OK, "nobody plays any more");
    cr_assert_eq(rig_destroy(u.rig), 0);
}

/* ------------------------------------------------------------------ DRV_INSTALL */

static intptr_t install_asked(struct user *u, const struct act *acts, mmk_err ends_with)
{
    struct mmk_driver_attachment a;
    memset(&a, 0, sizeof a);
    a.size_bytes = sizeof a;
    a.request.flags = MMK_INSTALL_INTERACTIVE;
    u->acts = acts;
    u->ends_with = ends_with;
    cr_assert_eq(rig_drv(u->rig, u->id, MMK_DRVM_ATTACH, (intptr_t)&a, MMK_DRVM_ATTACH_MAGIC), 1);
    return rig_drv(u->rig, u->id, MMK_DRV_INSTALL, 0x4711, 0);
}

Test(dialog, install_asks_only_when_told_to)
{
    static const struct act acts[] = {
        {SET, "rate_hz", "32000", 0}, {APPLY, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    const uint64_t before = hives(&u);
    cr_assert_eq(rig_drv(u.rig, u.id, MMK_DRV_INSTALL, 0x4711, 0), MMK_DRVCNF_OK);
    cr_assert_eq(u.n_shown, 0, "a window in lParam1 is no wish");
    cr_assert_eq(rig_drv(u.rig, u.id, MMK_DRV_REMOVE, 0, 0), MMK_DRVCNF_OK);
    cr_assert_eq(install_asked(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_eq(u.n_shown, 1);
    cr_assert(!u.saves && u.locked, "in the middle of the one transaction");
    cr_assert_eq(u.parent, 0x4711);
    cr_assert_eq(hives(&u), before, "what was only checked is not saved");
    cr_assert_eq(install_asked(&u, acts, MMK_OK), MMK_DRVCNF_OK);
    cr_assert_str_eq(model_text(u.rig->model, MMK_REG_MACHINE, MMK_VIEW_64, SECTION, "wave1"),
                     "mmewave.drv /rate:32000");
    cr_assert_eq(rig_destroy(u.rig), 0);
}

Test(dialog, install_can_be_corrected_in_its_dialog)
{
    static const struct act acts[] = {
        {SET, "rate_hz", "32000", 0}, {APPLY, 0, 0, MMK_ERR_BUSY}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin(&u);
    sim_fail_open(u.rig->card->sim[MMK_PLAYBACK][0], MMK_ERR_BUSY);
    cr_assert_eq(install_asked(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_eq(status(&u).reason, MMK_REASON_USER);
    cr_assert_eq(rig_destroy(u.rig), 0);
}

/* ------------------------------------------------------------------ the tone */

static struct rig *begin_playing(struct user *user, uint32_t rate_hz)
{
    struct rig_config config = {.ui = &user->seam};
    config.card.threads = true;
    config.card.real_clock = true;
    config.card.sim.threaded = true;
    config.card.device_format = card_format(MMK_SAMPLE_S16, 2, rate_hz);
    user->seam.ops = &ops;
    user->rig = rig_create(&config);
    user->id = rig_open(user->rig);
    return user->rig;
}

/* The device may begin with silence and end with it; what dither adds is none. */
static void check_tone(const int16_t *frames, uint64_t n, uint32_t rate_hz)
{
    uint64_t first = 0;
    uint64_t last = n;
    unsigned crossings = 0;
    int peak = 0;
    while (first < n && abs(frames[2 * first]) <= 2)
        first++;
    while (last > first && abs(frames[2 * last - 2]) <= 2)
        last--;
    /* the first and last milliseconds are that soft too */
    cr_assert(last - first <= rate_hz && last - first >= rate_hz - rate_hz / 100, "%u of %u frames",
              (unsigned)(last - first), rate_hz);
    for (uint64_t i = first; i < last; i++) {
        const int now = frames[2 * i];
        cr_assert_leq(abs(now - frames[2 * i + 1]), 2, "but for dither the same on both sides: %u",
                      (unsigned)i);
        peak = abs(now) > peak ? abs(now) : peak;
        crossings += i > first && (now >= 0) != (frames[2 * (i - 1)] >= 0);
        if (i - first < rate_hz / 1000 || last - i < rate_hz / 1000)
            cr_assert_leq(abs(now), 600, "it begins and ends softly: frame %u is %d", (unsigned)i,
                          now);
    }
    cr_assert(peak >= 8100 && peak <= 8300, "-12 dB: %d", peak);
    cr_assert(crossings >= 1980 && crossings <= 2002, "a kilohertz: %u", crossings);
}

Test(dialog, the_tone_is_a_second_of_a_kilohertz_and_saves_nothing)
{
    static const uint32_t rates[] = {8000, 44100, 48000, 192000};
    static const struct act acts[] = {{TONE, 0, 0, MMK_OK}, {END, 0, 0, MMK_OK}};
    for (int i = 0; i < 4; i++) {
        struct user u = {.n_shown = 0};
        uint64_t n = 0;
        begin_playing(&u, rates[i]);
        const uint64_t before = hives(&u);
        cr_assert_eq(configure(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
        cr_assert_str_eq(u.said.text, "The test tone was played.");
        cr_assert_eq(hives(&u), before);
        const int16_t *frames = (const void *)sim_output(u.rig->card->sim[MMK_PLAYBACK][0], &n);
        check_tone(frames, n / 4, rates[i]); /* closed, it counts bytes */
        cr_assert_eq(rig_destroy(u.rig), 0);
    }
}

Test(dialog, a_tone_that_cannot_be_played_says_why)
{
    static const struct act acts[] = {{TONE, 0, 0, MMK_ERR_BUSY}, {END, 0, 0, MMK_OK}};
    static const struct act full[] = {{TONE, 0, 0, MMK_ERR_NO_SPACE}, {END, 0, 0, MMK_OK}};
    struct user u = {.n_shown = 0};
    begin_playing(&u, 48000);
    sim_fail_open(u.rig->card->sim[MMK_PLAYBACK][0], MMK_ERR_BUSY);
    cr_assert_eq(configure(&u, acts, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_str_neq(u.said.text, "");
    sim_fail_open(u.rig->card->sim[MMK_PLAYBACK][0], MMK_OK);
    sim_fail_close(u.rig->card->sim[MMK_PLAYBACK][0], MMK_ERR_NO_SPACE);
    cr_assert_eq(configure(&u, full, MMK_ERR_CANCELLED), MMK_DRVCNF_CANCEL);
    cr_assert_str_eq(u.said.text, mmk_err_text(MMK_ERR_NO_SPACE));
    cr_assert_eq(rig_destroy(u.rig), 0);
}
