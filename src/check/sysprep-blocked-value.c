/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A value that the newest Sysprep may not delete ("Error from RegDeleteValueW for value X under key Y; dwRet = 0x5"): most often senseGuid of
 * Microsoft Defender for Endpoint, which protects it while Windows runs.  Offline nobody does.
 *
 * Key and value come from a log, where anybody may have written them: only a single value of SOFTWARE is ever deleted, it must be there, and its
 * deletion is shown and asked for.
 */
#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID "sysprep-blocked-value"

static const struct problem problems[] = {
	{ "denied", SEVERITY_WARNING, RISK_CAREFUL,
	  "Sysprep was denied the deletion of a value, and it is still there." },
	{ 0 },
};

static const char doc[] =
	"Looks at the value that the newest Sysprep says it may not delete (RegDeleteValueW, 0x5), if it is one of SOFTWARE.  Most often that is\n"
	"senseGuid: Microsoft Defender for Endpoint is set up on the machine and protects it.\n"
	"\n"
	"The repair deletes that value and nothing else, and is careful: the log alone says that Sysprep wanted it gone.  Defender\n"
	"may write it again at the next start; taking the machine out of it (offboarding) is the better way.";

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_SYSPREP_BLOCKED struct sysprep_blocked b = { 0 };
	struct finding *f;

	if (sysprep_blocked_read(s, &b, err) < 0)
		return -1;
	if (!b.there)
		return 0;
	f = findings_add(out, ID, "denied", SEVERITY_WARNING, RISK_CAREFUL, NULL,
			 "Sysprep was denied the deletion of %s", b.name);
	finding_registry(f, "SOFTWARE", b.key, b.name, b.data, b.time);
	finding_cause(
		f,
		"A program protects it while Windows runs, or its permissions are wrong; Sysprep stops where it may not delete it.");
	finding_repair(f, "delete the value %s of SOFTWARE\\%s", b.name, b.key);
	f->explains = xstrdup("sysprep-log-failure");
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_SYSPREP_BLOCKED struct sysprep_blocked b = { 0 };

	(void)f;
	if (sysprep_blocked_read(s, &b, err) < 0)
		return -1;
	if (!b.there)
		return error_set(err, ERR_NOT_FOUND, "the value is not there any more");
	return edit_delete_value(s, ID, HIVE_SOFTWARE, b.key, b.name, err);
}

const struct check check_sysprep_blocked_value = {
	.id = ID,
	.title = "Sysprep was not denied the deletion of a value that is still there",
	.group = "sysprep",
	.also = check_also_image,
	.edits = EDITS_SOFTWARE,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
