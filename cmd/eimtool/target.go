package main

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"eimtool/internal/report"
)

// target is what --mu, --at and --probe ask for.
type target struct {
	mu    []string
	at    string
	probe string
}

func (t *target) bind(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&t.mu, "mu", nil, "parameter point, name=value,name=value (names optional with one parameter; repeatable)")
	f.StringVar(&t.at, "at", "", "CSV table of parameter points")
	f.StringVar(&t.probe, "probe", "", "values of A at the probes: CSV index,value or index,re,im, or a matrix file")
	heading(f, headInput, "mu", "at", "probe")
}

// point is one parameter point of a sweep.
type point struct {
	mu    []float64
	where string // place in the table, "" from the command line
	extra report.Texts
}

// points returns the parameter points asked for, nil under --probe alone.
func (t *target) points(a *app, names []string) ([]point, error) {
	switch {
	case t.at != "":
		table, err := a.openPoints(t.at, names)
		if err != nil {
			return nil, err
		}
		pts := make([]point, len(table.Samples))
		for i, s := range table.Samples {
			pts[i] = point{s.Mu, table.Where(i), report.Labels(table.Columns, s.Extra)}
		}
		return pts, nil
	case len(t.mu) > 0:
		var pts []point
		for _, s := range t.mu {
			mu, err := parseMu(s, names)
			if err != nil {
				return nil, err
			}
			pts = append(pts, point{mu: mu})
		}
		return pts, nil
	}
	return nil, nil
}

// check refuses a command line without a target.
func (t *target) check() error {
	if t.at == "" && len(t.mu) == 0 && t.probe == "" {
		return inputErrorf("say --mu name=value, --at table.csv or --probe values.csv", "no target: which parameters?")
	}
	return onlyOneStdin(t.at, t.probe)
}

// parseMu reads name=value,name=value; a bare value serves one parameter.
func parseMu(s string, names []string) ([]float64, error) {
	mu := make([]float64, len(names))
	seen := make([]bool, len(names))
	for _, part := range strings.Split(s, ",") {
		name, value, named := strings.Cut(part, "=")
		if !named {
			if len(names) > 1 {
				return nil, inputErrorf("write --mu "+exampleMu(names), "--mu %s: %q has no name and the bundle has %d parameters", s, part, len(names))
			}
			name, value = names[0], part
		}
		name = strings.TrimSpace(name)
		if err := knownParameter("--mu", name, names); err != nil {
			return nil, err
		}
		j := indexOf(names, name)
		if seen[j] {
			return nil, inputErrorf("give each parameter once", "--mu %s: %s occurs twice", s, name)
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, inputErrorf("parameters are finite real numbers", "--mu %s: %q is not a finite number", s, strings.TrimSpace(value))
		}
		mu[j], seen[j] = v, true
	}
	for j, ok := range seen {
		if !ok {
			return nil, inputErrorf("write --mu "+exampleMu(names), "--mu %s: no value for %s", s, names[j])
		}
	}
	return mu, nil
}

func exampleMu(names []string) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = n + "=VALUE"
	}
	return strings.Join(parts, ",")
}

// knownParameter refuses a name that is not a parameter, suggesting the nearest.
func knownParameter(where, name string, names []string) error {
	if indexOf(names, name) >= 0 {
		return nil
	}
	return inputErrorf(didYouMean(name, names), "%s: no parameter %q (parameters: %s)", where, name, strings.Join(names, ", "))
}

// columnOrder returns for every name its column in have; further columns are
// carried along and ignored.
func columnOrder(path string, have, names []string) ([]int, error) {
	order := make([]int, len(names))
	for j, n := range names {
		if order[j] = indexOf(have, n); order[j] < 0 {
			return nil, fileErrorf(path, 0, "give one column per parameter", "no column for parameter %q (columns: %s)", n, strings.Join(have, ", "))
		}
	}
	return order, nil
}

// sameNames refuses a table whose parameters are not those of another.
func sameNames(path string, have, want []string) error {
	if _, err := columnOrder(path, have, want); err != nil {
		return err
	}
	if len(have) != len(want) {
		return fileErrorf(path, 0, "put other columns behind the column file", "parameters %s, want %s", strings.Join(have, ", "), strings.Join(want, ", "))
	}
	return nil
}

func indexOf(list []string, s string) int { return slices.Index(list, s) }

func contains(list []string, s string) bool { return slices.Contains(list, s) }
