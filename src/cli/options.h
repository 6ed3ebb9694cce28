/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Command lines from tables: each command has a list of options, and parsing, --help and the list for
 * completion all come from it.
 */
#ifndef RESPREP_CLI_OPTIONS_H
#define RESPREP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct text;

enum option_kind {
	OPTION_FLAG,   /* bool * */
	OPTION_TEXT,   /* const char ** */
	OPTION_LIST,   /* struct option_list *: may be given several times; commas separate too */
	OPTION_NUMBER, /* int *, above 0 */
	OPTION_SIZE,   /* uint64_t *, bytes above 0; K, M, G, T behind it are powers of 1024 */
};

struct option_list {
	char **list; /* NULL-terminated; NULL when never given */
	size_t count;
};
void option_list_clear(struct option_list *l);

struct option_spec {
	const char *name; /* "journal-dir"; NULL ends the table */
	enum option_kind kind;
	const char *value; /* "DIR", for the help */
	const char *help;  /* one line */
	void *to;
};

struct command {
	const char *name;
	const char *arguments;		   /* "TARGET", "JOURNAL [TARGET]" */
	const char *summary;		   /* one line for the list of commands */
	const char *text;		   /* sentences for its own --help */
	int least, most;		   /* arguments */
	bool numbers;			   /* "-5" is an argument, not an option */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; the exit code */
};

extern const struct command *const command_table[];
extern const size_t command_table_size;
const struct command *command_find(const char *name);

/*
 * Parses argv[1…] by `specs`: long options ("--name VALUE", "--name=VALUE") anywhere, "--" ends them.  What is left
 * goes to `arguments` (borrowed; as many as c->most; the rest NULL).  Returns 0; 1 when --help was answered on standard output; or
 * -1 with ERR_USAGE.
 */
int options_parse(const struct command *c, const struct option_spec *specs, int argc, char **argv,
		  const char **arguments, struct error *err);

/* The --help text of a command. */
void options_help(const struct command *c, const struct option_spec *specs, struct text *out);

#endif
