/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings of the launch agents by name, read from their files and set in their text.
 *
 * A name is its file and its place there: "Config.Ec2SetPassword", "DriveLetterConfig.2.DriveLetter", "LaunchConfig.adminPasswordType",
 * "preReady.setAdminAccount.password.type".  Whoever asks may leave out what comes first, as long as one setting remains, and write names in any
 * case.  What an agent knows stands in a table (settings-table.c) with its source.
 */
#ifndef RESPREP_EC2_SETTINGS_H
#define RESPREP_EC2_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ec2/agents.h"

struct error;
struct text;
struct tree;
struct windows;
struct xml;

enum setting_type {
	SETTING_TEXT,
	SETTING_CHOICE, /* one of the values */
	SETTING_BOOL,	/* of JSON and YAML: true or false, without quotes */
	SETTING_NUMBER,
	SETTING_LETTER, /* a drive letter: "M:" where values is ":", else "M" */
	SETTING_FIXED,	/* shown, not set: what the agent keeps for itself, and tasks */
};

/* What is known of a setting; the table's row. */
struct setting_kind {
	enum agent_kind agent;
	const char *file; /* below the agent's data: "Settings/Config.xml" */
	const char *
		path; /* in it: see settings-xml.c and settings-tree.c; "#" counts entries that repeat */
	const char *name; /* "Config.Ec2SetPassword", "DriveLetterConfig.#.DriveLetter" */
	enum setting_type type;
	const char *values;  /* "Enabled|Disabled"; NULL without */
	const char *meaning; /* one line */
	const char *does;    /* of what is on: what the agent does for it at a start; or NULL */
	const char *source;  /* AWS' document */
	bool secret;	     /* clear text that is masked unless asked for */
	bool required;	     /* EC2Launch v1 gives the whole file up without it */
};

/* A task of EC2Launch v2 (AWS: "EC2Launch v2 task configuration"). */
struct task_kind {
	const char *name;
	const char *stages;    /* "preReady|userData" */
	const char *frequency; /* "once", "always", or "own": its inputs say */
	const char *does;
};
const struct task_kind *task_kind_find(const char *name); /* NULL when it is unknown */

struct setting {
	const struct setting_kind *kind; /* NULL: the agent's documents do not name it */
	enum agent_kind agent;
	char *name;
	char *value;	    /* NULL: it is not in the file */
	size_t file;	    /* number in agent_settings.files */
	size_t place;	    /* element or node; meaningless without a value */
	int line, column;   /* from 1 */
	bool is_list_entry; /* one of several of its kind */
	bool is_task; /* not a setting but a task of EC2Launch v2; its value is how often it runs */
	bool quoted;  /* of JSON and YAML */
	bool null;    /* of JSON and YAML: there is no value, however it is spelled */
	bool secret;  /* an argument of a command, a password by what stands before it */
	bool twice;   /* it is there again, and which of the two the agent takes is not known */
};

/* A settings file that could be read, or not. */
struct setting_file {
	enum agent_kind agent;
	const char *name; /* "Settings/Config.xml"; static */
	char *path;	  /* on the volume */
	bool missing;
	char *unread;	/* why it could not be read; NULL when it was */
	bool malformed; /* it could, and is not well-formed */
	uint8_t *bytes;
	size_t len;
	struct xml *xml; /* one of the two, unless it could not be read */
	struct tree *tree;
	char *words; /* what agent_settings_set() changed in it; NULL: nothing */
};

/* Something in a file that its agent does not take, or not as it was meant. */
enum setting_problem_kind {
	SETTING_UNREADABLE, /* not well-formed, another encoding, too large */
	SETTING_REJECTED,   /* well-formed, but the agent gives it up as a whole */
	SETTING_TWICE,
	SETTING_BAD_VALUE,
	SETTING_INCOMPLETE,
	SETTING_UNKNOWN, /* a task, stage or key that the documents do not name */
};
struct setting_problem {
	enum setting_problem_kind kind;
	size_t file;
	int line, column; /* 0: of the file as a whole */
	char *subject;	  /* the setting's name, or the file's */
	char *text;	  /* without the place */
};

struct agent_settings {
	const struct agents *agents; /* borrowed */
	struct setting_file *files;
	size_t file_count;
	struct setting *list;
	size_t count;
	struct setting_problem *problems;
	size_t problem_count;
};

/* Reads the settings of all agents that are installed.  A file that cannot be read is a problem, not an error. */
int agent_settings_read(struct windows *w, const struct agents *agents, struct agent_settings *ret,
			struct error *err);
void agent_settings_clear(struct agent_settings *s);
#define CLEANUP_AGENT_SETTINGS __attribute__((cleanup(agent_settings_clear)))

/*
 * The one setting that `key` means; ERR_USAGE lists those that there are, or those that it could mean.  ERR_CORRUPT: it would be in a file that
 * cannot be read, with file, line and column.
 */
struct setting *agent_settings_find(struct agent_settings *s, const char *key, struct error *err);

/*
 * Sets it in the text of its file, in memory, and reads that again: settings found before are void.  A value that it has already changes
 * nothing.  ERR_USAGE: a value that the agent does not know, with those that it does.  ERR_REFUSED, ERR_UNSUPPORTED, ERR_CORRUPT: it cannot be
 * set, with file, line and column.
 */
int agent_settings_set(struct agent_settings *s, const char *key, const char *value,
		       struct error *err);

/*
 * The value for people's eyes (settings-show.c): SECRET_MASK in place of a password, also of one where none belongs, and of what is one within a
 * script, a command or an input that the table does not know (util/secrets.h); as it is with `secrets`.  NULL without a value; the caller's.
 */
char *setting_shown(const struct setting *n, bool secrets);

/* "PATH, line 3, column 7: TEXT"; the caller's. */
char *setting_problem_text(const struct agent_settings *s, const struct setting_problem *p);

/* Why nothing can be told by what that file says, or seems not to say: it cannot be read; NULL when it can, or is missing. */
const struct setting_problem *agent_file_unreadable(const struct agent_settings *s,
						    enum agent_kind agent, const char *file);

/* Why the agent reads the file and takes nothing of it, so that it goes on as without; of EC2Launch v1 also that it is no JSON; NULL when it does not. */
const struct setting_problem *agent_file_given_up(const struct agent_settings *s,
						  enum agent_kind agent, const char *file);

/* The file, of an agent that is installed; NULL otherwise. */
const struct setting_file *agent_file(const struct agent_settings *s, enum agent_kind agent,
				      const char *file);

/*
 * EC2Launch v2: password.type of the task setAdminAccount in the stage preReady, by which it sets the password; NULL without.  *ret_several: the task is
 * there again, and which of the two decides is not known.
 */
const struct setting *agent_password_type(const struct agent_settings *s, bool *ret_several);

/* Whether the value is one that the agent knows, spelled as it takes it; for what has no kind, true. */
bool setting_is_valid(const struct setting *s);

/* Whether it is there, once, and the agent reads it as `value`; `s` may be NULL. */
bool setting_is(const struct setting *s, const char *value);

/*
 * What the agent would do at the next start, a sentence each, by its service or task, its settings and its state; the caller's, freed with
 * free_sentences().
 */
void agent_next_start(const struct agent_settings *s, enum agent_kind agent, char ***ret,
		      size_t *ret_count);
void free_sentences(char **list, size_t count);

#endif
