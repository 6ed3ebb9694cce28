/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings of answer files set and made: the right one, in the file's own style, and nothing else.  The last test edits
 * files at random; RESPREP_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "answer/set.h"
#include "answer/spec.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define SHELL	   "Microsoft-Windows-Shell-Setup"
#define DEPLOYMENT "Microsoft-Windows-Deployment"
#define ATTRIBUTES " processorArchitecture=\"amd64\" publicKeyToken=\"31bf3856ad364e35\""
#define WCM	   " xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\""
#define HEAD	   "<unattend xmlns=\"urn:schemas-microsoft-com:unattend\">\r\n"
#define TAIL	   "  <cpi:offlineImage xmlns:cpi=\"urn:schemas-microsoft-com:cpi\" />\r\n</unattend>"

static const struct answer_set_options plain = { .architecture = "amd64" };

/* The edited text, or NULL with the error's code in *code. */
static char *
set(const char *file, const char *what, const struct answer_set_options *o, enum error_code *code)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER_SPEC struct answer_spec spec = { 0 };
	CLEANUP_ANSWER_SET_RESULT struct answer_set_result done = { 0 };
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t len = 0;

	if (answer_spec_parse(what, &spec, &err) == 0)
		bytes = answer_set(file, strlen(file), &spec, o, &done, &len, &err);
	if (code)
		*code = err.code;
	else if (!bytes)
		fail_msg("%s: %s", what, err.message);
	return bytes ? xstrndup((const char *)bytes, len) : NULL;
}

static void
becomes(const char *file, const char *what, const char *wanted)
{
	CLEANUP_FREE char *got = set(file, what, &plain, NULL);

	assert_string_equal(got, wanted);
}

static void
refused(const char *file, const char *what, enum error_code wanted)
{
	enum error_code code;
	CLEANUP_FREE char *got = set(file, what, &plain, &code);

	assert_null(got);
	if (code != wanted)
		fail_msg("%s: %s, not %s", what, error_code_name(code), error_code_name(wanted));
}

/* ---- values ---- */

static void
the_setting_of_that_pass_and_component_is_set(void **state)
{
	static const char file[] = HEAD
		"<settings pass=\"oobeSystem\"><component name=\"" SHELL
		"\"><TimeZone>UTC</TimeZone></component></settings>"
		"<settings pass=\"specialize\"><component name=\"Other\"><TimeZone>UTC</TimeZone></component>"
		"<component name=\"" SHELL "\"><!-- <TimeZone>UTC</TimeZone> -->"
		"<TimeZone>UTC</TimeZone></component></settings>" TAIL;
	static const char after[] = HEAD
		"<settings pass=\"oobeSystem\"><component name=\"" SHELL
		"\"><TimeZone>UTC</TimeZone></component></settings>"
		"<settings pass=\"specialize\"><component name=\"Other\"><TimeZone>UTC</TimeZone></component>"
		"<component name=\"" SHELL "\"><!-- <TimeZone>UTC</TimeZone> -->"
		"<TimeZone>GMT Standard Time</TimeZone></component></settings>" TAIL;

	(void)state;
	becomes(file, "specialize/" SHELL "/TimeZone=GMT Standard Time", after);
	becomes(file, "SPECIALIZE/shell-setup/TimeZone=GMT Standard Time", after);
	becomes(file, "specialize/" SHELL "/TimeZone=UTC", file);
}

static void
members_of_lists_are_named_by_number_or_key(void **state)
{
#define RUN(one, two)                                                                    \
	HEAD "<settings pass=\"specialize\"><component name=\"" DEPLOYMENT "\"" WCM      \
	     "><RunSynchronous>"                                                         \
	     "<RunSynchronousCommand wcm:action=\"add\"><Order>1</Order><Path>" one      \
	     "</Path></RunSynchronousCommand><RunSynchronousCommand wcm:action=\"add\" " \
	     "wcm:keyValue=\"second\"><Order>2</Order><Path>" two                        \
	     "</Path></RunSynchronousCommand></RunSynchronous></component></settings></unattend>"
	const char *base = "specialize/" DEPLOYMENT "/RunSynchronous/RunSynchronousCommand";
	CLEANUP_FREE char *first = xasprintf("%s[1]/Path=new <x>", base);
	CLEANUP_FREE char *second = xasprintf("%s[second]/Path=new <x>", base);
	CLEANUP_FREE char *none = xasprintf("%s/Path=new", base);
	CLEANUP_FREE char *far = xasprintf("%s[4]/Path=new", base);

	(void)state;
	becomes(RUN("a", "b"), first, RUN("new &lt;x&gt;", "b"));
	becomes(RUN("a", "b"), second, RUN("a", "new &lt;x&gt;"));
	refused(RUN("a", "b"), none, ERR_USAGE);
	refused(RUN("a", "b"), far, ERR_USAGE);
}

static void
one_component_an_architecture_is_set_in_each(void **state)
{
#define TWO(a, b, value, other)                                                                   \
	HEAD "<settings pass=\"specialize\"><component name=\"" SHELL                             \
	     "\" processorArchitecture=\"" a "\"><CopyProfile>" value                             \
	     "</CopyProfile></component><component name=\"" SHELL "\" processorArchitecture=\"" b \
	     "\"><CopyProfile>" other "</CopyProfile></component></settings></unattend>"

	(void)state;
	becomes(TWO("x86", "amd64", "true", "true"), "specialize/" SHELL "/CopyProfile=false",
		TWO("x86", "amd64", "false", "false"));
	/* the same twice: which one Windows takes is not known */
	refused(TWO("amd64", "amd64", "true", "true"), "specialize/" SHELL "/CopyProfile=false",
		ERR_REFUSED);
}

#define FOR(architecture, inside)                                                          \
	"<component name=\"" SHELL "\" processorArchitecture=\"" architecture "\">" inside \
	"</component>"
#define SPECIALIZE(inside) HEAD "<settings pass=\"specialize\">" inside "</settings></unattend>"

/* A component of another architecture is passed over: what is set must act on the installation. */
static void
the_installations_architecture_gets_the_setting(void **state)
{
	static const struct answer_set_options unchecked = { .unchecked = true,
							     .architecture = "amd64" };
	static const char other[] = SPECIALIZE(FOR("x86", "<CopyProfile>true</CopyProfile>"));
	CLEANUP_FREE char *got = NULL;

	(void)state;
	becomes(SPECIALIZE(FOR("x86", "<CopyProfile>true</CopyProfile>")
				   FOR("amd64", "<TimeZone>UTC</TimeZone>")),
		"specialize/" SHELL "/CopyProfile=false",
		SPECIALIZE(FOR("x86", "<CopyProfile>false</CopyProfile>")
				   FOR("amd64", "<TimeZone>UTC</TimeZone>"
						"<CopyProfile>false</CopyProfile>")));
	becomes(other, "specialize/" SHELL "/CopyProfile=true",
		SPECIALIZE(FOR("x86", "<CopyProfile>true</CopyProfile>")
				   FOR("amd64", "<CopyProfile>true</CopyProfile>")));
	becomes(other, "specialize/" SHELL "/TimeZone=UTC",
		SPECIALIZE(FOR("x86", "<CopyProfile>true</CopyProfile>")
				   FOR("amd64", "<TimeZone>UTC</TimeZone>")));
	becomes(SPECIALIZE(FOR("neutral", "<CopyProfile>true</CopyProfile>")),
		"specialize/" SHELL "/CopyProfile=false",
		SPECIALIZE(FOR("neutral", "<CopyProfile>false</CopyProfile>")));
	/* asked for: where it stands, and nowhere else */
	got = set(other, "specialize/" SHELL "/CopyProfile=false", &unchecked, NULL);
	assert_string_equal(got, SPECIALIZE(FOR("x86", "<CopyProfile>false</CopyProfile>")));
	/* the password's form is that of the component it is in */
	becomes(HEAD "<settings pass=\"oobeSystem\">" FOR(
			"x86", "<AutoLogon><Password><Value>x</Value><PlainText>false</PlainText>"
			       "</Password></AutoLogon>") "</settings></unattend>",
		"oobeSystem/" SHELL "/AutoLogon/Password/Value=S",
		HEAD "<settings pass=\"oobeSystem\">" FOR(
			"x86", "<AutoLogon><Password><Value>UwBQAGEAcwBzAHcAbwByAGQA</Value>"
			       "<PlainText>false</PlainText></Password></AutoLogon>")
			FOR("amd64",
			    "<AutoLogon><Password><PlainText>true</PlainText>"
			    "<Value>S</Value></Password></AutoLogon>") "</settings></unattend>");
}

/* What Windows makes of a value is the password that was typed, in whichever form the file has it. */
static void
a_password_is_written_as_the_file_has_it(void **state)
{
#define ADMINISTRATOR(inside)                                         \
	HEAD "<settings pass=\"oobeSystem\"><component name=\"" SHELL \
	     "\"><UserAccounts><AdministratorPassword>" inside        \
	     "</AdministratorPassword></UserAccounts></component></settings></unattend>"
#define VALUE "oobeSystem/" SHELL "/UserAccounts/AdministratorPassword/Value="
/* "S" and "", each with the name of the element behind it */
#define S_HIDDEN     "UwBBAGQAbQBpAG4AaQBzAHQAcgBhAHQAbwByAFAAYQBzAHMAdwBvAHIAZAA="
#define EMPTY_HIDDEN "QQBkAG0AaQBuAGkAcwB0AHIAYQB0AG8AcgBQAGEAcwBzAHcAbwByAGQA"

	(void)state;
	becomes(ADMINISTRATOR("<Value>x</Value><PlainText>true</PlainText>"), VALUE "S",
		ADMINISTRATOR("<Value>S</Value><PlainText>true</PlainText>"));
	becomes(ADMINISTRATOR("<Value>x</Value><PlainText>False</PlainText>"), VALUE "S",
		ADMINISTRATOR("<Value>" S_HIDDEN "</Value><PlainText>False</PlainText>"));
	becomes(ADMINISTRATOR("<PlainText>0</PlainText><Value>x</Value>"), VALUE,
		ADMINISTRATOR("<PlainText>0</PlainText><Value>" EMPTY_HIDDEN "</Value>"));
	/* what is encoded already */
	becomes(ADMINISTRATOR("<Value>x</Value><PlainText>false</PlainText>"), VALUE S_HIDDEN,
		ADMINISTRATOR("<Value>" S_HIDDEN "</Value><PlainText>false</PlainText>"));
	becomes(ADMINISTRATOR("<PlainText>false</PlainText>"), VALUE "S",
		ADMINISTRATOR("<PlainText>false</PlainText><Value>" S_HIDDEN "</Value>"));
	/* without PlainText nobody knows what Windows takes it for */
	becomes(HEAD "<settings pass=\"oobeSystem\"><component name=\"" SHELL
		     "\"></component></settings></unattend>",
		VALUE "S", ADMINISTRATOR("<PlainText>true</PlainText><Value>S</Value>"));
	/* which of the two is meant is not said; the first is made, and there is an end */
	becomes(HEAD
		"<settings pass=\"oobeSystem\"><component name=\"" SHELL
		"\"><UserAccounts><LocalAccounts><LocalAccount></LocalAccount><LocalAccount>"
		"</LocalAccount></LocalAccounts></UserAccounts></component></settings></unattend>",
		"oobeSystem/" SHELL "/UserAccounts/LocalAccounts/LocalAccount/Password/Value=S",
		HEAD
		"<settings pass=\"oobeSystem\"><component name=\"" SHELL
		"\"><UserAccounts><LocalAccounts><LocalAccount><Password><PlainText>true</PlainText>"
		"<Value>S</Value></Password></LocalAccount><LocalAccount>"
		"</LocalAccount></LocalAccounts></UserAccounts></component></settings></unattend>");
	/* of another element it is nothing but a text */
	becomes(HEAD "<settings pass=\"oobeSystem\"><component name=\"" SHELL
		     "\"><AutoLogon><Password><Value>x</Value><PlainText>false</PlainText>"
		     "</Password></AutoLogon></component></settings></unattend>",
		"oobeSystem/" SHELL "/AutoLogon/Password/Value=S",
		HEAD "<settings pass=\"oobeSystem\"><component name=\"" SHELL
		     "\"><AutoLogon><Password><Value>UwBQAGEAcwBzAHcAbwByAGQA</Value>"
		     "<PlainText>false</PlainText></Password></AutoLogon></component></settings>"
		     "</unattend>");
	refused(HEAD "<settings pass=\"oobeSystem\"><component name=\"" SHELL
		     "\" processorArchitecture=\"x86\"><AutoLogon><Password><Value>x</Value>"
		     "<PlainText>false</PlainText></Password></AutoLogon></component>"
		     "<component name=\"" SHELL
		     "\" processorArchitecture=\"amd64\"><AutoLogon><Password><Value>x</Value>"
		     "</Password></AutoLogon></component></settings></unattend>",
		"oobeSystem/" SHELL "/AutoLogon/Password/Value=S", ERR_REFUSED);
}

static void
an_element_that_stands_twice_is_refused(void **state)
{
	(void)state;
	refused(HEAD "<settings pass=\"specialize\"><component name=\"" SHELL
		     "\"><CopyProfile>true</CopyProfile><TimeZone>UTC</TimeZone>"
		     "<CopyProfile>false</CopyProfile></component></settings></unattend>",
		"specialize/" SHELL "/CopyProfile=false", ERR_REFUSED);
	refused(HEAD "<settings pass=\"specialize\"><component name=\"" SHELL
		     "\"><CopyProfile>true</CopyProfile>"
		     "<CopyProfile>false</CopyProfile></component></settings></unattend>",
		"specialize/" SHELL "/CopyProfile=false", ERR_REFUSED);
	/* also of the one that the number seems to name, and of a part that stands twice */
	refused(HEAD "<settings pass=\"specialize\"><component name=\"" SHELL
		     "\"><CopyProfile>true</CopyProfile>"
		     "<CopyProfile>false</CopyProfile></component></settings></unattend>",
		"specialize/" SHELL "/CopyProfile[2]=false", ERR_USAGE);
	refused(HEAD
		"<settings pass=\"oobeSystem\"><component name=\"" SHELL
		"\"><OOBE><ProtectYourPC>3</ProtectYourPC></OOBE>"
		"<OOBE><ProtectYourPC>1</ProtectYourPC></OOBE></component></settings></unattend>",
		"oobeSystem/" SHELL "/OOBE/ProtectYourPC=2", ERR_REFUSED);
	/* within one command, though the other has it once */
	refused(HEAD
		"<settings pass=\"specialize\"><component name=\"" DEPLOYMENT
		"\"><RunSynchronous><RunSynchronousCommand><Path>a</Path></RunSynchronousCommand>"
		"<RunSynchronousCommand><Path>b</Path><Order>2</Order><Path>c</Path>"
		"</RunSynchronousCommand></RunSynchronous></component></settings></unattend>",
		"specialize/" DEPLOYMENT "/RunSynchronous/RunSynchronousCommand[2]/Path=x",
		ERR_REFUSED);
	/* a second one is not made */
	refused(HEAD "<settings pass=\"specialize\"><component name=\"" SHELL
		     "\"><CopyProfile>true</CopyProfile></component></settings></unattend>",
		"specialize/" SHELL "/CopyProfile[2]=false", ERR_USAGE);
}

/* ---- new ---- */

#define OPEN(pass)	"  <settings pass=\"" pass "\">\r\n"
#define COMPONENT(name) "    <component name=\"" name "\"" ATTRIBUTES WCM ">\r\n"
#define CLOSE		"    </component>\r\n  </settings>\r\n"

static void
what_is_missing_is_made_where_it_fits(void **state)
{
	static const char file[] = HEAD OPEN("specialize")
		COMPONENT(SHELL) "      <CopyProfile>true</CopyProfile>\r\n" CLOSE TAIL;

	(void)state;
	becomes(file, "specialize/" SHELL "/ComputerName=WEB-1",
		HEAD OPEN("specialize")
			COMPONENT(SHELL) "      <CopyProfile>true</CopyProfile>\r\n"
					 "      <ComputerName>WEB-1</ComputerName>\r\n" CLOSE TAIL);
	becomes(file, "specialize/" DEPLOYMENT "/RunSynchronous/RunSynchronousCommand/Path=cmd",
		HEAD OPEN("specialize")
			COMPONENT(SHELL) "      <CopyProfile>true</CopyProfile>\r\n    </component>\r\n" COMPONENT(
				DEPLOYMENT) "      <RunSynchronous>\r\n"
					    "        <RunSynchronousCommand wcm:action=\"add\">\r\n"
					    "          <Order>1</Order>\r\n"
					    "          <Path>cmd</Path>\r\n"
					    "        </RunSynchronousCommand>\r\n"
					    "      </RunSynchronous>\r\n" CLOSE TAIL);
	/* a pass goes behind the passes, not behind what ends the file */
	becomes(file, "oobeSystem/" SHELL "/OOBE/HideEULAPage=true",
		HEAD OPEN("specialize") COMPONENT(
			SHELL) "      <CopyProfile>true</CopyProfile>\r\n" CLOSE OPEN("oobeSystem")
			COMPONENT(
				SHELL) "      <OOBE>\r\n        <HideEULAPage>true</HideEULAPage>\r\n"
				       "      </OOBE>\r\n" CLOSE TAIL);
	becomes("<unattend xmlns=\"urn:schemas-microsoft-com:unattend\"/>",
		"generalize/Security-SPP/SkipRearm=1",
		"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\"><settings pass=\"generalize\">"
		"<component name=\"Microsoft-Windows-Security-SPP\" processorArchitecture=\"amd64\" "
		"publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" versionScope=\"nonSxS\"" WCM
		" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><SkipRearm>1</SkipRearm>"
		"</component></settings></unattend>");
}

static void
prefixes_of_the_file_are_kept(void **state)
{
	static const char file[] =
		"<u:unattend xmlns:u='urn:schemas-microsoft-com:unattend' xmlns:w='"
		"http://schemas.microsoft.com/WMIConfig/2002/State'>\n"
		" <u:settings pass='specialize'>\n"
		"  <u:component name='" DEPLOYMENT "'>\n"
		"  </u:component>\n </u:settings>\n</u:unattend>\n";

	(void)state;
	becomes(file, "specialize/Deployment/RunSynchronous/RunSynchronousCommand[1]/Order=1",
		"<u:unattend xmlns:u='urn:schemas-microsoft-com:unattend' xmlns:w='"
		"http://schemas.microsoft.com/WMIConfig/2002/State'>\n"
		" <u:settings pass='specialize'>\n"
		"  <u:component name='" DEPLOYMENT "'>\n"
		"   <u:RunSynchronous>\n"
		"    <u:RunSynchronousCommand w:action=\"add\">\n"
		"     <u:Order>1</u:Order>\n"
		"    </u:RunSynchronousCommand>\n"
		"   </u:RunSynchronous>\n"
		"  </u:component>\n </u:settings>\n</u:unattend>\n");
}

static void
a_new_member_joins_its_list(void **state)
{
	static const char file[] = HEAD OPEN("specialize")
		COMPONENT(DEPLOYMENT) "      <RunSynchronous>\r\n"
				      "        <RunSynchronousCommand wcm:action=\"add\">\r\n"
				      "          <Order>1</Order>\r\n"
				      "        </RunSynchronousCommand>\r\n"
				      "      </RunSynchronous>\r\n" CLOSE TAIL;

	(void)state;
	becomes(file, "specialize/Deployment/RunSynchronous/RunSynchronousCommand[2]/Order=2",
		HEAD OPEN("specialize") COMPONENT(
			DEPLOYMENT) "      <RunSynchronous>\r\n"
				    "        <RunSynchronousCommand wcm:action=\"add\">\r\n"
				    "          <Order>1</Order>\r\n"
				    "        </RunSynchronousCommand>\r\n"
				    "        <RunSynchronousCommand wcm:action=\"add\">\r\n"
				    "          <Order>2</Order>\r\n"
				    "        </RunSynchronousCommand>\r\n"
				    "      </RunSynchronous>\r\n" CLOSE TAIL);
}

static void
a_new_command_has_the_next_order(void **state)
{
#define COMMAND(order, path)                                     \
	"        <RunSynchronousCommand wcm:action=\"add\">\r\n" \
	"          <Order>" order "</Order>\r\n"                 \
	"          <Path>" path "</Path>\r\n"                    \
	"        </RunSynchronousCommand>\r\n"
#define COMMANDS(all)                                                                  \
	HEAD OPEN("specialize") COMPONENT(DEPLOYMENT) "      <RunSynchronous>\r\n" all \
						      "      </RunSynchronous>\r\n" CLOSE TAIL

	(void)state;
	/* behind the highest, wherever that stands */
	becomes(COMMANDS(COMMAND("7", "a") COMMAND("2", "b")),
		"specialize/Deployment/RunSynchronous/RunSynchronousCommand[3]/Path=c",
		COMMANDS(COMMAND("7", "a") COMMAND("2", "b") COMMAND("8", "c")));
	/* one that is there keeps its own */
	becomes(COMMANDS(COMMAND("7", "a")),
		"specialize/Deployment/RunSynchronous/RunSynchronousCommand[1]/Path=c",
		COMMANDS(COMMAND("7", "c")));
}

static void
what_windows_would_not_take_is_refused(void **state)
{
	static const char file[] = HEAD OPEN("specialize") COMPONENT(
		SHELL) "      <CopyProfile>true</CopyProfile>\r\n      <Odd>1</Odd>\r\n" CLOSE TAIL;
	static const char *const usage[] = {
		"CopyProfile=false",
		"specialize/" SHELL "/CopyProfile",
		"specialise/" SHELL "/CopyProfile=true",
		"specialize/" SHELL "/=true",
		"specialize/" SHELL "/Copy Profile=true",
		"specialize/" SHELL "/CopyProfile=maybe",
		"specialize/" SHELL "/CopyProfile= true",
		"oobeSystem/" SHELL "/CopyProfile=true",
		"specialize/" SHELL "/NoSuchSetting=true",
		"specialize/No-Such-Component/Setting=true",
		"oobeSystem/" SHELL "/OOBE=true",
		"specialize/" SHELL "/ComputerName=a b",
		"specialize/" SHELL "/ComputerName=x\x01",
		"specialize/Deployment/RunSynchronous/RunSynchronousCommand=x",
		"specialize/Deployment/RunSynchronous/RunSynchronousCommand[/Path=x",
		"specialize/Deployment/RunSynchronous/RunSynchronousCommand[\"]/Path=x",
	};
	const struct answer_set_options unchecked = { .architecture = "amd64", .unchecked = true };
	CLEANUP_FREE char *odd = set(file, "specialize/" SHELL "/NoSuchSetting=true", &unchecked,
				     NULL);
	CLEANUP_FREE char *known = set(file, "specialize/" SHELL "/Odd=2", &plain, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(usage); i++)
		refused(file, usage[i], ERR_USAGE);
	assert_non_null(strstr(odd, "      <NoSuchSetting>true</NoSuchSetting>\r\n"));
	/* what is not known here, and there, may be changed */
	assert_non_null(strstr(known, "<Odd>2</Odd>"));
	refused("<a/>", "specialize/" SHELL "/CopyProfile=true", ERR_CORRUPT);
	refused("<unattend>", "specialize/" SHELL "/CopyProfile=true", ERR_CORRUPT);
	refused("<!DOCTYPE unattend><unattend/>", "specialize/" SHELL "/CopyProfile=true",
		ERR_UNSUPPORTED);
	refused(HEAD OPEN("specialize")
			COMPONENT(SHELL) "<UserAccounts>text</UserAccounts>" CLOSE TAIL,
		"specialize/" SHELL "/UserAccounts/AdministratorPassword/Value=x", ERR_USAGE);
}

static void
a_secret_that_is_refused_is_not_shown(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER_SPEC struct answer_spec spec = { 0 };
	CLEANUP_ANSWER_SET_RESULT struct answer_set_result done = { 0 };
	static const char file[] = HEAD "</unattend>";
	size_t len;

	(void)state;
	assert_int_equal(answer_spec_parse("specialize/" SHELL "/ProductKey=GEHEIM1", &spec, &err),
			 0);
	assert_null(answer_set(file, strlen(file), &spec, &plain, &done, &len, &err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.message, "ProductKey"));
	assert_null(strstr(err.message, "GEHEIM1"));
}

static void
without_an_architecture_no_component_is_made(void **state)
{
	const struct answer_set_options unknown = { 0 };
	enum error_code code;
	CLEANUP_FREE char *got = set("<unattend/>", "specialize/" SHELL "/CopyProfile=true",
				     &unknown, &code);

	(void)state;
	assert_null(got);
	assert_int_equal(code, ERR_REFUSED);
}

/* ---- at random ---- */

static unsigned random_state;

static unsigned
pick(unsigned below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

static const char *const passes[] = { "generalize", "specialize", "oobeSystem" };
static const struct {
	const char *name;
	const char *values[3];
} names[] = {
	{ SHELL "/CopyProfile", { "true", "false", "1" } },
	{ SHELL "/TimeZone", { "UTC", "W. Europe Standard Time", "a & b" } },
	{ SHELL "/RegisteredOwner", { "Jürgen", "<x>", "" } },
	{ SHELL "/OOBE/ProtectYourPC", { "1", "2", "3" } },
	{ SHELL "/OOBE/HideEULAPage", { "true", "false", "0" } },
	{ "Microsoft-Windows-PnpSysprep/PersistAllDeviceInstalls", { "true", "false", "1" } },
	{ "Microsoft-Windows-International-Core/UserLocale", { "en-US", "de-DE", "ja-JP" } },
	{ "Networking-MPSSVC-Svc/FirewallGroups/FirewallGroup[RDP]/Active", { "true", "1", "0" } },
	{ DEPLOYMENT "/RunSynchronous/RunSynchronousCommand[1]/Path", { "a \"b\"", "c&d", "" } },
};

/* What each of these was set to last. */
struct model {
	char *value[ARRAY_SIZE(passes)][ARRAY_SIZE(names)];
};

static void
compare(const char *file, const struct model *m, unsigned seed)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	CLEANUP_ANSWER struct answer a = { 0 };
	size_t wanted = 0;

	if (answer_open(file, strlen(file), &a, &err) < 0)
		fail_msg("seed %u: %s\n%s", seed, err.message, file);
	for (size_t p = 0; p < ARRAY_SIZE(passes); p++)
		for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
			CLEANUP_FREE char *name = xasprintf("%s/%s", passes[p], names[n].name);
			char *open = strchr(name, '[');
			bool found = false;

			if (!m->value[p][n])
				continue;
			/* a command is made with its order */
			wanted += strstr(name, "/RunSynchronousCommand") ? 2 : 1;
			if (open)
				memmove(open, strchr(open, ']') + 1,
					strlen(strchr(open, ']') + 1) + 1);
			for (size_t i = 0; i < a.setting_count; i++) {
				CLEANUP_FREE char *its = answer_name(&a, &a.settings[i]);

				if (strcmp(its, name) != 0)
					continue;
				assert_false(found);
				found = true;
				assert_string_equal(a.settings[i].value, m->value[p][n]);
			}
			if (!found)
				fail_msg("seed %u: %s is not there\n%s", seed, name, file);
		}
	assert_int_equal(a.setting_count, wanted);
}

static void
edit_at_random(unsigned seed)
{
	static const char *const starts[] = {
		"<unattend xmlns=\"urn:schemas-microsoft-com:unattend\"/>",
		"<unattend xmlns='urn:schemas-microsoft-com:unattend'>\n</unattend>\n",
		"<?xml version='1.0'?>\r\n<u:unattend\r\n xmlns:u='urn:schemas-microsoft-com:unattend'>"
		"\r\n\t<!-- x -->\r\n</u:unattend>",
		HEAD "\t<settings pass=\"generalize\"/>\r\n\t<settings pass=\"specialize\"> "
		     "<!-- y -->\r\n\t</settings>\r\n" TAIL,
	};
	const struct answer_set_options unchecked = { .architecture = "amd64", .unchecked = true };
	CLEANUP_FREE char *file = NULL;
	struct model m = { 0 };

	random_state = seed;
	file = xstrdup(starts[pick(ARRAY_SIZE(starts))]);
	for (int i = 0; i < 40; i++) {
		unsigned p = pick(ARRAY_SIZE(passes)), n = pick(ARRAY_SIZE(names));
		const char *value = names[n].values[pick(3)];
		CLEANUP_FREE char *what = xasprintf("%s/%s=%s", passes[p], names[n].name, value);
		char *after = set(file, what, &unchecked, NULL);

		free(file);
		file = after;
		free(m.value[p][n]);
		m.value[p][n] = xstrdup(value);
		compare(file, &m, seed);
	}
	for (size_t p = 0; p < ARRAY_SIZE(passes); p++)
		for (size_t n = 0; n < ARRAY_SIZE(names); n++)
			free(m.value[p][n]);
}

static void
random_edits_do_what_they_say_and_no_more(void **state)
{
	const char *given = getenv("RESPREP_SEED");
	unsigned first = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", first);
	for (unsigned i = 0; i < 60; i++)
		edit_at_random(first + i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_setting_of_that_pass_and_component_is_set),
		cmocka_unit_test(members_of_lists_are_named_by_number_or_key),
		cmocka_unit_test(one_component_an_architecture_is_set_in_each),
		cmocka_unit_test(the_installations_architecture_gets_the_setting),
		cmocka_unit_test(a_password_is_written_as_the_file_has_it),
		cmocka_unit_test(an_element_that_stands_twice_is_refused),
		cmocka_unit_test(a_new_command_has_the_next_order),
		cmocka_unit_test(what_is_missing_is_made_where_it_fits),
		cmocka_unit_test(prefixes_of_the_file_are_kept),
		cmocka_unit_test(a_new_member_joins_its_list),
		cmocka_unit_test(what_windows_would_not_take_is_refused),
		cmocka_unit_test(a_secret_that_is_refused_is_not_shown),
		cmocka_unit_test(without_an_architecture_no_component_is_made),
		cmocka_unit_test(random_edits_do_what_they_say_and_no_more),
	};

	return cmocka_run_group_tests_name("answer-set", tests, NULL, NULL);
}
