/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handlers of table.def are made of. Private to machine/.
 */
#ifndef XTCP_MACHINE_STEPS_H
#define XTCP_MACHINE_STEPS_H

#include "machine/machine.h"

typedef void xtcp_handler(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o);

/* The only place where a record's state changes. */
void xtcp_enter(struct xtcp_record *r, const struct xtcp_event *e,
		enum xtcp_state state);
void xtcp_life_timer(struct xtcp_record *r, const struct xtcp_event *e,
		     struct xtcp_orders *o, enum xtcp_life_timer kind,
		     u32 after_ms);
void xtcp_end(struct xtcp_record *r, const struct xtcp_event *e,
	      struct xtcp_orders *o, u8 reason);
void xtcp_end_with_error(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o, u8 reason, u8 error);
void xtcp_drop(struct xtcp_orders *o, u8 reason);

/* flow.c: the last steps of RFC 9293 3.10.7.4, in their order */
void xtcp_take_ack(struct xtcp_record *r, const struct xtcp_event *e,
		   struct xtcp_orders *o);
/* @news: it acknowledges something new */
void xtcp_take_window(struct xtcp_record *r, const struct xtcp_segment *seg,
		      bool news, struct xtcp_orders *o);
void xtcp_take_text(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o);
void xtcp_take_fin(struct xtcp_record *r, struct xtcp_orders *o);
void xtcp_remember_ts(struct xtcp_record *r, const struct xtcp_event *e);

/* reset.c */
void xtcp_send_rst(const struct xtcp_record *r, struct xtcp_orders *o);
void xtcp_send_challenge(struct xtcp_orders *o, u8 reason);

/* time_wait.c */
void xtcp_enter_time_wait(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o);
void xtcp_enter_fin_wait_2(struct xtcp_record *r, const struct xtcp_event *e,
			   struct xtcp_orders *o);

/* cookie.c: the options of the SYN that a returning cookie stands for */
void xtcp_cookie_options(struct xtcp_event *syn);

/* Every handler that table.def names. */
#define XTCP_CELL(state, event, handler, to, section) xtcp_handler xtcp_##handler;
#include "machine/table.def"
#undef XTCP_CELL

#endif
