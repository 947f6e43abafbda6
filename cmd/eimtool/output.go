package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"eimtool/internal/matrix"
	"eimtool/internal/memory"
	"eimtool/internal/mtx"
	"eimtool/internal/safefile"
)

// say writes one summary or warning line to stderr, unless --quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, "eimtool: "+format+"\n", args...)
	}
}

// warn writes warnings to stderr; with --json they are part of the object.
func (a *app) warn(warnings []string) {
	if a.json {
		return
	}
	for _, w := range warnings {
		fmt.Fprintf(a.err, "eimtool: warning: %s\n", w)
	}
}

// memoryLimit returns the bytes that a command may use.
func (a *app) memoryLimit() (int64, error) {
	if a.memory == "" {
		return 0, nil
	}
	n, err := memory.ParseSize(a.memory)
	if err != nil {
		return 0, inputErrorf("write for example 4GiB", "--memory %s: %v", a.memory, err)
	}
	return n, nil
}

// checkOutputs refuses outputs that cannot be written, before any work.
func checkOutputs(output string, inputs ...string) error {
	if output == "-" {
		return nil
	}
	return safefile.CheckOutput(output, inputs...)
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
func (a *app) writeMatrix(ctx context.Context, output string, m *matrix.Matrix, comment string) error {
	w, done, err := a.create(output)
	if err != nil {
		return err
	}
	return done(mtx.Write(ctx, w, m, mtx.WriteOptions{Threads: a.threads, Comment: comment}))
}

// readMatrix reads a Matrix Market file; "-" is stdin.
func (a *app) readMatrix(ctx context.Context, path string, opt mtx.ReadOptions) (*mtx.File, error) {
	opt.Threads = a.threads
	if path == "-" {
		opt.Name = "standard input"
		return mtx.Read(ctx, a.in, opt)
	}
	return mtx.ReadFile(ctx, path, opt)
}

// size returns the size of a file, 0 when it cannot be had.
func size(path string) int64 {
	if info, err := os.Stat(path); err == nil {
		return info.Size()
	}
	return 0
}
