/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * .reg text: read; written again from what was read, which must read as the same; done to an empty hive, which stays
 * sound; and what that hive exports makes the same hive of another empty one.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/hive-walk.h"
#include "registry/hive.h"
#include "registry/regfile.h"
#include "tests/support/hive-build.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define OPS 64 /* that are done */
#define NOW UINT64_C(130464960000000000)

static bool
same_op(const struct reg_op *a, const struct reg_op *b)
{
	return a->kind == b->kind && strcmp(a->key, b->key) == 0 && !a->name == !b->name &&
	       (!a->name || strcmp(a->name, b->name) == 0) && a->type == b->type &&
	       a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

/* Names with a NUL or a line end have no line: they are left out when written. */
static bool
fits_a_line(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < 0x20 || strncmp(s, "\xc0\x80", 2) == 0)
			return false;
	return true;
}

static void
write_again(const struct reg_ops *ops)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_TEXT struct text text = TEXT_INIT;
	CLEANUP_REG_OPS struct reg_ops again = { 0 };
	CLEANUP_FREE uint8_t *wide = NULL;
	size_t len, k = 0;

	regfile_begin(&text);
	for (size_t i = 0; i < ops->count; i++) {
		const struct reg_op *op = &ops->list[i];
		struct hive_value v = { op->name, op->type, op->data, op->len, false };

		if (!fits_a_line(op->key) || !fits_a_line(op->name))
			return;
		if (op->kind == REG_OP_DELETE_KEY) {
			regfile_delete_key(&text, op->key);
			continue;
		}
		if (op->kind == REG_OP_KEY)
			regfile_key(&text, op->key);
		if (op->kind == REG_OP_SET)
			regfile_value(&text, &v);
		if (op->kind == REG_OP_DELETE)
			regfile_delete_value(&text, op->name);
	}
	wide = regfile_encode(text_str(&text), &len);
	if (regfile_parse(wide, len, &again, &err) < 0)
		fuzz_broken(__FILE__, __LINE__, "what was written reads again", err.message);
	for (size_t i = 0; i < ops->count; i++, k++) {
		FUZZ_ASSERT(k < again.count);
		FUZZ_ASSERT(same_op(&ops->list[i], &again.list[k]));
	}
	FUZZ_ASSERT(k == again.count);
}

/* Below the first two names of its path: in a real hive these say which it is. */
static const char *
below(const char *key)
{
	for (int i = 0; i < 2 && *key; i++) {
		key += strcspn(key, "\\");
		key += *key == '\\';
	}
	return key;
}

static int
do_one(struct hive *h, const struct reg_op *op, struct error *err)
{
	const char *key = below(op->key);

	switch (op->kind) {
	case REG_OP_KEY:
		return hive_create_key(h, key, NOW, err);
	case REG_OP_DELETE_KEY:
		return *key ? hive_delete_key(h, key, NOW, err) : 0;
	case REG_OP_SET:
		return hive_put_value(h, key, op->name, op->type, op->data, op->len, NOW, err);
	default:
		return hive_delete_value(h, key, op->name, NOW, err);
	}
}

static struct hive *
empty_hive(void)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct hive_build b;
	struct hive *h;

	build_begin(&b, 5, 4096);
	build_done(&b);
	h = hive_open_memory("FUZZ", b.p, b.size, &err);
	free(b.p);
	FUZZ_ASSERT(h);
	return h;
}

/* The hive's text after all that could be done; the caller's. */
static char *
do_all(const struct reg_ops *ops, bool all)
{
	CLEANUP_HIVE struct hive *h = empty_hive();
	CLEANUP_ERROR struct error err = ERROR_INIT, check = ERROR_INIT;
	char *text;

	for (size_t i = 0; i < ops->count && (all || i < OPS); i++) {
		int got = do_one(h, &ops->list[i], &err);

		FUZZ_ASSERT(!all || got == 0);
		fuzz_expect(got, &err);
	}
	if (hive_check(h, &check) < 0)
		fuzz_broken(__FILE__, __LINE__, "sound after edits", check.message);
	text = hive_walk_export(h, "HKEY_LOCAL_MACHINE\\FUZZ");
	FUZZ_ASSERT(text);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_REG_OPS struct reg_ops ops = { 0 }, exported = { 0 };
	CLEANUP_FREE char *first = NULL;
	CLEANUP_FREE char *second = NULL;
	CLEANUP_FREE uint8_t *wide = NULL;
	size_t len;
	int got = regfile_parse(data, size, &ops, &err);

	FUZZ_ASSERT(got == 0 || (ops.count == 0 && !ops.list));
	fuzz_expect(got, &err);
	if (got < 0 || !ops.count)
		return 0;
	write_again(&ops);
	first = do_all(&ops, false);
	if (strstr(first, " is left out\r\n"))
		return 0;
	wide = regfile_encode(first, &len); /* as it goes to a file: names need not be UTF-8 */
	if (regfile_parse(wide, len, &exported, &err) < 0)
		fuzz_broken(__FILE__, __LINE__, "an export reads again", err.message);
	second = do_all(&exported, true);
	FUZZ_ASSERT(strcmp(first, second) == 0);
	return 0;
}
