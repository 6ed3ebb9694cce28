/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Activation of the instances: the KMS that the registry names, and SkipRearm, with which Sysprep leaves the licence's state as it is.
 * Sources: AWS, "Troubleshoot Windows activation" (169.254.169.250 and .251, port 1688, fd00:ec2::250); Microsoft, "Microsoft-Windows-Security-SPP,
 * SkipRearm".
 */
#include <inttypes.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID	"image-activation"
#define SPP_KEY "Microsoft\\Windows NT\\CurrentVersion\\SoftwareProtectionPlatform"

static const struct problem problems[] = {
	{ "skip-rearm", SEVERITY_WARNING, RISK_CAREFUL,
	  "SkipRearm is 1: Sysprep does not reset the state of the licence." },
	{ "other-kms", SEVERITY_NOTE, RISK_NONE,
	  "Windows asks another activation server than AWS'." },
	{ "kms-port", SEVERITY_WARNING, RISK_CAREFUL,
	  "Windows asks AWS' activation server at a port where it does not listen." },
	{ 0 },
};

static const char doc[] =
	"Looks at SkipRearm, KeyManagementServiceName and KeyManagementServicePort in SoftwareProtectionPlatform.  With SkipRearm 1 all instances have the client\n"
	"identity of this machine, and a KMS counts them as one; it is a way around used-up re-arms (0xC004D307), whose number nobody can read offline.\n"
	"AWS' servers are 169.254.169.250 and .251, port 1688; another one may be meant, with licences of one's own, and is a note.\n"
	"\n"
	"The repairs are careful: SkipRearm becomes 0, after which Sysprep fails where the re-arms are used up; the port becomes 1688.";

static const char *const servers[] = { "169.254.169.250", "169.254.169.251", "fd00:ec2::250",
				       "fd00:ec2::240" };

static bool
is_aws(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
		if (name_equal(name, servers[i]))
			return true;
	return false;
}

static char *
text_of(struct hive *h, const char *name)
{
	CLEANUP_ERROR struct error absent = ERROR_INIT;

	return hive_get_text(h, SPP_KEY, name, &absent);
}

static int
rearm(struct hive *h, struct findings *out, struct error *err)
{
	CLEANUP_FREE char *data = NULL;
	struct finding *f;
	uint32_t skip = 0;

	/* of another type Windows does not take it (ERR_CORRUPT) */
	if (hive_get_u32(h, SPP_KEY, "SkipRearm", &skip, err) < 0) {
		if (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT)
			return -1;
		error_clear(err);
		return 0;
	}
	if (!skip)
		return 0;
	f = findings_add(out, ID, "skip-rearm", SEVERITY_WARNING, RISK_CAREFUL, NULL,
			 "SkipRearm is %" PRIu32
			 ": Sysprep does not reset the state of the licence",
			 skip);
	data = xasprintf("%" PRIu32 " (REG_DWORD)", skip);
	finding_registry(f, "SOFTWARE", SPP_KEY, "SkipRearm", data, 0);
	finding_cause(
		f,
		"Instances have the client identity of this machine, and a KMS counts them as one.  Somebody may have set it because the re-arms are used "
		"up (0xC004D307): then a new image is needed.");
	finding_repair(f, "set SkipRearm to 0");
	return 0;
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	struct hive *h = windows_hive(subject_windows(s), HIVE_SOFTWARE, err);
	const struct agents *agents = h ? subject_agents(s, err) : NULL;
	CLEANUP_FREE char *server = agents ? text_of(h, "KeyManagementServiceName") : NULL;
	CLEANUP_FREE char *port = agents ? text_of(h, "KeyManagementServicePort") : NULL;
	struct finding *f;

	if (!agents || rearm(h, out, err) < 0)
		return -1;
	/* what is not set, the agent sets */
	if (!server || !*server || (!agents->installed && !agents->evidence_count))
		return 0;
	if (!is_aws(server)) {
		f = findings_add(out, ID, "other-kms", SEVERITY_NOTE, RISK_NONE, NULL,
				 "Windows asks another activation server than AWS': %s", server);
		finding_registry(f, "SOFTWARE", SPP_KEY, "KeyManagementServiceName", server, 0);
		finding_cause(
			f,
			"That is right for licences of your own; instances with AWS' licence are not activated by it.");
		return 0;
	}
	if (!port || !*port || name_equal(port, "1688"))
		return 0;
	f = findings_add(out, ID, "kms-port", SEVERITY_WARNING, RISK_CAREFUL, NULL,
			 "Windows asks AWS' activation server at port %s, not 1688", port);
	finding_registry(f, "SOFTWARE", SPP_KEY, "KeyManagementServicePort", port, 0);
	finding_cause(f, "It does not listen there: activation fails with 0xC004F074.");
	finding_repair(f, "set KeyManagementServicePort to 1688");
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	static const uint8_t port[] = { '1', 0, '6', 0, '8', 0, '8', 0, 0, 0 };

	if (name_equal(f->problem, "skip-rearm"))
		return edit_set_u32(s, ID, HIVE_SOFTWARE, SPP_KEY, "SkipRearm", 0, err);
	return edit_set_value(s, ID, HIVE_SOFTWARE, SPP_KEY, "KeyManagementServicePort",
			      REG_TYPE_SZ, port, sizeof port, err);
}

const struct check check_image_activation = {
	.id = ID,
	.title = "Instances can activate Windows",
	.group = GROUP_IMAGE,
	.asked_only = true,
	.edits = EDITS_SOFTWARE,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
