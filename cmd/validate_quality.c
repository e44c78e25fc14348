/*
 * The part of nib-validate that writes and reads measures of quality: files
 * of counts, which it holds whole (some hundred bytes a row).
 */
#include "validate_quality.h"

#include <string.h>

#include "base/buf.h"
#include "base/outfile.h"

int
quality_wanted(const struct quality_opts *o)
{
	return o->quality != NULL || o->dqmi != NULL || o->html != NULL ||
	    o->baseline != NULL;
}

int
quality_write(const struct quality_opts *o, const struct spec *spec,
    struct quality *q, struct fault *f)
{
	struct quality *before = NULL;
	struct buf b = { 0 };
	int rc = -1;

	if (o->baseline != NULL) {
		before = quality_new();
		if (quality_read(before, o->baseline, f) == -1)
			goto out;
		quality_changes(q, before, o->min_change, &b);
		if (outfile_whole(o->changes, &b, f) == -1)
			goto out;
	}
	if (o->quality != NULL) {
		buf_clear(&b);
		quality_put(q, o->partial, o->within, &b);
		if (outfile_whole(o->quality, &b, f) == -1)
			goto out;
	}
	if (o->dqmi != NULL) {
		buf_clear(&b);
		quality_dqmi(q, o->expected, &b);
		if (outfile_whole(o->dqmi, &b, f) == -1)
			goto out;
	}
	if (o->html != NULL) {
		buf_clear(&b);
		quality_html(q, spec, &b);
		if (outfile_whole(o->html, &b, f) == -1)
			goto out;
	}
	rc = 0;
out:
	quality_free(before);
	buf_free(&b);
	return rc;
}

static enum status
judge(const struct quality_opts *o, const struct tool *t, struct quality *q,
    struct fault *f)
{
	struct buf b = { 0 };
	size_t failed;
	enum status rc = TROUBLE;

	if (quality_read(q, o->judge, f) == 0 &&
	    quality_judge(q, o->thresholds, o->within, &b, &failed, f) == 0 &&
	    outfile_whole(t->output, &b, f) == 0)
		rc = failed > 0 ? FINDINGS : CLEAN;
	if (rc == FINDINGS)
		msg_note("%zu measure%s below the threshold", failed,
		    failed == 1 ? "" : "s");
	buf_free(&b);
	return rc;
}

enum status
quality_run(const struct quality_opts *o, const char *name,
    const struct tool *t, struct fault *f)
{
	struct quality *q = quality_new();
	struct spec *spec = NULL;
	enum status rc = TROUBLE;
	size_t i;

	if (o->judge != NULL) {
		rc = judge(o, t, q, f);
	} else if (name == NULL || (spec = spec_open(name, f)) != NULL) {
		for (i = 0; i < t->npaths; i++)
			if (quality_read(q, t->paths[i], f) == -1)
				break;
		if (i == t->npaths && quality_write(o, spec, q, f) == 0)
			rc = CLEAN;
	}
	spec_close(spec);
	quality_free(q);
	return rc;
}
