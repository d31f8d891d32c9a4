// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two whole ends, the rig of the stream's tests, over a network that the input
 * decides about segment by segment: transfer-net.c. The rig checks every byte's
 * place, what is sent, and both invariants; in the end both ends must have all.
 */
#include "../stream/rig.h"
#include "../stream/tap.h"
#include "fuzz.h"
#include "transfer.h"

static struct rig rig;

/* Segments to send: enough for losses in a row, few enough for a quick run. */
#define SEGMENTS_MOST	20

static struct rig_config take_config(void)
{
	static const u32 msses[] = { 1, 88, 536, 1448 };
	static const u32 seams[] = { 1, 0, 0x7fffff00, 0xffffff00 };
	static const u32 delays_us[] = { 1, 500, 20000, 200000 };
	static const u32 pauses_us[] = { 0, 0, 900, 150000 };
	u8 mode = fuzz_byte(), bits = fuzz_byte(), more = fuzz_byte();
	struct rig_config c = {
		.mss = msses[bits & 3], .wscale = fuzz_byte() % 9,
		.first = { seams[bits >> 2 & 3], seams[bits >> 4 & 3] },
		.timestamps = bits >> 6 & 1, .nodelay = bits >> 7,
		.delay_us = delays_us[more & 3],
		.read_us = pauses_us[more >> 2 & 3],
		.write_us = pauses_us[more >> 4 & 3],
		.fail = more >> 6 == 3 ? 100 : 0,
		.sack = mode & 1, .ecn = mode >> 1 & 1, .cc = xtcp_cc_nth(mode >> 2 & 1),
	};

	c.bytes[0] = fuzz_u16() % (SEGMENTS_MOST * c.mss);
	c.bytes[1] = fuzz_u16() % (SEGMENTS_MOST * c.mss);
	c.rcvbuf = 2 * c.mss + (2u << c.wscale) + fuzz_byte() * c.mss / 8;
	c.read_bytes = 1 + c.mss / 4 + fuzz_byte() * c.mss / 64;
	c.write_bytes = 1 + c.mss / 4 + fuzz_byte() * c.mss / 32;
	return c;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct rig_config c;

	fuzz_begin(data, size);
	transfer_net_init();
	c = take_config();
	fuzz_note("mss %u scale %u buffer %u bytes %u and %u first %#x and %#x",
		  c.mss, c.wscale, c.rcvbuf, c.bytes[0], c.bytes[1],
		  c.first[0], c.first[1]);
	fuzz_note("%s, sack %u, ecn %u", c.cc->name, c.sack, c.ecn);
	fuzz_note("delay %u us read %u in %u us write %u in %u us%s%s%s",
		  c.delay_us, c.read_bytes, c.read_us, c.write_bytes,
		  c.write_us, c.timestamps ? " timestamps" : "",
		  c.nodelay ? " nodelay" : "", c.fail ? " no memory" : "");
	rig_run(&rig, &c);
	return 0;
}
