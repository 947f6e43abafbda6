package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"eimtool/internal/family"
	"eimtool/internal/memory"
	"eimtool/internal/mtx"
)

// stdinName names standard input in messages.
const stdinName = "standard input"

// onlyOneStdin refuses a command line in which more than one of its input files
// is "-".
func onlyOneStdin(files ...string) error {
	n := 0
	for _, f := range files {
		if f == "-" {
			n++
		}
	}
	if n > 1 {
		return inputErrorf("give all but one of them as a file", "%d inputs are -: standard input can be read once", n)
	}
	return nil
}

// cancelReader is standard input that stops waiting when the context ends.
type cancelReader struct {
	ctx     context.Context
	r       io.Reader
	buf     []byte
	rest    []byte // read and not yet handed out
	waiting chan error
}

func (c *cancelReader) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		if c.waiting == nil {
			if c.buf == nil {
				c.buf = make([]byte, 1<<20)
			}
			c.waiting = make(chan error, 1)
			go func() {
				n, err := c.r.Read(c.buf)
				c.rest = c.buf[:n]
				c.waiting <- err
			}()
		}
		select {
		case <-c.ctx.Done():
			return 0, c.ctx.Err()
		case err := <-c.waiting:
			c.waiting = nil
			if err != nil {
				return copy(p, c.rest), err
			}
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// open opens an input file; "-" is stdin. It returns the name for messages.
func (a *app) open(path string) (r io.ReadCloser, name string, err error) {
	if path == "-" {
		return io.NopCloser(a.in), stdinName, nil
	}
	f, err := os.Open(path)
	return f, path, err
}

// openSamples reads a table of matrices or a path template.
func (a *app) openSamples(spec string) (*family.Table, error) {
	if spec == "-" {
		return family.ParseTable(a.in, stdinName, family.TableOptions{RequireFile: true, Dir: "."})
	}
	return family.Open(spec)
}

// openPoints reads a table of parameter points.
func (a *app) openPoints(path string, names []string) (*family.Table, error) {
	opt := family.TableOptions{Names: names}
	if path == "-" {
		opt.Dir = "."
		return family.ParseTable(a.in, stdinName, opt)
	}
	return family.ReadTable(path, opt)
}

// tableFiles lists everything that a table names, itself included.
func tableFiles(t *family.Table) []string {
	files := []string{t.Source}
	for _, s := range t.Samples {
		files = append(files, s.Path)
		if s.RHS != "" {
			files = append(files, s.RHS)
		}
	}
	return files
}

// readMatrix reads a Matrix Market file; "-" is stdin. Text longer than the
// memory that may be used is refused, however small its compressed file is.
func (a *app) readMatrix(ctx context.Context, path string, opt mtx.ReadOptions) (*mtx.File, error) {
	opt.Threads, opt.MaxBytes = a.threads, a.memoryLimit()
	if path == "-" {
		opt.Name = stdinName
		return mtx.Read(ctx, a.in, opt)
	}
	return mtx.ReadFile(ctx, path, opt)
}

// memoryLimit returns the bytes that a command may use, 0 when not known.
func (a *app) memoryLimit() int64 {
	if a.limit > 0 {
		return a.limit
	}
	free, _ := memory.Available()
	return int64(family.DefaultShare * float64(free))
}

// parseMemory returns the bytes of --memory, 0 when it is not given.
func parseMemory(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := memory.ParseSize(s)
	if err != nil {
		hint := ""
		if e, ok := err.(*memory.SizeError); ok {
			hint = e.Hint()
		}
		return 0, inputErrorf(hint, "--memory %s: %v", s, err)
	}
	return n, nil
}

// startsLike reports whether data begin with one of the prefixes, case apart.
// The reader returned gives all data.
func startsLike(r io.Reader, prefixes ...string) (io.Reader, bool) {
	br := bufio.NewReader(r)
	for _, p := range prefixes {
		if head, _ := br.Peek(len(p)); bytes.EqualFold(head, []byte(p)) {
			return br, true
		}
	}
	return br, false
}

// baseNames drops folders.
func baseNames(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = filepath.Base(p)
	}
	return out
}

// isTemplate reports whether an input names files by a path template.
func isTemplate(spec string) bool {
	_, err := os.Stat(spec)
	return err != nil && strings.ContainsAny(spec, "{}")
}

// readVectors reads the columns of an array file.
func (a *app) readVectors(ctx context.Context, path string) ([][]complex128, error) {
	f, err := a.readMatrix(ctx, path, mtx.ReadOptions{})
	if err != nil {
		return nil, err
	}
	full := f.Matrix.Expand()
	v := make([][]complex128, full.Cols)
	for j := range v {
		v[j] = make([]complex128, full.Rows)
	}
	full.Each(func(k, i, j int) { v[j][i] = full.At(k) })
	return v, nil
}

// readBlocks reads the boundaries of multi-physics blocks.
func (a *app) readBlocks(path string) (rows, cols []int, err error) {
	r, name, err := a.open(path)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	return family.ReadBlocks(r, name)
}

// givenFlag is a flag with whether it was given.
type givenFlag struct {
	name  string
	given bool
}

// refuseFlags refuses the first of the flags that was given; why follows its name.
func refuseFlags(flags []givenFlag, hint, why string) error {
	for _, f := range flags {
		if f.given {
			return inputErrorf(hint, "%s%s", f.name, why)
		}
	}
	return nil
}

// givenFlags lists the flags that were given.
func givenFlags(f *pflag.FlagSet) map[string]bool {
	given := map[string]bool{}
	f.Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	return given
}

// isFolder reports whether path is an existing folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
