package bundle

import (
	"errors"
	"fmt"
)

// ErrCorrupt is wrapped by every error that a damaged, truncated or
// inconsistent bundle causes; the concrete type is *CorruptError.
var ErrCorrupt = errors.New("bundle is damaged")

// ErrNotBundle is wrapped when a file was never a bundle: not a ZIP file, or
// an .npz file without the meta.json of one.
var ErrNotBundle = errors.New("not a bundle")

// CorruptError says where a bundle is damaged.
type CorruptError struct {
	Path   string // file, empty when read from memory
	Member string // member, empty for the ZIP structure itself
	Offset int64  // byte offset in the file
	Reason string // what was found and what was expected
}

// Error names file, member, offset, reason and what to do.
func (e *CorruptError) Error() string {
	s := ""
	if e.Path != "" {
		s = e.Path + ": "
	}
	if e.Member != "" {
		s += e.Member + ": "
	}
	return fmt.Sprintf("%sbyte %d: %s; the bundle is damaged: restore it from a copy or build it again", s, e.Offset, e.Reason)
}

// Unwrap returns ErrCorrupt.
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// VersionError refuses a bundle of a format that this program does not know.
type VersionError struct {
	Path          string
	Found, Newest int
	ToolVersion   string // the tool that wrote the file, when it says so
}

// Error names both versions and what to do.
func (e *VersionError) Error() string {
	s := ""
	if e.Path != "" {
		s = e.Path + ": "
	}
	by := ""
	if e.ToolVersion != "" {
		by = fmt.Sprintf(" (written by eimtool %s)", e.ToolVersion)
	}
	if e.Found < 1 {
		return fmt.Sprintf("%sbundle format %d%s does not exist; this program reads formats 1 to %d", s, e.Found, by, e.Newest)
	}
	return fmt.Sprintf("%sbundle format %d%s is newer than this program, which reads formats 1 to %d; use a newer eimtool", s, e.Found, by, e.Newest)
}

// TypeError reports a Go type, or a value, that a bundle cannot hold, or that
// does not fit what the bundle holds.
type TypeError struct {
	Path   string // path of the field in the model, elements separated by '/'
	Reason string
}

// Error names the field and the reason.
func (e *TypeError) Error() string {
	if e.Path == "" {
		return "bundle: model: " + e.Reason
	}
	return fmt.Sprintf("bundle: field %s: %s", e.Path, e.Reason)
}
