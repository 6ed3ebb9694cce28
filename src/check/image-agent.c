/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the launch agent does when an instance of the image starts: the password of Administrator, user data, activation.
 *
 * Sources: AWS, "Create an AMI with EC2Config and Sysprep" and the document AWSEC2-RunSysprep (which enable Ec2SetPassword and
 * Ec2HandleUserData); AWS Marketplace, "AMI-based product requirements" (the three plug-ins); "EC2Launch v1" (adminPasswordType,
 * InitializeInstance.ps1 -Schedule); "EC2Launch v2" (setAdminAccount, .run-once).
 */
#include <string.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/image.h"
#include "check/subject.h"
#include "ec2/settings.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID	      "image-agent"
#define TASK_FILE     "config/agent-config.yml"
#define PASSWORD_TYPE "preReady.setAdminAccount.password.type"
#define RUN_ONCE      ".run-once"

static const struct problem problems[] = {
	{ "password-kept", SEVERITY_WARNING, RISK_CAREFUL,
	  "Instances keep the image's Administrator password." },
	{ "password-shared", SEVERITY_WARNING, RISK_CAREFUL,
	  "All instances get one Administrator password, which stands in a file." },
	{ "user-data-off", SEVERITY_WARNING, RISK_CAREFUL, "Instances do not run user data." },
	{ "activation-off", SEVERITY_WARNING, RISK_SAFE, "Instances do not activate Windows." },
	{ "run-once", SEVERITY_WARNING, RISK_CAREFUL,
	  "EC2Launch v2 counts its first start as done, and sets no password." },
	{ "task-disabled", SEVERITY_WARNING, RISK_NONE,
	  "EC2Launch v1 is not scheduled for the next start." },
	{ "task-unsure", SEVERITY_WARNING, RISK_NONE,
	  "Whether EC2Launch v1 is scheduled for the next start is not certain." },
	{ "settings-missing", SEVERITY_WARNING, RISK_NONE,
	  "A settings file is missing, without which the agent may set no password." },
	{ "no-agent", SEVERITY_WARNING, RISK_NONE, "There is no launch agent." },
	{ 0 },
};

static const char doc[] =
	"EC2Config: the plug-ins Ec2SetPassword, Ec2WindowsActivate and Ec2HandleUserData, which AWS Marketplace wants enabled in an image, and\n"
	"SetPasswordAfterSysprep, by which Sysprep enables the first of them.  EC2Launch v1: adminPasswordType, handleUserData, and the scheduled\n"
	"task of InitializeInstance.ps1, which Sysprep does not schedule.  EC2Launch v2: the tasks setAdminAccount and activateWindows in the stage preReady, and\n"
	"state\\.run-once, with which no instance gets a password.  On a machine that is not sealed yet, what Sysprep through the agent changes by itself is a note.\n"
	"\n"
	"The repair sets the one value in its text, or deletes .run-once (not in a mounted folder).  It is careful where it acts at the next start of this\n"
	"machine too: a new Administrator password, or user data that runs.  A value that is not in its file is not added.  The task of v1 is\n"
	"reported only, because the registry has a copy of it: run 'InitializeInstance.ps1 -Schedule' before Sysprep.";

/* A value that an image should have. */
struct rule {
	enum agent_kind agent;
	const char *setting; /* the table's name of it */
	const char *wanted;
	const char *problem;
	enum severity sealed, before; /* once Sysprep has run, and as long as it has not */
	enum risk risk;
	const char *cause;
};
static const struct rule rules[] = {
	{ AGENT_EC2CONFIG, "Config.Ec2SetPassword", "Enabled", "password-kept", SEVERITY_WARNING,
	  SEVERITY_NOTE, RISK_CAREFUL,
	  "Instances keep the Administrator password that the image has; the launch key pair does not help.  Sysprep through EC2Config enables this "
	  "when SetPasswordAfterSysprep is Yes." },
	{ AGENT_EC2CONFIG, "Config.Ec2WindowsActivate", "Enabled", "activation-off",
	  SEVERITY_WARNING, SEVERITY_WARNING, RISK_SAFE,
	  "Instances do not look for AWS' activation servers." },
	{ AGENT_EC2CONFIG, "Config.Ec2HandleUserData", "Enabled", "user-data-off", SEVERITY_WARNING,
	  SEVERITY_NOTE, RISK_CAREFUL,
	  "The user data that an instance is started with is not run.  EC2Config disables it after each run." },
	{ AGENT_EC2CONFIG, "BundleConfig.SetPasswordAfterSysprep", "Yes", "password-kept",
	  SEVERITY_NOTE, SEVERITY_WARNING, RISK_SAFE,
	  "Sysprep through EC2Config leaves Ec2SetPassword as it is, and instances keep the image's password.  It acts at the next Sysprep." },
	{ AGENT_EC2LAUNCH, "LaunchConfig.adminPasswordType", "Random", "password-kept",
	  SEVERITY_WARNING, SEVERITY_WARNING, RISK_CAREFUL,
	  "DoNothing: instances keep the image's password.  Specify: all get the one in adminPassword, which stands there in clear text." },
	{ AGENT_EC2LAUNCH, "LaunchConfig.handleUserData", "true", "user-data-off", SEVERITY_WARNING,
	  SEVERITY_WARNING, RISK_CAREFUL,
	  "The user data that an instance is started with is not run." },
	{ AGENT_EC2LAUNCH2, PASSWORD_TYPE, "random", "password-kept", SEVERITY_WARNING,
	  SEVERITY_WARNING, RISK_CAREFUL,
	  "doNothing: instances keep the image's password.  static: all get the one in data, which stands there in clear text." },
};

/* A file without which the rules have nothing to look at.  Not LaunchConfig.json: without it EC2Launch v1 sets a random password. */
static const struct needed {
	enum agent_kind agent;
	const char *file;
	enum severity sealed, before;
	const char *cause;
} needed[] = {
	{ AGENT_EC2CONFIG, "Settings/Config.xml", SEVERITY_WARNING, SEVERITY_WARNING,
	  "Without it nothing tells whether Ec2SetPassword, Ec2HandleUserData and Ec2WindowsActivate are on: instances may keep the image's Administrator "
	  "password." },
	{ AGENT_EC2CONFIG, "Settings/BundleConfig.xml", SEVERITY_NOTE, SEVERITY_WARNING,
	  "Sysprep through EC2Config enables Ec2SetPassword by its SetPasswordAfterSysprep.  It acts at the next Sysprep." },
	{ AGENT_EC2LAUNCH2, TASK_FILE, SEVERITY_WARNING, SEVERITY_WARNING,
	  "EC2Launch v2 has no tasks: instances keep the image's Administrator password, and do not activate Windows." },
};

static bool
is_shared(const char *value)
{
	return value && (name_equal(value, "Specify") || name_equal(value, "static"));
}

static void
apply(struct subject *s, const struct rule *r, const struct agent_settings *all,
      const struct setting *n, bool sealed, struct findings *out)
{
	const char *problem = is_shared(n->value) ? "password-shared" : r->problem;
	const struct setting_file *file = &all->files[n->file];
	CLEANUP_FREE char *shown = setting_shown(n, false);
	CLEANUP_FREE char *now = NULL;
	struct finding *f;

	if (setting_is(n, r->wanted))
		return;
	now = n->twice ? xstrdup("is there twice") :
	      n->value ? xasprintf("is %s, not %s", shown, r->wanted) :
			 xstrdup("is not there");
	f = findings_add(out, ID, problem, sealed ? r->sealed : r->before,
			 n->value && !n->twice ? r->risk : RISK_NONE, n->name, "%s of %s %s",
			 n->name, agent_name(r->agent), now);
	finding_line(f, file->path, (uint64_t)n->line, 0, now);
	finding_cause(f, "%s", r->cause);
	if (n->value && !n->twice)
		finding_repair(f, "set %s to %s", n->name, r->wanted);
	image_keep_read_only(s, f, file->path);
	edit_refuse_unwritable(s, f, file->path);
}

/* Of EC2Launch v2 the task decides that stands in its stage; what the agent gives up decides nothing. */
static const struct rule *
rule_of(const struct agent_settings *all, const struct setting *n)
{
	const struct setting_file *file = &all->files[n->file];

	if (!n->kind || file->unread || file->missing ||
	    agent_file_given_up(all, n->agent, file->name))
		return NULL;
	for (size_t k = 0; k < ARRAY_SIZE(rules); k++)
		if (rules[k].agent == n->agent &&
		    (n->agent == AGENT_EC2LAUNCH2 ? strcmp(rules[k].setting, n->name) == 0 :
						    name_equal(rules[k].setting, n->kind->name)))
			return &rules[k];
	return NULL;
}

static void
apply_rules(struct subject *s, const struct agent_settings *all, bool sealed, struct findings *out)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct rule *r = rule_of(all, &all->list[i]);

		if (r)
			apply(s, r, all, &all->list[i], sealed, out);
	}
}

static void
want_files(const struct agent_settings *all, bool sealed, struct findings *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		const struct needed *n = &needed[i];
		const struct setting_file *file = agent_file(all, n->agent, n->file);
		struct finding *f;

		if (!file || !file->missing)
			continue;
		f = findings_add(out, ID, "settings-missing", sealed ? n->sealed : n->before,
				 RISK_NONE, n->file, "%s has no %s", agent_name(n->agent), n->file);
		finding_line(f, file->path, 0, 0, "is missing");
		finding_cause(f, "%s", n->cause);
	}
}

/* Whether the stage preReady has the task, once or several times. */
static bool
has_task(const struct agent_settings *all, const char *task)
{
	CLEANUP_FREE char *name = xasprintf("preReady.%s", task);
	size_t len = strlen(name);

	for (size_t i = 0; i < all->count; i++) {
		const struct setting *n = &all->list[i];

		if (n->agent == AGENT_EC2LAUNCH2 && n->is_task &&
		    strncmp(n->name, name, len) == 0 && (!n->name[len] || n->name[len] == '.'))
			return true;
	}
	return false;
}

static void
lacks_task(const struct setting_file *file, const char *task, const char *problem,
	   const char *cause, struct findings *out, const char *title)
{
	struct finding *f = findings_add(out, ID, problem, SEVERITY_WARNING, RISK_NONE, task, "%s",
					 title);

	finding_line(f, file->path, 0, 0, NULL);
	finding_cause(f, "%s", cause);
}

/* The tasks of EC2Launch v2 without which instances lack something. */
static void
want_tasks(const struct agent_settings *all, struct findings *out)
{
	const struct setting_file *file = agent_file(all, AGENT_EC2LAUNCH2, TASK_FILE);
	bool several;
	const struct setting *type = agent_password_type(all, &several);

	/* of a file that cannot be read nothing is known, and agent-settings tells why; that it is missing is told */
	if (!file || !file->tree)
		return;
	if (several)
		lacks_task(
			file, "setAdminAccount", "password-kept",
			"Which of them decides is not known: instances may keep the image's Administrator password.",
			out,
			"EC2Launch v2 has several tasks setAdminAccount in the stage preReady");
	else if (!type)
		lacks_task(
			file, "setAdminAccount", "password-kept",
			"Instances keep the image's Administrator password.", out,
			"EC2Launch v2 has no task setAdminAccount with a password.type in the stage preReady");
	if (!has_task(all, "activateWindows"))
		lacks_task(file, "activateWindows", "activation-off",
			   "Instances do not activate Windows.", out,
			   "EC2Launch v2 has no task activateWindows in the stage preReady");
}

static void
launch2(struct subject *s, const struct agent *a, const struct agent_settings *all, bool sealed,
	struct findings *out)
{
	CLEANUP_FREE char *path = xasprintf("%s/state/.run-once", a->data ? a->data : "");
	struct finding *f;

	want_tasks(all, out);
	if (!a->run_once)
		return;
	f = findings_add(out, ID, "run-once", sealed ? SEVERITY_WARNING : SEVERITY_NOTE,
			 RISK_CAREFUL, RUN_ONCE, "EC2Launch v2 counts its first start as done");
	finding_line(f, path, 0, 0, NULL);
	finding_cause(
		f,
		"While the file is there, tasks that run once are left out: an instance of an image with it gets no password, for ever.");
	finding_repair(
		f,
		"delete the file, as EC2Launch.exe reset does: all tasks that run once run at the next start");
	image_keep_read_only(s, f, path);
}

static void
launch1(const struct agent *a, struct findings *out)
{
	struct finding *f;

	if (a->task && a->task_enabled)
		return;
	f = findings_add(
		out, ID, a->task_unsure ? "task-unsure" : "task-disabled", SEVERITY_WARNING,
		RISK_NONE, NULL,
		a->task_unsure ?
			"whether EC2Launch v1 is scheduled for the next start is not certain" :
			"EC2Launch v1 is not scheduled for the next start");
	finding_line(f, "/Windows/System32/Tasks/Amazon Ec2 Launch - Instance Initialization", 0, 0,
		     a->state);
	finding_cause(
		f,
		"The agent disables its task after each run, and SysprepInstance.ps1 does not enable it: instances get no password and run no user data.");
	finding_repair(f, "in Windows, before Sysprep: InitializeInstance.ps1 -Schedule");
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings all = { 0 };
	const struct sysprep_state *state = subject_sysprep(s, err);
	const struct agents *agents = state ? subject_agents(s, err) : NULL;
	struct finding *f;
	bool sealed;

	if (!agents)
		return -1;
	if (!agents->installed) {
		f = findings_add(out, ID, "no-agent", SEVERITY_WARNING, RISK_NONE, NULL,
				 "there is no launch agent");
		finding_cause(
			f,
			"Nothing sets a password, runs user data or activates Windows on an instance of the image.");
		return 0;
	}
	if (agent_settings_read(subject_windows(s), agents, &all, err) < 0)
		return -1;
	sealed = image_is_sealed(state);
	apply_rules(s, &all, sealed, out);
	want_files(&all, sealed, out);
	if (agents->list[AGENT_EC2LAUNCH].installed)
		launch1(&agents->list[AGENT_EC2LAUNCH], out);
	if (agents->list[AGENT_EC2LAUNCH2].installed)
		launch2(s, &agents->list[AGENT_EC2LAUNCH2], &all, sealed, out);
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings all = { 0 };
	const struct agents *agents = subject_agents(s, err);
	const struct setting *n;
	const struct rule *r;

	if (!agents)
		return -1;
	if (name_equal(f->problem, "run-once")) {
		const char *data = agents->list[AGENT_EC2LAUNCH2].data;
		CLEANUP_FREE char *path = xasprintf("%s/state/.run-once", data ? data : "");

		return edit_remove_file(s, ID, path, err);
	}
	if (agent_settings_read(subject_windows(s), agents, &all, err) < 0)
		return -1;
	n = agent_settings_find(&all, f->subject, err);
	r = n ? rule_of(&all, n) : NULL;
	if (!r)
		return n ? error_set(err, ERR_INTERNAL, "%s is no setting of an image",
				     f->subject) :
			   -1;
	if (agent_settings_set(&all, f->subject, r->wanted, err) < 0)
		return -1;
	for (size_t i = 0; i < all.file_count; i++)
		if (all.files[i].words &&
		    edit_replace_file_noting(s, ID, all.files[i].path, all.files[i].bytes,
					     all.files[i].len, all.files[i].words, err) < 0)
			return -1;
	return 0;
}

const struct check check_image_agent = {
	.id = ID,
	.title = "The launch agent gives instances what they need",
	.group = GROUP_IMAGE,
	.asked_only = true,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
