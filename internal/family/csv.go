package family

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// The columns of a table that are no parameters.
const (
	fileColumn = "file"
	rhsColumn  = "rhs"
)

// TableOptions says what a table must hold.
type TableOptions struct {
	// RequireFile demands a column file, and that all its files exist.
	RequireFile bool
	// Names are the parameters that the table must have, in the order wanted
	// for Sample.Mu; the columns may come in any order and all others are
	// carried along. Nil takes as parameters all columns before file (all
	// columns when there is none).
	Names []string
	// Dir is what relative paths in the table are relative to; "" is the
	// folder of the table.
	Dir string
}

// ReadTable reads a sample table: CSV, where the header names the parameters,
// then file (path relative to the table), optionally rhs, and columns that are
// carried along as text. A byte-order mark, CRLF, blanks around cells, quoted
// cells, blank lines and lines beginning with # (quoted or not) are accepted. Parameters are
// finite decimal numbers. Errors are of type *TableError, or of the system when
// the table cannot be read.
func ReadTable(path string, opt TableOptions) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &TableError{File: path, Msg: fmt.Sprintf("cannot be read: %v", reason(err)), Hint: "a sample table (CSV) was expected", Err: err}
	}
	defer f.Close()
	if opt.Dir == "" {
		opt.Dir = filepath.Dir(path)
	}
	return ParseTable(f, path, opt)
}

// ParseTable reads a sample table from r; source names it in messages. See ReadTable.
func ParseTable(r io.Reader, source string, opt TableOptions) (*Table, error) {
	p := tableParser{t: &Table{Source: source}, opt: opt}
	br := bufio.NewReader(r)
	if err := refuseOtherFormats(br, source); err != nil {
		return nil, err
	}
	sc := bufio.NewScanner(br)
	sc.Buffer(nil, maxLine)
	sc.Split(splitLines)
	for sc.Scan() {
		p.line++
		if err := p.parse(sc.Text()); err != nil {
			return nil, err
		}
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, p.fail("", "the line is longer than 1 MiB", "a sample table is a CSV file with one sample per line")
	case err != nil:
		return nil, &TableError{File: source, Msg: fmt.Sprintf("cannot be read: %v", reason(err)), Err: err}
	case p.cells == 0:
		return nil, &TableError{File: source, Msg: "the table is empty", Hint: "the first line names the parameters, then " + fileColumn}
	case len(p.t.Samples) == 0:
		return nil, &TableError{File: source, Line: p.header, Msg: "the table has a header and no sample", Hint: "write one line per sample below it"}
	}
	if opt.RequireFile {
		if err := p.t.checkFiles(); err != nil {
			return nil, err
		}
	}
	return p.t, nil
}

// maxLine bounds a line of a table.
const maxLine = 1 << 20

// refuseOtherFormats recognises what is often given in place of a table.
func refuseOtherFormats(r *bufio.Reader, source string) error {
	head, _ := r.Peek(16)
	e := &TableError{File: source}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = r.Discard(3)
		return nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		e.Msg, e.Hint = "is UTF-16 text; a sample table is UTF-8", "save it as CSV UTF-8"
	case bytes.HasPrefix(bytes.ToLower(head), []byte("%%matrixmarket")):
		e.Msg = "is a matrix; a sample table (CSV) was expected"
		e.Hint = "list the matrices in a CSV file: parameter names and file in the first line"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		e.Msg, e.Hint = "is a ZIP file (a bundle, a spreadsheet?); a sample table (CSV) was expected", "export the table as CSV"
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		e.Msg, e.Hint = "is compressed; a sample table is plain CSV", "uncompress it first"
	case bytes.IndexByte(head, 0) >= 0:
		e.Msg, e.Hint = "is no text file; a sample table (CSV) was expected", "export the table as CSV"
	default:
		return nil
	}
	return e
}

// splitLines is a bufio.SplitFunc for lines that end in LF, CRLF or CR.
func splitLines(data []byte, atEOF bool) (int, []byte, error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && atEOF && len(data) > 0:
		return len(data), data, nil
	case i < 0:
		return 0, nil, nil
	case data[i] == '\r' && i+1 == len(data) && !atEOF:
		return 0, nil, nil // the LF may be still to come
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2, data[:i], nil
	}
	return i + 1, data[:i], nil
}

// tableParser reads a table line by line.
type tableParser struct {
	t      *Table
	opt    TableOptions
	line   int
	header int // line of the header
	cells  int // cells of the header, 0 before it is read

	// Column numbers in the file; -1 where there is none.
	mu, extra []int
	file, rhs int
}

func (p *tableParser) fail(column, msg, hint string) *TableError {
	return &TableError{File: p.t.Source, Line: p.line, Column: column, Msg: msg, Hint: hint}
}

func (p *tableParser) parse(line string) error {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' || strings.HasPrefix(line, `"#`) { // a spreadsheet quotes comments
		return nil
	}
	cells, err := splitCells(line)
	if err != nil {
		return p.fail("", err.Error(), `put a cell between two ", and write a " inside it twice`)
	}
	if p.cells == 0 {
		p.cells, p.header = len(cells), p.line
		return p.parseHeader(cells)
	}
	return p.parseRow(cells)
}

// splitCells splits a line at commas outside quotes and takes off blanks and
// quotes.
func splitCells(line string) ([]string, error) {
	var cells []string
	for {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		if !strings.HasPrefix(line, `"`) {
			cell, rest, more := strings.Cut(line, ",")
			cells = append(cells, strings.TrimSpace(cell))
			if !more {
				return cells, nil
			}
			line = rest
			continue
		}
		cell, rest, err := quoted(line)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if rest == "" {
			return cells, nil
		}
		line = rest[1:]
	}
}

// quoted takes a quoted cell off the line; rest is empty or begins with the comma.
func quoted(line string) (cell, rest string, err error) {
	var b strings.Builder
	for rest = line[1:]; ; {
		text, after, found := strings.Cut(rest, `"`)
		if !found {
			return "", "", errors.New("a quoted cell does not end on its line")
		}
		b.WriteString(text)
		rest = after
		if !strings.HasPrefix(rest, `"`) {
			break
		}
		b.WriteByte('"')
		rest = rest[1:]
	}
	rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	if rest != "" && rest[0] != ',' {
		return "", "", errors.New("text after a quoted cell; a comma was expected")
	}
	return strings.TrimSpace(b.String()), rest, nil
}

func (p *tableParser) parseRow(cells []string) error {
	if n := len(cells); n != p.cells {
		hint := "every line has one cell per column; a comma inside a cell needs quotes around the cell"
		if n > p.cells {
			hint = "write decimals with a point; a comma inside a cell needs quotes around the cell"
		}
		return p.fail("", fmt.Sprintf("%s, but the header (line %d) has %d", count(n, "cell"), p.header, p.cells), hint)
	}
	s := Sample{Line: p.line, Mu: make([]float64, len(p.mu))}
	for k, c := range p.mu {
		v, msg, hint := parseParameter(cells[c])
		if msg != "" {
			return p.fail(p.t.Names[k], msg, hint)
		}
		s.Mu[k] = v
	}
	if p.file >= 0 {
		s.File = cells[p.file]
		switch {
		case s.File == "-":
			return p.fail(fileColumn, "a snapshot cannot be read from standard input", "write it to a file")
		case s.File == "" && p.opt.RequireFile:
			return p.fail(fileColumn, "the cell is empty", "name a .mtx or .mtx.gz file")
		case s.File != "":
			s.Path = under(p.opt.Dir, s.File)
		}
	}
	if p.rhs >= 0 && cells[p.rhs] != "" {
		s.RHS = under(p.opt.Dir, cells[p.rhs])
	}
	for _, c := range p.extra {
		s.Extra = append(s.Extra, cells[c])
	}
	p.t.Samples = append(p.t.Samples, s)
	return nil
}

// under returns path, taken relative to dir. It does not shorten "..", which
// would go wrong behind a symbolic link.
func under(dir, path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) || dir == "" || dir == "." {
		return path
	}
	return strings.TrimSuffix(dir, string(filepath.Separator)) + string(filepath.Separator) + path
}

// count writes n things: "1 cell", "2 cells".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
