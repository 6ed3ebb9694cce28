/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What makes each agent set a password:
 *
 *      EC2Config       Ec2SetPassword Enabled; it disables itself again
 *      EC2Launch v1    adminPasswordType Random, and InitializeInstance.ps1 scheduled; scheduling it offline is not documented, so
 *                      that is a condition here
 *      EC2Launch v2    no state/.run-once, so that setAdminAccount runs again, and with it all other tasks that run once
 *
 * SAM is read, never written: an agent cannot help a disabled account.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/scrub.h"
#include "ec2/password.h"
#include "ec2/settings-private.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/boot-data.h"
#include "windows/sam.h"
#include "windows/setup-state.h"
#include "windows/windows.h"

#define ADMINISTRATOR 500

static void say(struct password_plan *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void refuse(struct password_plan *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
say(struct password_plan *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ARRAY_GROW(p->sentences, p->count);
	p->sentences[p->count++] = xvasprintf(fmt, ap);
	va_end(ap);
}

/* The first reason stays. */
static void
refuse(struct password_plan *p, const char *fmt, ...)
{
	va_list ap;

	if (p->refused)
		return;
	va_start(ap, fmt);
	p->refused = xvasprintf(fmt, ap);
	va_end(ap);
}

/* ---- conditions that all agents have ---- */

/* The account that setAdminAccount of EC2Launch v2 names; NULL: it names none, or the agent has no such setting. */
static const char *
account_name(const struct agent_settings *s)
{
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH2,
					       "preReady.setAdminAccount.name");

	return n && *n->value && !n->null ? n->value : NULL;
}

/* Without a name it is the one with RID 500, whatever that is called. */
static void
check_account(struct windows *w, const struct agent_settings *s, struct password_plan *p)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	const char *name = account_name(s);
	uint32_t rid = ADMINISTRATOR;
	bool disabled;

	if ((name && sam_account_rid(w, name, &rid, &err) < 0) ||
	    sam_account_disabled(w, rid, &disabled, &err) < 0) {
		if (name && err.code == ERR_NOT_FOUND)
			refuse(p, "setAdminAccount is for the account '%s', and there is none: %s",
			       name, err.message);
		else
			say(p, "whether the account %s is enabled cannot be told: %s",
			    name ? name : "Administrator", err.message);
	} else if (disabled && name) {
		refuse(p,
		       "the account '%s' (RID %" PRIu32
		       "), for which setAdminAccount is, is disabled in SAM: the agent sets its password, but nobody can log on with it",
		       name, rid);
	} else if (disabled) {
		refuse(p,
		       "the account with RID 500 (Administrator) is disabled in SAM: an agent sets its password, but nobody can log on with it");
	}
}

/* All three agents wait for Setup; during Setup that ends by itself. */
static void
check_image_state(struct windows *w, struct password_plan *p)
{
	CLEANUP_ERROR struct error absent = ERROR_INIT;
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, &absent);
	CLEANUP_FREE char *state = h ? hive_get_text(h, SETUP_STATE_KEY, "ImageState", &absent) :
				       NULL;

	if (state && name_equal(state, "IMAGE_STATE_UNDEPLOYABLE"))
		say(p,
		    "ImageState is IMAGE_STATE_UNDEPLOYABLE: the agent waits, and sets no password, until Setup has made that IMAGE_STATE_COMPLETE; 'resprep check "
		    "TARGET --group sysprep' tells whether Setup stands still");
}

static void
check_role(struct windows *w, struct password_plan *p)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE char *key = NULL;
	CLEANUP_FREE char *type = NULL;

	if (windows_product_type(w, &type, &key, &err) < 0)
		refuse(p, "whether this is a domain controller cannot be told: %s", err.message);
	if (!type || !name_equal(type, "LanmanNT"))
		return;
	/* stands before other reasons only when there are none, so that --force never hides one */
	if (!p->refused) {
		refuse(p,
		       "this is a domain controller: the password would be that of the domain's Administrator, everywhere");
		p->forceable = true;
	}
}

/* SAC holds COM1, on which the agents print the password.  AWS: "Troubleshoot the EC2 Serial Console", SAC. */
static int
check_ems(struct windows *w, struct password_plan *p, struct error *err)
{
	static const char must[] =
		"EMS and SAC must be off (BCD: ems, bootems): they hold COM1, on which the agent prints the password";
	struct boot_ems ems;

	if (boot_ems_read(w, &ems, err) < 0) {
		if (err->code == ERR_INTERRUPTED)
			return -1;
		if (err->code == ERR_NOT_FOUND)
			say(p,
			    "%s; the BCD is not on this volume, so whether they are is not known",
			    must);
		else
			say(p, "%s; whether they are cannot be told: %s", must, err->message);
		error_clear(err);
	} else if (ems.ems || ems.bootems) {
		say(p,
		    "%s; %s is on in \\Boot\\BCD of this volume, so that the password may never be printed",
		    must, ems.ems ? "ems" : "bootems");
	} else {
		say(p, "%s; in \\Boot\\BCD of this volume they are", must);
	}
	return 0;
}

static void
check_service(const struct agent *a, const char *name, struct password_plan *p)
{
	if (!a->service || !a->program)
		refuse(p, "%s cannot start: its %s is missing", name,
		       a->service ? "program" : "service");
	else if (a->start != 2)
		refuse(p,
		       "%s does not start by itself: Start of its service %s is %s; first run: resprep repair TARGET --only agent-service",
		       name, a->service,
		       a->start == 4 ? "4 (disabled)" :
		       a->start == 3 ? "3 (manual)" :
				       "not 2");
}

/* By a file that cannot be read nothing is decided.  Whether it can be. */
static bool
check_file(const struct agent_settings *s, enum agent_kind agent, const char *file,
	   struct password_plan *p)
{
	const struct setting_problem *bad = agent_file_unreadable(s, agent, file);
	CLEANUP_FREE char *what = bad ? setting_problem_text(s, bad) : NULL;

	if (!bad)
		return true;
	refuse(p, "what the agent would do cannot be told: %s", what);
	free(p->state);
	p->state = xstrdup("how the password is set cannot be told");
	return false;
}

/* ---- EC2Config ---- */

/* Whether sysprep2008.xml holds a password of the dialog's "Specify"; false when that cannot be told. */
static bool
answer_has_password(struct windows *w, const struct agent *a, bool *ret)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_ANSWER struct answer answer = { 0 };
	CLEANUP_ANSWER_SECRETS struct answer_secrets secrets = { 0 };
	size_t len;

	*ret = false;
	if (!a->answer_file)
		return true;
	bytes = volume_read_file(windows_volume(w), a->answer_file, ANSWER_SIZE_LIMIT, &len, &err);
	if (!bytes || answer_open(bytes, len, &answer, &err) < 0)
		return err.code == ERR_NOT_FOUND;
	answer_secrets_find(&answer, &secrets);
	for (size_t i = 0; i < secrets.count; i++)
		*ret |= name_ends_with(secrets.list[i].name, "/AdministratorPassword");
	return true;
}

/* What the dialog's "Administrator Password" says: Random, Specify or Keep Existing. */
static const char *
after_sysprep(struct windows *w, const struct agent_settings *s, const struct agent *a)
{
	const struct setting *after = settings_get(s, AGENT_EC2CONFIG,
						   "BundleConfig.SetPasswordAfterSysprep");
	bool has, known = answer_has_password(w, a, &has);

	if (known && has)
		return "would make it \"Specify\" (sysprep2008.xml holds a password)";
	if (!known)
		return "would do what cannot be told, because sysprep2008.xml cannot be read";
	if (agent_file_unreadable(s, AGENT_EC2CONFIG, "Settings/BundleConfig.xml") ||
	    (after && (after->twice || !setting_is_valid(after))))
		return "would do what cannot be told by BundleConfig.xml";
	return setting_is(after, "Yes") ? "would make it \"Random\"" :
					  "would make it \"Keep Existing\"";
}

static void
plan_ec2config(struct windows *w, const struct agent_settings *s, struct password_plan *p)
{
	static const char key[] = "Config.Ec2SetPassword";
	const struct agent *a = &s->agents->list[AGENT_EC2CONFIG];
	const struct setting *n = settings_get(s, AGENT_EC2CONFIG, key);
	bool on = setting_is(n, "Enabled");
	bool unsure = n && (n->twice || !setting_is_valid(n));

	p->state =
		xasprintf("Ec2SetPassword is %s: the next start %s; Sysprep through the agent %s",
			  !n	   ? "missing" :
			  n->twice ? "there twice" :
				     n->value,
			  unsure ? "may set a random password or keep the existing one" :
			  on	 ? "sets a random password" :
				   "keeps the existing password",
			  after_sysprep(w, s, a));
	check_service(a, "EC2Config", p);
	if (!check_file(s, AGENT_EC2CONFIG, "Settings/Config.xml", p))
		return;
	if (n && n->twice)
		refuse(p,
		       "Config.xml, line %d, column %d: Ec2SetPassword is there twice; which of the two EC2Config takes is not known: take one out by hand",
		       n->line, n->column);
	if (!n)
		refuse(p,
		       "Config.xml has no plug-in Ec2SetPassword that can be read; 'resprep agent TARGET show' tells what is wrong");
	if (!on && n && !n->twice) {
		p->key = key;
		p->value = "Enabled";
	}
	say(p,
	    "EC2Config sets a new random password for Administrator at the next start, and disables Ec2SetPassword again");
	say(p, "nothing else runs again for it");
}

/* ---- EC2Launch v1 ---- */

/* Why the agent uses its defaults instead of LaunchConfig.json; NULL when it does not; the caller's. */
static char *
uses_defaults(const struct agent_settings *s)
{
	static const char name[] = "Config/LaunchConfig.json";
	const struct setting_file *file = agent_file(s, AGENT_EC2LAUNCH, name);
	const struct setting_problem *bad = agent_file_given_up(s, AGENT_EC2LAUNCH, name);

	if (bad)
		return setting_problem_text(s, bad);
	return !file || file->missing ? xstrdup("LaunchConfig.json is missing") : NULL;
}

/* InitializeInstance.ps1 takes its defaults where LaunchConfig.json is missing or not valid, and sets a random password. */
static void
plan_ec2launch(const struct agent_settings *s, struct password_plan *p)
{
	static const char key[] = "LaunchConfig.adminPasswordType";
	const struct agent *a = &s->agents->list[AGENT_EC2LAUNCH];
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH, key);
	const struct setting *data = settings_get(s, AGENT_EC2LAUNCH,
						  "LaunchConfig.handleUserData");
	CLEANUP_FREE char *shown = n ? setting_shown(n, false) : NULL;
	CLEANUP_FREE char *defaults = uses_defaults(s);
	CLEANUP_FREE char *how =
		defaults ?
			xasprintf(
				"%s, so EC2Launch uses its defaults, a random password among them",
				defaults) :
			xasprintf("adminPasswordType is %s", n ? shown : "not there");
	bool scheduled = a->task && a->task_enabled;

	p->state = xasprintf(
		a->task_unsure ? "%s; whether InitializeInstance.ps1 is scheduled is not certain" :
		scheduled      ? "%s; InitializeInstance.ps1 is scheduled" :
				 "%s; InitializeInstance.ps1 is not scheduled",
		how);
	if (!scheduled)
		refuse(p,
		       "EC2Launch v1 sets a password only when its task \"Amazon Ec2 Launch - Instance Initialization\" runs at the start, and here %s; how to enable it from outside is not documented (its file and SOFTWARE's TaskCache must agree), and AWS "
		       "names EC2Rescue on a running Windows only",
		       a->state);
	if (!defaults && !check_file(s, AGENT_EC2LAUNCH, "Config/LaunchConfig.json", p))
		return;
	if (!defaults && !n)
		refuse(p,
		       "LaunchConfig.json has no adminPasswordType that can be read; 'resprep agent TARGET show' tells what is wrong");
	if (!defaults && n && !setting_is(n, "Random")) {
		p->key = key;
		p->value = "Random";
	}
	say(p,
	    "InitializeInstance.ps1 sets a new random password for Administrator at the next start");
	say(p,
	    "with it run again: routes, DNS suffixes, wallpaper, the extension of the root volume%s",
	    defaults ?
		    "; whether user data does is not certain, because EC2Launch uses its defaults" :
	    setting_is(data, "true") ? ", and user data (handleUserData is true)" :
				       "");
}

/* ---- EC2Launch v2 ---- */

static void
say_what_runs_again(const struct agent_settings *s, struct password_plan *p)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *n = &s->list[i];
		char **once;
		size_t count;
		bool all;

		if (!n->is_task || n->agent != AGENT_EC2LAUNCH2 ||
		    strstr(n->name, ".setAdminAccount"))
			continue;
		task_runs_once(s, i, &once, &count, &all);
		for (size_t k = 0; k < count; k++)
			say(p, "with it runs again: %s", once[k]);
		free_sentences(once, count);
	}
	say(p, "with it run again: all tasks of the instance's user data that run once");
}

static bool
has_static_password(const struct agent_settings *s)
{
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH2,
					       "preReady.setAdminAccount.password.data");

	return n && *n->value && !n->null;
}

static void
plan_ec2launch2(const struct agent_settings *s, struct password_plan *p)
{
	const struct agent *a = &s->agents->list[AGENT_EC2LAUNCH2];
	bool several;
	const struct setting *n = agent_password_type(s, &several);
	const char *type = n ? n->value : "";
	CLEANUP_FREE char *shown = n ? setting_shown(n, false) : NULL;

	p->state = xasprintf("setAdminAccount's password.type is %s; the tasks that run once %s",
			     n ? shown : "missing",
			     a->run_once ? "have run (state/.run-once)" : "will run");
	check_service(a, "EC2Launch v2", p);
	if (!check_file(s, AGENT_EC2LAUNCH2, "config/agent-config.yml", p))
		return;
	if (several)
		refuse(p,
		       "agent-config.yml has several tasks setAdminAccount in the stage preReady; which of them decides is not known: take the others out by hand");
	else if (!n)
		refuse(p,
		       "agent-config.yml has no task setAdminAccount with a password.type in the stage preReady");
	else if (strcmp(type, "random") != 0 && strcmp(type, "static") != 0)
		refuse(p,
		       "setAdminAccount's password.type is '%s': it would set none; first run: resprep agent TARGET set %s=random",
		       shown, n->name);
	else if (strcmp(type, "static") == 0 && !has_static_password(s))
		refuse(p,
		       "setAdminAccount's password.type is 'static', but its password.data holds no password; first run: resprep agent TARGET set %s=random",
		       n->name);
	if (a->run_once)
		p->remove = xasprintf("%s/state/.run-once", a->data);
	say(p, "EC2Launch v2 sets %s for the %s %s at the next start",
	    strcmp(type, "static") == 0 ? "the password that stands in agent-config.yml" :
					  "a new random password",
	    account_name(s) ? "account" : "administrator",
	    account_name(s) ? account_name(s) : "account");
	if (a->run_once)
		say_what_runs_again(s, p);
}

int
password_plan(struct windows *w, const struct agent_settings *s, struct password_plan *ret,
	      struct error *err)
{
	const struct agents *all = s->agents;

	*ret = (struct password_plan){ 0 };
	if (!all->installed)
		return error_set(err, ERR_NOT_FOUND,
				 "there is no launch agent that could set a password");
	if (all->installed > 1)
		return error_set(
			err, ERR_REFUSED,
			"more than one launch agent is installed, and which of them would act is not certain");
	if (all->list[AGENT_EC2CONFIG].installed) {
		ret->agent = agent_name(AGENT_EC2CONFIG);
		plan_ec2config(w, s, ret);
	} else if (all->list[AGENT_EC2LAUNCH].installed) {
		ret->agent = agent_name(AGENT_EC2LAUNCH);
		plan_ec2launch(s, ret);
	} else {
		ret->agent = agent_name(AGENT_EC2LAUNCH2);
		plan_ec2launch2(s, ret);
	}
	check_account(w, s, ret);
	check_image_state(w, ret);
	check_role(w, ret);
	say(ret,
	    "the console shows the password encrypted with the instance's launch key pair: without its private key make an image, and launch that "
	    "with a new key pair");
	return check_ems(w, ret, err);
}

void
password_plan_clear(struct password_plan *p)
{
	free_sentences(p->sentences, p->count);
	free(p->remove);
	free(p->state);
	free(p->refused);
	*p = (struct password_plan){ 0 };
}
