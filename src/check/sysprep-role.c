/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roles that do not survive Sysprep: a domain controller cannot be generalized at all; failover clusters and certificate services are bound
 * to the machine's name and SID (Microsoft: "Sysprep Support for Server Roles").
 */
#include "check/checks.h"
#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID "sysprep-role"

static const struct problem problems[] = {
	{ "domain-controller", SEVERITY_NOTE, RISK_NONE,
	  "A domain controller cannot be generalized." },
	{ "role", SEVERITY_NOTE, RISK_NONE, "A role is installed that does not survive Sysprep." },
	{ 0 },
};

static const char doc[] =
	"Looks at ProductType of the control set (LanmanNT: a domain controller), and for the services of failover clusters (ClusSvc) and\n"
	"certificate services (CertSvc).  That is no fault of a machine that is no image: a note; a warning once Sysprep has been run on it.";

/* Whether somebody has tried to make an image of it. */
static int
severity_now(struct subject *s, enum severity *ret, struct error *err)
{
	const struct sysprep_state *state = subject_sysprep(s, err);

	if (!state)
		return -1;
	*ret = state->verdict == SYSPREP_DEPLOYED || state->verdict == SYSPREP_UNKNOWN ?
		       SEVERITY_NOTE :
		       SEVERITY_WARNING;
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	static const struct {
		const char *service, *role;
	} roles[] = { { "ClusSvc", "a failover cluster" }, { "CertSvc", "certificate services" } };
	const struct control_sets *sets = subject_control_sets(s, err);
	CLEANUP_FREE char *key = NULL;
	CLEANUP_FREE char *type = NULL;
	enum severity severity;
	struct finding *f;

	if (!sets || severity_now(s, &severity, err) < 0)
		return -1;
	if (windows_product_type(subject_windows(s), &type, &key, err) < 0)
		return -1;
	if (type && name_equal(type, "LanmanNT")) {
		f = findings_add(out, ID, "domain-controller", severity, RISK_NONE, NULL,
				 "this machine is a domain controller");
		finding_registry(f, "SYSTEM", key, "ProductType", type, 0);
		finding_cause(f,
			      "Sysprep cannot generalize it.  Demote it before an image is made.");
	}
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		CLEANUP_FREE char *service = NULL;
		uint32_t start;

		if (sysprep_service_start(s, roles[i].service, &start, &service, err) < 0)
			return -1;
		if (start == SERVICE_ABSENT || start == SERVICE_DISABLED)
			continue;
		f = findings_add(out, ID, "role", severity, RISK_NONE, roles[i].service,
				 "%s is installed, which does not survive Sysprep", roles[i].role);
		finding_registry(f, "SYSTEM", service, NULL, NULL, 0);
		finding_cause(
			f,
			"It is bound to this machine's name and SID.  Install it after specialize.");
	}
	return 0;
}

static const char *const hinders[] = { "domain-controller", "role", NULL };

const struct check check_sysprep_role = {
	.id = ID,
	.title = "the machine has no role that does not survive Sysprep",
	.group = "sysprep",
	.also = check_also_image,
	.hinders = hinders,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
};
