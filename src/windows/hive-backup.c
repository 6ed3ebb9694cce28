/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RegBack's copies of hives: what they are worth, and one put in place; see hive-backup.h. */
#include <stdlib.h>
#include <string.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/hive-backup.h"

#define A_DAY (UINT64_C(24) * 3600 * 10000000) /* in units of 100 ns */

/* ---- what they are worth ---- */

static int
look_at(struct hive_backups *b, enum windows_hive which, struct error *err)
{
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	const char *path = windows_hive_path(b->backup, which);
	struct file_stat st;
	struct hive *h;

	if (volume_stat(windows_volume(b->backup), path, &st, &problem) < 0) {
		b->state[which] = BACKUP_ABSENT;
		return problem.code == ERR_NOT_FOUND || problem.code == ERR_UNSUPPORTED ?
			       0 :
			       (error_move(err, &problem), -1);
	}
	if (st.type == FILE_REGULAR && st.size == 0) {
		b->state[which] = BACKUP_EMPTY;
		return 0;
	}
	h = windows_hive(b->backup, which, &problem);
	if (h && !hive_state(h)->clean)
		error_set(&problem, ERR_UNCLEAN, "%s: it was not closed cleanly", hive_name(h));
	if (!h || problem.code != ERR_NONE || hive_check(h, &problem) < 0) {
		b->state[which] = BACKUP_DAMAGED;
		b->why[which] = xstrdup(problem.message);
		return 0;
	}
	b->state[which] = BACKUP_SOUND;
	b->written[which] = hive_state(h)->written;
	return 0;
}

static bool
within_a_day(const struct hive_backups *b)
{
	uint64_t first = b->written[0], last = b->written[0];

	for (int i = 1; i < HIVE_BACKUPS; i++) {
		first = b->written[i] < first ? b->written[i] : first;
		last = b->written[i] > last ? b->written[i] : last;
	}
	return last - first < A_DAY;
}

/* Two texts that may be missing: counted when both are there; false when they differ. */
static bool
agree(const char *a, const char *b, int *compared)
{
	if (!a || !b)
		return true;
	++*compared;
	return name_equal(a, b);
}

static char *
machine_guid(struct windows *w)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, &ignored);

	return h ? hive_get_text(h, "Microsoft\\Cryptography", "MachineGuid", &ignored) : NULL;
}

/* Host name, machine GUID and day of installation, as far as the hives in use can be read; one at least must be. */
static bool
of_same_machine(struct windows *w, struct windows *backup)
{
	CLEANUP_ERROR struct error e1 = ERROR_INIT, e2 = ERROR_INIT;
	CLEANUP_WINDOWS_VERSION struct windows_version a = { 0 }, b = { 0 };
	CLEANUP_FREE char *guid = machine_guid(w), *other = machine_guid(backup);
	int compared = 0;
	bool same;

	windows_version(w, &a, &e1);
	windows_version(backup, &b, &e2);
	if (!a.host_name)
		a.host_name = windows_host_name(w);
	same = agree(a.host_name, b.host_name, &compared) && agree(guid, other, &compared);
	if (a.installed && b.installed) {
		compared++;
		same = same && a.installed == b.installed;
	}
	return same && compared > 0;
}

int
hive_backups_read(struct windows *w, struct hive_backups *ret, struct error *err)
{
	*ret = (struct hive_backups){ .backup = windows_open_backup(w) };
	ret->all_sound = true;
	for (int i = 0; i < HIVE_BACKUPS; i++) {
		if (look_at(ret, (enum windows_hive)i, err) < 0) {
			hive_backups_clear(ret);
			return -1;
		}
		ret->all_sound &= ret->state[i] == BACKUP_SOUND;
	}
	ret->same_day = ret->all_sound && within_a_day(ret);
	ret->same_machine = of_same_machine(w, ret->backup);
	return 0;
}

void
hive_backups_clear(struct hive_backups *b)
{
	for (int i = 0; i < HIVE_BACKUPS; i++)
		free(b->why[i]);
	windows_close(b->backup);
	*b = (struct hive_backups){ 0 };
}

/* ---- one put in place ---- */

static int
gather(void *ctx, const void *buf, size_t len, uint64_t offset, struct error *err)
{
	(void)err;
	memcpy((uint8_t *)ctx + offset, buf, len);
	return 0;
}

/* `base` bytes of a base block go last, so that the file counts as a hive only when all of it is there. */
static int
put_in_place(struct volume *v, const char *path, const uint8_t *bytes, size_t size, size_t base,
	     struct error *err)
{
	struct file_stat st;

	if (volume_stat(v, path, &st, err) < 0)
		return -1;
	if (st.size < size)
		return volume_replace(v, path, bytes, size, err);
	if (volume_patch(v, path, bytes + base, size - base, base, err) < 0 ||
	    volume_barrier(v, err) < 0)
		return -1;
	return volume_patch(v, path, bytes, base, 0, err);
}

int
hive_backup_restore(struct windows *w, const struct hive_backups *b, enum windows_hive which,
		    struct error *err)
{
	struct hive *h = windows_hive(b->backup, which, err);
	CLEANUP_FREE uint8_t *bytes = NULL;
	uint64_t size;

	if (!h)
		return -1;
	size = hive_image_size(h);
	bytes = checked_alloc(size, UINT64_C(2) << 30, "the copy of a hive", err);
	if (!bytes || hive_write_above(h, gather, bytes, err) < 0)
		return -1;
	return put_in_place(windows_volume(w), windows_hive_path(w, which), bytes, (size_t)size,
			    4096, err);
}
