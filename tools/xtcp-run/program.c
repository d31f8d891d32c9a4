// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dynamic loader of glibc takes the library in. Where there is none, or it
 * must not, or where the program does not call glibc, nothing would happen, and
 * the program would quietly go on with the host's TCP.
 */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "program.h"

#define INTERPRETERS	4	/* scripts of scripts */
#define LINE		256

bool program_find(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH");
	size_t len;

	if (strchr(name, '/') || !dirs) {
		snprintf(path, size, "%s", name);
		return !access(path, F_OK);
	}
	for (; *dirs; dirs += len + (dirs[len] == ':')) {
		len = strcspn(dirs, ":");
		snprintf(path, size, "%.*s%s%s", (int)len, dirs,
			 len ? "/" : "", name);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static const char *unfit_rights(const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return "it is no file";
	if (access(path, X_OK))
		return "it cannot be executed";
	if (st.st_mode & S_ISUID && st.st_uid != geteuid())
		return "it is set-uid, and takes no library from others";
	if (st.st_mode & S_ISGID && st.st_mode & 010 &&
	    st.st_gid != getegid())
		return "it is set-gid, and takes no library from others";
	if (geteuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return "it has file capabilities, and takes no library from others";
	return NULL;
}

static bool read_header(int fd, off_t at, void *to, size_t size)
{
	return pread(fd, to, size, at) == (ssize_t)size;
}

static bool own_loader(int fd, const ElfW(Phdr) *ph)
{
	const char *base;
	char name[LINE] = {};

	if (pread(fd, name, ph->p_filesz < LINE ? ph->p_filesz : LINE - 1,
		  ph->p_offset) < 1)
		return false;
	base = strrchr(name, '/');
	return !strncmp(base ? base + 1 : name, "ld-linux", 8);
}

/* Go writes a note of its own into every binary. */
static bool go_note(int fd, const ElfW(Phdr) *ph)
{
	ElfW(Nhdr) note;
	char name[4];

	return read_header(fd, ph->p_offset, &note, sizeof(note)) &&
	       note.n_namesz == sizeof(name) &&
	       read_header(fd, ph->p_offset + sizeof(note), name,
			   sizeof(name)) &&
	       !memcmp(name, "Go", 3);
}

static const char *unfit_elf(int fd, const ElfW(Ehdr) *eh)
{
	bool dynamic = false, go = false;
	ElfW(Phdr) ph;
	int i;

	for (i = 0; i < eh->e_phnum; i++) {
		if (!read_header(fd, eh->e_phoff + i * eh->e_phentsize, &ph,
				 sizeof(ph)))
			return "it is damaged";
		if (ph.p_type == PT_NOTE)
			go |= go_note(fd, &ph);
		if (ph.p_type != PT_INTERP)
			continue;
		if (!own_loader(fd, &ph))
			return "it uses another C library than glibc";
		dynamic = true;
	}
	if (go)
		return "it is a Go program: those make their system calls themselves";
	return dynamic ? NULL : "it is statically linked";
}

static bool same_machine(const ElfW(Ehdr) *eh)
{
	ElfW(Ehdr) own;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool same;

	if (fd < 0 || !read_header(fd, 0, &own, sizeof(own)))
		return true;
	close(fd);
	same = eh->e_machine == own.e_machine &&
	       eh->e_ident[EI_CLASS] == own.e_ident[EI_CLASS];
	return same;
}

/* "#!/usr/bin/env python3": the program is the second word. */
static bool interpreter(const char *line, char *path, size_t size)
{
	char first[LINE] = {}, second[LINE] = {};
	const char *base;

	if (sscanf(line, "#! %255s %255s", first, second) < 1)
		return false;
	base = strrchr(first, '/');
	if (!strcmp(base ? base + 1 : first, "env") && second[0] &&
	    second[0] != '-')
		return program_find(second, path, size);
	return program_find(first, path, size);
}

/* *script: path is now that of the interpreter, which is to be looked at. */
static const char *unfit_one(char *path, size_t size, bool *script)
{
	union {
		char line[LINE];
		ElfW(Ehdr) eh;
	} head = {};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *why;

	*script = false;
	if (fd < 0)
		return "it cannot be read";
	why = unfit_rights(path, fd);
	if (!why && pread(fd, &head, sizeof(head) - 1, 0) < 2)
		why = "it is empty";
	if (!why && !memcmp(head.line, "#!", 2)) {
		*script = interpreter(head.line, path, size);
		why = *script ? NULL : "its interpreter is not there";
	} else if (!why && !memcmp(head.line, ELFMAG, SELFMAG)) {
		why = same_machine(&head.eh) ? unfit_elf(fd, &head.eh) :
		      "it is for another machine than xtcp-run";
	}
	close(fd);
	return why;
}

const char *program_unfit(char *path, size_t size)
{
	const char *why;
	bool script;
	int i;

	for (i = 0; i < INTERPRETERS; i++) {
		why = unfit_one(path, size, &script);
		if (why || !script)
			return why;
	}
	return NULL;
}
