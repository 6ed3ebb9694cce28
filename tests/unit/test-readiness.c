/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether an image may be made: what hinders, and the sentence that sums it up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "session/readiness.h"
#include "session/session.h"

static const char *const image[] = { "rdp", GROUP_IMAGE, NULL };
static const char *const sysprep[] = { "sysprep", NULL };

static struct finding *
add(struct report *r, const char *check, const char *problem, enum severity s, const char *title)
{
	return findings_add(&r->findings, check, problem, s, RISK_NONE, NULL, "%s", title);
}

static void
a_check_can_be_in_several_groups(void **state)
{
	const struct check *c = check_find("sysprep-role");

	(void)state;
	assert_true(check_in_group(c, "sysprep"));
	assert_true(check_in_group(c, "image"));
	assert_false(check_in_group(c, "rdp"));
	assert_true(check_group_exists("image"));
	assert_false(check_group_exists("imag"));
	assert_true(check_hinders(c, "role"));
	assert_false(check_hinders(c, "rol"));
	/* what only an image must not have is never said unasked */
	for (size_t i = 0; i < check_table_size; i++)
		assert_int_equal(check_table[i]->asked_only,
				 strcmp(check_table[i]->group, GROUP_IMAGE) == 0);
}

static void
what_hinders_is_named_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < check_table_size; i++) {
		for (const char *const *h = check_table[i]->hinders; h && *h; h++) {
			bool known = false;

			for (const struct problem *p = check_table[i]->problems; p->code; p++)
				known |= strcmp(p->code, *h) == 0;
			assert_true(known);
		}
		for (const char *const *g = check_table[i]->also; g && *g; g++)
			assert_string_not_equal(*g, check_table[i]->group);
	}
}

static void
a_note_that_hinders_is_a_warning_when_an_image_is_asked_for(void **state)
{
	const struct check *c = check_find("sysprep-role");
	struct session_options asked = { .groups = image }, other = { .groups = sysprep };
	struct report r = { 0 };

	(void)state;
	add(&r, c->id, "role", SEVERITY_NOTE, "before");
	add(&r, c->id, "role", SEVERITY_NOTE, "a role");
	add(&r, c->id, "something", SEVERITY_NOTE, "a note");
	readiness_weigh(&other, c, &r.findings, 1);
	assert_int_equal(r.findings.list[1].severity, SEVERITY_NOTE);
	readiness_weigh(&asked, c, &r.findings, 1);
	assert_int_equal(r.findings.list[0].severity, SEVERITY_NOTE);
	assert_int_equal(r.findings.list[1].severity, SEVERITY_WARNING);
	assert_int_equal(r.findings.list[2].severity, SEVERITY_NOTE);
	report_clear(&r);
}

static void
the_verdict_is_said_in_words(void **state)
{
	struct session_options asked = { .groups = image }, other = { .groups = sysprep };
	struct report r = { 0 };

	(void)state;
	readiness_tell(&other, &r);
	assert_null(r.image.text);
	readiness_tell(&asked, &r);
	assert_int_equal(r.image.verdict, IMAGE_READY);
	/* notes, and what other groups have found, do not hinder */
	add(&r, "image-sealed", "no-backup", SEVERITY_NOTE, "no backup");
	add(&r, "rdp-connections-denied", "denied", SEVERITY_ERROR, "closed");
	readiness_tell(&asked, &r);
	assert_int_equal(r.image.verdict, IMAGE_READY);
	report_skip(&r, "image-secrets could not run: %s", "why");
	readiness_tell(&asked, &r);
	assert_int_equal(r.image.verdict, IMAGE_NOT_KNOWN);
	assert_string_equal(r.image.text, "not known: image-secrets could not run: why");
	add(&r, "image-sealed", "not-sealed", SEVERITY_WARNING, "w1");
	add(&r, "hive-damaged", "damaged", SEVERITY_CRITICAL, "c1");
	readiness_tell(&asked, &r);
	assert_int_equal(r.image.verdict, IMAGE_NOT_READY);
	assert_string_equal(r.image.text, "not ready: c1; w1");
	add(&r, "image-agent", "run-once", SEVERITY_WARNING, "w2");
	add(&r, "image-agent", "no-agent", SEVERITY_WARNING, "w3");
	add(&r, "image-agent", "task-disabled", SEVERITY_WARNING, "w4");
	readiness_tell(&asked, &r);
	assert_string_equal(r.image.text, "not ready: c1; w1; w2; w3; and 1 more");
	assert_int_equal(r.image.reason_count, 5);
	report_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_can_be_in_several_groups),
		cmocka_unit_test(what_hinders_is_named_as_it_is),
		cmocka_unit_test(a_note_that_hinders_is_a_warning_when_an_image_is_asked_for),
		cmocka_unit_test(the_verdict_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
