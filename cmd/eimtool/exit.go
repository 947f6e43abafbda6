package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"eimtool/internal/answer"
	"eimtool/internal/bundle"
	"eimtool/internal/expr"
	"eimtool/internal/family"
	"eimtool/internal/logdet/lanczos"
	"eimtool/internal/memory"
	"eimtool/internal/mtx"
	"eimtool/internal/plan"
	"eimtool/internal/probefile"
	"eimtool/internal/safefile"
	"eimtool/internal/surrogate"
)

// Exit codes; this file is the only place that maps errors to them.
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
	hint    string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// inputError is an error of what the user gave, found after the command began.
type inputError struct {
	msg, hint string
	file      string
	line      int // 0 = none in particular
}

func (e *inputError) Error() string {
	switch {
	case e.file == "":
		return e.msg
	case e.line == 0:
		return e.file + ": " + e.msg
	}
	return fmt.Sprintf("%s:%d: %s", e.file, e.line, e.msg)
}

func inputErrorf(hint, format string, args ...any) error {
	return &inputError{msg: fmt.Sprintf(format, args...), hint: hint}
}

// fileErrorf is inputErrorf for a place in a file; line 0 is none.
func fileErrorf(file string, line int, hint, format string, args ...any) error {
	return &inputError{msg: fmt.Sprintf(format, args...), hint: hint, file: file, line: line}
}

// accuracyError says that a result is less accurate than asked for.
type accuracyError struct{ msg, hint string }

func (e *accuracyError) Error() string { return e.msg }

// exitCode maps an error to an exit code.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case is[*accuracyError](err), is[*answer.SingularError](err), is[*answer.LogDetError](err), is[*lanczos.NotDefiniteError](err), is[*lanczos.NumberError](err), is[*lanczos.PreconditionerError](err):
		return exitAccuracy
	case is[*safefile.WriteError](err), is[*stdoutError](err):
		return exitFailed
	case aboutInput(err):
		return exitInput
	}
	return exitFailed
}

// aboutInput reports whether err is about what the user gave: the command line,
// a file that cannot be read or used, an output place that cannot be written to.
func aboutInput(err error) bool {
	return is[*usageError](err) || is[*inputError](err) || is[*mtx.ParseError](err) ||
		is[*family.TableError](err) || is[*family.TemplateError](err) || is[*family.MemoryError](err) ||
		is[*surrogate.BuildError](err) || is[*surrogate.OptionError](err) || is[*surrogate.ProbeError](err) ||
		is[*probefile.Error](err) || is[*memory.SizeError](err) || is[*safefile.OutputError](err) ||
		is[*bundle.VersionError](err) || errors.Is(err, bundle.ErrCorrupt) || errors.Is(err, bundle.ErrNotBundle) ||
		is[*surrogate.RHSError](err) || is[*surrogate.PartsError](err) ||
		is[*answer.MethodError](err) || is[*answer.RHSError](err) || is[*answer.QuantityError](err) || is[*answer.PointError](err) || is[*answer.MemoryError](err) ||
		is[*lanczos.OptionError](err) ||
		is[*plan.ProblemError](err) || is[*plan.FunctionError](err) || is[*plan.ValueError](err) || is[*plan.MemoryError](err) ||
		is[*surrogate.FunctionFieldError](err) ||
		errors.Is(err, surrogate.ErrNoInterpolation) || is[*fs.PathError](err)
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// details returns the position and the hint that an error carries.
func details(err error) (file string, line int, hint string) {
	var (
		usage    *usageError
		input    *inputError
		accuracy *accuracyError
		parse    *mtx.ParseError
		table    *family.TableError
		probe    *probefile.Error
		tmpl     *family.TemplateError
		mem      *family.MemoryError
		out      *safefile.OutputError
		write    *safefile.WriteError
		corrupt  *bundle.CorruptError
		newer    *bundle.VersionError
		path     *fs.PathError
		method   *answer.MethodError
		rhs      *answer.RHSError
		quantity *answer.QuantityError
		point    *answer.PointError
		refused  *answer.LogDetError
		problem  *plan.ProblemError
		function *plan.FunctionError
		value    *expr.EvalError
		syntax   *expr.Error
		large    *plan.MemoryError
	)
	switch {
	case errors.As(err, &usage):
		return "", 0, usage.hint
	case errors.As(err, &parse):
		if hint = parse.Hint; hint == "" {
			hint = "correct this place, or write the file again"
		}
		return parse.File, parse.Line, hint
	case errors.As(err, &table):
		return table.File, table.Line, table.Hint
	case errors.As(err, &probe):
		return probe.File, probe.Line, probe.Hint
	case errors.As(err, &tmpl):
		return "", 0, tmpl.Hint
	case errors.As(err, &mem):
		return "", 0, mem.Hint()
	case errors.As(err, &input):
		return input.file, input.line, input.hint
	case errors.As(err, &accuracy):
		return "", 0, accuracy.hint
	case errors.As(err, &method):
		return "", 0, method.Hint
	case errors.As(err, &rhs):
		return "", 0, rhs.Hint
	case errors.As(err, &quantity):
		return "", 0, quantity.Hint
	case errors.As(err, &point):
		return "", 0, point.Hint
	case errors.As(err, &refused):
		return "", 0, refused.Hint
	case errors.As(err, &problem):
		return "", 0, problem.Hint
	case errors.As(err, &function) && function.Hint != "":
		return "", 0, function.Hint
	case errors.As(err, &syntax):
		return "", 0, syntax.Hint
	case errors.As(err, &value):
		return "", 0, value.Hint
	case errors.As(err, &large):
		return "", 0, "give fewer candidates or points, or raise --memory"
	case errors.As(err, &out):
		return out.Path, 0, out.Hint
	case errors.As(err, &write):
		return write.Path, 0, ""
	case errors.As(err, &corrupt): // says what to do
		return corrupt.Path, 0, ""
	case errors.As(err, &newer): // so does this
		return newer.Path, 0, ""
	case errors.Is(err, bundle.ErrNotBundle):
		return "", 0, "make a bundle with: eimtool offline SAMPLES -o model.npz"
	case errors.As(err, &path):
		return path.Path, 0, ""
	}
	return "", 0, ""
}

// message is the error as one line, without the names of system calls.
func message(err error) string {
	if path, ok := err.(*fs.PathError); ok {
		return path.Path + ": " + path.Err.Error()
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
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
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(map[string]body{"error": {code, message(err), file, line, hint}})
		fmt.Fprint(a.err, b.String())
		return code
	}
	fmt.Fprintf(a.err, "eimtool: %s\n", message(err))
	if hint != "" {
		fmt.Fprintf(a.err, "eimtool: hint: %s\n", hint)
	}
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(a.err, "eimtool: run '%s --help' for usage\n", usage.command)
	}
	return code
}
