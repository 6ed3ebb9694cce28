/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How an error code is put together: kind, severity, facility ([MS-ERREF] 2.1 and 2.3; winerror.h). */
#include "logs/error-code.h"
#include "util/alloc.h"

struct facility {
	unsigned number;
	const char *name;
};

/* Of an HRESULT: [MS-ERREF] 2.1, and behind 81 winerror.h of the Windows SDK. */
static const struct facility hresult_facilities[] = {
	{ 0, "NULL" },
	{ 1, "RPC" },
	{ 2, "DISPATCH" },
	{ 3, "STORAGE" },
	{ 4, "ITF" },
	{ 7, "WIN32" },
	{ 8, "WINDOWS" },
	{ 9, "SECURITY" },
	{ 10, "CONTROL" },
	{ 11, "CERT" },
	{ 12, "INTERNET" },
	{ 13, "MEDIASERVER" },
	{ 14, "MSMQ" },
	{ 15, "SETUPAPI" },
	{ 16, "SCARD" },
	{ 17, "COMPLUS" },
	{ 18, "AAF" },
	{ 19, "URT" },
	{ 20, "ACS" },
	{ 21, "DPLAY" },
	{ 22, "UMI" },
	{ 23, "SXS" },
	{ 24, "WINDOWS_CE" },
	{ 25, "HTTP" },
	{ 26, "USERMODE_COMMONLOG" },
	{ 31, "USERMODE_FILTER_MANAGER" },
	{ 32, "BACKGROUNDCOPY" },
	{ 33, "CONFIGURATION" },
	{ 34, "STATE_MANAGEMENT" },
	{ 35, "METADIRECTORY" },
	{ 36, "WINDOWSUPDATE" },
	{ 37, "DIRECTORYSERVICE" },
	{ 38, "GRAPHICS" },
	{ 39, "SHELL" },
	{ 40, "TPM_SERVICES" },
	{ 41, "TPM_SOFTWARE" },
	{ 48, "PLA" },
	{ 49, "FVE" },
	{ 50, "FWP" },
	{ 51, "WINRM" },
	{ 52, "NDIS" },
	{ 53, "USERMODE_HYPERVISOR" },
	{ 54, "CMI" },
	{ 55, "USERMODE_VIRTUALIZATION" },
	{ 56, "USERMODE_VOLMGR" },
	{ 57, "BCD" },
	{ 58, "USERMODE_VHD" },
	{ 60, "SDIAG" },
	{ 61, "WEBSERVICES" },
	{ 80, "WINDOWS_DEFENDER" },
	{ 81, "OPC" },
	{ 103, "STATEREPOSITORY" },
};

/* Of an NTSTATUS: [MS-ERREF] 2.3. */
static const struct facility ntstatus_facilities[] = {
	{ 0, "NULL" },
	{ 1, "DEBUGGER" },
	{ 2, "RPC_RUNTIME" },
	{ 3, "RPC_STUBS" },
	{ 4, "IO_ERROR_CODE" },
	{ 7, "NTWIN32" },
	{ 9, "NTSSPI" },
	{ 10, "TERMINAL_SERVER" },
	{ 11, "MUI_ERROR_CODE" },
	{ 16, "USB_ERROR_CODE" },
	{ 17, "HID_ERROR_CODE" },
	{ 18, "FIREWIRE_ERROR_CODE" },
	{ 19, "CLUSTER_ERROR_CODE" },
	{ 20, "ACPI_ERROR_CODE" },
	{ 21, "SXS_ERROR_CODE" },
	{ 25, "TRANSACTION" },
	{ 26, "COMMONLOG" },
	{ 27, "VIDEO" },
	{ 28, "FILTER_MANAGER" },
	{ 29, "MONITOR" },
	{ 30, "GRAPHICS_KERNEL" },
	{ 32, "DRIVER_FRAMEWORK" },
	{ 33, "FVE_ERROR_CODE" },
	{ 34, "FWP_ERROR_CODE" },
	{ 35, "NDIS_ERROR_CODE" },
	{ 53, "HYPERVISOR" },
	{ 54, "IPSEC" },
};

/* Values that belong together whatever their facility is called; the first that fits counts. */
static const struct {
	uint32_t first, last;
	bool is_hresult; /* although it looks like an NTSTATUS */
	const char *text;
} areas[] = {
	{ 0x80040000, 0x80040fff, false, "COM and OLE" },
	{ 0x80041000, 0x80041fff, false, "Windows Management Instrumentation (WMI)" },
	{ 0x80042300, 0x800423ff, false, "Volume Shadow Copy" },
	{ 0x80080200, 0x800802ff, false, "AppX packages" },
	{ 0x800f0000, 0x800f07ff, false, "SetupAPI: devices and drivers" },
	{ 0x800f0800, 0x800f0fff, false, "servicing of components (CBS, DISM)" },
	{ 0x80130000, 0x8013ffff, false, ".NET" },
	{ 0x80200000, 0x8020ffff, false, "Background Intelligent Transfer (BITS)" },
	{ 0x80220000, 0x8022ffff, false, "settings of answer files (SMI, WCM)" },
	{ 0x80240000, 0x8024ffff, false, "Windows Update" },
	{ 0x80280000, 0x8029ffff, false, "Trusted Platform Module" },
	{ 0x8030000b, 0x8030000c, false, "passes of an answer file (Setup)" },
	{ 0x80310000, 0x8031ffff, false, "BitLocker" },
	{ 0xc0020000, 0xc003ffff, false, "remote procedure calls (RPC)" },
	{ 0xc0040000, 0xc004ffff, true, "activation (Software Protection)" },
	{ 0xc1420000, 0xc142ffff, true, "Windows images (WIM)" },
	{ 0xc1800000, 0xc180ffff, true, "Windows Setup" },
	{ 0xc1900000, 0xc190ffff, true, "Windows Setup" },
	{ 0xe0000000, 0xe000ffff, false, "SetupAPI: devices and drivers" },
};

static const char *
facility_name(const struct facility *list, size_t count, unsigned number)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].number == number)
			return list[i].name;
	return NULL;
}

static void
as_ntstatus(uint32_t code, struct error_form *f)
{
	static const char *const severities[] = { "success", "information", "warning", "failure" };

	f->kind = "NTSTATUS";
	f->severity = severities[code >> 30];
	f->facility = code >> 16 & 0xfff;
	f->facility_name = facility_name(ntstatus_facilities, ARRAY_SIZE(ntstatus_facilities),
					 f->facility);
}

static void
as_hresult(uint32_t code, struct error_form *f)
{
	f->kind = "HRESULT";
	f->severity = code >> 31 ? "failure" : "success";
	f->facility = code >> 16 & 0x7ff;
	f->facility_name = facility_name(hresult_facilities, ARRAY_SIZE(hresult_facilities),
					 f->facility);
}

/* Whether what looks like one is in the table as one. */
static bool
has_family(uint32_t code, enum error_family family)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(code, hits, ERROR_HITS_MOST);

	for (size_t i = 0; i < n; i++)
		if (hits[i].family == family && hits[i].relation == ERROR_ITSELF)
			return true;
	return false;
}

void
error_code_form(uint32_t code, struct error_form *f)
{
	bool hresult = code >> 30 == 2 || code >> 30 == 0;
	const char *phase, *operation;

	*f = (struct error_form){ .low = code & 0xffff };
	for (size_t i = 0; i < ARRAY_SIZE(areas) && !f->area; i++) {
		if (code < areas[i].first || code > areas[i].last)
			continue;
		f->area = areas[i].text;
		hresult = hresult || areas[i].is_hresult;
	}
	if (code < 0x10000) {
		f->kind = "number";
	} else if (error_code_extend(code, &phase, &operation) &&
		   !has_family(code, ERROR_HRESULT)) {
		f->kind = "Setup's extend code";
	} else if (code >> 29 == 7) {
		f->kind = code >> 16 == 0xe000 ? "SetupAPI error" : "application's own code";
		f->severity = "failure";
	} else if (code & 0x10000000) {
		as_ntstatus(code & ~0x10000000u, f);
		f->kind = "HRESULT with an NTSTATUS inside";
	} else if (has_family(code, ERROR_NTSTATUS) && !has_family(code, ERROR_HRESULT)) {
		as_ntstatus(code, f);
	} else if (hresult || has_family(code, ERROR_HRESULT)) {
		as_hresult(code, f);
	} else {
		as_ntstatus(code, f);
	}
}
