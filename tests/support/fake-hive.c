/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small clean hive, written byte by byte (msuhanov's "Windows registry file format specification"): one bin, "lf"
 * lists, ASCII names, one security cell.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/fake-volume.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/utf16.h"

#define BIN	 (64u << 10)
#define NOTHING	 UINT32_MAX
#define SECURITY 32u /* behind the bin's header */

struct node {
	char *name;
	struct node **children;
	size_t count;
	const struct fake_value **values;
	size_t value_count;
};

struct bin {
	uint8_t *p; /* of the first bin */
	uint32_t used;
};

static struct node *
child(struct node *parent, const char *name, size_t len)
{
	char *text = xstrndup(name, len);
	struct node *n = NULL;
	size_t at = 0;

	for (; at < parent->count && name_compare(parent->children[at]->name, text) < 0; at++)
		;
	if (at < parent->count && name_equal(parent->children[at]->name, text)) {
		free(text);
		return parent->children[at];
	}
	n = xzalloc(sizeof *n);
	n->name = text;
	ARRAY_GROW(parent->children, parent->count);
	memmove(parent->children + at + 1, parent->children + at,
		(parent->count - at) * sizeof(struct node *));
	parent->children[at] = n;
	parent->count++;
	return n;
}

static void
insert(struct node *root, const struct fake_value *v)
{
	struct node *n = root;

	for (const char *p = v->key; *p;) {
		size_t len = strcspn(p, "\\");

		n = child(n, p, len);
		p += len + (p[len] == '\\');
	}
	if (!v->name)
		return;
	for (size_t i = 0; i < n->value_count; i++)
		if (name_equal(n->values[i]->name, v->name))
			return; /* the first one counts: tests put theirs before the usual ones */
	ARRAY_GROW(n->values, n->value_count);
	n->values[n->value_count++] = v;
}

static void
free_node(struct node *n)
{
	for (size_t i = 0; i < n->count; i++) {
		free_node(n->children[i]);
		free(n->children[i]);
	}
	free(n->children);
	free(n->values);
	free(n->name);
}

/* A cell of `len` bytes of content; its offset. */
static uint32_t
cell(struct bin *b, size_t len)
{
	uint32_t at = b->used, size = (uint32_t)(len + 4 + 7) / 8 * 8;

	if (size > BIN - 8 - b->used)
		abort();
	put_u32(b->p + at, 0u - size);
	b->used += size;
	return at;
}

static uint32_t
put_one_value(struct bin *b, const struct fake_value *v)
{
	size_t name_len = strlen(v->name), len = v->len ? v->len : 4, nul = v->len ? 0 : 2;
	uint8_t *data = v->len	? xmemdup(v->text, v->len) :
			v->text ? utf16_from_text(v->text, &len) :
				  NULL;
	uint32_t at = cell(b, 20 + name_len), data_at = v->number;
	uint8_t *vk = b->p + at + 4;

	if (data) {
		data_at = cell(b, len + nul); /* which is zeroed */
		memcpy(b->p + data_at + 4, data, len);
		len += nul;
	}
	memcpy(vk, "vk", 2);
	put_u16(vk + 2, (uint16_t)name_len);
	put_u32(vk + 4, (uint32_t)len | (data ? 0 : 0x80000000u));
	put_u32(vk + 8, data_at);
	put_u32(vk + 12, v->type);
	put_u16(vk + 16, 1);
	memcpy(vk + 20, v->name, name_len);
	free(data);
	return at;
}

/* The first cell of the bin: it refers to itself, and its descriptor has neither owner nor lists. */
static void
put_security(struct bin *b)
{
	uint8_t *sk = b->p + cell(b, 40) + 4;

	memcpy(sk, "sk", 2);
	put_u32(sk + 4, SECURITY);
	put_u32(sk + 8, SECURITY);
	put_u32(sk + 16, 20);
	sk[20] = 1;
	put_u16(sk + 22, 0x8000);
}

static uint32_t
put_node(struct bin *b, const struct node *n, uint32_t parent)
{
	size_t name_len = strlen(n->name);
	uint32_t at = cell(b, 76 + name_len), list = NOTHING, values = NOTHING;
	uint8_t *nk = b->p + at + 4;

	if (n->value_count) {
		values = cell(b, 4 * n->value_count);
		for (size_t i = 0; i < n->value_count; i++)
			put_u32(b->p + values + 4 + 4 * i, put_one_value(b, n->values[i]));
	}
	if (n->count) {
		list = cell(b, 4 + 8 * n->count);
		memcpy(b->p + list + 4, "lf", 2);
		put_u16(b->p + list + 6, (uint16_t)n->count);
		for (size_t i = 0; i < n->count; i++) {
			uint8_t *entry = b->p + list + 8 + 8 * i;
			size_t hint = strlen(n->children[i]->name);

			put_u32(entry, put_node(b, n->children[i], at));
			memcpy(entry + 4, n->children[i]->name, hint < 4 ? hint : 4);
		}
	}
	memcpy(nk, "nk", 2);
	put_u16(nk + 2, parent == NOTHING ? 0x2c : 0x20);
	put_u32(nk + 16, parent == NOTHING ? 0 : parent);
	put_u32(nk + 20, (uint32_t)n->count);
	put_u32(nk + 28, list);
	put_u32(nk + 32, NOTHING);
	put_u32(nk + 36, (uint32_t)n->value_count);
	put_u32(nk + 40, values);
	put_u32(nk + 44, SECURITY);
	put_u32(nk + 48, NOTHING);
	put_u32(b->p + SECURITY + 4 + 12, get_u32(b->p + SECURITY + 4 + 12) + 1);
	put_u16(nk + 72, (uint16_t)name_len);
	memcpy(nk + 76, n->name, name_len);
	return at;
}

uint8_t *
fake_hive(const struct fake_value *v, size_t count, size_t *ret_len)
{
	struct node root = { .name = xstrdup("ROOT") };
	uint8_t *p = xzalloc(4096 + BIN);
	struct bin b = { p + 4096, 32 };
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++)
		insert(&root, &v[i]);
	memcpy(p, "regf", 4);
	put_u32(p + 4, 1);
	put_u32(p + 8, 1);
	put_u32(p + 20, 1);
	put_u32(p + 24, 5);
	put_u32(p + 32, 1);
	memcpy(b.p, "hbin", 4);
	put_u32(b.p + 8, BIN);
	put_security(&b);
	put_u32(p + 36, put_node(&b, &root, NOTHING));
	put_u32(p + 40, BIN);
	put_u32(p + 44, 1);
	put_u32(b.p + b.used, BIN - b.used);
	for (size_t i = 0; i < 508; i += 4)
		sum ^= get_u32(p + i);
	put_u32(p + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
	free_node(&root);
	*ret_len = 4096 + BIN;
	return p;
}
