/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The drivers without which an instance does not start or has no network: Nitro needs an NVMe driver that starts at boot, and ENA; Xen has the
 * paravirtual ones.
 *
 * Sources: AWS, "Migrate to latest generation instance types", "AWS NVMe drivers", "Paravirtual drivers for Windows instances", "Troubleshoot PV
 * drivers" (the subkey StartOverride of xenvbd and xenfilt is to be deleted on Windows Server 2012 R2).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define ID	      "image-drivers"
#define START_BOOT    0u
#define START_ABSENT  UINT32_MAX
#define DISABLED      4u
#define BUILD_2012_R2 9600u
#define BUILD_2025    26100u
#define PV_KEY	      "Amazon\\PVDriver"

static const struct problem problems[] = {
	{ "file-missing", SEVERITY_WARNING, RISK_NONE,
	  "A driver is registered, but its file is not there." },
	{ "not-at-boot", SEVERITY_WARNING, RISK_CAREFUL,
	  "A driver for the root volume does not start at boot." },
	{ "disabled", SEVERITY_WARNING, RISK_NONE, "A driver is disabled." },
	{ "start-override", SEVERITY_WARNING, RISK_CAREFUL,
	  "StartOverride keeps a driver from starting as it is registered." },
	{ "no-nvme", SEVERITY_NOTE, RISK_NONE,
	  "No NVMe driver starts at boot: instances on Nitro do not start." },
	{ "no-ena", SEVERITY_NOTE, RISK_NONE,
	  "ENA is not installed: instances on Nitro have no network." },
	{ "pv-version", SEVERITY_NOTE, RISK_NONE,
	  "The version of the paravirtual drivers has known faults." },
	{ "pv-unsupported", SEVERITY_NOTE, RISK_NONE,
	  "The paravirtual drivers are not supported on this Windows." },
	{ 0 },
};

static const char doc[] =
	"Looks at the services AWSNVMe, stornvme, ena and the paravirtual xen drivers in the control set of the next boot: Start, the subkey\n"
	"StartOverride, by which Windows Server 2012 R2 and later demote a driver, and whether the file that ImagePath names is there.  What is installed\n"
	"and cannot work is a warning; what is not installed is a note, because an image for Xen alone needs no ENA and no NVMe.  Also tells versions of the\n"
	"paravirtual drivers with known faults, and that AWS does not support them on Windows Server 2025.\n"
	"\n"
	"The repair sets Start of AWSNVMe to 0, and deletes StartOverride of xenvbd and xenfilt on Windows Server 2012 R2, as AWS tells to; both\n"
	"are careful, because they decide how this machine starts.  StartOverride of other drivers is told only.  Only on a Windows that has run on EC2.";

static const struct driver {
	const char *service;
	const char *what;
	bool boot;	    /* the root volume may lie behind it */
	bool start_known;   /* that it starts at boot when it is well: AWS' own */
	bool override_goes; /* AWS tells to delete its StartOverride on 2012 R2 */
} drivers[] = {
	{ "AWSNVMe", "AWS' NVMe driver", true, true, false },
	{ "ena", "the Elastic Network Adapter", false, false, false },
	{ "xenvbd", "the paravirtual disk driver", true, false, true },
	{ "xenfilt", "the paravirtual filter driver", true, false, true },
	{ "xenbus", "the paravirtual bus driver", true, false, false },
	{ "xeniface", "the paravirtual interface driver", false, false, false },
	{ "xenvif", "the paravirtual network class driver", false, false, false },
	{ "xennet", "the paravirtual network driver", false, false, false },
};

/* One driver as the next boot finds it. */
struct state {
	char *key; /* of its service */
	bool there;
	uint32_t start;
	bool has_override;
	uint32_t override; /* the first value of StartOverride; START_ABSENT without */
	char *path;	   /* of its file; NULL: not known */
	bool file_gone;
};

static void
state_clear(struct state *d)
{
	free(d->key);
	free(d->path);
	*d = (struct state){ 0 };
}
#define CLEANUP_STATE __attribute__((cleanup(state_clear)))

/* "System32\drivers\x.sys" and "\SystemRoot\System32\drivers\x.sys" lie below the Windows folder; other spellings are not judged. */
static char *
file_of(struct subject *s, const char *image)
{
	char *path;

	if (name_starts_with(image, "\\SystemRoot\\"))
		image += sizeof "\\SystemRoot\\" - 1;
	else if (!name_starts_with(image, "System32\\"))
		return NULL;
	path = windows_path(subject_windows(s), image);
	for (char *c = path; *c; c++)
		if (*c == '\\')
			*c = '/';
	return path;
}

static int
look_at_file(struct subject *s, struct hive *h, struct state *d, struct error *err)
{
	CLEANUP_FREE char *image = hive_get_text(h, d->key, "ImagePath", err);
	struct file_stat st;

	error_clear(err);
	d->path = image ? file_of(s, image) : NULL;
	if (!d->path || volume_stat(subject_volume(s), d->path, &st, err) == 0)
		return 0;
	if (err->code == ERR_INTERRUPTED)
		return -1;
	d->file_gone = err->code == ERR_NOT_FOUND;
	error_clear(err);
	return 0;
}

/* The values of StartOverride are numbers by boot configuration; one of them that is not 0 demotes. */
static int
look_at_override(struct hive *h, struct state *d, struct error *err)
{
	CLEANUP_FREE char *key = xasprintf("%s\\StartOverride", d->key);
	struct hive_value *values = NULL;
	size_t count = 0;
	hive_key at;

	d->override = START_ABSENT;
	if (hive_find_path(h, key, &at, err) < 0 || hive_values(h, at, &values, &count, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t v;

		if (hive_get_u32(h, key, values[i].name, &v, err) < 0) {
			error_clear(err);
			continue;
		}
		if (v != START_BOOT && !d->has_override) {
			d->has_override = true;
			d->override = v;
		}
	}
	hive_values_free(values, count);
	return 0;
}

static int
state_read(struct subject *s, const char *service, struct state *ret, struct error *err)
{
	const struct control_sets *sets = subject_control_sets(s, err);
	struct hive *h = sets ? windows_hive(subject_windows(s), HIVE_SYSTEM, err) : NULL;
	hive_key at;

	*ret = (struct state){ .start = START_ABSENT };
	if (!h)
		return -1;
	ret->key = xasprintf("%s\\Services\\%s", sets->write[0], service);
	if (hive_find_path(h, ret->key, &at, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	ret->there = true;
	if (hive_get_u32(h, ret->key, "Start", &ret->start, err) < 0) {
		ret->start = START_ABSENT;
		if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
			return -1;
		error_clear(err);
	}
	return look_at_file(s, h, ret, err) < 0 ? -1 : look_at_override(h, ret, err);
}

/* Whether it would be there when the root volume is looked for. */
static bool
starts_at_boot(const struct state *d)
{
	return d->there && d->start == START_BOOT && !d->has_override && !d->file_gone;
}

static void
add_start(struct finding *f, const struct state *d)
{
	CLEANUP_FREE char *data = d->start == START_ABSENT ?
					  xstrdup("absent") :
					  xasprintf("%" PRIu32 " (REG_DWORD)", d->start);

	finding_registry(f, "SYSTEM", d->key, "Start", data, 0);
}

static void
wrong_start(const struct driver *n, const struct state *d, struct findings *out)
{
	bool boot = n->boot && d->start != START_BOOT;
	struct finding *f;

	if (!boot && d->start != DISABLED)
		return;
	f = findings_add(out, ID, boot ? "not-at-boot" : "disabled", SEVERITY_WARNING,
			 boot && n->start_known ? RISK_CAREFUL : RISK_NONE, n->service,
			 boot ? "%s (%s) does not start at boot" : "%s (%s) is disabled", n->what,
			 n->service);
	add_start(f, d);
	finding_cause(
		f, "%s",
		boot ? "Windows does not find its root volume behind it, and stops with 0x7B." :
		       "Instances that need it have no network.");
	if (boot && n->start_known)
		finding_repair(f, "set Start of %s to 0 (boot)", n->service);
}

static void
override(const struct driver *n, const struct state *d, uint32_t build, struct findings *out)
{
	bool goes = n->override_goes && build == BUILD_2012_R2;
	CLEANUP_FREE char *key = xasprintf("%s\\StartOverride", d->key);
	CLEANUP_FREE char *data = xasprintf("%" PRIu32 " (REG_DWORD)", d->override);
	struct finding *f = findings_add(out, ID, "start-override", SEVERITY_WARNING,
					 goes ? RISK_CAREFUL : RISK_NONE, n->service,
					 "StartOverride demotes %s (%s)", n->what, n->service);

	finding_registry(f, "SYSTEM", key, NULL, data, 0);
	finding_cause(
		f,
		"The driver is started later than Start says, or not at all: disks or network are lost after a restart.");
	if (goes)
		finding_repair(f, "delete the key StartOverride of %s", n->service);
}

static void
judge(const struct driver *n, const struct state *d, uint32_t build, struct findings *out)
{
	struct finding *f;

	if (!d->there)
		return;
	if (d->file_gone) {
		f = findings_add(out, ID, "file-missing", SEVERITY_WARNING, RISK_NONE, n->service,
				 "the file of %s (%s) is not there", n->what, n->service);
		finding_line(f, d->path, 0, 0, "is not there");
		add_start(f, d);
		finding_cause(f, "Windows cannot load it.  Install the driver again.");
	}
	wrong_start(n, d, out);
	if (d->has_override)
		override(n, d, build, out);
}

/* What Nitro needs and nobody has installed. */
static int
nitro(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_STATE struct state aws = { 0 }, inbox = { 0 }, ena = { 0 };
	struct finding *f;

	if (state_read(s, "AWSNVMe", &aws, err) < 0 || state_read(s, "stornvme", &inbox, err) < 0 ||
	    state_read(s, "ena", &ena, err) < 0)
		return -1;
	/* AWS' own, when it is there, is judged by itself */
	if (!aws.there && !starts_at_boot(&inbox)) {
		f = findings_add(out, ID, "no-nvme", SEVERITY_NOTE, RISK_NONE, NULL,
				 "no NVMe driver starts at boot");
		if (inbox.there)
			add_start(f, &inbox);
		finding_cause(
			f,
			"Instances of the image start on Xen (T2, M4, …) only; on Nitro Windows does not find its root volume.  Install AWS' NVMe driver.");
	}
	if (!ena.there) {
		f = findings_add(out, ID, "no-ena", SEVERITY_NOTE, RISK_NONE, NULL,
				 "the Elastic Network Adapter's driver is not installed");
		finding_cause(f, "Instances of the image have no network on Nitro.");
	}
	return 0;
}

/* AWS: "Paravirtual drivers": 7.4.3 has a signature that has run out; 8.4.0 mends crashes and hangs; 2025 is not supported. */
static int
pv_version(struct subject *s, uint32_t build, struct findings *out, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_ERROR struct error absent = ERROR_INIT;
	CLEANUP_FREE char *version = h ? hive_get_text(h, PV_KEY, "Version", &absent) : NULL;
	unsigned long major, minor;
	struct finding *f;
	char *end;

	if (!h)
		return -1;
	if (!version)
		return 0;
	if (build >= BUILD_2025) {
		f = findings_add(
			out, ID, "pv-unsupported", SEVERITY_NOTE, RISK_NONE, NULL,
			"the paravirtual drivers are not supported on Windows Server 2025: %s",
			version);
		finding_registry(f, "SOFTWARE", PV_KEY, "Version", version, 0);
		finding_cause(
			f,
			"On Xen (T2, M4, …) instances of the image depend on drivers that AWS does not support; on Nitro they use NVMe and ENA.");
		return 0;
	}
	major = strtoul(version, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	if (!major || major > 8 || (major == 8 && minor >= 4))
		return 0;
	f = findings_add(out, ID, "pv-version", SEVERITY_NOTE, RISK_NONE, NULL,
			 "the paravirtual drivers are older than 8.4.0: %s", version);
	finding_registry(f, "SOFTWARE", PV_KEY, "Version", version, 0);
	finding_cause(
		f,
		"That version mends crashes and hanging disks.  Update them in Windows before Sysprep.");
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct agents *agents = subject_agents(s, err);
	uint32_t build = windows_build(subject_windows(s));

	if (!agents)
		return -1;
	if (!agents->installed && !agents->evidence_count)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		CLEANUP_STATE struct state d = { 0 };

		if (state_read(s, drivers[i].service, &d, err) < 0)
			return -1;
		judge(&drivers[i], &d, build, out);
	}
	return nitro(s, out, err) < 0 ? -1 : pv_version(s, build, out, err);
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_STATE struct state d = { 0 };
	CLEANUP_FREE char *key = NULL;

	if (state_read(s, f->subject, &d, err) < 0)
		return -1;
	if (!d.there)
		return error_set(err, ERR_NOT_FOUND, "the service %s is not there", f->subject);
	if (name_equal(f->problem, "not-at-boot"))
		return edit_set_u32(s, ID, HIVE_SYSTEM, d.key, "Start", START_BOOT, err);
	key = xasprintf("%s\\StartOverride", d.key);
	return edit_delete_key(s, ID, HIVE_SYSTEM, key, err);
}

const struct check check_image_drivers = {
	.id = ID,
	.title = "The drivers of EC2 are there and start as they should",
	.group = GROUP_IMAGE,
	.asked_only = true,
	.edits = EDITS_SYSTEM,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
