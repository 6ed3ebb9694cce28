/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts with secrets: what is masked has none left by the same rules, and a text without them stays byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "util/cleanup.h"
#include "util/secrets.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len, count, again_len, again_count;
	CLEANUP_FREE uint8_t *masked = secrets_mask_file(data, size, &len, &count);
	CLEANUP_FREE uint8_t *again = NULL;

	if (!count)
		FUZZ_ASSERT(len == size && (!size || memcmp(masked, data, size) == 0));
	/* the mask itself is a secret to the rules, and stays what it is */
	again = secrets_mask_file(masked, len, &again_len, &again_count);
	FUZZ_ASSERT(again_len == len && (!len || memcmp(again, masked, len) == 0));
	return 0;
}
