/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks of an image's readiness share; see image.h. */
#include "check/image.h"
#include "check/subject.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "volume/volume.h"

bool
image_is_sealed(const struct sysprep_state *s)
{
	return s->verdict == SYSPREP_SEALED;
}

void
image_keep_read_only(struct subject *s, struct finding *f, const char *path)
{
	CLEANUP_ERROR struct error ignored = ERROR_INIT;
	struct file_stat st;

	if (!f->refused && f->risk != RISK_NONE &&
	    volume_stat(subject_volume(s), path, &st, &ignored) == 0 &&
	    st.attributes & FILE_ATTR_MASK_READONLY)
		finding_refused(f, "%s is marked read-only", path);
}
