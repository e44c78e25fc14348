/*
 * Room ledger: what was done, for others to check.
 *
 * provenance: a JSON file beside an output that says how it was made: tool,
 * version, arguments, specification, and the bytes that were read and
 * written (BLAKE2b-256 of the files as they stand). It holds no cell.
 *
 * In a command:
 *
 *     p = provenance_start(t.provenance, name, argc, argv, paths, n, f);
 *     provenance_input(p, &t.csv);          before csv_open
 *     provenance_spec(p, spec);
 *     provenance_output(p, "output", out);  before the first byte
 *     ... flow_run, outfile_commit ...
 *     provenance_count(p, "records_in", flow.records);
 *     provenance_finish(p, f)               last
 *     provenance_close(p);
 *
 * Every function takes NULL for "not asked for" and does nothing. Lost
 * speed: about 1 ns a byte read and written, on one thread.
 */
#ifndef NIB_LEDGER_PROVENANCE_H
#define NIB_LEDGER_PROVENANCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/outfile.h"
#include "csv/reader.h"
#include "spec/spec.h"

struct provenance;

/*
 * path NULL: returns NULL without a fault (test f->set). Otherwise the
 * file is opened now, so that it cannot fail only at the end. Borrows argv
 * and paths (the operands; none: standard input).
 */
struct provenance *provenance_start(const char *path, const char *tool,
    int argc, char *const *argv, const char *const *paths, size_t npaths,
    struct fault *);
/* The same for a run that only wants the digests: writes no file. */
struct provenance *provenance_new(const char *tool, int argc,
    char *const *argv, const char *const *paths, size_t npaths);
/* Takes the watch of the options. */
void provenance_input(struct provenance *, struct csv_options *);
/* Takes the watch of the file; borrows it until provenance_finish. */
void provenance_output(struct provenance *, const char *name,
    struct outfile *);
/* Bytes that were read whole. */
void provenance_spec(struct provenance *, const struct spec *);
/* A small file that was read besides the input: its bytes now. */
int provenance_file(struct provenance *, const char *name, const char *path,
    struct fault *);
void provenance_text(struct provenance *, const char *name, const char *);
void provenance_count(struct provenance *, const char *name, uint64_t);

/*
 * The digests so far, inputs first: name is "input_1", ..., or that of the
 * output; hex has 64 digits. Nothing may be read or written after it.
 */
void provenance_digests(struct provenance *, void (*see)(void *arg,
    const char *name, const char *hex), void *arg);

/* Writes it; call when all outputs are complete. */
int provenance_finish(struct provenance *, struct fault *);
void provenance_close(struct provenance *);

#endif
