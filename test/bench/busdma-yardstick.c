/*
 * What a load costs in compiled C: the greedy segment builder of DragonFly 2020 (the dialect dragonfly-2020) over a page
 * list, written for this benchmark. No locks, no data copied; a bounce page is reserved, attached and freed.
 *
 * usage: busdma-yardstick MS ALIGNMENT BOUNDARY LOWADDR MAXSEGSZ NSEGMENTS BYTES FIRST_PFN PFN_STEP BOUNCE_PAGES
 * runs load, callback and unload for about MS milliseconds and prints nanoseconds for each round of the three.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE ((uint64_t)1 << PAGE_SHIFT)
#define PAGE_MASK (PAGE_SIZE - 1)
#define NOINLINE __attribute__((noinline))

enum { OK = 0, EFBIG = 27, EINPROGRESS = 36 };

struct segment {
	uint64_t addr;
	uint64_t len;
};

struct bounce_page {
	struct bounce_page *next;
	uint64_t busaddr;
	uint64_t client;
	uint64_t count;
};

struct zone {
	struct bounce_page *free_head;
	int free;
	int reserved;
	int active;
};

struct tag {
	struct tag *parent;
	int (*filter)(void *arg, uint64_t paddr);
	void *filterarg;
	uint64_t alignment;
	uint64_t boundary;
	uint64_t lowaddr;
	uint64_t highaddr;
	uint64_t maxsegsz;
	int nsegments;
	int could_bounce;
	struct zone *zone;
	struct segment *segments;
};

struct map {
	struct bounce_page *first;
	struct bounce_page **last;
	int pagesneeded;
	int pagesreserved;
};

typedef void callback_t(void *arg, const struct segment *segs, int nsegs, int error);

static NOINLINE int
needs_bounce(const struct tag *tag, uint64_t paddr)
{
	do {
		int out = paddr > tag->lowaddr && paddr <= tag->highaddr;
		if ((out || (paddr & (tag->alignment - 1)) != 0) &&
		    (tag->filter == NULL || tag->filter(tag->filterarg, paddr) != 0))
			return 1;
		tag = tag->parent;
	} while (tag != NULL);
	return 0;
}

static NOINLINE int
reserve_pages(struct zone *zone, struct map *map)
{
	int missing = map->pagesneeded - map->pagesreserved;
	int pages = zone->free < missing ? zone->free : missing;

	zone->free -= pages;
	zone->reserved += pages;
	map->pagesreserved += pages;
	return missing - pages;
}

static NOINLINE uint64_t
add_page(struct zone *zone, struct map *map, uint64_t paddr, uint64_t size)
{
	struct bounce_page *page = zone->free_head;

	zone->free_head = page->next;
	zone->reserved--;
	zone->active++;
	map->pagesneeded--;
	map->pagesreserved--;
	page->client = paddr;
	page->count = size;
	page->next = NULL;
	*map->last = page;
	map->last = &page->next;
	return page->busaddr;
}

static NOINLINE void
unload(struct tag *tag, struct map *map)
{
	struct zone *zone = tag->zone;
	struct bounce_page *page;

	while ((page = map->first) != NULL) {
		map->first = page->next;
		page->count = 0;
		page->next = zone->free_head;
		zone->free_head = page;
		zone->free++;
		zone->active--;
	}
	map->last = &map->first;
}

static NOINLINE int
load(struct tag *tag, struct map *map, const uint32_t *pages, uint64_t offset, uint64_t bytes, callback_t *callback,
    void *arg)
{
	struct segment *segs = tag->segments;
	uint64_t window = tag->boundary - 1;
	uint64_t at = offset, left = bytes, next = 0;
	int seg = 0, error = OK;

	if (tag->could_bounce && map->pagesneeded == 0) {
		for (uint64_t p = offset; p < offset + bytes; p += PAGE_SIZE - (p & PAGE_MASK)) {
			uint64_t paddr = ((uint64_t)pages[p >> PAGE_SHIFT] << PAGE_SHIFT) | (p & PAGE_MASK);
			if (needs_bounce(tag, paddr))
				map->pagesneeded++;
		}
		if (map->pagesneeded != 0 && reserve_pages(tag->zone, map) != 0)
			return EINPROGRESS;
	}
	segs[0].len = 0;
	do {
		uint64_t paddr = ((uint64_t)pages[at >> PAGE_SHIFT] << PAGE_SHIFT) | (at & PAGE_MASK);
		uint64_t size = PAGE_SIZE - (paddr & PAGE_MASK);

		if (size > left)
			size = left;
		if (map->pagesneeded != 0 && needs_bounce(tag, paddr))
			paddr = add_page(tag->zone, map, paddr, size);
		if (left == bytes) {
			segs[0].addr = paddr;
			segs[0].len = size;
		} else if (paddr == next) {
			segs[seg].len += size;
		} else {
			if (++seg >= tag->nsegments) {
				error = EFBIG;
				break;
			}
			segs[seg].addr = paddr;
			segs[seg].len = size;
		}
		next = paddr + size;
		for (;;) {
			struct segment *s = &segs[seg];
			uint64_t cut;

			if (tag->boundary != 0 && ((s->addr ^ (next - 1)) & ~window) != 0) {
				cut = tag->boundary - (s->addr & window);
				if (cut > tag->maxsegsz)
					cut = tag->maxsegsz;
			} else if (s->len > tag->maxsegsz) {
				cut = tag->maxsegsz;
			} else {
				break;
			}
			if (seg + 1 >= tag->nsegments) {
				error = EFBIG;
				break;
			}
			s[1].addr = s->addr + cut;
			s[1].len = s->len - cut;
			s->len = cut;
			seg++;
		}
		at += size;
		left -= size;
	} while (left > 0 && error == OK);
	if (error != OK)
		unload(tag, map);
	callback(arg, segs, seg + 1, error);
	return OK;
}

static NOINLINE void
count_segments(void *arg, const struct segment *segs, int nsegs, int error)
{
	uint64_t *sum = arg;

	*sum += (uint64_t)nsegs + segs[nsegs - 1].len + (uint64_t)error;
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	uint64_t n[11];

	if (argc != 11) {
		fprintf(stderr, "busdma-yardstick: 10 numbers are needed, not %d\n", argc - 1);
		return 2;
	}
	for (int i = 1; i < argc; i++)
		n[i] = strtoull(argv[i], NULL, 10);

	struct zone zone = { NULL, (int)n[10], 0, 0 };
	for (uint64_t i = n[10]; i > 0; i--) {
		struct bounce_page *page = calloc(1, sizeof(*page));
		page->busaddr = 2 * i * PAGE_SIZE; /* no two of them are neighbours */
		page->next = zone.free_head;
		zone.free_head = page;
	}
	struct tag tag = { NULL, NULL, NULL, n[2], n[3], n[4], UINT64_MAX, n[5], (int)n[6], n[10] != 0, &zone, NULL };
	tag.segments = calloc((size_t)tag.nsegments, sizeof(*tag.segments));
	struct map map = { NULL, NULL, 0, 0 };
	map.last = &map.first;
	uint64_t bytes = n[7];
	uint64_t npages = (bytes + PAGE_MASK) >> PAGE_SHIFT;
	uint32_t *pages = calloc(npages, sizeof(*pages));
	for (uint64_t i = 0; i < npages; i++)
		pages[i] = (uint32_t)(n[8] + i * n[9]);

	callback_t *volatile callback = count_segments;
	uint64_t sum = 0;
	double start = now_ns(), elapsed;
	uint64_t loads = 0;
	do {
		for (int i = 0; i < 1000; i++) {
			if (load(&tag, &map, pages, 0, bytes, callback, &sum) != OK)
				return 1;
			unload(&tag, &map);
		}
		loads += 1000;
		elapsed = now_ns() - start;
	} while (elapsed < (double)n[1] * 1e6);
	printf("%.4f %llu\n", elapsed / (double)loads, (unsigned long long)(sum / loads));
	return 0;
}
