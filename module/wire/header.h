/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The header of RFC 9293 3.1 and its options: bytes to struct xtcp_segment and
 * back. Pure C like machine/, so that user space can test and fuzz it.
 */
#ifndef XTCP_WIRE_HEADER_H
#define XTCP_WIRE_HEADER_H

#include "machine/record.h"
#include "machine/segment.h"

#define XTCP_HEADER_MIN		20u	/* bytes, without options */
#define XTCP_HEADER_MAX		60u	/* bytes, with all that fit */
#define XTCP_HEADER_CHECK	16	/* where the checksum stands */

/**
 * struct xtcp_ports - the two ports of a header, host byte order
 * @source:	of the sender
 * @dest:	of the receiver
 */
struct xtcp_ports {
	u16 source;
	u16 dest;
};

/**
 * xtcp_header_offset() - the length that a header claims to have
 * @head:	at least %XTCP_HEADER_MIN bytes
 *
 * Return: bytes, a multiple of 4 from 0 to %XTCP_HEADER_MAX.
 */
static inline u32 xtcp_header_offset(const u8 *head)
{
	return (head[12] >> 4) * 4u;
}

/**
 * xtcp_header_parse() - read a header
 * @head:	its first byte; readable up to @len, or up to the end of the
 *		header when the text behind it is elsewhere
 * @len:	bytes of header and text together
 * @seg:	filled anew; @seg->len becomes the length of the text
 * @ports:	filled anew
 *
 * The checksum is the caller's. Options that are unknown, or known with a
 * length that is not theirs, are skipped (RFC 9293 MUST-6); MSS, window scale
 * and SACK-permitted count on a SYN only. The ack of a segment without ACK and
 * the urgent pointer of one without URG read as 0.
 *
 * Return: %XTCP_R_NONE, %XTCP_R_TOO_SHORT, %XTCP_R_BAD_OFFSET or
 * %XTCP_R_BAD_OPTION; @seg and @ports mean something with the first only.
 */
u8 xtcp_header_parse(const u8 *head, u32 len, struct xtcp_segment *seg,
		     struct xtcp_ports *ports);

/**
 * xtcp_header_len() - the length of the header that a segment needs
 * @seg:	the segment; of its SACK blocks as many count as fit
 *
 * Return: bytes, %XTCP_HEADER_MIN to %XTCP_HEADER_MAX.
 */
u32 xtcp_header_len(const struct xtcp_segment *seg);

/**
 * xtcp_header_build() - write a header
 * @head:	room for xtcp_header_len() bytes
 * @seg:	what it shall say; SACK blocks that do not fit are left out
 * @ports:	the ports
 *
 * The checksum is left 0. Options are laid out as most stacks do, every 32-bit
 * value aligned: on a SYN MSS, SACK-permitted and timestamps, window scale,
 * Fast Open; otherwise timestamps, SACK.
 *
 * Return: bytes written, the same as xtcp_header_len().
 */
u32 xtcp_header_build(u8 *head, const struct xtcp_segment *seg,
		      const struct xtcp_ports *ports);

#endif
