package family

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Sample is one row of a table: a parameter and what belongs to it.
type Sample struct {
	Mu    []float64 // one number per parameter, in the order of Table.Names
	File  string    // the matrix file as written, "" without a column file
	Path  string    // File, made relative to the working folder
	RHS   string    // path of the right-hand side, "" without one
	Line  int       // line of the table, from 1; 0 for a path template
	Extra []string  // the cells under Table.Columns, as written
}

// Table is a sample table: parameters, files and the columns carried along.
type Table struct {
	Source   string   // path of the table, or the path template
	Names    []string // parameter names
	Samples  []Sample
	Columns  []string // names of the columns that are neither parameter nor file nor rhs
	Warnings []string
}

// Where names the place of sample i for messages: "samples.csv:4", or the
// file itself when the table came from a path template.
func (t *Table) Where(i int) string {
	if s := t.Samples[i]; s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", t.Source, t.Samples[i].Line)
}

// file names the file and the parameter, if there is one, of sample i for messages.
func (t *Table) file(i int) string {
	if len(t.Names) == 0 {
		return fmt.Sprintf("%q", t.Samples[i].File)
	}
	return fmt.Sprintf("%q (%s)", t.Samples[i].File, t.Mu(i))
}

// row names row and parameter of sample i for messages: "s.csv:4, k=0.5".
func (t *Table) row(i int) string {
	switch {
	case len(t.Names) == 0:
		return t.Where(i)
	case t.Samples[i].Line == 0:
		return t.Mu(i)
	}
	return t.Where(i) + ", " + t.Mu(i)
}

// errorAt returns an error about sample i.
func (t *Table) errorAt(i int, msg, hint string) *TableError {
	s := t.Samples[i]
	if s.Line == 0 {
		return &TableError{File: s.File, Msg: msg, Hint: hint}
	}
	return &TableError{File: t.Source, Line: s.Line, Msg: msg, Hint: hint}
}

// TableError reports what is wrong with a sample table, a path template, or
// with how the files of a table fit together.
type TableError struct {
	File   string // the table; the matrix file when there is only a template
	Line   int    // from 1, 0 when the whole file is meant
	Column string // parameter or column, "" when none
	Msg    string // what was found and what was expected
	Hint   string // what to do
	Err    error  // the cause, may be nil
}

func (e *TableError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Column != "" {
		fmt.Fprintf(&b, "column %q: ", e.Column)
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Unwrap returns the cause.
func (e *TableError) Unwrap() error { return e.Err }

// Open reads the samples that spec names: the path of a sample table (see
// ReadTable), or a path template such as "snap/A_k={k}_eps={eps}.mtx" whose
// placeholders take the parameters from the names of existing files; the files
// are ordered by their numbers. A placeholder may carry a format, as in
// {k:.6f}; any number is accepted in its place. {index} stands for a running
// number that is no parameter; {{ and }} are literal braces. All files are
// known to exist when Open returns. Errors are of type *TableError or
// *TemplateError, or say that the table cannot be read.
func Open(spec string) (*Table, error) {
	if strings.ContainsAny(spec, "{}") {
		if _, err := os.Stat(spec); err != nil {
			return openTemplate(spec)
		}
	}
	info, err := os.Stat(spec)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &TableError{
			File: spec, Msg: "does not exist", Err: err,
			Hint: "name a sample table (CSV), or a path template such as 'snap/A_k={k}.mtx'",
		}
	case err == nil && info.IsDir():
		return nil, &TableError{
			File: spec, Msg: "is a folder; a sample table (CSV) was expected",
			Hint: fmt.Sprintf("to take parameters from file names, write a template such as '%s'", filepath.Join(spec, "A_k={k}.mtx")),
		}
	}
	return ReadTable(spec, TableOptions{RequireFile: true})
}

// checkFiles makes sure that every file of the table is there. The error names
// the first one and counts all.
func (t *Table) checkFiles() error {
	first, missing := -1, 0
	for i, s := range t.Samples {
		info, err := os.Stat(s.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if missing++; first < 0 {
				first = i
			}
		case err != nil:
			e := t.errorAt(i, fmt.Sprintf("file %s cannot be used: %v", t.file(i), reason(err)), "")
			e.Err = err
			return e
		case info.IsDir():
			return t.errorAt(i, fmt.Sprintf("%s is a folder; a matrix file was expected", t.file(i)), "name a .mtx or .mtx.gz file")
		case !info.Mode().IsRegular():
			return t.errorAt(i, fmt.Sprintf("%s is no regular file", t.file(i)), "files are read more than once: write the matrix to a file")
		}
	}
	if first >= 0 {
		return t.missing(first, missing)
	}
	for i, s := range t.Samples {
		if s.RHS == "" {
			continue
		}
		if _, err := os.Stat(s.RHS); err != nil {
			e := t.errorAt(i, fmt.Sprintf("right-hand side %q cannot be used: %v", s.RHS, reason(err)), "paths are relative to the table")
			e.Column, e.Err = "rhs", err
			return e
		}
	}
	return nil
}

// missing explains that the file of a sample, the first of several, is missing.
func (t *Table) missing(first, count int) error {
	s := t.Samples[first]
	msg := fmt.Sprintf("file %s does not exist", t.file(first))
	if count > 1 {
		msg += fmt.Sprintf(" (%d of the %d files are missing)", count, len(t.Samples))
	}
	e := t.errorAt(first, msg, "paths are relative to the folder of the table")
	e.Column, e.Err = fileColumn, fs.ErrNotExist
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	switch {
	case exists(s.Path + ".gz"):
		e.Hint = fmt.Sprintf("%q exists: write that", s.File+".gz")
	case strings.HasSuffix(s.Path, ".gz") && exists(strings.TrimSuffix(s.Path, ".gz")):
		e.Hint = fmt.Sprintf("%q exists: write that", strings.TrimSuffix(s.File, ".gz"))
	case exists(s.File):
		e.Hint = "paths are relative to the folder of the table, not to the working folder"
	case strings.Contains(s.File, `\`):
		e.Hint = "separate folders by /"
	}
	return e
}

// reason drops operation and path from an error of the file system.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
