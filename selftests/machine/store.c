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
static u32 seen_max, seen_room;
static u32 *table;
static u32 table_size;
static u32 (*arrivals)[IN_FLIGHT];
static struct chunk *head, *tail;
static size_t head_at, tail_at, chunks, chunks_most;

/* ---- which worlds are one ---- */

/*
 * Where all windows are alike, which segment updated one says nothing; nor does the
 * last ack sent, where no timestamp depends on it.
 */
static void fold(struct world *w)
{
	u8 i;

	for (i = 0; !world_reads && i < 2; i++) {
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
		u32 by = p->to ? shift : -shift;

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
	seen_room = worlds;
	seen_max = worlds;
	for (table_size = 1024; table_size / 3 < worlds / 2; table_size *= 2)
		;
	seen = malloc(seen_room * sizeof(seen[0]));
	table = malloc(table_size * sizeof(table[0]));
	arrivals = malloc(seen_room * sizeof(arrivals[0]));
	return seen && table && arrivals;
}

void store_limit(u32 worlds)
{
	seen_max = worlds < seen_room ? worlds : seen_room;
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

/**
 * struct descent - the way down along arrivals
 * @colour:	of each world
 * @path:	the worlds from the first to the present one
 * @next:	for each of them: the arrival to try next
 * @depth:	place of the present one
 */
struct descent {
	u8 *colour;
	u32 *path;
	u8 *next;
	u32 depth;
};

static void enter(struct descent *d, u32 world)
{
	d->colour[world] = OPEN;
	d->path[d->depth] = world;
	d->next[d->depth] = 0;
}

/* An arrival in a world that is still open closes a circle: that world. */
static u32 descend(struct descent *d, u32 from)
{
	d->depth = 0;
	enter(d, from);
	for (;;) {
		u32 at = d->path[d->depth], to;

		if (d->next[d->depth] == IN_FLIGHT) {
			d->colour[at] = DONE;
			if (!d->depth--)
				return NO_WORLD;
			continue;
		}
		to = arrivals[at][d->next[d->depth]++];
		if (to == NO_WORLD || d->colour[to] == DONE)
			continue;
		if (d->colour[to] == OPEN)
			return to;
		d->depth++;
		enter(d, to);
	}
}

static void describe(const struct descent *d, u32 closes, struct circle *c)
{
	u32 i;

	*c = (struct circle){ .from = d->path[0] };
	for (i = 0; i <= d->depth && i < CIRCLE_MAX; i++) {
		if (d->path[i] == closes)
			c->begins = i;
		c->segment[c->count++] = d->next[i] - 1;
	}
}

bool store_endless(struct circle *c)
{
	struct descent d = {
		.colour = calloc(seen_count, sizeof(*d.colour)),
		.path = malloc(seen_count * sizeof(*d.path)),
		.next = malloc(seen_count * sizeof(*d.next)),
	};
	u32 closes = NO_WORLD, i;

	if (!d.colour || !d.path || !d.next)
		abort();
	for (i = 0; i < seen_count && closes == NO_WORLD; i++)
		if (d.colour[i] == UNTOUCHED)
			closes = descend(&d, i);
	if (closes != NO_WORLD)
		describe(&d, closes, c);
	free(d.colour);
	free(d.path);
	free(d.next);
	return closes != NO_WORLD;
}
