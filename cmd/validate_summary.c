/*
 * The part of nib-validate that says what was found: the ten commonest
 * findings to standard error, all of them counted to --summary, and the
 * exit status that --fail-on and --max-error-rate make of them.
 */
#include "validate_summary.h"

#include "spec/summary.h"

void
summary_tell(const struct checker *c, const struct checker_result *r,
    size_t files)
{
	uint32_t commonest[10];
	size_t n, i;
	struct buf b = { 0 };

	if (r->errors + r->warnings == 0)
		return;
	msg_note("%llu record%s%s: %llu with errors, %llu with warnings only; "
	    "%llu errors, %llu warnings", (unsigned long long)r->records,
	    r->records == 1 ? "" : "s", files > 1 ? " of all files" : "",
	    (unsigned long long)(r->bad + r->late),
	    (unsigned long long)r->warned,
	    (unsigned long long)r->errors, (unsigned long long)r->warnings);
	n = findings_commonest(checker_findings(c), r->tally, 10, commonest);
	for (i = 0; i < n && i < 10; i++) {
		buf_clear(&b);
		findings_put_summary(checker_findings(c), commonest[i],
		    r->tally, &b);
		msg_note("%s", buf_string(&b));
	}
	if (n > 10)
		msg_note("and %zu other kinds of finding", n - 10);
	if (r->late > 0)
		msg_note("%llu record%s broke a rule over groups with an "
		    "error, which was found at the end: passed on",
		    (unsigned long long)r->late, r->late == 1 ? "" : "s");
	buf_free(&b);
}

static enum status
finish(struct summary *s, const struct summary_opts *o, struct fault *f)
{
	struct buf b = { 0 };
	int rc = 0;

	if (o->file != NULL) {
		summary_put(s, &b);
		rc = outfile_whole(o->file, &b, f);
		buf_free(&b);
	}
	if (rc == -1)
		return TROUBLE;
	return o->fail_on != NEVER && summary_fails(s,
	    o->fail_on == ON_WARNING, o->max_error_rate) ? FINDINGS : CLEAN;
}

enum status
summary_end(const struct summary_opts *o, const struct tool *t,
    const struct checker *c, const struct checker_result *r, struct fault *f)
{
	struct summary *s = summary_new();
	enum status rc;

	summary_add(s, checker_findings(c), r, t->npaths > 0 ? t->paths :
	    NULL);
	rc = finish(s, o, f);
	summary_free(s);
	return rc;
}

enum status
summary_merge(const struct summary_opts *o, const struct tool *t,
    struct fault *f)
{
	struct summary *s = summary_new();
	enum status rc = TROUBLE;
	size_t i;

	for (i = 0; i < t->npaths; i++)
		if (summary_read(s, t->paths[i], f) == -1)
			break;
	if (i == t->npaths)
		rc = finish(s, o, f);
	summary_free(s);
	return rc;
}
