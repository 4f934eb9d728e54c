/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/* The program's entry on Windows: arguments are UTF-16 there, and may hold lone surrogates, which
 * WTF-8 can say. No wildcard is expanded: --set values and file names stay what they are. */
#include <stdio.h>
#include <stdlib.h>

#include <mmk/text.h>

#include "host_win32.h"

extern int _CRT_glob;
int _CRT_glob = 0;

int wmain(int argc, wchar_t **argv);

static char *argument(const wchar_t *wide)
{
    size_t len = 0;
    mmk_wtf8_from_utf16(wide, wcslen(wide), NULL, 0, &len);
    char *text = malloc(len + 1);
    if (text)
        mmk_wtf8_from_utf16(wide, wcslen(wide), text, len + 1, &len);
    return text;
}

int wmain(int argc, wchar_t **argv)
{
    char **texts = calloc((size_t)argc + 1, sizeof *texts);
    bool good = texts != NULL;
    for (int i = 0; good && i < argc; i++)
        good = (texts[i] = argument(argv[i])) != NULL;
    if (!good) {
        fprintf(stderr, "mmectl: no memory\n");
        return 1603;
    }
    int code = mmectl_main(argc, texts);
    for (int i = 0; i < argc; i++)
        free(texts[i]);
    free(texts);
    return code;
}
