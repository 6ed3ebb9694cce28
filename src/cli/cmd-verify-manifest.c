/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep verify-manifest: whether extracted logs are still what they were. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/run.h"
#include "session/copies.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/json.h"
#include "util/sandbox.h"
#include "util/text.h"

static void
print_problem(const struct copies_problem *p)
{
	CLEANUP_FREE char *file = text_escape(p->file, false);
	CLEANUP_FREE char *detail = p->detail ? text_escape(p->detail, false) : NULL;

	printf("%-10s %s%s%s\n", copies_trouble_text(p->trouble), file, detail ? ": " : "",
	       detail ? detail : "");
}

static void
print_verdict(const struct copies_verdict *v)
{
	CLEANUP_FREE char *hex = text_hex(v->manifest_sha256, SHA256_SIZE);

	for (size_t i = 0; i < v->count; i++)
		print_problem(&v->list[i]);
	printf("%zu files listed, %" PRIu64 " bytes read", v->files, v->bytes);
	if (v->not_copied)
		printf(", %zu more that were not copied", v->not_copied);
	printf(": %s\n", v->count ? "not as they were" : "all as they were");
	printf("SHA-256 of MANIFEST.json: %s\n", hex);
}

static struct js *
verdict_json(const char *folder, const struct copies_verdict *v)
{
	CLEANUP_FREE char *hex = text_hex(v->manifest_sha256, SHA256_SIZE);
	struct js *o = js_object(), *problems = js_array();

	js_set_text(o, "folder", folder);
	js_set_text(o, "manifest_sha256", hex);
	js_set_uint(o, "files", v->files);
	js_set_uint(o, "not_copied", v->not_copied);
	js_set_uint(o, "bytes", v->bytes);
	for (size_t i = 0; i < v->count; i++) {
		struct js *p = js_object();

		js_set_text(p, "file", v->list[i].file);
		js_set_text(p, "trouble", copies_trouble_text(v->list[i].trouble));
		js_set_text(p, "detail", v->list[i].detail);
		js_append(problems, p);
	}
	js_set(o, "problems", problems);
	return o;
}

static int
run(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_COPIES_VERDICT struct copies_verdict v = { 0 };
	struct report r = { .command = "verify-manifest" };
	struct js *answer = NULL;
	const char *folder = NULL;
	int code = EXIT_DONE;
	const struct option_spec specs[] = { COMMON_JSON(c), OPTIONS_END };
	int parsed = options_parse(&command_verify_manifest, specs, argc, argv, &folder, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0 && copies_verify(folder, &v, &err) == 0) {
		code = v.unreadable ? EXIT_REFUSED : v.count ? EXIT_PROBLEMS : EXIT_DONE;
		answer = c.json ? verdict_json(folder, &v) : NULL;
		if (!c.json)
			print_verdict(&v);
	}
	if (v.unlocked && v.unlocked != sandbox_instrumented)
		report_warn(&r, "the folder is read without a full sandbox: %s", v.unlocked);
	return run_finish_with(&c, &r, SEVERITY_NOTE, &err, code, answer ? "verification" : NULL,
			       answer);
}

const struct command command_verify_manifest = {
	.name = "verify-manifest",
	.arguments = "DIR",
	.summary = "say whether extracted logs are still as their MANIFEST.json says",
	.text = "Reads every file that DIR/MANIFEST.json lists, as 'resprep logs' wrote it, and compares size and\n"
		"SHA-256; names what differs, is missing, or is there and not listed.  Nothing outside of DIR is read.\n"
		"Exit code 0: all as it was; 4: not; 8: could not look.",
	.least = 1,
	.most = 1,
	.run = run,
};
