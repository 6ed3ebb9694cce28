/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resprep: `resprep COMMAND TARGET …`; `resprep TARGET` alone checks it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/run.h"
#include "util/fds.h"
#include "util/interrupt.h"

/* A first word that looks like a path is a target, not a misspelt command. */
static int
is_path(const char *word)
{
	return strchr(word, '/') != NULL || strchr(word, '.') != NULL || strchr(word, ':') != NULL;
}

/* For completion: "resprep --long-options COMMAND" prints the options of a command. */
static int
answer_long_options(int argc, char **argv)
{
	const struct command *c = argc > 2 ? command_find(argv[2]) : NULL;
	char *ask[] = { argv[0], argv[1], NULL };

	if (c)
		return c->run(2, ask);
	puts("--help\n--version");
	return EXIT_DONE;
}

int
main(int argc, char **argv)
{
	const struct command *c;

	fds_fill_standard();
	interrupt_install();
	if (argc < 2)
		return command_find("help")->run(1, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return command_find("help")->run(1, argv + 1);
	if (strcmp(argv[1], "--version") == 0)
		return command_find("version")->run(1, argv + 1);
	if (strcmp(argv[1], "--long-options") == 0)
		return answer_long_options(argc, argv);
	c = command_find(argv[1]);
	if (c)
		return c->run(argc - 1, argv + 1);
	if (is_path(argv[1]) || argv[1][0] == '-')
		return command_find("check")->run(argc, argv);
	fprintf(stderr, "resprep: there is no command '%s'; 'resprep help' lists them\n", argv[1]);
	return EXIT_USAGE;
}
