// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints' bodies; see trace_events.h. */
#include <linux/net.h>

#define CREATE_TRACE_POINTS
#include "socket/trace_events.h"
