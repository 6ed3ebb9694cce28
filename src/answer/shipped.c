/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped answer files; see shipped.h.
 *
 * AWS: "How Sysprep works" (EC2 User Guide, for each agent) lists what they set; that of EC2Config and of EC2Launch v1 was compared
 * with public copies.
 */
#include <string.h>

#include "answer/shipped.h"
#include "util/alloc.h"
#include "util/utf16.h"

#define SHELL		 "Microsoft-Windows-Shell-Setup"
#define DEPLOYMENT	 "Microsoft-Windows-Deployment"
#define INTERNATIONAL	 "Microsoft-Windows-International-Core"
#define PNP_SYSPREP	 "Microsoft-Windows-PnpSysprep"
#define SERVER_MANAGER	 "Microsoft-Windows-ServerManager-SvrMgrNc"
#define TERMINAL	 "Microsoft-Windows-TerminalServices-LocalSessionManager"
#define FIREWALL	 "Networking-MPSSVC-Svc"
#define DEFENDER	 "Security-Malware-Windows-Defender"
#define COMMAND(n, what) "RunSynchronous/RunSynchronousCommand[" #n "]/" what

static const struct shipped_setting ec2config[] = {
	{ PASS_GENERALIZE, PNP_SYSPREP, "PersistAllDeviceInstalls", "true" },
	{ PASS_GENERALIZE, PNP_SYSPREP, "DoNotCleanUpNonPresentDevices", "true" },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "InputLocale", "en-US" },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "SystemLocale", "en-US" },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "UILanguage", "en-US" },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "UserLocale", "en-US" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/HideEULAPage", "true" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/HideWirelessSetupInOOBE", "true" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/NetworkLocation", "Other" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/ProtectYourPC", "3" },
	{ PASS_OOBE_SYSTEM, SHELL, "BluetoothTaskbarIconEnabled", "false" },
	{ PASS_OOBE_SYSTEM, SHELL, "TimeZone", "UTC" },
	{ PASS_OOBE_SYSTEM, SHELL, "RegisteredOrganization", "Amazon.com" },
	{ PASS_OOBE_SYSTEM, SHELL, "RegisteredOwner", "Amazon" },
	{ PASS_SPECIALIZE, SHELL, "CopyProfile", "true" },
	{ PASS_SPECIALIZE, SHELL, "RegisteredOrganization", "Amazon.com" },
	{ PASS_SPECIALIZE, SHELL, "RegisteredOwner", "Amazon" },
	{ PASS_SPECIALIZE, SHELL, "TimeZone", "UTC" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(1, "Order"), "1" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(1, "Path"),
	  "net user Administrator /ACTIVE:YES /LOGONPASSWORDCHG:NO /EXPIRES:NEVER /PASSWORDREQ:YES" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(2, "Order"), "2" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(2, "Path"),
	  "\"C:\\Program Files\\Amazon\\Ec2ConfigService\\ScramblePassword.exe\" -u Administrator" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(3, "Order"), "3" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(3, "Path"),
	  "\"C:\\Program Files\\Amazon\\Ec2ConfigService\\Scripts\\SysprepSpecializePhase.cmd\"" },
	{ PASS_SPECIALIZE, SERVER_MANAGER, "DoNotOpenServerManagerAtLogon", "true" },
};

static const struct shipped_setting ec2launch[] = {
	{ PASS_GENERALIZE, PNP_SYSPREP, "DoNotCleanUpNonPresentDevices", "true" },
	{ PASS_GENERALIZE, PNP_SYSPREP, "PersistAllDeviceInstalls", "true" },
	{ PASS_SPECIALIZE, SHELL, "ComputerName", "*" },
	{ PASS_SPECIALIZE, SHELL, "CopyProfile", "true" },
	{ PASS_SPECIALIZE, SHELL, "RegisteredOrganization", "Amazon" },
	{ PASS_SPECIALIZE, SHELL, "TimeZone", "UTC" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(1, "Order"), "1" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(1, "Path"),
	  "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe C:\\ProgramData\\Amazon\\EC2-Windows\\Launch\\Sysprep\\Randomize-LocalAdminPassword.ps1 Administrator" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(2, "Order"), "2" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(2, "Path"),
	  "\"C:\\ProgramData\\Amazon\\EC2-Windows\\Launch\\Sysprep\\SysprepSpecialize.cmd\"" },
	{ PASS_SPECIALIZE, SERVER_MANAGER, "DoNotOpenServerManagerAtLogon", "true" },
	{ PASS_SPECIALIZE, TERMINAL, "fDenyTSConnections", "false" },
	{ PASS_SPECIALIZE, FIREWALL, "FirewallGroups/FirewallGroup/Active", "true" },
	{ PASS_SPECIALIZE, FIREWALL, "FirewallGroups/FirewallGroup/Group", "Remote Desktop" },
	{ PASS_SPECIALIZE, FIREWALL, "FirewallGroups/FirewallGroup/Profile", "all" },
	{ PASS_SPECIALIZE, DEFENDER, "TrustedImageIdentifier",
	  "06d8c107-68c2-4ab9-8e56-30d2c0f81c0e" },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "InputLocale", NULL },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "SystemLocale", NULL },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "UILanguage", NULL },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "UserLocale", NULL },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/HideEULAPage", "true" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/ProtectYourPC", "3" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/HideWirelessSetupInOOBE", "true" },
	{ PASS_OOBE_SYSTEM, SHELL, "BluetoothTaskbarIconEnabled", "false" },
	{ PASS_OOBE_SYSTEM, SHELL, "TimeZone", "UTC" },
	{ PASS_OOBE_SYSTEM, SHELL, "RegisteredOrganization", "Amazon.com" },
	{ PASS_OOBE_SYSTEM, SHELL, "RegisteredOwner", "EC2" },
	{ PASS_OOBE_SYSTEM, DEFENDER, "TrustedImageIdentifier",
	  "06d8c107-68c2-4ab9-8e56-30d2c0f81c0e" },
};

static const struct shipped_setting ec2launch_v2[] = {
	{ PASS_GENERALIZE, PNP_SYSPREP, "DoNotCleanUpNonPresentDevices", "true" },
	{ PASS_GENERALIZE, PNP_SYSPREP, "PersistAllDeviceInstalls", "true" },
	{ PASS_SPECIALIZE, SHELL, "CopyProfile", "true" },
	{ PASS_SPECIALIZE, SHELL, "TimeZone", "UTC" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(1, "Order"), "1" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(1, "Path"),
	  "net user Administrator /ACTIVE:YES /LOGONPASSWORDCHG:NO /EXPIRES:NEVER /PASSWORDREQ:YES" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(2, "Order"), "2" },
	{ PASS_SPECIALIZE, DEPLOYMENT, COMMAND(2, "Path"),
	  "\"C:\\Program Files\\Amazon\\EC2Launch\\EC2Launch.exe\" internal randomize-password --username Administrator" },
	{ PASS_SPECIALIZE, TERMINAL, "fDenyTSConnections", "false" },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "InputLocale", NULL },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "SystemLocale", NULL },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "UILanguage", NULL },
	{ PASS_OOBE_SYSTEM, INTERNATIONAL, "UserLocale", NULL },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/HideEULAPage", "true" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/ProtectYourPC", "3" },
	{ PASS_OOBE_SYSTEM, SHELL, "OOBE/HideWirelessSetupInOOBE", "true" },
	{ PASS_OOBE_SYSTEM, SHELL, "BluetoothTaskbarIconEnabled", "false" },
	{ PASS_OOBE_SYSTEM, SHELL, "TimeZone", "UTC" },
	{ PASS_OOBE_SYSTEM, SHELL, "RegisteredOrganization", "Amazon.com" },
	{ PASS_OOBE_SYSTEM, SHELL, "RegisteredOwner", "EC2" },
};

static const struct shipped_file files[] = {
	[SHIPPED_EC2CONFIG] = { "EC2Config's sysprep2008.xml", false, ec2config,
				ARRAY_SIZE(ec2config) },
	[SHIPPED_EC2LAUNCH] = { "EC2Launch v1's Unattend.xml", false, ec2launch,
				ARRAY_SIZE(ec2launch) },
	[SHIPPED_EC2LAUNCH_V2] = { "EC2Launch v2's unattend.xml", true, ec2launch_v2,
				   ARRAY_SIZE(ec2launch_v2) },
};

const struct shipped_file *
shipped_file(enum shipped_agent a)
{
	return a == SHIPPED_NONE ? NULL : &files[a];
}

static bool
same_setting(const struct answer *a, const struct answer_setting *s,
	     const struct shipped_setting *shipped)
{
	const struct answer_component *c = &a->components[s->component];

	return c->pass_known && c->pass == shipped->pass &&
	       name_equal(c->name, shipped->component) && strcmp(s->path, shipped->path) == 0;
}

/* Users write True, and it says the same. */
static bool
same_value(const struct answer_setting *s, const char *value)
{
	if (!value)
		return true;
	if (s->known && s->known->type == KNOWN_BOOL)
		return name_equal(s->value, value);
	return strcmp(s->value, value) == 0;
}

enum shipped_how
shipped_compare(const struct shipped_file *f, const struct answer *a,
		const struct answer_setting *s, const struct shipped_setting **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < f->count; i++) {
		if (!same_setting(a, s, &f->settings[i]))
			continue;
		*ret = &f->settings[i];
		return same_value(s, f->settings[i].value) ? SHIPPED_SAME : SHIPPED_DIFFERS;
	}
	return SHIPPED_ADDED;
}

bool
shipped_is_there(const struct answer *a, const struct shipped_setting *shipped)
{
	for (size_t i = 0; i < a->setting_count; i++)
		if (same_setting(a, &a->settings[i], shipped))
			return true;
	return false;
}
