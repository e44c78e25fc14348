/* A JSON file beside an output that says how it was made. */
#include "ledger/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/infile.h"
#include "base/jsonout.h"
#include "base/mem.h"
#include "ledger/digest.h"

struct stream {
	const char *name;  /* of an output; input: NULL */
	char *path;
	struct digest *digest;
	char hex[DIGEST_HEX]; /* "": not ended yet */
};

struct remark {
	char *name, *text; /* text NULL: a count */
	uint64_t n;
};

struct provenance {
	struct outfile *out;
	const char *tool;
	int argc;
	char *const *argv;
	const char *const *paths;
	size_t npaths;
	char started[32];
	struct stream *in, **outs;
	size_t nin, nouts;
	char *spec_name, *spec_version, *spec_path;
	char spec_digest[DIGEST_HEX];
	struct stream *files;
	size_t nfiles;
	struct remark *remarks;
	size_t nremarks;
};

static void
now(char to[32])
{
	time_t t = time(NULL);
	struct tm tm;

	(void)gmtime_r(&t, &tm);
	(void)strftime(to, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void
close_stream(struct stream *s)
{
	free(s->path);
	digest_free(s->digest);
}

void
provenance_close(struct provenance *p)
{
	size_t i;

	if (p == NULL)
		return;
	outfile_close(p->out);
	for (i = 0; i < p->nin; i++)
		close_stream(&p->in[i]);
	for (i = 0; i < p->nouts; i++) {
		close_stream(p->outs[i]);
		free(p->outs[i]);
	}
	for (i = 0; i < p->nfiles; i++)
		close_stream(&p->files[i]);
	for (i = 0; i < p->nremarks; i++) {
		free(p->remarks[i].name);
		free(p->remarks[i].text);
	}
	free(p->in);
	free(p->outs);
	free(p->files);
	free(p->remarks);
	free(p->spec_name);
	free(p->spec_version);
	free(p->spec_path);
	free(p);
}

struct provenance *
provenance_start(const char *path, const char *tool, int argc,
    char *const *argv, const char *const *paths, size_t npaths,
    struct fault *f)
{
	struct provenance *p;

	if (path == NULL)
		return NULL;
	if (strcmp(path, "-") == 0) {
		(void)fault_set(f, "--provenance needs a file's name");
		return NULL;
	}
	p = provenance_new(tool, argc, argv, paths, npaths);
	if ((p->out = outfile_open(path, f)) == NULL) {
		provenance_close(p);
		return NULL;
	}
	return p;
}

struct provenance *
provenance_new(const char *tool, int argc, char *const *argv,
    const char *const *paths, size_t npaths)
{
	struct provenance *p = mem_zero(1, sizeof *p);

	p->tool = tool;
	p->argc = argc;
	p->argv = argv;
	p->paths = paths;
	p->npaths = npaths;
	now(p->started);
	return p;
}

static void
see_input(void *arg, size_t i, const void *bytes, size_t n)
{
	struct provenance *p = arg;

	while (p->nin <= i) {
		struct stream *s;

		p->in = mem_array(p->in, p->nin + 1, sizeof *p->in);
		s = &p->in[p->nin];
		memset(s, 0, sizeof *s);
		s->path = mem_strdup(p->nin < p->npaths ?
		    p->paths[p->nin] : "-");
		s->digest = digest_new();
		p->nin++;
	}
	digest_add(p->in[i].digest, bytes, n);
}

void
provenance_input(struct provenance *p, struct csv_options *o)
{
	if (p == NULL)
		return;
	o->watch = see_input;
	o->watch_arg = p;
}

static void
see_output(void *arg, const void *bytes, size_t n)
{
	digest_add(arg, bytes, n);
}

void
provenance_output(struct provenance *p, const char *name, struct outfile *o)
{
	struct stream *s;

	if (p == NULL)
		return;
	s = mem_zero(1, sizeof *s);
	s->name = name;
	s->path = mem_strdup(outfile_path(o));
	s->digest = digest_new();
	p->outs = mem_array(p->outs, p->nouts + 1, sizeof *p->outs);
	p->outs[p->nouts++] = s;
	outfile_watch(o, see_output, s->digest);
}

void
provenance_spec(struct provenance *p, const struct spec *s)
{
	struct digest *d;

	if (p == NULL || s == NULL)
		return;
	free(p->spec_name);
	free(p->spec_version);
	free(p->spec_path);
	p->spec_name = mem_strdup(s->name);
	p->spec_version = s->version != NULL ? mem_strdup(s->version) : NULL;
	p->spec_path = mem_strdup(s->path);
	d = digest_new();
	digest_add(d, s->text, s->text_size);
	digest_end(d, p->spec_digest);
	digest_free(d);
}

int
provenance_file(struct provenance *p, const char *name, const char *path,
    struct fault *f)
{
	char chunk[65536];
	struct infile *in;
	struct stream *s;
	ssize_t n;

	if (p == NULL)
		return 0;
	if ((in = infile_open(path, f)) == NULL)
		return -1;
	p->files = mem_array(p->files, p->nfiles + 1, sizeof *p->files);
	s = &p->files[p->nfiles++];
	memset(s, 0, sizeof *s);
	s->name = name;
	s->path = mem_strdup(path);
	s->digest = digest_new();
	infile_watch(in, see_output, s->digest);
	do
		n = infile_read(in, chunk, sizeof chunk, f);
	while (n > 0);
	infile_close(in);
	return n == -1 ? -1 : 0;
}

static struct remark *
remark_new(struct provenance *p, const char *name)
{
	struct remark *r;

	p->remarks = mem_array(p->remarks, p->nremarks + 1,
	    sizeof *p->remarks);
	r = &p->remarks[p->nremarks++];
	r->name = mem_strdup(name);
	r->text = NULL;
	r->n = 0;
	return r;
}

void
provenance_text(struct provenance *p, const char *name, const char *text)
{
	if (p != NULL)
		remark_new(p, name)->text = mem_strdup(text);
}

void
provenance_count(struct provenance *p, const char *name, uint64_t n)
{
	if (p != NULL)
		remark_new(p, name)->n = n;
}

static const char *
hex_of(struct stream *s)
{
	if (s->hex[0] == '\0')
		digest_end(s->digest, s->hex);
	return s->hex;
}

void
provenance_digests(struct provenance *p, void (*see)(void *, const char *,
    const char *), void *arg)
{
	char name[32];
	size_t i;

	for (i = 0; p != NULL && i < p->nin; i++) {
		(void)snprintf(name, sizeof name, "input_%zu", i + 1);
		see(arg, name, hex_of(&p->in[i]));
	}
	for (i = 0; p != NULL && i < p->nouts; i++)
		see(arg, p->outs[i]->name, hex_of(p->outs[i]));
}

static void
put_stream(struct jsonout *j, struct stream *s)
{
	jsonout_open(j, NULL, '{');
	if (s->name != NULL)
		jsonout_string(j, "name", s->name);
	jsonout_string(j, "path", s->path);
	jsonout_i64(j, "bytes", (int64_t)digest_size(s->digest));
	jsonout_string(j, "blake2b_256", hex_of(s));
	jsonout_close(j, '}');
}

static void
put_all(struct jsonout *j, struct provenance *p)
{
	char finished[32];
	size_t i;
	int a;

	now(finished);
	jsonout_open(j, NULL, '{');
	jsonout_string(j, "format", "nib-provenance-1");
	jsonout_string(j, "tool", p->tool);
	jsonout_string(j, "version", NIB_VERSION);
	jsonout_open(j, "arguments", '[');
	for (a = 1; a < p->argc; a++)
		jsonout_string(j, NULL, p->argv[a]);
	jsonout_close(j, ']');
	jsonout_string(j, "started", p->started);
	jsonout_string(j, "finished", finished);
	if (p->spec_name != NULL) {
		jsonout_open(j, "specification", '{');
		jsonout_string(j, "name", p->spec_name);
		if (p->spec_version != NULL)
			jsonout_string(j, "version", p->spec_version);
		jsonout_string(j, "path", p->spec_path);
		jsonout_string(j, "blake2b_256", p->spec_digest);
		jsonout_close(j, '}');
	}
	jsonout_open(j, "inputs", '[');
	for (i = 0; i < p->nin; i++)
		put_stream(j, &p->in[i]);
	jsonout_close(j, ']');
	jsonout_open(j, "files", '[');
	for (i = 0; i < p->nfiles; i++)
		put_stream(j, &p->files[i]);
	jsonout_close(j, ']');
	jsonout_open(j, "outputs", '[');
	for (i = 0; i < p->nouts; i++)
		put_stream(j, p->outs[i]);
	jsonout_close(j, ']');
	for (i = 0; i < p->nremarks; i++)
		if (p->remarks[i].text != NULL)
			jsonout_string(j, p->remarks[i].name,
			    p->remarks[i].text);
		else
			jsonout_i64(j, p->remarks[i].name,
			    (int64_t)p->remarks[i].n);
	jsonout_close(j, '}');
}

int
provenance_finish(struct provenance *p, struct fault *f)
{
	struct buf text = { 0 };
	struct jsonout j = { &text, 1, 0, 0 };
	int rc;

	if (p == NULL || p->out == NULL)
		return 0;
	put_all(&j, p);
	rc = outfile_write(p->out, text.p, text.n, f);
	if (rc == 0)
		rc = outfile_commit(p->out, f);
	buf_free(&text);
	return rc;
}
