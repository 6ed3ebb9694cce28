/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The strict check: every bin, every cell, and everything that can be reached from the root, each cell reached
 * once.  Run before the first edit of a hive, on every hive that is about to be written, and by `registry verify`.
 *
 * Two bitmaps with a bit per 8 bytes say where allocated cells begin, and which of them were reached; what is
 * allocated and not reached is a leak.  A cell that was claimed has been measured, so its bytes need no further check
 * than against its own length.  Nothing stops at the first problem: what hangs below a bad reference is passed
 * over, its siblings are not.  Values are hive-check-value.c's, security cells hive-check-security.c's.
 *
 * Windows' own check is CmCheckRegistry(); hives that it accepts have no error here.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive-check.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define LIST_NESTING  2 /* an index root over leaves */
#define PROBLEMS_KEPT 256

/* ---- problems ---- */

void
hive_problems_clear(struct hive_problems *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i].key);
		free(p->list[i].text);
	}
	free(p->list);
	*p = (struct hive_problems){ 0 };
}

void
hive_problem_add(struct hive_problems *p, enum hive_severity severity, uint64_t offset, char *key,
		 char *text)
{
	++*(severity == HIVE_ERROR ? &p->errors : severity == HIVE_NOTE ? &p->notes : &p->warnings);
	if (p->count >= PROBLEMS_KEPT) {
		free(key);
		free(text);
		return;
	}
	ARRAY_GROW(p->list, p->count);
	p->list[p->count++] = (struct hive_problem){ offset, key, text, severity };
}

/* The path of the key that is being looked at. */
static char *
current_path(const struct hive_check *c)
{
	struct text path = TEXT_INIT;

	for (int i = 1; i < c->depth; i++) {
		struct hive_units units = hive_nk_units(c->h->image + HIVE_BASE + c->keys[i] + 4);
		CLEANUP_FREE char *name = hive_units_text(&units);

		text_addf(&path, "%s%s", path.len ? "\\" : "", name);
	}
	return text_steal(&path);
}

static void __attribute__((format(printf, 4, 0)))
say(struct hive_check *c, enum hive_severity severity, uint32_t cell, const char *fmt, va_list args)
{
	/* wraps for the one place in the base block that names a cell */
	hive_problem_add(c->problems, severity, (uint32_t)(cell + HIVE_BASE), current_path(c),
			 xvasprintf(fmt, args));
}

void
hive_check_bad(struct hive_check *c, uint32_t cell, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(c, HIVE_ERROR, cell, fmt, args);
	va_end(args);
}

void
hive_check_warn(struct hive_check *c, uint32_t cell, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(c, HIVE_WARNING, cell, fmt, args);
	va_end(args);
}

void
hive_check_note(struct hive_check *c, uint32_t cell, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(c, HIVE_NOTE, cell, fmt, args);
	va_end(args);
}

/* ---- cells ---- */

static bool
bit(const uint8_t *map, uint32_t cell)
{
	return map[cell / 64] >> (cell / 8 % 8) & 1;
}

const uint8_t *
hive_check_cell(const struct hive_check *c, uint32_t cell, uint32_t *ret_len, const char **why)
{
	const uint8_t *p = c->h->image + HIVE_BASE + cell;

	*why = cell == HIVE_NOTHING		    ? "is missing" :
	       cell % 8				    ? "is no multiple of 8" :
	       cell >= c->h->image_size - HIVE_BASE ? "lies outside the hive" :
						      NULL;
	if (*why)
		return NULL;
	if (!bit(c->allocated, cell)) {
		*why = "is no allocated cell";
		return NULL;
	}
	*ret_len = (uint32_t) - (int32_t)get_u32(p) - 4;
	return p + 4;
}

bool
hive_check_reached(const struct hive_check *c, uint32_t cell)
{
	return bit(c->reached, cell);
}

void
hive_check_reach(struct hive_check *c, uint32_t cell)
{
	c->reached[cell / 64] |= (uint8_t)(1u << (cell / 8 % 8));
}

/* The bytes of an allocated cell that nothing else owns, or NULL; `from` is the cell that names it. */
const uint8_t *
hive_check_claim(struct hive_check *c, uint32_t from, uint32_t cell, const char *what, uint32_t min,
		 uint32_t *ret_len)
{
	const char *why;
	const uint8_t *p = hive_check_cell(c, cell, ret_len, &why);

	if (!p) {
		hive_check_bad(c, from, "its %s (0x%" PRIx64 ") %s", what,
			       (uint64_t)cell + HIVE_BASE, why);
		return NULL;
	}
	if (hive_check_reached(c, cell)) {
		hive_check_bad(c, from, "its %s (0x%" PRIx64 ") is something else's too", what,
			       (uint64_t)cell + HIVE_BASE);
		return NULL;
	}
	hive_check_reach(c, cell);
	if (*ret_len < min) {
		hive_check_bad(c, cell, "the %s is cut short (%u bytes)", what, *ret_len);
		return NULL;
	}
	return p;
}

/*
 * A count of zero beside a pointer.  NT 4 leaves an old pointer behind, to what has been freed or belongs to somebody
 * else by now.  To a cell that nothing else leads to it is the count that is wrong, and who added the first one would lose the
 * rest: told at the end, when all has been reached that can be.
 */
void
hive_check_unused(struct hive_check *c, uint32_t at, uint32_t cell, const char *what)
{
	const char *why;
	uint32_t len;

	if (!hive_check_cell(c, cell, &len, &why))
		return;
	ARRAY_GROW(c->unused, c->unused_count);
	c->unused[c->unused_count++] = (struct hive_unused){ c->keys[c->depth - 1], at, cell,
							     what };
}

static void
check_unused(struct hive_check *c)
{
	for (size_t i = 0; i < c->unused_count; i++) {
		const struct hive_unused *u = &c->unused[i];
		CLEANUP_ERROR struct error ignored = ERROR_INIT;
		char *path = NULL;

		if (hive_check_reached(c, u->cell))
			continue;
		if (c->problems->count < PROBLEMS_KEPT)
			path = hive_key_path(c->h, u->key, &ignored);
		hive_problem_add(
			c->problems, HIVE_ERROR, (uint64_t)u->at + HIVE_BASE,
			path ? path : xstrdup(""),
			xasprintf("it says that it has no %s, and names a cell with some (0x%" PRIx64
				  ")",
				  u->what, (uint64_t)u->cell + HIVE_BASE));
	}
	free(c->unused);
}

/* The cells of one bin must fill it.  Behind one of impossible size nothing in the bin can be told. */
static void
check_bin(struct hive_check *c, uint32_t bin, uint32_t size)
{
	const uint8_t *p = c->h->image + HIVE_BASE;

	for (uint32_t at = bin + 32; at < bin + size;) {
		int64_t cell = (int32_t)get_u32(p + at);
		int64_t len = cell < 0 ? -cell : cell;

		if (len < 8 || len % 8 || len > bin + size - at) {
			hive_check_bad(c, at,
				       "a cell has the impossible size %" PRId64
				       "; the rest of its bin is lost",
				       cell);
			return;
		}
		if (cell < 0)
			c->allocated[at / 64] |= (uint8_t)(1u << (at / 8 % 8));
		at += (uint32_t)len;
	}
}

static bool
is_bin(const uint8_t *p, uint32_t at, uint32_t end)
{
	uint32_t size = get_u32(p + at + 8);

	return memcmp(p + at, "hbin", 4) == 0 && get_u32(p + at + 4) == at && size != 0 &&
	       size % HIVE_PAGE == 0 && size <= end - at;
}

static void
check_bins(struct hive_check *c)
{
	const uint8_t *p = c->h->image + HIVE_BASE;
	uint32_t end = (uint32_t)(c->h->image_size - HIVE_BASE);

	if (c->h->state.truncated) {
		uint64_t size = c->h->files.primary.size;

		hive_check_bad(c, (uint32_t)(size - HIVE_BASE),
			       "the file ends here; its base block says %" PRIu64 " bytes more",
			       c->h->image_size - size);
		end = (uint32_t)(size - HIVE_BASE) / HIVE_PAGE * HIVE_PAGE;
	}
	for (uint32_t at = 0; at < end;) {
		if (is_bin(p, at, end)) {
			check_bin(c, at, get_u32(p + at + 8));
			at += get_u32(p + at + 8);
			continue;
		}
		hive_check_bad(c, at,
			       "there is no sound bin header ('hbin', its offset and a size)");
		do
			at += HIVE_PAGE;
		while (at < end && !is_bin(p, at, end));
	}
}

/* ---- keys ---- */

/* What the lists of one key have shown until now. */
struct listed {
	const uint8_t *last; /* the subkey before, for the order */
	uint32_t count, max_name;
};

static void check_key(struct hive_check *c, uint32_t key, const uint8_t *nk);

/* The cell of a key with a name that fits, or NULL. */
static const uint8_t *
claim_key(struct hive_check *c, uint32_t from, uint32_t cell, const char *what)
{
	uint32_t len, name_len;
	const uint8_t *nk = hive_check_claim(c, from, cell, what, NK_NAME, &len);
	bool ascii;

	if (!nk)
		return NULL;
	if (memcmp(nk, "nk", 2) != 0) {
		hive_check_bad(c, cell, "a key does not begin with 'nk'");
		return NULL;
	}
	name_len = get_u16(nk + NK_NAME_LEN);
	ascii = get_u16(nk + NK_FLAGS) & NK_FLAG_ASCII;
	if (name_len > len - NK_NAME || name_len > (ascii ? 1 : 2) * HIVE_NAME_UNITS ||
	    (!ascii && name_len % 2)) {
		hive_check_bad(c, cell, "a key's name has an impossible length (%u)", name_len);
		return NULL;
	}
	return nk;
}

static void
check_entry(struct hive_check *c, uint32_t list_cell, const uint8_t *entry, char kind,
	    struct listed *seen)
{
	uint32_t cell = get_u32(entry);
	const uint8_t *nk = claim_key(c, list_cell, cell, "subkey");
	struct hive_units units, last;
	uint8_t hint[4];

	if (!nk)
		return;
	units = hive_nk_units(nk);
	if (get_u32(nk + NK_PARENT) != c->keys[c->depth - 1])
		hive_check_bad(c, cell, "a subkey names another parent (0x%" PRIx64 ")",
			       (uint64_t)get_u32(nk + NK_PARENT) + HIVE_BASE);
	if (units.count == 0)
		hive_check_bad(c, cell, "a subkey has no name");
	else if (hive_unit(&units, 0) == 0) /* inside and at the end Windows lives with them */
		hive_check_bad(c, cell, "a subkey's name begins with a NUL");
	if (kind == 'h' && get_u32(entry + 4) != hive_units_hash(&units))
		hive_check_bad(c, cell, "a subkey's hash in the list is 0x%08x, not 0x%08x",
			       get_u32(entry + 4), hive_units_hash(&units));
	if (kind == 'f') {
		hive_units_hint(&units, hint);
		if (memcmp(hint, entry + 4, 4) != 0)
			hive_check_bad(c, cell, "a subkey's hint in the list is not its name's");
	}
	if (seen->last) {
		last = hive_nk_units(seen->last);
		if (hive_units_compare(&last, &units) >= 0)
			hive_check_bad(c, cell, "subkeys are out of order, or one is there twice");
	}
	seen->last = nk;
	if (2 * units.count > seen->max_name)
		seen->max_name = 2 * units.count;
	check_key(c, cell, nk);
}

static void
check_list(struct hive_check *c, uint32_t from, uint32_t cell, int nesting, struct listed *seen)
{
	uint32_t len, count, unit;
	const uint8_t *list = hive_check_claim(c, from, cell, "list of subkeys", 4, &len);

	if (!list)
		return;
	unit = hive_list_unit(list);
	count = get_u16(list + 2);
	if (!unit || nesting >= LIST_NESTING) {
		hive_check_bad(c, cell, "a list of subkeys is of no known kind");
		return;
	}
	if (count == 0)
		hive_check_bad(c, cell, "a list of subkeys is empty");
	if (count * unit > len - 4) {
		hive_check_bad(c, cell, "a list of %u subkeys is longer than its cell", count);
		count = (len - 4) / unit;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = list + 4 + (size_t)i * unit;

		if (list[0] == 'r') {
			check_list(c, cell, get_u32(entry), nesting + 1, seen);
			continue;
		}
		seen->count++;
		check_entry(c, cell, entry, (char)list[1], seen);
	}
}

static void
check_subkeys(struct hive_check *c, uint32_t key, const uint8_t *nk)
{
	uint32_t count = get_u32(nk + NK_SUBKEYS);
	struct listed seen = { 0 };

	if (count == 0) {
		hive_check_unused(c, key, get_u32(nk + NK_SUBKEY_LIST), "subkeys");
		return;
	}
	check_list(c, key, get_u32(nk + NK_SUBKEY_LIST), 0, &seen);
	if (seen.count != count)
		hive_check_bad(c, key, "it says that it has %u subkeys, its list has %u", count,
			       seen.count);
	if (get_u16(nk + NK_MAX_SUBKEY_NAME) < seen.max_name)
		hive_check_note(c, key, "its largest name of a subkey is %u bytes, not %u",
				seen.max_name, get_u16(nk + NK_MAX_SUBKEY_NAME));
}

/* Only the root is a hive's entry and may not be deleted; what leads into another hive exists in memory alone. */
static void
check_flags(struct hive_check *c, uint32_t key, uint16_t flags)
{
	uint16_t never = c->depth == 1 ? NK_FLAG_EXIT :
					 NK_FLAG_EXIT | NK_FLAG_ENTRY | NK_FLAG_NO_DELETE;

	if (flags & never)
		hive_check_bad(c, key, "its flags 0x%x are those of %s", flags,
			       flags & NK_FLAG_EXIT ? "a link into another hive" : "a hive's root");
}

static void
check_key(struct hive_check *c, uint32_t key, const uint8_t *nk)
{
	uint32_t len, class_len = get_u16(nk + NK_CLASS_LEN);

	if (c->depth >= HIVE_DEPTH) {
		hive_check_bad(c, key, "keys lie deeper than %d below each other", HIVE_DEPTH);
		return;
	}
	c->keys[c->depth++] = key;
	check_flags(c, key, get_u16(nk + NK_FLAGS));
	if (class_len)
		hive_check_claim(c, key, get_u32(nk + NK_CLASS), "class name", class_len, &len);
	else if (get_u32(nk + NK_CLASS) != HIVE_NOTHING)
		hive_check_bad(c, key, "it has no class name, and names a cell for one");
	if (get_u32(nk + NK_SECURITY) == HIVE_NOTHING)
		hive_check_bad(c, key, "it names no security cell");
	else
		hive_check_security(c, key, get_u32(nk + NK_SECURITY));
	hive_check_values(c, key, nk);
	check_subkeys(c, key, nk);
	c->depth--;
}

/* ---- all of it ---- */

static void
check_leaks(struct hive_check *c, size_t map)
{
	uint32_t leaks = 0, first = 0;

	for (size_t i = 0; i < map; i++) {
		uint8_t lost = c->allocated[i] & (uint8_t)~c->reached[i];

		if (lost && leaks == 0)
			first = (uint32_t)(i * 64) + 8 * (uint32_t)__builtin_ctz(lost);
		leaks += (uint32_t)__builtin_popcount(lost);
	}
	c->h->leaks = leaks;
	if (leaks)
		hive_check_note(
			c, first,
			"cells that are allocated and belong to nothing: %u, the first here",
			leaks);
}

int
hive_verify(struct hive *h, struct hive_problems *ret, struct error *err)
{
	size_t map = (size_t)(h->image_size - HIVE_BASE) / 64 + 1;
	CLEANUP_FREE uint8_t *allocated = xzalloc(map);
	CLEANUP_FREE uint8_t *reached = xzalloc(map);
	CLEANUP_FREE struct hive_check *c = xzalloc(sizeof *c);
	const uint8_t *nk;
	uint32_t root;

	*ret = (struct hive_problems){ 0 };
	c->h = h;
	c->allocated = allocated;
	c->reached = reached;
	c->problems = ret;
	if (hive_need_all(h, err) < 0)
		return -1;
	check_bins(c);
	root = get_u32(h->image + 36);
	nk = claim_key(c, 36 - HIVE_BASE, root, "root key");
	if (nk)
		check_key(c, root, nk);
	hive_check_ring(c);
	check_unused(c);
	check_leaks(c, map);
	hive_check_forget(c);
	return 0;
}

int
hive_check(struct hive *h, struct error *err)
{
	CLEANUP_HIVE_PROBLEMS struct hive_problems p = { 0 };

	if (hive_verify(h, &p, err) < 0)
		return -1;
	for (size_t i = 0; i < p.count; i++)
		if (p.list[i].severity == HIVE_ERROR)
			return error_set(
				err, ERR_CORRUPT,
				"%s: the hive is damaged at 0x%" PRIx64 "%s%s: %s%s", h->name,
				p.list[i].offset, *p.list[i].key ? " in " : "", p.list[i].key,
				p.list[i].text,
				p.errors > 1 ?
					" (and more; 'resprep registry … verify' lists all)" :
					"");
	if (p.errors)
		return error_set(err, ERR_CORRUPT, "%s: the hive is damaged", h->name);
	if (h->verified && h->leaks > h->leaks_before)
		return error_set(err, ERR_INTERNAL, "%s: an edit has lost %u cells", h->name,
				 h->leaks - h->leaks_before);
	return 0;
}
