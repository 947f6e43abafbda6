package solve

import (
	"math"
	"math/cmplx"
	"testing"

	"eimtool/internal/matrix"
	"eimtool/internal/scalar"
)

// laplaceEigenvalues are those of the m-point second difference, tridiag(-1, 2, -1).
func laplaceEigenvalues(m int) []float64 {
	e := make([]float64, m)
	for k := range e {
		s := math.Sin(float64(k+1) * math.Pi / float64(2*(m+1)))
		e[k] = 4 * s * s
	}
	return e
}

// shiftedPlane returns c·(I⊗K + K⊗I) - s·I on an m×m grid, in the storage sym.
func shiftedPlane(m int, c, s complex128, sym matrix.Symmetry) (*matrix.Pattern, []complex128) {
	e := entries[complex128]{}
	for j := range m * m {
		e[[2]int{j, j}] = 4*c - s
		if j%m > 0 {
			e[[2]int{j, j - 1}], e[[2]int{j - 1, j}] = -c, -c
		}
		if j >= m {
			e[[2]int{j, j - m}], e[[2]int{j - m, j}] = -c, -c
		}
	}
	return sparse(m*m, sym, e)
}

// TestContinuousLogDetPlane compares with the spectrum: sums of pairs of the
// eigenvalues of the second difference.
func TestContinuousLogDetPlane(t *testing.T) {
	const m = 12
	lambda := laplaceEigenvalues(m)
	for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric} {
		for _, c := range []struct{ c, s complex128 }{
			{1, 0}, {1, 3 - 0.5i}, {1, 3 + 0.2i}, {cmplx.Rect(1, 2), 0}, {-1, 1i}, {1i, 0.3}, {cmplx.Rect(2, -2.9), 0.1},
		} {
			p, v := shiftedPlane(m, c.c, c.s, sym)
			for _, method := range []string{"auto", "lu"} {
				s, err := New[complex128](ctx, p, Options{Method: method})
				if err != nil {
					t.Fatal(err)
				}
				got, angle, ok, err := s.ContinuousLogDet(ctx, v, nil)
				if err != nil || !ok {
					t.Fatalf("%v c %v s %v: ok %v, %v", sym, c.c, c.s, ok, err)
				}
				var want complex128
				turn := cmplx.Rect(1, angle)
				for _, x := range lambda {
					for _, y := range lambda {
						want += cmplx.Log(turn*(c.c*complex(x+y, 0)-c.s)) - complex(0, angle)
					}
				}
				if d := cmplx.Abs(got - want); !(d <= 1e-13*m*m) {
					t.Errorf("%v %s c %v s %v: %v, want %v", sym, method, c.c, c.s, got, want)
				}
			}
		}
	}
}

// TestContinuousLogDetPath follows a matrix along a path of accretive ones: the
// value moves by tr(A⁻¹·dA) (trapezoid rule), without jumps, while the phase of
// the determinant turns many times.
func TestContinuousLogDetPath(t *testing.T) {
	for _, sym := range []matrix.Symmetry{matrix.General, matrix.Symmetric} {
		const m, steps = 9, 400
		p, start := shiftedPlane(m, 1, 0, sym)
		r := newRand(3)
		step := make([]complex128, len(start))
		p.Each(func(k, i, j int) {
			step[k] = complex(0, 0.2*r.NormFloat64())
			if i == j {
				step[k] += 8i
			}
			if sym == matrix.General && i != j {
				step[k] *= complex(1, r.NormFloat64())
			}
		})
		s, err := New[complex128](ctx, p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var sum, first, last, before complex128
		v := make([]complex128, len(start))
		for q := range steps + 1 {
			x := float64(q) / steps
			for k := range v {
				v[k] = start[k] + complex(x*x, 0)*step[k]
			}
			d, _, ok, err := s.ContinuousLogDet(ctx, v, nil)
			if err != nil || !ok {
				t.Fatalf("step %d: ok %v, %v", q, ok, err)
			}
			f, err := s.Factorise(ctx, v)
			if err != nil {
				t.Fatal(err)
			}
			z, err := f.SelectedInverse(ctx)
			if err != nil {
				t.Fatal(err)
			}
			slope := complex(2*x, 0) * TraceProduct(p, z, step)
			if q == 0 {
				first = d
			} else {
				sum += (slope + before) / (2 * steps)
			}
			last, before = d, slope
		}
		if got := last - first; cmplx.Abs(got-sum) > 1e-3 || imag(got) < 30 {
			t.Errorf("%v: moved by %v, the integral of the derivative is %v", sym, got, sum)
		}
	}
}

// TestContinuousLogDetAngles checks that all angles that do give the same value.
func TestContinuousLogDetAngles(t *testing.T) {
	p, v := shiftedPlane(8, 1i, 1, matrix.General)
	s, err := New[complex128](ctx, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var values []complex128
	for k := -20; k < 20; k++ {
		d, _, ok, err := s.ContinuousLogDet(ctx, v, []float64{float64(k) * math.Pi / 20})
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			values = append(values, d)
		}
	}
	if len(values) < 5 || len(values) > 19 {
		t.Fatalf("%d angles of 40 do", len(values))
	}
	for _, d := range values {
		if cmplx.Abs(d-values[0]) > 1e-11 {
			t.Errorf("%v and %v", d, values[0])
		}
	}
}

// TestContinuousLogDetUnsymmetric has a pattern without mirror images.
func TestContinuousLogDetUnsymmetric(t *testing.T) {
	r := newRand(11)
	for range 30 {
		n := 2 + r.IntN(30)
		e := entries[complex128]{}
		want := complex(0, 0)
		for j := range n {
			d := complex(2+r.Float64(), 3*r.NormFloat64())
			e[[2]int{j, j}] = d
			want += cmplx.Log(d)
			if i := r.IntN(j + 1); i < j {
				e[[2]int{i, j}] = random[complex128](r) / 4 // upper triangular
			}
		}
		p, v := sparse(n, matrix.General, e)
		s, err := New[complex128](ctx, p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, angle, ok, err := s.ContinuousLogDet(ctx, v, []float64{0})
		if err != nil {
			t.Fatal(err)
		}
		if ok && (cmplx.Abs(got-want) > 1e-12*float64(n) || angle != 0) {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

// TestContinuousLogDetRefuses has matrices without an accretive multiple.
func TestContinuousLogDetRefuses(t *testing.T) {
	for name, e := range map[string]entries[complex128]{
		"indefinite":    {{0, 0}: 1, {1, 1}: -1},
		"zero diagonal": {{0, 1}: 1, {1, 0}: 1},
		"third roots":   {{0, 0}: 1, {1, 1}: cmplx.Rect(1, 2*math.Pi/3), {2, 2}: cmplx.Rect(1, -2*math.Pi/3)},
		"not normal":    {{0, 0}: 1, {1, 1}: 1, {0, 1}: 3},
	} {
		n := 0
		for ij := range e {
			n = max(n, ij[0]+1)
		}
		p, v := sparse(n, matrix.General, e)
		s, err := New[complex128](ctx, p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d, _, ok, err := s.ContinuousLogDet(ctx, v, nil); ok || err != nil {
			t.Errorf("%s: %v, ok %v, %v", name, d, ok, err)
		}
	}
}

// TestContinuousLogDetReal: a definite real matrix, of either sign, and Hermitian
// and dense storage.
func TestContinuousLogDetReal(t *testing.T) {
	p, v := grid(2, 10, 0, matrix.Symmetric)
	check := func(t *testing.T, got complex128, ok bool, err error, want complex128) {
		t.Helper()
		if err != nil || !ok || cmplx.Abs(got-want) > 1e-12*cmplx.Abs(want) {
			t.Errorf("%v, ok %v, %v; want %v", got, ok, err, want)
		}
	}
	logabs, _ := factorise(t, p, v, Options{}).LogDet()
	s, err := New[float64](ctx, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, _, ok, err := s.ContinuousLogDet(ctx, v, nil)
	check(t, d, ok, err, complex(logabs, 0))
	for k := range v {
		v[k] = -v[k]
	}
	d, angle, ok, err := s.ContinuousLogDet(ctx, v, nil)
	check(t, d, ok, err, complex(logabs, -angle*100))

	dense := &matrix.Pattern{Rows: 3, Cols: 3, Dense: true}
	ds, err := New[complex128](ctx, dense, Options{})
	if err != nil {
		t.Fatal(err)
	}
	// A triangle: eigenvalues on the diagonal.
	d, _, ok, err = ds.ContinuousLogDet(ctx, []complex128{2i, 0.1, 0.2, 0, 3i, 0.3, 0, 0, 1 + 1i}, nil)
	check(t, d, ok, err, cmplx.Log(2i)+cmplx.Log(3i)+cmplx.Log(1+1i))

	h := &matrix.Pattern{Rows: 2, Cols: 2, Symmetry: matrix.Hermitian, ColPtr: []int{0, 2, 3}, RowIdx: []int32{0, 1, 1}}
	hs, err := New[complex128](ctx, h, Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, _, ok, err = hs.ContinuousLogDet(ctx, []complex128{2, 1i, 3}, nil)
	check(t, d, ok, err, complex(math.Log(5), 0))
}

// TestDefaultAngles: at most eight, and all turn the diagonal to the right.
func TestDefaultAngles(t *testing.T) {
	r := newRand(5)
	for range 200 {
		n := 1 + r.IntN(6)
		e := entries[complex128]{}
		from, width := 2*math.Pi*r.Float64(), 4*r.Float64()
		for j := range n {
			e[[2]int{j, j}] = cmplx.Rect(math.Exp(3*r.NormFloat64()), from+width*r.Float64())
		}
		p, v := sparse(n, matrix.General, e)
		angles := DefaultAngles(p, v)
		if len(angles) > 8 || width < 3 && len(angles) == 0 {
			t.Fatalf("%d angles for a spread of %g", len(angles), width)
		}
		for _, a := range angles {
			for _, d := range v {
				if !(real(cmplx.Rect(1, a)*d) > -1e-12*scalar.Abs(d)) {
					t.Fatalf("angle %g turns %v to the left", a, d)
				}
			}
		}
	}
}
