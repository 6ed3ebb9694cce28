/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SAM\Domains\Account: its value V ends with the machine's SID (the last three sub-authorities); below Users
 * there is a key for each account, named by its RID in eight hexadecimal digits.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "windows/profiles.h"
#include "windows/sam.h"
#include "windows/windows.h"

#define ACCOUNT "SAM\\Domains\\Account"

static char *
machine_sid(struct hive *h, struct error *err)
{
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	const uint8_t *p;
	hive_key key;

	if (hive_find_path(h, ACCOUNT, &key, err) < 0 || hive_value(h, key, "V", &v, err) < 0)
		return NULL;
	if (v.len < 12) {
		error_set(err, ERR_CORRUPT, "SAM: %s: V is too short", ACCOUNT);
		return NULL;
	}
	p = v.data + v.len - 12;
	return xasprintf("S-1-5-21-%" PRIu32 "-%" PRIu32 "-%" PRIu32, get_u32(p), get_u32(p + 4),
			 get_u32(p + 8));
}

/* 1 when there is an account with the RID, 0 when not, -1 when it cannot be told. */
static int
has_account(struct hive *h, const char *rid_text)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	char *end;
	unsigned long rid = strtoul(rid_text, &end, 10);
	CLEANUP_FREE char *path = xasprintf(ACCOUNT "\\Users\\%08lX", rid);
	hive_key key;

	if (*end || end == rid_text)
		return -1;
	if (hive_find_path(h, path, &key, &problem) == 0)
		return 1;
	return problem.code == ERR_NOT_FOUND ? 0 : -1;
}

void
sam_mark(struct windows *w, struct profiles *p)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	CLEANUP_FREE char *prefix = NULL;
	struct hive *h = windows_hive(w, HIVE_SAM, &problem);
	hive_key users;

	if (!h)
		return;
	p->machine_sid = machine_sid(h, &problem);
	/* without the list of users their absence would mean nothing */
	if (!p->machine_sid || hive_find_path(h, ACCOUNT "\\Users", &users, &problem) < 0)
		return;
	prefix = xasprintf("%s-", p->machine_sid);
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].kind == PROFILE_USER && name_starts_with(p->list[i].sid, prefix))
			p->list[i].in_sam = has_account(h, p->list[i].sid + strlen(prefix));
}

/* -1; what is not there becomes `code` with other words, any other error stays. */
static int
absent_is(enum error_code code, const char *words, const char *name, struct error *err)
{
	if (err->code != ERR_NOT_FOUND)
		return -1;
	error_clear(err);
	return error_set(err, code, "%s%s%s%s", words, *name ? "'" : "", name, *name ? "'" : "");
}

/* Below Users\Names each account has a key, whose default value has the RID as its type and no data.  (RegRipper's samparse reads it there, too.) */
int
sam_account_rid(struct windows *w, const char *name, uint32_t *ret, struct error *err)
{
	struct hive *h = windows_hive(w, HIVE_SAM, err);
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	hive_key names, key;

	if (!h)
		return -1;
	if (hive_find_path(h, ACCOUNT "\\Users\\Names", &names, err) < 0)
		return absent_is(ERR_CORRUPT, "SAM has no list of names", "", err);
	/* no account has a backslash in its name, and here it would lead elsewhere */
	if (!*name || strchr(name, '\\'))
		return error_set(err, ERR_NOT_FOUND, "SAM has no account '%s'", name);
	if (hive_find(h, names, name, &key, err) < 0)
		return absent_is(ERR_NOT_FOUND, "SAM has no account ", name, err);
	if (hive_value(h, key, "", &v, err) < 0)
		return absent_is(ERR_CORRUPT, "SAM has no RID for the account ", name, err);
	*ret = v.type;
	return 0;
}

/*
 * Its value F holds at 0x38 the bits that [MS-SAMR] 2.2.1.12 calls USER_ACCOUNT codes; the first is "disabled".  (RegRipper's samparse reads it there,
 * too.)
 */
int
sam_account_disabled(struct windows *w, uint32_t rid, bool *ret, struct error *err)
{
	struct hive *h = windows_hive(w, HIVE_SAM, err);
	CLEANUP_FREE char *path = xasprintf(ACCOUNT "\\Users\\%08" PRIX32, rid);
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	hive_key key;

	if (!h || hive_find_path(h, path, &key, err) < 0 || hive_value(h, key, "F", &v, err) < 0)
		return -1;
	if (v.len < 0x3a)
		return error_set(err, ERR_CORRUPT, "SAM: %s: F is too short", path);
	*ret = get_u16(v.data + 0x38) & 1;
	return 0;
}
