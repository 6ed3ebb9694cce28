/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of error codes, and what codes wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "logs/error-code.h"
#include "util/alloc.h"

static const char *
at(uint32_t offset)
{
	return error_pool + offset;
}

static void
the_table_is_sorted_and_no_name_stands_twice(void **state)
{
	size_t alike = 0;

	(void)state;
	for (size_t i = 1; i < error_table_count; i++) {
		const struct error_entry *e = &error_table[i];

		assert_true(error_table[i - 1].value <= e->value);
		alike = error_table[i - 1].value == e->value ? alike + 1 : 0;
		assert_true(alike < ERROR_HITS_MOST);
		for (size_t k = 1; k <= alike; k++)
			if (error_table[i - k].family == e->family)
				assert_string_not_equal(at(error_table[i - k].name), at(e->name));
	}
}

static void
the_table_has_as_many_codes_as_are_promised(void **state)
{
	size_t named = 0, told = 0, unsourced = 0;

	(void)state;
	for (size_t i = 0; i < error_table_count;) {
		bool name = false, text = false;
		uint32_t value = error_table[i].value;

		for (; i < error_table_count && error_table[i].value == value; i++) {
			name = name || error_table[i].name;
			text = text || error_table[i].text;
			unsourced += !error_table[i].source;
		}
		named += name;
		told += text;
	}
	assert_true(named >= 7500);
	assert_true(told >= 5000);
	assert_int_equal(unsourced, 0);
}

static bool
has_name(uint32_t code, const char *name)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(code, hits, ERROR_HITS_MOST);

	for (size_t i = 0; i < n; i++)
		if (hits[i].name && strcmp(hits[i].name, name) == 0)
			return true;
	return false;
}

/* Names and texts as `net helpmsg`, Microsoft's Error Lookup Tool and Samba's library print them. */
static void
names_and_texts_are_those_of_windows(void **state)
{
	static const struct {
		uint32_t code;
		const char *name, *text;
	} known[] = {
		{ 2, "ERROR_FILE_NOT_FOUND", "The system cannot find the file specified." },
		{ 3, "ERROR_PATH_NOT_FOUND", "The system cannot find the path specified." },
		{ 5, "ERROR_ACCESS_DENIED", "Access is denied." },
		{ 31, "ERROR_GEN_FAILURE", "A device attached to the system is not functioning." },
		{ 87, "ERROR_INVALID_PARAMETER", "The parameter is incorrect." },
		{ 126, "ERROR_MOD_NOT_FOUND", "The specified module could not be found." },
		{ 1168, "ERROR_NOT_FOUND", "Element not found." },
		{ 2245, "NERR_PasswordTooShort", NULL },
		{ 14098, "ERROR_SXS_COMPONENT_STORE_CORRUPT",
		  "The component store has been corrupted." },
		{ 15602, "ERROR_INSTALL_INVALID_PACKAGE", NULL },
		{ 0x80004005, "E_FAIL", NULL },
		{ 0x80070003, "ERROR_PATH_NOT_FOUND",
		  "The system cannot find the path specified." },
		{ 0x80070005, "E_ACCESSDENIED", NULL },
		{ 0x80070490, "ERROR_NOT_FOUND", "Element not found." },
		{ 0x80041001, "WBEM_E_FAILED", NULL },
		{ 0x80080005, "CO_E_SERVER_EXEC_FAILURE", "Server execution failed." },
		{ 0x800f0203, "SPAPI_E_NO_DRIVER_SELECTED", NULL },
		{ 0x800f081f, "CBS_E_SOURCE_MISSING", NULL },
		{ 0x80131500, "COR_E_EXCEPTION", NULL },
		{ 0x80240022, "WU_E_ALL_UPDATES_FAILED", NULL },
		{ 0x80310000, "FVE_E_LOCKED_VOLUME",
		  "The volume must be unlocked before it can be used." },
		{ 0xc0000034, "STATUS_OBJECT_NAME_NOT_FOUND", "The object name is not found." },
		{ 0xc0000225, "STATUS_NOT_FOUND", "The object was not found." },
		{ 0xd0000034, "STATUS_OBJECT_NAME_NOT_FOUND", "The object name is not found." },
		{ 0xc0070005, "ERROR_ACCESS_DENIED", "Access is denied." },
		{ 0xc0020036, "EPT_NT_NOT_REGISTERED",
		  "No more endpoints are available from the endpoint mapper." },
		{ 0xc004f014, "SL_E_PKEY_NOT_INSTALLED", NULL },
		{ 0xc1900101, "MOSETUP_E_SETUP_PLATFORM", NULL },
		{ 0xe0000203, "ERROR_NO_DRIVER_SELECTED", NULL },
		{ 0x7b, "INACCESSIBLE_BOOT_DEVICE", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!has_name(known[i].code, known[i].name))
			fail_msg("0x%08x is not %s", known[i].code, known[i].name);
		if (known[i].text)
			assert_string_equal(error_code_text(known[i].code), known[i].text);
	}
	assert_string_equal(error_code_symbol(0x80070003), "ERROR_PATH_NOT_FOUND");
	assert_null(error_code_text(0x87654321));
	assert_null(error_code_symbol(0x87654321));
}

/* Every code that the knowledge base of failed Sysprep and Setup runs mentions; the few whose name Microsoft does not publish have a text. */
static void
every_code_of_the_knowledge_base_is_explained(void **state)
{
	static const uint32_t codes[] = {
		0x2,	    0x3,	0x5,	    0x12,	0x1f,	    0x20,	0x32,
		0x7e,	    0x130,	0x422,	    0x490,	0x52e,	    0x54b,	0x6d9,
		0x6fe,	    0x7e7,	0x8c5,	    0xaac,	0x975,	    0x1a30,	0x36b7,
		0x3cf2,	    14007,	14098,	    14099,	1326,	    1355,	0x80004005,
		0x80070002, 0x80070003, 0x80070005, 0x8007000d, 0x8007001f, 0x80070020, 0x8007007b,
		0x80070422, 0x80070490, 0x800706fe, 0x800707e7, 0x800708c5, 0x80070975, 0x80071a30,
		0x80073712, 0x80073713, 0x80073cf0, 0x80073cf1, 0x80073cf2, 0x80073cf3, 0x80073cf6,
		0x80073cf9, 0x80073cfa, 0x80073d02, 0x80080005, 0x800f0805, 0x800f081f, 0x800f0823,
		0x800f0831, 0x800f0906, 0x800f0922, 0x800f0975, 0x800f0982, 0x80220001, 0x80220005,
		0x80220008, 0x8030000b, 0x8030000c, 0x80310000, 0x80310039, 0xc000000d, 0xc000000e,
		0xc000003a, 0xc000021a, 0xc0000225, 0xc0020036, 0xc004d307, 0xc004f014, 0xc004f050,
		0xc004f057, 0xc004f069, 0xc004f074, 0xc1800104, 0xc1900101, 0xc1900107, 0xc190010e,
	};
	static const uint32_t nameless[] = { 0x975,	 0x80070975, 0x800f0975,
					     0x8030000b, 0x8030000c, 0xc1800104 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		bool unnamed = false;

		for (size_t k = 0; k < ARRAY_SIZE(nameless); k++)
			unnamed = unnamed || nameless[k] == codes[i];
		if (!error_code_symbol(codes[i]) && !unnamed)
			fail_msg("0x%08x has no name", codes[i]);
		if (!error_code_text(codes[i]))
			fail_msg("0x%08x has no text", codes[i]);
	}
}

static void
the_low_half_of_a_code_leads_to_it(void **state)
{
	struct error_hit hits[ERROR_HITS_MOST];
	size_t n = error_code_lookup(0x975, hits, ERROR_HITS_MOST);

	(void)state;
	assert_true(n >= 2);
	assert_int_equal(hits[0].relation, ERROR_LOW_HALF);
	assert_int_equal(hits[0].value, 0x80070975);
	assert_true(hits[0].uncertain);
	assert_int_equal(hits[1].value, 0x800f0975);
}

static void
no_more_hits_than_there_is_room(void **state)
{
	struct error_hit hits[2] = { { .value = 77 }, { .value = 77 } };

	(void)state;
	assert_int_equal(error_code_lookup(2, hits, 0), 0);
	assert_int_equal(error_code_lookup(2, hits, 1), 1);
	assert_string_equal(hits[0].name, "ERROR_FILE_NOT_FOUND");
	assert_int_equal(hits[1].value, 77);
}

static void
a_code_is_taken_apart(void **state)
{
	static const struct {
		uint32_t code;
		const char *kind, *severity, *facility, *area;
	} forms[] = {
		{ 3, "number", NULL, NULL, NULL },
		{ 0x4001c, "Setup's extend code", NULL, NULL, NULL },
		{ 0x80070003, "HRESULT", "failure", "WIN32", NULL },
		{ 0x80220005, "HRESULT", "failure", "STATE_MANAGEMENT",
		  "settings of answer files (SMI, WCM)" },
		{ 0x800f0203, "HRESULT", "failure", "SETUPAPI", "SetupAPI: devices and drivers" },
		{ 0x800f0922, "HRESULT", "failure", "SETUPAPI",
		  "servicing of components (CBS, DISM)" },
		{ 0x80240022, "HRESULT", "failure", "WINDOWSUPDATE", "Windows Update" },
		{ 0x80131500, "HRESULT", "failure", "URT", ".NET" },
		{ 0x000f0801, "HRESULT", "success", "SETUPAPI", NULL },
		{ 0xc0000034, "NTSTATUS", "failure", "NULL", NULL },
		{ 0x80000005, "NTSTATUS", "warning", "NULL", NULL },
		{ 0xc0020036, "NTSTATUS", "failure", "RPC_RUNTIME",
		  "remote procedure calls (RPC)" },
		{ 0xd0000034, "HRESULT with an NTSTATUS inside", "failure", "NULL", NULL },
		{ 0xc004f999, "HRESULT", "failure", "ITF", "activation (Software Protection)" },
		{ 0xc1900999, "HRESULT", "failure", NULL, "Windows Setup" },
		{ 0xc0000999, "NTSTATUS", "failure", "NULL", NULL },
		{ 0xe0000203, "SetupAPI error", "failure", NULL, "SetupAPI: devices and drivers" },
		{ 0xe0434352, "application's own code", "failure", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct error_form f;

		error_code_form(forms[i].code, &f);
		print_message("0x%08x\n", forms[i].code);
		assert_string_equal(f.kind, forms[i].kind);
		assert_string_equal(f.severity ? f.severity : "-",
				    forms[i].severity ? forms[i].severity : "-");
		assert_string_equal(f.facility_name ? f.facility_name : "-",
				    forms[i].facility ? forms[i].facility : "-");
		assert_string_equal(f.area ? f.area : "-", forms[i].area ? forms[i].area : "-");
		assert_int_equal(f.low, forms[i].code & 0xffff);
	}
}

static void
an_extend_code_is_a_phase_and_an_operation(void **state)
{
	const char *phase, *operation;

	(void)state;
	assert_true(error_code_extend(0x4001c, &phase, &operation));
	assert_string_equal(phase, "SECOND_BOOT");
	assert_string_equal(operation, "BEGIN_OOBE_BOOT");
	assert_true(error_code_extend(0x2000d, &phase, &operation));
	assert_string_equal(phase, "SAFE_OS");
	assert_string_equal(operation, "MIGRATE_DATA");
	assert_true(error_code_extend(0x30018, &phase, &operation));
	assert_string_equal(operation, "SYSPREP");
	assert_false(error_code_extend(0x18, &phase, &operation));
	assert_false(error_code_extend(0x60000, &phase, &operation));
	assert_false(error_code_extend(0x40022, &phase, &operation));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sorted_and_no_name_stands_twice),
		cmocka_unit_test(the_table_has_as_many_codes_as_are_promised),
		cmocka_unit_test(names_and_texts_are_those_of_windows),
		cmocka_unit_test(every_code_of_the_knowledge_base_is_explained),
		cmocka_unit_test(the_low_half_of_a_code_leads_to_it),
		cmocka_unit_test(no_more_hits_than_there_is_room),
		cmocka_unit_test(a_code_is_taken_apart),
		cmocka_unit_test(an_extend_code_is_a_phase_and_an_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
