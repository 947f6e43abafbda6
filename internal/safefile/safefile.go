// Package safefile writes output files that are either whole or not there: a
// temporary file in the target's folder is filled, flushed, synced, closed and
// renamed onto the target. It knows nothing of what the files hold; the
// commands and the bundle writer use it.
//
// Rules:
//   - A target that exists and is no regular file (a device such as /dev/null, a
//     fifo, a socket) is written directly: renaming would replace it.
//   - A symbolic link is followed first: what it points at is replaced, the link
//     stays.
//   - A new file gets the mode 0666 less the umask, a replaced one keeps the mode
//     it had.
//   - After an error, Abort or a cancelled context, neither a new file nor a
//     temporary one is left, and an existing target is unchanged.
package safefile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// File is an output under construction. It is not safe for concurrent use.
type File struct {
	path   string // as given
	target string // with symbolic links resolved
	temp   string // the temporary file, "" when the target is written directly
	keep   bool   // the handle belongs to the process: never closed
	mode   fs.FileMode
	modeOf bool // mode holds the mode of the file to be replaced

	disk disk
	file handle
	buf  *bufio.Writer
	size int64
	err  error // the first error
	done bool  // committed or aborted
}

// WriteError reports that an output could not be written; the output is not
// there, or is what it was before.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("%s: cannot write: %v", e.Path, cause(e.Err)) }

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// cause drops operation and (temporary) path from an error of package os.
func cause(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// bufferSize is large enough that big writers bypass the buffer and small ones
// make few system calls.
const bufferSize = 1 << 16

// Create starts writing path. The target appears with Commit; every path of the
// caller that does not reach Commit must call Abort, usually by defer. The error
// is an *OutputError when path can be refused for what it is, a *WriteError
// otherwise.
func Create(path string) (*File, error) { return create(osDisk{}, path) }

func create(d disk, path string) (*File, error) {
	f := &File{path: path, disk: d}
	if std := standard(path); std != nil {
		f.keep = true
		return f.begin(std), nil
	}
	place, err := locate(path)
	if err != nil {
		return nil, err
	}
	f.target = place.target
	if place.direct {
		h, err := d.open(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, &WriteError{path, err}
		}
		return f.begin(h), nil
	}
	f.mode, f.modeOf = place.mode, place.exists
	h, temp, err := createTemp(d, f.target)
	if err != nil {
		return nil, &WriteError{path, err}
	}
	f.temp = temp
	return f.begin(h), nil
}

func (f *File) begin(h handle) *File {
	f.file = h
	f.buf = bufio.NewWriterSize(h, bufferSize)
	return f
}

// createTemp creates a new file beside target, with mode 0666 less the umask.
func createTemp(d disk, target string) (handle, string, error) {
	dir, base := filepath.Split(target)
	// The name of the target may already be as long as names may be.
	base = strings.ToValidUTF8(base[:min(len(base), 64)], "")
	for range 100 {
		temp := dir + "." + base + "." + strconv.FormatUint(rand.Uint64(), 36) + ".tmp"
		h, err := d.open(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return h, temp, err
	}
	return nil, "", fmt.Errorf("no free name for a temporary file in %q", dir)
}

// Write writes p. After an error every further call returns that error.
func (f *File) Write(p []byte) (int, error) {
	if f.done {
		return 0, &WriteError{f.path, fs.ErrClosed}
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.buf.Write(p)
	f.size += int64(n)
	if err != nil {
		f.fail(err)
	}
	return n, f.err
}

// Path returns the path given to Create.
func (f *File) Path() string { return f.path }

// Size returns the number of bytes written so far.
func (f *File) Size() int64 { return f.size }

// fail records the first error.
func (f *File) fail(err error) {
	if f.err == nil && err != nil {
		f.err = &WriteError{f.path, err}
	}
}

// Commit makes the output appear under its name and returns the first error of
// all that was done to it, in which case nothing has changed and nothing is
// left (but for a folder that cannot be synced: then the new file is in place
// and may not survive a power failure). Calling it again returns the same
// result; after Abort it fails.
func (f *File) Commit() error {
	if f.done {
		return f.err
	}
	f.step(f.buf.Flush)
	if f.temp == "" {
		f.done = true
		if !f.keep {
			f.fail(f.file.Close())
		}
		return f.err
	}
	if f.modeOf {
		f.step(func() error { return f.file.Chmod(f.mode) })
	}
	f.step(f.file.Sync)
	if f.err != nil {
		f.discard()
		return f.err
	}
	f.step(f.file.Close)
	f.step(func() error { return f.disk.rename(f.temp, f.target) })
	f.done = true
	if f.err != nil {
		f.fail(f.disk.remove(f.temp))
		return f.err
	}
	// The file is whole and in place from here on; the folder is synced so
	// that the name survives a power failure too.
	f.step(func() error { return f.disk.syncDir(filepath.Dir(f.target)) })
	return f.err
}

// step runs one step unless an earlier one failed.
func (f *File) step(do func() error) {
	if f.err == nil {
		f.fail(do())
	}
}

// Abort drops the output and leaves the target as it was. It does nothing after
// Commit or a first Abort.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.fail(errors.New("given up before the end"))
	f.discard()
}

// discard closes the file and removes the temporary one.
func (f *File) discard() {
	f.done = true
	if !f.keep {
		f.fail(f.file.Close())
	}
	if f.temp != "" {
		f.fail(f.disk.remove(f.temp))
	}
}

// Write creates path, lets fill write it and commits, unless fill fails,
// panics or ctx is cancelled by the time it returns: then nothing is left. It
// returns the number of bytes written.
func Write(ctx context.Context, path string, fill func(w io.Writer) error) (int64, error) {
	f, err := Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Abort()
	if err := fill(f); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := f.Commit(); err != nil {
		return 0, err
	}
	return f.size, nil
}
