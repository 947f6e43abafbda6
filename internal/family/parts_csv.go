package family

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"eimtool/internal/expr"
)

const coefficientColumn = "coefficient"

const partsHint = `the first line is file,coefficient; then one line per part, as in: A1.mtx,1`

// ReadParts reads a table of parts: CSV with the columns file (a matrix, its
// path relative to the table) and coefficient (an expression over the
// parameters, in the language of package expr; in quotes when it has a comma).
// The columns may come in any order, others are carried along, and what
// ReadTable accepts besides is accepted here. The parameters are names, all of
// which need not occur; if names is nil, they are all names that occur in the
// coefficients, in the order in which they occur first. All files are known
// to exist when ReadParts returns, but no matrix is read: of the family, only
// the Table is there. Errors are of type *TableError; of expressions they wrap
// an *expr.Error.
func ReadParts(path string, names []string) (*Parts, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &TableError{File: path, Msg: fmt.Sprintf("cannot be read: %v", reason(err)), Hint: "a table of parts (CSV) was expected", Err: err}
	}
	defer f.Close()
	p, err := parseParts(f, path, names)
	if err != nil {
		return nil, err
	}
	if err := p.checkFiles(); err != nil {
		return nil, err
	}
	return p, nil
}

// parseParts reads a table of parts from r; source names it in messages.
func parseParts(r io.Reader, source string, names []string) (*Parts, error) {
	b := partsParser{t: &Table{Source: source}, dir: filepath.Dir(source)}
	br := bufio.NewReader(r)
	if err := refuseOtherFormats(br, source); err != nil {
		return nil, err
	}
	sc := bufio.NewScanner(br)
	sc.Buffer(nil, maxLine)
	sc.Split(splitLines)
	for sc.Scan() {
		b.line++
		if err := b.parse(sc.Text()); err != nil {
			return nil, err
		}
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		b.line++
		return nil, b.fail("", "the line is longer than 1 MiB", partsHint)
	case err != nil:
		return nil, &TableError{File: source, Msg: fmt.Sprintf("cannot be read: %v", reason(err)), Err: err}
	case b.cells == 0:
		return nil, &TableError{File: source, Msg: "the table of parts is empty", Hint: partsHint}
	case len(b.t.Samples) == 0:
		return nil, &TableError{File: source, Line: b.header, Msg: "the table has a header and no part", Hint: partsHint}
	}
	return b.finish(names)
}

// partsParser reads a table of parts line by line.
type partsParser struct {
	t       *Table
	dir     string
	line    int
	header  int // line of the header
	cells   int // cells of the header, 0 before it is read
	file    int // columns
	formula int
	sources []string // of the coefficients
}

func (b *partsParser) fail(column, msg, hint string) *TableError {
	return &TableError{File: b.t.Source, Line: b.line, Column: column, Msg: msg, Hint: hint}
}

func (b *partsParser) parse(line string) error {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return nil
	}
	cells, err := splitCells(line)
	if err != nil {
		return b.fail("", err.Error(), `put a cell between two ", and write a " inside it twice`)
	}
	if b.cells == 0 {
		b.cells, b.header = len(cells), b.line
		return b.parseHeader(cells)
	}
	return b.parseRow(cells)
}

func (b *partsParser) parseHeader(cells []string) error {
	b.file, b.formula = slices.Index(cells, fileColumn), slices.Index(cells, coefficientColumn)
	for _, want := range []string{fileColumn, coefficientColumn} {
		if slices.Contains(cells, want) {
			continue
		}
		hint := partsHint
		for _, name := range cells {
			if strings.EqualFold(name, want) || Nearest(name, []string{want}) != "" {
				hint = fmt.Sprintf("write %q instead of %q", want, name)
				break
			}
		}
		return b.fail("", fmt.Sprintf("no column %s in the header %s", want, list(cells)), hint)
	}
	for c, name := range cells {
		if before := slices.Index(cells, name); before < c && name != "" {
			return b.fail(name, fmt.Sprintf("duplicate name (columns %d and %d)", before+1, c+1), "give every column its own name")
		}
		if c != b.file && c != b.formula {
			b.t.Columns = append(b.t.Columns, name)
		}
	}
	return nil
}

func (b *partsParser) parseRow(cells []string) error {
	if n := len(cells); n != b.cells {
		hint := "every line has one cell per column"
		if n > b.cells {
			hint = `a coefficient with a comma needs quotes around it, as in "min(a,b)"; decimals are written with a point`
		}
		return b.fail("", fmt.Sprintf("%s, but the header (line %d) has %d", count(n, "cell"), b.header, b.cells), hint)
	}
	s := Sample{Line: b.line, File: cells[b.file]}
	switch {
	case s.File == "-":
		return b.fail(fileColumn, "a part cannot be read from standard input", "write it to a file")
	case s.File == "":
		return b.fail(fileColumn, "the cell is empty", "name a .mtx or .mtx.gz file")
	case cells[b.formula] == "":
		return b.fail(coefficientColumn, "the cell is empty", "write 1 for a part without coefficient")
	}
	s.Path = under(b.dir, s.File)
	for c, cell := range cells {
		if c != b.file && c != b.formula {
			s.Extra = append(s.Extra, cell)
		}
	}
	b.t.Samples = append(b.t.Samples, s)
	b.sources = append(b.sources, cells[b.formula])
	return nil
}

// finish compiles the coefficients.
func (b *partsParser) finish(names []string) (*Parts, error) {
	p := &Parts{Family: &Family{Table: b.t}}
	known := map[string]int{}
	for k, s := range b.t.Samples {
		p.Files = append(p.Files, s.File)
		if first, again := known[s.File]; again {
			b.t.Warnings = append(b.t.Warnings, fmt.Sprintf("%s: %q is the part of %s again: the sum of both coefficients in one line does",
				b.t.Where(k), s.File, b.t.Where(first)))
			continue
		}
		known[s.File] = k
	}
	var err error
	if p.Names = slices.Clone(names); names == nil {
		if p.Names, err = b.names(p); err != nil {
			return nil, err
		}
	}
	for k, src := range b.sources {
		c, err := expr.Parse(src, p.Names)
		if err != nil {
			return nil, p.parseFailed(k, err)
		}
		p.Coefficients = append(p.Coefficients, c)
	}
	return p, nil
}

// names collects the names in all coefficients.
func (b *partsParser) names(p *Parts) ([]string, error) {
	var all []string
	for k, src := range b.sources {
		names, err := expr.Names(src)
		if err != nil {
			return nil, p.parseFailed(k, err)
		}
		for _, n := range names {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	if len(all) == 0 {
		return nil, &TableError{
			File: b.t.Source, Column: coefficientColumn, Msg: "no parameter occurs in any coefficient",
			Hint: "a parameter is a name such as mu; pi and e are constants unless a sample table has parameters of that name",
		}
	}
	return all, nil
}

// parseFailed describes an error in the text of coefficient k.
func (p *Parts) parseFailed(k int, err error) error {
	var e *expr.Error
	if !errors.As(err, &e) {
		return p.coefficientError(k, err.Error(), "", err)
	}
	return p.coefficientError(k, placed(e.Src, e.Column, e.Msg), e.Hint, err)
}
