/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remote Desktop shut by fDenyTSConnections, in the control set or by policy.
 *
 * The launch agents' BeforeSysprep.cmd sets it to 1 on purpose, because Administrator's password may be blank at the first boot; a command of the
 * answer file sets it back in specialize.  So in a sealed image it stays, as long as the answer file that Windows will use has such a command.
 */
#include <inttypes.h>
#include <string.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "ec2/scripts.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/registry-pol.h"

#define ID	     "rdp-connections-denied"
#define VALUE	     "fDenyTSConnections"
#define POLICY_KEY   "Policies\\Microsoft\\Windows NT\\Terminal Services"
#define POLICY_FILE  "System32/GroupPolicy/Machine/Registry.pol"
#define POLICY_LIMIT (16u << 20)

static const struct problem problems[] = {
	{ "denied", SEVERITY_ERROR, RISK_SAFE,
	  "fDenyTSConnections is 1 in the control set: Remote Desktop is shut." },
	{ "denied-by-policy", SEVERITY_ERROR, RISK_SAFE,
	  "A policy sets fDenyTSConnections to 1: Remote Desktop is shut." },
	{ "denied-elsewhere", SEVERITY_NOTE, RISK_NONE,
	  "A control set that the next boot does not use has fDenyTSConnections = 1." },
	{ "odd-value", SEVERITY_WARNING, RISK_NONE,
	  "fDenyTSConnections is neither 0 nor 1, or no REG_DWORD." },
	{ 0 },
};

static const char doc[] =
	"Looks at fDenyTSConnections in Control\\Terminal Server of the control set that Windows will use (Select\\Default)\n"
	"and of the current one when it differs, and at the policy of the same name in SOFTWARE.  Other control sets are\n"
	"mentioned only.\n"
	"\n"
	"The repair sets the value to 0; a policy's value is deleted, not set to 0.  Where the machine is joined to a domain, or the\n"
	"local policy file Registry.pol holds it, the policy will come back, and the finding says so.\n"
	"\n"
	"In a sealed image that waits for specialize the 1 is on purpose, because Administrator's password may be blank at the\n"
	"first boot: it is a note there, and its repair is refused, where the answer file that Windows will use for specialize opens Remote\n"
	"Desktop again.  Where it does not, and in an unfinished specialize, the repair is careful.";

/* What a sealed image makes of the finding. */
static int
weigh_sealed(struct subject *s, struct finding *f, const struct setup_state *setup,
	     struct error *err)
{
	const struct agents *agents = subject_agents(s, err);
	CLEANUP_FREE char *why = NULL;
	enum specialize_opens opens;

	if (!agents ||
	    scripts_specialize_opens(subject_windows(s), agents, setup, &opens, &why, err) < 0)
		return -1;
	if (opens == SPECIALIZE_OPENS) {
		f->severity = SEVERITY_NOTE;
		finding_refused(
			f,
			"this image is sealed and waits for specialize: BeforeSysprep.cmd of the launch agent shuts Remote "
			"Desktop on purpose, because Administrator's password may be blank at the first boot; the "
			"specialize pass opens it again");
		return 0;
	}
	f->risk = RISK_CAREFUL;
	finding_cause(
		f,
		"BeforeSysprep.cmd of the launch agent shuts Remote Desktop, because Administrator's password may be blank at the first boot, and the "
		"specialize pass %s it again: %s.  Opening it by hand is a risk as long as nothing sets a password.",
		opens == SPECIALIZE_UNKNOWN ? "may not open" : "does not open", why);
	return 0;
}

/* What a sealed or half specialised image makes of the finding. */
static int
weigh(struct subject *s, struct finding *f, const struct setup_state *setup, struct error *err)
{
	if (setup->phase == SETUP_SEALED)
		return weigh_sealed(s, f, setup, err);
	if (setup->phase == SETUP_SEALED_UNARMED) {
		f->risk = RISK_CAREFUL;
		finding_cause(
			f,
			"this image is generalized: the launch agent shut Remote Desktop on purpose, because "
			"Administrator's password may be blank at the first boot.");
	} else if (setup->phase == SETUP_SPECIALIZE) {
		f->risk = RISK_CAREFUL;
		finding_cause(
			f,
			"specialize has not finished, so SysprepSpecializePhase.cmd may not have opened Remote Desktop yet.  "
			"Opening it by hand is a risk: until Setup is done, Administrator's password may be blank.");
	}
	return 0;
}

static char *
terminal_server(const char *set)
{
	return xasprintf("%s\\Control\\Terminal Server", set);
}

/* The value at `key`; ERR_NOT_FOUND counts as absent: *ret_there false. */
static int
read_value(struct hive *h, const char *key, struct hive_value *ret, bool *ret_there,
	   uint64_t *ret_time, struct error *err)
{
	hive_key at;

	*ret_there = false;
	*ret_time = 0;
	if (hive_find_path(h, key, &at, err) < 0 || hive_value(h, at, VALUE, ret, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		error_clear(err);
		return 0;
	}
	*ret_there = true;
	return hive_key_time(h, at, ret_time, err);
}

static bool
is_dword(const struct hive_value *v, uint32_t wanted)
{
	return v->type == REG_TYPE_DWORD && v->len == 4 && get_u32(v->data) == wanted;
}

static void
odd_value(struct findings *out, const char *subject, const char *hive, const char *key,
	  const struct hive_value *v, uint64_t time)
{
	CLEANUP_FREE char *data = change_data_text(true, v->type, v->data, v->len);
	struct finding *f = findings_add(out, ID, "odd-value", SEVERITY_WARNING, RISK_NONE, subject,
					 "%s is %s, not a REG_DWORD of 0 or 1", VALUE, data);

	finding_registry(f, hive, key, VALUE, data, time);
	finding_cause(f, "What Windows makes of it is not certain; set it by hand.");
}

static int
diagnose_set(struct subject *s, struct hive *h, const char *set, const struct setup_state *setup,
	     struct findings *out, struct error *err)
{
	CLEANUP_FREE char *key = terminal_server(set);
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	struct finding *f;
	uint64_t time;
	bool there;

	if (read_value(h, key, &v, &there, &time, err) < 0)
		return -1;
	if (!there || is_dword(&v, 0))
		return 0;
	if (!is_dword(&v, 1)) {
		odd_value(out, set, "SYSTEM", key, &v, time);
		return 0;
	}
	f = findings_add(out, ID, "denied", SEVERITY_ERROR, RISK_SAFE, set,
			 "Remote Desktop connections are denied");
	finding_registry(f, "SYSTEM", key, VALUE, "1 (REG_DWORD)", time);
	finding_cause(
		f,
		"%s = 1 shuts Remote Desktop.  The launch agents set it before Sysprep and open it in specialize; a Sysprep that "
		"fails in between leaves it shut.",
		VALUE);
	finding_repair(f, "set %s to 0 in %s", VALUE, set);
	return weigh(s, f, setup, err);
}

/* A set that no repair writes: said, in case somebody boots it (last known good). */
static int
diagnose_other(struct hive *h, const char *set, struct findings *out, struct error *err)
{
	CLEANUP_FREE char *key = terminal_server(set);
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	struct finding *f;
	uint64_t time;
	bool there;

	if (read_value(h, key, &v, &there, &time, err) < 0)
		return -1;
	if (!there || !is_dword(&v, 1))
		return 0;
	f = findings_add(out, ID, "denied-elsewhere", SEVERITY_NOTE, RISK_NONE, set,
			 "%s denies Remote Desktop connections too", set);
	finding_registry(f, "SYSTEM", key, VALUE, "1 (REG_DWORD)", time);
	finding_cause(f, "The next boot does not use this control set, so it is left as it is.");
	return 0;
}

/* Whether the local policy file would set it again; its evidence goes to the finding. */
static int
comes_back(struct subject *s, struct finding *f, bool *ret, struct error *err)
{
	CLEANUP_FREE char *path = windows_path(subject_windows(s), POLICY_FILE);
	CLEANUP_ERROR struct error absent = ERROR_INIT;
	const struct windows_version *version = subject_version(s, err);
	size_t len;
	CLEANUP_FREE uint8_t *bytes = NULL;

	if (!version)
		return -1;
	*ret = false;
	if (version->domain_joined) {
		*ret = true;
		finding_line(
			f, NULL, 0, 0,
			"the machine has a DNS domain: if it is joined to one, the domain's policy may set it again");
	}
	bytes = volume_read_file(subject_volume(s), path, POLICY_LIMIT, &len, &absent);
	if (bytes && registry_pol_sets(bytes, len, "Software\\" POLICY_KEY, VALUE)) {
		*ret = true;
		finding_line(f, path, 0, 0, "the local policy file sets it again");
	}
	return 0;
}

static int
diagnose_policy(struct subject *s, struct findings *out, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	CLEANUP_HIVE_VALUE struct hive_value v = { 0 };
	struct finding *f;
	uint64_t time;
	bool there, back;

	if (!h || read_value(h, POLICY_KEY, &v, &there, &time, err) < 0)
		return -1;
	if (!there || is_dword(&v, 0))
		return 0;
	if (!is_dword(&v, 1)) {
		odd_value(out, "policy", "SOFTWARE", POLICY_KEY, &v, time);
		return 0;
	}
	f = findings_add(out, ID, "denied-by-policy", SEVERITY_ERROR, RISK_SAFE, "policy",
			 "Remote Desktop connections are denied by policy");
	finding_registry(f, "SOFTWARE", POLICY_KEY, VALUE, "1 (REG_DWORD)", time);
	if (comes_back(s, f, &back, err) < 0)
		return -1;
	finding_cause(
		f, "A policy's value wins over the one in the control set.%s",
		back ? "  Once deleted it will come back at the next policy refresh: change the policy itself too." :
		       "");
	finding_repair(f, "delete the policy's %s", VALUE);
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	const struct setup_state *setup = subject_setup(s, err);
	const struct control_sets *sets = setup ? subject_control_sets(s, err) : NULL;
	struct hive *h = sets ? windows_hive(subject_windows(s), HIVE_SYSTEM, err) : NULL;
	size_t before = out->count;

	if (!h)
		return -1;
	for (size_t i = 0; i < sets->write_count; i++)
		if (diagnose_set(s, h, sets->write[i], setup, out, err) < 0)
			return -1;
	for (size_t i = 0; i < sets->other_count; i++)
		if (diagnose_other(h, sets->others[i], out, err) < 0)
			return -1;
	if (diagnose_policy(s, out, err) < 0)
		return -1;
	for (size_t i = before; i < out->count; i++)
		edit_refuse_unwritable_hives(s, &out->list[i],
					     strcmp(out->list[i].problem, "denied-by-policy") == 0 ?
						     EDITS_SOFTWARE :
						     EDITS_SYSTEM);
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_FREE char *key = NULL;

	if (strcmp(f->problem, "denied-by-policy") == 0)
		return edit_delete_value(s, ID, HIVE_SOFTWARE, POLICY_KEY, VALUE, err);
	key = terminal_server(f->subject);
	return edit_set_u32(s, ID, HIVE_SYSTEM, key, VALUE, 0, err);
}

const struct check check_rdp_connections_denied = {
	.id = ID,
	.title = "Remote Desktop connections are allowed",
	.group = "rdp",
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
