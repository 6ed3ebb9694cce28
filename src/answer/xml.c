/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XML: what is where by libxml2 (the only file that knows it), at which byte by our own scanner
 * (xml-scan.c).  The two meet in the order of the elements: the n-th start tag is the n-th element.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "answer/xml-private.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"
#include "util/utf16.h"

#define SIZE_LIMIT (16u << 20)
#define NOT_FOUND  SIZE_MAX
#define COUNT_STEP 1024u

/* ---- parsing ---- */

/* libxml2 would otherwise print; its last error says where. */
static void __attribute__((format(printf, 2, 3))) say_nothing(void *ctx, const char *format, ...)
{
	(void)ctx;
	(void)format;
}

/* The first thing that is wrong: what follows is often its consequence.  Namespaces that are not declared are no fault of the form. */
struct first_error {
	int line, column;
	char *message;
	bool fatal;
};

#if LIBXML_VERSION >= 21200
static void
note_first(void *ctx, const xmlError *e)
#else
static void
note_first(void *ctx, xmlError *e)
#endif
{
	struct first_error *first = ctx;

	if (e->level < XML_ERR_ERROR ||
	    (first->message && (first->fatal || e->level < XML_ERR_FATAL)))
		return;
	free(first->message);
	*first = (struct first_error){ e->line, e->int2,
				       xstrdup(e->message ? e->message : "not well-formed"),
				       e->level == XML_ERR_FATAL };
	first->message[strcspn(first->message, "\r\n")] = '\0';
}

static int
parse_failed(const struct first_error *first, struct error *err)
{
	return error_set(err, ERR_CORRUPT, "line %d, column %d: %s", first->line, first->column,
			 first->message ? first->message : "not well-formed");
}

/* Whether the bytes of start tag `i` spell the name of `node`; only ASCII names are compared. */
static bool
same_name(const struct xml *x, size_t i, const xmlNode *node)
{
	const struct xml_tag *tag = &x->scan.tags[i];
	const char *prefix = node->ns && node->ns->prefix ? (const char *)node->ns->prefix : "";
	CLEANUP_FREE char *name = xasprintf("%s%s%s", prefix, *prefix ? ":" : "",
					    (const char *)node->name);
	size_t unit = (size_t)x->scan.unit, n = (tag->name_end - tag->name) / unit;

	for (size_t k = 0; name[k]; k++)
		if ((unsigned char)name[k] >= 0x80)
			return true;
	if (strlen(name) != n)
		return false;
	for (size_t k = 0; k < n; k++)
		if (x->bytes[tag->name + k * unit + (x->scan.big_endian ? 1 : 0)] !=
		    (uint8_t)name[k])
			return false;
	return true;
}

/*
 * Lists the elements.  An encoding in which markup is not ASCII (UTF-7, EBCDIC) shows libxml2 other elements than the
 * scanner has seen, perhaps more: then this ends with a count that is not the scanner's.
 */
static void
collect(struct xml *x)
{
	xmlNode *node = xmlDocGetRootElement(x->doc);
	size_t parent = NOT_FOUND;

	/* depth first, without recursion */
	while (node) {
		size_t at;

		if (node->type == XML_ELEMENT_NODE) {
			if (x->count == x->scan.count || !same_name(x, x->count, node)) {
				x->count = NOT_FOUND;
				return;
			}
			at = x->count++;
			x->elements[at] = node;
			x->parents[at] = parent;
			if (node->children) {
				parent = at;
				node = node->children;
				continue;
			}
		}
		while (node && !node->next) {
			node = node->parent;
			if (!node || node->type != XML_ELEMENT_NODE)
				return;
			parent = x->parents[parent];
		}
		node = node->next;
	}
}

static int
parse(struct xml *x, struct error *err)
{
	/* failures to convert an encoding are told to these instead of the context; both belong to the thread */
	xmlGenericErrorFunc generic = xmlGenericError;
	void *generic_ctx = xmlGenericErrorContext;
	xmlStructuredErrorFunc structured = xmlStructuredError;
	void *structured_ctx = xmlStructuredErrorContext;
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	struct first_error first = { 0 };
	int got = 0;

	xmlSetGenericErrorFunc(NULL, say_nothing);
	xmlSetStructuredErrorFunc(&first, note_first);
	if (ctxt) {
		ctxt->sax->error = say_nothing;
		ctxt->sax->warning = say_nothing;
		ctxt->sax->fatalError = say_nothing;
		x->doc = xmlCtxtReadMemory(ctxt, (const char *)x->bytes, (int)x->len, NULL, NULL,
					   XML_PARSE_NONET | XML_PARSE_NOERROR |
						   XML_PARSE_NOWARNING);
	}
	if (!x->doc || !ctxt->wellFormed || !xmlDocGetRootElement(x->doc))
		got = parse_failed(&first, err);
	else if (first.message)
		x->complaint = xasprintf("line %d, column %d: %s", first.line, first.column,
					 first.message);
	free(first.message);
	xmlFreeParserCtxt(ctxt);
	xmlSetGenericErrorFunc(generic_ctx, generic);
	xmlSetStructuredErrorFunc(structured_ctx, structured);
	return got;
}

/* A line can be as long as the file, and have a place for each of its elements. */
static void
count_characters(struct xml *x)
{
	size_t n = 0;

	if (!x->utf8)
		return;
	x->characters = xcalloc(x->len / COUNT_STEP + 1, sizeof *x->characters);
	for (size_t i = 0; i < x->len; i++) {
		if (i % COUNT_STEP == 0)
			x->characters[i / COUNT_STEP] = n;
		n += (x->bytes[i] & 0xc0) != 0x80;
	}
}

static size_t
characters_before(const struct xml *x, size_t offset)
{
	size_t n;

	if (!x->utf8 || !x->len)
		return offset / (size_t)x->scan.unit;
	if (offset >= x->len)
		offset = x->len - 1;
	n = x->characters[offset / COUNT_STEP];
	for (size_t i = offset - offset % COUNT_STEP; i < offset; i++)
		n += (x->bytes[i] & 0xc0) != 0x80;
	return n;
}

/* "utf-16le" begins with "utf-16": declarations are compared by how they begin. */
static bool
declares(const struct xml_scan *scan, const char *name)
{
	return name_starts_with(scan->declared, name);
}

/* Windows refuses a file whose declaration names another encoding than the one that its bytes are in. */
static int
check_declaration(const struct xml *x, struct error *err)
{
	const struct xml_scan *scan = &x->scan;
	int line, column;

	if (!*scan->declared ||
	    (scan->unit == 2 ?
		     declares(scan, "utf-16") || declares(scan, "ucs-2") ||
			     declares(scan, "iso-10646-ucs-2") || declares(scan, "unicode") :
		     (!scan->marked || declares(scan, "utf-8")) && !declares(scan, "utf-16")))
		return 0;
	xml_where(x, scan->declared_at, &line, &column);
	return error_set(err, ERR_CORRUPT,
			 "line %d, column %d: the declaration says '%s', and the file is in %s",
			 line, column, scan->declared,
			 scan->unit == 2 ? "UTF-16" :
			 scan->marked	 ? "UTF-8 with a byte-order mark" :
					   "an encoding of single bytes");
}

struct xml *
xml_open(const void *p, size_t n, struct error *err)
{
	CLEANUP_XML struct xml *x = xzalloc(sizeof *x);

	if (n > SIZE_LIMIT) {
		error_set(err, ERR_LIMIT, "the file has %zu bytes, more than any answer file", n);
		return NULL;
	}
	x->bytes = xmemdup(p, n);
	x->len = n;
	xml_scan_prologue(&x->scan, x->bytes, n);
	if (check_declaration(x, err) < 0)
		return NULL;
	if (parse(x, err) < 0) {
		/* an entity's text has lines of its own, and of what a DOCTYPE makes nothing is used anyhow */
		x->has_dtd = x->scan.doctype_at != SIZE_MAX;
		if (x->has_dtd)
			error_clear(err);
		xml_refuse_doctype(x, err);
		return NULL;
	}
	if (xml_scan_run(&x->scan, x->bytes, n, err) < 0)
		return NULL;
	x->utf8 = x->scan.unit == 1 && (!*x->scan.declared || declares(&x->scan, "utf-8"));
	count_characters(x);
	x->has_dtd = x->doc->intSubset || x->doc->extSubset;
	x->elements = xcalloc(x->scan.count + 1, sizeof *x->elements);
	x->parents = xcalloc(x->scan.count + 1, sizeof *x->parents);
	if (!x->has_dtd)
		collect(x);
	/* with a DTD, entities may hold elements that stand nowhere in the bytes: nothing is looked up then */
	if (!x->has_dtd && x->count != x->scan.count) {
		error_set(
			err, ERR_UNSUPPORTED,
			"the file's encoding hides its tags, so that none can be told by its bytes");
		x->count = 0;
		return NULL;
	}
	return steal(&x);
}

void
xml_close(struct xml *x)
{
	if (!x)
		return;
	xmlFreeDoc(x->doc);
	xml_scan_clear(&x->scan);
	free(x->elements);
	free(x->parents);
	free(x->complaint);
	free(x->characters);
	free(x->bytes);
	free(x);
}

void
xml_closep(struct xml **x)
{
	xml_close(*x);
}

void
xml_place_clear(struct xml_place *p)
{
	free(p->text);
	*p = (struct xml_place){ 0 };
}

/* ---- looking ---- */

size_t
xml_count(const struct xml *x)
{
	return x->count;
}

const char *
xml_name(const struct xml *x, size_t i)
{
	return (const char *)x->elements[i]->name;
}

const char *
xml_namespace(const struct xml *x, size_t i)
{
	const xmlNs *ns = x->elements[i]->ns;

	return ns && ns->href ? (const char *)ns->href : "";
}

bool
xml_has_doctype(const struct xml *x)
{
	return x->has_dtd;
}

int
xml_refuse_doctype(const struct xml *x, struct error *err)
{
	static const char why[] =
		"the file has a DOCTYPE, so what stands in it cannot be told by its bytes; no "
		"entity is followed";
	int line, column;

	if (!x->has_dtd)
		return 0;
	if (x->scan.doctype_at == SIZE_MAX)
		return error_set(err, ERR_UNSUPPORTED, "%s", why);
	xml_where(x, x->scan.doctype_at, &line, &column);
	return error_set(err, ERR_UNSUPPORTED, "line %d, column %d: %s", line, column, why);
}

size_t
xml_parent(const struct xml *x, size_t i)
{
	return x->parents[i];
}

char *
xml_attribute(const struct xml *x, size_t i, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(x->elements[i], (const xmlChar *)name);
	char *copy = value ? xstrdup((const char *)value) : NULL;

	xmlFree(value);
	return copy;
}

static char *
trimmed(const char *s)
{
	size_t n;

	s += strspn(s, " \t\r\n");
	n = strlen(s);
	while (n && strchr(" \t\r\n", s[n - 1]))
		n--;
	return xstrndup(s, n);
}

int
xml_place_of(const struct xml *x, size_t i, struct xml_place *ret, struct error *err)
{
	const struct xml_tag *tag = &x->scan.tags[i];
	xmlChar *content;

	for (const xmlNode *child = x->elements[i]->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			return error_set(err, ERR_UNSUPPORTED,
					 "line %ld: <%s> holds elements, not a value",
					 xmlGetLineNo(x->elements[i]), xml_name(x, i));
	content = xmlNodeGetContent(x->elements[i]);
	*ret = (struct xml_place){ .line = (int)xmlGetLineNo(x->elements[i]),
				   .offset = tag->content,
				   .len = tag->content_end - tag->content,
				   .text = trimmed(content ? (const char *)content : "") };
	xmlFree(content);
	return 0;
}

char *
xml_attribute_ns(const struct xml *x, size_t i, const char *uri, const char *name)
{
	xmlChar *value = xmlGetNsProp(x->elements[i], (const xmlChar *)name, (const xmlChar *)uri);
	char *copy = value ? xstrdup((const char *)value) : NULL;

	xmlFree(value);
	return copy;
}

const char *
xml_prefix_of(const struct xml *x, size_t i, const char *uri)
{
	const xmlNs *ns = xmlSearchNsByHref(x->doc, x->elements[i], (const xmlChar *)uri);

	return ns && ns->prefix ? (const char *)ns->prefix : NULL;
}

bool
xml_has_elements(const struct xml *x, size_t i)
{
	for (const xmlNode *child = x->elements[i]->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			return true;
	return false;
}

size_t
xml_offset(const struct xml *x, size_t i)
{
	return x->scan.tags[i].name - (size_t)x->scan.unit;
}

void
xml_where(const struct xml *x, size_t offset, int *line, int *column)
{
	const struct xml_scan *scan = &x->scan;
	size_t low = 0, high = scan->line_count, start;

	/* the lines that begin at or before it */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (scan->lines[mid] <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	start = low ? scan->lines[low - 1] : scan->marked ? (scan->unit == 2 ? 2 : 3) : 0;
	*line = (int)low + 1;
	*column = (int)(characters_before(x, offset) - characters_before(x, start)) + 1;
}

const char *
xml_encoding_name(const struct xml *x)
{
	if (x->scan.unit == 2)
		return x->scan.big_endian ? "UTF-16BE" : "UTF-16LE";
	return x->utf8 ? "UTF-8" : x->scan.declared;
}

bool
xml_has_mark(const struct xml *x)
{
	return x->scan.marked;
}

const uint8_t *
xml_bytes(const struct xml *x, size_t *ret_len)
{
	*ret_len = x->len;
	return x->bytes;
}

const char *
xml_complaint(const struct xml *x)
{
	return x->complaint;
}
