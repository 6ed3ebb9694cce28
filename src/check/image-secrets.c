/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords and keys that every instance of an image would carry.  What they are is never shown: only where they stand.
 *
 * Sources: Microsoft, "Turn on automatic logon in Windows" (Winlogon), "Unattended Windows Setup Reference"; AWS, "Repair an EC2Config
 * installation" (delete the autologon's values afterwards), "Run commands when you launch an EC2 Windows instance" (UserScript.ps1),
 * "Send logs with EC2Config to CloudWatch" (AccessKey, SecretKey).
 */
#include <stdlib.h>
#include <string.h>

#include "answer/tree.h"
#include "check/checks.h"
#include "check/edit.h"
#include "check/image-answers.h"
#include "check/image.h"
#include "check/subject.h"
#include "ec2/settings.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"

#define ID	       "image-secrets"
#define WINLOGON_KEY   "Microsoft\\Windows NT\\CurrentVersion\\Winlogon"
#define STAGED_KEY     "Microsoft\\Windows NT\\CurrentVersion\\UnattendSettings"
#define LSA_SECRET_KEY "Policy\\Secrets\\DefaultPassword"
#define CLOUDWATCH     "Settings/AWS.EC2.Windows.CloudWatch.json"
#define SCRIPT_LIMIT   (1u << 20)
#define V2_TEMP	       "System32/config/systemprofile/AppData/Local/Temp"
#define V1_SCRIPTS     "/ProgramData/Amazon/EC2-Windows/Launch/Scripts"

static const struct problem problems[] = {
	{ "answer-password", SEVERITY_WARNING, RISK_CAREFUL,
	  "An answer file holds passwords in clear text, or hidden so that anybody can read them." },
	{ "answer-command", SEVERITY_WARNING, RISK_NONE,
	  "A command in an answer file names a password." },
	{ "answer-unseen", SEVERITY_WARNING, RISK_NONE,
	  "An answer file holds a password where Windows does not look, as in a comment." },
	{ "answer-unreadable", SEVERITY_WARNING, RISK_NONE,
	  "Whether an answer file holds passwords cannot be told." },
	{ "autologon-password", SEVERITY_WARNING, RISK_CAREFUL,
	  "Winlogon holds a password in clear text." },
	{ "autologon", SEVERITY_WARNING, RISK_NONE, "Windows logs somebody on by itself." },
	{ "lsa-autologon", SEVERITY_WARNING, RISK_NONE,
	  "A password for logging on by itself is among LSA's secrets." },
	{ "staged-answers", SEVERITY_WARNING, RISK_NONE,
	  "Settings of an answer file are still staged in the registry." },
	{ "user-script", SEVERITY_WARNING, RISK_CAREFUL,
	  "The user data of this machine's last start is there in clear text." },
	{ "cloudwatch-keys", SEVERITY_WARNING, RISK_CAREFUL,
	  "CloudWatch's settings hold access keys in clear text." },
	{ "agent-password", SEVERITY_WARNING, RISK_CAREFUL,
	  "A launch agent's settings hold a password in clear text." },
	{ 0 },
};

static const char doc[] =
	"Looks for what every instance of an image would carry: passwords in all answer files on the volume (those of Setup, Sysprep and the agents, in comments too, and sysprep.inf), Winlogon's\n"
	"DefaultPassword and AutoAdminLogon and their counterpart in SECURITY, settings staged below UnattendSettings, the agents' UserScript.ps1, access keys in\n"
	"AWS.EC2.Windows.CloudWatch.json, passwords in the agents' settings.  PlainText false in an answer file is no encryption.  No secret is printed.\n"
	"\n"
	"The repairs are careful, because somebody may still need what goes.  Passwords in an answer file become *SENSITIVE*DATA*DELETED*, as Setup\n"
	"writes it, and only where no pass that is still to run needs them; DefaultPassword is overwritten and deleted and AutoAdminLogon becomes 0; a script is\n"
	"overwritten with blanks in its place; keys and passwords in settings become empty, unless the agent is set to use them.  The journal and the folder beside\n"
	"it on the rescue host keep what was there, for undo: delete them when the image is good.  A file that is marked read-only stays.  What Windows has left in unused clusters, snapshots and\n"
	"old transaction logs is not found.";

/* ---- registry ---- */

/* NULL: not there, or no text. */
static char *
winlogon_text(struct hive *h, const char *name)
{
	CLEANUP_ERROR struct error absent = ERROR_INIT;

	return hive_get_text(h, WINLOGON_KEY, name, &absent);
}

static int
winlogon(struct subject *s, struct findings *out, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_FREE char *password = h ? winlogon_text(h, "DefaultPassword") : NULL;
	CLEANUP_FREE char *on = h ? winlogon_text(h, "AutoAdminLogon") : NULL;
	struct finding *f;

	if (!h)
		return -1;
	if (password && *password) {
		f = findings_add(out, ID, "autologon-password", SEVERITY_WARNING, RISK_CAREFUL,
				 "Winlogon", "Winlogon holds a password in clear text");
		finding_registry(f, "SOFTWARE", WINLOGON_KEY, "DefaultPassword", "********", 0);
		if (on)
			finding_registry(f, "SOFTWARE", WINLOGON_KEY, "AutoAdminLogon", on, 0);
		finding_cause(
			f,
			"Anybody who can read the registry of an instance has it.  Autologon was set up, often to repair an agent, and not taken back.");
		finding_repair(
			f,
			"overwrite and delete DefaultPassword, and set AutoAdminLogon to 0; nobody is logged on by himself then");
	} else if (on && name_equal(on, "1")) {
		f = findings_add(out, ID, "autologon", SEVERITY_WARNING, RISK_NONE, "Winlogon",
				 "Windows logs somebody on by itself");
		finding_registry(f, "SOFTWARE", WINLOGON_KEY, "AutoAdminLogon", on, 0);
		finding_cause(f, "The password is empty, or stands among LSA's secrets.");
	}
	return 0;
}

/* Whether a hive has a key.  One of a hive that is not there, or cannot be read, is not found. */
static bool
has_key(struct subject *s, enum windows_hive which, const char *key)
{
	CLEANUP_ERROR struct error absent = ERROR_INIT;
	struct hive *h = windows_hive(subject_windows(s), which, &absent);
	hive_key at;

	return h && hive_find_path(h, key, &at, &absent) == 0;
}

static void
keys(struct subject *s, struct findings *out)
{
	struct finding *f;

	if (has_key(s, HIVE_SECURITY, LSA_SECRET_KEY)) {
		f = findings_add(out, ID, "lsa-autologon", SEVERITY_WARNING, RISK_NONE, NULL,
				 "a password for logging on by itself is among LSA's secrets");
		finding_registry(f, "SECURITY", LSA_SECRET_KEY, NULL, NULL, 0);
		finding_cause(
			f,
			"An administrator of an instance can decrypt it.  Turn autologon off in Windows.");
	}
	if (has_key(s, HIVE_SOFTWARE, STAGED_KEY)) {
		f = findings_add(out, ID, "staged-answers", SEVERITY_WARNING, RISK_NONE, NULL,
				 "settings of an answer file are still staged in the registry");
		finding_registry(f, "SOFTWARE", STAGED_KEY, NULL, NULL, 0);
		finding_cause(
			f,
			"Setup deletes them once they are used; they can hold passwords.  Which pass would still use them is not certain.");
	}
}

/* ---- files ---- */

static bool
is_blank(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] && !strchr(" \t\r\n", p[i]))
			return false;
	return true;
}

static int
script(struct subject *s, const char *path, struct findings *out, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct finding *f;
	size_t len = 0;

	bytes = volume_read_file(subject_volume(s), path, SCRIPT_LIMIT, &len, err);
	if (!bytes && err->code == ERR_INTERRUPTED)
		return -1;
	if ((!bytes && err->code == ERR_NOT_FOUND) || (bytes && is_blank(bytes, len))) {
		error_clear(err);
		return 0;
	}
	f = findings_add(out, ID, "user-script", SEVERITY_WARNING, RISK_CAREFUL, path,
			 "the user data of this machine is in %s", path);
	finding_line(f, path, 0, 0, bytes ? NULL : err->message);
	finding_cause(
		f,
		"It is the script of the last start, in clear text; passwords and keys often stand in it.");
	finding_repair(f, "overwrite it with blanks; the file and its size stay");
	if (!bytes)
		finding_refused(f, "%s", err->message);
	image_keep_read_only(s, f, path);
	edit_refuse_unwritable(s, f, path);
	error_clear(err);
	return 0;
}

/* EC2Launch v2 makes a folder "EC2Launch<digits>" in SYSTEM's temporary folder for each run of user data. */
static int
scripts_of_v2(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_FREE char *temp = windows_path(subject_windows(s), V2_TEMP);
	CLEANUP_DIR_LIST struct dir_list list = { 0 };

	if (volume_list(subject_volume(s), temp, &list, err) < 0) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP_FREE char *path = xasprintf("%s/%s/UserScript.ps1", temp,
						    list.list[i].name);

		if (name_starts_with(list.list[i].name, "EC2Launch") &&
		    script(s, path, out, err) < 0)
			return -1;
	}
	return 0;
}

static int
scripts(struct subject *s, const struct agents *agents, struct findings *out, struct error *err)
{
	static const char *const names[] = { "UserScript.ps1", "UserScript.bat" };
	const char *config = agents->list[AGENT_EC2CONFIG].folder;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *of_config =
			config ? xasprintf("%s/Scripts/%s", config, names[i]) : NULL;
		CLEANUP_FREE char *of_launch = xasprintf("%s/%s", V1_SCRIPTS, names[i]);

		if ((of_config && script(s, of_config, out, err) < 0) ||
		    script(s, of_launch, out, err) < 0)
			return -1;
	}
	return scripts_of_v2(s, out, err);
}

static int
blank_script(struct subject *s, const char *path, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	bytes = volume_read_file(subject_volume(s), path, SCRIPT_LIMIT, &len, err);
	if (!bytes)
		return -1;
	memset(bytes, ' ', len);
	return edit_replace_file_noting(s, ID, path, bytes, len, "overwritten with blanks", err);
}

static bool
is_key(const struct tree_node *n)
{
	return n->name && n->text && *n->text &&
	       (name_equal(n->name, "AccessKey") || name_equal(n->name, "SecretKey"));
}

/* NULL: not there, or (with an error) not readable. */
static struct tree *
cloudwatch_tree(struct subject *s, const char *path, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len;

	bytes = volume_read_file(subject_volume(s), path, TREE_MAX_BYTES, &len, err);
	return bytes ? tree_open_json(bytes, len, err) : NULL;
}

static int
cloudwatch(struct subject *s, const struct agents *agents, struct findings *out, struct error *err)
{
	const char *folder = agents->list[AGENT_EC2CONFIG].folder;
	CLEANUP_FREE char *path = folder ? xasprintf("%s/%s", folder, CLOUDWATCH) : NULL;
	CLEANUP_TREE struct tree *t = path ? cloudwatch_tree(s, path, err) : NULL;
	struct finding *f = NULL;

	if (!t) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		/* one that is no JSON, or that cannot be read here (EFS, too large), can still hold keys */
		if (path && err->code != ERR_NOT_FOUND) {
			f = findings_add(out, ID, "cloudwatch-keys", SEVERITY_WARNING, RISK_NONE,
					 path, "whether %s holds keys cannot be told", path);
			finding_line(f, path, 0, 0, err->message);
		}
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; i < t->count; i++) {
		if (!is_key(&t->list[i]))
			continue;
		if (!f) {
			f = findings_add(out, ID, "cloudwatch-keys", SEVERITY_WARNING, RISK_CAREFUL,
					 path, "%s holds access keys in clear text", path);
			finding_cause(
				f,
				"Whoever reads the file on an instance can use the keys.  A role of the instance needs none.");
			finding_repair(
				f,
				"make them empty; without a role EC2Config sends nothing to CloudWatch then");
			image_keep_read_only(s, f, path);
			edit_refuse_unwritable(s, f, path);
		}
		finding_line(f, path, (uint64_t)t->list[i].line, 0, t->list[i].name);
	}
	return 0;
}

static int
empty_keys(struct subject *s, const char *path, struct error *err)
{
	CLEANUP_TREE struct tree *t = cloudwatch_tree(s, path, err);
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len = 0;

	if (!t)
		return -1;
	/* each edit leaves as many nodes in the same order */
	for (size_t i = 0; i < t->count; i++) {
		if (!is_key(&t->list[i]))
			continue;
		free(bytes);
		bytes = tree_replace(t, i, TREE_TEXT, "", &len, err);
		if (!bytes)
			return -1;
		tree_close(t);
		t = tree_open_json(bytes, len, err);
		if (!t)
			return -1;
	}
	return bytes ? edit_replace_file_noting(s, ID, path, bytes, len, "access keys -> empty",
						err) :
		       0;
}

/* ---- settings ---- */

/* The kind of password that the agent is set to use, "Specify" or "static", beside its value; or NULL. */
static const char *
used_as(const struct agent_settings *all, const struct setting *n)
{
	size_t prefix = strrchr(n->name, '.') ? (size_t)(strrchr(n->name, '.') - n->name) : 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct setting *t = &all->list[i];

		if (t->agent == n->agent && t->file == n->file && t->value &&
		    strncmp(t->name, n->name, prefix) == 0 &&
		    (name_equal(t->value, "Specify") || name_equal(t->value, "static")))
			return t->value;
	}
	return NULL;
}

/* A script, a command, or an input that no document names.  What is left of it without the password nobody can say. */
static void
other_setting(const struct agent_settings *all, const struct setting *n, struct findings *out)
{
	CLEANUP_FREE char *shown = setting_shown(n, false);
	struct finding *f;

	if (strcmp(shown, n->value) == 0)
		return;
	f = findings_add(out, ID, "agent-password", SEVERITY_WARNING, RISK_NONE, n->name,
			 "%s of %s has a password in clear text in it", n->name,
			 agent_name(n->agent));
	finding_line(f, all->files[n->file].path, (uint64_t)n->line, 0, NULL);
	finding_cause(f, "Every instance of an image would have the file.  Take it out by hand.");
}

static int
settings(struct subject *s, const struct agents *agents, struct findings *out, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings all = { 0 };

	if (agent_settings_read(subject_windows(s), agents, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct setting *n = &all.list[i];
		struct finding *f;

		if (!n->value || !*n->value || n->null)
			continue;
		if (!n->kind || !n->kind->secret) {
			other_setting(&all, n, out);
			continue;
		}
		f = findings_add(out, ID, "agent-password", SEVERITY_WARNING, RISK_CAREFUL, n->name,
				 "%s of %s is a password in clear text", n->name,
				 agent_name(n->agent));
		finding_line(f, all.files[n->file].path, (uint64_t)n->line, 0, NULL);
		finding_cause(f, "Every instance of an image would have the file.");
		finding_repair(f, "make it empty");
		if (used_as(&all, n))
			finding_refused(f,
					"%s is set to use it (%s); image-agent sets that to random",
					agent_name(n->agent), used_as(&all, n));
		image_keep_read_only(s, f, all.files[n->file].path);
		edit_refuse_unwritable(s, f, all.files[n->file].path);
	}
	return 0;
}

static int
empty_setting(struct subject *s, const char *name, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings all = { 0 };
	const struct agents *agents = subject_agents(s, err);

	if (!agents || agent_settings_read(subject_windows(s), agents, &all, err) < 0 ||
	    agent_settings_set(&all, name, "", err) < 0)
		return -1;
	for (size_t i = 0; i < all.file_count; i++) {
		CLEANUP_FREE char *words = xasprintf("%s -> empty", name);

		if (all.files[i].words &&
		    edit_replace_file_noting(s, ID, all.files[i].path, all.files[i].bytes,
					     all.files[i].len, words, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the check ---- */

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct agents *agents = subject_agents(s, err);

	if (!agents || image_answers_diagnose(s, ID, out, err) < 0 || winlogon(s, out, err) < 0)
		return -1;
	keys(s, out);
	if (scripts(s, agents, out, err) < 0 || cloudwatch(s, agents, out, err) < 0)
		return -1;
	return settings(s, agents, out, err);
}

static int
end_autologon(struct subject *s, struct error *err)
{
	static const uint8_t zero[] = { '0', 0, 0, 0 };
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_FREE char *on = h ? winlogon_text(h, "AutoAdminLogon") : NULL;

	if (!h || edit_wipe_value(s, ID, HIVE_SOFTWARE, WINLOGON_KEY, "DefaultPassword", err) < 0)
		return -1;
	if (!on || name_equal(on, "0"))
		return 0;
	return edit_set_value(s, ID, HIVE_SOFTWARE, WINLOGON_KEY, "AutoAdminLogon", REG_TYPE_SZ,
			      zero, sizeof zero, err);
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	if (name_equal(f->problem, "autologon-password"))
		return end_autologon(s, err);
	if (name_equal(f->problem, "answer-password"))
		return image_answers_scrub(s, ID, f->subject, err);
	if (name_equal(f->problem, "user-script"))
		return blank_script(s, f->subject, err);
	if (name_equal(f->problem, "cloudwatch-keys"))
		return empty_keys(s, f->subject, err);
	return empty_setting(s, f->subject, err);
}

const struct check check_image_secrets = {
	.id = ID,
	.title = "No password or key is left for instances to carry",
	.group = GROUP_IMAGE,
	.asked_only = true,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
