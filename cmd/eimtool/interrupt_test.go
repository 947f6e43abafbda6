package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cancelAfter cancels a context with its k-th write.
type cancelAfter struct {
	bytes.Buffer
	k      int
	cancel func()
}

func (c *cancelAfter) Write(p []byte) (int, error) {
	if c.k--; c.k == 0 {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

// A run that is interrupted at its k-th line of progress leaves nothing behind.
func TestInterrupted(t *testing.T) {
	home := t.TempDir()
	smallModel(t, home)
	samples := filepath.Join(home, "samples.csv")
	for k := 1; k <= 30; k++ {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		errOut := &cancelAfter{k: k, cancel: cancel}
		var out bytes.Buffer
		code := run(ctx, []string{"offline", samples, "-o", filepath.Join(dir, "m.npz"), "-v"}, strings.NewReader(""), &out, errOut)
		cancel()
		if errOut.k > 0 {
			return // the run ended before
		}
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if code == exitDone && len(left) == 1 {
			return // the line came after the bundle
		}
		if code != exitInterrupted || len(left) != 0 || out.Len() != 0 || !strings.HasSuffix(errOut.String(), "eimtool: interrupted\n") {
			t.Errorf("cancelled at line %d: exit %d, files %v, stderr %q", k, code, left, errOut.String())
		}
	}
	t.Error("more than 30 lines of progress")
}

func TestInterruptedBeforeTheStart(t *testing.T) {
	dir := t.TempDir()
	model := smallModel(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, args := range [][]string{
		{"online", model, "--mu", "2.5", "-o", filepath.Join(dir, "out.mtx")},
		{"verify", model},
		{"info", filepath.Join(dir, "snap", "A_k=1.mtx")},
	} {
		var out, errOut bytes.Buffer
		if code := run(ctx, args, strings.NewReader(""), &out, &errOut); code != exitInterrupted || out.Len() != 0 {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, out.String(), errOut.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "out.mtx")); err == nil {
		t.Error("an output was written")
	}
}

// Waiting for standard input ends with the context.
func TestInterruptedWhileWaiting(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	var out, errOut bytes.Buffer
	if code := run(ctx, []string{"info", "-"}, r, &out, &errOut); code != exitInterrupted {
		t.Errorf("exit %d, stderr %q", code, errOut.String())
	}
}

func TestCancelReaderPassesAll(t *testing.T) {
	want := strings.Repeat("some text\n", 300_000)
	r := &cancelReader{ctx: context.Background(), r: strings.NewReader(want)}
	if got, err := io.ReadAll(r); err != nil || string(got) != want {
		t.Errorf("%d of %d bytes, %v", len(got), len(want), err)
	}
}
