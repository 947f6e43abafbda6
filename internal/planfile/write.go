package planfile

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"eimtool/internal/plan"
)

// version is the format that Write writes and the newest that Parse reads.
const version = 1

// fileColumn is the column that the user fills in.
const fileColumn = "file"

// Write writes a plan as the sample table to fill in. Errors are those of w, or
// say that the parts of the plan do not fit together.
func Write(w io.Writer, p *plan.Plan) error {
	if err := check(p); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	for _, line := range comments(p) {
		fmt.Fprintf(b, "# %s\n", line)
	}
	list := records(p)
	fmt.Fprintf(b, "%s %d %d %s\n", headMark, version, len(list), checksum(list))
	for i, r := range list {
		fmt.Fprintf(b, "%s%d %s\n", recordMark, i+1, r)
	}
	fmt.Fprintf(b, "%s,%s\n", strings.Join(p.Names, ","), fileColumn)
	for m := range p.Mu.Rows {
		for _, v := range p.Mu.Row(m) {
			b.WriteString(number(v))
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// comments are the lines for people. They hold no quotes, so that a
// spreadsheet has no reason to add any but where an expression has a comma.
func comments(p *plan.Plan) []string {
	lines := []string{
		fmt.Sprintf("%s to simulate, chosen by eimtool plan from %d candidates.", counted(p.Terms(), "parameter"), p.CandidateCount),
		"The matrix has to depend linearly, beside a fixed part, on",
	}
	for _, f := range p.Functions {
		lines = append(lines, "  "+strings.Join(strings.Fields(f), " "))
	}
	if len(p.Columns) > 0 {
		lines = append(lines, fmt.Sprintf("at %s (%s).", counted(p.PointCount, "point"), strings.Join(p.Columns, " ")))
	}
	return append(
		lines,
		fmt.Sprintf("Largest |g - Ig| over its scale: %.1e with tolerance %g.", p.Error, p.Tolerance),
		"Next: assemble the matrix of every row and write the name of its file into the",
		"column file (relative to this table). Then, with the name of this file twice:",
		"  eimtool offline plan.csv --plan plan.csv -o model.npz",
		"The comment lines below are the plan: leave them as they are.",
	)
}

func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// records are the texts of all records, in the order in which they are written.
func records(p *plan.Plan) []string {
	var list []string
	add := func(kind string, values ...string) {
		list = append(list, kind+" "+strings.Join(values, " "))
	}
	for j, name := range p.Names {
		add("parameter", text(name), number(p.Lower[j]), number(p.Upper[j]))
	}
	for _, name := range p.Columns {
		add("column", text(name))
	}
	for s, f := range p.Functions {
		values := []string{text(f), number(p.Scales[s])}
		if p.Weights != nil {
			values = append(values, number(p.Weights[s]))
		}
		add("function", values...)
	}
	add("counts", strconv.Itoa(p.CandidateCount), strconv.Itoa(p.PointCount))
	add("goal", number(p.Tolerance), text(p.Stop))
	add("reached", number(p.Error), number(p.ErrorOverLeast), number(p.Passes))
	for m, s := range p.History {
		add("term", append([]string{strconv.Itoa(s.Candidate), number(s.Error)}, numbers(p.Mu.Row(m))...)...)
	}
	for _, q := range p.Magic {
		add("magic", append([]string{strconv.Itoa(q.Function), strconv.Itoa(q.Index)}, numbers(q.X)...)...)
	}
	for _, q := range p.Checks {
		add("check", append([]string{strconv.Itoa(q.Function), strconv.Itoa(q.Index)}, numbers(q.X)...)...)
	}
	for _, w := range p.Warnings {
		add("warning", text(w))
	}
	return list
}

// number is the shortest decimal that reads back to the same float64.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func numbers(list []float64) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = number(v)
	}
	return out
}

// check makes sure that a plan is complete and consistent: what Parse returns,
// and what Write takes, can be used without further checks of sizes.
func check(p *plan.Plan) error {
	if p == nil || p.Mu == nil {
		return fmt.Errorf("the plan has no terms")
	}
	terms, parameters, functions := p.Terms(), len(p.Names), len(p.Functions)
	switch {
	case terms == 0:
		return fmt.Errorf("the plan has no terms")
	case parameters == 0 || functions == 0:
		return fmt.Errorf("the plan has %d parameters and %d functions; want one of each at least", parameters, functions)
	case p.Mu.Rows != terms || p.Mu.Cols != parameters || len(p.History) != terms:
		return fmt.Errorf("%d parameter values, %d magic points and %d steps do not belong together", p.Mu.Rows, terms, len(p.History))
	case len(p.Lower) != parameters || len(p.Upper) != parameters:
		return fmt.Errorf("the bounds are not those of %d parameters", parameters)
	case len(p.Scales) != functions || p.Weights != nil && len(p.Weights) != functions:
		return fmt.Errorf("scales and weights are not those of %d functions", functions)
	}
	for j, name := range p.Names {
		if name == fileColumn || strings.ContainsAny(name, ",\"\r\n") || j == 0 && strings.HasPrefix(name, "#") {
			return fmt.Errorf("%q cannot be the name of a column of a sample table", name)
		}
	}
	for s, scale := range p.Scales {
		if !positive(scale) || p.Weights != nil && !positive(p.Weights[s]) {
			return fmt.Errorf("scale or weight of function %d is no positive number", s+1)
		}
	}
	for _, list := range [][]plan.Point{p.Magic, p.Checks} {
		for i, q := range list {
			if q.Function < -1 || q.Function >= functions {
				return fmt.Errorf("point %d is of function %d, the plan has %d", i+1, q.Function+1, functions)
			}
			if q.Function >= 0 && len(q.X) != len(p.Columns) {
				return fmt.Errorf("point %d has %d coordinates, the plan has %d columns", i+1, len(q.X), len(p.Columns))
			}
		}
	}
	return nil
}

func positive(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
