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
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answer/unattend.h"
#include "answer/xml.h"
#include "ec2/password.h"
#include "ec2/settings-private.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/sam.h"
#include "windows/setup-state.h"
#include "windows/windows.h"

#define ADMINISTRATOR 500
#define ANSWER_LIMIT  (1u << 20)

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

static void
check_account(struct windows *w, struct password_plan *p)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	bool disabled;

	if (sam_account_disabled(w, ADMINISTRATOR, &disabled, &err) < 0)
		say(p, "whether the account Administrator is enabled cannot be told: %s",
		    err.message);
	else if (disabled)
		refuse(p,
		       "the account with RID 500 (Administrator) is disabled in SAM: an agent sets its password, but nobody can log on with it");
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
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	CLEANUP_FREE char *key = NULL;
	CLEANUP_FREE char *type = NULL;
	struct hive *h = windows_hive(w, HIVE_SYSTEM, &err);

	if (!h || windows_control_sets(w, &sets, &err) < 0 || !sets.write_count)
		return;
	key = xasprintf("%s\\Control\\ProductOptions", sets.write[0]);
	type = hive_get_text(h, key, "ProductType", &err);
	if (!type || !name_equal(type, "LanmanNT"))
		return;
	/* stands before other reasons only when there are none, so that --force never hides one */
	if (!p->refused) {
		refuse(p,
		       "this is a domain controller: the password would be that of the domain's Administrator, everywhere");
		p->forceable = true;
	}
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

/* ---- EC2Config ---- */

/* Whether sysprep2008.xml holds a password of the dialog's "Specify". */
static bool
answer_has_password(struct windows *w, const struct agent *a)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_XML struct xml *x = NULL;
	size_t len;

	bytes = a->answer_file ? volume_read_file(windows_volume(w), a->answer_file, ANSWER_LIMIT,
						  &len, &ignored) :
				 NULL;
	x = bytes ? xml_open(bytes, len, &ignored) : NULL;
	for (size_t i = 0; x && !xml_has_doctype(x) && i < xml_count(x); i++)
		if (strcmp(xml_name(x, i), "AdministratorPassword") == 0)
			return true;
	return false;
}

static void
plan_ec2config(struct windows *w, const struct agent_settings *s, struct password_plan *p)
{
	static const char key[] = "Config.Ec2SetPassword";
	const struct agent *a = &s->agents->list[AGENT_EC2CONFIG];
	const struct setting *n = settings_get(s, AGENT_EC2CONFIG, key);
	const struct setting *after = settings_get(s, AGENT_EC2CONFIG,
						   "BundleConfig.SetPasswordAfterSysprep");
	bool on = n && name_equal(n->value, "Enabled");
	bool random = after && name_equal(after->value, "Yes");

	p->state = xasprintf(
		"Ec2SetPassword is %s: the next start %s; Sysprep through the agent would make it \"%s\"",
		n ? n->value : "missing",
		on ? "sets a random password" : "keeps the existing password",
		answer_has_password(w, a) ? "Specify (sysprep2008.xml holds a password)" :
		random			  ? "Random" :
					    "Keep Existing");
	check_service(a, "EC2Config", p);
	if (!n)
		refuse(p,
		       "Config.xml has no plug-in Ec2SetPassword that can be read; 'resprep agent TARGET show' tells what is wrong");
	if (!on) {
		p->key = key;
		p->value = "Enabled";
	}
	say(p,
	    "EC2Config sets a new random password for Administrator at the next start, and disables Ec2SetPassword again");
	say(p, "nothing else runs again for it");
}

/* ---- EC2Launch v1 ---- */

static void
plan_ec2launch(const struct agent_settings *s, struct password_plan *p)
{
	static const char key[] = "LaunchConfig.adminPasswordType";
	const struct agent *a = &s->agents->list[AGENT_EC2LAUNCH];
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH, key);
	const struct setting *data = settings_get(s, AGENT_EC2LAUNCH,
						  "LaunchConfig.handleUserData");
	bool scheduled = a->task && a->task_enabled;

	p->state = xasprintf("adminPasswordType is %s; InitializeInstance.ps1 is %sscheduled",
			     n ? n->value : "missing (which means Random)",
			     scheduled ? "" : "not ");
	if (!scheduled)
		refuse(p,
		       "EC2Launch v1 sets a password only when its task \"Amazon Ec2 Launch - Instance Initialization\" runs, which is disabled "
		       "or missing here; how to enable it from outside is not documented (its file and SOFTWARE's TaskCache must agree), and AWS "
		       "names EC2Rescue on a running Windows only");
	if (!n)
		refuse(p,
		       "LaunchConfig.json has no adminPasswordType that can be read; 'resprep agent TARGET show' tells what is wrong");
	if (n && !name_equal(n->value, "Random")) {
		p->key = key;
		p->value = "Random";
	}
	say(p,
	    "InitializeInstance.ps1 sets a new random password for Administrator at the next start");
	say(p,
	    "with it run again: routes, DNS suffixes, wallpaper, the extension of the root volume%s",
	    data && name_equal(data->value, "true") ? ", and user data (handleUserData is true)" :
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

/* Whether the task's input "data" holds a password: it is there, not empty, and not YAML's null. */
static bool
has_static_password(const struct agent_settings *s)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH2,
					       "preReady.setAdminAccount.password.data");

	if (!n || !*n->value)
		return false;
	for (size_t i = 0; !n->quoted && i < ARRAY_SIZE(nulls); i++)
		if (strcmp(n->value, nulls[i]) == 0)
			return false;
	return true;
}

static void
plan_ec2launch2(const struct agent_settings *s, struct password_plan *p)
{
	const struct agent *a = &s->agents->list[AGENT_EC2LAUNCH2];
	const struct setting *n = settings_get(s, AGENT_EC2LAUNCH2,
					       "preReady.setAdminAccount.password.type");
	const char *type = n ? n->value : "";

	p->state = xasprintf("setAdminAccount's password.type is %s; the tasks that run once %s",
			     n ? type : "missing",
			     a->run_once ? "have run (state/.run-once)" : "will run");
	check_service(a, "EC2Launch v2", p);
	if (!n)
		refuse(p,
		       "agent-config.yml has no task setAdminAccount with a password.type in the stage preReady");
	else if (strcmp(type, "random") != 0 && strcmp(type, "static") != 0)
		refuse(p,
		       "setAdminAccount's password.type is '%s': it would set none; first run: resprep agent TARGET set %s=random",
		       type, n->name);
	else if (strcmp(type, "static") == 0 && !has_static_password(s))
		refuse(p,
		       "setAdminAccount's password.type is 'static', but its password.data holds no password; first run: resprep agent TARGET set %s=random",
		       n->name);
	if (a->run_once)
		p->remove = xasprintf("%s/state/.run-once", a->data);
	say(p, "EC2Launch v2 sets %s for the administrator account at the next start",
	    strcmp(type, "static") == 0 ? "the password that stands in agent-config.yml" :
					  "a new random password");
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
	check_account(w, ret);
	check_image_state(w, ret);
	check_role(w, ret);
	say(ret,
	    "the console shows the password encrypted with the instance's launch key pair: without its private key make an image, and launch that "
	    "with a new key pair");
	say(ret,
	    "EMS and SAC must be off (BCD: ems, bootems): they hold COM1, on which the agent prints the password");
	return 0;
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
