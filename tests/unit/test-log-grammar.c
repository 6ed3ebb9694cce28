/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each kind of log by lines as its writer makes them: time, zone, level, component, id, message, line and offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logs/read.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/code-page.h"
#include "util/error.h"
#include "util/filetime.h"
#include "util/text.h"

struct memory {
	const uint8_t *p;
	size_t len;
};

struct expected {
	const char *time;
	enum log_zone zone;
	enum log_level level;
	const char *component;
	uint32_t id;
	const char *message;
	uint64_t line;
};

struct check {
	const struct expected *list;
	const char *text; /* to find the offsets in */
	size_t count, at;
};

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct memory *m = ctx;

	(void)err;
	*ret_len = len < m->len - offset ? len : m->len - offset;
	memcpy(buf, m->p + offset, *ret_len);
	return 0;
}

/* What the file has at the record's offset: the line it says. */
static uint64_t
offset_of_line(const char *text, uint64_t line)
{
	const char *p = text;

	while (--line)
		p = strchr(p, '\n') + 1;
	return (uint64_t)(p - text);
}

static int
compare(void *ctx, const struct log_record *r, struct error *err)
{
	struct check *c = ctx;
	const struct expected *e = &c->list[c->at];

	(void)err;
	assert_true(c->at++ < c->count);
	assert_string_equal(r->time, e->time);
	assert_int_equal(r->zone, e->zone);
	assert_int_equal(r->level, e->level);
	assert_string_equal(r->component, e->component);
	assert_int_equal(r->id, e->id);
	assert_string_equal(r->message, e->message);
	assert_int_equal(r->line, e->line);
	assert_int_equal(r->offset, offset_of_line(c->text, e->line));
	assert_string_equal(r->path, "/the/log");
	assert_int_equal(r->place, LOG_PLACE_SYSPREP);
	return 0;
}

static void
expect(enum log_kind kind, const char *text, const struct expected *list, size_t count)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct memory m = { (const uint8_t *)text, strlen(text) };
	struct log_source source = { .read = read_memory,
				     .ctx = &m,
				     .size = m.len,
				     .path = "/the/log",
				     .place = LOG_PLACE_SYSPREP };
	struct check c = { list, text, count, 0 };

	assert_int_equal(log_records(&source, kind, NULL, compare, &c, NULL, &err), 0);
	assert_int_equal(c.at, count);
}
#define EXPECT(kind, text, list) expect(kind, text, list, ARRAY_SIZE(list))

#define LOCAL LOG_ZONE_LOCAL
#define UTC   LOG_ZONE_UTC

static void
panther(void **state)
{
	static const char text[] =
		"2025-07-22 21:55:35, Info       [0x0f004d] SYSPRP The time is now 2025-07-22 21:55:35\r\n"
		"2025-07-22 21:55:35, Info                  SYSPRP RunDlls:Running platform actions specified in action file for phase 3\r\n"
		"2014-06-05 10:40:55, Info                         [oobeldr.exe] Current pass status for [oobeSystem] is [0x1]\r\n"
		"2014-06-05 10:40:55, Error                        [oobeldr.exe] Pass has failed status; system is in an invalid state.\r\n"
		"2014-06-05 10:40:55, Fatal Error [0x060432] IBS    The provided unattend file is not valid; hrResult = 0x80220005\r\n"
		"[gle=0x80004005]\r\n"
		"2014-06-05 10:40:56, Warning               NEWONE a component that nobody knows, in its column\r\n"
		"2014-06-05 10:40:56, Warning NEWONE and not in it\r\n"
		"2014-06-05 10:40:57, Info                           indented\r\n"
		"02-07-2022 15:18:03.000 SYSPRP 983152 (0xf0070) RunDlls:An error occurred\r\n"
		"2014-13-05 10:40:57, Info no month";
	static const struct expected list[] = {
		{ "2025-07-22 21:55:35", LOCAL, LOG_LEVEL_INFO, "SYSPRP", 0x0f004d,
		  "The time is now 2025-07-22 21:55:35", 1 },
		{ "2025-07-22 21:55:35", LOCAL, LOG_LEVEL_INFO, "SYSPRP", 0,
		  "RunDlls:Running platform actions specified in action file for phase 3", 2 },
		{ "2014-06-05 10:40:55", LOCAL, LOG_LEVEL_INFO, "", 0,
		  "[oobeldr.exe] Current pass status for [oobeSystem] is [0x1]", 3 },
		{ "2014-06-05 10:40:55", LOCAL, LOG_LEVEL_ERROR, "", 0,
		  "[oobeldr.exe] Pass has failed status; system is in an invalid state.", 4 },
		{ "2014-06-05 10:40:55", LOCAL, LOG_LEVEL_FATAL, "IBS", 0x060432,
		  "The provided unattend file is not valid; hrResult = 0x80220005\n[gle=0x80004005]",
		  5 },
		{ "2014-06-05 10:40:56", LOCAL, LOG_LEVEL_WARNING, "NEWONE", 0,
		  "a component that nobody knows, in its column", 7 },
		{ "2014-06-05 10:40:56", LOCAL, LOG_LEVEL_WARNING, "", 0, "NEWONE and not in it",
		  8 },
		{ "2014-06-05 10:40:57", LOCAL, LOG_LEVEL_INFO, "", 0, "  indented", 9 },
		{ "2022-02-07 15:18:03.000", LOCAL, LOG_LEVEL_NONE, "SYSPRP", 0xf0070,
		  "RunDlls:An error occurred", 10 },
		{ "", LOG_ZONE_NONE, LOG_LEVEL_NONE, "", 0, "2014-13-05 10:40:57, Info no month",
		  11 },
	};

	(void)state;
	EXPECT(LOG_KIND_PANTHER, text, list);
}

/* The same, as a forum or a web page shows them. */
static void
squeezed_blanks(void **state)
{
	static const char text[] =
		"2025-07-22 21:55:35, Info [0x0f004d] SYSPRP The time is now\n"
		"2014-06-05 10:40:55, Error [oobeldr.exe] Pass has failed status\n"
		"2014-06-05 10:40:55, Fatal Error [0x060432] IBS The provided unattend file\n"
		"2024-01-02 03:04:05, Info CSI 00000001 Shim considered\n"
		"Error [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]\n"
		"Error while it goes on\n";
	static const struct expected list[] = {
		{ "2025-07-22 21:55:35", LOCAL, LOG_LEVEL_INFO, "SYSPRP", 0x0f004d,
		  "The time is now", 1 },
		{ "2014-06-05 10:40:55", LOCAL, LOG_LEVEL_ERROR, "", 0,
		  "[oobeldr.exe] Pass has failed status", 2 },
		{ "2014-06-05 10:40:55", LOCAL, LOG_LEVEL_FATAL, "IBS", 0x060432,
		  "The provided unattend file", 3 },
		{ "2024-01-02 03:04:05", LOCAL, LOG_LEVEL_INFO, "CSI", 0,
		  "00000001 Shim considered", 4 },
		{ "", LOG_ZONE_NONE, LOG_LEVEL_ERROR, "", 0,
		  "[Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]\n"
		  "Error while it goes on",
		  5 },
	};

	(void)state;
	EXPECT(LOG_KIND_PANTHER, text, list);
}

static void
servicing(void **state)
{
	static const char text[] =
		"2024-01-02 03:04:05, Info                  CBS    Exec: Package: x is already in the correct state\r\n"
		"2024-01-02 03:04:05, Info                  CSI    00000001 Created NT transaction (seq 1)\r\n"
		"2024-01-02 03:04:06, Error                 DISM   DISM Provider Store: PID=1 TID=2 Failed to load - CDISMProviderStore::Internal_GetProvider(hr:0x8007007e)\r\n";
	static const struct expected list[] = {
		{ "2024-01-02 03:04:05", LOCAL, LOG_LEVEL_INFO, "CBS", 0,
		  "Exec: Package: x is already in the correct state", 1 },
		{ "2024-01-02 03:04:05", LOCAL, LOG_LEVEL_INFO, "CSI", 0,
		  "00000001 Created NT transaction (seq 1)", 2 },
		{ "2024-01-02 03:04:06", LOCAL, LOG_LEVEL_ERROR, "DISM", 0,
		  "DISM Provider Store: PID=1 TID=2 Failed to load - CDISMProviderStore::Internal_GetProvider(hr:0x8007007e)",
		  3 },
	};

	(void)state;
	EXPECT(LOG_KIND_CBS, text, list);
	EXPECT(LOG_KIND_DISM, text, list);
}

static void
setupapi(void **state)
{
	static const char text[] = "[Device Install Log]\r\n"
				   "     OS Version = 10.0.10240\r\n"
				   "\r\n"
				   "[Boot Session: 2015/11/22 17:52:29.492]\r\n"
				   "\r\n"
				   ">>>  [Sysprep Specialize - {e5ba3a9e}]\r\n"
				   ">>>  Section start 2015/11/22 17:53:16.599\r\n"
				   "     dvi: {Build Driver List} 17:53:16.615\r\n"
				   "!    dvi:      Device class is not configurable\r\n"
				   "!!!  sto: Failed to import driver package\r\n"
				   "<<<  Section end 2015/11/22 17:53:16.802\r\n"
				   "<<<  [Exit status: FAILURE(0x00000490)]\r\n"
				   ">>>  [Next]\r\n";
	static const struct expected list[] = {
		{ "", LOG_ZONE_NONE, LOG_LEVEL_INFO, "", 0, "[Device Install Log]", 1 },
		{ "", LOG_ZONE_NONE, LOG_LEVEL_INFO, "", 0, "OS Version = 10.0.10240", 2 },
		{ "2015-11-22 17:52:29.492", LOCAL, LOG_LEVEL_INFO, "", 0,
		  "[Boot Session: 2015/11/22 17:52:29.492]", 4 },
		{ "", LOG_ZONE_NONE, LOG_LEVEL_INFO, "", 0, "[Sysprep Specialize - {e5ba3a9e}]",
		  6 },
		{ "2015-11-22 17:53:16.599", LOCAL, LOG_LEVEL_INFO, "", 0,
		  "Section start 2015/11/22 17:53:16.599", 7 },
		{ "2015-11-22 17:53:16.615", LOCAL, LOG_LEVEL_INFO, "dvi", 0,
		  "{Build Driver List} 17:53:16.615", 8 },
		{ "2015-11-22 17:53:16.615", LOCAL, LOG_LEVEL_WARNING, "dvi", 0,
		  "     Device class is not configurable", 9 },
		{ "2015-11-22 17:53:16.615", LOCAL, LOG_LEVEL_ERROR, "sto", 0,
		  "Failed to import driver package", 10 },
		{ "2015-11-22 17:53:16.802", LOCAL, LOG_LEVEL_INFO, "", 0,
		  "Section end 2015/11/22 17:53:16.802", 11 },
		{ "2015-11-22 17:53:16.802", LOCAL, LOG_LEVEL_ERROR, "", 0,
		  "[Exit status: FAILURE(0x00000490)]", 12 },
		{ "", LOG_ZONE_NONE, LOG_LEVEL_INFO, "", 0, "[Next]", 13 },
	};

	(void)state;
	EXPECT(LOG_KIND_SETUPAPI, text, list);
}

/* Lines have the time of day alone; the clock may be set back a little, but not half a day. */
static void
setupapi_over_midnight(void **state)
{
	static const char text[] = ">>>  [Device Install]\r\n"
				   ">>>  Section start 2015/12/31 23:59:58.000\r\n"
				   "!!!  dvi: Failed thing 00:00:01.000\r\n"
				   "     dvi: Next 00:00:02.000\r\n"
				   "     dvi: Back 00:00:01.500\r\n"
				   "<<<  Section end 2016/01/01 00:00:03.000\r\n";
	static const struct expected list[] = {
		{ "", LOG_ZONE_NONE, LOG_LEVEL_INFO, "", 0, "[Device Install]", 1 },
		{ "2015-12-31 23:59:58.000", LOCAL, LOG_LEVEL_INFO, "", 0,
		  "Section start 2015/12/31 23:59:58.000", 2 },
		{ "2016-01-01 00:00:01.000", LOCAL, LOG_LEVEL_ERROR, "dvi", 0,
		  "Failed thing 00:00:01.000", 3 },
		{ "2016-01-01 00:00:02.000", LOCAL, LOG_LEVEL_INFO, "dvi", 0, "Next 00:00:02.000",
		  4 },
		{ "2016-01-01 00:00:01.500", LOCAL, LOG_LEVEL_INFO, "dvi", 0, "Back 00:00:01.500",
		  5 },
		{ "2016-01-01 00:00:03.000", LOCAL, LOG_LEVEL_INFO, "", 0,
		  "Section end 2016/01/01 00:00:03.000", 6 },
	};

	(void)state;
	EXPECT(LOG_KIND_SETUPAPI, text, list);
}

static int
take_section(void *ctx, const struct log_record *r, struct error *err)
{
	char *last = ctx;

	(void)err;

	snprintf(last, 64, "%s", r->section);
	return 0;
}

static void
netsetup(void **state)
{
	static const char text[] =
		"03/21/2013 11:12:31:478 NetpDoDomainJoin\r\n"
		"03/21/2013 11:12:32:001 NetpDsGetDcName: failed to find a DC having account 'X$': 0x525, last error is 0x0\r\n"
		"03/21/2013 11:12:32:002 NetpGetLsaPrimaryDomain: status: 0x0\r\n"
		"03/21/2013 11:12:32:003 NetpJoinDomainOnDs: Function exits with status of: 0x54b\r\n"
		"03/21/2013 11:12:32:004 NetpLdapBind: status: 0x31\r\n"
		"03/21/2013 11:12:33:000 NetpDoDomainJoin: status: 0x54b\r\n"
		"03/21 11:12:33 NetpDoDomainJoin: of XP\r\n";
	static const struct expected list[] = {
		{ "2013-03-21 11:12:31.478", LOCAL, LOG_LEVEL_NONE, "", 0, "NetpDoDomainJoin", 1 },
		{ "2013-03-21 11:12:32.001", LOCAL, LOG_LEVEL_NONE, "", 0,
		  "NetpDsGetDcName: failed to find a DC having account 'X$': 0x525, last error is 0x0",
		  2 },
		{ "2013-03-21 11:12:32.002", LOCAL, LOG_LEVEL_NONE, "", 0,
		  "NetpGetLsaPrimaryDomain: status: 0x0", 3 },
		{ "2013-03-21 11:12:32.003", LOCAL, LOG_LEVEL_WARNING, "", 0,
		  "NetpJoinDomainOnDs: Function exits with status of: 0x54b", 4 },
		{ "2013-03-21 11:12:32.004", LOCAL, LOG_LEVEL_WARNING, "", 0,
		  "NetpLdapBind: status: 0x31", 5 },
		{ "2013-03-21 11:12:33.000", LOCAL, LOG_LEVEL_ERROR, "", 0,
		  "NetpDoDomainJoin: status: 0x54b", 6 },
		{ "", LOG_ZONE_NONE, LOG_LEVEL_NONE, "", 0, "NetpDoDomainJoin: of XP", 7 },
	};

	(void)state;
	EXPECT(LOG_KIND_NETSETUP, text, list);
}

static void
ec2config(void **state)
{
	static const char text[] =
		"Ec2HandleUserData: Plugin default state is Disabled so disable the plugin\r\n"
		"2017-11-29T22:58:50.207Z: SysprepUtils: Reading Bundle Properties from C:\\Program Files\\Amazon\\x.xml\r\n"
		"2017-12-18T20:52:00.893Z: TimeZone: Coordinated Universal Time\r\n"
		"2017-12-18T20:52:01.564Z: Message: Waiting for meta-data accessibility...\r\n"
		"2017-12-18T20:52:40.049Z: Ec2HandleUserData: Message: ExitCode of User Data with PID: 2376 is 1\r\n"
		"what the script said\r\n"
		"2018-09-19T18:48:41.418Z: SetHibernateOnSleep: Failed to enable hibernation: x\r\n"
		"2014-06-05 10:40:55: Starting\r\n";
	static const struct expected list[] = {
		{ "", LOG_ZONE_NONE, LOG_LEVEL_NONE, "Ec2HandleUserData", 0,
		  "Ec2HandleUserData: Plugin default state is Disabled so disable the plugin", 1 },
		{ "2017-11-29 22:58:50.207", UTC, LOG_LEVEL_NONE, "SysprepUtils", 0,
		  "SysprepUtils: Reading Bundle Properties from C:\\Program Files\\Amazon\\x.xml",
		  2 },
		{ "2017-12-18 20:52:00.893", UTC, LOG_LEVEL_NONE, "", 0,
		  "TimeZone: Coordinated Universal Time", 3 },
		{ "2017-12-18 20:52:01.564", UTC, LOG_LEVEL_NONE, "", 0,
		  "Message: Waiting for meta-data accessibility...", 4 },
		{ "2017-12-18 20:52:40.049", UTC, LOG_LEVEL_NONE, "Ec2HandleUserData", 0,
		  "Ec2HandleUserData: Message: ExitCode of User Data with PID: 2376 is 1\n"
		  "what the script said",
		  5 },
		{ "2018-09-19 18:48:41.418", UTC, LOG_LEVEL_ERROR, "SetHibernateOnSleep", 0,
		  "SetHibernateOnSleep: Failed to enable hibernation: x", 7 },
		{ "2014-06-05 10:40:55", LOCAL, LOG_LEVEL_NONE, "", 0, "Starting", 8 },
	};

	(void)state;
	EXPECT(LOG_KIND_EC2CONFIG, text, list);
}

static void
ec2launch(void **state)
{
	static const char text[] =
		"2020/02/17 11:33:25Z: Finished reading launch configs:\r\n"
		"SetComputerName: False\r\n"
		"AdminPasswordType: Random\r\n"
		"2020/02/17 11:33:51Z: Failed to get metadata: The result was empty\r\n"
		"2020/02/17 11:33:51Z: Unable to send the password to console: You cannot\r\n"
		"2020/02/17 11:33:51Z: Message: Windows is Ready to use\r\n";
	static const struct expected list[] = {
		{ "2020-02-17 11:33:25", UTC, LOG_LEVEL_NONE, "", 0,
		  "Finished reading launch configs:\nSetComputerName: False\nAdminPasswordType: Random",
		  1 },
		{ "2020-02-17 11:33:51", UTC, LOG_LEVEL_ERROR, "", 0,
		  "Failed to get metadata: The result was empty", 4 },
		{ "2020-02-17 11:33:51", UTC, LOG_LEVEL_ERROR, "", 0,
		  "Unable to send the password to console: You cannot", 5 },
		{ "2020-02-17 11:33:51", UTC, LOG_LEVEL_NONE, "", 0,
		  "Message: Windows is Ready to use", 6 },
	};

	(void)state;
	EXPECT(LOG_KIND_EC2LAUNCH, text, list);
}

static void
ec2launch_v2(void **state)
{
	static const char text[] =
		"2022-02-24 08:08:58 Info: EC2Launch Service starting\r\n"
		"2026-03-05 19:45:12 Console: Windows is being configured. 'SysprepState=IMAGE_STATE_UNDEPLOYABLE'\r\n"
		"2023-10-07 22:40:27 Error: Error running task: failed\r\n"
		"and more of it\r\n"
		"2024-01-24 16:54:51.123 Warning: No XML or YAML user data detected.\r\n"
		"2022/02/24 08:08:58Z: Windows is Ready to use\r\n";
	static const struct expected list[] = {
		{ "2022-02-24 08:08:58", UTC, LOG_LEVEL_INFO, "", 0, "EC2Launch Service starting",
		  1 },
		{ "2026-03-05 19:45:12", UTC, LOG_LEVEL_INFO, "", 0,
		  "Windows is being configured. 'SysprepState=IMAGE_STATE_UNDEPLOYABLE'", 2 },
		{ "2023-10-07 22:40:27", UTC, LOG_LEVEL_ERROR, "", 0,
		  "Error running task: failed\nand more of it", 3 },
		{ "2024-01-24 16:54:51.123", UTC, LOG_LEVEL_WARNING, "", 0,
		  "No XML or YAML user data detected.", 5 },
		{ "2022-02-24 08:08:58", UTC, LOG_LEVEL_NONE, "", 0, "Windows is Ready to use", 6 },
	};

	(void)state;
	EXPECT(LOG_KIND_EC2LAUNCH_V2, text, list);
}

static void
ssm(void **state)
{
	static const char text[] =
		"2020-03-05 11:58:44 ERROR [OnUpdate @ health.go.127] failed to reach it\r\n"
		"2023-01-01 10:00:00.1234 INFO [amazon-ssm-agent] Starting Core Agent\r\n"
		"2023-01-01 10:00:01 WARN plain\r\n";
	static const struct expected list[] = {
		{ "2020-03-05 11:58:44", LOCAL, LOG_LEVEL_ERROR, "", 0,
		  "[OnUpdate @ health.go.127] failed to reach it", 1 },
		{ "2023-01-01 10:00:00.1234", LOCAL, LOG_LEVEL_INFO, "amazon-ssm-agent", 0,
		  "[amazon-ssm-agent] Starting Core Agent", 2 },
		{ "2023-01-01 10:00:01", LOCAL, LOG_LEVEL_WARNING, "", 0, "plain", 3 },
	};

	(void)state;
	EXPECT(LOG_KIND_SSM, text, list);
}

static void
console(void **state)
{
	static const char text[] =
		"EC2ConfigMonitorState: 0\n"
		"2015/03/02 10:00:00Z: Windows is being configured. SysprepState=IMAGE_STATE_UNDEPLOYABLE\n"
		"<Password>\n"
		"\n"
		"2015/03/02 10:05:00Z: Message: Windows is Ready to use\n";
	static const struct expected list[] = {
		{ "", LOG_ZONE_NONE, LOG_LEVEL_NONE, "", 0, "EC2ConfigMonitorState: 0", 1 },
		{ "2015-03-02 10:00:00", UTC, LOG_LEVEL_NONE, "", 0,
		  "Windows is being configured. SysprepState=IMAGE_STATE_UNDEPLOYABLE", 2 },
		{ "", LOG_ZONE_NONE, LOG_LEVEL_NONE, "", 0, "<Password>", 3 },
		{ "2015-03-02 10:05:00", UTC, LOG_LEVEL_NONE, "", 0,
		  "Message: Windows is Ready to use", 5 },
	};

	(void)state;
	EXPECT(LOG_KIND_CONSOLE, text, list);
}

static void
sections_are_known(void **state)
{
	static const char text[] = ">>>  [Sysprep Respecialize - {x}]\n     dvi: a\n";
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct memory m = { (const uint8_t *)text, strlen(text) };
	struct log_source source = { .read = read_memory, .ctx = &m, .size = m.len };
	char last[64] = "";

	(void)state;
	assert_int_equal(
		log_records(&source, LOG_KIND_SETUPAPI, NULL, take_section, last, NULL, &err), 0);
	assert_string_equal(last, "Sysprep Respecialize - {x}");
	/* what is no event log, and a kind that is none at all */
	assert_int_equal(
		log_records(&source, LOG_KIND_EVENTS, NULL, take_section, last, NULL, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	error_clear(&err);
	assert_int_equal(log_records(&source, LOG_KIND_COUNT, NULL, take_section, last, NULL, &err),
			 -1);
}

static int
take_message(void *ctx, const struct log_record *r, struct error *err)
{
	struct text *t = ctx;

	(void)err;
	text_addf(t, "%s|", r->message);
	return 0;
}

/* Lines that are no UTF-8 are read in the installation's page; UTF-8 among them stays. */
static void
code_pages_of_windows(void **state)
{
	static const struct {
		unsigned page;
		const char *bytes, *text;
	} cases[] = {
		{ 874, "\xa1", "\xe0\xb8\x81" },
		{ 932, "\x93\xfa\x96\x7b\x8c\xea \x83\x5c", "日本語 ソ" },
		{ 936, "\xd6\xd0\xce\xc4", "中文" },
		{ 949, "\xc7\xd1\xb1\xdb", "한글" },
		{ 950, "\xc1\x63\xc5\xe9", "繁體" },
		{ 1250, "\x9e\x9a", "žš" },
		{ 1251, "\xcf\xf0\xe8", "При" },
		{ 1252, "caf\xe9 \x80", "café €" },
		{ 1253, "\xe1\xe2", "αβ" },
		{ 1254, "\xfd\xfe", "ış" },
		{ 1255, "\xf9\xec", "של" },
		{ 1256, "\xc7\xe1", "ال" },
		{ 1257, "\xe0\xe8", "ąč" },
		{ 1258, "\xd0\xf5", "Đơ" },
		{ 0, "\x80", "€" },
		{ 37, "\x80", "€" }, /* none of Windows': as 1252 */
		{ 932, "\x93", "\xef\xbf\xbd" },
		{ 936, "\xd6 \xff", "\xef\xbf\xbd \xef\xbf\xbd" },
		{ 1251, "\xd0\xbf", "п" }, /* valid UTF-8 is UTF-8 */
	};
	CLEANUP_CODE_PAGES struct code_pages *pages = code_pages_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_FREE char *file = xasprintf(
			"03/21/2013 11:12:31:478 %s\r\n03/21/2013 11:12:31:478 x", cases[i].bytes);
		CLEANUP_FREE char *wanted = xasprintf("%s|x|", cases[i].text);
		CLEANUP_TEXT struct text got = TEXT_INIT;
		struct memory m = { (const uint8_t *)file, strlen(file) };
		struct log_source source = { .read = read_memory, .ctx = &m, .size = m.len };
		struct log_options o = { .pages = pages, .ansi = cases[i].page };

		if (cases[i].page > 100)
			assert_true(code_pages_have(pages, cases[i].page));
		assert_int_equal(log_records(&source, LOG_KIND_NETSETUP, &o, take_message, &got,
					     NULL, &err),
				 0);
		assert_string_equal(text_str(&got), wanted);
	}
	assert_false(code_pages_have(pages, 37));
}

/* "needle" marks. */
static const char *
find_needle(void *ctx, const char *p, size_t n)
{
	const char *at = memmem(p, n, "needle", 6);

	++*(size_t *)ctx;
	return at;
}

/* Records from the level on, and those that are marked in whichever line; in files of several chunks, whose records lie across their ends. */
static void
only_what_is_wanted(void **state)
{
	CLEANUP_TEXT struct text file = TEXT_INIT;
	CLEANUP_TEXT struct text wanted = TEXT_INIT;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const char *level = i % 7 == 0 ? "Error" : i % 5 == 0 ? "Warning" : "Info";
		bool first = i % 11 == 0, rest = i % 13 == 0;

		text_addf(&file, "2014-06-05 10:40:55, %-11s           SYSPRP %d%s\r\n%s%s", level,
			  i, first ? " needle" : "", i % 3 == 0 ? "between\r\n" : "",
			  rest ? "a needle\r\n" : "");
		if (i % 7 && !first && !rest)
			continue;
		text_addf(&wanted, "%d%s%s%s|", i, first ? " needle" : "",
			  i % 3 == 0 ? "\nbetween" : "", rest ? "\na needle" : "");
	}
	for (int least = LOG_LEVEL_NONE; least <= LOG_LEVEL_ERROR; least += LOG_LEVEL_ERROR) {
		CLEANUP_ERROR struct error err = ERROR_INIT;
		CLEANUP_TEXT struct text got = TEXT_INIT;
		struct memory m = { (const uint8_t *)text_str(&file), file.len };
		struct log_source source = { .read = read_memory, .ctx = &m, .size = m.len };
		size_t asked = 0;
		struct log_options o = { .least = (enum log_level)least,
					 .find = find_needle,
					 .find_ctx = &asked };

		assert_int_equal(log_records(&source, LOG_KIND_PANTHER, &o, take_message, &got,
					     NULL, &err),
				 0);
		if (least)
			assert_string_equal(text_str(&got), text_str(&wanted));
		/* once a hit, not once a line */
		assert_true(asked < 8000);
	}
}

static void
times_of_the_calendar(void **state)
{
	struct filetime_parts p = { 2014, 6, 5, 10, 40, 55 };
	CLEANUP_FREE char *text = filetime_text(filetime_from_parts(&p));
	static const struct filetime_parts none[] = {
		{ 1600, 1, 1, 0, 0, 0 },  { 10000, 1, 1, 0, 0, 0 }, { 2014, 0, 1, 0, 0, 0 },
		{ 2014, 13, 1, 0, 0, 0 }, { 2014, 1, 0, 0, 0, 0 },  { 2014, 1, 32, 0, 0, 0 },
		{ 2014, 1, 1, 24, 0, 0 }, { 2014, 1, 1, 0, 60, 0 }, { 2014, 1, 1, 0, 0, 61 },
	};

	(void)state;
	assert_string_equal(text, "2014-06-05T10:40:55Z");
	for (int64_t day = 1; day < 3000000; day += 997) {
		uint64_t t = (uint64_t)day * 864000000000;
		CLEANUP_FREE char *s = filetime_text(t);
		struct filetime_parts q = { (int)strtol(s, NULL, 10),
					    (int)strtol(s + 5, NULL, 10),
					    (int)strtol(s + 8, NULL, 10),
					    0,
					    0,
					    0 };

		assert_int_equal(filetime_from_parts(&q), t);
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(filetime_from_parts(&none[i]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(panther),
		cmocka_unit_test(squeezed_blanks),
		cmocka_unit_test(servicing),
		cmocka_unit_test(setupapi),
		cmocka_unit_test(setupapi_over_midnight),
		cmocka_unit_test(netsetup),
		cmocka_unit_test(ec2config),
		cmocka_unit_test(ec2launch),
		cmocka_unit_test(ec2launch_v2),
		cmocka_unit_test(ssm),
		cmocka_unit_test(console),
		cmocka_unit_test(sections_are_known),
		cmocka_unit_test(code_pages_of_windows),
		cmocka_unit_test(only_what_is_wanted),
		cmocka_unit_test(times_of_the_calendar),
	};

	return cmocka_run_group_tests_name("log-grammar", tests, NULL, NULL);
}
