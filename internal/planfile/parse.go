package planfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"eimtool/internal/family"
	"eimtool/internal/plan"
)

// ErrNotPlan says that a file holds no plan; it is the cause of a
// *family.TableError.
var ErrNotPlan = errors.New("no plan")

// maxBytes bounds a plan file; one of 1000 terms is below 1 MB.
const maxBytes = 1 << 28

const (
	againHint = "make the plan again with eimtool plan, and fill in only the column " + fileColumn
	madeHint  = "make one with: eimtool plan CANDIDATES --function EXPR -o plan.csv"
)

// Read reads the plan in the file path. See Parse.
func Read(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		var reason *fs.PathError
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return nil, &family.TableError{File: path, Msg: fmt.Sprintf("cannot be read: %v", err), Hint: madeHint, Err: err}
	}
	defer f.Close()
	return Parse(f, path)
}

// Parse reads a plan that Write wrote and a user or a spreadsheet may have
// filled in; name stands for the file in messages. Every term of the plan has to
// have its row in the table, to the precision to which spreadsheets round (see
// agrees); further rows are allowed. All numbers of the plan are those of Write,
// bit by bit. Errors are of type *family.TableError.
func Parse(r io.Reader, name string) (*plan.Plan, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return nil, &family.TableError{File: name, Msg: fmt.Sprintf("cannot be read: %v", err), Err: err}
	case len(data) > maxBytes:
		return nil, &family.TableError{File: name, Msg: "is longer than 256 MiB: this is no plan", Hint: madeHint, Err: ErrNotPlan}
	}
	f := file{name: name}
	f.split(data)
	if err := f.collect(); err != nil {
		return nil, err
	}
	p, err := f.build()
	if err == nil {
		err = f.checkRows(p)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// file is a plan file in lines.
type file struct {
	name    string
	lines   []string // comments are taken out
	head    string   // the line #eimtool-plan
	headAt  int      // its number, from 1; 0 when there is none
	found   []record
	records []string // texts in order, once collect has checked them
	at      []int    // their lines
}

// record is a record as found.
type record struct {
	line int
	text string // number, kind, values
}

// split finds the comment lines of the plan and takes all comments out.
func (f *file) split(data []byte) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	f.lines = strings.Split(string(data), "\n")
	for i, line := range f.lines {
		if i == 0 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		text, ok := comment(line)
		if !ok {
			continue
		}
		f.lines[i] = ""
		switch rest, isRecord := strings.CutPrefix(text, recordMark); {
		case isRecord:
			f.found = append(f.found, record{i + 1, rest})
		case strings.HasPrefix(text, headMark+" ") && f.headAt == 0:
			f.head, f.headAt = text, i+1
		case strings.HasPrefix(text, headMark):
			f.found = append(f.found, record{i + 1, text}) // refused by collect
		}
	}
}

func (f *file) fail(line int, hint, format string, args ...any) error {
	return &family.TableError{File: f.name, Line: line, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// collect puts the records in order and makes sure that they are complete and
// unchanged.
func (f *file) collect() error {
	if f.headAt == 0 {
		if len(f.found) > 0 {
			return f.fail(0, againHint, "the line %s is missing", headMark)
		}
		return &family.TableError{File: f.name, Msg: "holds no plan: there is no line " + headMark, Hint: madeHint, Err: ErrNotPlan}
	}
	words := strings.Fields(f.head)
	v, err := strconv.Atoi(words[1])
	switch {
	case err != nil || v < 1:
		return f.fail(f.headAt, againHint, "%q is no version of a plan", words[1])
	case v > version:
		return f.fail(f.headAt, "read it with a newer eimtool, or make the plan again with this one", "is a plan of format %d; this eimtool reads formats up to %d", v, version)
	case len(words) != 4:
		return f.fail(f.headAt, againHint, "%q: want %s VERSION RECORDS CHECKSUM", f.head, headMark)
	}
	count, err := strconv.Atoi(words[2])
	if err != nil || count < 1 || count > len(f.found) {
		return f.fail(f.headAt, againHint, "the plan is incomplete: %s of %s are there", counted(len(f.found), "record"), words[2])
	}
	f.records, f.at = make([]string, count), make([]int, count)
	for _, r := range f.found {
		id, text, _ := strings.Cut(r.text, " ")
		n, err := strconv.Atoi(id)
		switch {
		case err != nil || n < 1 || n > count:
			return f.fail(r.line, againHint, "%q is no record of this plan", recordMark+id)
		case f.at[n-1] > 0:
			return f.fail(r.line, "one file holds one plan", "record %d is there twice; the other one is on line %d", n, f.at[n-1])
		}
		f.records[n-1], f.at[n-1] = text, r.line
	}
	for i, line := range f.at {
		if line == 0 {
			return f.fail(0, againHint, "the plan is incomplete: record %d of %d is missing", i+1, count)
		}
	}
	if sum := checksum(f.records); sum != words[3] {
		return f.fail(f.headAt, againHint, "the plan was changed after it was made: its lines %s have checksum %s, want %s", recordMark, sum, words[3])
	}
	return nil
}

// rounding is how far a spreadsheet may have rounded a parameter, relative to
// its value or its range: ten digits are usual, fewer are an edit.
const rounding = 1e-6

// checkRows makes sure that the table has every parameter of the plan.
func (f *file) checkRows(p *plan.Plan) error {
	t, err := family.ParseTable(strings.NewReader(strings.Join(f.lines, "\n")), f.name, family.TableOptions{Names: p.Names})
	if err != nil {
		return err
	}
	for m := range p.Mu.Rows {
		if !hasRow(t, p, m) {
			return f.fail(0, "write the row again, or make the plan again; further columns and rows do no harm",
				"the table has no row %s, which the plan asks for (term %d)", assignments(p.Names, p.Mu.Row(m)), m+1)
		}
	}
	return nil
}

// hasRow reports whether a row of the table agrees with term m.
func hasRow(t *family.Table, p *plan.Plan, m int) bool {
	for _, s := range t.Samples {
		same := true
		for j, v := range p.Mu.Row(m) {
			same = same && agrees(v, s.Mu[j], p.Upper[j]-p.Lower[j])
		}
		if same {
			return true
		}
	}
	return false
}

// agrees reports whether got is want, rounded; of 0 relative to the width of the
// parameter's range.
func agrees(want, got, width float64) bool {
	scale := math.Abs(want)
	if scale == 0 {
		scale = width
	}
	return want == got || math.Abs(want-got) <= rounding*scale
}

func assignments(names []string, mu []float64) string {
	parts := make([]string, len(names))
	for j, n := range names {
		parts[j] = n + "=" + number(mu[j])
	}
	return strings.Join(parts, ", ")
}
