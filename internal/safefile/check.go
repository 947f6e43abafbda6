package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// OutputError refuses an output path before any work is done.
type OutputError struct {
	Path string // as given
	Msg  string // what is wrong
	Hint string // what to do
	Err  error  // the cause, may be nil
}

func (e *OutputError) Error() string { return fmt.Sprintf("output %q: %s", e.Path, e.Msg) }

// Unwrap returns the cause.
func (e *OutputError) Unwrap() error { return e.Err }

// CheckOutput refuses, before any work, an output path that cannot or must not
// be written: the empty path, a folder, a path whose folder is missing or not
// writable, a file that may not be written, and a file that is one of the
// inputs, however the two are spelled. "-" (a standard stream) is no file, for
// output and inputs alike. Inputs that do not exist are left to their readers.
// The error is an *OutputError.
func CheckOutput(path string, inputs ...string) error { return checkOutput(osDisk{}, path, inputs) }

func checkOutput(d disk, path string, inputs []string) error {
	if path == "-" || standard(path) != nil {
		return nil
	}
	place, err := locate(path)
	if err != nil {
		return err
	}
	if place.direct {
		return nil
	}
	if place.exists {
		if err := refuseInputs(path, place.target, inputs); err != nil {
			return err
		}
		h, err := d.open(place.target, os.O_WRONLY, 0)
		if err != nil {
			return refuse(path, err, "the file exists and cannot be written", "choose another name or change its permissions")
		}
		if err := h.Close(); err != nil {
			return &OutputError{Path: path, Msg: err.Error(), Err: err}
		}
	}
	// Only trying tells whether a file can be made here: permissions, access
	// lists, read-only and full file systems all have their say.
	h, temp, err := createTemp(d, place.target)
	if err != nil {
		return refuse(path, err, fmt.Sprintf("no file can be made in the folder %q", filepath.Dir(path)),
			"choose a folder you may write to")
	}
	if err := errors.Join(h.Close(), d.remove(temp)); err != nil {
		return &OutputError{Path: path, Msg: err.Error(), Err: err}
	}
	return nil
}

func refuse(path string, err error, msg, hint string) error {
	return &OutputError{Path: path, Msg: fmt.Sprintf("%s: %v", msg, cause(err)), Hint: hint, Err: err}
}

// refuseInputs compares an existing target with the inputs.
func refuseInputs(path, target string, inputs []string) error {
	out, err := os.Stat(target)
	if err != nil {
		return refuse(path, err, "cannot be examined", "")
	}
	for _, input := range inputs {
		if input == "-" {
			continue
		}
		if in, err := os.Stat(input); err == nil && os.SameFile(in, out) {
			return &OutputError{
				Path: path, Msg: fmt.Sprintf("is the input %q", input),
				Hint: "choose another output: the input would be overwritten",
			}
		}
	}
	return nil
}

// place is where an output goes.
type place struct {
	target string      // resolved path
	direct bool        // exists and is neither a regular file nor a folder
	exists bool        // a regular file is there
	mode   fs.FileMode // its permissions
}

// locate resolves path. It refuses what can never be written: an empty path, a
// folder, a path in a folder that does not exist.
func locate(path string) (place, error) {
	if path == "" {
		return place{}, &OutputError{Path: path, Msg: "the name is empty", Hint: "name a file, or - for standard output"}
	}
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return place{target: path, direct: true}, nil
	}
	if err == nil && info.IsDir() || os.IsPathSeparator(path[len(path)-1]) {
		return place{}, &OutputError{Path: path, Msg: "is a folder", Hint: "name a file inside it"}
	}
	target, rerr := resolve(path)
	if rerr != nil {
		return place{}, missing(path, rerr)
	}
	p := place{target: target}
	switch {
	case err == nil:
		p.exists, p.mode = true, info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, refuse(path, err, "cannot be used", "choose another name")
	}
	return p, nil
}

// missing explains why the folder of path cannot be resolved.
func missing(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &OutputError{
			Path: path, Msg: fmt.Sprintf("the folder %q does not exist", filepath.Dir(path)),
			Hint: "make it first, or choose another", Err: err,
		}
	}
	return refuse(path, err, "cannot be used", "choose another name")
}

// maxLinks is how many symbolic links in a row are followed, as in Linux.
const maxLinks = 40

// resolve returns the path with all symbolic links followed; unlike
// filepath.EvalSymlinks it allows the last element not to exist. Links are
// followed before ".." is taken, as the system does.
func resolve(path string) (string, error) {
	for range maxLinks {
		dir, base := filepath.Split(path)
		if dir == "" {
			dir = "."
		}
		dir, err := filepath.EvalSymlinks(dir)
		if err != nil {
			return "", err
		}
		if info, err := os.Stat(dir); err != nil {
			return "", err
		} else if !info.IsDir() {
			return "", fmt.Errorf("%q is not a folder", dir)
		}
		path = filepath.Join(dir, base)
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link, or nothing there
		}
		if filepath.IsAbs(link) {
			path = link
		} else {
			path = dir + string(filepath.Separator) + link
		}
	}
	return "", errors.New("too many symbolic links")
}
