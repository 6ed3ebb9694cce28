/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All other components: commands, locales, network, joining, disks.
 * Microsoft: "Unattended Windows Setup Reference", a page a setting; the passes of components also in "Components".
 */
#include "answer/known-tables.h"
#include "util/alloc.h"

/* clang-format off */
static const struct known_setting deployment_settings[] = {
	{ .path = "ExtendOSPartition/Extend", .type = KNOWN_BOOL, .passes = P(SPECIALIZE) },
	{ .path = "ExtendOSPartition/Size", .type = KNOWN_NUMBER, .passes = P(SPECIALIZE), .min = 1, .max = 4294967295 },
	{ .path = "Generalize/ForceShutdownNow", .type = KNOWN_BOOL, .passes = P(GENERALIZE) },
	{ .path = "Generalize/Mode", .type = KNOWN_WORD, .passes = P(GENERALIZE), .values = "OOBE|Audit" },
	{ .path = "Reseal/ForceShutdownNow", .type = KNOWN_BOOL, .passes = P(AUDIT_USER) | P(OOBE_SYSTEM) },
	{ .path = "Reseal/Mode", .type = KNOWN_WORD, .passes = P(AUDIT_USER) | P(OOBE_SYSTEM), .values = "OOBE|Audit" },
	{ .path = "RunAsynchronous/RunAsynchronousCommand", .type = KNOWN_LIST, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Credentials/Domain", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Credentials/Password", .type = KNOWN_PASSWORD, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Credentials/Username", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Description", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) | P(AUDIT_USER), .max = 256 },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Order", .type = KNOWN_NUMBER, .passes = P(SPECIALIZE) | P(AUDIT_USER), .min = 1, .max = 500 },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Path", .type = KNOWN_COMMAND, .passes = P(SPECIALIZE) | P(AUDIT_USER), .max = 1024 },
	{ .path = "RunSynchronous/RunSynchronousCommand", .type = KNOWN_LIST, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Credentials/Domain", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Credentials/Password", .type = KNOWN_PASSWORD, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Credentials/Username", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) | P(AUDIT_USER) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Description", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) | P(AUDIT_USER), .max = 256 },
	{ .path = "RunSynchronous/RunSynchronousCommand/Order", .type = KNOWN_NUMBER, .passes = P(SPECIALIZE) | P(AUDIT_USER), .min = 1, .max = 500 },
	{ .path = "RunSynchronous/RunSynchronousCommand/Path", .type = KNOWN_COMMAND, .passes = P(SPECIALIZE) | P(AUDIT_USER), .max = 1024 },
	{ .path = "RunSynchronous/RunSynchronousCommand/WillReboot", .type = KNOWN_WORD, .passes = P(SPECIALIZE) | P(AUDIT_USER), .values = "Always|Never|OnRequest" },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting pnpsysprep_settings[] = {
	{ .path = "DoNotCleanUpNonPresentDevices", .type = KNOWN_BOOL, .passes = P(GENERALIZE), .since = 7600 },
	{ .path = "PersistAllDeviceInstalls", .type = KNOWN_BOOL, .passes = P(GENERALIZE) },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting international_core_settings[] = {
	{ .path = "InputLocale", .type = KNOWN_LOCALE },
	{ .path = "SystemLocale", .type = KNOWN_LOCALE },
	{ .path = "UILanguage", .type = KNOWN_LOCALE },
	{ .path = "UILanguageFallback", .type = KNOWN_LOCALE },
	{ .path = "UserLocale", .type = KNOWN_LOCALE },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting international_core_winpe_settings[] = {
	{ .path = "InputLocale", .type = KNOWN_LOCALE },
	{ .path = "LayeredDriver", .type = KNOWN_NUMBER, .min = 1, .max = 6 },
	{ .path = "SetupUILanguage/UILanguage", .type = KNOWN_LOCALE },
	{ .path = "SetupUILanguage/WillShowUI", .type = KNOWN_WORD, .values = "Always|Never|OnError" },
	{ .path = "SystemLocale", .type = KNOWN_LOCALE },
	{ .path = "UILanguage", .type = KNOWN_LOCALE },
	{ .path = "UILanguageFallback", .type = KNOWN_LOCALE },
	{ .path = "UserLocale", .type = KNOWN_LOCALE },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting security_spp_settings[] = {
	{ .path = "SkipRearm", .type = KNOWN_FLAG },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting security_spp_ux_settings[] = {
	{ .path = "SkipAutoActivation", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting servermanager_svrmgrnc_settings[] = {
	{ .path = "DoNotOpenServerManagerAtLogon", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting outofboxexperience_settings[] = {
	{ .path = "DoNotOpenInitialConfigurationTasksAtLogon", .type = KNOWN_BOOL, .until = 7601 },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting terminalservices_localsessionmanager_settings[] = {
	{ .path = "fDenyTSConnections", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting terminalservices_rdp_winstationextensions_settings[] = {
	{ .path = "SecurityLayer", .type = KNOWN_NUMBER, .min = 0, .max = 2 },
	{ .path = "UserAuthentication", .type = KNOWN_FLAG },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting networking_mpssvc_svc_settings[] = {
	{ .path = "DomainProfile_DisableNotifications", .type = KNOWN_BOOL },
	{ .path = "DomainProfile_EnableFirewall", .type = KNOWN_BOOL },
	{ .path = "DomainProfile_LogFile", .type = KNOWN_TEXT },
	{ .path = "FirewallGroups/FirewallGroup", .type = KNOWN_LIST },
	{ .path = "FirewallGroups/FirewallGroup/Active", .type = KNOWN_BOOL },
	{ .path = "FirewallGroups/FirewallGroup/Group", .type = KNOWN_TEXT },
	{ .path = "FirewallGroups/FirewallGroup/Profile", .type = KNOWN_WORD, .values = "all|domain|private|public" },
	{ .path = "PrivateProfile_DisableNotifications", .type = KNOWN_BOOL },
	{ .path = "PrivateProfile_EnableFirewall", .type = KNOWN_BOOL },
	{ .path = "PrivateProfile_LogFile", .type = KNOWN_TEXT },
	{ .path = "PublicProfile_DisableNotifications", .type = KNOWN_BOOL },
	{ .path = "PublicProfile_EnableFirewall", .type = KNOWN_BOOL },
	{ .path = "PublicProfile_LogFile", .type = KNOWN_TEXT },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting security_malware_windows_defender_settings[] = {
	{ .path = "DisableAntiSpyware", .type = KNOWN_BOOL },
	{ .path = "TrustedImageIdentifier", .type = KNOWN_TEXT },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting ie_esc_settings[] = {
	{ .path = "IEHardenAdmin", .type = KNOWN_BOOL },
	{ .path = "IEHardenUser", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting ie_internetexplorer_settings[] = {
	{ .path = "BlockPopups", .type = KNOWN_WORD, .values = "yes|no" },
	{ .path = "CompanyName", .type = KNOWN_TEXT },
	{ .path = "DisableAccelerators", .type = KNOWN_BOOL },
	{ .path = "DisableDevTools", .type = KNOWN_BOOL },
	{ .path = "DisableFirstRunWizard", .type = KNOWN_BOOL },
	{ .path = "DisableOOBAccelerators", .type = KNOWN_BOOL },
	{ .path = "Home_Page", .type = KNOWN_TEXT },
	{ .path = "SuggestedSitesEnabled", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting lua_settings_settings[] = {
	{ .path = "EnableLUA", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting unattendedjoin_settings[] = {
	{ .path = "Identification/Credentials/Domain", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) },
	{ .path = "Identification/Credentials/Password", .type = KNOWN_PASSWORD, .passes = P(SPECIALIZE) },
	{ .path = "Identification/Credentials/Username", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) },
	{ .path = "Identification/DebugJoin", .type = KNOWN_BOOL, .passes = P(SPECIALIZE) },
	{ .path = "Identification/JoinDomain", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) },
	{ .path = "Identification/JoinWorkgroup", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) },
	{ .path = "Identification/MachineObjectOU", .type = KNOWN_TEXT, .passes = P(SPECIALIZE) },
	{ .path = "Identification/MachinePassword", .type = KNOWN_PASSWORD, .passes = P(SPECIALIZE) },
	{ .path = "Identification/Provisioning/AccountData", .type = KNOWN_PASSWORD },
	{ .path = "Identification/TimeoutPeriodInMinutes", .type = KNOWN_NUMBER, .passes = P(SPECIALIZE), .min = 0, .max = 65535 },
	{ .path = "Identification/UnsecureJoin", .type = KNOWN_BOOL, .passes = P(SPECIALIZE) },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting tcpip_settings[] = {
	{ .path = "IcmpRedirectsEnabled", .type = KNOWN_BOOL },
	{ .path = "Interfaces/Interface", .type = KNOWN_LIST },
	{ .path = "Interfaces/Interface/Identifier", .type = KNOWN_TEXT },
	{ .path = "Interfaces/Interface/Ipv4Settings/DhcpEnabled", .type = KNOWN_BOOL },
	{ .path = "Interfaces/Interface/Ipv4Settings/Metric", .type = KNOWN_NUMBER, .min = 0, .max = 9999 },
	{ .path = "Interfaces/Interface/Ipv4Settings/RouterDiscoveryEnabled", .type = KNOWN_BOOL },
	{ .path = "Interfaces/Interface/Ipv6Settings/DhcpEnabled", .type = KNOWN_BOOL },
	{ .path = "Interfaces/Interface/Ipv6Settings/Metric", .type = KNOWN_NUMBER, .min = 0, .max = 9999 },
	{ .path = "Interfaces/Interface/Ipv6Settings/RouterDiscoveryEnabled", .type = KNOWN_BOOL },
	{ .path = "Interfaces/Interface/Routes/Route", .type = KNOWN_LIST },
	{ .path = "Interfaces/Interface/Routes/Route/Identifier", .type = KNOWN_TEXT },
	{ .path = "Interfaces/Interface/Routes/Route/Metric", .type = KNOWN_NUMBER, .min = 0, .max = 9999 },
	{ .path = "Interfaces/Interface/Routes/Route/NextHopAddress", .type = KNOWN_TEXT },
	{ .path = "Interfaces/Interface/Routes/Route/Prefix", .type = KNOWN_TEXT },
	{ .path = "Interfaces/Interface/UnicastIpAddresses/IpAddress", .type = KNOWN_LIST },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting dns_client_settings[] = {
	{ .path = "DNSDomain", .type = KNOWN_TEXT },
	{ .path = "DNSSuffixSearchOrder/DomainName", .type = KNOWN_LIST },
	{ .path = "Interfaces/Interface", .type = KNOWN_LIST },
	{ .path = "Interfaces/Interface/DisableDynamicUpdate", .type = KNOWN_BOOL },
	{ .path = "Interfaces/Interface/DNSDomain", .type = KNOWN_TEXT },
	{ .path = "Interfaces/Interface/DNSServerSearchOrder/IpAddress", .type = KNOWN_LIST },
	{ .path = "Interfaces/Interface/EnableAdapterDomainNameRegistration", .type = KNOWN_BOOL },
	{ .path = "Interfaces/Interface/Identifier", .type = KNOWN_TEXT },
	{ .path = "UseDomainNameDevolution", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting netbt_settings[] = {
	{ .path = "Interfaces/Interface", .type = KNOWN_LIST },
	{ .path = "Interfaces/Interface/Identifier", .type = KNOWN_TEXT },
	{ .path = "Interfaces/Interface/NameServerList/IpAddress", .type = KNOWN_LIST },
	{ .path = "Interfaces/Interface/NetbiosOptions", .type = KNOWN_NUMBER, .min = 0, .max = 2 },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting pnpcustomizationsnonwinpe_settings[] = {
	{ .path = "DriverPaths/PathAndCredentials", .type = KNOWN_LIST },
	{ .path = "DriverPaths/PathAndCredentials/Credentials/Domain", .type = KNOWN_TEXT },
	{ .path = "DriverPaths/PathAndCredentials/Credentials/Username", .type = KNOWN_TEXT },
	{ .path = "DriverPaths/PathAndCredentials/Credentials/Password", .type = KNOWN_PASSWORD },
	{ .path = "DriverPaths/PathAndCredentials/Path", .type = KNOWN_TEXT },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting pnpcustomizationswinpe_settings[] = {
	{ .path = "DriverPaths/PathAndCredentials", .type = KNOWN_LIST },
	{ .path = "DriverPaths/PathAndCredentials/Credentials/Domain", .type = KNOWN_TEXT },
	{ .path = "DriverPaths/PathAndCredentials/Credentials/Username", .type = KNOWN_TEXT },
	{ .path = "DriverPaths/PathAndCredentials/Credentials/Password", .type = KNOWN_PASSWORD },
	{ .path = "DriverPaths/PathAndCredentials/Path", .type = KNOWN_TEXT },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting errorreportingcore_settings[] = {
	{ .path = "DisableWER", .type = KNOWN_FLAG },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting systemrestore_main_settings[] = {
	{ .path = "DisableSR", .type = KNOWN_FLAG },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting sqmapi_settings[] = {
	{ .path = "CEIPEnabled", .type = KNOWN_FLAG },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting remoteassistance_exe_settings[] = {
	{ .path = "CreateEncryptedOnlyTickets", .type = KNOWN_BOOL },
	{ .path = "fAllowToGetHelp", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting securestartup_filterdriver_settings[] = {
	{ .path = "PreventDeviceEncryption", .type = KNOWN_BOOL, .since = 9200 },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting powercpl_settings[] = {
	{ .path = "PreferredPlan", .type = KNOWN_GUID },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting winre_recoveryagent_settings[] = {
	{ .path = "UninstallWindowsRE", .type = KNOWN_BOOL },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting partitionmanager_settings[] = {
	{ .path = "SanPolicy", .type = KNOWN_WORD, .values = "1|2|3|4" },
};
/* clang-format on */

/* clang-format off */
static const struct known_setting setup_settings[] = {
	{ .path = "ComplianceCheck/DisplayReport", .type = KNOWN_WORD, .values = "Always|Never|OnError" },
	{ .path = "Diagnostics/OptIn", .type = KNOWN_BOOL },
	{ .path = "DiskConfiguration/Disk", .type = KNOWN_LIST },
	{ .path = "DiskConfiguration/Disk/CreatePartitions/CreatePartition", .type = KNOWN_LIST },
	{ .path = "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Extend", .type = KNOWN_BOOL },
	{ .path = "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Order", .type = KNOWN_NUMBER, .min = 1, .max = 128 },
	{ .path = "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Size", .type = KNOWN_NUMBER, .min = 1, .max = 4294967295 },
	{ .path = "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Type", .type = KNOWN_WORD, .values = "Primary|EFI|Extended|Logical|MSR" },
	{ .path = "DiskConfiguration/Disk/DiskID", .type = KNOWN_NUMBER, .min = 0, .max = 4294967295 },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition", .type = KNOWN_LIST },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Active", .type = KNOWN_BOOL },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Extend", .type = KNOWN_BOOL },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Format", .type = KNOWN_WORD, .values = "NTFS|FAT32" },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Label", .type = KNOWN_TEXT },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Letter", .type = KNOWN_TEXT },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Order", .type = KNOWN_NUMBER, .min = 1, .max = 128 },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/PartitionID", .type = KNOWN_NUMBER, .min = 1, .max = 128 },
	{ .path = "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/TypeID", .type = KNOWN_TEXT },
	{ .path = "DiskConfiguration/Disk/WillWipeDisk", .type = KNOWN_BOOL },
	{ .path = "DiskConfiguration/DisableEncryptedDiskProvisioning", .type = KNOWN_BOOL, .since = 9200 },
	{ .path = "DiskConfiguration/WillShowUI", .type = KNOWN_WORD, .values = "Always|Never|OnError" },
	{ .path = "DynamicUpdate/Enable", .type = KNOWN_BOOL },
	{ .path = "DynamicUpdate/WillShowUI", .type = KNOWN_WORD, .values = "Always|Never|OnError" },
	{ .path = "EnableFirewall", .type = KNOWN_BOOL },
	{ .path = "EnableNetwork", .type = KNOWN_BOOL },
	{ .path = "ImageInstall/OSImage/Compact", .type = KNOWN_BOOL, .since = 10240 },
	{ .path = "ImageInstall/OSImage/InstallFrom/MetaData", .type = KNOWN_LIST },
	{ .path = "ImageInstall/OSImage/InstallFrom/MetaData/Key", .type = KNOWN_TEXT },
	{ .path = "ImageInstall/OSImage/InstallFrom/MetaData/Value", .type = KNOWN_TEXT },
	{ .path = "ImageInstall/OSImage/InstallFrom/Path", .type = KNOWN_TEXT },
	{ .path = "ImageInstall/OSImage/InstallTo/DiskID", .type = KNOWN_NUMBER, .min = 0, .max = 4294967295 },
	{ .path = "ImageInstall/OSImage/InstallTo/PartitionID", .type = KNOWN_NUMBER, .min = 1, .max = 128 },
	{ .path = "ImageInstall/OSImage/InstallToAvailablePartition", .type = KNOWN_BOOL },
	{ .path = "ImageInstall/OSImage/WillShowUI", .type = KNOWN_WORD, .values = "Always|Never|OnError" },
	{ .path = "PageFile/Path", .type = KNOWN_TEXT },
	{ .path = "PageFile/Size", .type = KNOWN_NUMBER, .min = 0, .max = 4294967295 },
	{ .path = "Restart", .type = KNOWN_WORD, .values = "Restart|Shutdown" },
	{ .path = "RunAsynchronous/RunAsynchronousCommand", .type = KNOWN_LIST, .passes = P(WINDOWS_PE) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Credentials/Domain", .type = KNOWN_TEXT, .passes = P(WINDOWS_PE) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Credentials/Password", .type = KNOWN_PASSWORD, .passes = P(WINDOWS_PE) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Credentials/Username", .type = KNOWN_TEXT, .passes = P(WINDOWS_PE) },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Description", .type = KNOWN_TEXT, .passes = P(WINDOWS_PE), .max = 256 },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Order", .type = KNOWN_NUMBER, .passes = P(WINDOWS_PE), .min = 1, .max = 500 },
	{ .path = "RunAsynchronous/RunAsynchronousCommand/Path", .type = KNOWN_COMMAND, .passes = P(WINDOWS_PE), .max = 259 },
	{ .path = "RunSynchronous/RunSynchronousCommand", .type = KNOWN_LIST, .passes = P(WINDOWS_PE) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Credentials/Domain", .type = KNOWN_TEXT, .passes = P(WINDOWS_PE) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Credentials/Password", .type = KNOWN_PASSWORD, .passes = P(WINDOWS_PE) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Credentials/Username", .type = KNOWN_TEXT, .passes = P(WINDOWS_PE) },
	{ .path = "RunSynchronous/RunSynchronousCommand/Description", .type = KNOWN_TEXT, .passes = P(WINDOWS_PE), .max = 256 },
	{ .path = "RunSynchronous/RunSynchronousCommand/Order", .type = KNOWN_NUMBER, .passes = P(WINDOWS_PE), .min = 1, .max = 500 },
	{ .path = "RunSynchronous/RunSynchronousCommand/Path", .type = KNOWN_COMMAND, .passes = P(WINDOWS_PE), .max = 259 },
	{ .path = "UseConfigurationSet", .type = KNOWN_BOOL },
	{ .path = "UserData/AcceptEula", .type = KNOWN_BOOL },
	{ .path = "UserData/FullName", .type = KNOWN_TEXT },
	{ .path = "UserData/Organization", .type = KNOWN_TEXT },
	{ .path = "UserData/ProductKey/Key", .type = KNOWN_PRODUCT_KEY },
	{ .path = "UserData/ProductKey/WillShowUI", .type = KNOWN_WORD, .values = "Always|Never|OnError" },
};
/* clang-format on */

const struct known_component known_other[] = {
	{ "Microsoft-Windows-Deployment",
	  P(GENERALIZE) | P(SPECIALIZE) | P(AUDIT_SYSTEM) | P(AUDIT_USER) | P(OOBE_SYSTEM),
	  deployment_settings, ARRAY_SIZE(deployment_settings) },
	{ "Microsoft-Windows-PnpSysprep", P(GENERALIZE) | P(SPECIALIZE), pnpsysprep_settings,
	  ARRAY_SIZE(pnpsysprep_settings) },
	{ "Microsoft-Windows-International-Core", P(SPECIALIZE) | P(OOBE_SYSTEM),
	  international_core_settings, ARRAY_SIZE(international_core_settings) },
	{ "Microsoft-Windows-International-Core-WinPE", P(WINDOWS_PE),
	  international_core_winpe_settings, ARRAY_SIZE(international_core_winpe_settings) },
	{ "Microsoft-Windows-Security-SPP", P(GENERALIZE), security_spp_settings,
	  ARRAY_SIZE(security_spp_settings) },
	{ "Microsoft-Windows-Security-SPP-UX", P(SPECIALIZE), security_spp_ux_settings,
	  ARRAY_SIZE(security_spp_ux_settings) },
	{ "Microsoft-Windows-ServerManager-SvrMgrNc", P(GENERALIZE) | P(SPECIALIZE),
	  servermanager_svrmgrnc_settings, ARRAY_SIZE(servermanager_svrmgrnc_settings) },
	{ "Microsoft-Windows-OutOfBoxExperience", P(GENERALIZE) | P(SPECIALIZE),
	  outofboxexperience_settings, ARRAY_SIZE(outofboxexperience_settings) },
	{ "Microsoft-Windows-TerminalServices-LocalSessionManager",
	  P(OFFLINE_SERVICING) | P(GENERALIZE) | P(SPECIALIZE),
	  terminalservices_localsessionmanager_settings,
	  ARRAY_SIZE(terminalservices_localsessionmanager_settings) },
	{ "Microsoft-Windows-TerminalServices-RDP-WinStationExtensions",
	  P(GENERALIZE) | P(SPECIALIZE), terminalservices_rdp_winstationextensions_settings,
	  ARRAY_SIZE(terminalservices_rdp_winstationextensions_settings) },
	{ "Networking-MPSSVC-Svc", P(OFFLINE_SERVICING) | P(GENERALIZE) | P(SPECIALIZE),
	  networking_mpssvc_svc_settings, ARRAY_SIZE(networking_mpssvc_svc_settings) },
	{ "Security-Malware-Windows-Defender",
	  P(OFFLINE_SERVICING) | P(SPECIALIZE) | P(OOBE_SYSTEM),
	  security_malware_windows_defender_settings,
	  ARRAY_SIZE(security_malware_windows_defender_settings) },
	{ "Microsoft-Windows-IE-ESC", P(SPECIALIZE), ie_esc_settings, ARRAY_SIZE(ie_esc_settings) },
	{ "Microsoft-Windows-IE-InternetExplorer", P(SPECIALIZE), ie_internetexplorer_settings,
	  ARRAY_SIZE(ie_internetexplorer_settings) },
	{ "Microsoft-Windows-LUA-Settings", P(OFFLINE_SERVICING), lua_settings_settings,
	  ARRAY_SIZE(lua_settings_settings) },
	{ "Microsoft-Windows-UnattendedJoin", P(OFFLINE_SERVICING) | P(SPECIALIZE),
	  unattendedjoin_settings, ARRAY_SIZE(unattendedjoin_settings) },
	{ "Microsoft-Windows-TCPIP", P(WINDOWS_PE) | P(SPECIALIZE), tcpip_settings,
	  ARRAY_SIZE(tcpip_settings) },
	{ "Microsoft-Windows-DNS-Client", P(WINDOWS_PE) | P(SPECIALIZE), dns_client_settings,
	  ARRAY_SIZE(dns_client_settings) },
	{ "Microsoft-Windows-NetBT", P(SPECIALIZE), netbt_settings, ARRAY_SIZE(netbt_settings) },
	{ "Microsoft-Windows-PnpCustomizationsNonWinPE", P(OFFLINE_SERVICING) | P(AUDIT_SYSTEM),
	  pnpcustomizationsnonwinpe_settings, ARRAY_SIZE(pnpcustomizationsnonwinpe_settings) },
	{ "Microsoft-Windows-PnpCustomizationsWinPE", P(WINDOWS_PE),
	  pnpcustomizationswinpe_settings, ARRAY_SIZE(pnpcustomizationswinpe_settings) },
	{ "Microsoft-Windows-ErrorReportingCore", P(SPECIALIZE), errorreportingcore_settings,
	  ARRAY_SIZE(errorreportingcore_settings) },
	{ "Microsoft-Windows-SystemRestore-Main", P(SPECIALIZE), systemrestore_main_settings,
	  ARRAY_SIZE(systemrestore_main_settings) },
	{ "Microsoft-Windows-SQMAPI", P(SPECIALIZE), sqmapi_settings, ARRAY_SIZE(sqmapi_settings) },
	{ "Microsoft-Windows-RemoteAssistance-Exe", P(SPECIALIZE), remoteassistance_exe_settings,
	  ARRAY_SIZE(remoteassistance_exe_settings) },
	{ "Microsoft-Windows-SecureStartup-FilterDriver",
	  P(OFFLINE_SERVICING) | P(SPECIALIZE) | P(AUDIT_SYSTEM) | P(OOBE_SYSTEM),
	  securestartup_filterdriver_settings, ARRAY_SIZE(securestartup_filterdriver_settings) },
	{ "Microsoft-Windows-PowerCPL", P(GENERALIZE) | P(SPECIALIZE), powercpl_settings,
	  ARRAY_SIZE(powercpl_settings) },
	{ "Microsoft-Windows-WinRE-RecoveryAgent", P(OOBE_SYSTEM), winre_recoveryagent_settings,
	  ARRAY_SIZE(winre_recoveryagent_settings) },
	{ "Microsoft-Windows-PartitionManager", P(OFFLINE_SERVICING), partitionmanager_settings,
	  ARRAY_SIZE(partitionmanager_settings) },
	{ "Microsoft-Windows-Setup", P(WINDOWS_PE), setup_settings, ARRAY_SIZE(setup_settings) },
};
const size_t known_other_size = ARRAY_SIZE(known_other);
