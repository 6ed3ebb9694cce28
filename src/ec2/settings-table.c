/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the agents know.  Sources, all AWS' User Guide for Windows Instances:
 *
 *      C   "Configure a Windows instance using the EC2Config service", EC2Config settings files
 *      S   "Use Sysprep with EC2Config": BundleConfig.xml
 *      1   "Configure a Windows instance using EC2Launch"
 *      2   "EC2Launch v2 settings", task configuration
 */
#include <string.h>

#include "ec2/settings-private.h"
#include "util/alloc.h"
#include "util/utf16.h"

#define C  "AWS: EC2Config settings files"
#define S  "AWS: Use Sysprep with EC2Config"
#define L1 "AWS: Configuring EC2Launch"
#define L2 "AWS: EC2Launch v2 task configuration"

#define CONFIG	  AGENT_EC2CONFIG, "Settings/Config.xml"
#define BUNDLE	  AGENT_EC2CONFIG, "Settings/BundleConfig.xml"
#define ACTIVATE  AGENT_EC2CONFIG, "Settings/ActivationSettings.xml"
#define LETTERS	  AGENT_EC2CONFIG, "Settings/DriveLetterConfig.xml"
#define EVENTS	  AGENT_EC2CONFIG, "Settings/EventLogConfig.xml"
#define WALLPAPER AGENT_EC2CONFIG, "Settings/WallpaperSettings.xml"
#define DRIVES	  AGENT_EC2CONFIG, "Settings/InitializeDrivesSettings.xml"
#define LAUNCH	  AGENT_EC2LAUNCH, "Config/LaunchConfig.json"
#define LETTERS1  AGENT_EC2LAUNCH, "Config/DriveLetterMappingConfig.json"
#define EVENTS1	  AGENT_EC2LAUNCH, "Config/EventLogConfig.json"
#define TASKS	  AGENT_EC2LAUNCH2, "config/agent-config.yml"

#define BOOLEAN "true|false"

#define PLUGIN(name, meaning, does)                                                            \
	{                                                                                      \
		CONFIG, "Plugins/Plugin[Name=" name "]/State", "Config." name, SETTING_CHOICE, \
			SETTING_ON_OFF, meaning, does, C                                       \
	}
#define GLOBAL(name, meaning, does)                                                               \
	{                                                                                         \
		CONFIG, "GlobalSettings/" name, "Config." name, SETTING_CHOICE, BOOLEAN, meaning, \
			does, C                                                                   \
	}
#define PROPERTY(name, meaning)                                                                \
	{                                                                                      \
		BUNDLE, "Property[Name=" name "]/Value", "BundleConfig." name, SETTING_CHOICE, \
			SETTING_YES_NO, meaning, NULL, S                                       \
	}
#define ACTIVATION(name, type, values, meaning)                                                 \
	{                                                                                       \
		ACTIVATE, "//" name, "ActivationSettings." name, type, values, meaning, NULL, C \
	}
#define LAUNCHED(name, required, meaning, does)                                                  \
	{                                                                                        \
		LAUNCH, name, "LaunchConfig." name, SETTING_BOOL, BOOLEAN, meaning, does, L1, 0, \
			required                                                                 \
	}
#define INPUT(path, type, values, meaning)                               \
	{                                                                \
		TASKS, path, path, type, values, meaning, NULL, L2, 0, 0 \
	}

const struct setting_kind setting_kinds[] = {
	PLUGIN("Ec2SetPassword",
	       "a random Administrator password, encrypted with the key pair; disables itself",
	       "sets a new random password for Administrator, prints it to the console encrypted with the launch key pair, and disables that again"),
	PLUGIN("Ec2SetComputerName", "the host name from the private IP address",
	       "gives the host a name made of its private IP address, and restarts"),
	PLUGIN("Ec2InitializeDrives", "initialises and formats attached volumes",
	       "initialises and formats attached volumes"),
	PLUGIN("Ec2EventLog", "event log entries to the console",
	       "prints event log entries to the console"),
	PLUGIN("Ec2ConfigureRDP", "a self-signed certificate for Remote Desktop (2003 only)",
	       "makes a self-signed certificate for Remote Desktop (on 2003)"),
	PLUGIN("Ec2OutputRDPCert", "the certificate's thumbprint to the console",
	       "prints the thumbprint of Remote Desktop's certificate to the console"),
	PLUGIN("Ec2SetDriveLetter", "drive letters by DriveLetterConfig.xml",
	       "gives volumes the letters of DriveLetterConfig.xml"),
	PLUGIN("Ec2WindowsActivate", "activation of Windows", "activates Windows if need be"),
	PLUGIN("Ec2DynamicBootVolumeSize", "the root volume extended to the end of its disk",
	       "extends the root volume to the end of its disk"),
	PLUGIN("Ec2ElasticGpuSetup", "the package for elastic GPUs",
	       "installs the package for elastic GPUs where there is one"),
	PLUGIN("Ec2FeatureLogging", "Windows features to the console",
	       "prints Windows features to the console"),
	PLUGIN("Ec2HandleUserData", "runs user data; disables itself unless that says <persist>",
	       "runs user data, and disables that again unless the data says <persist>"),
	PLUGIN("AWS.EC2.Windows.CloudWatch.PlugIn", "sends counters and logs to CloudWatch",
	       "sends counters and logs to CloudWatch"),
	GLOBAL("ManageShutdown", "instance store-backed instances do not terminate in Sysprep",
	       NULL),
	GLOBAL("SetDnsSuffixList", "the DNS suffixes of EC2", "sets the DNS suffixes of EC2"),
	GLOBAL("WaitForMetaDataAvailable", "waits for metadata before it goes on",
	       "waits until the metadata service answers"),
	GLOBAL("ShouldAddRoutes", "routes to the metadata service and to the activation servers",
	       "adds routes to the metadata service and to the activation servers"),
	GLOBAL("RemoveCredentialsfromSysprepOnStartup",
	       "takes the Administrator password out of sysprep2008.xml",
	       "takes the Administrator password out of sysprep2008.xml"),

	PROPERTY("AutoSysprep", "whether Sysprep is run when an image is bundled"),
	PROPERTY("SetRDPCertificate",
		 "whether Sysprep enables Ec2ConfigureRDP for the next start (2003)"),
	PROPERTY("SetPasswordAfterSysprep",
		 "whether Sysprep enables Ec2SetPassword for the next start"),
	{ BUNDLE, "GeneralSettings/Sysprep[#]/PreSysprepRunCmd",
	  "BundleConfig.Sysprep.#.PreSysprepRunCmd", SETTING_TEXT, NULL,
	  "the command before Sysprep, which shuts Remote Desktop", NULL, S },
	{ BUNDLE, "GeneralSettings/Sysprep[#]/ExePath", "BundleConfig.Sysprep.#.ExePath",
	  SETTING_TEXT, NULL, "the path of sysprep.exe", NULL, S },
	{ BUNDLE, "GeneralSettings/Sysprep[#]/AnswerFilePath",
	  "BundleConfig.Sysprep.#.AnswerFilePath", SETTING_TEXT, NULL, "the answer file", NULL, S },
	{ BUNDLE, "GeneralSettings/Sysprep[#]/Switches", "BundleConfig.Sysprep.#.Switches",
	  SETTING_TEXT, NULL, "switches of sysprep.exe", NULL, S },

	ACTIVATION("SetAutodiscover", SETTING_CHOICE, BOOLEAN, "whether a KMS is looked for"),
	ACTIVATION("TargetKMSServer", SETTING_TEXT, NULL, "the private address of a KMS"),
	ACTIVATION("DiscoverFromZone", SETTING_TEXT, NULL, "the DNS zone to look for a KMS in"),
	ACTIVATION("ReadFromUserData", SETTING_CHOICE, BOOLEAN, "whether user data names the KMS"),
	ACTIVATION("LegacySearchZones", SETTING_TEXT, NULL, "further DNS zones to look in"),
	ACTIVATION("DoActivate", SETTING_CHOICE, BOOLEAN, "whether Windows is activated"),
	ACTIVATION("LogResultToConsole", SETTING_CHOICE, BOOLEAN,
		   "whether the console shows the result"),

	{ LETTERS, "Mapping[#]/VolumeName", "DriveLetterConfig.#.VolumeName", SETTING_TEXT, NULL,
	  "the label of a volume; \"Temporary Storage 0\" to 25 for instance store", NULL, C },
	{ LETTERS, "Mapping[#]/DriveLetter", "DriveLetterConfig.#.DriveLetter", SETTING_LETTER, ":",
	  "the letter it gets, as M:; fails when that is taken", NULL, C },

	{ EVENTS, "Event[#]/Category", "EventLogConfig.#.Category", SETTING_TEXT, NULL,
	  "the event log", NULL, C },
	{ EVENTS, "Event[#]/ErrorType", "EventLogConfig.#.ErrorType", SETTING_CHOICE,
	  "Error|Warning|Information", "the events' type", NULL, C },
	{ EVENTS, "Event[#]/NumEntries", "EventLogConfig.#.NumEntries", SETTING_NUMBER, NULL,
	  "how many events are printed", NULL, C },
	{ EVENTS, "Event[#]/LastMessageTime", "EventLogConfig.#.LastMessageTime", SETTING_FIXED,
	  NULL, "of the last event that was printed; the agent keeps it", NULL, C },
	{ EVENTS, "Event[#]/AppName", "EventLogConfig.#.AppName", SETTING_TEXT, NULL,
	  "the source of the events", NULL, C },

	{ WALLPAPER, "WallpaperInformation[#]/name", "WallpaperSettings.#.name", SETTING_TEXT, NULL,
	  "the text before the value", NULL, C },
	{ WALLPAPER, "WallpaperInformation[#]/source", "WallpaperSettings.#.source", SETTING_CHOICE,
	  "metadata|EnvironmentVariable", "where the value is from", NULL, C },
	{ WALLPAPER, "WallpaperInformation[#]/identifier", "WallpaperSettings.#.identifier",
	  SETTING_TEXT, NULL, "a path of metadata, or a variable's name", NULL, C },

	{ DRIVES, "//SettingsGroup", "InitializeDrivesSettings.SettingsGroup", SETTING_CHOICE,
	  "FormatWithTRIM|FormatWithoutTRIM|DisableInitializeDrives",
	  "how new drives are formatted", NULL, C },

	LAUNCHED("setComputerName", true, "the host name from the private IP address",
		 "gives the host a name made of its private IP address"),
	LAUNCHED("setMonitorAlwaysOn", false, "the monitor never sleeps",
		 "keeps the monitor from sleeping"),
	LAUNCHED("setWallpaper", true, "instance details on the desktop",
		 "puts instance details on the desktop"),
	LAUNCHED("addDnsSuffixList", true, "the DNS suffixes of EC2",
		 "adds the DNS suffixes of EC2"),
	LAUNCHED("extendBootVolumeSize", true, "the root volume extended to the end of its disk",
		 "extends the root volume to the end of its disk"),
	LAUNCHED("handleUserData", false, "runs user data; absent means false", "runs user data"),
	{ LAUNCH, "adminPasswordType", "LaunchConfig.adminPasswordType", SETTING_CHOICE,
	  "Random|Specify|DoNothing",
	  "Administrator's password: random, adminPassword, or as it is", NULL, L1, 0, true },
	{ LAUNCH, "adminPassword", "LaunchConfig.adminPassword", SETTING_TEXT, NULL,
	  "the password for Specify, in clear text until it was set", NULL, L1, true, 0 },
	{ LETTERS1, "driveLetterMapping/#/volumeName", "DriveLetterMappingConfig.#.volumeName",
	  SETTING_TEXT, NULL, "the label of a volume", NULL, L1 },
	{ LETTERS1, "driveLetterMapping/#/driveLetter", "DriveLetterMappingConfig.#.driveLetter",
	  SETTING_LETTER, NULL, "the letter it gets, as D", NULL, L1 },
	{ EVENTS1, "events/#/logName", "EventLogConfig.#.logName", SETTING_TEXT, NULL,
	  "the event log", NULL, L1 },
	{ EVENTS1, "events/#/source", "EventLogConfig.#.source", SETTING_TEXT, NULL,
	  "the source of the events", NULL, L1 },
	{ EVENTS1, "events/#/level", "EventLogConfig.#.level", SETTING_CHOICE,
	  "Error|Warning|Information", "the events' level", NULL, L1 },
	{ EVENTS1, "events/#/numEntries", "EventLogConfig.#.numEntries", SETTING_NUMBER, NULL,
	  "how many events are printed", NULL, L1 },

	INPUT("activateWindows.activation.type", SETTING_CHOICE, "amazon",
	      "how Windows is activated"),
	INPUT("executeProgram.frequency", SETTING_CHOICE, "once|always", "how often it runs"),
	INPUT("executeProgram.path", SETTING_TEXT, NULL, "the program"),
	INPUT("executeProgram.arguments.#", SETTING_TEXT, NULL, "an argument"),
	INPUT("executeProgram.runAs", SETTING_CHOICE, "localSystem", "the account it runs as"),
	INPUT("executeScript.frequency", SETTING_CHOICE, "once|always", "how often it runs"),
	INPUT("executeScript.type", SETTING_CHOICE, "batch|powershell", "the script's language"),
	INPUT("executeScript.arguments.#", SETTING_TEXT, NULL, "an argument"),
	INPUT("executeScript.content", SETTING_TEXT, NULL, "the script"),
	INPUT("executeScript.runAs", SETTING_CHOICE, "admin|localSystem", "the account it runs as"),
	INPUT("executeScript.detach", SETTING_BOOL, BOOLEAN, "whether the agent goes on beside it"),
	INPUT("initializeVolume.initialize", SETTING_CHOICE, "all|devices", "which volumes"),
	INPUT("initializeVolume.devices.#.device", SETTING_TEXT, NULL,
	      "the device: xvdb, /dev/nvme0n1"),
	INPUT("initializeVolume.devices.#.name", SETTING_TEXT, NULL, "the label it gets"),
	INPUT("initializeVolume.devices.#.letter", SETTING_LETTER, NULL, "the letter it gets"),
	INPUT("initializeVolume.devices.#.partition", SETTING_CHOICE, "mbr|gpt",
	      "the partition table"),
	INPUT("setAdminAccount.name", SETTING_TEXT, NULL, "the account; Administrator without it"),
	INPUT("setAdminAccount.password.type", SETTING_CHOICE, "random|static|doNothing",
	      "its password: random, data, or as it is"),
	{ TASKS, "setAdminAccount.password.data", "setAdminAccount.password.data", SETTING_TEXT,
	  NULL, "the password for static, in clear text until it was set", NULL, L2, true, 0 },
	INPUT("setDnsSuffix.suffixes.#", SETTING_TEXT, NULL, "a suffix; may hold $REGION and $AZ"),
	INPUT("setHostName.hostName", SETTING_TEXT, NULL,
	      "the name; made of the private address without it"),
	INPUT("setHostName.reboot", SETTING_BOOL, BOOLEAN,
	      "whether it may restart for the new name"),
	INPUT("setWallpaper.path", SETTING_TEXT, NULL, "the picture, a .jpg file"),
	INPUT("setWallpaper.attributes.#", SETTING_CHOICE,
	      "hostName|instanceId|privateIpAddress|publicIpAddress|instanceSize|availabilityZone|architecture|memory|network",
	      "a detail on the picture"),
	INPUT("sysprep.clean", SETTING_BOOL, BOOLEAN, "whether logs are removed first"),
	INPUT("sysprep.shutdown", SETTING_BOOL, BOOLEAN,
	      "whether the instance is shut down behind it"),
	INPUT("writeFile.frequency", SETTING_CHOICE, "once|always", "how often it is written"),
	INPUT("writeFile.destination", SETTING_TEXT, NULL, "the file"),
	INPUT("writeFile.content", SETTING_TEXT, NULL, "its text"),

	{ AGENT_EC2LAUNCH2, "state/state.json", "", "state.#", SETTING_FIXED, NULL,
	  "of a run that has not come to its end", NULL, L2 },
	{ AGENT_EC2LAUNCH2, "state/previous-state.json", "", "previous-state.#", SETTING_FIXED,
	  NULL, "of the last run that came to its end", NULL, L2 },
};
const size_t setting_kind_count = ARRAY_SIZE(setting_kinds);

/* The names of stages are those of the file; user data has its own. */
const struct task_kind task_kinds[] = {
	{ "activateWindows", "preReady", "once", "activates Windows" },
	{ "enableJumboFrames", "postReady|userData", "always", "enables jumbo frames" },
	{ "enableOpenSsh", "preReady|userData", "once", "enables OpenSSH" },
	{ "executeProgram", "postReady|userData", "own", "runs a program" },
	{ "executeScript", "postReady|userData", "own", "runs a script" },
	{ "extendRootPartition", "boot", "once", "extends the root volume to the end of its disk" },
	{ "initializeVolume", "postReady|userData", "always", "initialises volumes" },
	{ "optimizeEna", "postReady|userData", "always", "tunes ENA, and may restart for it" },
	{ "setAdminAccount", "preReady", "once", "sets the administrator account's password" },
	{ "setDnsSuffix", "preReady", "always", "adds DNS suffixes" },
	{ "setHostName", "postReady|userData", "always", "sets the host name" },
	{ "setWallpaper", "preReady|userData", "always", "puts instance details on the desktop" },
	{ "startSsm", "postReady|userData", "always", "starts the SSM agent" },
	{ "sysprep", "userData", "once", "runs Sysprep" },
	{ "writeFile", "postReady|userData", "own", "writes a file" },
};
const size_t task_kind_count = ARRAY_SIZE(task_kinds);

const struct task_kind *
task_kind_find(const char *name)
{
	for (size_t i = 0; i < task_kind_count; i++)
		if (strcmp(task_kinds[i].name, name) == 0)
			return &task_kinds[i];
	return NULL;
}

const struct setting_kind *
setting_kind_find(enum agent_kind agent, const char *name)
{
	for (size_t i = 0; i < setting_kind_count; i++)
		if (setting_kinds[i].agent == agent &&
		    settings_same_name(agent, setting_kinds[i].name, name))
			return &setting_kinds[i];
	return NULL;
}
