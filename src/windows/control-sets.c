/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control sets: SYSTEM\Select says which; none is ever made. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/windows.h"

/* A number under Select; 0 when it is not there. */
static int
select_value(struct hive *h, const char *name, uint32_t *ret, struct error *err)
{
	*ret = 0;
	if (hive_get_u32(h, "Select", name, ret, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	return 0;
}

static int
add_set(struct hive *h, uint32_t number, const char *which, struct control_sets *c,
	struct error *err)
{
	CLEANUP_FREE char *name = xasprintf("ControlSet%03" PRIu32, number);
	hive_key key;

	if (hive_find_path(h, name, &key, err) == 0) {
		c->write[c->write_count++] = steal(&name);
		return 0;
	}
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	free(c->problem);
	c->problem = xasprintf("Select\\%s names %s, which does not exist", which, name);
	return 0;
}

static bool
is_written(const struct control_sets *c, const char *name)
{
	for (size_t i = 0; i < c->write_count; i++)
		if (name_equal(c->write[i], name))
			return true;
	return false;
}

static int
add_others(struct hive *h, struct control_sets *c, struct error *err)
{
	CLEANUP_FREE hive_key *keys = NULL;
	size_t count;
	hive_key root;

	if (hive_root(h, &root, err) < 0 || hive_subkeys(h, root, &keys, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_FREE char *name = hive_key_name(h, keys[i], err);

		if (!name)
			return -1;
		if (!name_starts_with(name, "ControlSet") || is_written(c, name))
			continue;
		ARRAY_GROW(c->others, c->other_count);
		c->others[c->other_count++] = steal(&name);
	}
	return 0;
}

int
windows_control_sets(struct windows *w, struct control_sets *ret, struct error *err)
{
	CLEANUP_CONTROL_SETS struct control_sets c = { 0 };
	struct hive *h = windows_hive(w, HIVE_SYSTEM, err);

	if (!h || select_value(h, "Current", &c.current, err) < 0 ||
	    select_value(h, "Default", &c.dflt, err) < 0 ||
	    select_value(h, "Failed", &c.failed, err) < 0 ||
	    select_value(h, "LastKnownGood", &c.last_known_good, err) < 0)
		return -1;
	if (!c.dflt && !c.current)
		return error_set(err, ERR_CORRUPT, "SYSTEM: Select names no control set");
	if (c.dflt && add_set(h, c.dflt, "Default", &c, err) < 0)
		return -1;
	if (c.current && c.current != c.dflt && add_set(h, c.current, "Current", &c, err) < 0)
		return -1;
	if (!c.write_count)
		return error_set(err, ERR_CORRUPT, "SYSTEM: %s", c.problem);
	if (add_others(h, &c, err) < 0)
		return -1;
	*ret = c;
	c = (struct control_sets){ 0 };
	return 0;
}

void
control_sets_clear(struct control_sets *c)
{
	for (size_t i = 0; i < c->write_count; i++)
		free(c->write[i]);
	for (size_t i = 0; i < c->other_count; i++)
		free(c->others[i]);
	free(c->others);
	free(c->problem);
	*c = (struct control_sets){ 0 };
}

int
windows_product_type(struct windows *w, char **ret, char **ret_key, struct error *err)
{
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	struct hive *h = windows_hive(w, HIVE_SYSTEM, err);

	*ret = *ret_key = NULL;
	if (!h || windows_control_sets(w, &sets, err) < 0)
		return -1;
	if (!sets.write_count)
		return 0;
	*ret_key = xasprintf("%s\\Control\\ProductOptions", sets.write[0]);
	*ret = hive_get_text(h, *ret_key, "ProductType", err);
	if (*ret)
		return 0;
	if (err->code == ERR_NOT_FOUND || err->code == ERR_CORRUPT) {
		error_clear(err);
		return 0;
	}
	free(*ret_key);
	*ret_key = NULL;
	return -1;
}
