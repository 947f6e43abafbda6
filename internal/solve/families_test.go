package solve

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"eimtool/internal/dense"
	"eimtool/internal/matrix"
	"eimtool/internal/mtx"
	"eimtool/internal/scalar"
)

const familiesDir = "../../testdata/families"

// readTable returns the rows of a table of a family, without its header.
func readTable(t *testing.T, family, name string) [][]string {
	t.Helper()
	file, err := os.Open(filepath.Join(familiesDir, family, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func readMatrix(t *testing.T, family, name string) *matrix.Matrix {
	t.Helper()
	f, err := mtx.ReadFile(ctx, filepath.Join(familiesDir, family, name), mtx.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f.Matrix
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// valuesOf returns the values as scalars of type T.
func valuesOf[T scalar.Scalar](m *matrix.Matrix) []T {
	v := make([]T, m.Len())
	for k := range v {
		v[k] = scalar.Of[T](real(m.At(k)), imag(m.At(k)))
	}
	return v
}

// TestFamilies solves the test systems of all families whose solutions and
// determinants were computed by other software.
func TestFamilies(t *testing.T) {
	families, err := os.ReadDir(familiesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range families {
		if !d.IsDir() {
			continue
		}
		t.Run(d.Name(), func(t *testing.T) {
			rows := readTable(t, d.Name(), "test.csv")
			first := readMatrix(t, d.Name(), rows[0][len(rows[0])-1])
			if first.IsComplex() {
				testFamily[complex128](t, d.Name(), rows)
			} else {
				testFamily[float64](t, d.Name(), rows)
			}
		})
	}
}

func testFamily[T scalar.Scalar](t *testing.T, family string, rows [][]string) {
	solutions, dets := readTable(t, family, "solutions.csv"), readTable(t, family, "logdet.csv")
	rhs := readMatrix(t, family, "rhs.mtx")
	b := &dense.Matrix[T]{Rows: rhs.Rows, Cols: 1, Data: valuesOf[T](rhs)}
	var s *Solver[T]
	for i, row := range rows {
		file := row[len(row)-1]
		a := readMatrix(t, family, file)
		if s == nil || !s.pattern.Equal(a.Pattern) {
			var err error
			if s, err = New[T](ctx, a.Pattern, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		f, err := s.Factorise(ctx, valuesOf[T](a))
		if err != nil {
			t.Fatal(err)
		}
		x, report, err := f.SolveRefined(ctx, b, matrix.NoTranspose)
		if err != nil {
			t.Fatal(err)
		}
		det := dets[i]
		cond := number(t, det[len(det)-1])
		want := valuesOf[T](readMatrix(t, family, solutions[i][len(row)-1]))
		e := distance(x.Data, want)
		// The reference solutions are themselves good to about Eps·cond.
		if !(e <= 10*scalar.Eps*cond+1e-13) || !(report.BackwardError <= 1e-15*math.Sqrt(float64(a.Rows))) {
			t.Errorf("%s: error %.3g, condition %.3g, %+v", file, e, cond, report)
		}
		if !(report.ForwardBound < 1e-15*cond+2*scalar.Eps) {
			t.Errorf("%s: forward bound %g for condition %g", file, report.ForwardBound, cond)
		}
		checkDet(t, f, det, cond)
		f.Release()
	}
}

// distance returns ‖x-y‖₂/‖y‖₂.
func distance[T scalar.Scalar](x, y []T) float64 {
	var d, n scalar.Norm
	for i := range y {
		for _, z := range []float64{scalar.Real(x[i] - y[i]), scalar.Imag(x[i] - y[i])} {
			d.Add(z, 1)
		}
		n.Add(scalar.Real(y[i]), 1)
		n.Add(scalar.Imag(y[i]), 1)
	}
	return d.Value() / n.Value()
}

// checkDet compares with a row of logdet.csv: parameters, sign or phase, log|det|, cond.
func checkDet[T scalar.Scalar](t *testing.T, f *Factor[T], row []string, cond float64) {
	t.Helper()
	end := len(row)
	logabs, phase := f.LogDet()
	want := number(t, row[end-2])
	n := float64(f.pattern.Rows)
	tol := 4*scalar.Eps*(n+math.Abs(want)) + scalar.Eps*cond
	wantPhase := scalar.Of[T](number(t, row[end-3]), 0)
	if scalar.IsComplex[T]() {
		wantPhase = scalar.Of[T](number(t, row[end-4]), number(t, row[end-3]))
	}
	if !(math.Abs(logabs-want) <= tol) || !(scalar.Abs(phase-wantPhase) <= tol) {
		t.Errorf("log det %.17g, phase %v, want %.17g, %v, tolerance %g", logabs, phase, want, wantPhase, tol)
	}
	if !scalar.IsComplex[T]() {
		if pos, neg, zero, ok := f.Inertia(); ok {
			if pos+neg+zero != f.pattern.Rows || (neg%2 == 0) != (scalar.Real(wantPhase) > 0) {
				t.Errorf("inertia %d, %d, %d, sign of the determinant %v", pos, neg, zero, wantPhase)
			}
		}
	}
}
