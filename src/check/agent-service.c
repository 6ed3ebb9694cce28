/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The service of EC2Config or EC2Launch v2 starts by itself: Start is 2, as their installers set it.  (EC2Launch v1 has none.)  EC2Rescue
 * calls the same "Service Start".
 */
#include <inttypes.h>
#include <string.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"

#define ID	  "agent-service"
#define AUTOMATIC 2
#define MANUAL	  3
#define DISABLED  4

static const struct problem problems[] = {
	{ "disabled", SEVERITY_ERROR, RISK_SAFE, "The service of the launch agent is disabled." },
	{ "manual", SEVERITY_WARNING, RISK_SAFE,
	  "The service of the launch agent does not start by itself." },
	{ "odd-start", SEVERITY_WARNING, RISK_NONE,
	  "Start of the launch agent's service is missing, or no number that a service has." },
	{ "no-service", SEVERITY_WARNING, RISK_NONE,
	  "The launch agent's program is there, but not its service." },
	{ "no-program", SEVERITY_ERROR, RISK_NONE,
	  "The launch agent's service is there, but not its program." },
	{ 0 },
};

static const char doc[] =
	"Looks at Start of the service Ec2Config or Amazon EC2Launch, in the control set that the next boot uses and in the\n"
	"current one, and whether service and program are both there.  EC2Launch v1 has no service.\n"
	"\n"
	"The repair sets Start to 2 (automatic).  Where two agents are installed, one may be disabled on purpose: that is a note,\n"
	"and the repair is refused.  A service or program that is missing is not made: install the agent again.";

static char *
service_key(const char *set, const struct agent *a)
{
	return xasprintf("%s\\Services\\%s", set, a->service);
}

static void
halves(const struct agent *a, enum agent_kind kind, struct findings *out)
{
	struct finding *f;

	if (a->program && !a->service) {
		f = findings_add(out, ID, "no-service", SEVERITY_WARNING, RISK_NONE,
				 agent_word(kind), "%s has no service", agent_name(kind));
		finding_line(f, a->program, 0, 0, "its program");
		finding_cause(
			f,
			"Its service was deleted (\"sc delete\"): nothing starts it.  Install it again.");
	}
	if (a->service && !a->program) {
		f = findings_add(out, ID, "no-program", SEVERITY_ERROR, RISK_NONE, agent_word(kind),
				 "%s's service has no program", agent_name(kind));
		finding_registry(f, "SYSTEM", a->service_key, NULL, NULL, 0);
		finding_cause(
			f, "Its files are gone or lie where they should not.  Install it again.");
	}
}

static void
bad_start(const struct agent *a, enum agent_kind kind, const char *key, uint32_t start,
	  uint64_t time, bool several, struct findings *out)
{
	CLEANUP_FREE char *data = start == AGENT_NO_SERVICE ?
					  xstrdup("absent") :
					  xasprintf("%" PRIu32 " (REG_DWORD)", start);
	bool disabled = start == DISABLED, manual = start == MANUAL;
	struct finding *f = findings_add(out, ID,
					 disabled ? "disabled" :
					 manual	  ? "manual" :
						    "odd-start",
					 several  ? SEVERITY_NOTE :
					 disabled ? SEVERITY_ERROR :
						    SEVERITY_WARNING,
					 disabled || manual ? RISK_SAFE : RISK_NONE,
					 agent_word(kind), "%s's service %s", agent_name(kind),
					 disabled ? "is disabled" :
					 manual	  ? "does not start by itself" :
						    "has a Start that no service has");

	finding_registry(f, "SYSTEM", key, "Start", data, time);
	finding_cause(
		f,
		"At a start nobody sets Administrator's password, runs user data or adds the routes to the metadata "
		"service.");
	if (several)
		finding_refused(
			f,
			"another launch agent is installed too, so this one may be disabled on purpose");
	else if (disabled || manual)
		finding_repair(f, "set Start of the service %s to 2 (automatic)", a->service);
}

static int
diagnose_set(struct subject *s, const char *set, const struct agent *a, enum agent_kind kind,
	     bool several, struct findings *out, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SYSTEM, err);
	CLEANUP_FREE char *key = service_key(set, a);
	CLEANUP_ERROR struct error problem = ERROR_INIT;
	uint32_t start = AGENT_NO_SERVICE;
	uint64_t time = 0;
	hive_key at;

	if (!h)
		return -1;
	if (hive_find_path(h, key, &at, &problem) < 0)
		return problem.code == ERR_NOT_FOUND ? 0 : (error_move(err, &problem), -1);
	if (hive_get_u32(h, key, "Start", &start, &problem) < 0) {
		if (problem.code != ERR_NOT_FOUND && problem.code != ERR_CORRUPT) {
			error_move(err, &problem);
			return -1;
		}
		start = AGENT_NO_SERVICE;
	}
	if (hive_key_time(h, at, &time, err) < 0)
		return -1;
	if (start != AUTOMATIC)
		bad_start(a, kind, key, start, time, several, out);
	return start != AUTOMATIC;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct agents *all = subject_agents(s, err);
	const struct control_sets *sets = all ? subject_control_sets(s, err) : NULL;

	if (!sets)
		return -1;
	for (int i = 0; i < AGENT_KINDS; i++) {
		const struct agent *a = &all->list[i];
		int got = 0;

		if (!a->installed || i == AGENT_EC2LAUNCH)
			continue;
		halves(a, (enum agent_kind)i, out);
		/* one finding, by the first set in which it is so; the repair mends all */
		for (size_t k = 0; a->service && k < sets->write_count && got == 0; k++)
			got = diagnose_set(s, sets->write[k], a, (enum agent_kind)i,
					   all->installed > 1, out, err);
		if (got < 0)
			return -1;
	}
	return 0;
}

static int
repair_set(struct subject *s, const char *key, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SYSTEM, err);
	uint32_t start;

	if (!h)
		return -1;
	if (hive_get_u32(h, key, "Start", &start, err) < 0) {
		/* what is no number, diagnose tells */
		if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
			return -1;
		error_clear(err);
		return 0;
	}
	if (start != MANUAL && start != DISABLED)
		return 0;
	return edit_set_u32(s, ID, HIVE_SYSTEM, key, "Start", AUTOMATIC, err);
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	const struct agents *all = subject_agents(s, err);
	const struct control_sets *sets = all ? subject_control_sets(s, err) : NULL;

	if (!sets)
		return -1;
	for (int i = 0; i < AGENT_KINDS; i++) {
		const struct agent *a = &all->list[i];

		if (!a->service || strcmp(f->subject, agent_word((enum agent_kind)i)) != 0)
			continue;
		for (size_t k = 0; k < sets->write_count; k++) {
			CLEANUP_FREE char *key = service_key(sets->write[k], a);

			if (repair_set(s, key, err) < 0)
				return -1;
		}
	}
	return 0;
}

const struct check check_agent_service = {
	.id = ID,
	.title = "The launch agent's service starts by itself",
	.group = "agent",
	.also = check_also_image,
	.edits = EDITS_SYSTEM,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
