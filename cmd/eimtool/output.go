package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/report"
	"eimtool/internal/safefile"
)

// Rules of output:
//   - stdout carries results only: matrices and bundles with -o -, tables of
//     info, verify and diff, the plan of offline --dry-run, and with --json one
//     object in every case.
//   - Everything else goes to stderr: what was written where (not with --quiet),
//     warnings, errors, hints, progress. Such lines begin with "eimtool: ".
//   - With --json warnings are part of the object.

// resultWriter is stdout. It keeps its first error, so that a full disk is
// noticed wherever the write came from.
type resultWriter struct {
	w   io.Writer
	err error
}

func (r *resultWriter) Write(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.w.Write(p)
	if err != nil {
		r.err = &stdoutError{err}
	}
	return n, r.err
}

// stdoutError says that a result could not be written to stdout.
type stdoutError struct{ err error }

func (e *stdoutError) Error() string { return fmt.Sprintf("standard output: cannot write: %v", e.err) }
func (e *stdoutError) Unwrap() error { return e.err }

// header is the beginning of every JSON result.
type header struct {
	Schema   string         `json:"schema"`
	Command  string         `json:"command"`
	Warnings []string       `json:"warnings"`
	Seconds  *report.Number `json:"seconds,omitempty"` // with --timings
}

func newHeader(command string) header {
	return header{Schema: "eimtool." + command + "/1", Command: command, Warnings: []string{}}
}

func (h *header) warn(w ...string) { h.Warnings = append(h.Warnings, w...) }

// show prints a result, whose header is h: as JSON, or its warnings and then
// the text that text writes.
func (a *app) show(h *header, result any, text func(io.Writer) error) error {
	h.Warnings = distinct(h.Warnings)
	seconds := report.Number(time.Since(a.start).Seconds())
	if a.timings {
		h.Seconds = &seconds
	}
	if a.json {
		return report.JSON(a.out, result)
	}
	for _, w := range h.Warnings {
		fmt.Fprintf(a.err, "eimtool: warning: %s\n", w)
	}
	if a.timings {
		fmt.Fprintf(a.err, "eimtool: %.3f s\n", float64(seconds))
	}
	var buf bytes.Buffer
	if err := text(&buf); err != nil {
		return err
	}
	_, err := a.out.Write(buf.Bytes())
	return err
}

// distinct drops repeated strings.
func distinct(list []string) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// say writes one summary line to stderr, unless --quiet or --json.
func (a *app) say(format string, args ...any) {
	if !a.quiet && !a.json {
		fmt.Fprintf(a.err, "eimtool: "+format+"\n", args...)
	}
}

// detail writes a line to stderr with --verbose.
func (a *app) detail(format string, args ...any) {
	if a.verbose {
		fmt.Fprintf(a.err, "eimtool: "+format+"\n", args...)
	}
}

// checkOutput refuses an output that cannot be written, before any work.
func checkOutput(output string, inputs ...string) error {
	if output == "-" {
		return nil
	}
	return safefile.CheckOutput(output, inputs...)
}

// needOutput refuses a command line without an output, or with two for stdout.
func (a *app) needOutput(output, command, example string) error {
	switch {
	case output == "":
		return inputErrorf("add -o "+example, "no output: %s needs -o", command)
	case output == "-" && a.json:
		return inputErrorf("write to a file: -o "+example, "-o - with --json: both would go to standard output")
	}
	return nil
}

// create opens output for an atomic write; "-" is stdout. done(err) commits the
// file when err is nil and otherwise removes it.
func (a *app) create(output string) (w io.Writer, done func(error) error, err error) {
	if output == "-" {
		buf := bufio.NewWriterSize(a.out, 1<<20)
		return buf, func(err error) error {
			if err != nil {
				return err
			}
			return buf.Flush()
		}, nil
	}
	f, err := safefile.Create(output)
	if err != nil {
		return nil, nil, err
	}
	return f, func(err error) error {
		if err != nil {
			f.Abort()
			return err
		}
		return f.Commit()
	}, nil
}

// writeMatrix writes m to output as a Matrix Market file.
func (a *app) writeMatrix(ctx context.Context, output string, m *matrix.Matrix) error {
	w, done, err := a.create(output)
	if err != nil {
		return err
	}
	opt := mtx.WriteOptions{Threads: a.threads}
	if !strings.HasSuffix(strings.ToLower(output), ".gz") {
		return done(mtx.Write(ctx, w, m, opt))
	}
	z := gzip.NewWriter(w) // without name and time: same matrix, same bytes
	err = mtx.Write(ctx, z, m, opt)
	if closed := z.Close(); err == nil {
		err = closed
	}
	return done(err)
}

// interruptible is a writer that fails once its context is cancelled.
type interruptible struct {
	ctx context.Context
	w   io.Writer
}

func (i *interruptible) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.w.Write(p)
}

func writeCSV(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}
