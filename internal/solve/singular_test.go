package solve

import (
	"errors"
	"math"
	"testing"

	"eimtool/internal/matrix"
)

// TestSingular checks what is said of singular matrices.
func TestSingular(t *testing.T) {
	type e = entries[float64]
	tests := []struct {
		name    string
		sym     matrix.Symmetry
		n       int
		e       e
		columns []int // any of these may be named
	}{
		{"zero", matrix.General, 1, e{}, []int{0}},
		{"empty column", matrix.General, 3, e{{0, 0}: 1, {1, 2}: 1, {2, 2}: 3}, []int{1, 2}},
		{"empty row", matrix.General, 3, e{{0, 0}: 1, {0, 1}: 2, {2, 2}: 3, {2, 1}: 1}, []int{0, 1, 2}},
		{"explicit zeros", matrix.Symmetric, 2, e{{0, 0}: 1, {1, 1}: 0, {1, 0}: 0}, []int{1}},
		{"structural", matrix.General, 3, e{{0, 0}: 1, {0, 1}: 2, {0, 2}: 3, {1, 0}: 1, {2, 0}: 4}, []int{1, 2}},
		{"dependent", matrix.General, 2, e{{0, 0}: 1, {0, 1}: 2, {1, 0}: 2, {1, 1}: 4}, []int{0, 1}},
		{"odd skew", matrix.SkewSymmetric, 3, e{{1, 0}: 1, {2, 0}: 2, {2, 1}: 3}, []int{0, 1, 2}},
		{"nearly", matrix.Symmetric, 2, e{{0, 0}: 1, {1, 0}: 1, {1, 1}: 1 + 0x1p-52}, []int{0, 1}},
		{"Laplacian", matrix.Symmetric, 4, e{{0, 0}: 1, {1, 0}: -1, {1, 1}: 2, {2, 1}: -1, {2, 2}: 2, {3, 2}: -1, {3, 3}: 1}, []int{0, 1, 2, 3}},
	}
	for _, test := range tests {
		for _, method := range []string{"auto", "lu"} {
			p, v := sparse(test.n, test.sym, test.e)
			s, err := New[float64](ctx, p, Options{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Factorise(ctx, v)
			var none *SingularError
			if !errors.As(err, &none) || !(none.Condition > 1e15) || !contains(test.columns, none.Column) {
				t.Errorf("%s, %s: %v", test.name, method, err)
			}
		}
	}
}

func contains(s []int, x int) bool {
	for _, v := range s {
		if v == x {
			return true
		}
	}
	return false
}

// TestPermuted solves a grid problem whose columns are shuffled: without their
// permutation the factor would fill up.
func TestPermuted(t *testing.T) {
	p, v := grid(2, 24, 20, matrix.General)
	n := p.Rows
	shuffle := newRand(1).Perm(n)
	e := entries[float64]{}
	p.Each(func(k, i, j int) { e[[2]int{i, shuffle[j]}] = v[k] })
	q, w := sparse(n, matrix.General, e)
	checkSystem(t, q, w, Options{Threads: 2})
	f, g := factorise(t, q, w, Options{}), factorise(t, p, v, Options{})
	if a, b := f.Info().NNZ, g.Info().NNZ; a > 8*b {
		t.Errorf("fill %d, in order %d", a, b)
	}
	logF, signF := f.LogDet()
	logG, signG := g.LogDet()
	perm := make([]int32, n)
	for j, s := range shuffle {
		perm[j] = int32(s)
	}
	if isOdd(perm) {
		signG = -signG
	}
	if !(math.Abs(logF-logG) < 1e-10*math.Abs(logG)) || signF != signG {
		t.Errorf("log det %g, sign %g; in order %g, %g", logF, signF, logG, signG)
	}
}

// isOdd counts inversions.
func isOdd(p []int32) bool {
	odd := false
	for i := range p {
		for j := range p[:i] {
			odd = odd != (p[j] > p[i])
		}
	}
	return odd
}
