/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every command: one file each, cmd-NAME.c, with its `struct command` at the foot. */
#ifndef RESPREP_CLI_COMMANDS_H
#define RESPREP_CLI_COMMANDS_H

struct command;

extern const struct command command_agent, command_answer, command_check, command_explain,
	command_help, command_inspect, command_journals, command_list_checks, command_logs,
	command_password, command_recover, command_registry, command_repair, command_scan,
	command_undo, command_verify_manifest, command_version;

#endif
