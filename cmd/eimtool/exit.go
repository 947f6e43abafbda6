package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"eimtool/internal/bundle"
	"eimtool/internal/family"
	"eimtool/internal/memory"
	"eimtool/internal/mtx"
	"eimtool/internal/probefile"
	"eimtool/internal/safefile"
	"eimtool/internal/surrogate"
)

// Exit codes; the only place that maps errors to them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitInput       = 2
	exitAccuracy    = 3
	exitInterrupted = 130
)

var errInterrupted = errors.New("interrupted")

// usageError is an error of the command line itself.
type usageError struct {
	err     error
	command string // whose --help to read
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// inputError is an error of what the user gave, found after the command began.
type inputError struct{ msg, hint string }

func (e *inputError) Error() string { return e.msg }

func inputErrorf(hint, format string, args ...any) error {
	return &inputError{fmt.Sprintf(format, args...), hint}
}

// accuracyError says that a result is less accurate than asked for.
type accuracyError struct{ msg string }

func (e *accuracyError) Error() string { return e.msg }

// exitCode maps an error to an exit code.
func exitCode(err error) int {
	var accuracy *accuracyError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &accuracy):
		return exitAccuracy
	case aboutInput(err):
		return exitInput
	}
	return exitFailed
}

// aboutInput reports whether err is about what the user gave: the command line,
// a file that cannot be read or used, an output place that cannot be written to.
func aboutInput(err error) bool {
	var write *safefile.WriteError
	if errors.As(err, &write) {
		return false
	}
	return is[*usageError](err) || is[*inputError](err) || is[*mtx.ParseError](err) ||
		is[*family.TableError](err) || is[*family.TemplateError](err) || is[*family.MemoryError](err) ||
		is[*surrogate.BuildError](err) || is[*surrogate.OptionError](err) || is[*surrogate.ProbeError](err) ||
		is[*probefile.Error](err) || is[*memory.SizeError](err) || is[*safefile.OutputError](err) ||
		is[*bundle.VersionError](err) || errors.Is(err, bundle.ErrCorrupt) || errors.Is(err, bundle.ErrNotBundle) ||
		errors.Is(err, surrogate.ErrNoInterpolation) || is[*fs.PathError](err)
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// details returns the position and the hint that an error carries.
func details(err error) (file string, line int, hint string) {
	var (
		parse *mtx.ParseError
		table *family.TableError
		input *inputError
		probe *probefile.Error
		tmpl  *family.TemplateError
		mem   *family.MemoryError
		size  *memory.SizeError
		out   *safefile.OutputError
	)
	switch {
	case errors.As(err, &parse):
		return parse.File, parse.Line, parse.Hint
	case errors.As(err, &table):
		return table.File, table.Line, table.Hint
	case errors.As(err, &probe):
		return probe.File, probe.Line, probe.Hint
	case errors.As(err, &tmpl):
		return "", 0, tmpl.Hint
	case errors.As(err, &mem):
		return "", 0, mem.Hint()
	case errors.As(err, &size):
		return "", 0, size.Hint()
	case errors.As(err, &input):
		return "", 0, input.hint
	case errors.As(err, &out):
		return out.Path, 0, out.Hint
	}
	return "", 0, ""
}

// fail prints an error once and returns its exit code.
func (a *app) fail(err error) int {
	code := exitCode(err)
	if code == exitDone {
		return code
	}
	file, line, hint := details(err)
	if a.json {
		type body struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			File    string `json:"file,omitempty"`
			Line    int    `json:"line,omitempty"`
			Hint    string `json:"hint,omitempty"`
		}
		b, _ := json.Marshal(map[string]body{"error": {code, err.Error(), file, line, hint}})
		fmt.Fprintf(a.err, "%s\n", b)
		return code
	}
	fmt.Fprintf(a.err, "eimtool: %v\n", err)
	if hint != "" {
		fmt.Fprintf(a.err, "eimtool: hint: %s\n", hint)
	}
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(a.err, "eimtool: run '%s --help' for usage\n", usage.command)
	}
	return code
}
