package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eimtool/internal/bundle"
	"eimtool/internal/family"
	"eimtool/internal/memory"
	"eimtool/internal/mtx"
	"eimtool/internal/probefile"
	"eimtool/internal/safefile"
	"eimtool/internal/surrogate"
)

func TestExitCodes(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("a bug"), 1},
		{&safefile.WriteError{Path: "a", Err: missing}, 1},
		{&stdoutError{&fs.PathError{Op: "write", Path: "/dev/stdout", Err: errors.New("full")}}, 1},
		{&bundle.TypeError{}, 1},
		{&usageError{err: errors.New("a")}, 2},
		{inputErrorf("", "a"), 2},
		{missing, 2},
		{&mtx.ParseError{}, 2},
		{&family.TableError{}, 2},
		{&family.TemplateError{}, 2},
		{&family.MemoryError{}, 2},
		{&memory.SizeError{}, 2},
		{&probefile.Error{}, 2},
		{&surrogate.BuildError{Err: errors.New("a")}, 2},
		{&surrogate.OptionError{}, 2},
		{&surrogate.ProbeError{}, 2},
		{surrogate.ErrNoInterpolation, 2},
		{&safefile.OutputError{}, 2},
		{&bundle.CorruptError{}, 2},
		{&bundle.VersionError{}, 2},
		{fmt.Errorf("a: %w", bundle.ErrNotBundle), 2},
		{&accuracyError{}, 3},
		{&sweepError{1, 2, &accuracyError{}}, 3},
		{&sweepError{1, 2, missing}, 2},
		{errInterrupted, 130},
		{&mtx.ParseError{Err: context.Canceled}, 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%T %v: exit code %d, want %d", c.err, c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("k=1: %w", c.err)); got != c.want {
			t.Errorf("%T, wrapped: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

// A terminal sees one line that is redrawn and erased; others see nothing.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		terminal, quiet, json, verbose bool
		want                           []string
	}{
		{true, false, false, false, []string{"\r\x1b[Kreading 3/8, ", " left", "\r\x1b[K"}},
		{true, true, false, false, nil},
		{true, false, true, false, nil},
		{false, false, false, false, nil},
		{false, false, false, true, []string{"eimtool: reading\n"}},
	} {
		var out bytes.Buffer
		a := &app{err: &out, terminal: c.terminal, common: common{quiet: c.quiet, json: c.json, verbose: c.verbose}}
		p := a.newProgress()
		p.start = p.start.Add(-2e9) // two seconds ago
		p.report("reading", 0, 8)
		p.drawn, p.began = p.start, p.start
		p.report("reading", 3, 8)
		p.end()
		got := out.String()
		if len(c.want) == 0 && got != "" {
			t.Errorf("%+v: %q", c, got)
		}
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%+v: %q has no %q", c, got, w)
			}
		}
		if c.terminal && len(c.want) > 0 && !strings.HasSuffix(got, "\r\x1b[K") {
			t.Errorf("the line is not erased: %q", got)
		}
	}
}

// A panic is reported as a bug, exit code 1 (Go's own would be 2).
func TestPanic(t *testing.T) {
	var errOut bytes.Buffer
	code := run(context.Background(), []string{"--version"}, strings.NewReader(""), panicking{}, &errOut)
	if code != exitFailed || !strings.Contains(errOut.String(), "internal error, please report") {
		t.Errorf("exit %d: %s", code, errOut.String())
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("out of order") }

// A few kilobytes that unpack to far more than the memory allowed are refused.
func TestCompressedBomb(t *testing.T) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	text := "%%MatrixMarket matrix coordinate real general\n" + strings.Repeat("%"+strings.Repeat(" ", 1022)+"\n", 8<<10)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bomb.mtx.gz")
	if err := os.WriteFile(path, buf.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := tool(t, "info", path, "--memory", "1MiB")
	if code != exitInput || out != "" || !strings.Contains(errOut, "bomb.mtx.gz") || !strings.Contains(errOut, "hint: ") {
		t.Errorf("exit %d: %s", code, errOut)
	}
}
