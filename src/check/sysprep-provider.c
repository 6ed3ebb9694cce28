/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Providers that other programs have registered with Sysprep, in SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\SysPrepExternal: "dll,function".
 * Sysprep stops at one that it cannot load (Microsoft: "Sysprep Provider Developer's Guide").
 */
#include <string.h>

#include "check/checks.h"
#include "check/edit.h"
#include "check/subject.h"
#include "check/sysprep-facts.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/utf16.h"

#define ID	  "sysprep-provider"
#define KNOWN_DSC 29

static const struct problem problems[] = {
	{ "dll-missing", SEVERITY_WARNING, RISK_SAFE,
	  "A provider of Sysprep is registered, but its DLL is not there." },
	{ "dll-unknown", SEVERITY_NOTE, RISK_NONE,
	  "Whether the DLL of a provider is there cannot be told." },
	{ "dsc", SEVERITY_WARNING, RISK_CAREFUL,
	  "The provider of PowerShell DSC made Sysprep fail." },
	{ 0 },
};

static const char doc[] =
	"Looks at every value of Cleanup, Generalize, Specialize and Respecialize below\n"
	"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\SysPrepExternal, and for the DLL that it names.  A program that was removed often\n"
	"leaves its value, and Sysprep stops there.\n"
	"\n"
	"The repair deletes the value of a provider whose DLL is not where its path leads.  A path on another drive letter, or one that cannot be read,\n"
	"is told only; so is a name without a path that is in none of Windows' own folders, since PATH may lead to it.\n"
	"\n"
	"Where the newest Sysprep failed at DscCore.dll (the machine was configured by PowerShell DSC), that value is offered for deletion\n"
	"too, as careful: the DLL is there, and DSC has to be applied again after specialize.";

static const char *
phase_of(const struct sysprep_provider *p)
{
	const char *last = strrchr(p->key, '\\');

	return last ? last + 1 : p->key;
}

static char *
subject_of(const struct sysprep_provider *p)
{
	return xasprintf("%s/%s", phase_of(p), p->name);
}

static void
missing(const struct sysprep_provider *p, const char *subject, struct findings *out)
{
	struct finding *f =
		findings_add(out, ID, "dll-missing", SEVERITY_WARNING, RISK_SAFE, subject,
			     "the provider %s is registered for %s, but %s is not there", p->name,
			     phase_of(p), p->dll);

	finding_registry(f, "SOFTWARE", p->key, p->name, p->data, p->time);
	finding_line(f, p->path, 0, 0, "there is no such file");
	finding_cause(f,
		      "Its program was removed, and Sysprep stops where it cannot load the DLL.");
	finding_repair(f, "delete the value %s in SysPrepExternal\\%s", p->name, phase_of(p));
	f->explains = xstrdup("sysprep-log-failure");
}

static const char *
why_unknown(const struct sysprep_provider *p)
{
	if (p->path)
		return "Nothing is where its path leads, but that may be a short name, or have more than a DLL in it.";
	if (strpbrk(p->dll, "\\/:%\"") || !*p->dll)
		return "Its path leads to another drive, or cannot be read.";
	return "It is in none of Windows' own folders, but PATH may lead to it.";
}

static void
unknown(const struct sysprep_provider *p, const char *subject, struct findings *out)
{
	struct finding *f =
		findings_add(out, ID, "dll-unknown", SEVERITY_NOTE, RISK_NONE, subject,
			     "whether the DLL of the provider %s is there cannot be told", p->name);

	finding_registry(f, "SOFTWARE", p->key, p->name, p->data, p->time);
	finding_cause(f, "%s", why_unknown(p));
}

static void
dsc(const struct sysprep_provider *p, const char *subject, struct findings *out)
{
	struct finding *f = findings_add(out, ID, "dsc", SEVERITY_WARNING, RISK_CAREFUL, subject,
					 "the provider of PowerShell DSC made Sysprep fail");

	finding_registry(f, "SOFTWARE", p->key, p->name, p->data, p->time);
	finding_cause(
		f,
		"A machine that DSC has configured (Azure's guest configuration too) is not meant to be generalized; without the provider it "
		"can be, and DSC has to be applied again after specialize.");
	finding_repair(f, "delete the value %s in SysPrepExternal\\%s", p->name, phase_of(p));
	f->explains = xstrdup("sysprep-log-failure");
}

static int
diagnose(struct subject *s, struct findings *out, struct error *err)
{
	CLEANUP_SYSPREP_PROVIDERS struct sysprep_providers all = { 0 };
	bool dsc_failed;

	if (sysprep_providers_read(s, &all, err) < 0 ||
	    sysprep_failed_by(s, KNOWN_DSC, &dsc_failed, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct sysprep_provider *p = &all.list[i];
		CLEANUP_FREE char *subject = subject_of(p);

		if (p->state == PROVIDER_DLL_GONE)
			missing(p, subject, out);
		else if (p->state == PROVIDER_DLL_UNKNOWN)
			unknown(p, subject, out);
		else if (dsc_failed && name_equal(phase_of(p), "Cleanup") &&
			 name_ends_with(p->dll, "DscCore.dll"))
			dsc(p, subject, out);
	}
	return 0;
}

static int
repair(struct subject *s, const struct finding *f, struct error *err)
{
	CLEANUP_SYSPREP_PROVIDERS struct sysprep_providers all = { 0 };

	if (sysprep_providers_read(s, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		CLEANUP_FREE char *subject = subject_of(&all.list[i]);

		if (name_equal(subject, f->subject))
			return edit_delete_value(s, ID, HIVE_SOFTWARE, all.list[i].key,
						 all.list[i].name, err);
	}
	return error_set(err, ERR_NOT_FOUND, "the provider %s is not registered any more",
			 f->subject);
}

const struct check check_sysprep_provider = {
	.id = ID,
	.title = "the providers that are registered with Sysprep can be loaded",
	.group = "sysprep",
	.also = check_also_image,
	.edits = EDITS_SOFTWARE,
	.problems = problems,
	.doc = doc,
	.diagnose = diagnose,
	.repair = repair,
};
