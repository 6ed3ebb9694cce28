/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits of Setup's state that several checks share. */
#ifndef RESPREP_CHECK_IMAGE_STATE_H
#define RESPREP_CHECK_IMAGE_STATE_H

struct error;
struct finding;
struct setup_state;
struct subject;

/*
 * ImageState becomes IMAGE_STATE_COMPLETE in each place that has it: both values of SOFTWARE, and State.ini.  ERR_UNSUPPORTED,
 * and nothing is written: a State.ini that is not understood.
 */
int image_state_complete(struct subject *s, const char *check, struct error *err);

/*
 * Leaves Setup as if it had finished: what people do to rescue data, and nothing that Microsoft supports.  The machine is not specialised:
 * its SID, name and drivers are those of the image.
 */
int setup_leave(struct subject *s, const char *check, struct error *err);

/* Lets Sysprep begin again after a generalize that did not finish: GeneralizationState 7, CleanupState 2.  Not supported either. */
int setup_retry_generalize(struct subject *s, const char *check, struct error *err);

/* The places of ImageState as evidence, and passes that are open. */
void image_state_evidence(struct finding *f, const struct setup_state *s);

#endif
