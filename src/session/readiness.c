/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether an image may be made of the volume; see readiness.h. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "session/readiness.h"
#include "session/session.h"
#include "util/alloc.h"
#include "util/cleanup.h"
#include "util/text.h"

#define REASONS_SAID 4 /* in the sentence; the list has all */

static bool
is_asked(const struct session_options *o)
{
	for (const char *const *p = o->groups; p && *p; p++)
		if (strcmp(*p, GROUP_IMAGE) == 0)
			return true;
	return false;
}

void
readiness_weigh(const struct session_options *o, const struct check *c, struct findings *f,
		size_t first)
{
	if (!is_asked(o))
		return;
	for (size_t i = first; i < f->count; i++)
		if (f->list[i].severity == SEVERITY_NOTE && check_hinders(c, f->list[i].problem))
			f->list[i].severity = SEVERITY_WARNING;
}

/* What hinders, the gravest first; other groups may have been chosen beside. */
static void
add_reasons(struct report *r)
{
	for (int s = SEVERITY_CRITICAL; s > SEVERITY_NOTE; s--) {
		for (size_t i = 0; i < r->findings.count; i++) {
			const struct finding *f = &r->findings.list[i];

			if ((int)f->severity != s ||
			    !check_in_group(check_find(f->check), GROUP_IMAGE))
				continue;
			ARRAY_GROW(r->image.reasons, r->image.reason_count);
			r->image.reasons[r->image.reason_count++] = xstrdup(f->title);
		}
	}
}

static char *
not_ready(const struct report_image *v)
{
	CLEANUP_TEXT struct text t = TEXT_INIT;

	for (size_t i = 0; i < v->reason_count && i < REASONS_SAID; i++)
		text_addf(&t, "%s%s", i ? "; " : "not ready: ", v->reasons[i]);
	if (v->reason_count > REASONS_SAID)
		text_addf(&t, "; and %zu more", v->reason_count - REASONS_SAID);
	return text_steal(&t);
}

void
readiness_tell(const struct session_options *o, struct report *r)
{
	if (!is_asked(o))
		return;
	report_image_clear(&r->image);
	add_reasons(r);
	if (r->image.reason_count) {
		r->image.verdict = IMAGE_NOT_READY;
		r->image.text = not_ready(&r->image);
	} else if (r->skipped_count) {
		r->image.verdict = IMAGE_NOT_KNOWN;
		r->image.text = xasprintf("not known: %s", r->skipped[0]);
	} else {
		r->image.verdict = IMAGE_READY;
		r->image.text = xstrdup(
			"ready: sealed by Sysprep, and nothing was found that hinders an image");
	}
}
