/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker can ask, by number; and lists of changes in a message. */
#ifndef RESPREP_KEEPER_REQUEST_H
#define RESPREP_KEEPER_REQUEST_H

#include "keeper/channel.h"

struct changes;
struct error;

enum request {
	ASK_UNFINISHED = 1,
	ASK_COMMIT,
	ASK_WRITE_BESIDE,
	ASK_TOOL,
	ASK_FOLDER_BEGIN,
	ASK_FOLDER_FILE,
	ASK_FOLDER_DATA,
	ASK_FOLDER_END,
	ASK_PROOF,
	ASK_APPEND_BESIDE,
	ASK_FILE_BEGIN, /* instead of ASK_FOLDER_BEGIN and _FILE */
	ASK_JOURNAL,	/* begins one */
	ASK_JOURNAL_ADD,
	ASK_TOOL_PAGES, /* before ASK_TOOL: whether these are the first of its pages, and they */
	ASK_TOOL_RESULT,
};

/* A list without its identity, which the keeper has, or a piece of one: records `from` to `to`, with all else when `from` is 0. */
int request_put_changes(struct message *m, const struct changes *c, size_t from, size_t to,
			struct error *err);
/* Where a piece that begins at `from` ends, so that a message is of some size, and no larger. */
size_t request_piece(const struct changes *c, size_t from);
/* ERR_INTERNAL for what is no list; the records' bytes stay in `m`, which must outlive it.  Whether it is well formed says changes_check(). */
int request_get_changes(struct message *m, struct changes *ret, struct error *err);

#endif
