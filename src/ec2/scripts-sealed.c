/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the specialize pass that a sealed image waits for does to the new machine, by the answer file that Windows will use for it: that need not be
 * the agent's.  Any agent's command counts, and what does the same without an agent.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "ec2/answer-files.h"
#include "ec2/scripts.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/setup-state.h"
#include "windows/windows.h"

#define SHELL "Microsoft-Windows-Shell-Setup"

static const char without_a_file[] =
	"Administrator stays as generalize has left it, with a blank password, and Remote Desktop stays shut.";

/* A file that was opened; `path` and `architecture` are borrowed. */
struct used {
	const char *path;
	const char *
		architecture; /* of the installation: Windows passes over components for another; NULL unknown */
	struct answer answer;
};

static void complain(struct script_problems *out, enum script_problem_kind kind,
		     const char *subject, const char *path, const char *meaning, const char *fmt,
		     ...) __attribute__((format(printf, 6, 7)));

static void
complain(struct script_problems *out, enum script_problem_kind kind, const char *subject,
	 const char *path, const char *meaning, const char *fmt, ...)
{
	struct script_problem *p;
	va_list ap;

	ARRAY_GROW(out->list, out->count);
	p = &out->list[out->count++];
	*p = (struct script_problem){ .kind = kind,
				      .subject = xstrdup(subject),
				      .path = path ? xstrdup(path) : NULL,
				      .meaning = meaning };
	va_start(ap, fmt);
	p->text = xvasprintf(fmt, ap);
	va_end(ap);
}

/* Whether setting `s` is the one of that pass, in settings that have not been processed. */
static bool
is_setting(const struct used *u, const struct answer_setting *s, enum pass pass,
	   const char *component, const char *plain)
{
	const struct answer_component *c = &u->answer.components[s->component];

	if (u->architecture && *c->architecture && !name_equal(c->architecture, u->architecture))
		return false;
	return c->pass_known && c->pass == pass && !c->processed &&
	       name_equal(c->name, component) && strcmp(s->plain, plain) == 0;
}

static bool
has_words(const char *command, const char *one, const char *two)
{
	return name_find(command, one) && (!two || name_find(command, two));
}

static bool
enables(const char *command)
{
	/* EC2Launch v1's script does both */
	return has_words(command, "net user", "/ACTIVE:YES") ||
	       has_words(command, "Randomize-LocalAdminPassword.ps1", NULL);
}

static bool
sets_password(const char *command)
{
	return has_words(command, "ScramblePassword.exe", NULL) ||
	       has_words(command, "Randomize-LocalAdminPassword.ps1", NULL) ||
	       has_words(command, "randomize-password", NULL);
}

static bool
opens_itself(const char *command)
{
	return script_denies(command) == 0;
}

static bool
opens_by_script(const char *command)
{
	return has_words(command, "SysprepSpecializePhase.cmd", NULL) ||
	       has_words(command, "SysprepSpecialize.cmd", NULL);
}

/* Whether a command of the specialize pass does it. */
static bool
runs(const struct used *u, bool (*does)(const char *command))
{
	for (size_t i = 0; i < u->answer.setting_count; i++) {
		const struct answer_setting *s = &u->answer.settings[i];

		if (is_setting(u, s, PASS_SPECIALIZE, "Microsoft-Windows-Deployment",
			       "RunSynchronous/RunSynchronousCommand/Path") &&
		    does(s->value))
			return true;
	}
	return false;
}

static bool
has_value(const struct used *u, enum pass pass, const char *component, const char *plain,
	  const char *value)
{
	for (size_t i = 0; u->path && i < u->answer.setting_count; i++) {
		const struct answer_setting *s = &u->answer.settings[i];

		if (is_setting(u, s, pass, component, plain) &&
		    (value ? name_equal(s->value, value) : *s->value != '\0'))
			return true;
	}
	return false;
}

/* The file that the pass will use; without one, or one that cannot be read, path stays NULL. */
static int
open_used(struct windows *w, const struct answer_files *l, enum pass pass, struct used *ret,
	  struct error *err)
{
	size_t i = l->passes[pass].uses, len;
	CLEANUP_FREE uint8_t *bytes = NULL;

	*ret = (struct used){ 0 };
	if (i == SIZE_MAX)
		return 0;
	bytes = volume_read_file(windows_volume(w), l->list[i].path, ANSWER_SIZE_LIMIT, &len, err);
	if (!bytes || answer_open(bytes, len, &ret->answer, err) < 0) {
		/* what cannot be read is used for no pass: only a volume that fails now */
		if (err->code == ERR_INTERRUPTED)
			return -1;
		error_clear(err);
		return 0;
	}
	ret->path = l->list[i].path;
	return 0;
}

/* *ret_by_script: only an agent's script opens Remote Desktop. */
static void
examine(const struct used *specialize, const struct used *oobe, struct script_problems *out,
	bool *ret_by_script)
{
	static const char missing[] =
		"%s, which the specialize pass of this sealed image uses, does not %s";
	const char *path = specialize->path;
	bool opens = runs(specialize, opens_itself) ||
		     has_value(specialize, PASS_SPECIALIZE,
			       "Microsoft-Windows-TerminalServices-LocalSessionManager",
			       "fDenyTSConnections", "false");

	*ret_by_script = !opens && runs(specialize, opens_by_script);
	if (!runs(specialize, enables))
		complain(
			out, SCRIPT_SEALED, "enable-administrator", path,
			"Administrator stays as generalize has left it, unless another command enables it.",
			missing, path, "run net user Administrator /ACTIVE:YES");
	if (!runs(specialize, sets_password) &&
	    !has_value(oobe, PASS_OOBE_SYSTEM, SHELL, "UserAccounts/AdministratorPassword/Value",
		       NULL))
		complain(out, SCRIPT_SEALED, "set-password", path,
			 "Administrator's password stays blank until an agent sets one.", missing,
			 path, "set a password");
	if (!opens && !*ret_by_script)
		complain(out, SCRIPT_SEALED, SCRIPT_OPENS_RDP, path,
			 "Remote Desktop stays shut on the new machine.", missing, path,
			 "open Remote Desktop");
}

static int
look(struct windows *w, const struct setup_state *setup, struct script_problems *ret,
     bool *ret_by_script, struct error *err)
{
	CLEANUP_ANSWER_FILES struct answer_files files = { 0 };
	CLEANUP_WINDOWS_VERSION struct windows_version version = { 0 };
	CLEANUP_ERROR struct error unknown = ERROR_INIT;
	struct used specialize = { 0 }, oobe = { 0 };
	int result = -1;

	*ret = (struct script_problems){ 0 };
	*ret_by_script = false;
	if (!setup || setup->phase != SETUP_SEALED)
		return 0;
	if (answer_files_read(w, setup, &files, err) < 0)
		return -1;
	if (open_used(w, &files, PASS_SPECIALIZE, &specialize, err) < 0 ||
	    open_used(w, &files, PASS_OOBE_SYSTEM, &oobe, err) < 0)
		goto done;
	if (windows_version(w, &version, &unknown) == 0)
		specialize.architecture = oobe.architecture = version.architecture;
	if (files.unsure)
		complain(ret, SCRIPT_SEALED_UNSURE, "answer-file", NULL,
			 "What the specialize pass of this sealed image does depends on that file.",
			 "%s", files.elsewhere);
	if (specialize.path)
		examine(&specialize, &oobe, ret, ret_by_script);
	else if (!files.unsure)
		complain(
			ret, SCRIPT_SEALED, "answer-file", NULL, without_a_file,
			"the specialize pass of this sealed image finds no answer file with unprocessed settings for it");
	result = 0;
done:
	answer_clear(&specialize.answer);
	answer_clear(&oobe.answer);
	return result;
}

int
scripts_examine_sealed(struct windows *w, const struct setup_state *setup,
		       struct script_problems *ret, struct error *err)
{
	bool by_script;

	return look(w, setup, ret, &by_script, err);
}

int
scripts_specialize_opens(struct windows *w, const struct agents *agents,
			 const struct setup_state *setup, enum specialize_opens *ret,
			 char **ret_why, struct error *err)
{
	CLEANUP_SCRIPT_PROBLEMS struct script_problems sealed = { 0 }, scripts = { 0 };

	bool by_script;

	*ret = SPECIALIZE_OPENS;
	*ret_why = NULL;
	if (look(w, setup, &sealed, &by_script, err) < 0 ||
	    scripts_examine(w, agents, true, &scripts, err) < 0)
		return -1;
	for (size_t i = 0; i < sealed.count && !*ret_why; i++) {
		const struct script_problem *p = &sealed.list[i];

		if (p->kind == SCRIPT_SEALED && strcmp(p->subject, SCRIPT_OPENS_RDP) != 0 &&
		    strcmp(p->subject, "answer-file") != 0)
			continue;
		*ret = p->kind == SCRIPT_SEALED ? SPECIALIZE_LEAVES_SHUT : SPECIALIZE_UNKNOWN;
		*ret_why = xstrdup(p->text);
	}
	/* the script that it runs has to do its work */
	for (size_t i = 0; by_script && i < scripts.count && !*ret_why; i++) {
		const struct script_problem *p = &scripts.list[i];

		if (p->kind == SCRIPT_DIFFERS || !name_starts_with(p->subject, "SysprepSpecialize"))
			continue;
		*ret = SPECIALIZE_UNKNOWN;
		*ret_why = xstrdup(p->text);
	}
	return 0;
}
