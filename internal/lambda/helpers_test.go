package lambda_test

import (
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/lambda"
	"eimtool/internal/mtx"
)

const familiesDir = "../../testdata/families"

// affine is an affine family of real symmetric matrices with what is known of
// its samples and tests.
type affine struct {
	n           int
	alpha, test *dense.Matrix[float64] // samples and tests, by rows
	weight      []float64              // trace(A_k)/n
	x, xTest    *dense.Matrix[float64] // solutions, by rows
	ld, ldTest  []float64
}

// readCSV returns the numbers and the words of a table without its header.
func readCSV(t *testing.T, path string) (numbers [][]float64, words [][]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		v := make([]float64, len(r))
		for i, s := range r {
			v[i], _ = strconv.ParseFloat(s, 64)
		}
		numbers, words = append(numbers, v), append(words, r)
	}
	return numbers, words
}

// full returns a matrix file as a dense matrix.
func full(t *testing.T, path string) *dense.Matrix[float64] {
	t.Helper()
	f, err := mtx.ReadFile(context.Background(), path, mtx.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m := f.Matrix.Expand()
	d := dense.New[float64](m.Rows, m.Cols)
	m.Each(func(k, i, j int) { d.Set(i, j, m.Real[k]) })
	return d
}

// thermal reads the family thermal-block or thermal-model; coefficients maps
// the parameters to the coefficients of the parts.
func thermal(t *testing.T, name string, parts int, coefficients func(mu []float64) []float64) *affine {
	t.Helper()
	dir := filepath.Join(familiesDir, name)
	var a []*dense.Matrix[float64]
	for k := range parts {
		a = append(a, full(t, filepath.Join(dir, "parts", "A"+strconv.Itoa(k+1)+".mtx")))
	}
	b := full(t, filepath.Join(dir, "rhs.mtx")).Data
	rows := func(file string) *dense.Matrix[float64] {
		mu, _ := readCSV(t, filepath.Join(dir, file))
		m := dense.New[float64](len(mu), parts)
		for i, v := range mu {
			copy(m.Row(i), coefficients(v))
		}
		return m
	}
	f := newAffine(t, a, b, rows("samples.csv"), rows("test.csv"))
	_, words := readCSV(t, filepath.Join(dir, "solutions.csv"))
	logdet, _ := readCSV(t, filepath.Join(dir, "logdet.csv"))
	for i, w := range words { // the files are the reference
		copy(f.xTest.Row(i), full(t, filepath.Join(dir, w[len(w)-1])).Data)
		f.ldTest[i] = logdet[i][len(logdet[i])-2]
	}
	return f
}

// newAffine solves at all samples and tests.
func newAffine(t *testing.T, a []*dense.Matrix[float64], b []float64, alpha, test *dense.Matrix[float64]) *affine {
	t.Helper()
	f := &affine{n: len(b), alpha: alpha, test: test}
	for _, ak := range a {
		var trace float64
		for i := range f.n {
			trace += ak.At(i, i)
		}
		f.weight = append(f.weight, trace/float64(f.n))
	}
	solve := func(alpha *dense.Matrix[float64]) (*dense.Matrix[float64], []float64) {
		x, ld := dense.New[float64](alpha.Rows, f.n), make([]float64, alpha.Rows)
		for i := range alpha.Rows {
			m := dense.New[float64](f.n, f.n)
			for k, c := range alpha.Row(i) {
				dense.Axpy(c, a[k].Data, m.Data)
			}
			lu, err := dense.LU(m)
			if err != nil {
				t.Fatal(err)
			}
			copy(x.Row(i), lu.Solve(b))
			for k := range f.n {
				ld[i] += math.Log(math.Abs(lu.LU[k*f.n+k]))
			}
		}
		return x, ld
	}
	f.x, f.ld = solve(alpha)
	f.xTest, f.ldTest = solve(test)
	return f
}

// input returns the input for a quantity.
func (f *affine) input(quantity string) *lambda.Input[float64] {
	in := &lambda.Input[float64]{
		Alpha: f.alpha, Weight: f.weight, Positive: true, Quantity: quantity, Target: f.x, Size: f.n,
	}
	switch quantity {
	case lambda.LogDet:
		in.Target = &dense.Matrix[float64]{Rows: len(f.ld), Cols: 1, Data: f.ld}
	case lambda.Joint:
		in.LogDets = f.ld
	}
	return in
}

// errors returns the largest relative error of the solutions, the largest
// absolute one of the log determinants and the largest Σ|λ| over the tests.
func (f *affine) errors(t *testing.T, m *lambda.Model[float64]) (x, ld, abs float64) {
	t.Helper()
	nodes := make([]float64, len(m.Nodes))
	for k, p := range m.Nodes {
		nodes[k] = f.ld[p]
	}
	for i := range f.test.Rows {
		w, err := m.At(f.test.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		rest := append([]float64(nil), f.xTest.Row(i)...)
		size := dense.Norm(rest)
		for k, p := range m.Nodes {
			dense.Axpy(-w.Solution[k], f.x.Row(p), rest)
		}
		x = math.Max(x, dense.Norm(rest)/size)
		ld = math.Max(ld, math.Abs(m.LogDet(w, f.n, nodes)-f.ldTest[i]))
		abs = math.Max(abs, w.AbsSum)
	}
	return x, ld, abs
}
