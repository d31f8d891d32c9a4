// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that carried text, for text to come. A new one is cleared first where the
 * kernel does so (init_on_alloc), which takes as long as copying text to it does. A
 * few for each CPU, of whatever connection: nobody is shown more of a page than what
 * was copied to it for him.
 */
#include <linux/bottom_half.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "socket/sock.h"

/* 256 KiB: about what one ACK of a busy connection sets free */
#define SPARES	8

/* sk_page_frag_refill() does not bother with less. */
#define SLIVER	32

struct spares {
	u32 n;
	struct page *page[SPARES];
};

static DEFINE_PER_CPU(struct spares, spares);

/* As sk_page_frag_refill() would get it, and nobody else's. */
static bool reusable(struct page *page)
{
	return page_ref_count(page) == 1 &&
	       compound_order(page) == SKB_FRAG_PAGE_ORDER &&
	       !page->mapping && !PageLRU(page) && dev_page_is_reusable(page);
}

static bool keep_page(struct page *page)
{
	struct spares *s;
	bool kept;

	local_bh_disable();
	s = this_cpu_ptr(&spares);
	kept = s->n < SPARES;
	if (kept)
		s->page[s->n++] = page;
	local_bh_enable();
	return kept;
}

static struct page *take(void)
{
	struct page *page = NULL;
	struct spares *s;

	local_bh_disable();
	s = this_cpu_ptr(&spares);
	if (s->n)
		page = s->page[--s->n];
	local_bh_enable();
	return page;
}

/* A piece of it is not needed any more. Any context but hard interrupts. */
void xtcp_page_put(struct page *page)
{
	page = compound_head(page);
	if (!reusable(page) || !keep_page(page))
		put_page(page);
}

/**
 * xtcp_page_refill() - sk_page_frag_refill(), from what is spare if need be
 * @sk:		locked by its program; may sleep as sk_allocation says
 * @pfrag:	sk_page_frag(@sk)
 *
 * Return: false without memory.
 */
bool xtcp_page_refill(struct sock *sk, struct page_frag *pfrag)
{
	struct page *page = NULL;

	if (!pfrag->page || (page_ref_count(pfrag->page) > 1 &&
			     pfrag->size - pfrag->offset < SLIVER))
		page = take();
	if (!page)
		return sk_page_frag_refill(sk, pfrag);
	if (pfrag->page)
		put_page(pfrag->page);
	pfrag->page = page;
	pfrag->offset = 0;
	pfrag->size = PAGE_SIZE << SKB_FRAG_PAGE_ORDER;
	return true;
}

void xtcp_pages_module_exit(void)
{
	struct spares *s;
	int cpu;

	for_each_possible_cpu(cpu) {
		s = per_cpu_ptr(&spares, cpu);
		while (s->n)
			put_page(s->page[--s->n]);
	}
}
