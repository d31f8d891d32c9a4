// SPDX-License-Identifier: GPL-2.0-only
/* Every line of options.def: what is there works, what is refused is refused. */
#define _GNU_SOURCE
#include "kselftest_harness.h"
#include "xtcp_test.h"
#if __has_include("../../module/socket/options.def")
#define XTCP_INT_OPTION(level, name, handler, unit, range, text) \
	{ #name, level, name, NUMBER },
#define XTCP_DATA_OPTION(level, name, handler, type, text) \
	{ #name, level, name, DATA },
#define XTCP_NO_OPTION(level, name, text) { #name, level, name, REFUSED },
#define HAVE_LIST
#endif

enum kind { NUMBER, DATA, REFUSED };

static const struct {
	const char *what;
	int level, name;
	enum kind kind;
} options[] = {
#ifdef HAVE_LIST
#include "../../module/socket/options.def"
#endif
	{ 0 }
};

XT_FIXTURE_PAIR(every_option);

/* Reads as what the connection has now, not as what was set. */
static bool is_present(int level, int name)
{
	return level == SOL_TCP ? name == TCP_MAXSEG : name == XTCP_ISN;
}

/* Set before a connection opens, and not after. */
static bool is_for_openings(int level, int name)
{
	return level == SOL_TCP && (name == TCP_FASTOPEN ||
				    name == TCP_FASTOPEN_CONNECT ||
				    name == TCP_FASTOPEN_NO_COOKIE);
}

/* What it reads as may be set again, and then reads the same. */
TEST_F(every_option, numbers)
{
	int fd = self->p.client, i, value;
	socklen_t len;

	for (i = 0; options[i].what; i++) {
		if (options[i].kind != NUMBER ||
		    (xt_host() && options[i].level != SOL_TCP) ||
		    is_present(options[i].level, options[i].name))
			continue;
		len = sizeof(value);
		EXPECT_EQ(0, XT(getsockopt(fd, options[i].level,
					   options[i].name, &value, &len)))
			TH_LOG("%s is read", options[i].what);
		EXPECT_EQ(sizeof(value), len);
		if (is_for_openings(options[i].level, options[i].name)) {
			EXPECT_EQ(-EINVAL, XT(xt_setint(fd, options[i].level,
							options[i].name, 1)));
			continue;
		}
		EXPECT_EQ(0, XT(xt_setint(fd, options[i].level,
					  options[i].name, value)))
			TH_LOG("%s is set to %d", options[i].what, value);
		EXPECT_EQ(value, xt_getint(fd, options[i].level,
					   options[i].name))
			TH_LOG("%s is read again", options[i].what);
	}
}

TEST_F(every_option, structures)
{
	char room[512];
	socklen_t len;
	int i;

	for (i = 0; options[i].what; i++) {
		if (options[i].kind != DATA ||
		    (xt_host() && options[i].level != SOL_TCP))
			continue;
		len = sizeof(room);
		EXPECT_EQ(0, XT(getsockopt(self->p.client, options[i].level,
					   options[i].name, room, &len)))
			TH_LOG("%s is read", options[i].what);
	}
}

/* Plainly: neither taken and forgotten, nor half done. */
TEST_F(every_option, unknown)
{
	int fd = self->p.client, i;
	char room[64] = "";
	socklen_t len;

	XT_ONLY_XTCP();
	for (i = 0; options[i].what; i++) {
		if (options[i].kind != REFUSED)
			continue;
		EXPECT_EQ(-ENOPROTOOPT,
			  XT(setsockopt(fd, options[i].level, options[i].name,
					room, sizeof(room))))
			TH_LOG("%s is set", options[i].what);
		len = sizeof(room);
		EXPECT_EQ(-ENOPROTOOPT,
			  XT(getsockopt(fd, options[i].level, options[i].name,
					room, &len)))
			TH_LOG("%s is read", options[i].what);
	}
}

/* Without a body: a congestion control that has nothing to tell. */
TEST_F(every_option, cc_info)
{
	char room[64];
	socklen_t len = sizeof(room);

	ASSERT_EQ(0, XT(getsockopt(self->p.client, SOL_TCP, TCP_CC_INFO, room,
				   &len)));
	EXPECT_EQ(0, len);
}

XT_MAIN
