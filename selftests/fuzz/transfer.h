/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_FUZZ_TRANSFER_H
#define SELFTESTS_FUZZ_TRANSFER_H

/* A new run: the network forgets the last one. */
void transfer_net_init(void);

#endif
