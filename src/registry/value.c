/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values by path and type. */
#include "registry/hive-private.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/error.h"
#include "util/utf16.h"

const char *
reg_type_text(uint32_t type)
{
	static const char *const names[] = { "REG_NONE",   "REG_SZ",	  "REG_EXPAND_SZ",
					     "REG_BINARY", "REG_DWORD",	  "REG_DWORD_BIG_ENDIAN",
					     "REG_LINK",   "REG_MULTI_SZ" };

	if (type == REG_TYPE_QWORD)
		return "REG_QWORD";
	return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

static int
get(struct hive *h, const char *path, const char *name, struct hive_value *v, struct error *err)
{
	hive_key key;

	if (hive_find_path(h, path, &key, err) < 0)
		return -1;
	return hive_value(h, key, name, v, err);
}

int
hive_get_u32(struct hive *h, const char *path, const char *name, uint32_t *ret, struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };

	if (get(h, path, name, &v, err) < 0)
		return -1;
	if (v.type != REG_TYPE_DWORD || v.len != 4)
		return error_set(err, ERR_CORRUPT,
				 "%s\\%s: '%s' has type %s and %u bytes, expected REG_DWORD",
				 h->name, path, name,
				 reg_type_text(v.type) ? reg_type_text(v.type) : "unknown", v.len);
	*ret = get_u32(v.data);
	return 0;
}

char *
hive_value_text(const struct hive_value *v)
{
	if (v->type != REG_TYPE_SZ && v->type != REG_TYPE_EXPAND_SZ && v->type != REG_TYPE_MULTI_SZ)
		return NULL;
	return utf16_to_text(v->data, v->len, NULL);
}

char *
hive_get_text(struct hive *h, const char *path, const char *name, struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	char *text;

	if (get(h, path, name, &v, err) < 0)
		return NULL;
	text = hive_value_text(&v);
	if (!text)
		error_set(err, ERR_CORRUPT, "%s\\%s: '%s' has type %s, expected REG_SZ", h->name,
			  path, name, reg_type_text(v.type) ? reg_type_text(v.type) : "unknown");
	return text;
}
