package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// countdown is a context that is cancelled when it is asked for the k-th time
// whether it is.
type countdown struct {
	context.Context
	lock sync.Mutex
	k    int
	done chan struct{}
}

func newCountdown(k int) *countdown {
	return &countdown{Context: context.Background(), k: k, done: make(chan struct{})}
}

func (c *countdown) Done() <-chan struct{} { return c.done }

func (c *countdown) Err() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.k--; c.k == 0 {
		close(c.done)
	}
	if c.k <= 0 {
		return context.Canceled
	}
	return nil
}

// sweepTable writes a table of n points of the small model.
func sweepTable(t *testing.T, dir string, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("k\n")
	for i := range n {
		fmt.Fprintf(&b, "%g\n", 1+4*float64(i)/float64(n))
	}
	path := filepath.Join(dir, fmt.Sprintf("at%d.csv", n))
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// content returns the files of a folder.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range list {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

// A solve that is interrupted at any moment leaves whole files, those of the
// points before, and nothing else: no part of a joined file or of a table.
func TestInterruptedSolve(t *testing.T) {
	home := t.TempDir()
	model := smallModel(t, home)
	at := sweepTable(t, home, 12)
	c := filepath.Join(home, "c.mtx")
	for _, args := range [][]string{
		{"-o", "x_{index}.mtx"},
		{"-o", "x_{index}.mtx", "--method", "direct"},
		{"-o", "x_{index}.mtx", "--method", "krylov", "--threads", "2"},
		{"-o", "all.mtx"},
		{"-o", "q.csv", "--quantity", c},
		{"-o", "q.csv", "--quantity", c, "--method", "direct"},
	} {
		solve := func(ctx context.Context, dir string) (int, string, string) {
			var out, errOut bytes.Buffer
			line := append([]string{"solve", model, "--at", at}, args...)
			line[5] = filepath.Join(dir, line[5])
			a := &app{in: strings.NewReader(""), out: &resultWriter{w: &out}, err: &errOut}
			root := a.rootCommand()
			root.SetArgs(line)
			err := root.ExecuteContext(ctx)
			if errors.Is(err, context.Canceled) {
				err = errInterrupted
			}
			return a.fail(err), out.String(), errOut.String()
		}
		dir := t.TempDir()
		counter := newCountdown(1 << 40)
		if code, _, errOut := solve(counter, dir); code != exitDone {
			t.Fatalf("%v: exit %d: %s", args, code, errOut)
		}
		whole := content(t, dir)
		asked := 1<<40 - counter.k
		interrupted := 0
		for k := 1; k <= asked; k += 1 + asked/24 {
			dir := t.TempDir()
			code, out, errOut := solve(newCountdown(k), dir)
			got := content(t, dir)
			for name, text := range got {
				if text != whole[name] {
					t.Errorf("%v, interrupted at %d of %d: %s is not whole (%d bytes of %d)", args, k, asked, name, len(text), len(whole[name]))
				}
			}
			switch code {
			case exitInterrupted:
				interrupted++
				if out != "" || !strings.HasSuffix(errOut, "eimtool: interrupted\n") {
					t.Errorf("%v, interrupted at %d: stdout %q, stderr %q", args, k, out, errOut)
				}
				if len(whole) == 1 && len(got) != 0 && k < asked/2 {
					t.Errorf("%v, interrupted at %d of %d: a file was written", args, k, asked)
				}
			case exitDone:
				if len(got) != len(whole) {
					t.Errorf("%v, interrupted at %d of %d: exit 0 with %d of %d files", args, k, asked, len(got), len(whole))
				}
			default:
				t.Errorf("%v, interrupted at %d of %d: exit %d: %s", args, k, asked, code, errOut)
			}
		}
		if interrupted == 0 {
			t.Errorf("%v: never interrupted", args)
		}
	}
}

// A signal during a long solve ends it with status 130 and leaves whole files.
func TestSignalDuringSolve(t *testing.T) {
	home := t.TempDir()
	model := smallModel(t, home)
	at := sweepTable(t, home, 4000)
	for _, output := range []string{"x_{index}.mtx", "all.mtx", "q.csv"} {
		dir := t.TempDir()
		args := []string{"solve", model, "--at", at, "--method", "direct", "-v", "-o", filepath.Join(dir, output)}
		if output == "q.csv" {
			args = append(args, "--quantity", filepath.Join(home, "c.mtx"))
		}
		cmd := exec.Command("eimtool", args...)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var said []string
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			said = append(said, lines.Text())
			if strings.Contains(lines.Text(), "solving") {
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
			}
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || len(said) == 0 || said[len(said)-1] != "eimtool: interrupted" {
			t.Errorf("%s: %v, stderr %q", output, err, said)
		}
		files := content(t, dir)
		if output != "x_{index}.mtx" && len(files) != 0 {
			t.Errorf("%s: %d files", output, len(files))
		}
		for name, text := range files {
			if !strings.HasPrefix(name, "x_") || !strings.HasSuffix(name, ".mtx") || !strings.HasPrefix(text, "%%MatrixMarket") || len(strings.Fields(text)) < 4+2+2 {
				t.Errorf("%s is not whole: %q", name, text)
			}
		}
	}
}
