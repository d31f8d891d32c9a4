/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a program can be run with the library, and why not. */
#ifndef XTCP_RUN_PROGRAM_H
#define XTCP_RUN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* The file that execvp() would take; false: there is none. */
bool program_find(const char *name, char *path, size_t size);

/* NULL, or what speaks against it; @path becomes the one that it is about. */
const char *program_unfit(char *path, size_t size);

#endif
