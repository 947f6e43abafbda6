package family

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseHeader finds the columns of parameters, file, rhs and the rest.
func (p *tableParser) parseHeader(cells []string) error {
	column := make(map[string]int, len(cells))
	for c, name := range cells {
		if before, twice := column[name]; twice && name != "" {
			return p.fail(name, fmt.Sprintf("duplicate name (columns %d and %d)", before+1, c+1), "give every column its own name")
		}
		column[name] = c
	}
	at := func(name string) int {
		if c, ok := column[name]; ok {
			return c
		}
		return -1
	}
	p.file, p.rhs = at(fileColumn), at(rhsColumn)
	if p.opt.RequireFile && p.file < 0 {
		return p.fail("", "no column "+fileColumn+" in the header "+list(cells), p.headerHint(cells))
	}
	names := p.opt.Names
	if names == nil {
		names = cells
		if p.file >= 0 {
			names = cells[:p.file]
		} else if p.rhs >= 0 {
			names = cells[:p.rhs]
		}
		if len(names) == 0 {
			return p.fail("", "no parameter before the column "+cells[0], "write the parameter columns first, then "+fileColumn)
		}
	}
	for _, name := range names {
		c := at(name)
		if c < 0 {
			return p.fail("", fmt.Sprintf("parameter %q has no column in the header %s", name, list(cells)), p.headerHint(cells))
		}
		if err := p.checkName(name, c); err != nil {
			return err
		}
		p.mu = append(p.mu, c)
	}
	p.t.Names = append([]string(nil), names...)
	p.findExtra(cells)
	return nil
}

// findExtra notes the columns that are carried along.
func (p *tableParser) findExtra(cells []string) {
	used := make([]bool, len(cells))
	for _, c := range append([]int{p.file, p.rhs}, p.mu...) {
		if c >= 0 {
			used[c] = true
		}
	}
	for c, name := range cells {
		if !used[c] {
			p.extra = append(p.extra, c)
			p.t.Columns = append(p.t.Columns, name)
		}
	}
}

// checkName refuses parameter names that could not be written elsewhere: in
// --mu name=value, in path templates, in JSON.
func (p *tableParser) checkName(name string, column int) error {
	switch {
	case name == "":
		return p.fail("", fmt.Sprintf("column %d has no name", column+1), "name every parameter (a column of row numbers: take it out)")
	case strings.ContainsAny(name, "={}:,\"'") || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return p.fail(name, "not a name for a parameter", `use letters, digits and signs other than = { } : , " '`)
	case isNumber(name):
		return p.fail(name, "a number where the name of a parameter was expected", "the first line is a header: parameter names, then "+fileColumn)
	}
	return nil
}

// headerHint guesses why a column is missing.
func (p *tableParser) headerHint(cells []string) string {
	for _, sep := range []string{";", "\t", "|"} {
		if len(cells) == 1 && strings.Contains(cells[0], sep) {
			return fmt.Sprintf("cells are separated by commas, not by %q; decimals are written with a point", sep)
		}
	}
	for _, name := range cells {
		for _, want := range append([]string{fileColumn}, p.opt.Names...) {
			if name != want && strings.EqualFold(name, want) {
				return fmt.Sprintf("write %q instead of %q", want, name)
			}
		}
	}
	if len(p.opt.Names) > 0 {
		return "the parameters are " + strings.Join(p.opt.Names, ", ")
	}
	return "the first line names the parameters, then " + fileColumn + ", as in: k,eps," + fileColumn
}

// list writes the cells of a header for messages, the first ten of them.
func list(cells []string) string {
	if len(cells) > 10 {
		cells = append(append([]string(nil), cells[:10]...), "...")
	}
	return fmt.Sprintf("%q", strings.Join(cells, ","))
}
