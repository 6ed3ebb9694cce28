/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Windows it is, from SOFTWARE\Microsoft\Windows NT\CurrentVersion and the control set. */
#include <stdlib.h>

#include "registry/hive.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/filetime.h"
#include "windows/windows.h"

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

/* A text that may be absent or odd: NULL then. */
static char *
text_or_null(struct hive *h, const char *path, const char *name)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	return hive_get_text(h, path, name, &ignored);
}

static char *
control_text(struct hive *h, const char *set, const char *below, const char *name)
{
	CLEANUP_FREE char *path = xasprintf("%s\\%s", set, below);

	return text_or_null(h, path, name);
}

static void
from_control_set(struct windows *w, struct windows_version *v)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	struct hive *h = windows_hive(w, HIVE_SYSTEM, &ignored);
	CLEANUP_FREE char *domain = NULL;
	const char *set;

	if (!h || windows_control_sets(w, &sets, &ignored) < 0)
		return;
	set = sets.write[0];
	v->host_name = control_text(h, set, "Control\\ComputerName\\ComputerName", "ComputerName");
	if (!v->host_name)
		v->host_name = control_text(h, set, "Services\\Tcpip\\Parameters", "Hostname");
	v->time_zone = control_text(h, set, "Control\\TimeZoneInformation", "TimeZoneKeyName");
	v->architecture = control_text(h, set, "Control\\Session Manager\\Environment",
				       "PROCESSOR_ARCHITECTURE");
	domain = control_text(h, set, "Services\\Tcpip\\Parameters", "Domain");
	v->domain_joined = domain && *domain;
}

char *
windows_host_name(struct windows *w)
{
	CLEANUP_WINDOWS_VERSION struct windows_version v = { 0 };

	from_control_set(w, &v);
	return steal(&v.host_name);
}

uint32_t
windows_build(struct windows *w)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, &ignored);
	CLEANUP_FREE char *text = h ? text_or_null(h, CURRENT_VERSION, "CurrentBuild") : NULL;
	unsigned long build = text ? strtoul(text, NULL, 10) : 0;

	return build <= UINT32_MAX ? (uint32_t)build : 0;
}

int
windows_version(struct windows *w, struct windows_version *ret, struct error *err)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct hive *h = windows_hive(w, HIVE_SOFTWARE, err);
	uint32_t installed;

	if (!h)
		return -1;
	*ret = (struct windows_version){ .product = text_or_null(h, CURRENT_VERSION, "ProductName"),
					 .build = text_or_null(h, CURRENT_VERSION, "CurrentBuild"),
					 .edition = text_or_null(h, CURRENT_VERSION, "EditionID"),
					 .system_root = text_or_null(h, CURRENT_VERSION,
								     "SystemRoot") };
	/* seconds since 1970 */
	if (hive_get_u32(h, CURRENT_VERSION, "InstallDate", &installed, &ignored) == 0 && installed)
		ret->installed =
			filetime_from_timespec((struct timespec){ .tv_sec = (time_t)installed });
	from_control_set(w, ret);
	return 0;
}

void
windows_version_clear(struct windows_version *v)
{
	free(v->product);
	free(v->build);
	free(v->edition);
	free(v->architecture);
	free(v->host_name);
	free(v->time_zone);
	free(v->system_root);
	*v = (struct windows_version){ 0 };
}

unsigned
windows_ansi_page(struct windows *w)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	CLEANUP_CONTROL_SETS struct control_sets sets = { 0 };
	struct hive *h = windows_hive(w, HIVE_SYSTEM, &ignored);
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *text = NULL;
	unsigned long page;

	if (!h || windows_control_sets(w, &sets, &ignored) < 0)
		return 0;
	path = xasprintf("%s\\Control\\Nls\\CodePage", sets.write[0]);
	text = hive_get_text(h, path, "ACP", &ignored);
	page = text ? strtoul(text, NULL, 10) : 0;
	return page <= UINT16_MAX ? (unsigned)page : 0;
}
