/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */

/*
 * press_ok.exe TITLE SECONDS: says "waiting", waits for a message box of that title, prints what it
 * says (one line, "box: ..."), and presses its OK button. Exit code 0, or 1 if none came.
 */
#define __USE_MINGW_ANSI_STDIO 1
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

#define POLL_MS 50

struct search {
    const char *title;
    HWND box;
};

/** A box that is complete: with its text, and shown. */
static BOOL CALLBACK look(HWND window, LPARAM arg)
{
    struct search *search = (struct search *)arg;
    char name[16], title[256];
    GetClassNameA(window, name, sizeof name);
    GetWindowTextA(window, title, sizeof title);
    if (lstrcmpA(name, "#32770") != 0 || lstrcmpA(title, search->title) != 0 ||
        !IsWindowVisible(window) || GetDlgItem(window, IDOK) == NULL)
        return TRUE;
    search->box = window;
    return FALSE;
}

int main(int argc, char **argv)
{
    char text[2048] = "";
    if (argc != 3) {
        fprintf(stderr, "usage: press_ok TITLE SECONDS\n");
        return 2;
    }
    struct search search = {.title = argv[1]};
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("waiting\n");
    for (int left = atoi(argv[2]) * (1000 / POLL_MS); left > 0 && search.box == NULL; left--) {
        EnumWindows(look, (LPARAM)&search);
        Sleep(POLL_MS);
    }
    if (search.box == NULL) {
        printf("box: none\n");
        return 1;
    }
    SendDlgItemMessageA(search.box, 0xFFFF, WM_GETTEXT, sizeof text, (LPARAM)text); /* IDC_STATIC */
    printf("box: %s\n", text);
    PostMessageA(search.box, WM_COMMAND, IDOK, 0);
    return 0;
}
