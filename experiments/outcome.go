package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// outcome is what an experiment found.
type outcome struct {
	tables  []*table
	figures []*figure
	numbers []number
	unmet   []error // expectations that were not met
}

// number is a single value that a text names.
type number struct{ name, text string }

// say gives the text of the section a number by name.
func (o *outcome) say(name, text string) { o.numbers = append(o.numbers, number{name, text}) }

// expect notes an expectation that is not met.
func (o *outcome) expect(met bool, format string, args ...any) {
	if !met {
		o.unmet = append(o.unmet, fmt.Errorf(format, args...))
	}
}

// near expects got to be at most factor times want, or with both also at least
// want/factor. want is what an independent script found in the same setting;
// grids and random numbers differ.
func (o *outcome) near(name string, got, want, factor float64, both bool) {
	o.expect(got <= factor*want && (!both || got >= want/factor), "%s: %.2g, expected about %.2g", name, got, want)
}

func (o *outcome) failed() error { return errors.Join(o.unmet...) }

// table is a table of the page.
type table struct {
	name   string
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// String returns the table in Markdown.
func (t *table) String() string {
	var s strings.Builder
	line := func(cells []string) { s.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.header)
	rule := make([]string, len(t.header))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule)
	for _, r := range t.rows {
		line(r)
	}
	return strings.TrimSuffix(s.String(), "\n")
}

// num returns an error in two digits: 0.12, 3.4e-5. Errors at rounding level
// are no longer a property of the method and become "< 1e-13".
func num(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case x < 1e-13:
		return "< 1e-13"
	case x >= 0.1 && x < 999:
		return strconv.FormatFloat(rounded(x), 'g', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', 1, 64), "e")
	e, _ := strconv.Atoi(exponent)
	return mantissa + "e" + strconv.Itoa(e)
}

// rounded returns x in two significant digits.
func rounded(x float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 2, 64), 64)
	return r
}

// pair returns two errors in one cell.
func pair(a, b float64) string { return num(a) + " / " + num(b) }

// integer returns n in decimal digits.
func integer(n int) string { return strconv.Itoa(n) }
