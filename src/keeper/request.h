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
	ASK_WRITE_OUT,
	ASK_FOLDER_BEGIN,
	ASK_FOLDER_FILE,
	ASK_FOLDER_DATA,
	ASK_FOLDER_END,
	ASK_PROOF,
	ASK_APPEND_BESIDE,
	ASK_STREAM_BEGIN,
};

void request_put_changes(struct message *m, const struct changes *c);
/* The same, and `c` is empty afterwards: each piece is freed as it goes, so that there is never twice of all. */
void request_move_changes(struct message *m, struct changes *c);
/* ERR_INTERNAL for what is no list; the records' bytes stay in `m`, which must outlive it.  Whether it is well formed says changes_check(). */
int request_get_changes(struct message *m, struct changes *ret, struct error *err);

#endif
