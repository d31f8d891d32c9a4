// SPDX-License-Identifier: GPL-2.0-only
/*
 * The native wire: TCP's segment format in IP protocol 253 (RFC 3692), so that
 * nothing here can collide with the host's TCP.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ipv6.h>
#include <net/ipv6.h>

#include "wire/family.h"

/* Whether the IPv6 handler is ours to give back. */
static bool ipv6_registered;

bool xtcp_wire_ipv6(void)
{
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_mod_enabled();
#else
	return false;
#endif
}

static void say_taken(const char *ip)
{
	pr_err("%s protocol %d is taken: unload the module that has it\n", ip,
	       IPPROTO_XTCP);
}

int xtcp_wire_init(const struct xtcp_input_ops *ops)
{
	int err;

	xtcp_input_begin(ops);
	err = xtcp_ipv4_register();
	if (err) {
		say_taken("IPv4");
		return err;
	}
	if (!xtcp_wire_ipv6())
		return 0;

	err = xtcp_ipv6_register();
	if (err) {
		say_taken("IPv6");
		xtcp_ipv4_unregister();
		return err;
	}
	ipv6_registered = true;
	return 0;
}

void xtcp_wire_exit(void)
{
	xtcp_gro_end();
	if (ipv6_registered)
		xtcp_ipv6_unregister();
	ipv6_registered = false;
	xtcp_ipv4_unregister();
	xtcp_tcp6_exit();
}
