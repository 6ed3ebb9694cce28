/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scripts and commands around Sysprep.  A script is read line by line, without comments: what counts is the last command that sets
 * fDenyTSConnections, and, for SetupComplete.cmd, that PostSysprep.cmd is called.  Of the answer file the RunSynchronous commands of
 * the specialize pass count.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/xml.h"
#include "ec2/scripts.h"
#include "ec2/settings-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"
#include "volume/volume.h"
#include "windows/windows.h"

#define SCRIPT_LIMIT (1u << 20)
#define MAX_SHOWN    20 /* lines of a script that differ */
#define MAX_ELEMENTS 4096u

static const char stays_disabled[] = "Without it Administrator stays disabled on the new machine.";
static const char stays_blank[] = "Without it Administrator's password stays blank.";
static const char stays_shut[] = "Without it Remote Desktop stays shut on the new machine.";
static const char stays_open[] =
	"Remote Desktop stays open while Administrator's password is blank for a moment.";
static const char may_expire[] =
	"PostSysprep.cmd never runs: Administrator's password may expire.  (Images of before April 2015 are so.)";

struct examined {
	struct volume *v;
	enum agent_kind agent;
	struct script_problems *out;
};

static void complain(struct examined *e, enum script_problem_kind kind, const char *subject,
		     const char *path, size_t line, const char *meaning, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

static void
complain(struct examined *e, enum script_problem_kind kind, const char *subject, const char *path,
	 size_t line, const char *meaning, const char *fmt, ...)
{
	struct script_problem *p;
	va_list ap;

	ARRAY_GROW(e->out->list, e->out->count);
	p = &e->out->list[e->out->count++];
	*p = (struct script_problem){ .kind = kind,
				      .agent = e->agent,
				      .subject = xstrdup(subject),
				      .path = xstrdup(path),
				      .line = line,
				      .meaning = meaning };
	va_start(ap, fmt);
	p->text = xvasprintf(fmt, ap);
	va_end(ap);
}

/* ---- scripts ---- */

/* What a script is for. */
struct purpose {
	const char *name;    /* "BeforeSysprep.cmd" */
	int denies;	     /* the fDenyTSConnections that it has to set; -1: none */
	const char *calls;   /* what it has to call; or NULL */
	const char *meaning; /* of its absence */
};

/* Whether the line begins with that command of cmd.exe, as a word. */
static bool
begins(const char *line, const char *command)
{
	size_t n = strlen(command);

	return name_starts_with(line, command) && (!line[n] || strchr(" \t.(:,;=", line[n]));
}

/* What a comment says; NULL of another line. */
static const char *
comment_of(const char *line)
{
	line += strspn(line, " \t@");
	if (*line == ':')
		return line + 1;
	return begins(line, "rem") ? line + 3 : NULL;
}

/* A line without blanks and "@" in front; NULL for comments, labels, and what only prints or turns echo off. */
static const char *
command_of(const char *line)
{
	line += strspn(line, " \t@");
	if (!*line || comment_of(line) || begins(line, "title") ||
	    (begins(line, "echo") && !strpbrk(line, "&|>")))
		return NULL;
	return line;
}

int
script_denies(const char *command)
{
	const char *p = name_find(command, "fDenyTSConnections");
	unsigned long n;

	p = p && name_find(command, "reg") ? name_find(p, "/d") : NULL;
	if (!p)
		return -1;
	p += 2 + strspn(p + 2, " \t\"");
	if (*p < '0' || *p > '9')
		return -1;
	n = strtoul(p, NULL, 0);
	return n > 1 ? 2 : (int)n;
}

struct reading {
	int denies;
	size_t denies_line;
	bool calls;
	size_t comment; /* the line of a comment that would be what is wanted */
	bool ended, jumps;
	size_t extra;
};

/* Whether the command, or what the comment says, is what the script is for. */
static bool
does_it(const struct purpose *p, const char *command)
{
	return p->calls ? name_find(command, p->calls) != NULL :
			  script_denies(command) == p->denies;
}

static void
read_line(struct examined *e, const struct purpose *p, const char *path, const char *line,
	  size_t number, struct reading *r)
{
	const char *command = command_of(line);
	int found = command ? script_denies(command) : -1;
	bool calls = command && p->calls && name_find(command, p->calls);

	if (!command) {
		const char *comment = comment_of(line);

		if (comment && (p->calls || p->denies >= 0) && does_it(p, comment))
			r->comment = number;
		return;
	}
	/* with jumps, what stands behind an exit may run */
	r->jumps |= begins(command, "goto") && !name_find(command, ":eof");
	r->ended |= begins(command, "exit") && !r->jumps;
	if (r->ended)
		return;
	if (found >= 0) {
		r->denies = found;
		r->denies_line = number;
	}
	r->calls |= calls;
	if (found < 0 && !calls && (p->denies >= 0 || p->calls) && r->extra++ < MAX_SHOWN)
		complain(e, SCRIPT_DIFFERS, p->name, path, number, NULL, "%s", command);
}

/* The file as text lines; NULL after a complaint. */
static char *
read_script(struct examined *e, const struct purpose *p, const char *path, bool required)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	size_t len;
	char *text = (char *)volume_read_file(e->v, path, SCRIPT_LIMIT, &len, &err);

	if (!text) {
		if (err.code != ERR_NOT_FOUND)
			complain(e, SCRIPT_UNREADABLE, p->name, path, 0, p->meaning, "%s",
				 err.message);
		else if (required)
			complain(e, SCRIPT_MISSING, p->name, path, 0, p->meaning, "%s is missing",
				 p->name);
		return NULL;
	}
	if (strlen(text) == len)
		return text;
	complain(e, SCRIPT_UNREADABLE, p->name, path, 0, p->meaning,
		 "%s has zero bytes in it, as in UTF-16: cmd.exe does not run it", p->name);
	free(text);
	return NULL;
}

static const char in_comment[] = ": the line that would is a comment";

static void
examine_script(struct examined *e, const struct purpose *p, const char *path, bool required)
{
	CLEANUP_FREE char *text = read_script(e, p, path, required);
	struct reading r = { .denies = -1 };
	size_t number = 0;

	if (!text)
		return;
	for (char *line = text; *line;) {
		size_t n = strcspn(line, "\r\n");
		char *next = line + n;

		next += *next == '\r' && next[1] == '\n' ? 2 : *next ? 1 : 0;
		line[n] = '\0';
		read_line(e, p, path, line, ++number, &r);
		line = next;
	}
	if (p->denies >= 0 && r.denies != p->denies)
		complain(e, SCRIPT_BROKEN, p->name, path, r.denies < 0 ? r.comment : r.denies_line,
			 p->meaning,
			 r.denies < 0 ? "%s does not set fDenyTSConnections%s" :
					"%s sets fDenyTSConnections to the wrong value%s",
			 p->name, r.denies < 0 && r.comment ? in_comment : "");
	if (p->calls && !r.calls)
		complain(e, SCRIPT_BROKEN, p->name, path, r.comment, p->meaning,
			 "%s does not call %s%s", p->name, p->calls, r.comment ? in_comment : "");
}

/* ---- the answer file ---- */

/* A command that the specialize pass has to run. */
struct wanted {
	const char *id;	    /* for the finding */
	const char *all[2]; /* what its path holds */
	const char *what;
	const char *meaning;
};

static bool
is_named(const struct xml *x, size_t i, const char *element, const char *attribute,
	 const char *value)
{
	CLEANUP_FREE char *found = NULL;

	if (i == SIZE_MAX || strcmp(xml_name(x, i), element) != 0)
		return false;
	found = attribute ? xml_attribute(x, i, attribute) : NULL;
	return !attribute || (found && name_equal(found, value));
}

/* Whether element `i` lies in the component of the specialize pass. */
static bool
in_component(const struct xml *x, size_t i, const char *component)
{
	for (i = xml_parent(x, i); i != SIZE_MAX; i = xml_parent(x, i))
		if (is_named(x, i, "component", "name", component))
			return is_named(x, xml_parent(x, i), "settings", "pass", "specialize");
	return false;
}

static char *
text_of(const struct xml *x, size_t i, int *ret_line)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct xml_place place = { 0 };
	char *text = NULL;

	if (xml_place_of(x, i, &place, &ignored) == 0) {
		text = steal(&place.text);
		*ret_line = place.line;
	}
	xml_place_clear(&place);
	return text;
}

/* Whether a RunSynchronous command of the specialize pass holds all that is wanted. */
static bool
runs(const struct xml *x, const struct wanted *w)
{
	for (size_t i = 0; i < xml_count(x); i++) {
		CLEANUP_FREE char *path = NULL;
		int line;

		if (!is_named(x, i, "Path", NULL, NULL) ||
		    !is_named(x, xml_parent(x, i), "RunSynchronousCommand", NULL, NULL) ||
		    !in_component(x, i, "Microsoft-Windows-Deployment"))
			continue;
		path = text_of(x, i, &line);
		if (path && name_find(path, w->all[0]) &&
		    (!w->all[1] || name_find(path, w->all[1])))
			return true;
	}
	return false;
}

/* An empty <Path> of the specialize pass: EC2Launch v1's template before SysprepInstance.ps1 fills it; its line, 0 without. */
static int
empty_path(const struct xml *x)
{
	for (size_t i = 0; i < xml_count(x); i++) {
		CLEANUP_FREE char *path = NULL;
		int line = 0;

		if (!is_named(x, i, "Path", NULL, NULL) ||
		    !in_component(x, i, "Microsoft-Windows-Deployment"))
			continue;
		path = text_of(x, i, &line);
		if (path && !*path)
			return line;
	}
	return 0;
}

static bool
opens_rdp(const struct xml *x)
{
	for (size_t i = 0; i < xml_count(x); i++) {
		CLEANUP_FREE char *value = NULL;
		int line;

		if (!is_named(x, i, "fDenyTSConnections", NULL, NULL) ||
		    !in_component(x, i, "Microsoft-Windows-TerminalServices-LocalSessionManager"))
			continue;
		value = text_of(x, i, &line);
		if (value && name_equal(value, "false"))
			return true;
	}
	return false;
}

/* The answer file as elements; NULL after a complaint. */
static struct xml *
open_answer(struct examined *e, const struct agent *a)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_XML struct xml *x = NULL;
	size_t len;

	bytes = volume_read_file(e->v, a->answer_file, ANSWER_SIZE_LIMIT, &len, &err);
	x = bytes ? xml_open(bytes, len, &err) : NULL;
	if (x && (xml_has_doctype(x) || xml_count(x) > MAX_ELEMENTS))
		error_set(&err, ERR_UNSUPPORTED,
			  "it has a DOCTYPE, or more elements than any answer file");
	if (err.code == ERR_NONE)
		return steal(&x);
	complain(e, SCRIPT_UNREADABLE, "answer-file", a->answer_file, 0, NULL, "%s", err.message);
	return NULL;
}

static void
examine_answer(struct examined *e, const struct agent *a, const struct wanted *list, size_t count,
	       bool sealed)
{
	CLEANUP_XML struct xml *x = NULL;
	int empty;

	if (!a->answer_file) {
		complain(e, SCRIPT_MISSING, "answer-file", a->data, 0,
			 "Sysprep through the agent fails.", "the agent's answer file is missing");
		return;
	}
	x = open_answer(e, a);
	if (!x)
		return;
	empty = e->agent == AGENT_EC2LAUNCH ? empty_path(x) : 0;
	if (empty && sealed)
		complain(e, SCRIPT_BROKEN, "set-password", a->answer_file, (size_t)empty,
			 stays_blank, "the command of order 1 is empty, although Sysprep has run");
	for (size_t i = 0; i < count; i++) {
		bool other_way = list[i].meaning == stays_shut && opens_rdp(x);

		/* the template's empty place is for this one */
		if (runs(x, &list[i]) || other_way || (empty && list[i].meaning == stays_blank))
			continue;
		complain(e, SCRIPT_NOT_NAMED, list[i].id, a->answer_file, 0, list[i].meaning,
			 "the specialize pass does not run %s", list[i].what);
	}
}

/* ---- the agents ---- */

static void
examine_ec2config(struct examined *e, struct windows *w, const struct agents *agents)
{
	static const struct purpose before = { "BeforeSysprep.cmd", 1, NULL, stays_open };
	static const struct purpose specialize = { "SysprepSpecializePhase.cmd", 0, NULL,
						   stays_shut };
	static const struct purpose post = { "PostSysprep.cmd", -1, NULL, may_expire };
	static const struct purpose complete = { "SetupComplete.cmd", -1, "PostSysprep.cmd",
						 may_expire };
	static const struct wanted commands[] = {
		{ "enable-administrator",
		  { "net user", "/ACTIVE:YES" },
		  "net user Administrator /ACTIVE:YES",
		  stays_disabled },
		{ "set-password",
		  { "ScramblePassword.exe", NULL },
		  "ScramblePassword.exe",
		  stays_blank },
		{ SCRIPT_OPENS_RDP,
		  { "SysprepSpecializePhase.cmd", NULL },
		  "SysprepSpecializePhase.cmd",
		  stays_shut },
	};
	const struct agent *a = &agents->list[AGENT_EC2CONFIG];
	CLEANUP_FREE char *one = xasprintf("%s/Scripts/BeforeSysprep.cmd", a->data);
	CLEANUP_FREE char *two = xasprintf("%s/Scripts/SysprepSpecializePhase.cmd", a->data);
	CLEANUP_FREE char *three = xasprintf("%s/Scripts/PostSysprep.cmd", a->data);
	CLEANUP_FREE char *four = windows_path(w, "Setup/Scripts/SetupComplete.cmd");
	CLEANUP_FREE char *scramble = xasprintf("%s/ScramblePassword.exe", a->data);

	examine_script(e, &before, one, true);
	examine_script(e, &specialize, two, true);
	examine_script(e, &post, three, true);
	/* images of before April 2015 have an empty one, or none */
	examine_script(e, &complete, four, true);
	if (!volume_exists(e->v, scramble))
		complain(e, SCRIPT_MISSING, "ScramblePassword.exe", scramble, 0, stays_blank,
			 "ScramblePassword.exe is missing");
	examine_answer(e, a, commands, ARRAY_SIZE(commands), false);
}

/* The command before Sysprep is one that is there; a path that cannot be followed here is left alone. */
static void
examine_run_before(struct examined *e, struct windows *w, const struct agents *agents)
{
	CLEANUP_AGENT_SETTINGS struct agent_settings s = { 0 };
	CLEANUP_ERROR struct error ignored = ERROR_INIT;

	if (agent_settings_read(w, agents, &s, &ignored) < 0)
		return;
	for (size_t i = 0; i < s.count; i++) {
		const struct setting *n = &s.list[i];
		const char *p = n->value ? n->value + (*n->value == '"') : "";
		CLEANUP_FREE char *path = NULL;

		if (!name_ends_with(n->name, ".PreSysprepRunCmd") || !*p || p[1] != ':' ||
		    strchr(p, '%'))
			continue;
		path = xstrndup(p + 2, strcspn(p + 2, "\""));
		for (char *c = path; *c; c++)
			*c = *c == '\\' ? '/' : *c;
		if (*path == '/' && !volume_exists(e->v, path))
			complain(e, SCRIPT_MISSING, n->name, s.files[n->file].path, (size_t)n->line,
				 stays_open, "%s names %s, which is not there", n->name, n->value);
	}
}

static void
examine_ec2launch(struct examined *e, const struct agents *agents, bool sealed)
{
	static const struct purpose before = { "BeforeSysprep.cmd", 1, NULL, stays_open };
	static const struct purpose specialize = { "SysprepSpecialize.cmd", 0, NULL, stays_shut };
	static const struct wanted commands[] = {
		{ "set-password",
		  { "Randomize-LocalAdminPassword.ps1", NULL },
		  "Randomize-LocalAdminPassword.ps1",
		  stays_blank },
		{ SCRIPT_OPENS_RDP,
		  { "SysprepSpecialize.cmd", NULL },
		  "SysprepSpecialize.cmd",
		  stays_shut },
	};
	const struct agent *a = &agents->list[AGENT_EC2LAUNCH];
	CLEANUP_FREE char *one = xasprintf("%s/Sysprep/BeforeSysprep.cmd", a->data);
	CLEANUP_FREE char *two = xasprintf("%s/Sysprep/SysprepSpecialize.cmd", a->data);
	CLEANUP_FREE char *random = xasprintf("%s/Sysprep/Randomize-LocalAdminPassword.ps1",
					      a->data);

	examine_script(e, &before, one, true);
	examine_script(e, &specialize, two, true);
	if (!volume_exists(e->v, random))
		complain(e, SCRIPT_MISSING, "Randomize-LocalAdminPassword.ps1", random, 0,
			 stays_blank, "Randomize-LocalAdminPassword.ps1 is missing");
	examine_answer(e, a, commands, ARRAY_SIZE(commands), sealed);
}

static void
examine_ec2launch2(struct examined *e, const struct agents *agents)
{
	static const struct purpose before = { "BeforeSysprep.cmd", 1, NULL, stays_open };
	static const struct wanted commands[] = {
		{ "enable-administrator",
		  { "net user", "/ACTIVE:YES" },
		  "net user Administrator /ACTIVE:YES",
		  stays_disabled },
		{ "set-password",
		  { "randomize-password", NULL },
		  "EC2Launch.exe internal randomize-password",
		  stays_blank },
		{ SCRIPT_OPENS_RDP,
		  { "fDenyTSConnections", NULL },
		  "what opens Remote Desktop",
		  stays_shut },
	};
	const struct agent *a = &agents->list[AGENT_EC2LAUNCH2];
	CLEANUP_FREE char *one = xasprintf("%s/sysprep/BeforeSysprep.cmd", a->data);

	examine_script(e, &before, one, true);
	examine_answer(e, a, commands, ARRAY_SIZE(commands), false);
}

int
scripts_examine(struct windows *w, const struct agents *agents, bool sealed,
		struct script_problems *ret, struct error *err)
{
	struct examined e = { .v = windows_volume(w), .out = ret };

	(void)err;
	*ret = (struct script_problems){ 0 };
	for (int i = 0; i < AGENT_KINDS; i++) {
		const struct agent *a = &agents->list[i];

		if (!a->program || !a->data)
			continue;
		e.agent = (enum agent_kind)i;
		if (i == AGENT_EC2CONFIG) {
			examine_ec2config(&e, w, agents);
			examine_run_before(&e, w, agents);
		} else if (i == AGENT_EC2LAUNCH) {
			examine_ec2launch(&e, agents, sealed);
		} else {
			examine_ec2launch2(&e, agents);
		}
	}
	return 0;
}

void
script_problems_clear(struct script_problems *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i].subject);
		free(p->list[i].path);
		free(p->list[i].text);
	}
	free(p->list);
	*p = (struct script_problems){ 0 };
}
