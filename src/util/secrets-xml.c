/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets in XML, which may be broken: by the names of elements, and by attributes that name a setting (key="Password"). */
#include <string.h>
#include <strings.h>

#include "util/secrets-private.h"

/* What stands between two marks, when the first is here. */
static bool
hide_marked(struct mask *m, const char *begin, const char *end)
{
	const char *to;

	if (strncmp(m->p, begin, strlen(begin)) != 0)
		return false;
	mask_copy(m, strlen(begin));
	to = strstr(m->p, end);
	mask_hide(m, to ? (size_t)(to - m->p) : strlen(m->p));
	mask_copy(m, to ? strlen(end) : 0);
	return true;
}

/* The texts between tags up to the element's end are secrets, but for PlainText's. */
static void
hide_element(struct mask *m, const char *name, size_t n)
{
	bool plain = false;

	while (*m->p) {
		const char *tag = strchr(m->p, '<');
		size_t len = tag ? (size_t)(tag - m->p) : strlen(m->p);
		size_t blank = strspn(m->p, " \t\r\n");

		if (blank >= len || plain) {
			mask_copy(m, len);
		} else {
			while (len > blank && strchr(" \t\r\n", m->p[len - 1]))
				len--;
			mask_copy(m, blank);
			mask_hide(m, len - blank);
		}
		if (!tag)
			return;
		mask_copy(m, (size_t)(tag - m->p));
		if (hide_marked(m, "<![CDATA[", "]]>") || hide_marked(m, "<!--", "-->"))
			continue;
		plain = strncasecmp(tag, "<PlainText", 10) == 0;
		if (tag[1] == '/' && strncmp(tag + 2, name, n) == 0 &&
		    !mask_is_name_char(tag[2 + n]))
			return;
		len = strcspn(m->p, ">");
		mask_copy(m, len + (m->p[len] == '>'));
		/* an element that ends where it begins */
		if (m->out.len >= 2 && strncmp(m->out.ptr + m->out.len - 2, "/>", 2) == 0 &&
		    m->p - 2 == tag)
			return;
	}
}

/* An attribute, from the blank before it: where its name and its value are; false when there is none. */
struct attribute {
	const char *name, *value;
	size_t name_len, value_len;
};

/* The next attribute of a tag that ends at `end`; *at goes behind it. */
static bool
next_attribute(const char **at, const char *end, struct attribute *ret)
{
	const char *s = *at;

	do { /* a prefix is none */
		while (s < end && !mask_is_name_char(*s))
			s++;
		ret->name = s;
		while (s < end && mask_is_name_char(*s))
			s++;
		ret->name_len = (size_t)(s - ret->name);
	} while (s < end && *s == ':');
	while (s < end && strchr(" \t\r\n=", *s))
		s++;
	ret->value = s;
	ret->value_len = 0;
	if (s < end && (*s == '"' || *s == '\'')) {
		const char *close = memchr(s + 1, *s, (size_t)(end - s - 1));

		ret->value = s + 1;
		ret->value_len = (size_t)((close ? close : end) - s - 1);
		s = close ? close + 1 : end;
	}
	*at = s;
	return ret->name_len > 0;
}

/* <add key="Password" value="x"/>, <item name="Password">x</item>: whether an attribute names a secret. */
static bool
names_secret(const char *tag, const char *end)
{
	struct attribute a;

	while (next_attribute(&tag, end, &a))
		if ((mask_is_word(a.name, a.name_len, "key") ||
		     mask_is_word(a.name, a.name_len, "name") ||
		     mask_is_word(a.name, a.name_len, "id")) &&
		    mask_is_secret_name(a.value, a.value_len))
			return true;
	return false;
}

/* The tag of an element that is a secret, up to `end`: its attributes that hold one. */
static void
hide_attributes(struct mask *m, const char *end)
{
	const char *at = m->p;
	struct attribute a;

	while (next_attribute(&at, end, &a)) {
		if (!mask_is_word(a.name, a.name_len, "value") &&
		    !mask_is_word(a.name, a.name_len, "data") &&
		    !mask_is_secret_name(a.name, a.name_len))
			continue;
		mask_copy(m, (size_t)(a.value - m->p));
		mask_hide(m, a.value_len);
	}
	mask_copy(m, (size_t)(end - m->p));
}

void
mask_element(struct mask *m)
{
	const char *name = m->p + 1, *end;
	size_t n = 0, len, local = 0;

	while (mask_is_name_char(name[n]) || name[n] == ':') {
		if (name[n] == ':')
			local = n + 1;
		n++;
	}
	/* the tag's end is looked for only where it matters: a file may be nothing but '<' */
	if (!n || !name[n] || !strchr(" \t\r\n/>", name[n])) {
		mask_copy(m, 1);
		return;
	}
	len = strcspn(m->p + 1, "<>") + 1;
	end = m->p + len;
	if (!mask_is_secret_name(name + local, n - local) && !names_secret(name + n, end)) {
		mask_copy(m, 1);
		return;
	}
	mask_copy(m, n + 1);
	hide_attributes(m, end);
	/* a tag that is cut off has attributes only */
	if (*end != '>')
		return;
	mask_copy(m, 1);
	if (m->p[-2] != '/')
		hide_element(m, name, n);
}
