// SPDX-License-Identifier: GPL-2.0-only
#include "table/ephemeral.h"

void xtcp_port_search_begin(struct xtcp_port_search *s, u16 low, u16 high,
			    u32 offset, u32 counter)
{
	s->low = low;
	s->ports = (u32)high - low + 1;
	/* Each by itself first: the sum must not wrap in mid-range. */
	s->start = (offset % s->ports + counter % s->ports) % s->ports;
	s->tried = 0;
}

u16 xtcp_port_search_next(struct xtcp_port_search *s)
{
	u32 at;

	if (s->tried == s->ports)
		return 0;
	at = (s->start + s->tried++) % s->ports;
	return (u16)(s->low + at);
}
