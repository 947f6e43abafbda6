package safefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	if d := cmp.Diff(append([]string{}, want...), names(t, dir)); d != "" {
		t.Errorf("files in the folder (-want +got):\n%s", d)
	}
}

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.mtx")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "hello ")
	fmt.Fprint(f, "world")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the output is visible before Commit")
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if err := f.Commit(); err != nil {
		t.Errorf("second Commit: %v", err)
	}
	wantContent(t, path, "hello world")
	wantNames(t, dir, "out.mtx")
	if f.Size() != 11 || f.Path() != path {
		t.Errorf("size %d, path %s", f.Size(), f.Path())
	}
	if _, err := f.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Write after Commit: %v", err)
	}
}

func TestAbort(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	write(t, path, "old")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(bytes.Repeat([]byte("x"), 3*bufferSize)); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	f.Abort()
	if err := f.Commit(); err == nil {
		t.Error("Commit after Abort succeeded")
	}
	wantContent(t, path, "old")
	wantNames(t, dir, "out")
}

// New files get 0666 less the umask, as any program's; replaced ones keep their mode.
func TestMode(t *testing.T) {
	dir := t.TempDir()
	plain, err := os.OpenFile(filepath.Join(dir, "plain"), os.O_CREATE, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	info, err := plain.Stat()
	plain.Close()
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "old")
	write(t, old, "old")
	if err := os.Chmod(old, 0o751); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{filepath.Join(dir, "new"): info.Mode(), old: 0o751} {
		if _, err := Write(t.Context(), path, func(w io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		got, err := os.Stat(path)
		if err != nil || got.Mode() != want {
			t.Errorf("%s has mode %v (%v), want %v", path, got.Mode(), err, want)
		}
	}
}

func TestSymlink(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "a", "real")
	if err := os.MkdirAll(filepath.Join(dir, "a", "deep"), 0o777); err != nil {
		t.Fatal(err)
	}
	// far -> a/deep, so that far/../dangling is a/dangling, not ./dangling.
	for link, to := range map[string]string{
		"one": "two", "two": "a/real", "far": "a/deep", "dangling": "far/../target", "self": "self",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, content string) error {
		_, err := Write(t.Context(), filepath.Join(dir, name), func(w io.Writer) error {
			_, err := io.WriteString(w, content)
			return err
		})
		return err
	}
	if err := put("one", "first"); err != nil { // real does not exist yet
		t.Fatal(err)
	}
	wantContent(t, real, "first")
	if err := put("one", "second"); err != nil {
		t.Fatal(err)
	}
	wantContent(t, real, "second")
	if err := put("dangling", "x"); err != nil {
		t.Fatal(err)
	}
	wantContent(t, filepath.Join(dir, "a", "target"), "x")
	var refused *OutputError
	if err := put("self", "x"); !errors.As(err, &refused) {
		t.Errorf("a link to itself: %v", err)
	}
	wantNames(t, dir, "a", "dangling", "far", "one", "self", "two")
	wantNames(t, filepath.Join(dir, "a"), "deep", "real", "target")
	if to, err := os.Readlink(filepath.Join(dir, "one")); err != nil || to != "two" {
		t.Errorf("the link became %q (%v)", to, err)
	}
}

func TestDeviceIsNotReplaced(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckOutput(os.DevNull, os.DevNull); err != nil {
		t.Errorf("%s refused: %v", os.DevNull, err)
	}
	if n, err := Write(t.Context(), os.DevNull, func(w io.Writer) error {
		_, err := w.Write([]byte("x"))
		return err
	}); err != nil || n != 1 {
		t.Errorf("%d bytes, %v", n, err)
	}
	after, err := os.Stat(os.DevNull)
	if err != nil || before.Mode() != after.Mode() || !os.SameFile(before, after) {
		t.Errorf("%s is now %v (%v)", os.DevNull, after.Mode(), err)
	}
}

func TestStandardStreamStaysOpen(t *testing.T) {
	saved := os.Stdout
	defer func() { os.Stdout = saved }()
	path := filepath.Join(t.TempDir(), "stdout")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	os.Stdout = file
	if err := CheckOutput("/dev/stdout"); err != nil {
		t.Error(err)
	}
	fmt.Fprint(os.Stdout, "before ")
	if _, err := Write(t.Context(), "/dev/stdout", func(w io.Writer) error {
		_, err := io.WriteString(w, "inside ")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(os.Stdout, "after"); err != nil {
		t.Fatal(err)
	}
	wantContent(t, path, "before inside after")
}

// failing is a disk whose call number at (counted from 0) fails.
type failing struct {
	osDisk
	calls, at int
	log       []string
}

var errInjected = errors.New("injected failure")

func (d *failing) call(name string) error {
	d.log = append(d.log, name)
	d.calls++
	if d.calls-1 == d.at {
		return errInjected
	}
	return nil
}

func (d *failing) open(name string, flag int, mode fs.FileMode) (handle, error) {
	if err := d.call("open"); err != nil {
		return nil, err
	}
	h, err := d.osDisk.open(name, flag, mode)
	return &failingHandle{h, d}, err
}

func (d *failing) rename(from, to string) error {
	if err := d.call("rename"); err != nil {
		return err
	}
	return d.osDisk.rename(from, to)
}

func (d *failing) syncDir(name string) error {
	if err := d.call("sync folder"); err != nil {
		return err
	}
	return d.osDisk.syncDir(name)
}

type failingHandle struct {
	handle
	d *failing
}

// Write fails after half of its bytes.
func (h *failingHandle) Write(p []byte) (int, error) {
	if err := h.d.call("write"); err != nil {
		n, _ := h.handle.Write(p[:len(p)/2])
		return n, err
	}
	return h.handle.Write(p)
}

func (h *failingHandle) Sync() error {
	if err := h.d.call("sync"); err != nil {
		return err
	}
	return h.handle.Sync()
}

func (h *failingHandle) Chmod(m fs.FileMode) error {
	if err := h.d.call("chmod"); err != nil {
		return err
	}
	return h.handle.Chmod(m)
}

func (h *failingHandle) Close() error {
	return errors.Join(h.handle.Close(), h.d.call("close"))
}

// Every system call fails once: nothing is left, an old file is unchanged, the
// error names the path. Only after the rename may the new file be there.
func TestFailureAtEveryCall(t *testing.T) {
	for _, old := range []string{"", "old content"} {
		for at := 0; ; at++ {
			dir := t.TempDir()
			path := filepath.Join(dir, "out")
			if old != "" {
				write(t, path, old)
			}
			d := &failing{at: at}
			err := fill(d, path)
			if err == nil {
				if d.calls > at {
					t.Fatalf("the failure of call %d (%v) went unnoticed", at, d.log)
				}
				want := []string{"open", "write", "write", "chmod", "sync", "close", "rename", "sync folder"}
				if old == "" {
					want = append(want[:3], want[4:]...)
				}
				if diff := cmp.Diff(want, d.log); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				break
			}
			var w *WriteError
			if !errors.As(err, &w) || w.Path != path || !errors.Is(err, errInjected) || !strings.Contains(err.Error(), path) {
				t.Errorf("call %d: error %v", at, err)
			}
			switch {
			case d.log[len(d.log)-1] == "sync folder":
				wantContent(t, path, "ab"+strings.Repeat("c", 2*bufferSize))
				wantNames(t, dir, "out")
			case old == "":
				wantNames(t, dir)
			default:
				wantContent(t, path, old)
				wantNames(t, dir, "out")
			}
		}
	}
}

func fill(d disk, path string) error {
	f, err := create(d, path)
	if err != nil {
		return err
	}
	defer f.Abort()
	fmt.Fprint(f, "ab")
	if _, err := f.Write(bytes.Repeat([]byte("c"), 2*bufferSize)); err != nil {
		// A later write must not look as if it had worked.
		if n, again := f.Write([]byte("d")); n != 0 || !errors.Is(again, errInjected) {
			return fmt.Errorf("write after a failed one: %d, %v", n, again)
		}
		return err
	}
	return f.Commit()
}

func TestWriteLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Write(ctx, path, func(w io.Writer) error {
		cancel()
		_, err := io.WriteString(w, "x")
		return err
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Write(t.Context(), path, func(io.Writer) error { return errInjected }); !errors.Is(err, errInjected) {
		t.Errorf("failed fill: %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = Write(t.Context(), path, func(io.Writer) error { panic("bug") })
	}()
	wantNames(t, dir)
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// What goes to a fifo reaches its reader, and the fifo stays.
func TestFifo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := CheckOutput(path); err != nil { // must not open it: nobody reads yet
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		b, _ := os.ReadFile(path)
		got <- string(b)
	}()
	if _, err := Write(t.Context(), path, func(w io.Writer) error {
		_, err := io.WriteString(w, "through")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "through" {
		t.Errorf("read %q", s)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the fifo became %v (%v)", info.Mode(), err)
	}
}

// A full device is reported with the path, by Commit at the latest.
func TestFullDevice(t *testing.T) {
	_, err := Write(t.Context(), "/dev/full", func(w io.Writer) error {
		_, err := io.WriteString(w, "x")
		return err
	})
	var e *WriteError
	if !errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) || e.Path != "/dev/full" {
		t.Errorf("%v", err)
	}
}
