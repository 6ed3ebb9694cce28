/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resprep help and resprep version. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/run.h"
#include "util/error.h"

static void
print_overview(void)
{
	puts("resprep repairs Windows installations that are not running.\n\n"
	     "Usage: resprep COMMAND TARGET [options]\n"
	     "       resprep TARGET              the same as: resprep check TARGET\n\n"
	     "TARGET is a disk, an image file, a partition, or a folder where the volume is mounted.\n\n"
	     "Commands:");
	for (size_t i = 0; i < command_table_size; i++)
		printf("  %-12s %s\n", command_table[i]->name, command_table[i]->summary);
	puts("\n'resprep COMMAND --help' tells more; 'man resprep' tells all.\n"
	     "Exit codes: 0 done or clean, 1 repaired, 4 problems left, 8 could not or refused, 16 usage,\n"
	     "32 interrupted.");
}

static int
run_help(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "help" };
	const char *name = NULL;
	bool commands = false;
	const struct option_spec specs[] = {
		{ "commands", OPTION_FLAG, NULL, "only the names, one a line", &commands },
		OPTIONS_END,
	};
	int parsed = options_parse(&command_help, specs, argc, argv, &name, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0 && name) {
		const struct command *of = command_find(name);
		char *ask[] = { argv[0], (char[]){ "--help" }, NULL };

		if (of)
			return of->run(2, ask);
		error_set(&err, ERR_USAGE, "there is no command '%s'; 'resprep help' lists them",
			  name);
	} else if (parsed == 0 && commands) {
		for (size_t i = 0; i < command_table_size; i++)
			puts(command_table[i]->name);
	} else if (parsed == 0) {
		print_overview();
	}
	return run_finish(&c, &r, SEVERITY_NOTE, &err, EXIT_DONE);
}

static int
run_version(int argc, char **argv)
{
	CLEANUP_COMMON struct common c = { 0 };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct report r = { .command = "version" };
	const struct option_spec specs[] = { OPTIONS_END };
	int parsed = options_parse(&command_version, specs, argc, argv, NULL, &err);

	if (parsed > 0)
		return EXIT_DONE;
	if (parsed == 0)
		puts("resprep " PACKAGE_VERSION);
	return run_finish(&c, &r, SEVERITY_NOTE, &err, EXIT_DONE);
}

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "show this text, or a command's",
	.text = "Shows all commands, or one.",
	.least = 0,
	.most = 1,
	.run = run_help,
};

const struct command command_version = {
	.name = "version",
	.arguments = "",
	.summary = "print the version",
	.text = "Prints the version.",
	.least = 0,
	.most = 0,
	.run = run_version,
};
