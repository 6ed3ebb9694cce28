/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which logs there are, by what writes them and by the phase of Setup to which their place belongs.  Names of
 * places: Microsoft, "Windows Setup log files and event logs"; awsdocs for the agents.
 */
#ifndef RESPREP_LOGS_KIND_H
#define RESPREP_LOGS_KIND_H

/* The grammar of a log: who writes it. */
enum log_kind {
	LOG_KIND_PANTHER,      /* setupact.log, setuperr.log */
	LOG_KIND_CBS,	       /* CBS.log, CbsPersist_*.log */
	LOG_KIND_DISM,	       /* dism.log */
	LOG_KIND_SETUPAPI,     /* setupapi.dev.log, setupapi.setup.log */
	LOG_KIND_NETSETUP,     /* NetSetup.log */
	LOG_KIND_EC2CONFIG,    /* Ec2ConfigLog.txt */
	LOG_KIND_EC2LAUNCH,    /* v1: Ec2Launch.log, UserdataExecution.log, … */
	LOG_KIND_EC2LAUNCH_V2, /* agent.log, console.log, error.log */
	LOG_KIND_SSM,	       /* amazon-ssm-agent.log, errors.log */
	LOG_KIND_CONSOLE,      /* output of the EC2 API get-console-output */
	LOG_KIND_EVENTS,       /* *.evtx */
	LOG_KIND_COUNT
};

/* Where it lies, and so which phase it tells of. */
enum log_place {
	LOG_PLACE_OTHER,
	LOG_PLACE_SYSPREP,    /* \Windows\System32\Sysprep\Panther: generalize, audit, cleanup */
	LOG_PLACE_SYSPREP_IE, /* its folder IE */
	LOG_PLACE_PANTHER,    /* \Windows\Panther: specialize, offlineServicing, Setup */
	LOG_PLACE_UNATTENDGC, /* \Windows\Panther\UnattendGC: specialize's and oobeSystem's answers */
	LOG_PLACE_UPGRADE,    /* \$WINDOWS.~BT\Sources\Panther, \Windows\Panther\NewOS */
	LOG_PLACE_ROLLBACK,   /* \$WINDOWS.~BT\Sources\Rollback */
	LOG_PLACE_COUNT
};

/* "panther", "ec2launch-v2"; NULL for LOG_KIND_COUNT, which is no log. */
const char *log_kind_text(enum log_kind kind);

/* By the path: LOG_KIND_COUNT when it is no log, or does not tell which. */
enum log_kind log_kind_of(const char *path);
enum log_place log_place_of(const char *path);

/* By its first lines, NUL-terminated; LOG_KIND_COUNT when they are those of no log. */
enum log_kind log_kind_sniff(const char *text);

#endif
