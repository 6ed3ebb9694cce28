/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows' error codes in words.  The bits are as [MS-ERREF] 2.1 (HRESULT) and 2.3 (NTSTATUS) have them:
 *
 *      31 30   29       28   27   26…16      15…0
 *      S  R    C        N    X    facility   code       HRESULT; N: an NTSTATUS that was wrapped
 *      Sev     C        N    facility 27…16  code       NTSTATUS; C: not Microsoft's
 */
#include <stdlib.h>
#include <string.h>

#include "logs/error-code.h"
#include "util/alloc.h"

#define NT_BIT 0x10000000u

static const char *
pooled(uint32_t at)
{
	return at ? error_pool + at : NULL;
}

/* The first entry of `value`, or where it would be. */
static size_t
find_first(uint32_t value)
{
	size_t low = 0, high = error_table_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (error_table[middle].value < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct hits {
	struct error_hit *list;
	size_t count, most;
};

/* The meanings of `value` in one family. */
static void
add_family(struct hits *h, uint32_t value, enum error_family family, enum error_relation relation)
{
	for (size_t i = find_first(value); i < error_table_count && error_table[i].value == value;
	     i++) {
		const struct error_entry *e = &error_table[i];

		if (e->family == family && h->count < h->most)
			h->list[h->count++] = (struct error_hit){ .value = value,
								  .family = family,
								  .relation = relation,
								  .name = pooled(e->name),
								  .text = pooled(e->text),
								  .note = pooled(e->note),
								  .source = pooled(e->source),
								  .uncertain = e->uncertain };
	}
}

/* HRESULT_FROM_WIN32(), and the same in an NTSTATUS (FACILITY_NTWIN32). */
static bool
wraps_win32(uint32_t code)
{
	return code >> 16 == 0x8007 || code >> 16 == 0xc007;
}

/* HRESULT_FROM_NT().  What is inside has a severity of its own, except that STATUS_SUCCESS is not wrapped. */
static bool
wraps_ntstatus(uint32_t code)
{
	return code & NT_BIT && code >> 29 != 7 && code != NT_BIT;
}

size_t
error_code_lookup(uint32_t code, struct error_hit *hits, size_t most)
{
	struct hits h = { hits, 0, most };

	add_family(&h, code, ERROR_WIN32, ERROR_ITSELF);
	if (code && code < 0x10000 && !h.count) {
		add_family(&h, 0x80070000u | code, ERROR_HRESULT, ERROR_LOW_HALF);
		add_family(&h, 0x800f0000u | code, ERROR_HRESULT, ERROR_LOW_HALF);
	}
	/* what is wrapped comes first: other names for the whole are .NET's and the like */
	if (wraps_win32(code))
		add_family(&h, code & 0xffff, ERROR_WIN32, ERROR_INSIDE);
	add_family(&h, code, ERROR_HRESULT, ERROR_ITSELF);
	add_family(&h, code, ERROR_NTSTATUS, ERROR_ITSELF);
	if (wraps_ntstatus(code))
		add_family(&h, code & ~NT_BIT, ERROR_NTSTATUS, ERROR_INSIDE);
	add_family(&h, code, ERROR_STOP, ERROR_ITSELF);
	return h.count;
}

const char *
error_family_text(enum error_family family)
{
	switch (family) {
	case ERROR_WIN32:
		return "Win32";
	case ERROR_HRESULT:
		return "HRESULT";
	case ERROR_NTSTATUS:
		return "NTSTATUS";
	case ERROR_STOP:
		return "STOP code";
	}
	return "?";
}

const char *
error_code_text(uint32_t code)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(code, hits, ERROR_HITS_MOST);

	for (size_t i = 0; i < n; i++)
		if (hits[i].text)
			return hits[i].text;
	return NULL;
}

const char *
error_code_symbol(uint32_t code)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(code, hits, ERROR_HITS_MOST);

	for (size_t i = 0; i < n; i++)
		if (hits[i].name)
			return hits[i].name;
	return NULL;
}

bool
error_code_extend(uint32_t code, const char **phase, const char **operation)
{
	static const char *const phases[] = { NULL,	    "DOWNLEVEL",   "SAFE_OS",
					      "FIRST_BOOT", "SECOND_BOOT", "UNINSTALL" };
	static const char *const operations[] = {
		"UNKNOWN",
		"COPY_PAYLOAD",
		"DOWNLOAD_UPDATES",
		"INSTALL_UPDATES",
		"INSTALL_RECOVERY_ENVIRONMENT",
		"INSTALL_RECOVERY_IMAGE",
		"REPLICATE_OC",
		"INSTALL_DRIVERS",
		"PREPARE_SAFE_OS",
		"PREPARE_ROLLBACK",
		"PREPARE_FIRST_BOOT",
		"PREPARE_OOBE_BOOT",
		"APPLY_IMAGE",
		"MIGRATE_DATA",
		"SET_PRODUCT_KEY",
		"ADD_UNATTEND",
		"ADD_DRIVER",
		"ENABLE_FEATURE",
		"DISABLE_FEATURE",
		"REGISTER_ASYNC_PROCESS",
		"REGISTER_SYNC_PROCESS",
		"CREATE_FILE",
		"CREATE_REGISTRY",
		"BOOT",
		"SYSPREP",
		"OOBE",
		"BEGIN_FIRST_BOOT",
		"END_FIRST_BOOT",
		"BEGIN_OOBE_BOOT",
		"END_OOBE_BOOT",
		"PRE_OOBE",
		"POST_OOBE",
		"ADD_PROVISIONING_PACKAGE",
		"SYSPREP_RESPECIALIZE",
	};
	uint32_t high = code >> 16, low = code & 0xffff;

	if (high < 1 || high >= ARRAY_SIZE(phases) || low >= ARRAY_SIZE(operations))
		return false;
	*phase = phases[high];
	*operation = operations[low];
	return true;
}
