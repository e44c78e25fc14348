/* nib-pseudonymise --output-spec: the specification of what comes out. */
#include "pseudonymise.h"

#include "privacy/outspec.h"
#include "spec/spec.h"

enum status
run_output_spec(struct opts *o, struct fault *f)
{
	struct gate_options g = { .overrides = o->treats,
		.noverrides = o->ntreats, .withhold = o->withhold,
		.nwithhold = o->nwithhold, .encode = o->encode };
	struct buf text = { 0 }, left_out = { 0 };
	struct spec *spec = NULL, *again = NULL;
	enum status rc = TROUBLE;

	if ((spec = spec_open(o->spec, f)) == NULL)
		goto out;
	g.spec = spec;
	if (outspec_put(&g, &text, &left_out, f) == -1)
		goto out;
	buf_putc(&text, '\n');
	/* What is written here is read by every tool after it. */
	again = spec_parse(o->output_spec, text.p, text.n, f);
	if (again == NULL || outfile_whole(o->output_spec, &text, f) == -1)
		goto out;
	if (left_out.n > 0)
		msg_note("left out, for they read what is no more: %s",
		    buf_string(&left_out));
	rc = CLEAN;
out:
	spec_close(again);
	spec_close(spec);
	buf_free(&text);
	buf_free(&left_out);
	return rc;
}
