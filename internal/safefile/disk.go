package safefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// disk is what this package asks of the file system: the operating system's,
// or in tests one that fails at a chosen call.
type disk interface {
	open(name string, flag int, mode fs.FileMode) (handle, error)
	rename(from, to string) error
	remove(name string) error
	syncDir(name string) error
}

// handle is an open output file.
type handle interface {
	io.WriteCloser
	Sync() error
	Chmod(fs.FileMode) error
}

type osDisk struct{}

func (osDisk) open(name string, flag int, mode fs.FileMode) (handle, error) {
	f, err := os.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err // not a handle that holds a nil *os.File
	}
	return f, nil
}

func (osDisk) rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) remove(name string) error { return os.Remove(name) }

// syncDir syncs a folder, where the system can do that.
func (osDisk) syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return nil // a folder may be writable and not readable
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// standard returns the open standard stream that path names, nil if none:
// opening such a path anew would write over what the stream already holds.
func standard(path string) *os.File {
	switch path {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return os.Stdout
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return os.Stderr
	}
	return nil
}
