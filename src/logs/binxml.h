/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binary XML as it stands in the chunks of event logs: for logs/evtx.c. */
#ifndef RESPREP_LOGS_BINXML_H
#define RESPREP_LOGS_BINXML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/text.h"

/* What is taken from an event. */
struct binxml_event {
	struct text provider; /* Event/System/Provider, Name */
	uint32_t id, level;   /* Event/System/EventID and Level */
	struct text data;     /* of EventData and UserData: "Name=value", "; " between */
};
void binxml_event_clear(struct binxml_event *e);

/*
 * The event whose fragment is at `at` of the chunk, up to `end`.  Names and templates may lie anywhere in the chunk.  False when it is damaged; `e` has
 * what was read by then.
 */
bool binxml_event(const uint8_t *chunk, size_t chunk_len, size_t at, size_t end,
		  struct binxml_event *e);

#endif
