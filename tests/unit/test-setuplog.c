/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Setup logs in every encoding: records, lines and byte offsets are those of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logs/error-code.h"
#include "logs/read.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

struct memory {
	const uint8_t *p;
	size_t len, piece; /* at most `piece` bytes a read: sources may be slow */
};

struct seen {
	struct log_record records[16];
	char *messages[16];
	size_t count, stop_at;
	struct log_info info;
};

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t offset, size_t *ret_len, struct error *err)
{
	const struct memory *m = ctx;

	(void)err;
	if (len > m->len - offset)
		len = m->len - offset;
	if (len > m->piece)
		len = m->piece;
	memcpy(buf, m->p + offset, len);
	*ret_len = len;
	return 0;
}

static int
note(void *ctx, const struct log_record *r, struct error *err)
{
	struct seen *s = ctx;

	(void)err;
	assert_true(s->count < ARRAY_SIZE(s->records));
	s->messages[s->count] = xstrdup(r->message);
	s->records[s->count++] = *r;
	return s->count == s->stop_at;
}

static void
read_all(const void *p, size_t len, size_t piece, struct seen *s)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct memory m = { p, len, piece };
	struct log_source source = { .read = read_memory, .ctx = &m, .size = len };

	assert_int_equal(log_records(&source, LOG_KIND_PANTHER, NULL, note, s, &s->info, &err), 0);
}

static void
forget(struct seen *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->messages[i]);
	*s = (struct seen){ 0 };
}

static const char panther[] =
	"2014-06-05 10:40:55, Info       [0x0f004d] SYSPRP The time is now\r\n"
	"2014-06-05 10:40:56, Error                        [Shell Unattend] _FindLatestProfile failed (0x80070003) "
	"[gle=0x00000003]\r\n"
	"  more of it\r\n"
	"\r\n"
	"2014-06-05 10:40:57, Fatal Error J\xc3\xbcrgen";

static void
panther_lines_are_records(void **state)
{
	struct seen s = { 0 };

	(void)state;
	read_all(panther, strlen(panther), SIZE_MAX, &s);
	assert_int_equal(s.count, 3);
	assert_string_equal(s.records[0].time, "2014-06-05 10:40:55");
	assert_int_equal(s.records[0].level, LOG_LEVEL_INFO);
	assert_string_equal(s.records[0].component, "SYSPRP");
	assert_string_equal(s.messages[0], "The time is now");
	assert_int_equal(s.records[1].level, LOG_LEVEL_ERROR);
	assert_string_equal(
		s.messages[1],
		"[Shell Unattend] _FindLatestProfile failed (0x80070003) [gle=0x00000003]\n  more of it");
	assert_int_equal(s.records[1].line, 2);
	assert_int_equal(s.records[1].offset, strstr(panther, "2014-06-05 10:40:56") - panther);
	assert_int_equal(s.records[2].level, LOG_LEVEL_FATAL);
	assert_string_equal(s.messages[2], "J\xc3\xbcrgen");
	assert_int_equal(s.records[2].line, 5);
	forget(&s);
}

/* The same records from UTF-8 with mark, both UTF-16, with and without mark, in reads of any size. */
static void
every_encoding_gives_the_same_records(void **state)
{
	static const size_t pieces[] = { 2, 7, 64, 100000 };

	(void)state;
	for (int kind = 0; kind < 5; kind++)
		for (size_t k = 0; k < ARRAY_SIZE(pieces); k++) {
			CLEANUP_FREE char *marked =
				xasprintf("%s%s", kind < 3 ? "\xef\xbb\xbf" : "", panther);
			size_t len = strlen(marked), unit = kind ? 2 : 1;
			CLEANUP_FREE uint8_t *bytes = kind ? utf16_from_text(marked, &len) :
							     xmemdup(marked, len);
			struct seen s = { 0 };

			for (size_t i = 0; kind > 0 && kind % 2 == 0 && i < len; i += 2) {
				uint8_t swap = bytes[i];

				bytes[i] = bytes[i + 1];
				bytes[i + 1] = swap;
			}
			read_all(bytes, len, pieces[k] < unit ? unit : pieces[k], &s);
			assert_int_equal(s.count, 3);
			assert_string_equal(s.messages[2], "J\xc3\xbcrgen");
			assert_int_equal(
				s.records[2].offset,
				(size_t)(strstr(panther, "2014-06-05 10:40:57") - panther) * unit +
					(kind == 0 ? 3 :
					 kind < 3  ? 2 :
						     0));
			forget(&s);
		}
}

static void
ansi_is_read_as_windows_1252(void **state)
{
	static const char ansi[] = "2014-06-05 10:40:55, Info  caf\xe9 \x80\n";
	struct seen s = { 0 };

	(void)state;
	read_all(ansi, strlen(ansi), SIZE_MAX, &s);
	assert_string_equal(s.messages[0], "caf\xc3\xa9 \xe2\x82\xac");
	forget(&s);
}

static void
holes_and_quotes_are_read(void **state)
{
	static const char mixed[] =
		"2014-06-05 10:40:55, Info  one\n\0\0\0\0\0"
		"2014-06-05 10:40:56, Info  two\n"
		"Error [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]\n"
		"2014-06-05 10:40:55, Warning\tthree\0\0";
	struct seen s = { 0 };

	(void)state;
	read_all(mixed, sizeof mixed - 1, SIZE_MAX, &s);
	assert_int_equal(s.count, 4);
	assert_int_equal(s.records[0].hole, 0);
	assert_int_equal(s.records[1].hole, 5);
	assert_int_equal(s.records[2].hole, 0);
	assert_int_equal(s.records[2].level, LOG_LEVEL_ERROR);
	assert_string_equal(s.records[2].time, "");
	assert_int_equal(s.records[2].zone, LOG_ZONE_NONE);
	assert_string_equal(s.messages[3], "three");
	assert_int_equal(s.info.hole, 7);
	assert_int_equal(s.info.hole_offset, 31);
	assert_int_equal(s.info.lines, 4);
	forget(&s);
}

static void
a_caller_may_stop_and_lines_have_a_limit(void **state)
{
	struct seen s = { .stop_at = 1 };
	size_t len = 300000;
	CLEANUP_FREE char *big = xmalloc(len);

	(void)state;
	read_all(panther, strlen(panther), SIZE_MAX, &s);
	assert_int_equal(s.count, 1);
	forget(&s);
	memset(big, 'x', len);
	memcpy(big, "2014-06-05 10:40:55, Info  ", 27);
	big[len - 1] = '\n';
	read_all(big, len, SIZE_MAX, &s);
	assert_int_equal(s.count, 1);
	assert_true(strlen(s.messages[0]) <= 65536);
	forget(&s);
}

/* A hole of NULs larger than a line's limit, before a record: the record is whole, and its offset its own. */
static void
a_record_behind_a_large_hole_is_whole(void **state)
{
	static const char record[] = "2014-06-05 10:40:55, Error  two";

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		CLEANUP_FREE char *text = xasprintf("\xef\xbb\xbf"
						    "2014-06-05 10:40:54, Info  one\r\n%s",
						    record);
		size_t len = strlen(text), hole = 700000, head;
		CLEANUP_FREE uint8_t *bytes = wide ? utf16_from_text(text, &len) :
						     xmemdup(text, len);
		CLEANUP_FREE uint8_t *file = xzalloc(len + hole);
		struct seen s = { 0 };

		head = len - strlen(record) * (wide ? 2 : 1);
		memcpy(file, bytes, head);
		memcpy(file + head + hole, bytes + head, len - head);
		read_all(file, len + hole, 4096, &s);
		assert_int_equal(s.count, 2);
		assert_string_equal(s.messages[1], "two");
		assert_int_equal(s.records[1].offset, head + hole);
		assert_int_equal(s.records[1].line, 2);
		forget(&s);
	}
}

/* The limit may fall into a character: what is left stays UTF-8 and is not taken for Windows-1252. */
static void
a_cut_line_stays_utf8(void **state)
{
	size_t len = 27;
	CLEANUP_FREE char *big = xzalloc(200000);
	struct seen s = { 0 };

	(void)state;
	memcpy(big, "2014-06-05 10:40:55, Info  ", len);
	while (len < 150000) {
		memcpy(big + len, "\xe2\x82\xac", 3);
		len += 3;
	}
	for (size_t more = 0; more < 3; more++) {
		memmove(big + 28, big + 27, len - 27);
		big[27] = 'x';
		len++;
		read_all(big, len, SIZE_MAX, &s);
		assert_int_equal(s.count, 1);
		assert_true(text_is_utf8(s.messages[0], strlen(s.messages[0])));
		assert_non_null(strstr(s.messages[0], "x\xe2\x82\xac"));
		forget(&s);
	}
}

/* A source that ends before the size it told, within a UTF-16 unit, ends the reading too. */
static void
a_source_shorter_than_its_size_ends(void **state)
{
	static const uint8_t bytes[] = { 0xff, 0xfe, 'a', 0, 'b' };
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct memory m = { bytes, sizeof bytes, SIZE_MAX };
	struct log_source source = { .read = read_memory, .ctx = &m, .size = 1000 };
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(log_records(&source, LOG_KIND_PANTHER, NULL, note, &s, NULL, &err), 0);
	assert_int_equal(s.count, 1); /* a line that begins no record, of what there is */
	assert_string_equal(s.messages[0], "a");
	forget(&s);
}

/* A file of holes can be of any size. */
static void
what_is_larger_than_any_log_is_none(void **state)
{
	CLEANUP_ERROR struct error err = ERROR_INIT;
	struct log_source source = { .read = read_memory, .size = UINT64_C(1) << 50 };
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(log_records(&source, LOG_KIND_PANTHER, NULL, note, &s, NULL, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(panther_lines_are_records),
		cmocka_unit_test(every_encoding_gives_the_same_records),
		cmocka_unit_test(ansi_is_read_as_windows_1252),
		cmocka_unit_test(holes_and_quotes_are_read),
		cmocka_unit_test(a_caller_may_stop_and_lines_have_a_limit),
		cmocka_unit_test(a_record_behind_a_large_hole_is_whole),
		cmocka_unit_test(a_cut_line_stays_utf8),
		cmocka_unit_test(a_source_shorter_than_its_size_ends),
		cmocka_unit_test(what_is_larger_than_any_log_is_none),
	};

	return cmocka_run_group_tests_name("setuplog", tests, NULL, NULL);
}
