/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords in the answer files of a volume, as check image-secrets tells of them and takes them out. */
#ifndef RESPREP_CHECK_IMAGE_ANSWERS_H
#define RESPREP_CHECK_IMAGE_ANSWERS_H

struct error;
struct findings;
struct subject;

/* Findings "answer-password", "answer-command", "answer-unseen" and "answer-unreadable" of `check`, by file; of sysprep.inf, too. */
int image_answers_diagnose(struct subject *s, const char *check, struct findings *out,
			   struct error *err);
/* The file without its passwords. */
int image_answers_scrub(struct subject *s, const char *check, const char *path, struct error *err);

#endif
