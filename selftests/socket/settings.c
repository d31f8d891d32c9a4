// SPDX-License-Identifier: GPL-2.0-only
/* net.xtcp.* and the tables that settings and options come from. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_BARE(settings);

/* In a kernel tree the module's lists are elsewhere; then the rest is tested. */
#if __has_include("../../module/socket/settings.def")
#define HAVE_LISTS
#endif

struct setting {
	const char *name;
	long first, least, most;
};

static const struct setting all_settings[] = {
#ifdef HAVE_LISTS
#define XTCP_SETTING(name, first, least, most, unit, text) \
	{ #name, first, least, most },
#include "../../module/socket/settings.def"
#undef XTCP_SETTING
#else
	{ "msl_ms", 30000, 1, 3600000 },
#endif
};

TEST_F(settings, sysctl__defaults)
{
	const struct setting *s;

	XT_ONLY_XTCP();
	for (s = all_settings; s < all_settings + ARRAY_SIZE(all_settings);
	     s++) {
		EXPECT_EQ(s->first, xt_sysctl(s->name))
			TH_LOG("%s", s->name);
	}
}

/* What has the name of a setting of the host's TCP has its default too. */
TEST_F(settings, sysctl__as_the_host)
{
	static const char * const differ[] = { "syn_retries", "rfc1337" };
	/* These grow with the machine's memory. */
	static const char * const vary[] = { "max_syn_backlog",
		"max_tw_buckets", "max_orphans" };
	const struct setting *s;
	char path[96];
	size_t i;

	XT_ONLY_XTCP();
	for (s = all_settings; s < all_settings + ARRAY_SIZE(all_settings);
	     s++) {
		long host;

		snprintf(path, sizeof(path), "net/ipv4/tcp_%s", s->name);
		host = xt_sysctl(path);
		for (i = 0; i < ARRAY_SIZE(vary); i++)
			if (!strcmp(s->name, vary[i]))
				host = -ENOENT;
		for (i = 0; i < ARRAY_SIZE(differ); i++)
			if (!strcmp(s->name, differ[i]))
				host = -ENOENT;
		/* Kernels differ: newer ones have no such limit. */
		if (!strcmp(s->name, "challenge_ack_limit"))
			host = -ENOENT;
		if (host < 0)
			continue;
		EXPECT_EQ(host, xt_sysctl(s->name))
			TH_LOG("%s", s->name);
	}
}

TEST_F(settings, sysctl__ranges)
{
	const struct setting *s;

	XT_ONLY_XTCP();
	for (s = all_settings; s < all_settings + ARRAY_SIZE(all_settings);
	     s++) {
		EXPECT_EQ(-EINVAL, xt_set_sysctl(s->name, s->least - 1))
			TH_LOG("%s too low", s->name);
		EXPECT_EQ(-EINVAL, xt_set_sysctl(s->name, s->most + 1))
			TH_LOG("%s too high", s->name);
		EXPECT_EQ(s->first, xt_sysctl(s->name));
		EXPECT_EQ(0, xt_set_sysctl(s->name, s->least))
			TH_LOG("%s least", s->name);
		EXPECT_EQ(s->least, xt_sysctl(s->name));
		EXPECT_EQ(0, xt_set_sysctl(s->name, s->most))
			TH_LOG("%s most", s->name);
		EXPECT_EQ(s->most, xt_sysctl(s->name));
	}
}

/* A namespace's settings are its own. */
TEST_F(settings, sysctl__per_namespace)
{
	XT_ONLY_XTCP();
	if (getenv("XTCP_TEST_KEEP_NETNS"))
		SKIP(return, "needs namespaces of its own");
	ASSERT_EQ(0, xt_set_sysctl("msl_ms", 77));
	ASSERT_EQ(0, xt_fresh_netns());
	EXPECT_EQ(30000, xt_sysctl("msl_ms"));
}

/* Only root changes them. */
TEST_F(settings, sysctl__unprivileged_write)
{
	XT_ONLY_XTCP();
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	EXPECT_EQ(-EACCES, xt_set_sysctl("msl_ms", 77));
	EXPECT_EQ(30000, xt_sysctl("msl_ms"));
}

/* Who may have sockets at all. */
TEST_F(settings, unprivileged)
{
	XT_ONLY_XTCP();
	ASSERT_EQ(0, xt_set_sysctl("unprivileged", 0));
	self->p.client = xt_socket(variant->version, 0);
	EXPECT_LE(0, self->p.client);
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	EXPECT_EQ(-EPERM, XT(xt_socket(variant->version, 0)));
}

TEST_F(settings, unprivileged__allowed)
{
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
}

/* Orphans that nobody will ever hear: reset on demand. */
TEST_F(settings, abort_orphans)
{
	XT_ONLY_XTCP();
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_LT(0, xt_fill(self->p.client));
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT1);
	ASSERT_EQ(0, xt_set_sysctl("abort_orphans", 1));
	EXPECT_EQ(0, xt_sysctl("abort_orphans"));
	XT_ASSERT_CLIENT(XT_GONE);
	XT_ASSERT_SERVER(XT_GONE);
	EXPECT_NE(0, xt_wait(self->p.server, POLLIN, XT_SOON_MS) & POLLERR);
}

/* More orphans than allowed: the surplus is reset. */
TEST_F(settings, max_orphans)
{
	XT_ONLY_XTCP();
	ASSERT_EQ(0, xt_set_sysctl("max_orphans", 0));
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_LT(0, xt_fill(self->p.client));
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(XT_GONE);
	XT_ASSERT_SERVER(XT_GONE);
	EXPECT_NE(0, xt_wait(self->p.server, POLLIN, XT_SOON_MS) & POLLERR);
}

/* Every option of the table is there, and nothing that is not in it. */
#ifdef HAVE_LISTS
struct listed {
	int level, name;
	bool number;
};

static const struct listed all_options[] = {
#define XTCP_INT_OPTION(level, name, handler, unit, range, text) \
	{ level, name, true },
#define XTCP_DATA_OPTION(level, name, handler, type, text) \
	{ level, name, false },
#include "../../module/socket/options.def"
#undef XTCP_INT_OPTION
#undef XTCP_DATA_OPTION
};

static bool is_listed(int level, int name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_options); i++)
		if (all_options[i].level == level &&
		    all_options[i].name == name)
			return true;
	return false;
}

TEST_F(settings, options__as_listed)
{
	int fd = xt_socket(variant->version, 0);
	char room[512] = "";
	socklen_t len;
	size_t i;

	XT_ONLY_XTCP();
	for (i = 0; i < ARRAY_SIZE(all_options); i++) {
		len = sizeof(room);
		EXPECT_EQ(0, XT(getsockopt(fd, all_options[i].level,
					   all_options[i].name, room, &len)))
			TH_LOG("level %d option %d", all_options[i].level,
			       all_options[i].name);
		EXPECT_TRUE(!all_options[i].number || len == sizeof(int));
	}
	close(fd);
}

TEST_F(settings, options__nothing_else)
{
	static const int levels[] = { SOL_TCP, SOL_XTCP };
	int fd = xt_socket(variant->version, 0), name;
	char room[512] = "";
	socklen_t len;
	size_t i;

	XT_ONLY_XTCP();
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		for (name = -1; name < 300; name++) {
			if (is_listed(levels[i], name))
				continue;
			len = sizeof(room);
			ASSERT_EQ(-ENOPROTOOPT, XT(getsockopt(fd, levels[i],
							      name, room,
							      &len)))
				TH_LOG("get %d", name);
			ASSERT_EQ(-ENOPROTOOPT, XT(setsockopt(fd, levels[i],
							      name, room,
							      sizeof(room))))
				TH_LOG("set %d", name);
		}
	}
	close(fd);
}
#endif

TEST_F(settings, congestion)
{
	char name[16] = "";
	socklen_t len = sizeof(name);
	int fd = xt_socket(variant->version, 0);

	XT_ONLY_XTCP();
	ASSERT_EQ(0, XT(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len)));
	EXPECT_STREQ("cubic", name);
	EXPECT_EQ(0, XT(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 4)));
	EXPECT_EQ(0, XT(getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len)));
	EXPECT_STREQ("newreno", name);
	EXPECT_EQ(-ENOENT, XT(setsockopt(fd, SOL_TCP, TCP_CONGESTION, "nosuch",
					 6)));
	close(fd);
}

XT_MAIN
