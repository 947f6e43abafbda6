package plan_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/family"
	"eimtool/internal/plan"
)

const known = "../../testdata/families/known-function/"

// readColumns reads the first columns of a CSV file with a header.
func readColumns(t testing.TB, path string, columns int) (names []string, values *dense.Matrix[float64]) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	values = dense.New[float64](len(rows)-1, columns)
	for i, row := range rows[1:] {
		for j := range columns {
			v, err := strconv.ParseFloat(row[j], 64)
			if err != nil {
				t.Fatal(err)
			}
			values.Set(i, j, v)
		}
	}
	return rows[0][:columns], values
}

// knownFunction is the coefficient of the shipped family known-function.
func knownFunction(t testing.TB) *plan.Problem {
	p := &plan.Problem{Functions: []string{"1+4*exp(-((x-mu1)^2+(y-mu2)^2)/0.04)"}}
	p.Names, p.Candidates = readColumns(t, known+"samples.csv", 2)
	p.Columns, p.Points = readColumns(t, known+"points.csv", 2)
	return p
}

// loadFamily reads matrices; keep, when not nil, lists the samples to read.
func loadFamily(t *testing.T, file string, keep []int, reference *family.Family) *family.Family {
	t.Helper()
	table, err := family.Open(known + file)
	if err != nil {
		t.Fatal(err)
	}
	if keep != nil {
		all := table.Samples
		table.Samples = nil
		for _, i := range keep {
			table.Samples = append(table.Samples, all[i])
		}
	}
	f, err := family.Load(t.Context(), table, family.LoadOptions{Reference: reference})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestKnownFunction reads only the matrices that the plan asks for. The errors
// of the matrices, the largest at the 15 tests, and the sums of coefficients
// were computed by another program, which selected from the same formula.
func TestKnownFunction(t *testing.T) {
	p := knownFunction(t)
	pl, err := plan.Select(t.Context(), p, plan.Options{MaxTerms: 30})
	if err != nil {
		t.Fatal(err)
	}
	var keep []int
	for _, s := range pl.History {
		keep = append(keep, s.Candidate)
	}
	chosen := loadFamily(t, "samples.csv", keep, nil)
	tests := loadFamily(t, "test.csv", nil, chosen)
	_, mu := readColumns(t, known+"test.csv", 2)
	all, err := pl.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		terms  int
		a, sum string
	}{
		{4, "6.1e-01", "1.1"},
		{6, "4.8e-01", "1.4"},
		{8, "3.8e-01", "1.8"},
		{10, "1.5e-01", "1.8"},
		{12, "1.2e-01", "3.1"},
		{16, "3.0e-02", "3.0"},
		{20, "2.3e-02", "4.2"},
		{24, "1.2e-02", "4.7"},
		{30, "2.5e-03", "5.8"},
	} {
		ip, err := all.Leading(c.terms)
		if err != nil {
			t.Fatal(err)
		}
		var worst, sum float64
		for i := range mu.Rows {
			beta, _, err := ip.At(mu.Row(i))
			if err != nil {
				t.Fatal(err)
			}
			var s, largest, off float64
			exact := tests.Real[i]
			approx := make([]float64, len(exact))
			for m, b := range beta {
				s += math.Abs(real(b))
				dense.Axpy(real(b), chosen.Real[m], approx)
			}
			for k, v := range exact {
				largest, off = max(largest, math.Abs(v)), max(off, math.Abs(v-approx[k]))
			}
			worst, sum = max(worst, off/largest), max(sum, s)
		}
		if got := fmt.Sprintf("%.1e", worst); got != c.a {
			t.Errorf("%d terms: error of the matrix %s, want %s", c.terms, got, c.a)
		}
		if got := fmt.Sprintf("%.1f", sum); got != c.sum {
			t.Errorf("%d terms: sum of moduli %s, want %s", c.terms, got, c.sum)
		}
	}
}

// TestKnownFunctionBound holds the error of the matrix against what Measure
// says of the function: a bilinear form with a positive coefficient loses at
// most the relative error of the coefficient, entries with the norm of the rest.
func TestKnownFunctionBound(t *testing.T) {
	p := knownFunction(t)
	pl, err := plan.Select(t.Context(), p, plan.Options{MaxTerms: 20})
	if err != nil {
		t.Fatal(err)
	}
	_, mu := readColumns(t, known+"test.csv", 2)
	relative, overLeast, err := plan.Measure(t.Context(), p, pl, mu, 1)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range relative {
		worst = max(worst, overLeast[i])
	}
	if worst < 2.3e-2/2 {
		t.Errorf("max |g - Ig| / min |g| is %g, the error of the matrix 2.3e-2", worst)
	}
}
