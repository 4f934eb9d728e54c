/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "mmectl.h"

int main(int argc, char **argv)
{
    return mmectl_main(argc, argv);
}
