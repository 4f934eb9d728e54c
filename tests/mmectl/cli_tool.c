/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * What run_cli.sh needs beyond a shell:
 *
 *   cli_tool json FILE [PATH=VALUE]...  FILE is one JSON document (RFC 8259, strictly), and at each
 *                                       PATH (keys and numbers with dots between) stands VALUE
 *                                       (strings without quotes); PATH=* only asks that it is there
 *   cli_tool keys FILE                  FILE is one JSON document: print the path of each value,
 * with # for numbers of array members, and its kind cli_tool lock REGISTRY              take the
 * journal's lock, say "held", hold it until killed cli_tool when PATTERN SIGNAL CMD... run CMD,
 * send it SIGNAL once a file of that name has 1000 bytes; exit code as a shell tells it (128 +
 * number if it died of a signal) cli_tool wav FRAMES FILE            a WAV of 48000 Hz, mono, 16
 * bits, full of different samples cli_tool tones FILE                 2 s of tones from 370 Hz
 * to 23.7 kHz that rise and fade
 */

#include <glob.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mmk/posix.h>

/* ------------------------------------------------------------------ a strict JSON reader */

#define NAME_MAX_BYTES 512

struct reader {
    const unsigned char *at, *end;
    const char *error;
    char path[NAME_MAX_BYTES]; /* of the value being read */
    size_t n_wanted;
    char **wanted; /* "path=value" */
    bool *met;
    int depth;
    bool prints;
};

static bool value(struct reader *r);

static bool bad(struct reader *r, const char *error)
{
    if (!r->error)
        r->error = error;
    return false;
}

static void blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool utf8(struct reader *r)
{
    unsigned c = *r->at;
    size_t extra = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : 3;
    if (c >= 0x80 && (c < 0xc2 || c > 0xf4))
        return bad(r, "a byte that starts no UTF-8 character");
    if ((size_t)(r->end - r->at) <= extra)
        return bad(r, "a cut UTF-8 character");
    for (size_t i = 1; i <= extra; i++)
        if ((r->at[i] & 0xc0) != 0x80)
            return bad(r, "a malformed UTF-8 character");
    if ((c == 0xe0 && r->at[1] < 0xa0) || (c == 0xed && r->at[1] > 0x9f) ||
        (c == 0xf0 && r->at[1] < 0x90) || (c == 0xf4 && r->at[1] > 0x8f))
        return bad(r, "an overlong UTF-8 character or a surrogate");
    r->at += extra + 1;
    return true;
}

static bool escape(struct reader *r)
{
    r->at++;
    if (r->at == r->end)
        return bad(r, "a cut escape");
    if (*r->at != 'u') {
        if (!strchr("\"\\/bfnrt", *r->at))
            return bad(r, "an unknown escape");
        r->at++;
        return true;
    }
    r->at++;
    for (int i = 0; i < 4; i++, r->at++)
        if (r->at == r->end || !strchr("0123456789abcdefABCDEF", *r->at) || !*r->at)
            return bad(r, "a malformed \\u escape");
    return true;
}

/* The raw text between the quotes goes to `text`. */
static bool string(struct reader *r, char *text)
{
    if (r->at == r->end || *r->at != '"')
        return bad(r, "no string where one must be");
    const unsigned char *begin = ++r->at;
    while (r->at < r->end && *r->at != '"') {
        if (*r->at < 0x20)
            return bad(r, "a control character in a string");
        if (!(*r->at == '\\' ? escape(r) : utf8(r)))
            return false;
    }
    if (r->at == r->end)
        return bad(r, "a string without end");
    size_t len = (size_t)(r->at++ - begin);
    if (len >= NAME_MAX_BYTES)
        len = NAME_MAX_BYTES - 1;
    memcpy(text, begin, len);
    text[len] = 0;
    return true;
}

static bool digits(struct reader *r)
{
    const unsigned char *begin = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > begin ? true : bad(r, "no digit where one must be");
}

static bool number(struct reader *r)
{
    if (*r->at == '-')
        r->at++;
    if (r->at < r->end && *r->at == '0')
        r->at++; /* and no digit may follow */
    else if (!digits(r))
        return false;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!digits(r))
            return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        return digits(r);
    }
    return true;
}

/* "plan.#.action string": what two documents of one verb have in common. */
static void print_path(const struct reader *r, const char *kind)
{
    for (const char *c = r->path; *c; c++) {
        bool digit = *c >= '0' && *c <= '9';
        bool begins = c == r->path || c[-1] == '.';
        size_t n = strspn(c, "0123456789");
        if (digit && begins && (c[n] == '.' || c[n] == 0)) {
            putchar('#');
            c += n - 1;
        } else {
            putchar(*c);
        }
    }
    printf(" %s\n", kind);
}

static void meet(struct reader *r, const char *text)
{
    size_t len = strlen(r->path);
    for (size_t i = 0; i < r->n_wanted; i++)
        if (strncmp(r->wanted[i], r->path, len) == 0 && r->wanted[i][len] == '=' &&
            (strcmp(r->wanted[i] + len + 1, "*") == 0 || strcmp(r->wanted[i] + len + 1, text) == 0))
            r->met[i] = true;
}

static bool word(struct reader *r, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0)
        return bad(r, "no value where one must be");
    r->at += len;
    return true;
}

/* Members of an object or array; the path grows by key or index and shrinks again. */
static bool members(struct reader *r, bool keyed)
{
    unsigned char closer = keyed ? '}' : ']';
    size_t len = strlen(r->path);
    meet(r, keyed ? "{}" : "[]");
    if (r->prints)
        print_path(r, keyed ? "object" : "array");
    r->at++;
    blanks(r);
    if (r->at < r->end && *r->at == closer) {
        r->at++;
        return true;
    }
    for (unsigned index = 0;; index++) {
        char key[NAME_MAX_BYTES];
        snprintf(key, sizeof key, "%u", index);
        blanks(r);
        if (keyed) {
            if (!string(r, key))
                return false;
            blanks(r);
            if (r->at == r->end || *r->at++ != ':')
                return bad(r, "no colon behind a key");
        }
        snprintf(r->path + len, sizeof r->path - len, "%s%.100s", len ? "." : "", key);
        blanks(r);
        if (!value(r))
            return false;
        r->path[len] = 0;
        blanks(r);
        if (r->at == r->end)
            return bad(r, "an open object or array");
        if (*r->at == closer) {
            r->at++;
            return true;
        }
        if (*r->at++ != ',')
            return bad(r, "no comma between members");
    }
}

static bool value(struct reader *r)
{
    char text[NAME_MAX_BYTES];
    const unsigned char *begin = r->at;
    if (r->at == r->end || ++r->depth > 100)
        return bad(r, "no value, or nested too deep");
    bool good;
    if (*r->at == '{' || *r->at == '[') {
        good = members(r, *r->at == '{');
        r->depth--;
        return good;
    }
    if (*r->at == '"') {
        good = string(r, text);
    } else {
        good = *r->at == 't'   ? word(r, "true")
               : *r->at == 'f' ? word(r, "false")
               : *r->at == 'n' ? word(r, "null")
                               : number(r);
        size_t len = (size_t)(r->at - begin);
        if (len >= sizeof text)
            len = sizeof text - 1;
        memcpy(text, begin, len);
        text[len] = 0;
    }
    if (good)
        meet(r, text);
    if (good && r->prints)
        print_path(r, *begin == '"'                    ? "string"
                      : *begin == 't' || *begin == 'f' ? "bool"
                      : *begin == 'n'                  ? "null"
                                                       : "number");
    r->depth--;
    return good;
}

static int json(int argc, char **argv, bool prints)
{
    static unsigned char bytes[1 << 22];
    static bool met[64];
    FILE *file = fopen(argv[0], "rb");
    if (!file || argc > 64)
        return 2;
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct reader r = {bytes, bytes + n, NULL, "", (size_t)argc - 1, argv + 1, met, 0, prints};
    blanks(&r);
    bool good = value(&r);
    blanks(&r);
    if (good && r.at != r.end)
        good = bad(&r, "something behind the document");
    if (!good) {
        printf("no JSON, byte %ld: %s\n", (long)(r.at - bytes), r.error ? r.error : "?");
        return 1;
    }
    int result = 0;
    for (size_t i = 0; i < r.n_wanted; i++)
        if (!met[i]) {
            printf("not in the document: %s\n", r.wanted[i]);
            result = 1;
        }
    return result;
}

/* ------------------------------------------------------------------ lock and signals */

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static int hold_lock(const char *registry)
{
    struct mmk_journal *journal;
    if (mmk_posix_journal_open(registry, &journal) || journal->ops->lock(journal, 1000))
        return 1;
    puts("held");
    fflush(stdout);
    for (;;)
        pause();
}

static bool has_grown(const char *pattern)
{
    glob_t found;
    struct stat st;
    bool grown = false;
    if (glob(pattern, 0, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++)
        grown = grown || (stat(found.gl_pathv[i], &st) == 0 && st.st_size >= 1000);
    globfree(&found);
    return grown;
}

static int when(const char *pattern, int number, char **command)
{
    int status = 0;
    pid_t child = fork(), ended = 0;
    if (child == 0) {
        signal(SIGINT, SIG_DFL);
        execv(command[0], command);
        _exit(127);
    }
    for (int i = 0; i < 3000 && !ended && !has_grown(pattern); i++) {
        sleep_ms(20);
        ended = waitpid(child, &status, WNOHANG);
    }
    if (!ended) {
        sleep_ms(200);
        kill(child, number);
        ended = waitpid(child, &status, 0);
    }
    if (child < 0 || ended != child)
        return 1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ------------------------------------------------------------------ recordings */

static void put_le(FILE *file, unsigned long value, int n_bytes)
{
    while (n_bytes--) {
        fputc((int)(value & 255), file);
        value >>= 8;
    }
}

static FILE *begin_wav(const char *path, unsigned long n_frames)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return NULL;
    fputs("RIFF", file);
    put_le(file, 36 + 2 * n_frames, 4);
    fputs("WAVEfmt ", file);
    put_le(file, 16, 4);
    put_le(file, 1, 2);
    put_le(file, 1, 2);
    put_le(file, 48000, 4);
    put_le(file, 96000, 4);
    put_le(file, 2, 2);
    put_le(file, 16, 2);
    fputs("data", file);
    put_le(file, 2 * n_frames, 4);
    return file;
}

static int make_wav(unsigned long n_frames, const char *path)
{
    FILE *file = begin_wav(path, n_frames);
    unsigned long state = 1;
    for (unsigned long i = 0; file && i < n_frames; i++) {
        state = state * 1103515245 + 12345;
        put_le(file, (state >> 16) & 0xffff, 2);
    }
    return file && fclose(file) == 0 ? 0 : 1;
}

static int make_tones(const char *path)
{
    enum { N = 96000 };
    FILE *file = begin_wav(path, N);
    for (int i = 0; file && i < N; i++) {
        double v = 0, t = i / 48000.0, fade = sin(3.141592653589793 * i / N);
        for (int k = 1; k <= 8; k++)
            v += sin(6.283185307179586 * 370 * k * k * t) / k;
        put_le(file, (unsigned long)lround(8000 * v * fade * fade) & 0xffff, 2);
    }
    return file && fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "wav") == 0)
        return make_wav(strtoul(argv[2], NULL, 10), argv[3]);
    if (argc == 3 && strcmp(argv[1], "tones") == 0)
        return make_tones(argv[2]);
    if (argc >= 3 && strcmp(argv[1], "json") == 0)
        return json(argc - 2, argv + 2, false);
    if (argc == 3 && strcmp(argv[1], "keys") == 0)
        return json(1, argv + 2, true);
    if (argc == 3 && strcmp(argv[1], "lock") == 0)
        return hold_lock(argv[2]);
    if (argc >= 5 && strcmp(argv[1], "when") == 0)
        return when(argv[2], atoi(argv[3]), argv + 4);
    fprintf(stderr, "cli_tool: wrong usage\n");
    return 2;
}
