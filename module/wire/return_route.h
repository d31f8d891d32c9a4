/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way back to who sent a packet by a source route (RFC 791 3.1). Pure C like
 * header.h, so that user space can test it.
 */
#ifndef XTCP_WIRE_RETURN_ROUTE_H
#define XTCP_WIRE_RETURN_ROUTE_H

#include "machine/platform.h"

#define XTCP_IP_OPTIONS_MAX	40u	/* bytes, as IPv4's header has room for */

/**
 * struct xtcp_return_route - what an answer to such a packet needs
 * @hop:	where it goes first
 * @len:	bytes of @option, a multiple of 4
 * @strict:	it may pass no router but those of the route
 * @option:	the IP option, padded; its last address is where the answer ends
 */
struct xtcp_return_route {
	u8 hop[4];
	u8 len;
	bool strict;
	u8 option[XTCP_IP_OPTIONS_MAX];
};

/**
 * xtcp_return_route() - reverse the route by which a packet came
 * @ip:		its IPv4 header, options included
 * @back:	filled
 *
 * Return: false when it came by none, or by nobody's help: it is answered
 * straight.
 */
bool xtcp_return_route(const u8 *ip, struct xtcp_return_route *back);

#endif
