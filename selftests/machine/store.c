// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "store.h"

#define CHUNK	4096	/* worlds that are allocated and freed together */

struct waiting {
	struct world w;
	u32 number;
};

struct chunk {
	struct chunk *next;
	struct waiting list[CHUNK];
};

struct seen *seen;
u32 seen_count;
static u32 seen_max;
static u32 *table;
static u32 table_size;
static u32 (*arrivals)[IN_FLIGHT];
static struct chunk *head, *tail;
static size_t head_at, tail_at, chunks, chunks_most;

/* ---- which worlds are one ---- */

/*
 * All windows are alike here, so which segment updated one says nothing; nor does
 * the last ack sent, where no timestamp depends on it.
 */
static void fold(struct world *w)
{
	u8 i;

	for (i = 0; i < 2; i++) {
		struct xtcp_record *r = &w->end[i].r;

		r->snd_wl1 = 0;
		r->snd_wl2 = 0;
		if (!world_policy.timestamps)
			r->last_ack_sent = 0;
	}
}

/* B's numbers become A's or the other way round. */
static void move_record(struct xtcp_record *r, u32 by)
{
	if (r->state == XTCP_CLOSED)
		return;
	r->iss += by;
	r->snd_una += by;
	r->snd_nxt += by;
	if (r->state == XTCP_SYN_SENT)
		return;
	r->irs -= by;
	r->rcv_nxt -= by;
	r->rcv_adv -= by;
}

static void exchange(struct world *w)
{
	u32 shift = world_shift();
	struct end b = w->end[1];
	size_t i;

	w->end[1] = w->end[0];
	w->end[0] = b;
	move_record(&w->end[0].r, -shift);
	move_record(&w->end[1].r, shift);
	for (i = 0; i < IN_FLIGHT; i++) {
		struct packet *p = &w->net[i];
		u32 by = p->to ? -shift : shift;

		if (!p->used)
			continue;
		p->seq += by;
		if (p->flags & XTCP_ACK)
			p->ack -= by;
		p->to = !p->to;
		p->old = (p->old >> 1 | p->old << 1) & 3;
	}
	net_sort(w);
}

static u64 hash_world(const struct world *w)
{
	const u8 *p = (const u8 *)w;
	u64 h = 0x9e3779b97f4a7c15u, word;
	size_t i;

	static_assert(!(sizeof(*w) % sizeof(word)), "hashed by words");
	for (i = 0; i < sizeof(*w); i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h;
}

static u64 name_of(const struct world *from, bool mirror)
{
	struct world w = *from;
	u64 hash, other;

	fold(&w);
	hash = hash_world(&w);
	if (!mirror)
		return hash;
	exchange(&w);
	other = hash_world(&w);
	return other < hash ? other : hash;
}

/* ---- the set ---- */

bool store_begin(u32 worlds)
{
	if (worlds > MAX_WORLDS)
		worlds = MAX_WORLDS;
	seen_max = worlds;
	for (table_size = 1024; table_size / 3 < worlds / 2; table_size *= 2)
		;
	seen = malloc(seen_max * sizeof(seen[0]));
	table = malloc(table_size * sizeof(table[0]));
	arrivals = malloc(seen_max * sizeof(arrivals[0]));
	return seen && table && arrivals;
}

void store_end(void)
{
	free(seen);
	free(table);
	free(arrivals);
}

void store_clear(void)
{
	memset(table, 0, table_size * sizeof(table[0]));
	seen_count = 0;
	chunks_most = 0;
}

bool store_full(void)
{
	return seen_count >= seen_max;
}

size_t store_bytes(void)
{
	return seen_count * (sizeof(seen[0]) + sizeof(arrivals[0])) +
	       table_size * sizeof(table[0]) +
	       chunks_most * sizeof(struct chunk);
}

u32 store_remember(const struct world *w, bool mirror, struct seen *way,
		   bool *fresh)
{
	u32 slot, i;

	way->hash = name_of(w, mirror);
	slot = way->hash % table_size;
	*fresh = false;
	for (; table[slot]; slot = (slot + 1) % table_size)
		if (seen[table[slot] - 1].hash == way->hash)
			return table[slot] - 1;
	if (store_full())
		return NO_WORLD;
	*fresh = true;
	seen[seen_count] = *way;
	for (i = 0; i < IN_FLIGHT; i++)
		arrivals[seen_count][i] = NO_WORLD;
	table[slot] = ++seen_count;
	return seen_count - 1;
}

/* ---- the queue ---- */

void queue_push(const struct world *w, u32 number)
{
	if (!tail || tail_at == CHUNK) {
		struct chunk *more = malloc(sizeof(*more));

		if (!more)
			abort();
		more->next = NULL;
		if (tail)
			tail->next = more;
		else
			head = more;
		tail = more;
		tail_at = 0;
		chunks++;
		if (chunks > chunks_most)
			chunks_most = chunks;
	}
	tail->list[tail_at].w = *w;
	tail->list[tail_at++].number = number;
}

bool queue_pop(struct world *w, u32 *number)
{
	if (!head || (head == tail && head_at == tail_at))
		return false;
	*w = head->list[head_at].w;
	*number = head->list[head_at++].number;
	if (head_at == CHUNK) {
		struct chunk *done = head;

		head = head->next;
		head_at = 0;
		if (!head)
			tail = NULL;
		free(done);
		chunks--;
	}
	return true;
}

void queue_clear(void)
{
	while (head) {
		struct chunk *done = head;

		head = head->next;
		free(done);
	}
	tail = NULL;
	head_at = 0;
	tail_at = 0;
	chunks = 0;
}

/* ---- wars of segments ---- */

void arrival_set(u32 from, u16 segment, u32 to)
{
	arrivals[from][segment] = to;
}

enum colour {
	UNTOUCHED,
	OPEN,
	DONE,
};

/* Down along arrivals; an arrival in a world that is still open is a circle. */
static u32 descend(u32 from, u8 *colour, u32 *path, u8 *next)
{
	u32 depth = 0;

	path[0] = from;
	next[0] = 0;
	colour[from] = OPEN;
	for (;;) {
		u32 at = path[depth], to;

		if (next[depth] == IN_FLIGHT) {
			colour[at] = DONE;
			if (!depth--)
				return NO_WORLD;
			continue;
		}
		to = arrivals[at][next[depth]++];
		if (to == NO_WORLD || colour[to] == DONE)
			continue;
		if (colour[to] == OPEN)
			return to;
		colour[to] = OPEN;
		path[++depth] = to;
		next[depth] = 0;
	}
}

u32 store_endless(void)
{
	u8 *colour = calloc(seen_count, sizeof(*colour));
	u32 *path = malloc(seen_count * sizeof(*path));
	u8 *next = malloc(seen_count * sizeof(*next));
	u32 found = NO_WORLD, i;

	if (!colour || !path || !next)
		abort();
	for (i = 0; i < seen_count && found == NO_WORLD; i++)
		if (colour[i] == UNTOUCHED)
			found = descend(i, colour, path, next);
	free(colour);
	free(path);
	free(next);
	return found;
}
