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

#include "answer/xml-scan.h"
#include "answer/xml.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/text.h"

#define SIZE_LIMIT (16u << 20)
#define NOT_FOUND  SIZE_MAX

struct xml {
	uint8_t *bytes;
	size_t len;
	xmlDoc *doc;
	xmlNode **elements; /* in document order */
	size_t *parents;
	size_t count;
	struct xml_scan scan;
	bool has_dtd;
};

/* ---- parsing ---- */

/* libxml2 would otherwise print; its last error says where. */
static void __attribute__((format(printf, 2, 3))) say_nothing(void *ctx, const char *format, ...)
{
	(void)ctx;
	(void)format;
}

static int
parse_failed(xmlParserCtxt *ctxt, struct error *err)
{
	const xmlError *e = ctxt ? xmlCtxtGetLastError(ctxt) : NULL;
	CLEANUP_FREE char *message = xstrdup(e && e->message ? e->message : "not well-formed");

	message[strcspn(message, "\r\n")] = '\0';
	return error_set(err, ERR_CORRUPT, "line %d, column %d: %s", e ? e->line : 0,
			 e ? e->int2 : 0, message);
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
	int got = 0;

	xmlSetGenericErrorFunc(NULL, say_nothing);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (ctxt) {
		ctxt->sax->error = say_nothing;
		ctxt->sax->warning = say_nothing;
		ctxt->sax->fatalError = say_nothing;
		x->doc = xmlCtxtReadMemory(ctxt, (const char *)x->bytes, (int)x->len, NULL, NULL,
					   XML_PARSE_NONET | XML_PARSE_NOERROR |
						   XML_PARSE_NOWARNING);
	}
	if (!x->doc || !ctxt->wellFormed || !xmlDocGetRootElement(x->doc))
		got = parse_failed(ctxt, err);
	xmlFreeParserCtxt(ctxt);
	xmlSetGenericErrorFunc(generic_ctx, generic);
	xmlSetStructuredErrorFunc(structured_ctx, structured);
	return got;
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
	if (parse(x, err) < 0 || xml_scan_run(&x->scan, x->bytes, n, err) < 0)
		return NULL;
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

/* ---- replacing ---- */

static void
add(struct text *out, const uint8_t *p, size_t n)
{
	text_add_n(out, (const char *)p, n);
}

/* ASCII in the document's encoding. */
static void
add_ascii(struct text *out, const struct xml_scan *scan, const char *s)
{
	for (; *s; s++) {
		uint8_t pair[2] = { scan->big_endian ? 0 : (uint8_t)*s,
				    scan->big_endian ? (uint8_t)*s : 0 };

		if (scan->unit == 1)
			text_add_n(out, s, 1);
		else
			add(out, pair, 2);
	}
}

/* One element with its new value; returns where the rest of the file begins. */
static size_t
replace_one(const struct xml *x, size_t i, size_t from, const char *value, struct text *out)
{
	const struct xml_tag *tag = &x->scan.tags[i];
	size_t start = tag->value, end = tag->value_end;

	if (!tag->empty) {
		add(out, x->bytes + from, start - from);
		add_ascii(out, &x->scan, value);
		return end;
	}
	/* "<p:a b="c" />" becomes "<p:a b="c">value</p:a>": from the slash on */
	add(out, x->bytes + from, tag->slash - from);
	add_ascii(out, &x->scan, ">");
	add_ascii(out, &x->scan, value);
	add_ascii(out, &x->scan, "</");
	add(out, x->bytes + tag->name, tag->name_end - tag->name);
	add_ascii(out, &x->scan, ">");
	return tag->end;
}

uint8_t *
xml_replace(const struct xml *x, const size_t *elements, size_t count, const char *value,
	    size_t *ret_len, struct error *err)
{
	struct text out = TEXT_INIT;
	size_t from = 0;

	if (x->has_dtd) {
		error_set(
			err, ERR_UNSUPPORTED,
			"the file has a DOCTYPE; it is not edited, because its text may not stand where "
			"it seems to");
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (elements[i] >= x->count || x->scan.tags[elements[i]].name < from) {
			error_set(err, ERR_INTERNAL, "the elements to edit are not in order");
			text_clear(&out);
			return NULL;
		}
		from = replace_one(x, elements[i], from, value, &out);
	}
	add(&out, x->bytes + from, x->len - from);
	*ret_len = out.len;
	return (uint8_t *)text_steal(&out);
}
