/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of commands. */
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "util/alloc.h"

const struct command *const command_table[] = {
	&command_scan,	  &command_inspect,	    &command_check,	  &command_repair,
	&command_undo,	  &command_recover,	    &command_journals,	  &command_logs,
	&command_explain, &command_verify_manifest, &command_registry,	  &command_agent,
	&command_answer,  &command_password,	    &command_list_checks, &command_help,
	&command_version,
};
const size_t command_table_size = ARRAY_SIZE(command_table);

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < command_table_size; i++)
		if (strcmp(command_table[i]->name, name) == 0)
			return command_table[i];
	return NULL;
}
