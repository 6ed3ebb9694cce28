/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows' event logs (*.evtx) as records, without message files: what an event says is shown as its data, "Name=value".
 *
 * The provider is the record's component, the event's number its id, the event's record number its line.
 */
#ifndef RESPREP_LOGS_EVTX_H
#define RESPREP_LOGS_EVTX_H

#include "logs/read.h"

/*
 * Events in the order of their numbers, chunk by chunk; memory stays small.  What is damaged costs the events that it holds, and is counted in ret->damaged.
 * ERR_CORRUPT when it is no event log, ERR_LIMIT above 16 GiB.
 */
int evtx_read(const struct log_source *source, const struct log_options *o, log_fn *fn, void *ctx,
	      struct log_info *ret, struct error *err);

#endif
