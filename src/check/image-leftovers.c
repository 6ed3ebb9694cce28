/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What else of this machine goes into an image: people's accounts and profiles, the one that CopyProfile may take, a domain, programs that wait for the
 * next logon.  All notes: AWS and Microsoft advise against them, and images are made with them on purpose.
 *
 * Sources: AWS, "Create an Amazon EC2 AMI using Windows Sysprep" (delete all local accounts but one, and their profiles); Microsoft, "Customize
 * the default local user profile when preparing an image" (with several profiles Windows may choose another than was meant).
 */
#include "answer/answer.h"
#include "answer/unattend.h"
#include "check/checks.h"
#include "check/image.h"
#include "check/subject.h"
#include "ec2/answer-files.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define ID	     "image-leftovers"
#define RUN_ONCE_KEY "Microsoft\\Windows\\CurrentVersion\\RunOnce"
#define NAMES_KEY    "SAM\\Domains\\Account\\Users\\Names"
#define FIRST_RID    1000u /* of accounts that people have made */
#define SHOWN	     16	   /* accounts and programs that are named */

static const struct problem problems[] = {
	{ "accounts", SEVERITY_NOTE, RISK_NONE,
	  "Local accounts of people go into the image, with their passwords." },
	{ "profiles", SEVERITY_NOTE, RISK_NONE, "Profiles of people go into the image." },
	{ "copyprofile-choice", SEVERITY_NOTE, RISK_NONE,
	  "CopyProfile may take another profile than was meant." },
	{ "copyprofile-off", SEVERITY_NOTE, RISK_NONE,
	  "CopyProfile is off: what was customised for Administrator is lost." },
	{ "domain", SEVERITY_NOTE, RISK_NONE, "The machine seems to be in a domain." },
	{ "run-once", SEVERITY_NOTE, RISK_NONE, "Programs wait for the next logon." },
	{ 0 },
};

static const char doc[] =
	"Local accounts that people have made, by SAM (RID 1000 and above); profiles besides Administrator's, by ProfileList; CopyProfile in the specialize\n"
	"pass of the answer file that acts next (sealed: Panther\\unattend.xml; else the agent's); the primary DNS suffix, which a member of a\n"
	"domain has; and values of RunOnce.  AWS advises to delete all accounts and profiles but one before Sysprep.\n"
	"\n"
	"There is no repair: what of it is meant to be there is not known.  Accounts and profiles are deleted in Windows, where their files, rights\n"
	"and registry go together.";

static void
add_name(struct finding *f, size_t n, const char *hive, const char *key, const char *value,
	 const char *data)
{
	if (n < SHOWN)
		finding_registry(f, hive, key, value, data, 0);
	else if (n == SHOWN)
		finding_line(f, NULL, 0, 0, "and more");
}

/* A name's key has a default value whose type is the account's RID. */
static void
accounts(struct subject *s, struct findings *out)
{
	CLEANUP_ERROR struct error absent = ERROR_INIT;
	struct hive *h = windows_hive(subject_windows(s), HIVE_SAM, &absent);
	CLEANUP_FREE hive_key *keys = NULL;
	struct finding *f = NULL;
	size_t count = 0, n = 0;
	hive_key names;

	/* a SAM that cannot be read is told by hive-damaged */
	if (!h || hive_find_path(h, NAMES_KEY, &names, &absent) < 0 ||
	    hive_subkeys(h, names, &keys, &count, &absent) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
		CLEANUP_FREE char *name = hive_key_name(h, keys[i], &absent);

		error_clear(&absent);
		if (!name || hive_value(h, keys[i], "", &v, &absent) < 0 || v.type < FIRST_RID) {
			error_clear(&absent);
			continue;
		}
		if (!f)
			f = findings_add(out, ID, "accounts", SEVERITY_NOTE, RISK_NONE, NULL,
					 "local accounts of people go into the image");
		add_name(f, n++, "SAM", NAMES_KEY, NULL, name);
	}
	if (f)
		finding_cause(
			f,
			"They keep their passwords on every instance.  AWS advises to delete all accounts but one before Sysprep.");
}

/* Profiles besides Administrator's whose directory is there. */
static int
profiles(struct subject *s, struct findings *out, size_t *ret_count, struct error *err)
{
	const struct profiles *all = subject_profiles(s, err);
	struct finding *f = NULL;
	size_t n = 0;

	if (!all)
		return -1;
	for (size_t i = 0; i < all->count; i++) {
		const struct profile *p = &all->list[i];

		if (p->kind != PROFILE_USER || p->is_builtin_administrator ||
		    p->dir != PROFILE_DIR_PRESENT)
			continue;
		if (!f)
			f = findings_add(out, ID, "profiles", SEVERITY_NOTE, RISK_NONE, NULL,
					 "profiles of people go into the image");
		add_name(f, n++, "SOFTWARE", PROFILE_LIST_KEY, p->sid, p->path);
	}
	if (f)
		finding_cause(
			f,
			"With them go documents, saved passwords and histories.  AWS advises to delete all profiles but one before Sysprep.");
	*ret_count = n;
	return 0;
}

/* The answer file that specialize will use: of what waits for it, else of the next Sysprep; NULL in *ret: not known.  The caller's. */
static int
next_answer(struct subject *s, bool sealed, char **ret, struct error *err)
{
	CLEANUP_ANSWER_FILES struct answer_files files = { 0 };
	const struct setup_state *setup = subject_setup(s, err);
	size_t i;

	*ret = NULL;
	if (!setup || answer_files_read(subject_windows(s), setup, &files, err) < 0)
		return -1;
	i = sealed ? files.passes[PASS_SPECIALIZE].uses : files.passes[PASS_SPECIALIZE].agents;
	if (i != SIZE_MAX)
		*ret = xstrdup(files.list[i].path);
	return 0;
}

static int
copyprofile(struct subject *s, bool sealed, size_t others, struct findings *out, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_UNATTEND_SETTINGS struct unattend_settings all = { 0 };
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_XML struct xml *x = NULL;
	struct finding *f;
	bool on = false;
	size_t len;

	if (next_answer(s, sealed, &path, err) < 0)
		return -1;
	bytes = path ? volume_read_file(subject_volume(s), path, ANSWER_SIZE_LIMIT, &len, err) :
		       NULL;
	x = bytes ? xml_open(bytes, len, err) : NULL;
	if (!x || unattend_find(x, "specialize", "Microsoft-Windows-Shell-Setup", "CopyProfile",
				&all, err) < 0) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		/* without a file, or with one that cannot be read, nothing is known; others tell that */
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < all.count; i++)
		on |= unattend_bool(all.list[i].place.text) == 1;
	if (on && !others)
		return 0;
	f = on ? findings_add(out, ID, "copyprofile-choice", SEVERITY_NOTE, RISK_NONE, NULL,
			      "CopyProfile may take another profile than was meant") :
		 findings_add(out, ID, "copyprofile-off", SEVERITY_NOTE, RISK_NONE, NULL,
			      "CopyProfile is off: what was customised for Administrator is lost");
	finding_line(f, path, all.count ? (uint64_t)all.list[0].place.line : 0,
		     all.count ? all.list[0].place.offset : 0,
		     all.count ? all.list[0].place.text : "there is no CopyProfile");
	finding_cause(
		f, "%s",
		on ? "It takes the profile that was used last, and there are others than Administrator's." :
		     "specialize deletes the built-in Administrator's profile, and new users get Windows' own default.");
	return 0;
}

static int
domain(struct subject *s, struct findings *out, struct error *err)
{
	const struct control_sets *sets = subject_control_sets(s, err);
	struct hive *h = sets ? windows_hive(subject_windows(s), HIVE_SYSTEM, err) : NULL;
	CLEANUP_FREE char *key = NULL;
	CLEANUP_FREE char *name = NULL;
	struct finding *f;

	if (!h)
		return -1;
	key = xasprintf("%s\\Services\\Tcpip\\Parameters", sets->write[0]);
	name = hive_get_text(h, key, "Domain", err);
	error_clear(err);
	if (!name || !*name)
		return 0;
	f = findings_add(out, ID, "domain", SEVERITY_NOTE, RISK_NONE, NULL,
			 "the machine seems to be in the domain %s", name);
	finding_registry(f, "SYSTEM", key, "Domain", name, 0);
	finding_cause(
		f,
		"Sysprep takes a member out of its domain, and instances have to join again.  A suffix that was set by hand looks the same.");
	return 0;
}

/* Names only: a command line can have a password in it. */
static int
run_once(struct subject *s, struct findings *out, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	struct hive_value *values = NULL;
	struct finding *f = NULL;
	size_t count = 0;
	hive_key key;

	if (!h)
		return -1;
	if (hive_find_path(h, RUN_ONCE_KEY, &key, err) < 0 ||
	    hive_values(h, key, &values, &count, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (!f)
			f = findings_add(out, ID, "run-once", SEVERITY_NOTE, RISK_NONE, NULL,
					 "programs wait for the next logon");
		add_name(f, i, "SOFTWARE", RUN_ONCE_KEY, values[i].name, NULL);
	}
	hive_values_free(values, count);
	if (f)
		finding_cause(
			f,
			"They run on every instance when an administrator logs on for the first time.");
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct sysprep_state *state = subject_sysprep(s, err);
	size_t others = 0;

	if (!state)
		return -1;
	accounts(s, out);
	if (profiles(s, out, &others, err) < 0 ||
	    copyprofile(s, image_is_sealed(state), others, out, err) < 0 || domain(s, out, err) < 0)
		return -1;
	return run_once(s, out, err);
}

const struct check check_image_leftovers = {
	.id = ID,
	.title = "Nothing of this machine's people is left that was not meant",
	.group = GROUP_IMAGE,
	.asked_only = true,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
