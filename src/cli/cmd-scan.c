/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep scan: which attached disk holds a Windows. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/run.h"
#include "session/scan.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/text.h"

/* The command to go on with; the caller's. */
static char *
next_command(const struct scan *s, const struct scan_entry *e)
{
	struct text t = TEXT_INIT;
	CLEANUP_FREE char *disk = text_shell(e->disk);
	size_t on_disk = 0;

	for (size_t i = 0; i < s->count; i++)
		on_disk += s->list[i].root && strcmp(s->list[i].disk, e->disk) == 0;
	text_addf(&t, "resprep check %s", disk);
	if (on_disk > 1)
		text_addf(&t, " --partition %d", e->partition);
	return text_steal(&t);
}

static void
add_entry(struct text *out, const struct scan *s, const struct scan_entry *e)
{
	CLEANUP_FREE char *size = text_size(e->partition ? e->size : e->disk_size);
	CLEANUP_FREE char *command = next_command(s, e);
	CLEANUP_TEXT struct text line = TEXT_INIT;
	CLEANUP_FREE char *safe = NULL;

	text_addf(&line, "%s", e->disk);
	if (e->partition)
		text_addf(&line, " partition %d", e->partition);
	text_addf(&line, ", %s", size);
	if (e->serial)
		text_addf(&line, ", serial %s", e->serial);
	if (e->problem)
		text_addf(&line, ": %s", e->problem);
	else
		text_addf(&line, ": %s%s%s%s, host %s", e->product ? e->product : "Windows",
			  e->build ? " (build " : "", e->build ? e->build : "", e->build ? ")" : "",
			  e->host_name ? e->host_name : "unknown");
	safe = text_escape(text_str(&line), false);
	text_addf(out, "%s\n", safe);
	if (!e->problem)
		text_addf(out, "    %s\n", command);
}

static struct js *
entry_json(const struct scan *s, const struct scan_entry *e)
{
	CLEANUP_FREE char *command = next_command(s, e);
	struct js *o = js_object();

	js_set_text(o, "disk", e->disk);
	js_set_text(o, "serial", e->serial);
	js_set_text(o, "model", e->model);
	js_set_uint(o, "disk_size", e->disk_size);
	js_set_uint(o, "partition", (uint64_t)e->partition);
	js_set_uint(o, "size", e->size);
	js_set_text(o, "root", e->root);
	js_set_text(o, "product", e->product);
	js_set_text(o, "build", e->build);
	js_set_text(o, "host_name", e->host_name);
	js_set_text(o, "problem", e->problem);
	js_set_text(o, "command", e->problem ? NULL : command);
	return o;
}

static struct js *
entries_json(const struct scan *s)
{
	struct js *a = js_array();

	for (size_t i = 0; i < s->count; i++)
		js_append(a, entry_json(s, &s->list[i]));
	return a;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_SCAN struct scan s = { 0 };
	CLEANUP_TEXT struct text out = TEXT_INIT;
	struct report r = { .command = "scan" };
	const struct option_spec specs[] = { COMMON_SANDBOX(c), COMMON_JSON(c), OPTIONS_END };
	int parsed = options_parse(&command_scan, specs, argc, argv, NULL, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed < 0 || scan_run(&s, c.require_sandbox, &err) < 0)
		return run_finish(&c, &r, SEVERITY_NOTE, &err, 0);
	if (s.missing)
		report_warn(&r, "volumes are read without a full sandbox: %s", s.missing);
	if (c.json)
		return run_finish_list(&r, "disks", entries_json(&s));
	for (size_t i = 0; i < s.count; i++)
		add_entry(&out, &s, &s.list[i]);
	fputs(text_str(&out), stdout);
	if (!s.count)
		printf("No Windows on the %zu disks that are attached.\n", s.disks);
	return run_finish(&c, &r, SEVERITY_NOTE, &err, EXIT_DONE);
}

const struct command command_scan = {
	.name = "scan",
	.arguments = "",
	.summary = "list attached disks and partitions that hold a Windows",
	.text = "Looks at every disk in /sys/block, read-only and never at a mounted one, and prints those that hold a\n"
		"Windows, with version, host name, size, serial (on Nitro instances the volume id) and the command\n"
		"to go on with.",
	.least = 0,
	.most = 0,
	.run = run,
};
