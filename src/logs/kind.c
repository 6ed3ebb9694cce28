/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file is by its name and the folders above it; where the name says nothing, by its first lines. */
#include <string.h>

#include "logs/grammar.h"
#include "logs/kind.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"
#include "util/utf16.h"

#define SNIFF_LINES 40

static const struct {
	const char *starts; /* the name, without regard to case */
	enum log_kind kind;
} names[] = {
	{ "setupact", LOG_KIND_PANTHER },
	{ "setuperr", LOG_KIND_PANTHER },
	{ "BlueBox", LOG_KIND_PANTHER },
	{ "CbsPersist", LOG_KIND_CBS },
	{ "CBS.log", LOG_KIND_CBS },
	{ "DeepClean", LOG_KIND_CBS },
	{ "dism", LOG_KIND_DISM },
	{ "setupapi", LOG_KIND_SETUPAPI },
	{ "NetSetup", LOG_KIND_NETSETUP },
	{ "Ec2Config", LOG_KIND_EC2CONFIG },
	{ "Ec2Launch", LOG_KIND_EC2LAUNCH },
	{ "UserdataExecution", LOG_KIND_EC2LAUNCH },
	{ "WallpaperSetup", LOG_KIND_EC2LAUNCH },
	{ "amazon-ssm", LOG_KIND_SSM },
	{ "errors.log", LOG_KIND_SSM },
};

/* Names that say something only beside what is above them. */
static const struct {
	const char *above, *starts;
	enum log_kind kind;
} placed[] = {
	{ "EC2Launch/log", "agent", LOG_KIND_EC2LAUNCH_V2 },
	{ "EC2Launch/log", "console", LOG_KIND_EC2LAUNCH_V2 },
	{ "EC2Launch/log", "err", LOG_KIND_EC2LAUNCH_V2 },
	{ "EC2-Windows/Launch/Log", "", LOG_KIND_EC2LAUNCH },
	{ "Amazon/SSM/Logs", "", LOG_KIND_SSM },
	{ "Panther", "", LOG_KIND_PANTHER },
};

static const struct {
	const char *above;
	enum log_place place;
} places[] = {
	{ "Sources/Rollback", LOG_PLACE_ROLLBACK },	{ "$WINDOWS.~BT", LOG_PLACE_UPGRADE },
	{ "Windows.old", LOG_PLACE_UPGRADE },		{ "NewOS", LOG_PLACE_UPGRADE },
	{ "Sysprep/Panther/IE", LOG_PLACE_SYSPREP_IE }, { "Sysprep/Panther", LOG_PLACE_SYSPREP },
	{ "UnattendGC", LOG_PLACE_UNATTENDGC },		{ "Panther", LOG_PLACE_PANTHER },
};

static const char *const kind_names[LOG_KIND_COUNT] = {
	[LOG_KIND_PANTHER] = "panther",
	[LOG_KIND_CBS] = "cbs",
	[LOG_KIND_DISM] = "dism",
	[LOG_KIND_SETUPAPI] = "setupapi",
	[LOG_KIND_NETSETUP] = "netsetup",
	[LOG_KIND_EC2CONFIG] = "ec2config",
	[LOG_KIND_EC2LAUNCH] = "ec2launch",
	[LOG_KIND_EC2LAUNCH_V2] = "ec2launch-v2",
	[LOG_KIND_SSM] = "ssm",
	[LOG_KIND_CONSOLE] = "console",
	[LOG_KIND_EVENTS] = "events",
};

const char *
log_kind_text(enum log_kind kind)
{
	return kind < LOG_KIND_COUNT ? kind_names[kind] : NULL;
}

/* A name that no text log has: it is known by what stands behind its last dot. */
static bool
is_other(const char *name)
{
	static const char *const ends[] = { ".xml", ".etl", ".dmp", ".cab", ".json", ".yml",
					    ".ini", ".tag", ".exe", ".dll", ".cmd",  ".ps1",
					    ".bat", ".inf", ".sys", ".cat", ".html", ".zip",
					    ".evt", ".hiv", ".reg", ".dat", ".que",  ".csv" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (name_ends_with(name, ends[i]))
			return true;
	return false;
}

enum log_kind
log_kind_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (name_ends_with(name, ".evtx"))
		return LOG_KIND_EVENTS;
	if (is_other(name))
		return LOG_KIND_COUNT;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (name_starts_with(name, names[i].starts))
			return names[i].kind;
	/* collectors put the place into the name: "UnattendGC_setupact.log" */
	if (name_find(name, "setupact") || name_find(name, "setuperr"))
		return LOG_KIND_PANTHER;
	if (!name_find(name, ".log") && !name_find(name, ".txt"))
		return LOG_KIND_COUNT;
	for (size_t i = 0; i < ARRAY_SIZE(placed); i++) {
		const char *above = name_find(path, placed[i].above);

		if (above && above < name && name_starts_with(name, placed[i].starts))
			return placed[i].kind;
	}
	return LOG_KIND_COUNT;
}

enum log_place
log_place_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (name_find(path, places[i].above))
			return places[i].place;
	return LOG_PLACE_OTHER;
}

/* What a single line is, if its writer can be told from it. */
static enum log_kind
kind_of_line(const char *line, size_t len)
{
	struct log_state state = { 0 };
	struct log_record r = { 0 };

	if (strncmp(line, ">>>  ", 5) == 0 || strncmp(line, "[Device Install Log]", 20) == 0 ||
	    strncmp(line, "[Boot Session: ", 15) == 0)
		return LOG_KIND_SETUPAPI;
	if (log_stamp(line, "Y-M-DTh:m:sfZ", NULL))
		return LOG_KIND_EC2CONFIG;
	if (log_grammar_ec2launch.begins(line, len))
		return LOG_KIND_CONSOLE;
	if (log_grammar_netsetup.begins(line, len))
		return LOG_KIND_NETSETUP;
	log_grammar_panther.parse(line, &state, &r);
	if (r.level != LOG_LEVEL_NONE && log_grammar_panther.begins(line, len))
		return strcmp(r.component, "DISM") == 0 ? LOG_KIND_DISM :
		       strcmp(r.component, "CBS") == 0 || strcmp(r.component, "CSI") == 0 ?
							  LOG_KIND_CBS :
							  LOG_KIND_PANTHER;
	r.level = LOG_LEVEL_NONE;
	log_grammar_ec2launch_v2.parse(line, &state, &r);
	if (r.level != LOG_LEVEL_NONE && log_grammar_ec2launch_v2.begins(line, len))
		return LOG_KIND_EC2LAUNCH_V2;
	r.level = LOG_LEVEL_NONE;
	log_grammar_ssm.parse(line, &state, &r);
	return r.level != LOG_LEVEL_NONE && log_grammar_ssm.begins(line, len) ? LOG_KIND_SSM :
										LOG_KIND_COUNT;
}

enum log_kind
log_kind_sniff(const char *text)
{
	for (int i = 0; i < SNIFF_LINES && *text; i++) {
		size_t n = strcspn(text, "\r\n");
		CLEANUP_FREE char *line = xstrndup(text, n);
		enum log_kind kind = kind_of_line(line, n);

		if (kind != LOG_KIND_COUNT)
			return kind;
		text += n + strspn(text + n, "\r\n");
	}
	return LOG_KIND_COUNT;
}
