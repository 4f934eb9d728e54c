/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#ifndef MMK_TEST_UNIT_CRITERION_H
#define MMK_TEST_UNIT_CRITERION_H

/**
 * As much of Criterion as the unit tests of the core use, so that the same sources run as Windows
 * programs: Criterion itself needs processes that fork, which Windows does not have.
 *
 * Test() and TestSuite() register themselves before main (unit.c), which runs all tests of the
 * program in one process. Each finds the static variables of the test sources as they were when the
 * program began. A failed assertion ends its test by a jump; a crash, or a test that outlasts its
 * time, ends the process, and a new one goes on behind it.
 *
 * The macros take the arguments of Criterion's: the values, then perhaps a format and what it
 * shows. cr_expect* go on after a failure, cr_assert* do not.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit_options {
    void (*init)(void);
    void (*fini)(void);
    double timeout; /* seconds; 0: the program's own limit */
    bool disabled;
};

struct unit_test {
    const char *suite, *name;
    void (*run)(void);
    struct unit_options options;
    struct unit_test *next;
};

struct unit_suite {
    const char *name;
    struct unit_options options;
    struct unit_suite *next;
};

void unit_add_test(struct unit_test *test);
void unit_add_suite(struct unit_suite *suite);
void unit_report(bool holds, bool fatal, const char *file, int line, const char *what,
                 const char *format, ...) __attribute__((format(gnu_printf, 6, 7)));
void unit_skip(const char *format, ...) __attribute__((format(gnu_printf, 1, 2), noreturn));
void unit_log(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));

#define Test(suite_, name_, ...)                                                      \
    static void suite_##_##name_##_run(void);                                         \
    static struct unit_test suite_##_##name_##_test = {.suite = #suite_,              \
                                                       .name = #name_,                \
                                                       .run = suite_##_##name_##_run, \
                                                       .options = {__VA_ARGS__}};     \
    __attribute__((constructor)) static void suite_##_##name_##_add(void)             \
    {                                                                                 \
        unit_add_test(&suite_##_##name_##_test);                                      \
    }                                                                                 \
    static void suite_##_##name_##_run(void)

#define TestSuite(suite_, ...)                                                             \
    static struct unit_suite suite_##_suite = {.name = #suite_, .options = {__VA_ARGS__}}; \
    __attribute__((constructor)) static void suite_##_suite_add(void)                      \
    {                                                                                      \
        unit_add_suite(&suite_##_suite);                                                   \
    }                                                                                      \
    struct unit_suite

#define UNIT_CHECK(holds, fatal, what, ...) \
    unit_report((holds), fatal, __FILE__, __LINE__, what, " " __VA_ARGS__)

#define UNIT_EQUAL(a, op, b, fatal, ...) UNIT_CHECK((a)op(b), fatal, #a " " #op " " #b, __VA_ARGS__)
#define UNIT_TEXT(a, op, b, fatal, ...) \
    UNIT_CHECK(strcmp((a), (b)) op 0, fatal, #a " " #op " " #b " (text)", __VA_ARGS__)

#define cr_assert(holds, ...)        UNIT_CHECK((holds), true, #holds, __VA_ARGS__)
#define cr_expect(holds, ...)        UNIT_CHECK((holds), false, #holds, __VA_ARGS__)
#define cr_assert_not(holds, ...)    UNIT_CHECK(!(holds), true, "not " #holds, __VA_ARGS__)
#define cr_expect_not(holds, ...)    UNIT_CHECK(!(holds), false, "not " #holds, __VA_ARGS__)
#define cr_assert_fail(...)          UNIT_CHECK(false, true, "cr_assert_fail", __VA_ARGS__)
#define cr_expect_fail(...)          UNIT_CHECK(false, false, "cr_expect_fail", __VA_ARGS__)
#define cr_assert_null(p, ...)       UNIT_EQUAL(p, ==, NULL, true, __VA_ARGS__)
#define cr_expect_null(p, ...)       UNIT_EQUAL(p, ==, NULL, false, __VA_ARGS__)
#define cr_assert_not_null(p, ...)   UNIT_EQUAL(p, !=, NULL, true, __VA_ARGS__)
#define cr_expect_not_null(p, ...)   UNIT_EQUAL(p, !=, NULL, false, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)      UNIT_EQUAL(a, ==, b, true, __VA_ARGS__)
#define cr_expect_eq(a, b, ...)      UNIT_EQUAL(a, ==, b, false, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)     UNIT_EQUAL(a, !=, b, true, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)     UNIT_EQUAL(a, !=, b, false, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)      UNIT_EQUAL(a, <, b, true, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)      UNIT_EQUAL(a, <, b, false, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)      UNIT_EQUAL(a, >, b, true, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)      UNIT_EQUAL(a, >, b, false, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)     UNIT_EQUAL(a, <=, b, true, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)     UNIT_EQUAL(a, <=, b, false, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)     UNIT_EQUAL(a, >=, b, true, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)     UNIT_EQUAL(a, >=, b, false, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)  UNIT_TEXT(a, ==, b, true, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)  UNIT_TEXT(a, ==, b, false, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) UNIT_TEXT(a, !=, b, true, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) UNIT_TEXT(a, !=, b, false, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n_bytes, ...) \
    UNIT_CHECK(memcmp((a), (b), (n_bytes)) == 0, true, #a " == " #b " (bytes)", __VA_ARGS__)
#define cr_expect_arr_eq(a, b, n_bytes, ...) \
    UNIT_CHECK(memcmp((a), (b), (n_bytes)) == 0, false, #a " == " #b " (bytes)", __VA_ARGS__)
#define cr_assert_arr_neq(a, b, n_bytes, ...) \
    UNIT_CHECK(memcmp((a), (b), (n_bytes)) != 0, true, #a " != " #b " (bytes)", __VA_ARGS__)
#define cr_assert_float_eq(a, b, epsilon, ...) \
    UNIT_CHECK((a) - (b) <= (epsilon) && (b) - (a) <= (epsilon), true, #a " == " #b, __VA_ARGS__)
#define cr_expect_float_eq(a, b, epsilon, ...) \
    UNIT_CHECK((a) - (b) <= (epsilon) && (b) - (a) <= (epsilon), false, #a " == " #b, __VA_ARGS__)
#define cr_skip_test(...) unit_skip(" " __VA_ARGS__)
#define cr_log_info(...)  unit_log(" " __VA_ARGS__)
#define cr_log_warn(...)  unit_log(" " __VA_ARGS__)
#define cr_log_error(...) unit_log(" " __VA_ARGS__)

#endif
