/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Services that Sysprep's providers start: a disabled one makes it fail (AppxSysprep.dll gives 0x422, spopk.dll 0x80080005, …).  Starts as
 * Windows installs them; Microsoft's articles on Sysprep, and published logs.
 */
#include <inttypes.h>
#include <string.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID "sysprep-service-disabled"

static const struct problem problems[] = {
	{ "disabled", SEVERITY_WARNING, RISK_SAFE,
	  "A service is disabled that Sysprep needs, and Sysprep has failed for it." },
	{ "disabled-unneeded", SEVERITY_NOTE, RISK_CAREFUL,
	  "A service is disabled that Sysprep needs; no log tells of a failure for it." },
	{ 0 },
};

static const char doc[] =
	"Looks at Start of AppXSvc, StateRepository, sppsvc, ClipSVC, TrustedInstaller, wuauserv and MSDTC in the control set of the next\n"
	"boot.  Sysprep's providers start them, and fail when they are disabled (4).\n"
	"\n"
	"The repair sets Start to what Windows installs: 3, of sppsvc 2 with DelayedAutostart 1.  It is safe where the log of the newest Sysprep\n"
	"shows that it failed for that service, and careful where the service is only found disabled, which somebody may have wanted.  wuauserv\n"
	"and MSDTC are told and not repaired: the first is often off on purpose, the part of the other is not certain.";

static int
diagnose_one(struct subject *s, const struct sysprep_service *v, struct findings *out,
	     struct error *err)
{
	CLEANUP_FREE char *key = NULL;
	struct finding *f;
	uint32_t start;
	bool needed;

	if (sysprep_service_start(s, v->name, &start, &key, err) < 0 ||
	    sysprep_failed_by(s, v->known, &needed, err) < 0)
		return -1;
	if (start != SERVICE_DISABLED)
		return 0;
	f = findings_add(out, ID, needed ? "disabled" : "disabled-unneeded",
			 needed ? SEVERITY_WARNING : SEVERITY_NOTE,
			 !v->repairable ? RISK_NONE :
			 needed		? RISK_SAFE :
					  RISK_CAREFUL,
			 v->name, "the service %s is disabled", v->name);
	finding_registry(f, "SYSTEM", key, "Start", "4 (REG_DWORD)", 0);
	finding_cause(f, "It %s, and %s.", v->why,
		      needed ? "the newest Sysprep failed for it" :
			       "a Sysprep that needs it would fail");
	if (v->repairable)
		finding_repair(f, "set Start of %s to %" PRIu32 "%s", v->name, v->start,
			       v->delayed ? ", DelayedAutostart to 1" : "");
	if (needed)
		f->explains = xstrdup("sysprep-log-failure");
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	for (size_t i = 0; i < sysprep_service_count; i++)
		if (diagnose_one(s, &sysprep_services[i], out, err) < 0)
			return -1;
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	for (size_t i = 0; i < sysprep_service_count; i++) {
		const struct sysprep_service *v = &sysprep_services[i];
		CLEANUP_FREE char *key = NULL;
		uint32_t start;

		if (!name_equal(v->name, f->subject))
			continue;
		if (sysprep_service_start(s, v->name, &start, &key, err) < 0 ||
		    edit_set_u32(s, ID, HIVE_SYSTEM, key, "Start", v->start, err) < 0)
			return -1;
		return v->delayed ?
			       edit_set_u32(s, ID, HIVE_SYSTEM, key, "DelayedAutostart", 1, err) :
			       0;
	}
	return error_set(err, ERR_INTERNAL, "no service %s", f->subject);
}

const struct check check_sysprep_service_disabled = {
	.id = ID,
	.title = "the services that Sysprep needs can be started",
	.group = "sysprep",
	.also = check_also_image,
	.edits = EDITS_SYSTEM,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
