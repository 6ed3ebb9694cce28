/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where copies go: a folder, or an archive; both by way of the keeper. */
#ifndef RESPREP_SESSION_COPIES_SINK_H
#define RESPREP_SESSION_COPIES_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct copies_sink;
struct error;
struct keeper;

struct copies_sink_ops {
	/* A file of an archive cannot be taken back: it is to be read once before it is begun. */
	bool whole_only;
	/* ERR_EXISTS: another name is to be tried. */
	int (*begin)(struct copies_sink *s, const char *path, uint64_t size,
		     const struct timespec times[2], struct error *err);
	int (*data)(struct copies_sink *s, const void *p, size_t n, struct error *err);
	int (*hole)(struct copies_sink *s, uint64_t n, struct error *err);
	int (*end)(struct copies_sink *s, const struct timespec times[2], bool keep,
		   struct error *err);
	int (*finish)(struct copies_sink *s, struct error *err);
	void (*free)(struct copies_sink *s);
};
struct copies_sink {
	const struct copies_sink_ops *ops;
	struct keeper *keeper;
};

/* Begins options.out_folder, or with the name of an archive options.out_file. */
struct copies_sink *copies_sink_new(struct keeper *k, const char *path, struct error *err);
/* What takes all and keeps nothing, to read a file once before. */
struct copies_sink *copies_sink_none(void);
void copies_sink_free(struct copies_sink *s);
void copies_sink_freep(struct copies_sink **s);
#define CLEANUP_COPIES_SINK __attribute__((cleanup(copies_sink_freep)))

#endif
